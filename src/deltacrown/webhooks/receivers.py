"""Subscribe to what happens in the other apps, and write it into the outbox.

A handler runs inside the transaction that wrote the fact: both are committed, or neither. While no endpoint
is active nothing is done, which costs nothing: see ``listening``. What is written are keys of rows; what of
them is told to whom is decided when an event is delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial, wraps
from typing import Any

from django.dispatch import Signal

from deltacrown.accounts import signals as accounts
from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.core.gathering import do_gathered
from deltacrown.games import signals as games
from deltacrown.games.models import MatchRow, list_match_sources
from deltacrown.games.services import MatchChange
from deltacrown.tournaments import signals as tournaments
from deltacrown.tournaments.models import TournamentResult
from deltacrown.tournaments.services import ResultChange
from deltacrown.user_profile import signals as profiles
from deltacrown.user_profile.models import GameStats, UserAchievement, UserProfile
from deltacrown.webhooks.kinds import Kind
from deltacrown.webhooks.listening import is_anybody_listening
from deltacrown.webhooks.services.outbox import Fact, write_events
from django_tally.models import Repair
from django_tally.signals import numbers_repaired

Handler = Callable[..., Iterable[Fact]]

#: The tables of players' numbers, as repairs name them.
OF_PLAYERS = frozenset({UserProfile._meta.label, GameStats._meta.label})


def _heard(handler: Handler) -> Callable[..., None]:
    """Return a receiver that writes what ``handler`` returns, if anybody is told anything at all."""

    @wraps(handler)
    def hear(**announced: Any) -> None:
        if is_anybody_listening() and (facts := list(handler(**announced))):
            do_gathered(write_events, facts)

    return hear


def _list_recorded(*, rows: Sequence[MatchRow], **_: Any) -> Iterable[Fact]:
    return _list_matches(Kind.MATCH_RECORDED, rows, clock.now())


def _list_amended(kind: Kind, *, rows: Sequence[MatchRow], now: datetime, **_: Any) -> Iterable[Fact]:
    yield from _list_matches(kind, rows, now)
    yield from _list_numbers((row.user_id for row in rows), "match", now)


def _list_matches(kind: Kind, rows: Iterable[MatchRow], now: datetime) -> Iterable[Fact]:
    """Yield an event per match, in the order given."""
    lines: dict[tuple[int, str], list[MatchRow]] = {}
    for row in rows:
        lines.setdefault((row.game_id, row.match_key), []).append(row)
    for match in lines.values():
        yield _build_match(kind, match, now)


def _build_match(
    kind: Kind,
    rows: Sequence[MatchRow],
    now: datetime,
    *,
    left: Iterable[int] = (),
    beside: Iterable[int] = (),
) -> Fact:
    """Return the event of a match.

    :param left: the players who have no line of it any more.
    :param beside: lines that say which match it is, but of which the event does not tell.
    """
    left = sorted(set(left))
    facts = {"lines": tuple(sorted(row.pk for row in rows)), "left": tuple(left), "beside": tuple(beside)}
    players = {row.user_id for row in rows} | set(left)
    return Fact(kind, tuple(sorted(players)), tuple((k, v) for k, v in facts.items() if v), now)


def _list_corrected(
    *,
    changes: Sequence[MatchChange],
    now: datetime,
    added: Sequence[MatchRow] = (),
    removed: Sequence[MatchRow] = (),
    **_: Any,
) -> Iterable[Fact]:
    rows = [*(change.row for change in changes), *added]
    has_line = {row.user_id for row in rows}
    left = {row.user_id for row in removed} | {change.old_user_id for change in changes}
    beside = [] if rows else _find_lines(removed[0])
    yield _build_match(Kind.MATCH_CORRECTED, rows, now, left=left - has_line, beside=beside)
    counted = [change for change in changes if change.matters_for_numbers]
    users = {row.user_id for row in (*added, *removed)}
    users |= {change.row.user_id for change in counted} | {change.old_user_id for change in counted}
    yield from _list_numbers(users, "match", now)


def _find_lines(row: MatchRow) -> list[int]:
    """Return the lines that a match has after this one was taken out."""
    sources = list_match_sources(game=row.game_id, match_key=row.match_key)
    return sorted(pk for source in sources for pk in source.values_list("pk", flat=True))


def _list_older_lines(*, changes: Sequence[MatchChange], **_: Any) -> Iterable[Fact]:
    """Yield what changed of older lines; the new ones were announced as recorded."""
    by_match: dict[tuple[int, str], list[MatchChange]] = {}
    for change in changes:
        by_match.setdefault((change.row.game_id, change.row.match_key), []).append(change)
    for found in by_match.values():
        yield from _list_corrected(changes=found, now=clock.now())


def _list_results(kind: Kind, results: Iterable[TournamentResult], now: datetime) -> Iterable[Fact]:
    """Yield an event per player; a team's own row has none, and its players have theirs."""
    for row in results:
        if row.user_id is not None:
            yield Fact(kind, (row.user_id,), (("result", row.pk),), now)


