"""Write tournaments in DeltaCrown's own format, so that ``import_tournaments`` reads them as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso
from deltacrown.interchange.drafts import NO_REASON, NO_TEXTS, PlayerTexts
from deltacrown.interchange.formats.deltacrown.tournaments import ENTRIES, KINDS, TOURNAMENT_COLUMNS
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentParticipation,
    TournamentResult,
)

#: The columns of every file that is written, in this order.
COLUMNS = (*TOURNAMENT_COLUMNS.required, *TOURNAMENT_COLUMNS.optional)
WORD_OF_ENTRY: dict[str, str] = {entry: word for word, entry in ENTRIES.items()}
WORD_OF_KIND = {kind: word for word, kind in KINDS.items()}
YES_OR_NO = {True: "yes", False: "no", None: ""}
Participation = TournamentParticipation.Status


@dataclass(kw_only=True)
class EntrantRows:
    """What is recorded of one entrant, a player or a team.

    :param official: its own result; of a team, not those of its players.
    :param shares: the ids of the players who have the result of the team.
    :param ruling: its disqualification, if that was not lifted.
    """

    user: User | None = None
    team: Team | None = None
    entries: list[TournamentParticipation] = field(default_factory=list)
    official: TournamentResult | None = None
    shares: set[int] = field(default_factory=set)
    ruling: Disqualification | None = None

    @property
    def order(self) -> tuple[Any, ...]:
        """Return its place in the file: by registration, then by name."""
        name = self.team.name if self.team else self.user.username if self.user else ""
        times = [entry.registered_at for entry in self.entries]
        return (not times, min(times, default=None) if times else 0, name)


def write_tournament(
    tournament: Tournament, entrants: Sequence[EntrantRows], texts: Mapping[int, PlayerTexts]
) -> Iterator[dict[str, Any]]:
    """Yield what each line of a tournament has by column; one line where nobody entered.

    :param tournament: with its game and organiser fetched.
    :param texts: player's id → display name and country.
    """
    shared = {
        "tournament": tournament.slug,
        "game": tournament.game.slug,
        "starts_at": write_iso(tournament.starts_at),
        "status": tournament.status.lower(),
        "name": tournament.name,
        "ends_at": write_iso(tournament.ends_at) if tournament.ends_at else "",
        "entrants": WORD_OF_KIND[tournament.entrant_kind],
        "capacity": tournament.capacity,
        "organiser": tournament.organiser.username if tournament.organiser else "",
        "currency": tournament.prize_currency,
        "forfeits_count": YES_OR_NO[tournament.counts_forfeits],
        "provisional": "yes" if tournament.is_provisional else "",
    }
    if not entrants:
        yield shared

    for entrant in sorted(entrants, key=lambda each: each.order):
        of_entrant = shared | _write_result(tournament, entrant)
        if entrant.team:
            of_entrant["team"] = entrant.team.name
        if not entrant.entries:
            yield of_entrant | ({"player": entrant.user.username} if entrant.user else {})
        for entry in sorted(entrant.entries, key=lambda row: (row.registered_at, row.user.username)):
            about = texts.get(entry.user_id, NO_TEXTS)
            yield of_entrant | {
                "player": entry.user.username,
                "player_name": about.name,
                "country": about.country,
                "registered_at": write_iso(entry.registered_at),
                "entry": _write_entry(entrant, entry),
                "shares": _write_share(entrant, entry),
            }


def _write_result(tournament: Tournament, entrant: EntrantRows) -> dict[str, Any]:
    row, ruling = entrant.official, entrant.ruling
    if row is None:
        if not any(entry.status == Participation.DISQUALIFIED for entry in entrant.entries):
            return {}
        return {
            "disqualified": ruling.reason if ruling else NO_REASON,
            "disqualified_at": write_iso(ruling.decided_at) if ruling else "",
        }

    is_usual = row.decided_at == tournament.ends_at
    has_time = row.disqualified_at is not None and row.disqualified_at != row.decided_at
    return {
        "placement": _write_place(row.placement, row.placement_to),
        "unplaced": row.unplaced_reason,
        "disqualified": row.disqualified_reason,
        "prize": str(row.prize_amount) if row.prize_amount else "",
        "uncounted": row.uncounted_reason,
        "decided_at": "" if is_usual else write_iso(row.decided_at),
        "disqualified_at": write_iso(row.disqualified_at) if has_time and row.disqualified_at else "",
        "published_placement": _write_place(row.published_placement, row.published_placement_to),
        "withheld_prize": str(row.withheld_prize) if row.withheld_prize else "",
        "details": row.stats,
    }


def _write_place(first: int | None, last: int | None) -> str:
    if first is None:
        return ""
    return str(first) if last is None else f"{first}-{last}"


def _write_entry(entrant: EntrantRows, entry: TournamentParticipation) -> str:
    """Return what became of a registration; empty where it follows from the rest."""
    if entry.status == Participation.WITHDRAWN and entrant.team:
        all_withdrew = all(row.status == Participation.WITHDRAWN for row in entrant.entries)
        is_last_roster = entry.withdrawn_from or not any(row.withdrawn_from for row in entrant.entries)
        return WORD_OF_ENTRY[Participation.WITHDRAWN if all_withdrew and is_last_roster else "LEFT"]
    if entry.status == Participation.DISQUALIFIED and entrant.official is not None:
        return ""
    if entry.status == Participation.REGISTERED:
        return ""
    return WORD_OF_ENTRY[entry.status]


def _write_share(entrant: EntrantRows, entry: TournamentParticipation) -> str:
    """Return whether a player has the team's result; empty where that follows from the roster."""
    if not entrant.team or entrant.official is None:
        return ""
    has_result, is_here = entry.user_id in entrant.shares, entry.status != Participation.WITHDRAWN
    return "" if has_result == is_here else YES_OR_NO[has_result]
