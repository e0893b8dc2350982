"""What tournaments of a file name, and what they say of players."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deltacrown.interchange.directory import Directory, Names
from deltacrown.interchange.drafts import PlayerTexts, TournamentDraft

Refused = list[tuple[TournamentDraft, str]]


def list_tournament_names(drafts: Iterable[TournamentDraft]) -> Names:
    """Return everything some tournaments name."""
    # In the order of the file: of two new names that look alike, the first is created.
    games: dict[str, None] = {}
    players: dict[str, None] = {}
    teams: dict[str, None] = {}
    tournaments: dict[str, None] = {}
    texts: dict[str, PlayerTexts] = {}
    for draft in drafts:
        games[draft.game] = None
        tournaments[draft.key] = None
        players |= {draft.organiser: None} if draft.organiser else {}
        for entrant in draft.entrants:
            players |= dict.fromkeys(entrant.players)
            for member in entrant.members:
                if member.about:
                    texts.setdefault(member.player, member.about)
            if entrant.team:
                teams[entrant.team] = None
    return Names(games=games, players=players, teams=teams, tournaments=tournaments, texts=texts)


def list_player_texts(
    drafts: Iterable[TournamentDraft], refused: Refused
) -> Iterator[tuple[str, PlayerTexts]]:
    """Yield what the tournaments that were taken say of their players."""
    not_taken = {draft for draft, _ in refused}
    for draft in drafts:
        members = [member for entrant in draft.entrants for member in entrant.members]
        if draft not in not_taken:
            yield from ((member.player, member.about) for member in members if member.about)


def list_player_warnings(
    drafts: Iterable[TournamentDraft], directory: Directory
) -> Iterator[tuple[TournamentDraft, str]]:
    """Yield what is said of a player and not kept, with the first tournament that names them."""
    left = dict(directory.warnings)
    for draft in drafts if left else ():
        for player in (player for entrant in draft.entrants for player in entrant.players):
            if warning := left.pop(player, ""):
                yield draft, f"{player}: {warning}"
