"""Many tournaments at once: each is changed in memory, and what is to be written is written together.

A step here is the same as the service of its name for one tournament, and raises the same. A tournament of
which a step was refused is not handed to ``write_changes``, and nothing of it is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, prefetch_related_objects
from django.dispatch import Signal
from django.utils.translation import gettext as _

from deltacrown.core.gathering import gathered
from deltacrown.core.inputs import check_past, check_text
from deltacrown.core.inserts import insert_rows
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.tournaments.services.annulments import write_results
from deltacrown.tournaments.services.completion import build_disqualifications, check_rosters
from deltacrown.tournaments.services.disqualifications import record_disqualifications
from deltacrown.tournaments.services.entrants import Participation, group_rosters, mark_barred
from deltacrown.tournaments.services.guesses import (
    Player,
    ToldFacts,
    complete_rosters,
    drop_guessed_names,
    fill_teams,
    guess_entries,
    replace_guesses,
)
from deltacrown.tournaments.services.lifecycle import (
    LONGEST_REASON,
    NoEntrants,
    check_currency,
    check_dates,
    set_end,
)
from deltacrown.tournaments.services.oddities import list_standings_oddities
from deltacrown.tournaments.services.recipients import Rosters, add_leavers
from deltacrown.tournaments.services.register import EntrantRecord, Register, write_registers
from deltacrown.tournaments.services.registration import Members, enter_all
from deltacrown.tournaments.services.standings import Standing, build_results, check_standings
from deltacrown.tournaments.services.states import Status, move_state
from django_tally.batches import in_batches
from django_tally.transactions import atomic_service

#: The columns of a tournament that a step may change.
CHANGING = [
    "name",
    "starts_at",
    "ends_at",
    "entrant_kind",
    "status",
    "organiser",
    "capacity",
    "counts_forfeits",
    "prize_currency",
    "is_provisional",
]
ENDED = {Status.COMPLETED, Status.CANCELLED}


class TournamentChanges:
    """A tournament as it is recorded, the steps it takes, and what is to be written of them.

    :param tournament: locked, or not saved yet.
    :param rows: its registrations.
    :param results: the official results of its entrants, without those of the members of teams.

    ``warnings`` say what is odd about the steps.
    """

    def __init__(
        self,
        tournament: Tournament,
        rows: Iterable[TournamentParticipation] = (),
        results: Sequence[TournamentResult] = (),
    ) -> None:
        self.tournament = tournament
        self.register = Register(tournament, rows)
        self.results = results
        self.new_results: list[TournamentResult] = []
        self.new_rulings: list[Disqualification] = []
        self.barred: list[TournamentParticipation] = []
        self.warnings: list[str] = []
        self.guessed_name = ""
        self.is_new = self.has_changed = tournament.pk is None
        self._steps: list[tuple[Signal, type[Model], dict[str, Any]]] = []
        if self.has_changed:
            self._note(signals.tournament_created)

    @property
    def is_changed(self) -> bool:
        """Return whether anything is to be written."""
        return self.has_changed or bool(self._steps)

    def guess(self, players: Iterable[Player], first: datetime) -> None:
        """Enter the players of some matches in a provisional tournament, as of its first match."""
        self.has_changed |= guess_entries(self.register, players, first)
        written = {row.user_id: row for row in (*self.register.written, *self.register.moved.values())}
        if written:
            self._note(
                signals.players_registered, TournamentParticipation, participations=[*written.values()]
            )

    def replace_guesses(self, told: ToldFacts, members: Members, now: datetime) -> None:
        """Replace what was guessed of a provisional tournament by what is told of it."""
        self.guessed_name = self.tournament.name
        replace_guesses(self.register, told, members, now)
        check_dates(self.tournament.starts_at, self.tournament.ends_at)
        self.has_changed = True
        # All of them: what timelines say of it has another name now.
        rows = [row for row in self.register.by_user.values() if row.pk is not None]
        if rows:
            self._note(signals.players_registered, TournamentParticipation, participations=rows)
        self.enter(complete_rosters(told.entrants, members, now), members, now)

    def schedule_end(self, ends_at: datetime) -> None:
        """Record when it ends where that was left open."""
        self.has_changed |= set_end(self.tournament, ends_at)

    def set_currency(self, currency: str) -> None:
        """Record the currency of the prizes where that was left open."""
        check_currency(currency)
        if not self.tournament.prize_currency:
            self.tournament.prize_currency = currency
            self.has_changed = True

    def open(self) -> None:
        """Open a draft for registration."""
        if self._move(Status.OPEN, [Status.DRAFT], "opening registration"):
            self._note(signals.tournament_opened)

    def enter(self, entrants: Sequence[EntrantRecord], members: Members, now: datetime) -> None:
        """Register entrants; those known already are left as they are.

        :param members: the memberships of the teams that come without a roster.
        """
        known = {row.user_id for row in self.register.written}
        enter_all(self.register, entrants, members, now, again=False)
        written = [row for row in self.register.written if row.user_id not in known]
        if written:
            self._note(signals.players_registered, TournamentParticipation, participations=written)

    def start(self) -> None:
        """Close the registration."""
        if self._move(Status.RUNNING, [Status.OPEN], "starting"):
            if not any(row.stands for row in self.register.by_user.values()):
                message = _("%(tournament)s has no entrants; register some, or cancel it.")
                raise NoEntrants(message % {"tournament": self.tournament.name}, field="tournament")
            self._note(signals.tournament_started)

    def complete(self, standings: Sequence[Standing], *, now: datetime, decided_at: datetime) -> None:
        """Complete a running tournament with its official results."""
        tournament = self.tournament
        by_entrant = check_standings(tournament, standings)
        check_past(decided_at, field="decided_at", now=now)
        if not self._move(Status.COMPLETED, [Status.RUNNING], "completing"):
            return

        rosters = group_rosters(tournament, self.register.by_user.values())
        check_rosters(tournament, rosters, by_entrant)
        recipients = self._add_leavers(rosters)
        for entrant, standing in by_entrant.items():
            self.new_results += build_results(tournament, recipients[entrant], standing, decided_at)
        out = {entrant: each for entrant, each in by_entrant.items() if each.disqualified_reason}
        self.new_rulings = build_disqualifications(tournament, out.values(), decided_at)
        self.barred = mark_barred(row for entrant in out for row in rosters[entrant])
        self.warnings += list_standings_oddities(tournament, by_entrant.values())
        self._note(signals.tournament_completed, results=self.new_results, now=now)

    def cancel(self, reason: str, now: datetime) -> None:
        """Cancel a tournament that is not completed."""
        check_text(reason, field="reason", limit=LONGEST_REASON, required=True, multiline=True)
        if self._move(Status.CANCELLED, [Status.DRAFT, Status.OPEN, Status.RUNNING], "cancelling"):
            self._note(signals.tournament_cancelled, reason=reason, now=now)

    def announce(self) -> None:
        """Announce the steps, in their order."""
        for signal, sender, facts in self._steps:
            signal.send(sender, tournament=self.tournament, **facts)

    def _add_leavers(self, rosters: Rosters) -> Rosters:
        """Return the rosters with who left them after playing; no query where nobody left."""
        rows = self.register.by_user.values()
        has_left = any(row.status == Participation.WITHDRAWN and row.pk for row in rows)
        return add_leavers(self.tournament, rosters) if has_left else rosters

    def _move(self, status: str, allowed: Sequence[str], action: str) -> bool:
        has_moved = move_state(self.tournament, status, allowed=allowed, action=action)
        self.has_changed |= has_moved
        return has_moved

    def _note(self, signal: Signal, sender: type[Model] = Tournament, **facts: Any) -> None:
        self._steps.append((signal, sender, facts))


def load_tournaments(keys: Collection[int]) -> dict[int, TournamentChanges]:
    """Lock some tournaments until the transaction ends, and return them by id as they are recorded.

    Those that are gone are left out. Six queries for up to 500.
    """
    loaded: dict[int, TournamentChanges] = {}
    for batch in in_batches(sorted(set(keys))):
        loaded |= _load_batch(batch)
    return loaded


def _load_batch(keys: Sequence[int]) -> dict[int, TournamentChanges]:
    locked = Tournament.objects.select_for_update(no_key=True, of=("self",)).select_related("game")
    tournaments = {row.pk: row for row in locked.filter(pk__in=keys).order_by("pk")}

    rows: dict[int, list[TournamentParticipation]] = defaultdict(list)
    for row in TournamentParticipation.objects.filter(tournament__in=keys).order_by("pk"):
        rows[row.tournament_id].append(row)
    # Whoever can still be entered or placed is named in what is written.
    unfinished = [pk for pk, tournament in tournaments.items() if tournament.status not in ENDED]
    prefetch_related_objects([row for pk in unfinished for row in rows[pk]], "user", "team")

    results: dict[int, list[TournamentResult]] = defaultdict(list)
    of_solo = Q(tournament__entrant_kind=Tournament.EntrantKind.SOLO)
    official = TournamentResult.objects.filter(of_solo | Q(user__isnull=True), tournament__in=keys)
    for result in official.order_by("placement", "pk"):
        results[result.tournament_id].append(result)

    return {
        pk: TournamentChanges(tournament, rows[pk], results[pk]) for pk, tournament in tournaments.items()
    }


@atomic_service
def write_changes(*, changes: Sequence[TournamentChanges]) -> None:
    """Write what is to be written of some tournaments, and announce it.

    The number of statements depends on how many players there are, 500 at a time, and not on how many
    tournaments; but one that was reopened takes a few of its own.
    """
    changes = [each for each in changes if each.is_changed]
    new = [each.tournament for each in changes if each.tournament.pk is None]
    known = [each.tournament for each in changes if each.tournament.pk is not None and each.has_changed]
    insert_rows(new)
    Tournament.objects.bulk_update(known, CHANGING)

    barred = [row for each in changes for row in each.barred if row.pk is not None]
    write_registers([each.register for each in changes])
    TournamentParticipation.objects.bulk_update(barred, ["status", "disqualified_from"])
    insert_rows([row for each in changes if not each.results for row in each.new_results])
    for each in changes:
        # One that was reopened has results, set aside: the new ones take their place.
        if each.results and each.new_results:
            write_results(each.tournament, each.new_results)
    if rulings := [row for each in changes for row in each.new_rulings]:
        record_disqualifications(rulings)

    with gathered():
        removed = [row.pk for each in changes for row in each.register.removed]
        if removed:
            TournamentParticipation.objects.filter(pk__in=removed).delete()
        for each in changes:
            each.announce()

    told = [each for each in changes if each.guessed_name]
    if told:
        drop_guessed_names({each.tournament.pk: each.guessed_name for each in told})
        fill_teams([each.register for each in told])