def _list_official(*, results: Sequence[TournamentResult], now: datetime, **_: Any) -> Iterable[Fact]:
    return _list_results(Kind.RESULT_OFFICIAL, results, now)


def _list_set_aside(*, results: Sequence[TournamentResult], now: datetime, **_: Any) -> Iterable[Fact]:
    yield from _list_results(Kind.RESULT_CORRECTED, results, now)
    yield from _list_numbers((row.user_id for row in results), "result", now)


def _list_ruled(
    *, changes: Sequence[ResultChange], now: datetime, moved: Sequence[ResultChange] = (), **_: Any
) -> Iterable[Fact]:
    return _list_set_aside(results=[change.result for change in (*changes, *moved)], now=now)


def _list_numbers(users: Iterable[int | None], cause: str, now: datetime) -> Iterable[Fact]:
    for user in sorted({user for user in users if user is not None}):
        yield Fact(Kind.STAT_CORRECTED, (user,), (("cause", cause),), now)


def _list_repaired(*, repairs: Sequence[Repair], **_: Any) -> Iterable[Fact]:
    stats: dict[int, set[str]] = {}
    for repair in repairs:
        if repair.holder in OF_PLAYERS and repair.owner is not None:
            stats.setdefault(repair.owner, set()).add(repair.stat)
    for owner, names in sorted(stats.items()):
        facts = (("cause", "repair"), ("stats", tuple(sorted(names))))
        yield Fact(Kind.STAT_CORRECTED, (owner,), facts, repairs[0].repaired_at)


def _list_awarded(*, awards: Sequence[UserAchievement], **_: Any) -> Iterable[Fact]:
    return _list_achievements(Kind.ACHIEVEMENT_UNLOCKED, awards)


def _list_revoked(*, awards: Sequence[UserAchievement], **_: Any) -> Iterable[Fact]:
    return _list_achievements(Kind.ACHIEVEMENT_REVOKED, awards)


def _list_achievements(kind: Kind, awards: Sequence[UserAchievement]) -> Iterable[Fact]:
    now = clock.now()
    for award in awards:
        yield Fact(kind, (award.user_id,), (("achievement", award.achievement.slug),), now)


def _list_renamed(*, user: User, **_: Any) -> Iterable[Fact]:
    """Yield a rename that others see: a username is shown where there is no other name."""
    if not UserProfile.objects.filter(user=user).exclude(display_name="").exists():
        yield Fact(Kind.PLAYER_RENAMED, (user.pk,), (), clock.now())


def _list_shown_otherwise(*, users: Iterable[int], **_: Any) -> Iterable[Fact]:
    now = clock.now()
    for user in users:
        yield Fact(Kind.PLAYER_RENAMED, (user,), (), now)


def _list_merged(kind: Kind, *, kept: User, merged: User, now: datetime, **_: Any) -> Iterable[Fact]:
    yield Fact(kind, (kept.pk, merged.pk), (("kept", kept.pk), ("merged", merged.pk)), now)


#: A signal and its handler.
SUBSCRIPTIONS: tuple[tuple[Signal, Callable[..., None]], ...] = tuple(
    (signal, _heard(handler))
    for signal, handler in (
        (games.matches_recorded, _list_recorded),
        (games.match_voided, partial(_list_amended, Kind.MATCH_VOIDED)),
        (games.match_restored, partial(_list_amended, Kind.MATCH_RESTORED)),
        (games.match_corrected, _list_corrected),
        (games.match_lines_added, _list_older_lines),
        (tournaments.tournament_completed, _list_official),
        (tournaments.tournament_annulled, _list_set_aside),
        (tournaments.annulment_lifted, _list_set_aside),
        (tournaments.tournament_reopened, _list_set_aside),
        (tournaments.result_corrected, _list_ruled),
        (tournaments.entrant_disqualified, _list_ruled),
        (tournaments.disqualification_lifted, _list_ruled),
        (numbers_repaired, _list_repaired),
        (profiles.achievements_awarded, _list_awarded),
        (profiles.achievements_revoked, _list_revoked),
        (accounts.player_renamed, _list_renamed),
        (profiles.players_shown_otherwise, _list_shown_otherwise),
        (profiles.players_merged, partial(_list_merged, Kind.PLAYER_MERGED)),
        (profiles.players_parted, partial(_list_merged, Kind.PLAYER_PARTED)),
    )
)


def connect() -> None:
    """Subscribe to everything; called when the app is ready."""
    for signal, handler in SUBSCRIPTIONS:
        signal.connect(handler)


def disconnect() -> None:
    """Unsubscribe, for tests of an app without these reactions."""
    for signal, handler in SUBSCRIPTIONS:
        signal.disconnect(handler)
