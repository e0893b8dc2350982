"""Tournaments from files: each recorded whole or refused, many in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from deltacrown.core.errors import Conflict, DomainError
from deltacrown.interchange.differences import check_same
from deltacrown.interchange.directory import Directory, Names, readable
from deltacrown.interchange.drafts import TournamentDraft
from deltacrown.interchange.run import Recorded
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import (
    EntrantRecord,
    Standing,
    cancel_tournament,
    complete_tournament,
    create_tournament,
    open_registration,
    register_entrants,
    schedule_end,
    start_tournament,
)
from django_tally.transactions import atomic_service

Status = Tournament.Status
#: The way a tournament goes; a file takes it forward only.
COURSE = [Status.DRAFT, Status.OPEN, Status.RUNNING, Status.COMPLETED]
CANCELLED = "Cancelled, as imported."
CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


class TournamentRecorder:
    """Records the tournaments of one file."""

    def __init__(self, *, create_missing: bool) -> None:
        self.create_missing = create_missing

    def record(self, drafts: list[TournamentDraft], *, now: datetime) -> Recorded[TournamentDraft]:
        """Record a batch of tournaments."""
        return record_tournament_drafts(drafts=drafts, create_missing=self.create_missing, now=now)


@atomic_service
def record_tournament_drafts(
    *, drafts: list[TournamentDraft], create_missing: bool, now: datetime
) -> Recorded[TournamentDraft]:
    """Record tournaments from a file in one transaction, each whole or refused.

    :param create_missing: create games, players and teams that are unknown.
    """
    recorded: Recorded[TournamentDraft] = Recorded()
    for draft in drafts:
        try:
            what = record_tournament(draft=draft, create_missing=create_missing, now=now)
        except DomainError as refusal:
            recorded.refused.append((draft, f"line {draft.rows[0].line}: {refusal.message.rstrip('.')}"))
        else:
            recorded.created += what == CREATED
            recorded.updated += what == UPDATED
            recorded.unchanged += what == UNCHANGED
    return recorded


@atomic_service
def record_tournament(*, draft: TournamentDraft, create_missing: bool, now: datetime) -> str:
    """Record a tournament as far as its file has it; return ``created``, ``updated`` or ``unchanged``.

    :raises DomainError: when something it names is unknown, or it is recorded otherwise; nothing was created.
    """
    directory = Directory()
    names = list_tournament_names(draft)
    directory.find(names)
    if create_missing:
        directory.create_missing(names)
    if unknown := directory.describe_unknown(replace(names, tournaments=())):
        raise Conflict(unknown)
    if problem := find_doubles(draft, directory):
        raise Conflict(problem)
    known = directory.tournaments.get(draft.key)
    if known is not None:
        check_same(draft, known, directory)
    has_changed = any([*advance(draft, known or create(draft, directory), directory, now)])
    return CREATED if known is None else UPDATED if has_changed else UNCHANGED


def list_tournament_names(draft: TournamentDraft) -> Names:
    """Return everything a tournament names."""
    # In the order of the file: of two new names that look alike, the first is created.
    return Names(
        games=[draft.game],
        players=[player for entrant in draft.entrants for player in entrant.players],
        teams=[entrant.team for entrant in draft.entrants if entrant.team],
        tournaments=[draft.key],
    )


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


def create(draft: TournamentDraft, directory: Directory) -> Tournament:
    """Create a tournament as a draft."""
    return create_tournament(
        slug=draft.key,
        name=draft.name or readable(draft.key),
        game=directory.games[draft.game],
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        entrant_kind=draft.entrant_kind,
    )


def advance(
    draft: TournamentDraft, tournament: Tournament, directory: Directory, now: datetime
) -> Iterator[bool]:
    """Take a tournament as far as its file says, never back; yield whether each step changed anything."""
    if draft.ends_at is not None:
        yield schedule_end(tournament=tournament, ends_at=draft.ends_at)
    if tournament.status == Status.DRAFT and (draft.entrants or draft.status in COURSE[1:]):
        open_registration(tournament=tournament)
        yield True
    if draft.entrants:
        entrants = build_entrants(draft, tournament, directory, now)
        yield bool(register_entrants(tournament=tournament, entrants=entrants, now=now))
    if draft.status in COURSE[2:] and not has_reached(tournament, Status.RUNNING):
        start_tournament(tournament=tournament)
        yield True
    if draft.status == Status.COMPLETED and not has_reached(tournament, Status.COMPLETED):
        decided_at = draft.ends_at if draft.ends_at and draft.ends_at <= now else now
        standings = build_standings(draft, directory)
        complete_tournament(tournament=tournament, standings=standings, now=now, decided_at=decided_at)
        yield True
    if draft.status == Status.CANCELLED and tournament.status != Status.CANCELLED:
        cancel_tournament(tournament=tournament, reason=CANCELLED, now=now)
        yield True


def has_reached(tournament: Tournament, status: str) -> bool:
    """Return whether a tournament is as far as ``status``, or past it."""
    return tournament.status in COURSE[COURSE.index(Status(status)) :]


def build_entrants(
    draft: TournamentDraft, tournament: Tournament, directory: Directory, now: datetime
) -> list[EntrantRecord]:
    """Return the entrants of a file.

    A team named without players enters with its members; once entered, it stays as it is.
    """
    known = set(tournament.participations.values_list("team", flat=True))
    entrants = []
    for entrant in draft.entrants:
        players = [directory.players[player] for player in entrant.players]
        registered_at = entrant.outcome.registered_at or min(draft.starts_at, now)
        if not entrant.team:
            entrants.append(EntrantRecord(user=players[0], registered_at=registered_at))
        elif players or directory.teams[entrant.team].pk not in known:
            team, roster = directory.teams[entrant.team], players or None
            entrants.append(EntrantRecord(team=team, roster=roster, registered_at=registered_at))
    return entrants


def build_standings(draft: TournamentDraft, directory: Directory) -> list[Standing]:
    """Return the standings of a file; who has neither a placement nor a disqualification is in none."""
    decided = [entrant for entrant in draft.entrants if entrant.outcome.is_decided]
    return [
        Standing(
            user=None if entrant.team else directory.players[entrant.players[0]],
            team=directory.teams[entrant.team] if entrant.team else None,
            placement=entrant.outcome.placement,
            prize=entrant.outcome.prize,
            disqualified_reason=entrant.outcome.disqualified_reason,
        )
        for entrant in decided
    ]
