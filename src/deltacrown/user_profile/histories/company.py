"""Whom a player plays with and against: the people in the latest matches, with how those ended.

It follows from the rows of others, so it is never kept, and tells of each no more than the reader may see.
Who is against whom is told as head-to-head tells it (``versus``), which each line leads to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from deltacrown.accounts.models import User
from deltacrown.core.pagination import paginate
from deltacrown.games.models import MatchRow, add_play_order, list_match_sources
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.histories.line_ups import MOST_LINES
from deltacrown.user_profile.histories.matches import ORDER
from deltacrown.user_profile.histories.versus import Record
from deltacrown.user_profile.privacy import (
    History,
    Viewer,
    filter_match_by_visibility,
    list_who_show,
    require_match_history,
    sees_hidden,
)
from deltacrown.user_profile.standing import filter_listed

#: How many of the latest matches that count are looked at.
LOOKED_AT = 200
#: How many people are listed on each side.
LISTED = 10
#: How often one must have met an opponent for how that ends to be told, and how many such are named.
LEAST_MET, NAMED = 5, 3
HALF = 50


@dataclass(frozen=True)
class Companion:
    """Somebody met in the latest matches.

    :param record: how the player fared, whose company this is.
    :param is_comparable: whether the reader may see the two head to head.
    :param picture: the name of their picture; empty without one.
    """

    public_id: str
    name: str
    record: Record
    is_comparable: bool
    picture: str = ""


@dataclass(frozen=True)
class Company:
    """Those met most, the most matches first.

    :param matches: how many matches were looked at.
    :param beaten: the opponents met often against whom most was won, the highest rate first; ``feared`` those
        against whom least was, the lowest rate first.
    """

    teammates: list[Companion]
    opponents: list[Companion]
    matches: int
    beaten: list[Companion] = field(default_factory=list)
    feared: list[Companion] = field(default_factory=list)


class _Met(NamedTuple):
    """Somebody in one match; by ``match_id`` where a tournament says so, else by slug and key."""

    match_id: int
    slug: str
    key: str
    side: str
    public_id: str
    name: str
    shows: bool
    picture: str


def read_company(user: User, game: str | None = None, *, viewer: Viewer) -> Company:
    """Return whom ``user`` met most in the latest matches that count, as far as ``viewer`` may see.

    Four queries, however many matches and people. Players who are not listed are left out.
    In a lobby, a match of very many, only one's own side is met.

    :param game: a game's slug.
    :raises HistoryHidden: ``user`` hides the matches from ``viewer``.
    """
    require_match_history(user, viewer)
    rows = _read_latest(user, game)
    if not rows:
        return Company([], [], 0)

    found: dict[bool, dict[str, Record]] = {True: defaultdict(Record), False: defaultdict(Record)}
    people: dict[str, _Met] = {}
    by_key = {(row.game.slug, row.match_key): row for row in rows}
    by_id = {row.pk: row for row in rows}
    told = [each for each in _list_told(by_id, viewer) if each.public_id]
    told_of = {(each.match_id, each.public_id) for each in told}
    for met in told:
        people[met.public_id] = met
        found[False][met.public_id] += _record_of(by_id[met.match_id])
    for met in _list_lines(user, rows, viewer):
        row = by_key.get((met.slug, met.key))
        if row is None or (row.pk, met.public_id) in told_of:
            continue
        people[met.public_id] = met
        is_together = bool(row.side) and row.side == met.side
        found[is_together][met.public_id] += _record_of(row)

    teammates, opponents = (_rank(found[is_together], people) for is_together in (True, False))
    beaten, feared = (_rank_by_rate(found[False], people, is_won=is_won) for is_won in (True, False))
    return Company(teammates, opponents, len(rows), beaten, feared)


def _read_latest(user: User, game: str | None) -> list[MatchRow]:
    wanted = {"user": user} if game is None else {"user": user, "game__slug": game}
    sources = [
        add_play_order(source.counted()).select_related("game") for source in list_match_sources(**wanted)
    ]
    found: list[MatchRow] = paginate(
        sources, listing="company", order=ORDER, limit=LOOKED_AT, max_limit=LOOKED_AT
    ).items
    return found


def _list_told(matches: Iterable[int], viewer: Viewer) -> list[_Met]:
    """Return the opponents that tournaments name; a tournament is official, and shown with everyone."""
    named = TournamentMatchResult.objects.filter(match_id__in=list(matches), opponent_user__isnull=False)
    listed = _describe(filter_listed(named, "opponent_user"), viewer, "opponent_user")
    empty = Value("", CharField())
    columns = listed.annotate(slug=empty, key=empty, its_side=empty).values_list(
        "match_id", "slug", "key", "its_side", "its_id", "its_name", "shows", "picture"
    )
    return [_Met(*row) for row in columns]


def _list_lines(user: User, rows: Sequence[MatchRow], viewer: Viewer) -> list[_Met]:
    """Return the lines of others in these matches that ``viewer`` may see."""
    slugs, keys = {row.game.slug for row in rows}, {row.match_key for row in rows}
    parts = []
    for source in list_match_sources(game__slug__in=slugs, match_key__in=keys):
        same = source.model.objects.filter(game=OuterRef("game"), match_key=OuterRef("match_key"))
        of_own_side = Exists(same.filter(user=user, side=OuterRef("side")).exclude(side=""))
        near = Q(of_own_side) | ~Q(Exists(same[MOST_LINES : MOST_LINES + 1]))
        others = source.order_by().exclude(user=user).filter(near)
        seen = filter_listed(filter_match_by_visibility(others, viewer))
        parts.append(
            _describe(seen, viewer, "user").values_list(
                "pk", "game__slug", "match_key", "side", "its_id", "its_name", "shows", "picture"
            )
        )
    return [_Met(*row) for row in parts[0].union(parts[1], all=True)]


def _describe(rows: QuerySet[Any], viewer: Viewer, user: str) -> QuerySet[Any]:
    """Annotate rows with the player's id and name, and whether ``viewer`` may see the player's matches."""
    profile = f"{user}__profile"
    name = Case(
        When(**{f"{profile}__display_name": ""}, then=F(f"{user}__username")),
        default=F(f"{profile}__display_name"),
        output_field=CharField(),
    )
    shows: Any = Exists(list_who_show([History.MATCHES]).filter(user=OuterRef(user)))
    if sees_hidden(viewer):
        shows = Value(True)
    elif viewer is not None and viewer.is_authenticated:
        own = When(**{user: viewer.pk}, then=Value(True))
        shows = Case(own, default=shows, output_field=BooleanField())
    described: QuerySet[Any] = rows.annotate(
        # Only who is listed is met, so the picture is one that is shown.
        its_id=F(f"{profile}__public_id"),
        its_name=name,
        shows=shows,
        picture=F(f"{profile}__avatar"),
    )
    return described


def _record_of(row: MatchRow) -> Record:
    return Record(
        won=int(row.result == MatchRow.Result.WIN),
        lost=int(row.result == MatchRow.Result.LOSS),
        drawn=int(row.result == MatchRow.Result.DRAW),
    )


def _rank(records: dict[str, Record], people: dict[str, _Met]) -> list[Companion]:
    ranked = sorted(records, key=lambda public_id: (-records[public_id].played, public_id))
    return [_describe_met(people[each], records[each]) for each in ranked[:LISTED]]


def _rank_by_rate(records: dict[str, Record], people: dict[str, _Met], *, is_won: bool) -> list[Companion]:
    """Return the opponents met often, by the rate of wins: those above the half, or those below it."""
    sign = -1 if is_won else 1
    rates = {each: record.win_rate or 0 for each, record in records.items() if record.played >= LEAST_MET}
    named = [each for each, rate in rates.items() if sign * (rate - HALF) < 0]
    ranked = sorted(named, key=lambda each: (sign * rates[each], -records[each].played, each))
    return [_describe_met(people[each], records[each]) for each in ranked[:NAMED]]


def _describe_met(met: _Met, record: Record) -> Companion:
    return Companion(met.public_id, met.name, record, bool(met.shows), met.picture)
