"""The results of one locked tournament, as a table that rulings change as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F

from deltacrown.accounts.models import User
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.tournaments.services.placements import find_published, settle_placements

COLUMNS = [
    "placement",
    "published_placement",
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
    old_prize: Decimal


class ResultTable:
    """The result rows of a tournament. The caller holds the lock on the tournament."""

    def __init__(self, tournament: Tournament) -> None:
        self.tournament = tournament
        self.rows = list(tournament.results.select_related("user", "team").order_by("placement", "pk"))

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
        """Record the published placement of every row that is placed, before the first of them moves.

        A row whose placement was written behind the services is taken as it says.
        """
        placed = [row for row in self.rows if row.placement is not None]
        if all(row.published_placement is None for row in self.rows):
            unmoved = self.tournament.results.filter(placement__isnull=False)
            unmoved.update(published_placement=F("placement"))
            for row in placed:
                row.published_placement = row.placement
            return

        settled = self._settle()
        strange = [row for row in placed if settled.get(row.published_placement or 0) != row.placement]
        if strange:
            known = {
                row.published_placement: row.placement
                for row in placed
                if row not in strange and row.published_placement and row.placement
            }
            for row in strange:
                row.published_placement = find_published(row.placement or 1, known, self._list_struck())
            TournamentResult.objects.bulk_update(strange, ["published_placement"])

    def strike(self, rows: Sequence[TournamentResult], reason: str, now: datetime) -> list[ResultChange]:
        """Take placement and prize of the rows of one entrant away, and return what changed."""
        changes = [_change_of(row) for row in rows]
        for row in rows:
            row.placement = None
            row.withheld_prize, row.prize_amount = row.prize_amount, Decimal(0)
            row.disqualified_at, row.disqualified_reason = now, reason
        TournamentResult.objects.bulk_update(rows, COLUMNS)
        return changes

    def restore(self, rows: Sequence[TournamentResult]) -> list[ResultChange]:
        """Give the rows of one entrant back what ``strike`` took, and return what changed.

        A row that was published without a placement is left as it is.
        """
        back = [row for row in rows if row.placement is None and row.published_placement is not None]
        changes = [_change_of(row) for row in back]
        for row in back:
            row.disqualified_at, row.disqualified_reason = None, ""
            row.prize_amount, row.withheld_prize = row.withheld_prize, Decimal(0)

        settled = self._settle()
        for row in back:
            row.placement = settled[row.published_placement or 0]
        TournamentResult.objects.bulk_update(back, COLUMNS)
        return changes

    def move_others(self) -> list[ResultChange]:
        """Move everybody placed to where they are now that somebody is out, or in again."""
        settled = self._settle()
        changes = []
        for row in self.rows:
            placement = settled.get(row.published_placement or 0)
            if row.placement is not None and placement is not None and row.placement != placement:
                changes.append(_change_of(row))
                row.placement = placement
        TournamentResult.objects.bulk_update([change.result for change in changes], ["placement"])
        return changes

    def place(
        self, rows: Sequence[TournamentResult], placement: int, prizes: Sequence[Decimal] | None
    ) -> list[ResultChange]:
        """Give the rows of one entrant a placement, and prizes if given, and return those that changed."""
        published = self.find_published(placement, but=rows)
        changes = []
        for place, row in enumerate(rows):
            change = _change_of(row)
            row.placement, row.published_placement = placement, published
            row.prize_amount = row.prize_amount if prizes is None else prizes[place]
            row.withheld_prize = Decimal(0)
            row.disqualified_at, row.disqualified_reason = None, ""
            if (change.old_placement, change.old_prize) != (row.placement, row.prize_amount):
                changes.append(change)
        TournamentResult.objects.bulk_update([change.result for change in changes], COLUMNS)
        return changes

    def add(self, rows: Sequence[TournamentResult]) -> list[ResultChange]:
        """Insert the rows of an entrant who had none, the team's own first, and return them as changes."""
        published = self.find_published(rows[0].placement or 1)
        for row in rows:
            row.published_placement = published
        TournamentResult.objects.bulk_create(rows)
        self.rows += rows
        return [ResultChange(result=row, old_placement=None, old_prize=Decimal(0)) for row in rows]

    def find_published(self, placement: int, *, but: Sequence[TournamentResult] = ()) -> int | None:
        """Return the published placement for an entrant who is given ``placement`` as things are now.

        None while nobody was ever disqualified from the results: then it is the placement itself.

        :param but: the rows of that entrant.
        """
        others = [row for row in self.rows if row not in but]
        if all(row.published_placement is None for row in others):
            return None

        settled = {
            row.published_placement: row.placement
            for row in others
            if row.placement is not None and row.published_placement is not None
        }
        struck = [
            row.published_placement
            for row in self.list_entrants()
            if row not in but and row.placement is None and row.published_placement is not None
        ]
        return find_published(placement, settled, struck)

    def _settle(self) -> dict[int, int]:
        """Return published placement → placement, of all who are not disqualified."""
        published = [row.published_placement for row in self.rows if row.disqualified_at is None]
        return settle_placements([each for each in published if each is not None], self._list_struck())

    def _list_struck(self) -> list[int]:
        """Return the published placements of the entrants who are out, one each."""
        out = [row.published_placement for row in self.list_entrants() if row.disqualified_at is not None]
        return [each for each in out if each is not None]


def _change_of(row: TournamentResult) -> ResultChange:
    return ResultChange(result=row, old_placement=row.placement, old_prize=row.prize_amount)
