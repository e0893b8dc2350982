"""Verifying and repairing players' numbers, in the words of profiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils.translation import gettext

from deltacrown.core.errors import NotFound
from deltacrown.games.models import Game
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.profiles import ensure_profiles
from django_tally.feeds import get_stat_keys
from django_tally.models import Run
from django_tally.reconciliation import Outcome, Progress, reconcile
from django_tally.verification import Drift

#: Said of drift while nothing is wrong with the triggers.
UNKNOWN_CAUSE = (
    "unknown: the triggers are in order now, so they were off for a time, or a number was written by hand"
)


class UnknownPlayer(NotFound):
    """No player has this public id."""


@dataclass(frozen=True)
class Finding:
    """A number that had drifted: whose, which, what the profile said and what the rows say.

    ``game`` is a slug, or empty for a number over everything; ``cached`` is ``None`` where the row was
    missing.
    """

    player: str
    stat: str
    game: str
    cached: int | None
    actual: int


@dataclass(frozen=True)
class Report:
    """What a reconciliation looked at, found and repaired.

    :param faults: why numbers drifted or can drift, each a sentence: triggers that are missing or off, rows
        that point to nobody.
    """

    run: int
    dry_run: bool
    status: str
    numbers_checked: int
    numbers_drifted: int
    numbers_repaired: int
    findings: tuple[Finding, ...]
    faults: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Return whether no number had drifted and nothing lets numbers drift."""
        return not self.numbers_drifted and not self.faults

    @property
    def cause(self) -> str:
        """Return why numbers drifted, in one sentence; empty when all is right."""
        if self.faults:
            return "; ".join(self.faults)
        return UNKNOWN_CAUSE if self.numbers_drifted else ""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def reconcile_stats(
    *,
    clock: Callable[[], datetime],
    public_id: str = "",
    dry_run: bool = False,
    cause: str = "reconcile_stats",
    progress: Progress | None = None,
) -> Report:
    """Recount every cached number, or one player's, from its rows.

    Unless ``dry_run``, repair and log what differs.

    Safe beside writers and beside another run; running again finds what is left.

    :raises UnknownPlayer: when ``public_id`` is given and is nobody's.
    """
    first_keys = [_get_user_id(public_id)] if public_id else None
    if not dry_run:
        ensure_profiles(mend_names=not public_id)
    outcome = reconcile(
        cause=cause,
        clock=clock,
        first_keys=first_keys,
        scope=public_id,
        dry_run=dry_run,
        progress=progress,
    )
    return _make_report(outcome.run, outcome)


def _get_user_id(public_id: str) -> int:
    found = UserProfile.objects.filter(public_id=public_id).values_list("user_id", flat=True).first()
    if found is None:
        raise UnknownPlayer(
            gettext("No player has the public id %(public_id)s; it looks like DC-25-000001.")
            % {"public_id": repr(public_id)},
            field="user",
        )
    return int(found)


def _make_report(run: Run, outcome: Outcome) -> Report:
    return Report(
        run=run.pk,
        dry_run=run.dry_run,
        status=run.status,
        numbers_checked=run.numbers_checked,
        numbers_drifted=run.numbers_drifted,
        numbers_repaired=run.numbers_repaired,
        findings=tuple(_describe(outcome.drifts)),
        faults=tuple(run.faults),
    )


def _describe(drifts: Sequence[Drift]) -> list[Finding]:
    keyed = [(drift, dict(zip(get_stat_keys(drift.holder), drift.keys, strict=True))) for drift in drifts]
    users = {keys["user"] for _, keys in keyed}
    names = dict(UserProfile.objects.filter(user_id__in=users).values_list("user_id", "public_id"))
    games = dict(Game.objects.values_list("pk", "slug")) if keyed else {}
    return [
        Finding(
            names.get(keys["user"], f"user {keys['user']}"),
            drift.stat,
            games.get(keys.get("game", 0), ""),
            drift.cached,
            drift.actual,
        )
        for drift, keys in keyed
    ]
