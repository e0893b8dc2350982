"""Who is entered in the tournaments that a batch of matches belongs to, and entering those who are not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from deltacrown.core.errors import DomainError
from deltacrown.interchange.directory import Directory, readable
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services import (
    EntrantRecord,
    create_tournament,
    open_registration,
    register_entrants,
)
from django_tally.batches import in_batches

Refused = list[tuple[MatchDraft, str]]
#: Who is entered in what: (tournament, user), by id.
Entries = set[tuple[int, int]]
HOW_TO_ENTER = "register them first, or run the import with --create-missing"


def create_tournaments(drafts: Sequence[MatchDraft], directory: Directory) -> None:
    """Create the tournaments that are unknown, with registration open: the next match may have new players.

    Each begins with the first match of this batch; it is one of teams when a line names a team.
    """
    of_tournaments = [draft for draft in drafts if draft.tournament]
    unknown = by_tournament(
        draft for draft in of_tournaments if draft.tournament not in directory.tournaments
    )
    for slug, matches in unknown.items():
        first = min(matches, key=lambda draft: draft.played_at)
        has_teams = any(line.team for draft in matches for line in draft.lines)
        tournament = create_tournament(
            slug=slug,
            name=readable(slug),
            game=directory.games[first.game],
            starts_at=first.played_at,
            entrant_kind=Tournament.EntrantKind.TEAM if has_teams else Tournament.EntrantKind.SOLO,
        )
        directory.tournaments[slug] = open_registration(tournament=tournament)
        directory.has_created = True


def admit(
    drafts: Sequence[MatchDraft], directory: Directory, refused: Refused, *, enter: bool, now: datetime
) -> list[MatchDraft]:
    """Return the tournament matches whose players are all entered.

    With ``enter`` those who are not are entered first, as far as the tournament lets them. The other
    matches go to ``refused``, with the reason.
    """
    fitting = [draft for draft in drafts if not refuse_other_game(draft, directory, refused)]
    entries = find_entries(fitting, directory)
    failures: dict[str, str] = {}
    for slug, matches in by_tournament(fitting).items() if enter else ():
        try:
            entries |= enter_players(directory.tournaments[slug], matches, directory, entries, now=now)
        except DomainError as error:
            failures[slug] = f" ({error.message.rstrip('.')})"

    admitted = []
    for draft in fitting:
        why = failures.get(draft.tournament, "")
        if not refuse_outsiders(draft, directory, entries, refused, why):
            admitted.append(draft)
    return admitted


def refuse_other_game(draft: MatchDraft, directory: Directory, refused: Refused) -> bool:
    """Refuse a match of another game than its tournament's; return whether it is."""
    tournament = directory.tournaments[draft.tournament]
    differs = tournament.game_id != directory.games[draft.game].pk
    if differs:
        games = f"{tournament.game.slug}, not {draft.game}"
        what = f"the tournament {tournament.slug} is of {games}; correct the file"
        refused.append((draft, f"line {draft.rows[0].line}, game: {what}"))
    return differs


def find_entries(drafts: Iterable[MatchDraft], directory: Directory) -> Entries:
    """Return who is entered, in as many queries as there are batches of players."""
    tournaments = {directory.tournaments[draft.tournament].pk for draft in drafts}
    players = sorted({directory.players[line.player].pk for draft in drafts for line in draft.lines})
    entries: Entries = set()
    for batch in in_batches(players):
        rows = TournamentParticipation.objects.filter(tournament__in=tournaments, user__in=batch)
        entries.update(rows.values_list("tournament", "user"))
    return entries


def by_tournament(drafts: Iterable[MatchDraft]) -> dict[str, list[MatchDraft]]:
    """Group matches by tournament."""
    grouped: dict[str, list[MatchDraft]] = defaultdict(list)
    for draft in drafts:
        grouped[draft.tournament].append(draft)
    return grouped


def enter_players(
    tournament: Tournament,
    drafts: Iterable[MatchDraft],
    directory: Directory,
    entries: Entries,
    *,
    now: datetime,
) -> Entries:
    """Enter the players of a tournament's matches who are not yet, as of its start; return the entries made.

    In a tournament of teams that are the players whose line names a team.

    :raises DomainError: when registration is closed, or full.
    """
    with_teams = tournament.entrant_kind == Tournament.EntrantKind.TEAM
    rosters: dict[str, dict[int, LineDraft]] = defaultdict(dict)
    for line in (line for draft in drafts for line in draft.lines):
        user = directory.players[line.player]
        if (tournament.pk, user.pk) not in entries and (line.team or not with_teams):
            rosters[line.team if with_teams else ""].setdefault(user.pk, line)
    entered: set[int] = set()
    entrants: list[EntrantRecord] = []
    for team, roster in rosters.items():
        users = [directory.players[line.player] for user, line in roster.items() if user not in entered]
        entered.update(roster)
        if with_teams and users:
            entrants.append(
                EntrantRecord(team=directory.teams[team], roster=users, registered_at=tournament.starts_at)
            )
        elif users:
            entrants += [EntrantRecord(user=user, registered_at=tournament.starts_at) for user in users]
    if entrants:
        register_entrants(tournament=tournament, entrants=entrants, now=now)
        directory.has_created = True
    return {(tournament.pk, user) for user in entered}


def refuse_outsiders(
    draft: MatchDraft, directory: Directory, entries: Entries, refused: Refused, why: str
) -> bool:
    """Refuse a match with a player who is not entered, and ``why``; return whether it has one."""
    tournament = directory.tournaments[draft.tournament]
    outside = [
        line for line in draft.lines if (tournament.pk, directory.players[line.player].pk) not in entries
    ]
    if outside:
        names = ", ".join(line.player for line in outside)
        where = f"line {outside[0].line}, player"
        advice = f"; {HOW_TO_ENTER}" if tournament.status == Tournament.Status.OPEN else ""
        refused.append((draft, f"{where}: not entered in {tournament.slug}: {names}{why}{advice}"))
    return bool(outside)
