"""Provisional tournaments: made from their matches alone, until somebody tells what they really were.

Whoever played is entered, as of the start, which is the first match; for the team that a match names. A
registration of that time is a guess: what is told of the tournament replaces it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from deltacrown.accounts.models import User
from deltacrown.core.names import clean_name
from deltacrown.games.models import list_match_sources
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import (
    FormerTournamentName,
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
)
from deltacrown.tournaments.services.descriptions import find_opponents
from deltacrown.tournaments.services.lifecycle import LONGEST_NAME
from deltacrown.tournaments.services.register import EntrantRecord, Register
from deltacrown.tournaments.services.registration import Members, find_roster
from deltacrown.tournaments.services.series import sync_series

EntrantKind = Tournament.EntrantKind
#: User and team, None for none.
Player = tuple[User, Team | None]


@dataclass(frozen=True, kw_only=True)
class ToldFacts:
    """What is told of a tournament that was guessed.

    :param name: empty where it is not told.
    :param entrants: empty where they are not told.
    :param takes_others: whether players may be entered whom it does not tell of.
    """

    name: str
    starts_at: datetime
    entrant_kind: str
    entrants: Sequence[EntrantRecord]
    takes_others: bool


def list_guessed(register: Register) -> list[TournamentParticipation]:
    """Return the registrations of a provisional tournament that are guesses."""
    start = register.tournament.starts_at
    return [row for row in register.by_user.values() if row.registered_at == start]


def guess_entries(register: Register, players: Iterable[Player], first: datetime) -> bool:
    """Enter the players of some matches of a provisional tournament; return whether that changed anything.

    What comes of several batches of matches does not depend on how they were cut.

    :param players: in order of the matches.
    :param first: when the first of these matches was played.
    """
    tournament = register.tournament
    has_moved = first < tournament.starts_at
    if has_moved:
        guessed = list_guessed(register)
        tournament.starts_at = first
        for row in guessed:
            register.move(row, row.team, first)

    for user, team in players:
        entry = register.by_user.get(user.pk)
        if entry is None:
            register.add(user, team, tournament.starts_at)
        elif team is not None and entry.team_id is None and entry.registered_at == tournament.starts_at:
            register.move(entry, team, entry.registered_at)
    if register.by_team and tournament.entrant_kind == EntrantKind.SOLO:
        tournament.entrant_kind = EntrantKind.TEAM
        has_moved = True
    return has_moved or bool(register.written or register.moved)


def replace_guesses(register: Register, told: ToldFacts, members: Members, now: datetime) -> None:
    """Replace what was guessed of a tournament; it is no longer provisional. Nothing is written yet.

    :param members: the memberships of the teams that come without a roster.
    """
    tournament, guessed = register.tournament, list_guessed(register)
    if told.name:
        tournament.name = clean_name(told.name, field="name", limit=LONGEST_NAME)
    tournament.starts_at = told.starts_at
    tournament.is_provisional = False

    start = min(told.starts_at, now)
    if not told.entrants:
        for row in guessed:
            register.move(row, row.team, start)
        return

    tournament.entrant_kind = told.entrant_kind
    places = _list_places(told, members, now)
    kept = _list_teams_without_roster(told, members, now)
    for row in guessed:
        is_loose = told.entrant_kind == EntrantKind.TEAM and row.team_id is None
        if row.user_id in places:
            register.move(row, *places[row.user_id])
        elif not is_loose and (told.takes_others or row.team_id in kept):
            register.move(row, row.team if told.entrant_kind == EntrantKind.TEAM else None, start)
        else:
            register.remove(row)


def complete_rosters(
    entrants: Sequence[EntrantRecord], members: Members, now: datetime
) -> list[EntrantRecord]:
    """Return the entrants, those without a roster with the members of the team, if it has any."""
    found = [(each, find_roster(each, members, each.registered_at or now)) for each in entrants]
    return [replace(each, roster=roster) if each.team and roster else each for each, roster in found]


def _list_places(told: ToldFacts, members: Members, now: datetime) -> dict[int, tuple[Team | None, datetime]]:
    """Return user's id → the team they are told to be with, and since when."""
    places: dict[int, tuple[Team | None, datetime]] = {}
    for entrant in told.entrants:
        at = entrant.registered_at or now
        for user in find_roster(entrant, members, at):
            places[user.pk] = (entrant.team, at)
    return places


def _list_teams_without_roster(told: ToldFacts, members: Members, now: datetime) -> set[int | None]:
    """Return the teams of which nothing is told but that they entered: those who played are their roster."""
    completed = complete_rosters(told.entrants, members, now)
    return {each.team.pk for each in completed if each.team is not None and not each.roster}


def drop_guessed_names(guesses: dict[int, str]) -> None:
    """Delete the names that tournaments never had from their former ones: tournament's id → the guess."""
    former = FormerTournamentName.objects.filter(owner__in=guesses)
    wrong = [pk for pk, owner, name in former.values_list("pk", "owner_id", "name") if guesses[owner] == name]
    if wrong:
        FormerTournamentName.objects.filter(pk__in=wrong).delete()


def fill_teams(registers: Sequence[Register]) -> None:
    """Say of matches that named no team for which team the players were entered, now that it is known."""
    teams: dict[tuple[int, int], int] = {}
    for register in registers:
        for row in register.by_user.values():
            if row.team_id is not None:
                teams[register.tournament.pk, row.user_id] = row.team_id
    described = TournamentMatchResult.objects.filter(tournament__in={key for key, _ in teams})
    if not teams or not described.filter(team__isnull=True).exists():
        return

    rows = {row.match_id: row for row in described}
    matches: dict[tuple[int, str], list[TournamentMatchResult]] = defaultdict(list)
    for source in list_match_sources(pk__in=described.values("match_id")):
        for pk, game, key in source.values_list("pk", "game_id", "match_key"):
            if pk in rows:
                matches[game, key].append(rows.pop(pk))

    changed = [row for lines in matches.values() for row in _fill_match(lines, teams)]
    TournamentMatchResult.objects.bulk_update(changed, ["team", "opponent_team"])
    sync_series(keys={(row.tournament_id, row.series) for row in changed})


def _fill_match(
    lines: Sequence[TournamentMatchResult], teams: dict[tuple[int, int], int]
) -> list[TournamentMatchResult]:
    """Fill in the teams of one match, and return the lines that are others by that."""
    before = [(row.team_id, row.opponent_team_id) for row in lines]
    for row in lines:
        row.team_id = row.team_id or teams.get((row.tournament_id, row.user_id))
    of_players = {row.user_id: row.team_id for row in lines}
    for row in lines:
        row.opponent_team_id, _ = find_opponents(row.user_id, of_players)
    return [row for row, old in zip(lines, before, strict=True) if old != (row.team_id, row.opponent_team_id)]
