"""The page of one match: the lines of all its players, live or archived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.core.errors import NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.games.models import Game, MatchRow, list_match_sources
from deltacrown.games.services import find_games
from deltacrown.moderation.services import get_dispute_deadline
from deltacrown.user_profile.histories.filters import SLUG
from deltacrown.user_profile.histories.matches import MatchEntry, TournamentDetails, describe_matches
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.privacy import Viewer, filter_match_by_visibility

#: Databases keep the stats of a match in no order: these come first, the others by name.
LEADING_COLUMNS = ("kills", "deaths", "assists")
RESULTS = list(MatchRow.Result)


@dataclass(frozen=True)
class MatchLine:
    """One player's line of a match."""

    profile: UserProfile
    match: MatchEntry


@dataclass(frozen=True)
class MatchSide:
    """One side of a match: a team, or a player who was alone on it.

    :param score: ``None`` where its players have no score, or different ones.
    """

    name: str
    result: MatchRow.Result
    score: int | None


@dataclass(frozen=True)
class MatchPage:
    """A match as one viewer may see it.

    :param rows: its lines by side, winners first.
    :param columns: the names of the stats the game reported, in the order to show them.
    :param leaves_out: whether lines of players who hide their match history are missing.
    """

    game: Game
    match_key: str
    kind: MatchRow.Kind
    played_at: datetime
    tournament: TournamentDetails | None
    rows: list[MatchLine]
    columns: list[str]
    leaves_out: bool

    @property
    def sides(self) -> list[MatchSide]:
        """Return both sides, the winner first; empty unless there are exactly two, each with one result."""
        by_name: dict[str, list[MatchEntry]] = {}
        for row in self.rows:
            by_name.setdefault(row.match.side or row.profile.name, []).append(row.match)
        if len(by_name) != 2:
            return []

        has_named_sides = all(row.match.side for row in self.rows)
        is_one_on_one = len(self.rows) == 2 and not self.leaves_out
        if not (has_named_sides or is_one_on_one):
            return []

        sides = []
        for name, entries in by_name.items():
            results = {entry.result for entry in entries}
            if len(results) > 1:
                return []
            sides.append(MatchSide(name, entries[0].result, _shared_score(entries)))
        return sides

    @property
    def disputable_until(self) -> datetime:
        """Return the last time at which its players can dispute it."""
        return get_dispute_deadline(self.played_at)

    @property
    def void_reason(self) -> str:
        """Return the reason why all of it is void.

        It is empty when a line counts, or when lines have different reasons.
        """
        reasons = {row.match.void_reason if row.match.is_voided else "" for row in self.rows}
        return reasons.pop() if len(reasons) == 1 else ""


def get_match_page(game_slug: str, match_key: str, *, viewer: Viewer) -> MatchPage:
    """Return one match, without the casual lines of players who hide their match history from ``viewer``.

    :raises NotFound: when no such match is recorded, or all of its players hide it. Nobody learns which.
    """
    game = find_games([game_slug]).get(game_slug) if SLUG.fullmatch(game_slug) else None
    is_readable = game is not None and is_storable(match_key, multiline=False)
    sources = list_match_sources(game=game, match_key=match_key) if is_readable else []

    # A set, since a row that is archived between the two reads is found by both.
    recorded: set[int] = set()
    for source in sources:
        recorded.update(source.values_list("pk", flat=True))
    rows: dict[int, Any] = {}
    for source in sources:
        seen = filter_match_by_visibility(source, viewer).select_related("user__profile", "game")
        rows |= {row.pk: row for row in seen}
    if game is None or not rows:
        message = "There is no such match: its address is made of a game and a match key."
        raise NotFound(message, field="match_key")
    return _describe_match(game, list(rows.values()), leaves_out=len(rows) < len(recorded))


def _describe_match(game: Game, rows: list[Any], *, leaves_out: bool) -> MatchPage:
    rows.sort(key=_get_place)
    entries = describe_matches(rows)
    lines = [MatchLine(row.user.profile, entry) for row, entry in zip(rows, entries, strict=True)]
    return MatchPage(
        game=game,
        match_key=rows[0].match_key,
        kind=MatchRow.Kind(rows[0].kind),
        played_at=rows[0].played_at,
        tournament=next((entry.tournament for entry in entries if entry.tournament), None),
        rows=lines,
        columns=_list_columns(entries),
        leaves_out=leaves_out,
    )


def _get_place(row: Any) -> tuple[int, str, int, str]:
    return RESULTS.index(row.result), row.side, -(row.score or 0), row.user.profile.public_id


def _list_columns(entries: list[MatchEntry]) -> list[str]:
    names: set[str] = set()
    for entry in entries:
        names.update(name for name, value in entry.stats.items() if _is_number(value))
    leading = [name for name in LEADING_COLUMNS if name in names]
    return [*leading, *sorted(names.difference(leading))]


def _shared_score(entries: list[MatchEntry]) -> int | None:
    scores = {entry.score for entry in entries}
    return scores.pop() if len(scores) == 1 else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
