"""The results of one locked tournament, as a table that rulings change as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F

from deltacrown.accounts.models import User
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.tournaments.services.placements import (
    Place,
    find_published,
    make_place,
    settle_placements,
    split_place,
)

PLACED = ["placement", "placement_to"]
PUBLISHED = ["published_placement", "published_placement_to"]
COLUMNS = [
    *PLACED,
    *PUBLISHED,
    "unplaced_reason",
    "prize_amount",
    "withheld_prize",
    "disqualified_at",
    "disqualified_reason",
]


@dataclass(frozen=True, kw_only=True)
class ResultChange:
    """A result row as it is now, and what it said before; None and 0 for one that is new."""

    result: TournamentResult
    old_placement: int | None
    old_placement_to: int | None = None
    old_prize: Decimal


class ResultTable:
    """The result rows of a tournament. The caller holds the lock on the tournament."""

    def __init__(self, tournament: Tournament) -> None:
        self.tournament = tournament
        rows = tournament.results.select_related("user__profile", "team")
        self.rows = list(rows.order_by("placement", "pk"))

    def list_rows(self, entrant: User | Team) -> list[TournamentResult]:
        """Return the entrant's rows, the team's own before its members'."""
        column = "user_id" if isinstance(entrant, User) else "team_id"
        found = [row for row in self.rows if getattr(row, column) == entrant.pk]
        return sorted(found, key=lambda row: (row.user_id is not None, row.pk))

    def list_entrants(self) -> list[TournamentResult]:
        """Return one row per entrant: the player's in a solo event, the team's own in a team event."""
        is_solo = self.tournament.entrant_kind == Tournament.EntrantKind.SOLO
        first: dict[int | None, TournamentResult] = {}
        for row in sorted(self.rows, key=lambda row: row.user_id is not None):
            first.setdefault(row.user_id if is_solo else row.team_id, row)
        return list(first.values())

    def remember_published(self) -> None:
        """Record the published place of every row that is placed, before the first of them moves.

        A row whose placement was written behind the services is taken as it says.
        """
        placed = [row for row in self.rows if row.placement is not None]
        if all(row.published_placement is None for row in self.rows):
            unmoved = self.tournament.results.filter(placement__isnull=False)
            unmoved.update(published_placement=F("placement"), published_placement_to=F("placement_to"))
            for row in placed:
                set_published(row, place_of(row))
            return

        if strange := self._correct_published():
            TournamentResult.objects.bulk_update(strange, PUBLISHED)

    def _correct_published(self) -> list[TournamentResult]:
        """Set, unsaved, the published place of each row that is elsewhere than it says, and return these."""
        placed = [row for row in self.rows if row.placement is not None]
        settled = self._settle()
        strange = [row for row in placed if _find(settled, published_of(row)) != place_of(row)]
        known = _pair([row for row in placed if row not in strange]) if strange else {}
        struck = self._list_struck()
        for row in strange:
            set_published(row, find_published(place_of(row) or (1, 1), known, struck))
        return strange

    def keep(self) -> dict[str, Any]:
        """Return what ``take_back`` needs, as JSON, before rows go away. The table is of no use then.

        Where an entrant who is out is away already, the places published do not say where the others are:
        they are kept as they stand, and as they would have to be.
        """
        kept = [[row.pk, published_of(row), place_of(row)] for row in self.rows]
        is_ruled = any(row.published_placement is not None for row in self.rows)
        if is_ruled:
            self._correct_published()
        stand = [[row.pk, published_of(row) if is_ruled else place_of(row)] for row in self.rows]
        return {"kept": kept, "stand": stand, "out": self._list_out()}

    def _list_out(self) -> list[int]:
        return sorted(row.pk for row in self.rows if row.disqualified_at is not None)

    def strike(self, rows: Sequence[TournamentResult], reason: str, now: datetime) -> list[ResultChange]:
        """Take placement and prize of the rows of one entrant away, and return what changed."""
        changes = [_change_of(row) for row in rows]
        for row in rows:
            set_place(row, None)
            row.withheld_prize, row.prize_amount = row.prize_amount, Decimal(0)
            row.disqualified_at, row.disqualified_reason = now, reason
        TournamentResult.objects.bulk_update(rows, COLUMNS)
        return changes

    def restore(self, rows: Sequence[TournamentResult]) -> list[ResultChange]:
        """Give the rows of one entrant back what ``strike`` took, and return what changed.

        Who had no placement before is unranked again, and so is whom the published standings disqualify.
        """
        back = [row for row in rows if row.disqualified_at is not None]
        changes = [_change_of(row) for row in back]
        for row in back:
            row.disqualified_at, row.disqualified_reason = None, ""
            row.prize_amount, row.withheld_prize = row.prize_amount + row.withheld_prize, Decimal(0)

        settled = self._settle()
        for row in back:
            set_place(row, _find(settled, published_of(row)))
        TournamentResult.objects.bulk_update(back, COLUMNS)
        return changes

    def move_others(self) -> list[ResultChange]:
        """Move everybody placed to where they are now that somebody is out, or in again."""
        settled = self._settle()
        changes = []
        for row in self.rows:
            place = _find(settled, published_of(row))
            if row.placement is not None and place is not None and place_of(row) != place:
                changes.append(_change_of(row))
                set_place(row, place)
        TournamentResult.objects.bulk_update([change.result for change in changes], PLACED)
        return changes

    def take_back(self, returned: Collection[int], kept: Mapping[str, Any]) -> None:
        """Settle rows that were away, and are there again as they were, with all that was ruled meanwhile.

        Nobody else moves: their published places are those from before, but of who was placed anew since.

        :param returned: the keys of those rows.
        :param kept: what ``keep`` returned before they went.
        """
        if all(row.published_placement is None for row in self.rows):
            return
        if self._list_out() == kept["out"]:  # as it was: whoever is where they were
            was = {key: (published, place) for key, published, place in kept["kept"]}
            known = [row for row in self.rows if row.pk in was and place_of(row) == _tuple(was[row.pk][1])]
            published = {key: each for key, (each, _) in was.items()}
        else:
            published = dict(kept["stand"])
            known = [row for row in self.rows if row.pk in published]
        for row in known:
            set_published(row, _tuple(published[row.pk]))
        TournamentResult.objects.bulk_update(known, PUBLISHED)
        if self._list_out() == kept["out"]:
            return

        settled = self._settle()
        back = [row for row in self.rows if row.pk in returned and row.placement is not None]
        for row in back:
            set_place(row, _find(settled, published_of(row)))
        TournamentResult.objects.bulk_update(back, PLACED)
        self.remember_published()

    def place(
        self,
        rows: Sequence[TournamentResult],
        place: Place | None,
        unplaced_reason: str,
        prizes: Sequence[Decimal] | None,
    ) -> list[ResultChange]:
        """Give the rows of one entrant a place, and prizes if given, and return those that changed.

        :param place: None takes the placement away.
        """
        published = self.find_published(place, but=rows)
        changes = []
        for number, row in enumerate(rows):
            prize = row.prize_amount if prizes is None else prizes[number]
            is_there = (place_of(row), row.unplaced_reason) == (place, unplaced_reason)
            if is_there and prize == row.prize_amount:
                continue

            changes.append(_change_of(row))
            row.prize_amount, row.unplaced_reason = prize, unplaced_reason
            row.withheld_prize = Decimal(0)
            if not is_there:  # who stays in place keeps the published one: a lifting restores exactly that
                set_place(row, place)
                set_published(row, published)
        TournamentResult.objects.bulk_update([change.result for change in changes], COLUMNS)
        return changes

    def add(self, rows: Sequence[TournamentResult]) -> list[ResultChange]:
        """Insert the rows of an entrant who had none, the team's own first, and return them as changes."""
        published = self.find_published(place_of(rows[0]))
        for row in rows:
            set_published(row, published)
        TournamentResult.objects.bulk_create(rows)
        self.rows += rows
        return [ResultChange(result=row, old_placement=None, old_prize=Decimal(0)) for row in rows]

    def find_published(self, place: Place | None, *, but: Sequence[TournamentResult] = ()) -> Place | None:
        """Return the published place for an entrant who is given ``place`` as things are now.

        None while nobody was ever disqualified from the results: then it is the place itself.

        :param but: the rows of that entrant.
        """
        others = [row for row in self.rows if row not in but]
        if place is None or all(row.published_placement is None for row in others):
            return None

        struck = [
            row.published_placement
            for row in self.list_entrants()
            if row not in but and row.disqualified_at is not None and row.published_placement is not None
        ]
        return find_published(place, _pair(others), struck)

    def _settle(self) -> dict[Place, Place]:
        """Return published place → place, of all who are not disqualified."""
        published = [published_of(row) for row in self.rows if row.disqualified_at is None]
        return settle_placements([each for each in published if each is not None], self._list_struck())

    def _list_struck(self) -> list[int]:
        """Return the published placements of the entrants who are out, one each."""
        out = [row.published_placement for row in self.list_entrants() if row.disqualified_at is not None]
        return [each for each in out if each is not None]


