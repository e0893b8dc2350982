"""What was played in a tournament, read once for its front page: numbers, players, stages, latest matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from deltacrown.core.natural_order import get_numbered_key
from deltacrown.core.words import translate_stored
from deltacrown.games.models import MatchRow
from deltacrown.pages.bracket import Facts, tell_stages
from deltacrown.pages.bracket_shapes import Contender, Encounter, EncounterSide, Stage
from deltacrown.pages.tournament_players import (
    TournamentPlayerItem,
    describe_player,
    load_profiles,
    order_players,
)
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentSeriesResult
from deltacrown.tournaments.services import (
    PlayedRow,
    TournamentSummary,
    add_numbers,
    list_played_rows,
    read_played_front,
)
from deltacrown.user_profile.histories.match_words import say_why_uncounted, word_ending
from deltacrown.user_profile.models import UserProfile

EndedBy = MatchRow.EndedBy
#: The most encounters that are drawn as stages; the list of matches has those of larger tournaments.
MOST_DRAWN = 512
#: From how many lines on the database adds them up. Few lines are read as fast as added up, and once then.
MANY_LINES = 1_000
#: The most series that are asked for by name, rather than all of them.
MOST_NAMED = 100
#: Of one place in a line of results, what is the result of a side: that of those who did best.
RESULTS = list(MatchRow.Result)


@dataclass(frozen=True)
class Played:
    """What was played in a tournament.

    :param stages: empty where nothing was played, or more than can be drawn.
    :param latest: the series and matches played last, void ones too, latest first.
    """

    summary: TournamentSummary
    players: list[TournamentPlayerItem]
    stages: list[Stage]
    latest: list[Encounter]

    @property
    def has_kills(self) -> bool:
        """Return whether kills and deaths of any player were reported: who has some comes first."""
        return bool(self.players) and self.players[0].ratio is not None


class _SeriesRow(NamedTuple):
    series: str
    round: str
    user: int
    team: int | None
    team_name: str | None
    team_slug: str | None
    result: str
    games_won: int
    games_played: int
    uncounted_reason: str
    played_at: Any
    is_time_known: bool


@dataclass(frozen=True)
class _Group:
    """The lines of one match, or of one series, with the results of the series where it has some."""

    rows: list[PlayedRow]
    results: list[_SeriesRow]

    @property
    def order(self) -> tuple[Any, str]:
        last = max(self.rows, key=lambda row: (row.played_at, get_numbered_key(row.sequence, row.match_key)))
        return last.played_at, get_numbered_key(last.sequence, last.match_key)

    @property
    def is_void(self) -> bool:
        return all(row.voided_at for row in self.rows)


class _Names:
    """The names of sides: of a team as it is called today, else of the player."""

    def __init__(self, profiles: Mapping[int, UserProfile]) -> None:
        self.profiles = profiles

    def name(self, team: int | None, name: str | None, slug: str | None, user: int) -> Contender:
        if team is not None:
            return Contender(("team", team), name or "", team_slug=slug or "")
        profile = self.profiles[user]
        return Contender(("player", user), profile.name, profile.public_id)


def read_played(
    event: Tournament,
    *,
    disqualified: Collection[tuple[str, int]],
    players: int,
    latest: int,
    with_totals: bool,
) -> Played:
    """Return what was played, in at most four queries; in one where nothing was, in more of a large one.

    :param disqualified: the keys of contenders.
    :param players: how many players to list at most; ``latest``: how many series and matches.
    :param with_totals: the totals of all that games reported; of kills and deaths at least without.
    """
    front = None
    if getattr(event, "has_many_lines", False):
        front = read_played_front(event, players=players, latest=latest, with_totals=with_totals)
    if front is not None and front.drawn > MOST_DRAWN:
        rows = list_played_rows(event, front.latest)
        numbers, groups, drawn = front.numbers, _group(event, rows), list[_Group]()
    else:
        rows = list_played_rows(event)
        numbers, groups = add_numbers(rows), _group(event, rows)
        drawn = [group for group in groups if not group.is_void]
        if len(drawn) > MOST_DRAWN:
            drawn = []
    recent = _list_recent(groups, latest)

    best = order_players(numbers.players)[:players]
    profiles = (
        load_profiles([*(each.user_id for each in best), *_list_unteamed([*drawn, *recent])]) if rows else {}
    )
    names = _Names(profiles)
    encounters = {id(group): _describe(group, names, event.game.slug) for group in [*drawn, *recent]}
    told = [encounters[id(group)] for group in drawn]
    out = frozenset(who for each in told for who in each.contenders if who.key in disqualified)
    is_running = event.status in {Tournament.Status.OPEN, Tournament.Status.RUNNING}
    return Played(
        numbers.summary,
        [describe_player(each, profiles[each.user_id]) for each in best],
        tell_stages(told, Facts(is_running, out)),
        [encounters[id(group)] for group in recent],
    )


def ask_size(events: QuerySet[Tournament], many_lines: int) -> QuerySet[Tournament]:
    """Have tournaments know whether more than so many lines were played: ``MANY_LINES`` but in tests."""
    lines = TournamentMatchResult.objects.filter(tournament=OuterRef("pk"))
    return events.annotate(has_many_lines=Exists(lines[many_lines : many_lines + 1]))


def _list_recent(groups: Sequence[_Group], limit: int) -> list[_Group]:
    """Return the groups played last, the last first."""
    if not groups:
        return []
    # The full order compares names as people count, which is for those that may be among them alone.
    ended = {id(group): max(row.played_at for row in group.rows) for group in groups}
    least = sorted(ended.values(), reverse=True)[:limit][-1]
    last = [group for group in groups if ended[id(group)] >= least]
    return sorted(last, key=lambda group: group.order, reverse=True)[:limit]


def _group(event: Tournament, rows: Sequence[PlayedRow]) -> list[_Group]:
    """Return the lines by series, and those of none by match."""
    named = {row.told.series for row in rows if row.told.series}
    results = _list_results(event, named) if named else {}
    grouped: defaultdict[tuple[str, str], list[PlayedRow]] = defaultdict(list)
    for row in rows:
        is_of_series = row.told.series in results
        grouped[
            "series" if is_of_series else "match", row.told.series if is_of_series else row.match_key
        ].append(row)
    return [_Group(found, results[key] if kind == "series" else []) for (kind, key), found in grouped.items()]


def _list_results(event: Tournament, named: Collection[str]) -> dict[str, list[_SeriesRow]]:
    """Return name of a series → the results of its players, of those named."""
    columns = ("series", "round", "user_id", "team_id", "team__name", "team__slug", "result", "games_won")
    more = ("games_played", "uncounted_reason", "played_at", "is_time_known")
    rows = TournamentSeriesResult.objects.filter(tournament=event).order_by()
    if len(named) <= MOST_NAMED:
        rows = rows.filter(series__in=named)
    found: defaultdict[str, list[_SeriesRow]] = defaultdict(list)
    for values in rows.values_list(*columns, *more):
        row = _SeriesRow(*values)
        found[row.series].append(row)
    return found


def _list_unteamed(groups: Iterable[_Group]) -> set[int]:
    """Return the players who are sides by themselves."""
    users: set[int] = set()
    for group in groups:
        users |= {row.user for row in group.results if row.team is None}
        if not group.results:
            users |= {row.user for row in group.rows if row.told.team is None}
    return users


def _describe(group: _Group, names: _Names, game_slug: str) -> Encounter:
    return _describe_series(group, names) if group.results else _describe_match(group, names, game_slug)


def _describe_series(group: _Group, names: _Names) -> Encounter:
    # Who counts first, since the rows of one side agree in all but that.
    rows = sorted(group.results, key=lambda row: (bool(row.uncounted_reason), -row.games_played, row.user))
    sides: dict[Contender, EncounterSide] = {}
    for row in rows:
        who = names.name(row.team, row.team_name, row.team_slug, row.user)
        sides.setdefault(who, EncounterSide(who, row.result, str(row.games_won), row.games_won))
    first = rows[0]
    return Encounter(
        round=first.round,
        label=first.series,
        at=max(row.played_at for row in rows),
        sides=_sort(sides.values()),
        series=first.series,
        is_time_known=first.is_time_known,
        ending=_say_ending(group.rows),
        uncounted_reason=_say_why(first.uncounted_reason),
    )


def _say_why(uncounted_reason: str) -> str:
    if not uncounted_reason:
        return ""
    return _("Does not count: %(reason)s") % {"reason": translate_stored(uncounted_reason)}


def _describe_match(group: _Group, names: _Names, game_slug: str) -> Encounter:
    lines: defaultdict[Contender, list[PlayedRow]] = defaultdict(list)
    for row in group.rows:
        told = row.told
        lines[names.name(told.team, told.team_name, told.team_slug, row.user)].append(row)
    first = min(group.rows, key=lambda row: row.pk)
    reasons = {say_why_uncounted(row) for row in group.rows}
    return Encounter(
        round=first.told.round,
        label=first.told.map_name,
        at=first.played_at,
        sides=_sort(_describe_side(who, together) for who, together in lines.items()),
        game_slug=game_slug,
        match_key=first.match_key,
        is_time_known=first.is_time_known,
        ending=_say_ending(group.rows),
        is_bye=all(row.ended_by == EndedBy.BYE for row in group.rows) and len(lines) == 1,
        uncounted_reason=reasons.pop() if len(reasons) == 1 else "",
    )


def _describe_side(who: Contender, rows: Sequence[PlayedRow]) -> EncounterSide:
    result = min((row.result for row in rows), key=lambda result: RESULTS.index(MatchRow.Result(result)))
    scores = {row.score for row in rows}
    score = scores.pop() if len(scores) == 1 else ""
    places = [row.placement for row in rows if row.placement is not None]
    return EncounterSide(who, result, score, int(result == MatchRow.Result.WIN), min(places, default=None))


def _sort(sides: Iterable[EncounterSide]) -> tuple[EncounterSide, ...]:
    """Return the best placed first, then the winner, then by name."""
    return tuple(
        sorted(
            sides,
            key=lambda side: (
                side.placement or float("inf"),
                RESULTS.index(MatchRow.Result(side.result)),
                -(side.games or 0),
                side.who.name.casefold(),
            ),
        )
    )


def _say_ending(rows: Sequence[PlayedRow]) -> str:
    """Return how the last match ended other than by play: ``by forfeit``; empty for play."""
    last = max(rows, key=lambda row: (row.played_at, get_numbered_key(row.sequence, row.match_key))).match_key
    endings = [row.ended_by for row in rows if row.match_key == last and row.ended_by != EndedBy.PLAY]
    return word_ending(endings[0]) if endings else ""
