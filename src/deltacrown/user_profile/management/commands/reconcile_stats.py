from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from deltacrown.core import clock
from deltacrown.core.errors import DomainError
from deltacrown.user_profile.numbers.reconciliation import Finding, Report, reconcile_stats


class Command(BaseCommand):
    help = (
        "Recount every cached number from its rows, repair and log those that differ. "
        "Exit code: 0 when all were right, 1 when any had drifted (also when it was repaired), 2 for a wrong call."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", default="", metavar="PUBLIC_ID", help="only this player, by public id")
        parser.add_argument("--dry-run", action="store_true", help="find and report, change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tqdm(
                file=self.stderr, disable=options["json"] or not sys.stderr.isatty(), unit="table"
            ) as bar:
                report = reconcile_stats(
                    clock=clock.now,
                    public_id=options["user"],
                    dry_run=options["dry_run"],
                    progress=_show_progress(bar),
                )
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        self.stdout.write(
            json.dumps(report.as_dict(), indent=2) if options["json"] else describe_report(report)
        )
        if report.numbers_drifted:
            sys.exit(1)


def _show_progress(bar: Any) -> Any:
    def show(label: str, done: int, total: int) -> None:
        bar.total, bar.n = total, done
        bar.set_description(f"verifying {label}")

    return show


def describe_report(report: Report) -> str:
    """The report for a person at a terminal."""
    lines = [describe_finding(finding, repaired=not report.dry_run) for finding in report.findings]
    verdict = (
        "all right"
        if not report.numbers_drifted
        else f"{report.numbers_drifted} drifted, {report.numbers_repaired} repaired"
    )
    return "\n".join([*lines, f"Run {report.run}: {report.numbers_checked} numbers checked, {verdict}."])


def describe_finding(finding: Finding, *, repaired: bool) -> str:
    """One wrong number as a line."""
    where = f" in {finding.game}" if finding.game else ""
    was = "missing" if finding.cached is None else finding.cached
    return f"{finding.player} {finding.stat}{where}: was {was}, rows say {finding.actual}{' — repaired' if repaired else ''}"
