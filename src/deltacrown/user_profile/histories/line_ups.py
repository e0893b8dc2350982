"""Who else was in the matches of a page: opponents, their score, and how many lines there are.

It follows from the rows of others, which change without a word to the player whose history it is. So it is
added to entries when they are shown, never kept with them, and only as far as the reader may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from deltacrown.core.prepared import Parameter, PreparedRows
from deltacrown.games.models import list_match_sources
from deltacrown.user_profile.histories.matches import MatchEntry, Opponent
from deltacrown.user_profile.privacy import (
    Viewer,
    filter_match_by_visibility,
    filter_match_for,
    get_known_key,
    sees_hidden,
)

#: A match by its game's slug and its match key.
MatchAddress = tuple[str, str]
#: A match of more lines is a lobby: a list says the place of a player in it, and names nobody.
MOST_LINES = 24
_ADDED = ("total", "public", "line", "its_side", "its_score", "public_id", "name")
_NO_TEXT = Value("", CharField())
#: A statement is compiled for so many matches: those of a profile, those of the pages of a list.
_SIZES = (5, 10, 20, 50)


class _Line(NamedTuple):
    """One line that the reader may see; or, with ``line_id`` 0, how many there are of a match."""

    slug: str
    key: str
    lines: int
    public: int
    line_id: int
    side: str
    score: str
    public_id: str
    name: str


#: The values of a ``_Line`` each, in one order, whatever the order of the database.
Lines = tuple[tuple[Any, ...], ...]
_IN_ORDER = itemgetter(*(_Line._fields.index(name) for name in ("line_id", "slug", "key", "lines", "public")))


@dataclass
class _LineUp:
    """The lines of one match."""

    total: int = 0
    public: int = 0
    seen: list[_Line] = field(default_factory=list)


def add_opponents(entries: Sequence[MatchEntry], *, viewer: Viewer) -> list[MatchEntry]:
    """Return the same entries with what ``viewer`` may see of the other lines of their matches, in one query.

    How many lines there are is told only where everybody may see all of them, since the number would tell
    that somebody hides theirs, and where it is no smaller than the placement: of a match with 60 players one
    may be known.
    """
    return tell_opponents(entries, read_lines(list_addresses(entries), viewer))


def list_addresses(entries: Iterable[MatchEntry]) -> tuple[MatchAddress, ...]:
    """Return the addresses of the matches of entries, each once."""
    return tuple(dict.fromkeys(map(_get_address, entries)))


def read_lines(matches: Sequence[MatchAddress], viewer: Viewer) -> Lines:
    """Return all that ``tell_opponents`` says of matches, as ``viewer`` may see it. At most one query.

    Where this is equal, the same is told of the same matches.
    """
    if not matches:
        return ()
    if sees_hidden(viewer):  # asked each time, as it is logged
        slugs, keys = zip(*matches, strict=True)
        sources = _list_sources(slugs, keys)
        seen = [_tell(filter_match_by_visibility(_only_few(rows), viewer)) for rows in sources]
        rows = list(_unite(sources, seen))
    else:
        known = get_known_key(viewer)
        size = next((size for size in _SIZES if size >= len(matches)), len(matches))
        padded = [*matches, *[matches[-1]] * (size - len(matches))]
        given = [*(slug for slug, _ in padded), *(key for _, key in padded)]
        rows = _prepare(size, is_known=known is not None).read(*given, *([] if known is None else [known]))
    return tuple(sorted(map(tuple, rows), key=_IN_ORDER))


def tell_opponents(entries: Sequence[MatchEntry], lines: Lines) -> list[MatchEntry]:
    """Return the same entries with what ``read_lines`` read of their matches; see ``add_opponents``."""
    line_ups: defaultdict[MatchAddress, _LineUp] = defaultdict(_LineUp)
    for line in map(_Line._make, lines):
        line_up = line_ups[line.slug, line.key]
        if line.line_id:
            line_up.seen.append(line)
        else:
            line_up.total += line.lines
            line_up.public += line.public
    return [_add_one(entry, line_ups[_get_address(entry)]) for entry in entries]


def _get_address(entry: MatchEntry) -> MatchAddress:
    return entry.game_slug, entry.match_key


@cache
def _prepare(size: int, *, is_known: bool) -> PreparedRows:
    """Return the query for the lines of so many matches: their slugs, their keys, then who looks."""
    slugs, keys = ([Parameter(first + number) for number in range(size)] for first in (0, size))
    viewer = Parameter(2 * size) if is_known else None

    def build() -> QuerySet[Any]:
        sources = _list_sources(slugs, keys)
        return _unite(sources, [_tell(filter_match_for(_only_few(rows), viewer)) for rows in sources])

    return PreparedRows(build, is_by_key=True)


def _list_sources(slugs: Sequence[Any], keys: Sequence[Any]) -> list[QuerySet[Any]]:
    return list(list_match_sources(game__slug__in=slugs, match_key__in=keys))


def _unite(sources: Sequence[QuerySet[Any]], seen: Sequence[QuerySet[Any]]) -> QuerySet[Any]:
    first, *rest = [*map(_count_of_each, sources), *seen]
    return first.union(*rest, all=True)


def _count_of_each(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return by match how many of ``rows`` it has, and how many of them everybody may see."""
    public = filter_match_by_visibility(rows, None)
    grouped = rows.order_by().values("game__slug", "match_key")
    counted = grouped.annotate(
        total=Count("pk"), public=Count("pk", filter=Q(pk__in=public.values("pk"))),
        line=Value(0, BigIntegerField()),
        its_side=_NO_TEXT, its_score=_NO_TEXT, public_id=_NO_TEXT, name=_NO_TEXT,
    )  # fmt: skip
    found: QuerySet[Any] = counted.values_list("game__slug", "match_key", *_ADDED)
    return found


