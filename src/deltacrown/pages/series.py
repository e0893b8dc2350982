"""Series as pages show them: one result over its games."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deltacrown.core.natural_order import get_numbered_key, get_sort_key
from deltacrown.games.models import list_match_sources
from deltacrown.pages.tournament_entrants import EntrantLink
from deltacrown.tournaments.models import TournamentMatchResult, TournamentSeriesResult
from deltacrown.user_profile.histories.match_words import write_scores

Result = TournamentSeriesResult.Result
RESULTS = list(Result)
#: The most games of one series that are listed with it; the page of the series has all.
GAMES_SHOWN = 15


@dataclass(frozen=True)
class SeriesSide:
    """One side of a series: a team, or a player who has none."""

    entrant: EntrantLink
    games_won: int
    result: TournamentSeriesResult.Result


@dataclass(frozen=True)
class SeriesItem:
    """One series of a tournament.

    :param best_of: the most games it was set for; ``None`` where nobody said.
    :param sides: the winner first.
    :param uncounted_reason: why it counts for nobody; empty when it counts.
    :param played_at: when its last game was played, ``started_at`` its first.
    :param match_keys: of its games, in the order of play; void ones too.
    :param game_scores: match key → the score of a game in the order of ``sides``: ``13–8``; of those that
        have one, in a series of two sides.
    """

    slug: str
    game_slug: str
    series: str
    round: str
    best_of: int | None
    sides: list[SeriesSide]
    games_drawn: int
    uncounted_reason: str
    started_at: datetime
    played_at: datetime
    is_time_known: bool
    match_keys: list[str]
    game_scores: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return round and series; the series alone where its name says the round."""
        is_named = self.round.casefold() in self.series.casefold()
        return self.series if is_named else f"{self.round} · {self.series}"

    @property
    def games(self) -> int:
        """Return how many games were recorded of it, void ones too."""
        return len(self.match_keys)

    @property
    def score(self) -> str:
        """Return the games that each side won, as in ``sides``; empty unless there are two."""
        return "–".join(str(side.games_won) for side in self.sides) if len(self.sides) == 2 else ""


@dataclass(frozen=True)
class GameOfSeries:
    """A match as a game of its series.

    :param number: its place in the order of play, from 1 on; void games have one, too.
    :param others: number → match key of the games around it, itself among them.
    """

    series: SeriesItem
    number: int
    others: dict[int, str]

    @property
    def games(self) -> list[tuple[int, str, str]]:
        """Return number, match key and score of each game around it, itself among them."""
        scores = self.series.game_scores
        return [(number, key, scores.get(key, "")) for number, key in self.others.items()]


@dataclass
class _Game:
    """A game of a series: its place in the order of play, and the scores of each side's lines."""

    order: tuple[datetime, str]
    scores: defaultdict[Any, set[str]]


def find_game_of_series(slug: str, series: str, match_key: str) -> GameOfSeries | None:
    """Return a match as a game of its series; None where the series has no row, or not this game.

    :param slug: of the tournament.
    """
    found = describe_series(slug, [series]).get(series)
    if found is None or match_key not in found.match_keys:
        return None

    place = found.match_keys.index(match_key)
    first = max(0, place - GAMES_SHOWN // 2)
    around = found.match_keys[first : first + GAMES_SHOWN]
    return GameOfSeries(found, place + 1, dict(enumerate(around, start=first + 1)))


def describe_series(slug: str, names: Sequence[str]) -> dict[str, SeriesItem]:
    """Return name → series, of those that there are; four queries for any number.

    :param slug: of the tournament.
    """
    if not names:
        return {}

    grouped: defaultdict[str, list[TournamentSeriesResult]] = defaultdict(list)
    rows = TournamentSeriesResult.objects.filter(tournament__slug=slug, series__in=names)
    for row in rows.select_related("tournament__game", "team", "user__profile"):
        grouped[row.series].append(row)
    games = _list_games(slug, list(grouped))
    return {name: _describe_one(grouped[name], games[name]) for name in grouped}


def _describe_one(rows: list[TournamentSeriesResult], games: dict[str, _Game]) -> SeriesItem:
    # Who counts first, since the rows of one side agree in all but that.
    rows.sort(key=lambda row: (bool(row.uncounted_reason), -row.games_played, row.user.profile.public_id))
    first = rows[0]

    sides: dict[Any, SeriesSide] = {}
    for row in rows:
        side = SeriesSide(_link_side(row), row.games_won, Result(row.result))
        sides.setdefault(_get_side_key(row), side)
    ordered = dict(sorted(sides.items(), key=lambda item: _get_side_order(item[1])))

    return SeriesItem(
        slug=first.tournament.slug,
        game_slug=first.tournament.game.slug,
        series=first.series,
        round=first.round,
        best_of=first.best_of,
        sides=list(ordered.values()),
        games_drawn=first.games_drawn,
        uncounted_reason=first.uncounted_reason,
        started_at=first.started_at,
        played_at=first.played_at,
        is_time_known=first.is_time_known,
        match_keys=list(games),
        game_scores=_write_game_scores(games, list(ordered)),
    )


def _get_side_key(row: TournamentSeriesResult | TournamentMatchResult) -> Any:
    return row.team_id or (row.user_id,)


def _write_game_scores(games: dict[str, _Game], sides: list[Any]) -> dict[str, str]:
    if len(sides) != 2:
        return {}
    scores = {}
    for key, game in games.items():
        own, other = game.scores[sides[0]], game.scores[sides[1]]
        if len(own) == len(other) == 1:
            scores[key] = write_scores(*own, *other)
    return scores


def _get_side_order(side: SeriesSide) -> tuple[int, int, str]:
    return RESULTS.index(side.result), -side.games_won, get_sort_key(side.entrant.name)


def _link_side(row: TournamentSeriesResult) -> EntrantLink:
    if row.team:
        return EntrantLink(row.team.name, "")
    return EntrantLink(row.user.profile.name, row.user.profile.public_id)


def _list_games(slug: str, names: Sequence[str]) -> dict[str, dict[str, _Game]]:
    """Return name → the games of a series by their keys, in the order of play."""
    described = TournamentMatchResult.objects.filter(tournament__slug=slug, series__in=names)
    told = {row.match_id: row for row in described.only("match_id", "series", "team_id", "user_id")}
    games: defaultdict[str, dict[str, _Game]] = defaultdict(dict)
    for rows in list_match_sources(pk__in=list(told)):
        columns = rows.values_list("pk", "match_key", "played_at", "sequence", "score")
        for pk, key, played_at, sequence, score in columns:
            row = told[pk]
            order = (played_at, get_numbered_key(sequence, key))
            game = games[row.series].setdefault(key, _Game(order, defaultdict(set)))
            game.order = order
            game.scores[_get_side_key(row)].add(score)

    return {name: dict(sorted(games[name].items(), key=lambda item: item[1].order)) for name in names}
