"""The match history of a player: live and archived matches, voided ones marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Order, Page, check_limit, paginate
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.core.prepared_listing import PreparedListing
from deltacrown.games.models import ArchivedMatch, Game, MatchRow, add_play_order, list_match_sources
from deltacrown.tournaments.models import TournamentMatchResult, TournamentSeriesResult
from deltacrown.user_profile.histories.filters import (
    GivenMatchFilters,
    MatchFilters,
    get_game,
    get_tournament_named,
    read_match_filters,
)
from deltacrown.user_profile.histories.match_words import (
    list_facts,
    say_ending,
    say_why_uncounted,
    write_scores,
)
from deltacrown.user_profile.histories.opponents import met_opponent
from deltacrown.user_profile.histories.reported import narrow_to_reported
from deltacrown.user_profile.histories.sides import name_sides
from deltacrown.user_profile.privacy import Viewer, require_match_history
from django_tally.batches import in_batches

#: Of matches played at one time, the match keys decide, in natural order.
ORDER: Order = ("-played_at", "-play_order")
#: What a match history says of the series that a match is a game of.
OF_SERIES = (
    "best_of",
    "result",
    "games_won",
    "games_lost",
    "games_drawn",
    "games_played",
    "uncounted_reason",
)
#: A statement is compiled for so many matches: those of a profile, of pages, of a part of an export.
_SIZES = (5, 10, 20, 50, 500)


@dataclass(frozen=True)
class TournamentDetails:
    """What a tournament adds to one player's match.

    :param opponent: a team's or a player's name; empty when unknown.
    :param opponent_public_id: of a player, else empty; ``opponent_slug`` of a team, as ``team_slug``.
    :param stats: of the match: mode, duration.
    """

    slug: str
    name: str
    round: str
    series: str
    map_name: str
    team: str
    opponent: str
    opponent_public_id: str
    stats: dict[str, Any]
    opponent_slug: str = ""
    team_slug: str = ""


@dataclass(frozen=True)
class SeriesSoFar:
    """What a player's side made of the series that a match is a game of.

    :param games_played: those that count and that the player was in.
    :param uncounted_reason: why it counts nowhere; empty when it counts.
    """

    best_of: int | None
    result: MatchRow.Result
    games_won: int
    games_lost: int
    games_drawn: int
    games_played: int
    uncounted_reason: str


@dataclass(frozen=True)
class Opponent:
    """A player on another side of a match."""

    public_id: str
    name: str


@dataclass(frozen=True)
class MatchEntry:
    """One match of a history; one that does not count is void, or has an ``uncounted_reason``.

    What is said of other players' lines is added by ``add_opponents`` when a page is shown, as far as its
    reader may see them.

    :param line_id: of the player's row, which it keeps in the archive.
    :param played_at: when; the start of a day in UTC where ``is_time_known`` is False.
    :param series: what the series came to that it is a game of; ``None`` for a match of none.
    :param lines: how many lines the match has, where all of them may be seen by everybody; for the pages,
        which say ``5th of 60``.
    :param opponents: the players on other sides; ``None`` in a lobby, and where they are not looked up.
    :param opposing_side: the name of the one other side, where it is a team of several.
    :param opponent_score: that of the one other side, where there is one.
    """

    match_key: str
    game_slug: str
    game_name: str
    kind: MatchRow.Kind
    side: str
    result: MatchRow.Result
    score: str
    placement: int | None
    ended_by: MatchRow.EndedBy
    stats: dict[str, Any]
    played_at: datetime
    is_time_known: bool
    sequence: int | None
    recorded_at: datetime
    voided_at: datetime | None
    void_reason: str
    uncounted_reason: str
    is_archived: bool
    tournament: TournamentDetails | None
    line_id: int = 0
    series: SeriesSoFar | None = None
    lines: int | None = None
    opponents: tuple[Opponent, ...] | None = None
    opposing_side: str = ""
    opponent_score: str = ""

    @property
    def is_voided(self) -> bool:
        """Return whether it was voided."""
        return self.voided_at is not None

    @property
    def counts(self) -> bool:
        """Return whether it counts for numbers."""
        return not self.why_uncounted

    @property
    def why_uncounted(self) -> str:
        """Return why it does not count, as a sentence; empty where it counts."""
        return say_why_uncounted(self)

    @property
    def ending(self) -> str:
        """Return how it ended, where that was not by play and ``why_uncounted`` does not say so."""
        return say_ending(self)

    @property
    def scores(self) -> str:
        """Return both scores, the player's first: ``13–8``; the one that there is where one is not known."""
        return write_scores(self.score, self.opponent_score)

    @property
    def facts(self) -> list[str]:
        """Return the little that a list says of what the player did: ``Omen``, ``22/18/2 K/D/A``."""
        return list_facts(self.stats)


