"""One encounter: every player's row of it, live or archived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deltacrown.core.errors import NotFound
from deltacrown.core.inputs import is_storable
from deltacrown.games.models import Game, MatchRow, list_match_sources
from deltacrown.moderation.services import get_dispute_deadline
from deltacrown.user_profile.histories.filters import SLUG
from deltacrown.user_profile.histories.matches import MatchEntry, TournamentDetails, describe_matches
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.privacy import HistoryHidden, Viewer, filter_encounter_by_visibility

#: What a game reports comes in no order a database keeps: these first, the rest by name.
LEADING_COLUMNS = ("kills", "deaths", "assists")


@dataclass(frozen=True)
class EncounterRow:
    """One player's side of an encounter."""

    profile: UserProfile
    match: MatchEntry


@dataclass(frozen=True)
class EncounterSide:
    """One of the two sides of a duel: a team, or the player who was alone on it.

    :param score: ``None`` where its players have no score, or not the same.
    """

    name: str
    result: MatchRow.Result
    score: int | None


@dataclass(frozen=True)
class Encounter:
    """An encounter as one viewer may see it.

    :param rows: by side, winners first.
    :param columns: the names of the numbers the game reported, in the order to show them.
    :param leaves_out: true when rows of players who hide their match history are missing.
    """

    game: Game
    match_key: str
    kind: MatchRow.Kind
    played_at: datetime
    tournament: TournamentDetails | None
    rows: list[EncounterRow]
    columns: list[str]
    leaves_out: bool

    @property
    def sides(self) -> list[EncounterSide]:
        """Both sides, the winner first; none when these rows do not make a duel of two sides that are each of one mind."""
        by_name: dict[str, list[MatchEntry]] = {}
        for row in self.rows:
            by_name.setdefault(row.match.side or row.profile.name, []).append(row.match)
        is_named = all(row.match.side for row in self.rows)
        if len(by_name) != 2 or not (is_named or (len(self.rows) == 2 and not self.leaves_out)):
            return []
        if any(len({entry.result for entry in entries}) > 1 for entries in by_name.values()):
            return []
        return [EncounterSide(name, entries[0].result, _shared_score(entries)) for name, entries in by_name.items()]

    @property
    def disputable_until(self) -> datetime:
        """Until when its players can dispute it."""
        return get_dispute_deadline(self.played_at)

    @property
    def void_reason(self) -> str:
        """Why all of it was voided; empty when some of it counts, or players' rows were voided for different reasons."""
        reasons = {row.match.void_reason if row.match.is_voided else "" for row in self.rows}
        return reasons.pop() if len(reasons) == 1 else ""


def get_encounter(game_slug: str, match_key: str, *, viewer: Viewer) -> Encounter:
    """Return one encounter, without the casual rows of players who hide their match history from ``viewer``.

    :raises NotFound: when no such match is recorded.
    :raises HistoryHidden: when all of its players hide it.
    """
    game = Game.objects.filter(slug=game_slug).first() if SLUG.fullmatch(game_slug) else None
    readable = game is not None and is_storable(match_key, multiline=False)
    sources = list_match_sources(game=game, match_key=match_key) if readable else []
    # By key: rows that are archived between two of these reads are read twice.
    recorded = {pk for source in sources for pk in source.values_list("pk", flat=True)}
    if game is None or not recorded:
        raise NotFound("There is no such match: its address is made of a game and a match key.", field="match_key")
    seen = [filter_encounter_by_visibility(source, viewer).select_related("user__profile", "game") for source in sources]
    rows = {row.pk: row for source in seen for row in source}
    if not rows:
        raise HistoryHidden("The players of this match have hidden match history")
    return _encounter(game, list(rows.values()), leaves_out=len(rows) < len(recorded))


def _encounter(game: Game, rows: list[Any], *, leaves_out: bool) -> Encounter:
    rows.sort(key=lambda row: (list(MatchRow.Result).index(row.result), row.side, -(row.score or 0), row.pk))
    entries = describe_matches(rows)
    return Encounter(
        game=game,
        match_key=rows[0].match_key,
        kind=MatchRow.Kind(rows[0].kind),
        played_at=rows[0].played_at,
        tournament=next((entry.tournament for entry in entries if entry.tournament), None),
        rows=[EncounterRow(row.user.profile, entry) for row, entry in zip(rows, entries, strict=True)],
        columns=sorted({name for row in rows for name, value in row.stats.items() if _is_number(value)}, key=_column_order),
        leaves_out=leaves_out,
    )


def _shared_score(entries: list[MatchEntry]) -> int | None:
    scores = {entry.score for entry in entries}
    return scores.pop() if len(scores) == 1 else None


def _column_order(name: str) -> tuple[int, str]:
    return (LEADING_COLUMNS.index(name) if name in LEADING_COLUMNS else len(LEADING_COLUMNS), name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
