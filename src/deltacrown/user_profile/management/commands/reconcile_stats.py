from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.numbers.reconciliation import Finding, Report, reconcile_stats


class Command(OwnCommand):
    help = "Recount every cached number from its rows; repair and log those that differ."
    exits = {
        0: "when every number was right and can stay so",
        1: "when any had drifted (also when it was repaired), or triggers are missing or off",
    }
    interrupted = "What was repaired stays so; run the same command again for the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--user", default="", metavar="PUBLIC_ID", help="only the player with this public id"
        )
        parser.add_argument("--dry-run", action="store_true", help="report drift, but change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        is_quiet = options["json"] or not sys.stderr.isatty()
        try:
            with tqdm(file=self.stderr, disable=is_quiet, unit="row") as bar:
                report = reconcile_stats(
                    clock=clock.now,
                    public_id=options["user"],
                    dry_run=options["dry_run"],
                    progress=_show_progress(bar),
                )
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error

        text = json.dumps(report.as_dict(), indent=2) if options["json"] else describe_report(report)
        self.stdout.write(text)
        if not report.is_right:
            sys.exit(1)


def _show_progress(bar: Any) -> Any:
    def show(label: str, done: int, total: int) -> None:
        bar.total, bar.n = total, done
        bar.set_description(label)

    return show


def describe_report(report: Report) -> str:
    """Return the report as text: a line per wrong number, and a summary."""
    lines = [describe_finding(finding, repaired=not report.dry_run) for finding in report.findings]

    verdict = "all right"
    if report.numbers_drifted:
        verdict = f"{report.numbers_drifted} drifted, {report.numbers_repaired} repaired"
    if report.cause:
        lines += [f"Cause: {fault}" for fault in report.faults or [report.cause]]
    return "\n".join([*lines, f"Run {report.run}: {report.numbers_checked} numbers checked, {verdict}."])


def describe_finding(finding: Finding, *, repaired: bool) -> str:
    """Return a line about one wrong number."""
    where = f" in {finding.game}" if finding.game else ""
    was = "missing" if finding.cached is None else finding.cached
    outcome = " — repaired" if repaired else ""
    return f"{finding.player} {finding.stat}{where}: was {was}, its rows give {finding.actual}{outcome}"
