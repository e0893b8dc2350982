from __future__ import annotations

import json
import sys
import textwrap
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand
from deltacrown.operations.doctor.examination import Report, examine
from deltacrown.operations.doctor.findings import Severity, Visit

WIDTH = 100


class Command(OwnCommand):
    help = "Say on one page what is wrong with this site and what to do about it; nothing is changed."
    exits = {0: "when the site is healthy, also where there is advice", 1: "when something is wrong"}
    interrupted = "Nothing was changed."
    needs_tables = False
    requires_system_checks: list[str] = []  # they are part of what is looked at

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
        parser.add_argument(
            "--verify",
            action="store_true",
            help="recount every number now, and read a whole SQLite file; takes a while on a large site",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = examine(Visit(clock=clock.now, verify=options["verify"]))
        self.stdout.write(json.dumps(_as_dict(report), indent=2) if options["json"] else describe(report))
        if not report.is_healthy:
            sys.exit(1)


def _as_dict(report: Report) -> dict[str, object]:
    findings = [
        {"topic": topic, **asdict(finding)}
        for severity in Severity
        for topic, finding in report.list_findings(severity)
    ]
    skipped = {seen.topic: seen.skipped for seen in report.seen if seen.skipped}
    return {
        "healthy": report.is_healthy,
        "findings": findings,
        "skipped": skipped,
        "looked_at": [seen.topic for seen in report.seen if not seen.skipped],
    }


def describe(report: Report) -> str:
    """Return the report as text: what is wrong first, then advice, then what is well."""
    lines: list[str] = []
    for severity, word in ((Severity.PROBLEM, "WRONG"), (Severity.ADVICE, "ADVICE")):
        for topic, finding in report.list_findings(severity):
            lines += _wrap(f"{word}  {topic}: {finding.what}"), _wrap(f"Mend: {finding.mend}", "       "), ""
    skipped = [seen.topic for seen in report.seen if seen.skipped]
    well = [seen.topic for seen in report.seen if not seen.skipped and not seen.findings]
    if skipped:
        lines.append(_wrap(f"Not looked at, for want of the database: {', '.join(skipped)}."))
    if well:
        lines.append(_wrap(f"Well: {', '.join(well)}."))
    wrong = len(report.list_findings(Severity.PROBLEM))
    lines.append(
        "The site is healthy."
        if report.is_healthy
        else f"{wrong} {'things are' if wrong > 1 else 'thing is'} wrong."
    )
    return "\n".join(lines)


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent or "       ",
        break_on_hyphens=False,
        break_long_words=False,
    )