def _only_few(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the lines of matches without those of a lobby."""
    same = rows.model.objects.filter(game=OuterRef("game"), match_key=OuterRef("match_key"))
    return rows.order_by().filter(~Exists(same[MOST_LINES : MOST_LINES + 1]))


def _tell(seen: QuerySet[Any]) -> QuerySet[Any]:
    """Return of each line what is told of it."""
    name = Case(
        When(user__profile__display_name="", then=F("user__username")),
        default=F("user__profile__display_name"),
        output_field=CharField(),
    )
    zero = Value(0, IntegerField())
    told = seen.annotate(
        total=zero, public=zero, line=F("pk"), its_side=F("side"), its_score=F("score"),
        public_id=F("user__profile__public_id"), name=name,
    )  # fmt: skip
    found: QuerySet[Any] = told.values_list("game__slug", "match_key", *_ADDED)
    return found


def _add_one(entry: MatchEntry, line_up: _LineUp) -> MatchEntry:
    told = _describe_others(entry, line_up)
    is_public = line_up.total == line_up.public
    if entry.placement is not None and is_public and max(entry.placement, 2) <= line_up.total:
        told["lines"] = line_up.total
    return replace(entry, **told)


def _describe_others(entry: MatchEntry, line_up: _LineUp) -> dict[str, Any]:
    own = next((line for line in line_up.seen if line.line_id == entry.line_id), None)
    if own is None:
        return {}

    others = [line for line in line_up.seen if line is not own and not (line.side and line.side == own.side)]
    others.sort(key=lambda line: line.public_id)
    sides = {line.side or line.public_id for line in others}
    told: dict[str, Any] = {"opponents": tuple(Opponent(line.public_id, line.name) for line in others)}
    if len(sides) != 1:
        return told

    if len(others) > 1:
        told["opposing_side"] = others[0].side
    # Of players without sides, one who hides may have been another opponent.
    scores = {line.score for line in others}
    is_duel = bool(own.side and others[0].side) or line_up.total == len(line_up.seen) == 2
    return told | ({"opponent_score": scores.pop()} if is_duel and len(scores) == 1 else {})
