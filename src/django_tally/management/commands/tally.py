from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from django_tally.feeds import Model, get_stat_keys, list_holders
from django_tally.reconciliation import Outcome, reconcile
from django_tally.reports import NumberReport, report_number
from django_tally.rows import UnknownStat
from django_tally.triggers.migrating import install_and_record
from django_tally.verification import Drift

CLEAN, DRIFTED, WRONG_CALL, INTERRUPTED = 0, 1, 2, 130
#: No database has a larger key.
LARGEST_KEY = 2**63 - 1


class Command(BaseCommand):
    help = (
        "Verify, repair and explain declared numbers. "
        "Exit code: 0 when all were right, 1 when any had drifted (also when it was repaired) or triggers "
        "are missing or off, 2 for a wrong call, 130 when interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="SUBCOMMAND")
        a_holder = "a model with stats, as app_label.Model"

        verify = actions.add_parser("verify", help="find numbers that differ from their rows; change nothing")
        repair = actions.add_parser(
            "reconcile", help="find numbers that differ from their rows and repair them"
        )
        for subcommand in (verify, repair):
            subcommand.add_argument("holder", metavar="HOLDER", nargs="?", default="", help=a_holder)

        explain = actions.add_parser(
            "explain", help="show the rows behind one number, those left out, and its changes"
        )
        explain.add_argument("holder", metavar="HOLDER", help=a_holder)
        explain.add_argument(
            "keys",
            metavar="KEY",
            nargs="+",
            type=_read_key,
            help="the keys of the row, in the order of stat_keys",
        )
        explain.add_argument("stat", metavar="STAT", help="the name of the number's field")
        explain.add_argument(
            "--limit", type=_read_limit, default=10, help="how many omissions and changes at most"
        )
        for subcommand in (verify, repair, explain):
            subcommand.add_argument(
                "--json", action="store_true", dest="as_json", help="print one JSON document instead of text"
            )

        actions.add_parser(
            "install", help="replace all triggers and recount, as migrate does when they are not as declared"
        )

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        run = {
            "verify": self._verify,
            "reconcile": self._reconcile,
            "explain": self._explain,
            "install": self._install,
        }
        try:
            code = run[action](**options)
        except KeyboardInterrupt:  # repairs commit in batches
            self.stdout.write("Interrupted. What was done stays; run the same command again for the rest.")
            sys.exit(INTERRUPTED)
        if code != CLEAN:
            sys.exit(code)

    def _verify(self, *, holder: str, as_json: bool, **_: Any) -> int:
        return self._recount(holder, as_json=as_json, dry_run=True)

    def _reconcile(self, *, holder: str, as_json: bool, **_: Any) -> int:
        return self._recount(holder, as_json=as_json, dry_run=False)

    def _recount(self, holder: str, *, as_json: bool, dry_run: bool) -> int:
        holders = [_find_holder(holder)] if holder else None
        cause = "tally verify" if dry_run else "tally reconcile"
        outcome = reconcile(cause=cause, clock=timezone.now, holders=holders, scope=holder, dry_run=dry_run)

        self._print(outcome_as_dict(outcome) if as_json else describe_outcome(outcome))
        return CLEAN if outcome.is_right else DRIFTED

    def _explain(
        self, *, holder: str, keys: list[int], stat: str, limit: int, as_json: bool, **_: Any
    ) -> int:
        model = _find_holder(holder)
        names = get_stat_keys(model)
        if len(keys) != len(names):
            raise CommandError(f"{holder} takes {len(names)} KEY: {', '.join(names)}.", returncode=WRONG_CALL)
        try:
            report = report_number(model, stat, dict(zip(names, keys, strict=True)), limit=limit)
        except UnknownStat as error:
            raise CommandError(str(error), returncode=WRONG_CALL) from error

        self._print(report_as_dict(report) if as_json else describe_report(report))
        return DRIFTED if report.has_drifted else CLEAN

    def _install(self, **_: Any) -> int:
        install_and_record(DEFAULT_DB_ALIAS)
        self._print(["Triggers installed, numbers recounted."])
        return CLEAN

    def _print(self, answer: dict[str, Any] | list[str]) -> None:
        lines = [json.dumps(answer, indent=2)] if isinstance(answer, dict) else answer
        for line in lines:
            self.stdout.write(line)


def _read_key(text: str) -> int:
    return _read_whole_number(text, 0, LARGEST_KEY)


def _read_limit(text: str) -> int:
    return _read_whole_number(text, 1, 1_000_000)


def _read_whole_number(text: str, least: int, most: int) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    if not is_number or not least <= int(text) <= most:
        raise ArgumentTypeError(f"{text[:40]!r} is not a whole number from {least:,} to {most:,}")
    return int(text)


def _find_holder(label: str) -> Model:
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise CommandError(
            f"{label} is no model; write it as app_label.Model.", returncode=WRONG_CALL
        ) from error

    if model not in list_holders():
        known = ", ".join(holder._meta.label for holder in list_holders())
        raise CommandError(f"{label} declares no stats; these do: {known}.", returncode=WRONG_CALL)
    return model


def outcome_as_dict(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome of a verification as a JSON document."""
    run = outcome.run
    return {
        "run": run.pk,
        "status": run.status,
        "dry_run": run.dry_run,
        "numbers_checked": run.numbers_checked,
        "numbers_drifted": run.numbers_drifted,
        "numbers_repaired": run.numbers_repaired,
        "drifts": [_drift_as_dict(drift) for drift in outcome.drifts],
        "faults": list(run.faults),
    }


def _drift_as_dict(drift: Drift) -> dict[str, Any]:
    return {
        "holder": drift.holder._meta.label,
        "keys": dict(zip(get_stat_keys(drift.holder), drift.keys, strict=True)),
        "stat": drift.stat,
        "cached": drift.cached,
        "actual": drift.actual,
    }


def describe_outcome(outcome: Outcome) -> list[str]:
    """Return the outcome of a verification as lines: one per wrong number, and a summary."""
    run = outcome.run
    lines = []
    for drift in outcome.drifts:
        cached = "missing" if drift.cached is None else drift.cached
        keys = dict(zip(get_stat_keys(drift.holder), drift.keys, strict=True))
        where = f"{drift.holder._meta.label} {_describe_keys(keys)} {drift.stat}"
        lines.append(f"{where}: {cached}, its rows say {drift.actual}{'' if run.dry_run else ' (repaired)'}")

    verdict = (
        f"{run.numbers_drifted} drifted, {run.numbers_repaired} repaired" if outcome.drifts else "all right"
    )
    lines += [f"Cause: {fault}" for fault in run.faults]
    if outcome.drifts and not run.faults:
        lines.append("Cause: unknown; the triggers are in order now.")
    return [*lines, f"Run {run.pk}: {run.numbers_checked} numbers checked, {verdict}."]


def _describe_keys(keys: Any) -> str:
    return " ".join(f"{name}={value}" for name, value in keys.items())


def report_as_dict(report: NumberReport) -> dict[str, Any]:
    """Return the report of a number as a JSON document; a decimal is a string in it."""
    value = report.value if report.value is None or isinstance(report.value, int) else str(report.value)
    return {
        "holder": report.holder,
        "keys": dict(report.keys),
        "stat": report.stat,
        "value": value,
        "has_drifted": report.has_drifted,
        "components": [vars(component) for component in report.components],
        "rows": report.rows,
        "omitted": [vars(omission) for omission in report.omitted],
        "changes": [
            {
                "at": change.at.isoformat(),
                "stat": change.stat,
                "delta": change.delta,
                "source": change.source,
                "row": change.row,
                "actor": change.actor,
                "reason": change.reason,
            }
            for change in report.changes
        ],
    }


def describe_report(report: NumberReport) -> list[str]:
    """Return the report of a number as lines."""
    shown = "none" if report.value is None else report.value
    return [
        f"{report.holder} {_describe_keys(report.keys)} {report.stat}: {shown}",
        *_describe_counts(report),
        *_describe_omissions(report),
        *_describe_changes(report),
    ]


def _describe_counts(report: NumberReport) -> Iterator[str]:
    for component in report.components:
        if component.stat != report.stat:
            yield f"  made of {component.stat}: {component.counted}"
        if component.has_drifted:
            cached = "missing" if component.cached is None else component.cached
            yield f"  {component.stat} has drifted: it is {cached}, its rows say {component.counted}"
    for source, count in report.rows.items():
        yield f"  {source}: {count} rows count"


def _describe_omissions(report: NumberReport) -> Iterator[str]:
    if report.omitted:
        yield "Not counted:"
    for omission in report.omitted:
        yield f"  {omission.source} {omission.row}: {omission.reason}"


def _describe_changes(report: NumberReport) -> Iterator[str]:
    yield "Changes, newest first, in UTC:" if report.changes else "It has never changed."
    for change in report.changes:
        cause = (
            "tells it"
            if change.is_repair
            else "recorded"
            if change.is_recording
            else "deleted"
            if change.new is None
            else "changed"
        )
        by = f" by {change.actor}" if change.actor else ""
        why = f": {change.reason}" if change.reason else ""
        part = f"{change.stat} " if change.stat != report.stat else ""
        what = f"{change.source} {change.row} {cause}{by}{why}"
        yield f"  {change.at:%Y-%m-%d %H:%M:%S}  {part}{change.delta:+d}  {what}"
