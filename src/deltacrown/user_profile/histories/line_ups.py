"""Who else was in the matches of a page: opponents, their score, and how many lines there are.

It follows from the rows of others, which change without a word to the player whose history it is. So it is
added to entries when they are shown, never kept with them, and only as far as the reader may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
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

from deltacrown.games.models import list_match_sources
from deltacrown.user_profile.histories.matches import MatchEntry, Opponent
from deltacrown.user_profile.privacy import Viewer, filter_match_by_visibility

#: A match by its game's slug and its match key.
MatchAddress = tuple[str, str]
#: A match of more lines is a lobby: a list says the place of a player in it, and names nobody.
MOST_LINES = 24
_ADDED = ("total", "public", "line", "its_side", "its_score", "public_id", "name")
_NO_TEXT = Value("", CharField())


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
    line_ups = _read_line_ups({_get_address(entry) for entry in entries}, viewer) if entries else {}
    return [_add_one(entry, line_ups.get(_get_address(entry), _LineUp())) for entry in entries]


def _get_address(entry: MatchEntry) -> MatchAddress:
    return entry.game_slug, entry.match_key


def _read_line_ups(matches: Collection[MatchAddress], viewer: Viewer) -> dict[MatchAddress, _LineUp]:
    slugs, keys = zip(*matches, strict=True)
    sources = list_match_sources(game__slug__in=slugs, match_key__in=keys)
    parts = [_count_of_each(source) for source in sources]
    parts += [_list_seen(source, viewer) for source in sources]

    line_ups: defaultdict[MatchAddress, _LineUp] = defaultdict(_LineUp)
    for row in parts[0].union(*parts[1:], all=True):
        line = _Line(*row)
        line_up = line_ups[line.slug, line.key]
        if line.line_id:
            line_up.seen.append(line)
        else:
            line_up.total += line.lines
            line_up.public += line.public
    return line_ups


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


def _list_seen(rows: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
    """Return the lines of each match that ``viewer`` may see; none of a lobby."""
    same = rows.model.objects.filter(game=OuterRef("game"), match_key=OuterRef("match_key"))
    few = rows.order_by().filter(~Exists(same[MOST_LINES : MOST_LINES + 1]))
    name = Case(
        When(user__profile__display_name="", then=F("user__username")),
        default=F("user__profile__display_name"),
        output_field=CharField(),
    )
    zero = Value(0, IntegerField())
    seen = filter_match_by_visibility(few, viewer).annotate(
        total=zero, public=zero, line=F("pk"), its_side=F("side"), its_score=F("score"),
        public_id=F("user__profile__public_id"), name=name,
    )  # fmt: skip
    found: QuerySet[Any] = seen.values_list("game__slug", "match_key", *_ADDED)
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
