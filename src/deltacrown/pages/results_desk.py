"""The organiser's desk of results: standings as they come, what is official, and what was ruled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from deltacrown.accounts.models import User
from deltacrown.core.names import make_name_key
from deltacrown.games.models import MatchRow
from deltacrown.pages.desks import get_desk
from deltacrown.pages.tournament_entrants import EntrantLink, link_player
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentDecision,
    TournamentResult,
)
from deltacrown.tournaments.services import (
    Entered,
    PlayedRow,
    can_lift_annulment,
    list_decisions,
    list_disqualifications,
    list_entered,
    list_played_rows,
)

Status = Tournament.Status
Result = MatchRow.Result
#: Of a side whose players have different results, the best is the side's.
BEST_FIRST = list(Result)


@dataclass
class Tally:
    """What an entrant played: matches that count, as everywhere; the games of a series are matches.

    :ivar points: the sum of its scores, where every score is a whole number; None otherwise.
    """

    played: int = 0
    won: int = 0
    drawn: int = 0
    lost: int = 0
    points: int | None = None

    @property
    def rank_key(self) -> tuple[int, int, int]:
        """Return what standings are in the order of: wins, then draws, then few losses."""
        return -self.won, -self.drawn, self.lost


@dataclass(frozen=True)
class Side:
    """An entrant's part in one match: of a team, the best result of its players, and their common score."""

    match_key: str
    row: PlayedRow
    result: Result
    score: str
    counts: bool

    @property
    def played_at(self) -> object:
        """Return when it was played, as the filters of pages read it."""
        return self.row.played_at

    @property
    def is_time_known(self) -> bool:
        """Return whether more than the day is known."""
        return self.row.is_time_known


@dataclass(frozen=True)
class EntrantLine:
    """An entrant on the desk.

    :param handle: names it in addresses and fields: the public id of a player, the slug of a team.
    :param result: its official result, also one that is set aside.
    """

    entered: Entered
    link: EntrantLink
    handle: str
    tally: Tally
    sides: list[Side]
    result: TournamentResult | None

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.link.name

    @property
    def players(self) -> list[EntrantLink]:
        """Return the roster of a team; nobody of a player."""
        if self.link.public_id:
            return []
        return [link_player(row.user.profile) for row in self.entered.roster]


@dataclass(frozen=True)
class ResultsDesk:
    """The desk of results of a tournament.

    :param lines: whoever stands first, by what they won; then who was put out, then who left.
    :param may_lift: whether the viewer may take the annulment back; only asked of an annulled one.
    """

    tournament: Tournament
    lines: list[EntrantLine]
    disqualifications: list[Disqualification]
    decisions: list[TournamentDecision]
    may_lift: bool
    has_points: bool = field(default=False)

    @property
    def standing(self) -> list[EntrantLine]:
        """Return the entrants that can be placed."""
        return [line for line in self.lines if line.entered.stands]


def get_results_desk(slug: str, *, viewer: User) -> ResultsDesk:
    """Return the desk of results, in at most ten queries however many entrants there are."""
    event = get_desk(slug, viewer=viewer)
    lines = list_lines(event)
    return ResultsDesk(
        event,
        lines,
        list_disqualifications(event),
        list_decisions(event),
        may_lift=event.status == Status.ANNULLED and can_lift_annulment(event, viewer),
        has_points=any(line.tally.points is not None for line in lines),
    )


def list_lines(event: Tournament) -> list[EntrantLine]:
    """Return the entrants with what they played and their results, in four queries."""
    entered = list_entered(event)
    sides = _list_sides(event, list_played_rows(event)) if entered else {}
    results = _list_results(event) if entered else {}
    lines = [
        _describe(each, sides.get(each.entrant.pk, []), results.get(each.entrant.pk)) for each in entered
    ]
    return sorted(lines, key=_order)


def _order(line: EntrantLine) -> tuple[object, ...]:
    state = 0 if line.entered.stands else 1 if line.entered.is_disqualified else 2
    points = -(line.tally.points or 0)
    return state, *line.tally.rank_key, points, make_name_key(line.name), line.handle


def _describe(entered: Entered, sides: list[Side], result: TournamentResult | None) -> EntrantLine:
    link = link_entrant(entered.entrant)
    return EntrantLine(entered, link, link.public_id or link.team_slug, tally_sides(sides), sides, result)


def link_entrant(entrant: object) -> EntrantLink:
    """Return the name of an entrant, a player with the profile or a team, that leads to its page."""
    if isinstance(entrant, User):
        return link_player(entrant.profile)
    return EntrantLink(entrant.name, team_slug=entrant.slug)  # type: ignore[attr-defined]


def tally_sides(sides: Iterable[Side]) -> Tally:
    """Count what of the matches of one entrant counts."""
    counting = [side for side in sides if side.counts]
    scores = [side.score for side in counting]
    are_points = bool(scores) and all(score.isascii() and score.isdigit() for score in scores)
    results = [side.result for side in counting]
    return Tally(
        played=len(counting),
        won=results.count(Result.WIN),
        drawn=results.count(Result.DRAW),
        lost=results.count(Result.LOSS),
        points=sum(map(int, scores)) if are_points else None,
    )


def _list_sides(event: Tournament, rows: Sequence[PlayedRow]) -> dict[int, list[Side]]:
    """Return entrant's id → its part in each match, latest first."""
    is_solo = event.entrant_kind == Tournament.EntrantKind.SOLO
    grouped: defaultdict[tuple[int, str], list[PlayedRow]] = defaultdict(list)
    for row in rows:
        entrant = row.user if is_solo else row.told.team
        if entrant is not None:
            grouped[entrant, row.match_key].append(row)

    sides: defaultdict[int, list[Side]] = defaultdict(list)
    for (entrant, key), found in grouped.items():
        counting = [row for row in found if row.counts] or found
        scores = {row.score for row in counting}
        result = min((Result(row.result) for row in counting), key=BEST_FIRST.index)
        score = scores.pop() if len(scores) == 1 else ""
        sides[entrant].append(Side(key, counting[0], result, score, any(row.counts for row in found)))
    for each in sides.values():
        each.sort(key=lambda side: (side.row.played_at, side.row.sequence or 0, side.match_key), reverse=True)
    return sides


def _list_results(event: Tournament) -> dict[int | None, TournamentResult]:
    """Return entrant's id → its official result."""
    is_solo = event.entrant_kind == Tournament.EntrantKind.SOLO
    rows = TournamentResult.objects.filter(tournament=event, user__isnull=not is_solo)
    return {row.user_id if is_solo else row.team_id: row for row in rows}
