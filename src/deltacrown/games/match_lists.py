"""Matches as the admin lists them: one row for each, though the tables have a row for each player's line.

A match stands in its list by the line that was recorded first. No list counts or sorts all lines, and a
search reads the newest lines of what it finds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from deltacrown.core.admin_lists import LeanChangeList
from deltacrown.core.admin_search import Kind, find
from deltacrown.core.admin_words import LINE_BREAK, NOTHING, write_data, write_name, write_person
from deltacrown.games.models import Game, MatchRow

#: The most lines of what a text names that a search reads, the newest first.
MOST_LINES = 1000
#: The most sides of a match, and players of a side, that a list names.
MOST_SIDES, MOST_PLAYERS = 4, 5


def is_first_line(table: type[MatchRow]) -> Q:
    """Return the condition that no line of the same match was recorded before the row."""
    earlier = table._base_manager.filter(
        game=OuterRef("game"), match_key=OuterRef("match_key"), pk__lt=OuterRef("pk")
    )
    return ~Q(Exists(earlier))


def find_matches(table: type[MatchRow], text: str) -> Q:
    """Return the condition that a row is of a match that ``text`` names.

    That is the match of that key, and those of players, teams and tournaments of that name or public id.
    """
    keys: dict[int, set[str]] = {game: {text} for game in Game.objects.values_list("pk", flat=True)}
    rows: QuerySet[Any] = table._base_manager.all()
    found = set()
    if players := find(Kind.PLAYER, text):
        # By the index of one player's lines; of several those are sorted.
        lines = rows.filter(user=players[0]) if len(players) == 1 else rows.filter(user__in=players)
        newest = lines.order_by(F("recorded_at").desc(), F("id").desc())
        found |= set(newest.values_list("game", "match_key")[:MOST_LINES])
    if ids := find(Kind.LINE, text):
        found |= set(rows.filter(pk__in=ids).values_list("game", "match_key"))
    for game, key in found:
        keys[game].add(key)
    condition = Q(pk__in=[])
    for game, of_game in keys.items():
        condition |= Q(game=game, match_key__in=sorted(of_game))
    return condition


class MatchChangeList(LeanChangeList):
    """A page of matches, each with its lines, which are read in one statement."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, then the lines of its matches."""
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        add_lines(self.result_list)


def add_lines(rows: Sequence[Any]) -> None:
    """Set ``lines`` of match rows: all lines of the same match, by side."""
    if not rows:
        return
    keys: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        keys[row.game_id].append(row.match_key)
    condition = Q(pk__in=[])
    for game, of_game in keys.items():
        condition |= Q(game=game, match_key__in=of_game)
    table = type(rows[0])
    lines = table._base_manager.filter(condition).select_related("user__profile").order_by("id")
    together: dict[tuple[int, str], list[MatchRow]] = defaultdict(list)
    for line in lines:
        together[line.game_id, line.match_key].append(line)
    for row in rows:
        row.lines = together[row.game_id, row.match_key]


def get_lines(row: Any) -> list[MatchRow]:
    """Return all lines of the match of a row."""
    if not hasattr(row, "lines"):
        add_lines([row])
    lines: list[MatchRow] = row.lines
    return lines


def group_lines(lines: Iterable[MatchRow]) -> list[tuple[str, list[MatchRow]]]:
    """Return the sides of a match with their lines: by placement, then winners first."""
    sides: dict[str, list[MatchRow]] = {}
    for line in lines:
        sides.setdefault(line.side or write_name(line.user), []).append(line)
    order = list(MatchRow.Result)

    def rank(side: tuple[str, list[MatchRow]]) -> tuple[float, int]:
        best = min(line.placement or float("inf") for line in side[1])
        return best, min(order.index(MatchRow.Result(line.result)) for line in side[1])

    return sorted(sides.items(), key=rank)


def write_sides(lines: Sequence[MatchRow]) -> SafeString:
    """Return the sides of a match with scores and results, a line for each."""
    sides = group_lines(lines)
    parts = [_write_side(name, of_side) for name, of_side in sides[:MOST_SIDES]]
    if len(sides) > MOST_SIDES:
        parts.append(f"and {len(sides) - MOST_SIDES} more")
    return format_html_join(LINE_BREAK, "{}", ((part,) for part in parts))


def _write_side(name: str, lines: Sequence[MatchRow]) -> str:
    score = " or ".join(dict.fromkeys(line.score for line in lines if line.score))
    results = "/".join(dict.fromkeys(line.get_result_display().lower() for line in lines))
    return f"{name} {score}, {results}" if score else f"{name}, {results}"


def write_result(lines: Sequence[MatchRow]) -> str:
    """Return who won: ``North won``, ``Draw``."""
    sides = group_lines(lines)
    winners = [name for name, of_side in sides if any(each.result == MatchRow.Result.WIN for each in of_side)]
    if winners:
        more = f" and {len(winners) - 2} more" if len(winners) > 2 else ""
        return f"{', '.join(winners[:2])}{more} won"
    results = {line.result for line in lines}
    return "Draw" if MatchRow.Result.DRAW in results else "No result"


def write_kind(lines: Sequence[MatchRow]) -> str:
    """Return of what kind a match is, and how it ended other than by play: ``Casual, forfeit``."""
    ends = [line.get_ended_by_display().lower() for line in lines if line.ended_by != MatchRow.EndedBy.PLAY]
    kinds = [str(line.get_kind_display()) for line in lines]
    return ", ".join(dict.fromkeys([*kinds, *ends]))


def write_counting(lines: Sequence[MatchRow]) -> str:
    """Return whether the lines of a match count for numbers."""
    counted = sum(line.counts for line in lines)
    if counted == len(lines):
        return "Yes"
    return f"{counted} of {len(lines)} lines" if counted else "No"


def write_why_uncounted(lines: Iterable[MatchRow]) -> str:
    """Return why lines do not count: the reasons as they were given, each once."""
    reasons = [
        f"Void: {line.void_reason}" if line.voided_at else line.uncounted_reason
        for line in lines
        if not line.counts
    ]
    return "; ".join(dict.fromkeys(reasons)) or NOTHING


def write_table(lines: Sequence[MatchRow]) -> SafeString:
    """Return a table of all that the lines of a match say."""
    cells = [
        (
            write_person(line.user),
            line.side or NOTHING,
            line.get_result_display(),
            line.score or NOTHING,
            line.placement or NOTHING,
            line.get_ended_by_display(),
            "Yes" if line.counts else "No",
            write_why_uncounted([line]),
            write_data(line.stats),
        )
        for _, of_side in group_lines(lines)
        for line in of_side
    ]
    heads = ["Player", "Side", "Result", "Score", "Place", "Ended by", "Counts", "Why not", "Stats"]
    head = format_html_join("", "<th>{}</th>", ((each,) for each in heads))
    written = (format_html_join("", "<td>{}</td>", ((each,) for each in row)) for row in cells)
    rows = format_html_join("", "<tr>{}</tr>", ((row,) for row in written))
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, rows)
