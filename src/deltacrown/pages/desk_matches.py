"""Matches of a tournament in the hands of who runs it: recorded by hand, voided, restored, corrected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.errors import Conflict, InvalidInput, NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.games import services as games
from deltacrown.pages.desks import get_desk
from deltacrown.pages.results_desk import EntrantLine, list_lines
from deltacrown.pages.ruled_matches import RuledMatch, digest_lines, swap_sides
from deltacrown.tournaments import services
from deltacrown.tournaments.models import Tournament, TournamentMatchResult
from deltacrown.tournaments.services import MayNotOrganise, TournamentMatchRecord
from django_tally.transactions import atomic_service

#: How keys of matches begin that are recorded by hand.
BY_HAND = "by-hand-"


class Change(StrEnum):
    """What is done to a match."""

    VOID = "void"
    RESTORE = "restore"
    SWAP = "swap"
    CORRECT = "correct"


class MatchHasChanged(Conflict):
    """The match is another by now than the one that the form was made from."""


@dataclass(frozen=True)
class RecordDesk:
    """What a match is recorded with: the entrants that stand.

    :param is_offered: whether the tournament runs.
    """

    tournament: Tournament
    lines: list[EntrantLine]
    is_offered: bool


@dataclass(frozen=True, kw_only=True)
class GivenSide:
    """One side of a match as it is typed.

    :param handle: of the entrant.
    """

    handle: str
    result: str
    score: str


@dataclass(frozen=True, kw_only=True)
class GivenMatch:
    """A match as it is typed.

    :param token: made with the form: what is sent twice is recorded once.
    """

    token: str
    sides: Sequence[GivenSide]
    played_at: datetime
    round: str = ""
    series: str = ""


@dataclass(frozen=True, kw_only=True)
class MatchDesk(RuledMatch):
    """One match of the tournament."""

    tournament: Tournament
    told: TournamentMatchResult


def get_record_desk(slug: str, *, viewer: User) -> RecordDesk:
    """Return what who runs a tournament records a match with."""
    event = get_desk(slug, viewer=viewer)
    lines = [line for line in list_lines(event) if line.entered.stands]
    return RecordDesk(event, lines, event.status == Tournament.Status.RUNNING)


@atomic_service
def record_by_hand(*, slug: str, given: GivenMatch, viewer: User, now: datetime) -> tuple[str, list[str]]:
    """Record a match, and return its key and what looks odd about it. Sent twice, it is recorded once.

    Of a team everybody on its roster is recorded; who did not play is taken out of the match afterwards.

    :raises InvalidInput: a side is nobody, or one twice; or as ``record_tournament_matches`` refuses.
    :raises WrongState: the tournament does not run.
    :raises MayNotOrganise: ``viewer`` does not run it, or plays in the match.
    """
    desk = get_record_desk(slug, viewer=viewer)
    services.require_running(desk.tournament)
    lines = [line for side in given.sides for line in _build_lines(desk, side)]
    if viewer.pk in {line.user.pk for line in lines} and not has_right(viewer, Right.RECORD_MATCHES):
        raise MayNotOrganise(_("You play in it: somebody else who runs the tournament records it."))
    key = f"{BY_HAND}{given.token}"
    match = games.MatchRecord(
        game=desk.tournament.game, match_key=key, played_at=given.played_at, lines=tuple(lines)
    )
    record = TournamentMatchRecord(
        tournament=desk.tournament, match=match, round=given.round, series=given.series
    )
    [outcome] = services.record_tournament_matches(records=[record], now=now)
    if outcome.refusal is not None:
        raise outcome.refusal
    return key, list(outcome.warnings)


def _build_lines(desk: RecordDesk, side: GivenSide) -> list[games.LineRecord]:
    found = next((line for line in desk.lines if line.handle == side.handle), None)
    if found is None:
        raise InvalidInput(_("One side is none of the entrants that stand; choose it from the list."))
    name = "" if found.link.public_id else found.name
    return [
        games.LineRecord(user=row.user, result=side.result, side=name[:100], score=side.score)
        for row in found.entered.roster
    ]


def get_match_desk(slug: str, match_key: str, *, viewer: User, now: datetime) -> MatchDesk:
    """Return one match of a tournament to who runs it.

    :raises NotFound: it is none of the tournament's.
    """
    event = get_desk(slug, viewer=viewer)
    rows = games.list_match_lines(event.game, match_key) if is_storable(match_key, multiline=False) else []
    told = TournamentMatchResult.objects.filter(tournament=event, match__in=[row.pk for row in rows]).first()
    if told is None:
        raise NotFound(_("%(tournament)s has no such match.") % {"tournament": event.name}, field="match_key")
    prefetch_related_objects(rows, "user__profile")
    may_rule = services.can_rule_match(event, match_key, viewer, now=now)
    return MatchDesk(tournament=event, match_key=match_key, rows=rows, told=told, may_rule=may_rule)


@atomic_service
def change_match(
    *,
    slug: str,
    match_key: str,
    change: Change,
    reason: str,
    viewer: User,
    now: datetime,
    results: Mapping[str, str] | None = None,
    scores: Mapping[str, str] | None = None,
    removed: Collection[str] = (),
    made_from: str = "",
) -> list[str]:
    """Void, restore or correct a match of a tournament, and return what looks odd about it now.

    Whatever is sent twice is done once.

    :param results: username → result, of a correction; so ``scores``. ``removed``: who did not play.
    :param made_from: the ``state`` of the match whose sides are to be swapped.
    :raises MatchHasChanged: the sides of another state were to be swapped.
    :raises MayNotOrganise: ``viewer`` may not change it now.
    :raises NotFound: it is none of the tournament's.
    """
    desk = get_match_desk(slug, match_key, viewer=viewer, now=now)
    event = desk.tournament
    services.require_match_ruling(event, match_key, viewer, now=now)
    if change in {Change.VOID, Change.RESTORE}:
        amend = games.void_match if change is Change.VOID else games.restore_match
        amend(game=event.game, match_key=match_key, reason=reason, now=now, by=viewer)
        return []
    correction: games.MatchCorrection = {"results": results, "scores": scores, "removed": removed}
    if change is Change.SWAP:
        swapped = swap_sides(desk.rows)
        if not swapped:
            raise InvalidInput(_("The match has no two sides that could be swapped; correct its lines."))
        if made_from == digest_lines(swapped):
            return []
        if made_from != desk.state:
            raise MatchHasChanged(_("The match was changed meanwhile; look at it as it is now, then swap."))
        correction = {
            "results": {row.user.username: result for row, result, _score in swapped},
            "scores": {row.user.username: score for row, _result, score in swapped},
        }
    return games.correct_match(
        game=event.game, match_key=match_key, reason=reason, now=now, by=viewer, **correction
    ).warnings
