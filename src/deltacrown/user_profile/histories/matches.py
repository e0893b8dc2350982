"""The match history of a player: live and archived matches, voided ones marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from deltacrown.accounts.models import User
from deltacrown.core.pagination import Order, Page, check_limit, paginate
from deltacrown.games.models import ArchivedMatch, Game, MatchRow, add_play_order, list_match_sources
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.histories.filters import (
    GivenMatchFilters,
    MatchFilters,
    get_game,
    get_tournament_named,
    read_match_filters,
)
from deltacrown.user_profile.histories.match_words import say_ending, say_why_uncounted
from deltacrown.user_profile.histories.opponents import met_opponent
from deltacrown.user_profile.histories.sides import name_sides
from deltacrown.user_profile.privacy import Viewer, require_match_history

#: Of matches played at one time, the match keys decide, in natural order.
ORDER: Order = ("-played_at", "-play_order")


@dataclass(frozen=True)
class TournamentDetails:
    """What a tournament adds to one player's match.

    :param opponent: a team's or a player's name; empty when unknown.
    :param opponent_public_id: of a player, else empty.
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


@dataclass(frozen=True)
class MatchEntry:
    """One match of a history; one that does not count is void, or has an ``uncounted_reason``.

    :param played_at: when; the start of a day in UTC where ``is_time_known`` is False.
    :param lines: how many lines the match has, where all of them may be seen by everybody; for the pages,
        which say ``5th of 60``. See ``count_lines``.
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
    lines: int | None = None

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
    rows = narrow_matches(list_match_sources(user=user), filters.for_page(page), viewer=viewer)
    found = paginate(rows, listing=f"matches/{user.pk}/{filters}", order=ORDER, cursor=page, limit=limit)
    return found.with_items(describe_matches)


def narrow_matches(
    sources: Sequence[QuerySet[Any]], filters: MatchFilters, *, viewer: Viewer = None
) -> list[QuerySet[Any]]:
    """Return each of ``sources`` filtered, to be read in ``ORDER``, with the game fetched along.

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
    narrowed = [add_play_order(source.filter(**wanted)).select_related("game") for source in sources]
    if filters.opponent is not None:
        met = met_opponent(filters.opponent, viewer)
        narrowed = [source.filter(met) for source in narrowed]
    if filters.tournament is None:
        return narrowed
    # A lookup per row, so that the history index still delivers the order.
    event = get_tournament_named(filters.tournament, viewer)
    of_event = Exists(TournamentMatchResult.objects.filter(match=OuterRef("pk"), tournament=event))
    return [source.filter(of_event) for source in narrowed]


def describe_matches(rows: Sequence[MatchRow]) -> list[MatchEntry]:
    """Convert match rows, with their games fetched. One query for the tournament details of all.

    Two more where a team has been renamed.
    """
    details = _list_descriptions([row.pk for row in rows])
    sides = name_sides(rows, details)
    return [
        _entry(row, sides[row.pk], _details(details[row.pk]) if row.pk in details else None) for row in rows
    ]


def get_tournament_details(match_ids: Sequence[int]) -> dict[int, TournamentDetails]:
    """Return match id → tournament details; also of archived matches, which keep their ids."""
    return {pk: _details(row) for pk, row in _list_descriptions(match_ids).items()}


def _list_descriptions(match_ids: Sequence[int]) -> dict[int, TournamentMatchResult]:
    if not match_ids:
        return {}
    related = ("tournament", "team", "opponent_team", "opponent_user__profile")
    found = TournamentMatchResult.objects.filter(match_id__in=match_ids).select_related(*related)
    return {row.match_id: row for row in found}


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
    )


def _entry(row: MatchRow, side: str, details: TournamentDetails | None) -> MatchEntry:
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
        tournament=details,
    )