def get_match_history(
    user: User,
    filters: GivenMatchFilters = None,
    page: str | None = None,
    *,
    game: Game | str | None = None,
    limit: int = 10,
    viewer: Viewer = None,
) -> Page[MatchEntry]:
    """Return a page of ``user``'s matches, newest first.

    :param filters: see ``MatchFilters``; a mapping of the same names is taken too.
    :param game: the same as ``filters.game``, as a slug or a row.
    :param limit: 1 to 50.
    :raises HistoryHidden: when ``user`` hides them from ``viewer``.
    :raises InvalidInput: for a filter, cursor or limit that cannot be taken.
    """
    check_limit(limit)
    checked = read_match_filters(filters, game=game)
    require_match_history(user, viewer)
    return read_match_history(user, checked, page, limit=limit, viewer=viewer)


def read_match_history(
    user: User, filters: MatchFilters, page: str | None, *, limit: int, viewer: Viewer = None
) -> Page[MatchEntry]:
    """As ``get_match_history``, without the privacy check; the caller must have made it."""
    listing = f"matches/{user.pk}/{filters}"
    if filters == MatchFilters():
        found = _UNFILTERED.paginate(user.pk, listing=listing, cursor=page, limit=limit)
    else:
        rows = narrow_matches(list_match_sources(user=user), filters.for_page(page), viewer=viewer)
        found = paginate(rows, listing=listing, order=ORDER, cursor=page, limit=limit)
    return found.with_items(describe_matches)


def list_latest_matches(user: User, *, limit: int) -> list[MatchEntry]:
    """Return ``user``'s latest matches, without the privacy check; the caller must have made it.

    :param limit: 1 to 50.
    """
    return describe_matches(_UNFILTERED.list_first(user.pk, limit=limit))


_UNFILTERED = PreparedListing(
    lambda: narrow_matches(list_match_sources(user=Parameter(0)), MatchFilters()), given=1, order=ORDER
)


def narrow_matches(
    sources: Sequence[QuerySet[Any]], filters: MatchFilters, *, viewer: Viewer = None
) -> list[QuerySet[Any]]:
    """As ``filter_matches``, to be read in ``ORDER``, with the game fetched along."""
    return arrange_matches(filter_matches(sources, filters, viewer=viewer))


def arrange_matches(sources: Sequence[QuerySet[Any]]) -> list[QuerySet[Any]]:
    """Return each of ``sources`` to be read in ``ORDER``, with the game fetched along."""
    return [add_play_order(source).select_related("game") for source in sources]


def filter_matches(
    sources: Sequence[QuerySet[Any]], filters: MatchFilters, *, viewer: Viewer = None
) -> list[QuerySet[Any]]:
    """Return each of ``sources`` filtered, to be counted: in no order, and of their own columns.

    :param viewer: for the filters by opponent and tournament: what is hidden from the viewer is not found.
    """
    conditions: dict[str, Any] = {
        "game": filters.game and get_game(filters.game),
        "kind": filters.kind,
        "result": filters.result,
        "played_at__gte": filters.played_from,
        "played_at__lt": filters.played_to,
    }
    wanted = {name: value for name, value in conditions.items() if value is not None}
    narrowed = [source.filter(**wanted) for source in sources]
    if filters.opponent is not None:
        met = met_opponent(filters.opponent, viewer)
        narrowed = [source.filter(met) for source in narrowed]
    if filters.reported is not None:
        narrowed = [narrow_to_reported(source, filters.reported) for source in narrowed]
    if filters.tournament is None:
        return narrowed
    # A lookup per row, so that the history index still delivers the order.
    event = get_tournament_named(filters.tournament, viewer)
    of_event = Exists(TournamentMatchResult.objects.filter(match=OuterRef("pk"), tournament=event))
    return [source.filter(of_event) for source in narrowed]


