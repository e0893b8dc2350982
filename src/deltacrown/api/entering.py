"""Enter the players of delivered matches in their tournaments, where the caller runs those."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from deltacrown.api.access import ORGANISER, Caller
from deltacrown.api.shapes.matches import GivenMatch
from deltacrown.core.errors import DomainError
from deltacrown.interchange.directory import Directory
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.interchange.entering import by_tournament, enter_players, find_entries
from deltacrown.tournaments.services import can_organise


def enter_missing(
    matches: Iterable[GivenMatch], directory: Directory, caller: Caller, *, now: datetime
) -> None:
    """Enter the players who are not entered yet, as the import does.

    Where they cannot be, as in a tournament that is full, nobody is; recording says what that means.
    """
    drafts = [_draft(match) for match in matches if match.tournament and _can_enter(match, directory, caller)]
    entries = find_entries(drafts, directory) if drafts else set()
    for slug, group in by_tournament(drafts).items():
        with suppress(DomainError):
            enter_players(directory.tournaments[slug], group, directory, entries, now=now)


def _can_enter(match: GivenMatch, directory: Directory, caller: Caller) -> bool:
    """Return whether everything the match names is known, and the caller runs its tournament."""
    event = directory.tournaments.get(match.tournament or "")
    if event is None or match.game not in directory.games:
        return False
    if event.game_id != directory.games[match.game].pk:
        return False
    if not (ORGANISER.admits(caller) and can_organise(event, caller.member)):
        return False

    names = {line.player for line in match.players}
    teams = {line.team for line in match.players if line.team}
    return names <= directory.players.keys() and teams <= directory.teams.keys()


def _draft(match: GivenMatch) -> MatchDraft:
    """Return as much of a match as entering needs."""
    return MatchDraft(
        key=match.match_key,
        game=match.game,
        played_at=match.played_at.at,
        kind="TOURNAMENT",
        lines=[
            LineDraft(line=place, player=line.player, result=line.result, team=line.team)
            for place, line in enumerate(match.players)
        ],
        rows=[],
        tournament=match.tournament or "",
    )
