"""Tournaments from files: each recorded whole or refused, many in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from operator import itemgetter

from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, DomainError
from deltacrown.core.gathering import gathered
from deltacrown.core.origins import IMPORT
from deltacrown.core.races import find_or_insert
from deltacrown.interchange.differences import check_same
from deltacrown.interchange.directory import Directory, readable
from deltacrown.interchange.drafts import EntrantDraft, MemberDraft, TournamentDraft
from deltacrown.interchange.restoring import find_kept, set_facts
from deltacrown.interchange.run import Recorded
from deltacrown.interchange.tournament_names import (
    Refused,
    list_player_texts,
    list_player_warnings,
    list_tournament_names,
)
from deltacrown.tournaments.models import Tournament, TournamentParticipation
from deltacrown.tournaments.services import (
    ANNULLED,
    EntrantRecord,
    KeptTournament,
    Members,
    Standing,
    ToldFacts,
    TournamentChanges,
    annul_tournament,
    build_draft,
    check_kept,
    list_members,
    load_tournaments,
    restore_tournament,
    write_changes,
)
from django_tally.context import attributed
from django_tally.transactions import atomic_service

Status, Participation = Tournament.Status, TournamentParticipation.Status
#: The way a tournament goes; a file takes it forward only.
COURSE = [Status.DRAFT, Status.OPEN, Status.RUNNING, Status.COMPLETED, Status.ANNULLED]
CANCELLED, AS_IMPORTED = "Cancelled, as imported.", "As imported."


class TournamentRecorder:
    """Records the tournaments of one file."""

    def __init__(self, *, create_missing: bool, update_players: bool = False) -> None:
        self.create_missing = create_missing
        self.update_players = update_players

    def record(self, drafts: list[TournamentDraft], *, now: datetime) -> Recorded[TournamentDraft]:
        """Record a batch of tournaments."""
        return record_tournament_drafts(
            drafts=drafts, create_missing=self.create_missing, update_players=self.update_players, now=now
        )


@atomic_service
@attributed(actor="", reason=IMPORT)
def record_tournament_drafts(
    *, drafts: Sequence[TournamentDraft], create_missing: bool, now: datetime, update_players: bool = False
) -> Recorded[TournamentDraft]:
    """Record tournaments from a file in one transaction, each whole or refused.

    The number of statements depends on how many players they name, 500 at a time, and not on how many
    tournaments there are; but each that is restored or annulled takes a few of its own.

    :param create_missing: create games, players and teams that are unknown; nothing is created for a
        tournament that is refused.
    :param update_players: change the display names and countries of players who have others.
    """
    refused: Refused = []
    while True:
        savepoint = transaction.savepoint()
        directory, recorded = find_or_insert(
            partial(record_what_can_be, drafts, create_missing=create_missing, now=now)
        )
        refused += recorded.refused
        if not (directory.has_created and recorded.refused):
            transaction.savepoint_commit(savepoint)
            directory.complete_players(list_player_texts(drafts, recorded.refused), replace=update_players)
            recorded.refused = refused
            recorded.warned += list_player_warnings(drafts, directory)
            return recorded
        # Something may have been created for a refused tournament alone: once more, without those.
        transaction.savepoint_rollback(savepoint)
        without = {draft for draft, _ in recorded.refused}
        drafts = [draft for draft in drafts if draft not in without]


def record_what_can_be(
    drafts: Sequence[TournamentDraft], *, create_missing: bool, now: datetime
) -> tuple[Directory, Recorded[TournamentDraft]]:
    """Record the tournaments that can be; look up, and create if asked to, what they name."""
    recorded: Recorded[TournamentDraft] = Recorded()
    directory = Directory()
    names = list_tournament_names(drafts)
    directory.find(names)
    if create_missing:
        directory.create_missing(names)

    rest = list(drafts)
    while rest:
        # Two slugs may be names of one tournament: the second is compared with what the first made of it.
        here, rest = take_different(rest, directory)
        record_different(here, directory, recorded, now)
    return directory, recorded


def take_different(
    drafts: Sequence[TournamentDraft], directory: Directory
) -> tuple[list[TournamentDraft], list[TournamentDraft]]:
    """Return the drafts of different tournaments, the first of each, and the rest."""
    seen: set[int | str] = set()
    first: list[TournamentDraft] = []
    rest: list[TournamentDraft] = []
    for draft in drafts:
        known = directory.tournaments.get(draft.key)
        identity = draft.key if known is None else known.pk
        (rest if identity in seen else first).append(draft)
        seen.add(identity)
    return first, rest


def record_different(
    drafts: Sequence[TournamentDraft],
    directory: Directory,
    recorded: Recorded[TournamentDraft],
    now: datetime,
) -> None:
    """Record drafts of different tournaments."""
    known = load_tournaments([row.pk for draft in drafts if (row := directory.tournaments.get(draft.key))])
    members = list_members_named(drafts, directory)
    written: list[TournamentChanges] = []
    kept: list[tuple[TournamentChanges, KeptTournament]] = []
    annulled: list[tuple[TournamentChanges, str]] = []
    for draft in drafts:
        try:
            changes, to_restore = plan(draft, directory, known, members, now)
        except DomainError as refusal:
            recorded.refused.append((draft, f"line {draft.rows[0].line}: {refusal.message.rstrip('.')}"))
        else:
            recorded.created += changes.is_new
            recorded.updated += changes.is_changed and not changes.is_new
            recorded.unchanged += not changes.is_changed
            recorded.warned += [(draft, warning) for warning in changes.warnings]
            written.append(changes)
            if to_restore is not None:
                kept.append((changes, to_restore))
            if draft.status == Status.ANNULLED != changes.tournament.status:
                annulled.append((changes, find_annulment(draft)))

    with gathered():
        write_changes(changes=written)
        later = [
            changes
            for changes, to_restore in kept
            if restore_tournament(tournament=changes.tournament, kept=to_restore, now=now)
        ]
        for changes, reason in annulled:
            annul_tournament(tournament=changes.tournament, reason=reason, now=now)

    afterwards = [*later, *(changes for changes, _ in annulled)]
    also_updated = {id(changes) for changes in afterwards if not changes.is_changed}
    recorded.updated += len(also_updated)
    recorded.unchanged -= len(also_updated)


def find_annulment(draft: TournamentDraft) -> str:
    """Return why a tournament is annulled, by what its file says of its results."""
    reasons = (entrant.outcome.uncounted_reason for entrant in draft.entrants)
    found = next((reason for reason in reasons if reason.startswith(ANNULLED)), "")
    return found.removeprefix(ANNULLED) or AS_IMPORTED


def plan(
    draft: TournamentDraft,
    directory: Directory,
    known: Mapping[int, TournamentChanges],
    members: Members,
    now: datetime,
) -> tuple[TournamentChanges, KeptTournament | None]:
    """Return a tournament with what its file adds to it, and what is to be restored then; nothing is written.

    :raises DomainError: something it names is unknown, or it is recorded otherwise.
    """
    names = list_tournament_names([draft])
    if unknown := directory.describe_unknown(replace(names, tournaments=())):
        raise Conflict(unknown)
    if problem := find_doubles(draft, directory):
        raise Conflict(problem)

    recorded = directory.tournaments.get(draft.key)
    changes = known.get(recorded.pk) if recorded is not None else None
    # What is itself a guess replaces none.
    is_new = changes is None or (changes.tournament.is_provisional and not draft.is_provisional)
    if changes is None:
        changes = TournamentChanges(build(draft, directory))
    elif is_new:
        replace_guesses(draft, changes, directory, members, now)
    if not changes.is_new:
        check_same(draft, changes, directory)

    was_completed = changes.tournament.status == Status.COMPLETED
    advance(draft, changes, directory, members, now)
    is_completed_now = changes.tournament.status == Status.COMPLETED and not was_completed
    if is_new:
        set_facts(draft, changes.tournament, directory)
    kept = find_kept(draft, directory, is_new=is_new, is_completed_now=is_completed_now)
    if kept is not None:
        check_kept(kept, now=now)
    return changes, kept


def list_members_named(drafts: Iterable[TournamentDraft], directory: Directory) -> Members:
    """Return the memberships of the teams that are named without players."""
    teams = {entrant.team for draft in drafts for entrant in draft.entrants if not entrant.players}
    found = [EntrantRecord(team=directory.teams[team]) for team in sorted(teams & directory.teams.keys())]
    return list_members(found)


def find_doubles(draft: TournamentDraft, directory: Directory) -> str:
    """Return which two names of a file are one player or one team, by a former name; ``""`` if none are."""
    seen: dict[tuple[str, int], str] = {}
    for entrant in draft.entrants:
        named = [("player", directory.players[player].pk, player) for player in entrant.players]
        if entrant.team:
            named.append(("team", directory.teams[entrant.team].pk, entrant.team))
        for kind, pk, name in named:
            first = seen.setdefault((kind, pk), name)
            if first != name:
                return f"“{first}” and “{name}” are names of one {kind}; keep one of the two"
    return ""


def replace_guesses(
    draft: TournamentDraft,
    changes: TournamentChanges,
    directory: Directory,
    members: Members,
    now: datetime,
) -> None:
    """Replace what was guessed of a tournament from its matches; results that are recorded are no guess."""
    tournament = changes.tournament
    if tournament.game_id != directory.games[draft.game].pk:
        return
    kind = tournament.entrant_kind if changes.results else draft.entrant_kind
    told = ToldFacts(
        name=draft.name,
        starts_at=draft.starts_at,
        entrant_kind=kind,
        entrants=build_entrants(draft, directory, now) if kind == draft.entrant_kind else (),
        takes_others=draft.status in {Status.OPEN, Status.RUNNING},
    )
    changes.replace_guesses(told, members, now)


def build(draft: TournamentDraft, directory: Directory) -> Tournament:
    """Return the unsaved draft of a tournament."""
    return build_draft(
        slug=draft.key,
        name=draft.name or readable(draft.key),
        game=directory.games[draft.game],
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        entrant_kind=draft.entrant_kind,
    )


def advance(
    draft: TournamentDraft,
    changes: TournamentChanges,
    directory: Directory,
    members: Members,
    now: datetime,
) -> None:
    """Take a tournament as far as its file says, never back."""
    tournament = changes.tournament
    if draft.ends_at is not None:
        changes.schedule_end(draft.ends_at)
    if draft.prize_currency:
        changes.set_currency(draft.prize_currency)
    if tournament.status == Status.DRAFT and (draft.entrants or draft.status in COURSE[1:]):
        changes.open()
    if draft.entrants:
        changes.enter(list_entering(draft, changes, directory, now), members, now)
    if draft.status in COURSE[2:] and not has_reached(tournament, Status.RUNNING):
        changes.start()
    if draft.status in COURSE[3:] and not has_reached(tournament, Status.COMPLETED):
        decided_at = draft.decided_at or (draft.ends_at if draft.ends_at and draft.ends_at <= now else now)
        changes.complete(build_standings(draft, directory), now=now, decided_at=decided_at)
    if draft.status == Status.CANCELLED:
        changes.cancel(CANCELLED, now)


def has_reached(tournament: Tournament, status: str) -> bool:
    """Return whether a tournament is as far as ``status``, or past it."""
    return tournament.status in COURSE[COURSE.index(Status(status)) :]


def list_entering(
    draft: TournamentDraft, changes: TournamentChanges, directory: Directory, now: datetime
) -> list[EntrantRecord]:
    """Return the entrants of a file, without the teams that are entered and named without players."""
    known = changes.register.by_team
    entrants = build_entrants(draft, directory, now)
    return [each for each in entrants if each.team is None or each.roster or each.team.pk not in known]


def build_entrants(draft: TournamentDraft, directory: Directory, now: datetime) -> list[EntrantRecord]:
    """Return the entrants of a file. A team named without players enters with its members."""
    entrants = []
    for entrant in draft.entrants:
        at = entrant.outcome.registered_at or min(draft.starts_at, now)
        if not entrant.team:
            entrants.append(EntrantRecord(user=directory.players[entrant.players[0]], registered_at=at))
        elif entrant.players:
            entrants += build_rosters(entrant, directory, at)
        else:
            team = directory.teams[entrant.team]
            entrants.append(EntrantRecord(team=team, roster=None, registered_at=at))
    return entrants


def build_rosters(
    entrant: EntrantDraft, directory: Directory, registered_at: datetime
) -> Iterator[EntrantRecord]:
    """Yield a team with its players, in a record for those who entered at one time; last who left it."""
    members = entrant.members or [MemberDraft(player) for player in entrant.players]
    rosters: dict[tuple[bool, datetime], list[User]] = defaultdict(list)
    for member in members:
        key = member.entry == "LEFT", member.registered_at or registered_at
        rosters[key].append(directory.players[member.player])

    for (has_left, at), roster in sorted(rosters.items(), key=itemgetter(0)):
        yield EntrantRecord(
            team=directory.teams[entrant.team],
            roster=roster,
            registered_at=at,
            status=Participation.WITHDRAWN if has_left else Participation.REGISTERED,
        )


def build_standings(draft: TournamentDraft, directory: Directory) -> list[Standing]:
    """Return the standings of a file; who has neither a placement nor a disqualification is in none."""
    decided = [entrant for entrant in draft.entrants if entrant.outcome.is_decided]
    return [
        Standing(
            user=None if entrant.team else directory.players[entrant.players[0]],
            team=directory.teams[entrant.team] if entrant.team else None,
            placement=entrant.outcome.placement,
            placement_to=entrant.outcome.placement_to,
            unplaced_reason=entrant.outcome.unplaced_reason,
            prize=entrant.outcome.prize,
            disqualified_reason=entrant.outcome.disqualified_reason,
        )
        for entrant in decided
    ]
