"""The page of one match: the lines of all its players, live or archived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.games.models import Game, MatchRow, list_match_sources
from deltacrown.games.services import find_games, list_match_lines
from deltacrown.moderation.services import find_question_of_match, get_dispute_deadline
from deltacrown.pages.match_sides import MatchSide
from deltacrown.pages.scoreboards import Column, MatchLine, SideOfBoard, group_by_side, list_columns
from deltacrown.pages.series import GameOfSeries, find_game_of_series
from deltacrown.tournaments.services import list_match_warnings
from deltacrown.user_profile.histories.filters import SLUG
from deltacrown.user_profile.histories.match_words import write_scores
from deltacrown.user_profile.histories.matches import MatchEntry, TournamentDetails, describe_matches
from deltacrown.user_profile.numbers.counted_for import CountedFor, list_counted_for
from deltacrown.user_profile.privacy import Viewer, filter_match_by_visibility, is_self


@dataclass(frozen=True)
class MatchPage:
    """A match as one viewer may see it.

    :param is_time_known: False where ``played_at`` is the start of the day on which it was played.
    :param board: its lines by side: the side with the best placement, or the winner, first.
    :param columns: the stats the game reported, in the order to show them.
    :param series: the series that it is a game of; ``None`` where it is of none.
    :param leaves_out: whether lines of players who hide their match history are missing.
    :param warnings: what looks odd about it, for staff who may correct it; empty for others.
    :param counted: what the line of the reader counts for, and what not and why; empty for others.
    :param may_rule: whether the reader is staff who may change every match.
    :param question: the handle of the page where the reader says their side of a dispute; else empty.
    """

    game: Game
    match_key: str
    kind: MatchRow.Kind
    played_at: datetime
    is_time_known: bool
    tournament: TournamentDetails | None
    board: list[SideOfBoard]
    columns: list[Column]
    leaves_out: bool
    series: GameOfSeries | None = None
    warnings: Sequence[str] = ()
    counted: Sequence[CountedFor] = ()
    may_rule: bool = False
    question: str = ""

    @property
    def rows(self) -> list[MatchLine]:
        """Return its lines in the order of the board."""
        return [row for side in self.board for row in side.rows]

    @property
    def sides(self) -> list[MatchSide]:
        """Return both sides, the winner first; empty unless there are exactly two, each with one result."""
        sides = [each.side for each in self.board]
        if len(sides) != 2 or any(side.is_split for side in sides):
            return []

        has_named_sides = all(row.match.side for row in self.rows)
        is_one_on_one = len(self.rows) == 2 and not self.leaves_out
        return sides if has_named_sides or is_one_on_one else []

    @property
    def score(self) -> str:
        """Return the scores of both sides as one, ``13–8``; empty where there are not two."""
        return write_scores(*(side.score for side in self.sides)) if self.sides else ""

    @property
    def has_sides(self) -> bool:
        """Return whether its lines stand beneath the names of sides; players alone are sides themselves."""
        return any(side.is_named for side in self.board)

    @property
    def own(self) -> MatchLine | None:
        """Return the line of the reader, if they played in it."""
        return next((row for row in self.rows if row.is_own), None)

    @property
    def has_scores(self) -> bool:
        """Return whether scores are told line by line: any has one, and not each side has one of its own."""
        has_own = self.has_sides and all(
            each.side.score or not any(row.match.score for row in each.rows) for each in self.board
        )
        return not has_own and any(row.match.score for row in self.rows)

    @property
    def width(self) -> int:
        """Return how many columns its table has."""
        return 2 + self.has_placements + self.has_scores + len(self.columns)

    @property
    def has_placements(self) -> bool:
        """Return whether any of its lines has a placement."""
        return any(row.match.placement is not None for row in self.rows)

    @property
    def disputable_until(self) -> datetime:
        """Return the last time at which its players can dispute it."""
        return get_dispute_deadline(self.played_at, is_time_known=self.is_time_known)

    @property
    def why_uncounted(self) -> str:
        """Return why none of it counts: ``Voided: lag``.

        It is empty when a line counts, or when lines have different reasons.
        """
        reasons = {row.match.why_uncounted for row in self.rows}
        return reasons.pop() if len(reasons) == 1 else ""


def get_match_page(game_slug: str, match_key: str, *, viewer: Viewer) -> MatchPage:
    """Return one match, without the casual lines of players who hide their match history from ``viewer``.

    :raises NotFound: when no such match is recorded, or all of its players hide it. Nobody learns which.
    """
    game = find_games([game_slug]).get(game_slug) if SLUG.fullmatch(game_slug) else None
    is_readable = game is not None and is_storable(match_key, multiline=False)
    seen = list_seen_lines(game, match_key, viewer=viewer) if game is not None and is_readable else None
    if game is None or seen is None or not seen.rows:
        message = _("There is no such match: its address is made of a game and a match key.")
        raise NotFound(message, field="match_key")
    return show_match(game, match_key, seen, viewer=viewer)


def show_match(game: Game, match_key: str, seen: SeenLines, *, viewer: Viewer) -> MatchPage:
    """Return one match of which ``viewer`` sees these lines: at least one."""
    warnings = _list_warnings(game, match_key, viewer, seen.about)
    page = _describe_match(game, seen.rows, viewer, leaves_out=seen.leaves_out)
    asked = ""
    if page.own is not None and viewer is not None and viewer.is_authenticated:
        asked = find_question_of_match(seen.recorded, viewer=viewer)
    may_rule = has_right(viewer, Right.CHANGE_MATCHES)
    return replace(page, warnings=warnings, may_rule=may_rule, question=asked)


@dataclass(frozen=True)
class SeenLines:
    """The lines of one match that a viewer may see.

    :param recorded: the keys of all its rows; no answer may hold them.
    :param about: the match, as the audit log has it.
    """

    rows: list[Any]
    recorded: frozenset[int]
    about: str

    @property
    def leaves_out(self) -> bool:
        """Return whether there are lines that the viewer may not see."""
        return len(self.rows) < len(self.recorded)


def list_seen_lines(game: Game, match_key: str, *, viewer: Viewer) -> SeenLines:
    """Return the lines of one match, live or archived, that ``viewer`` may see: none, where it is hidden."""
    sources = list_match_sources(game=game, match_key=match_key)
    # A set, since a row that is archived between the two reads is found by both.
    recorded: set[int] = set()
    for source in sources:
        recorded.update(source.values_list("pk", flat=True))
    about = write_about("match", min(recorded, default=0))
    rows: dict[int, Any] = {}
    for source in sources:
        seen = filter_match_by_visibility(source, viewer, about=about).select_related("user__profile", "game")
        rows |= {row.pk: row for row in seen}
    return SeenLines(list(rows.values()), frozenset(recorded), about)


def _list_warnings(game: Game, match_key: str, viewer: Viewer, about: str) -> list[str]:
    """Return what looks odd about a match, lines of players who hide it included, to who may correct it."""
    if not has_right(viewer, Right.CHANGE_MATCHES):
        return []

    def can_open(other_key: str) -> bool:
        sources = list_match_sources(game=game, match_key=other_key)
        return any(filter_match_by_visibility(source, viewer).exists() for source in sources)

    warnings = list_match_warnings(list_match_lines(game, match_key), can_open=can_open)
    if warnings and viewer is not None:
        told = {"match": match_key, "game": game.slug}
        record_deed(deed=Deed.READ_WARNINGS, by=viewer, about=about, told=told)
    return warnings


def _describe_match(game: Game, rows: list[Any], viewer: Viewer, *, leaves_out: bool) -> MatchPage:
    entries = describe_matches(rows)
    lines = [
        MatchLine(row.user.profile, entry, is_own=is_self(viewer, row.user))
        for row, entry in zip(rows, entries, strict=True)
    ]
    return MatchPage(
        game=game,
        match_key=rows[0].match_key,
        kind=MatchRow.Kind(rows[0].kind),
        played_at=rows[0].played_at,
        is_time_known=rows[0].is_time_known,
        tournament=next((entry.tournament for entry in entries if entry.tournament), None),
        board=group_by_side(lines),
        columns=list_columns(entries),
        leaves_out=leaves_out,
        series=_find_series(rows[0].match_key, entries),
        counted=[each for row in rows if is_self(viewer, row.user) for each in list_counted_for(row)],
    )


def _find_series(match_key: str, entries: list[MatchEntry]) -> GameOfSeries | None:
    details = next((entry.tournament for entry in entries if entry.tournament), None)
    if details is None or not details.series:
        return None
    return find_game_of_series(details.slug, details.series, match_key)
