"""The whole visit: every look in turn, whatever becomes of the others."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from deltacrown.operations.doctor import (
    database,
    files,
    jobs,
    numbers,
    replicas,
    server,
    site_settings,
    surroundings,
    webhooks,
)
from deltacrown.operations.doctor.findings import Finding, Look, Needs, Severity, Visit

logger = logging.getLogger(__name__)

#: Every look. What needs a database comes after what finds out whether there is one.
LOOKS = (
    Look("database", database.find_outages, Needs.NOTHING),
    Look("version of the database", database.find_old_versions, Needs.ANSWERING),
    Look("migrations", database.find_migration_faults, Needs.ANSWERING),
    Look("clocks", server.find_skew, Needs.ANSWERING),
    Look("database server", server.find_server_faults, Needs.ANSWERING),
    Look("replica", replicas.find_replica_faults, Needs.ANSWERING),
    Look("triggers", numbers.find_trigger_faults, Needs.MIGRATED),
    Look("numbers", numbers.find_drift, Needs.MIGRATED),
    Look("jobs", jobs.find_job_faults, Needs.MIGRATED),
    Look("work that waits", jobs.find_waiting_work, Needs.MIGRATED),
    Look("webhooks", webhooks.find_webhook_faults, Needs.MIGRATED),
    Look("cache", surroundings.find_cache_faults, Needs.NOTHING),
    Look("broker of the jobs", surroundings.find_broker_faults, Needs.NOTHING),
    Look("disk", files.find_full_disks, Needs.NOTHING),
    Look("files", files.find_file_faults, Needs.NOTHING),
    Look("static files", files.find_static_faults, Needs.NOTHING),
    Look("settings", site_settings.find_setting_faults, Needs.NOTHING),
    Look("checks of Django", site_settings.find_check_faults, Needs.NOTHING),
)


@dataclass(frozen=True)
class Seen:
    """What one look found.

    :param skipped: why it was not looked at; ``""`` when it was.
    """

    topic: str
    findings: tuple[Finding, ...]
    skipped: str = ""


@dataclass(frozen=True)
class Report:
    """What the doctor found."""

    seen: tuple[Seen, ...]

    @property
    def is_healthy(self) -> bool:
        """Return whether nothing is wrong; advice is no illness."""
        return not self.list_findings(Severity.PROBLEM)

    def list_findings(self, severity: Severity) -> list[tuple[str, Finding]]:
        """Return the findings of this severity, each with its topic."""
        return [
            (seen.topic, finding)
            for seen in self.seen
            for finding in seen.findings
            if finding.severity is severity
        ]


def examine(visit: Visit, looks: Sequence[Look] = LOOKS) -> Report:
    """Look at everything; a look that fails itself is a finding, and keeps no other from being done."""
    can_look: dict[Needs, bool] = {Needs.NOTHING: True}
    seen: list[Seen] = []
    for look in looks:
        if not _can(look.needs, can_look):
            seen.append(Seen(look.topic, (), f"not looked at: it needs {look.needs}"))
            continue
        findings = _look(look, visit)
        seen.append(Seen(look.topic, findings))
    return Report(tuple(seen))


def _can(needs: Needs, known: dict[Needs, bool]) -> bool:
    """Return whether the database is what a look needs; each is found out once."""
    if needs not in known:
        if needs is Needs.ANSWERING:
            known[needs] = database.is_answering()
        else:
            known[needs] = _can(Needs.ANSWERING, known) and database.is_migrated()
    return known[needs]


def _look(look: Look, visit: Visit) -> tuple[Finding, ...]:
    found: list[Finding] = []
    try:
        for finding in look.find(visit):
            found.append(finding)  # noqa: PERF402 - what was found before it failed is kept
    except Exception as error:  # the doctor ends with a report whatever is broken
        logger.info("the look at %s failed", look.topic, exc_info=True)
        found.append(
            Finding(
                f"It could not be looked at to its end ({type(error).__name__}).",
                "Mend what else is named here, then ask again; with LOG_LEVEL=INFO the whole error is "
                "written.",
            )
        )
    return tuple(found)