def place_of(row: TournamentResult) -> Place | None:
    """Return the first and the last place of a row; None without a placement."""
    return make_place(row.placement, row.placement_to)


def published_of(row: TournamentResult) -> Place | None:
    """Return the place of a row before any disqualification; None where it is not kept."""
    return make_place(row.published_placement, row.published_placement_to)


def _tuple(place: Any) -> Place | None:
    """Return a place that JSON gave as a list."""
    return None if place is None else (place[0], place[1])


def set_place(row: TournamentResult, place: Place | None) -> None:
    """Set the place of a row, which is not saved."""
    row.placement, row.placement_to = split_place(place)


def set_published(row: TournamentResult, place: Place | None) -> None:
    """Set the place of a row before any disqualification; the row is not saved."""
    row.published_placement, row.published_placement_to = split_place(place)


def _pair(rows: Sequence[TournamentResult]) -> dict[Place, Place]:
    """Return published place → place, as the rows have them."""
    pairs = [(published_of(row), place_of(row)) for row in rows]
    return {published: place for published, place in pairs if published is not None and place is not None}


def _find(settled: dict[Place, Place], published: Place | None) -> Place | None:
    return None if published is None else settled.get(published)


def _change_of(row: TournamentResult) -> ResultChange:
    return ResultChange(
        result=row,
        old_placement=row.placement,
        old_placement_to=row.placement_to,
        old_prize=row.prize_amount,
    )