def describe_matches(rows: Sequence[MatchRow]) -> list[MatchEntry]:
    """Convert match rows, with their games fetched. One query for the tournament details of all.

    One more where a team has been renamed.
    """
    details = _list_descriptions([row.pk for row in rows])
    sides = name_sides(rows, details)
    return [_entry(row, sides[row.pk], details.get(row.pk)) for row in rows]


def get_tournament_details(match_ids: Sequence[int]) -> dict[int, TournamentDetails]:
    """Return match id → tournament details; also of archived matches, which keep their ids."""
    return {pk: _details(row) for pk, row in _list_descriptions(match_ids).items()}


def _list_descriptions(match_ids: Sequence[int]) -> dict[int, TournamentMatchResult]:
    if not match_ids:
        return {}
    found: dict[int, TournamentMatchResult] = {}
    for batch in in_batches(list(match_ids), _SIZES[-1]):
        size = next(size for size in _SIZES if size >= len(batch))
        rows = _prepare_descriptions(size).run(*batch, *[batch[-1]] * (size - len(batch)))
        found |= {row.match_id: row for row in rows}
    return found


@cache
def _prepare_descriptions(size: int) -> PreparedQuery[TournamentMatchResult]:
    """Return the query for what tournaments add to so many matches."""
    related = ("tournament", "team", "opponent_team", "opponent_user__profile")
    series = TournamentSeriesResult.objects.filter(
        tournament=OuterRef("tournament"), series=OuterRef("series"), user=OuterRef("user")
    )
    told = series.values(told=JSONObject(**{name: name for name in OF_SERIES}))

    def build() -> QuerySet[TournamentMatchResult]:
        # By the column: a list of matches takes no parameters.
        found = TournamentMatchResult.objects.filter(match__id__in=[Parameter(n) for n in range(size)])
        return found.select_related(*related).annotate(series_so_far=Subquery(told))

    return PreparedQuery(build, is_by_key=True)


def _details(row: TournamentMatchResult) -> TournamentDetails:
    team, player = row.opponent_team, row.opponent_user.profile if row.opponent_user else None
    opponent, opponent_public_id = "", ""
    if team:
        opponent = team.name
    elif player:
        opponent, opponent_public_id = player.name, player.public_id

    return TournamentDetails(
        slug=row.tournament.slug,
        name=row.tournament.name,
        round=row.round,
        series=row.series,
        map_name=row.map_name,
        team=row.team.name if row.team else "",
        opponent=opponent,
        opponent_public_id=opponent_public_id,
        stats=row.stats,
        opponent_slug=team.slug if team else "",
        team_slug=row.team.slug if row.team else "",
    )


def _series_so_far(row: Any) -> SeriesSoFar | None:
    told = row.series_so_far
    return SeriesSoFar(**told | {"result": MatchRow.Result(told["result"])}) if told else None


def _entry(row: MatchRow, side: str, described: TournamentMatchResult | None) -> MatchEntry:
    return MatchEntry(
        match_key=row.match_key,
        game_slug=row.game.slug,
        game_name=row.game.name,
        kind=MatchRow.Kind(row.kind),
        side=side,
        result=MatchRow.Result(row.result),
        score=row.score,
        placement=row.placement,
        ended_by=MatchRow.EndedBy(row.ended_by),
        stats=row.stats,
        played_at=row.played_at,
        is_time_known=row.is_time_known,
        sequence=row.sequence,
        recorded_at=row.recorded_at,
        voided_at=row.voided_at,
        void_reason=row.void_reason,
        uncounted_reason=row.uncounted_reason,
        is_archived=isinstance(row, ArchivedMatch),
        tournament=_details(described) if described else None,
        line_id=row.pk,
        series=_series_so_far(described) if described else None,
    )
