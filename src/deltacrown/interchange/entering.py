"""Who is entered in the tournaments that a batch of matches belongs to, and entering those who are not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from deltacrown.core.errors import DomainError
from deltacrown.core.races import find_or_insert
from deltacrown.interchange.directory import Directory, readable
from deltacrown.interchange.drafts import LineDraft, MatchDraft
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services import (
    EntrantRecord,
    TournamentChanges,
    build_draft,
    load_tournaments,
    register_entrants,
    write_changes,
)
from django_tally.batches import in_batches

Refused = list[tuple[MatchDraft, str]]
#: Who is entered in what: (tournament, user), by id.
Entries = set[tuple[int, int]]
HOW_TO_ENTER = "register them first, or run the import with --create-missing"


def create_tournaments(drafts: Sequence[MatchDraft], directory: Directory) -> None:
    """Create the tournaments that are unknown, as guesses, with registration open for whoever played."""
    unknown = by_tournament(
        draft for draft in drafts if draft.tournament and draft.tournament not in directory.tournaments
    )
    created = [build_guess(slug, matches, directory) for slug, matches in unknown.items()]
    for changes in created:
        changes.open()
    find_or_insert(lambda: write_changes(changes=created))
    directory.tournaments |= {changes.tournament.slug: changes.tournament for changes in created}
    directory.has_created |= bool(created)


def build_guess(slug: str, matches: Sequence[MatchDraft], directory: Directory) -> TournamentChanges:
    """Return the unsaved tournament of some matches: all of it is a guess, but for its slug and its game."""
    tournament = build_draft(
        slug=slug,
        name=readable(slug),
        game=directory.games[matches[0].game],
        starts_at=min(draft.played_at for draft in matches),
        entrant_kind=Tournament.EntrantKind.SOLO,
    )
    tournament.is_provisional = True
    return TournamentChanges(tournament)


def admit(
    drafts: Sequence[MatchDraft], directory: Directory, refused: Refused, *, enter: bool, now: datetime
) -> list[MatchDraft]:
    """Return the tournament matches whose players are all entered.

    With ``enter`` those who are not are entered first, as far as the tournament lets them, and the others are
    admitted too: whoever played is the one whose match it is. Without, the other matches go to ``refused``,
    with the reason.
    """
    fitting = [draft for draft in drafts if not refuse_other_game(draft, directory, refused)]
    if enter:
        enter_everybody(fitting, directory, now=now)
        return fitting

    entries = find_entries(fitting, directory)
    return [draft for draft in fitting if not refuse_outsiders(draft, directory, entries, refused)]


def enter_everybody(drafts: Sequence[MatchDraft], directory: Directory, *, now: datetime) -> None:
    """Enter the players of some matches in their tournaments, where that is possible."""
    of_guesses = [draft for draft in drafts if is_guess(directory.tournaments[draft.tournament])]
    guess_entries(of_guesses, directory)

    told = [draft for draft in drafts if not is_guess(directory.tournaments[draft.tournament])]
    entries = find_entries(told, directory)
    for slug, matches in by_tournament(told).items():
        # Who cannot be entered has played all the same: the services of matches warn of it.
        with suppress(DomainError):
            enter_players(directory.tournaments[slug], matches, directory, entries, now=now)


def is_guess(tournament: Tournament) -> bool:
    """Return whether a tournament was made from its matches, and still takes whoever played."""
    return tournament.is_provisional and tournament.status == Tournament.Status.OPEN


def guess_entries(drafts: Sequence[MatchDraft], directory: Directory) -> None:
    """Enter the players of matches in tournaments that are guesses, with the teams they name."""
    grouped = by_tournament(drafts)
    known = load_tournaments([directory.tournaments[slug].pk for slug in grouped])
    for slug, matches in grouped.items():
        changes = known[directory.tournaments[slug].pk]
        lines = [line for draft in matches for line in draft.lines]
        players = [
            (directory.players[line.player], directory.teams[line.team] if line.team else None)
            for line in lines
        ]
        changes.guess(players, min(draft.played_at for draft in matches))
        directory.tournaments[slug] = changes.tournament
        directory.has_created |= changes.is_changed
    write_changes(changes=list(known.values()))


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
) -> None:
    """Enter the players of a tournament's matches who are not yet, as of its start.

    In a tournament of teams that are the players whose line names a team.

    :raises DomainError: when registration is closed, or full.
    """
    with_teams = tournament.entrant_kind == Tournament.EntrantKind.TEAM
    registered_at = min(tournament.starts_at, now)
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
                EntrantRecord(team=directory.teams[team], roster=users, registered_at=registered_at)
            )
        elif users:
            entrants += [EntrantRecord(user=user, registered_at=registered_at) for user in users]
    if entrants:
        register_entrants(tournament=tournament, entrants=entrants, now=now, late=True)
        directory.has_created = True


def refuse_outsiders(draft: MatchDraft, directory: Directory, entries: Entries, refused: Refused) -> bool:
    """Refuse a match with a player who is not entered; return whether it has one."""
    tournament = directory.tournaments[draft.tournament]
    outside = [
        line for line in draft.lines if (tournament.pk, directory.players[line.player].pk) not in entries
    ]
    if outside:
        names = ", ".join(line.player for line in outside)
        where = f"line {outside[0].line}, player"
        refused.append((draft, f"{where}: not entered in {tournament.slug}: {names}; {HOW_TO_ENTER}"))
    return bool(outside)
