"""Files of tournaments in DeltaCrown's own format: a line per entrant, or per player of a team."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

from deltacrown.core.inputs import is_blank
from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import NO_REASON, WITH_RESULTS, EntrantOutcome, Entry, TournamentDraft
from deltacrown.interchange.fields import Fields, GroupRefused, find_disagreements, shown
from deltacrown.interchange.format import FileReader
from deltacrown.interchange.formats.deltacrown.entrants import (
    EntrantLine,
    find_wrong_entries,
    gather_entrants,
)
from deltacrown.interchange.formats.deltacrown.players import read_player_texts
from deltacrown.interchange.formats.deltacrown.results import find_wrong_results
from deltacrown.interchange.groups import Group
from deltacrown.interchange.rows import Row

DETAILS = "details"
TOURNAMENT_COLUMNS = Columns(
    key="tournament",
    group="tournament",
    required=("tournament", "game", "starts_at", "status"),
    optional=(
        "name",
        "ends_at",
        "entrants",
        "capacity",
        "organiser",
        "currency",
        "forfeits_count",
        "provisional",
        "team",
        "player",
        "player_name",
        "country",
        "registered_at",
        "entry",
        "placement",
        "unplaced",
        "disqualified",
        "prize",
        "uncounted",
        "shares",
        "decided_at",
        "disqualified_at",
        "published_placement",
        "withheld_prize",
        DETAILS,
    ),
    free_text=("name", "disqualified", "uncounted", DETAILS),
)
STATUSES = {
    "draft": "DRAFT",
    "open": "OPEN",
    "running": "RUNNING",
    "completed": "COMPLETED",
    "cancelled": "CANCELLED",
    "annulled": "ANNULLED",
}
#: Left empty, it follows from whether a team is named.
KINDS = {"": "", "players": "SOLO", "teams": "TEAM"}
#: Left empty, it follows from the result.
ENTRIES: dict[str, Entry] = {
    "": "",
    "registered": "REGISTERED",
    "checked_in": "CHECKED_IN",
    "withdrawn": "WITHDRAWN",
    "disqualified": "DISQUALIFIED",
    "left": "LEFT",
}
DISQUALIFIED = "dq"
MOST_PLACEMENT = 2**31 - 1
PLACEMENT = re.compile(r"(-?\d{1,10})(?:\.0)?(?:\s*[-–]\s*(\d{1,10}))?\Z", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}\Z")
#: A day alone as the end of a tournament is the whole day: its matches were played on it.
LAST_SECOND = time(23, 59, 59)


@dataclass(slots=True)
class TournamentFacts:
    """What every line of a tournament must say alike."""

    game: str
    name: str
    starts_at: datetime | None
    ends_at: datetime | None
    status: str
    entrants: str
    capacity: int | None
    organiser: str
    currency: str
    forfeits_count: bool | None
    provisional: bool


class Placed(NamedTuple):
    """What a placement column says."""

    placement: int | None = None
    placement_to: int | None = None
    disqualified_reason: str = ""


class TournamentReader(FileReader[TournamentDraft]):
    """Reads a file of tournaments."""

    columns = TOURNAMENT_COLUMNS

    def read(self, group: Group) -> TournamentDraft:
        """Convert the lines of a tournament."""
        return read_tournament(group)


def read_tournament(group: Group) -> TournamentDraft:
    """Convert the lines of a tournament.

    :raises GroupRefused: naming every line that is wrong and how to mend it.
    """
    problems: list[str] = []
    Fields(group.rows[0], problems).slug("tournament", longest=100, required=True)
    read = [read_tournament_line(row, problems) for row in group.rows]
    shared = read[0][0]
    problems += find_disagreements(group.rows, [other for other, _ in read], what="tournament")
    entries = [entry for _, entry in read]
    problems += find_wrong_entries(entries, kind=shared.entrants)
    problems += find_wrong_results(entries, shared.status, shared.starts_at, shared.ends_at)
    if problems or shared.starts_at is None:
        raise GroupRefused("; ".join(problems))
    return TournamentDraft(
        key=group.key,
        game=shared.game,
        name=shared.name,
        starts_at=shared.starts_at,
        ends_at=shared.ends_at,
        status=shared.status,
        kind=shared.entrants,
        capacity=shared.capacity,
        organiser=shared.organiser,
        prize_currency=shared.currency,
        counts_forfeits=shared.forfeits_count,
        is_provisional=shared.provisional,
        entrants=gather_entrants(entries, is_completed=shared.status in WITH_RESULTS),
        rows=group.rows,
    )


def read_tournament_line(row: Row, problems: list[str]) -> tuple[TournamentFacts, EntrantLine]:
    """Read one line; add what is wrong with it to ``problems``."""
    fields = Fields(row, problems)
    shared = TournamentFacts(
        game=fields.slug("game", longest=60, required=True),
        name=fields.text("name", longest=160),
        starts_at=fields.date_time("starts_at", required=True),
        ends_at=fields.date_time("ends_at", of_day=LAST_SECOND),
        status=fields.choice("status", STATUSES, default=""),
        entrants=fields.choice("entrants", KINDS, default=""),
        capacity=fields.whole("capacity", least=1),
        organiser=fields.username("organiser"),
        currency=read_currency(fields),
        forfeits_count=fields.yes_or_no("forfeits_count"),
        provisional=bool(fields.yes_or_no("provisional")),
    )
    entry = EntrantLine(
        row=row,
        player=fields.username("player"),
        team=fields.text("team", longest=120),
        registered_at=fields.date_time("registered_at"),
        entry=fields.choice("entry", ENTRIES, default=""),
        shares=fields.yes_or_no("shares"),
        about=read_player_texts(fields),
        outcome=read_outcome(fields),
    )
    return shared, entry


def read_outcome(fields: Fields) -> EntrantOutcome:
    """Read the result of an entrant."""
    placed = read_placement(fields)
    disqualified = fields.text("disqualified", longest=500)
    unplaced = fields.text("unplaced", longest=200)
    if placed.placement is not None and (disqualified or unplaced):
        column = "disqualified" if disqualified else "unplaced"
        fields.refuse(
            "placement",
            f"who has a reason in {column} has no placement; leave one of the two empty, "
            "and write a placement from before a disqualification as published_placement",
        )
    if unplaced and (disqualified or placed.disqualified_reason):
        fields.refuse("unplaced", "a disqualified entrant needs no other reason; leave it empty")

    published, published_to = read_places(fields, "published_placement")
    return EntrantOutcome(
        placement=placed.placement,
        placement_to=placed.placement_to,
        disqualified_reason=disqualified or placed.disqualified_reason,
        unplaced_reason=unplaced,
        prize=fields.money("prize"),
        registered_at=None,
        decided_at=fields.date_time("decided_at"),
        disqualified_at=fields.date_time("disqualified_at"),
        published_placement=published,
        published_placement_to=published_to,
        withheld_prize=fields.money("withheld_prize"),
        uncounted_reason=fields.text("uncounted", longest=500),
        stats=fields.json_object(DETAILS),
    )


def read_placement(fields: Fields) -> Placed:
    """Read ``1``, a range as ``5-8``, ``dq: reason``, or nothing."""
    text = fields.raw("placement")
    word, _, reason = text.partition(":")
    if word.strip().lower() == DISQUALIFIED:
        if len(reason.strip()) > 500:
            fields.refuse("placement", "the reason of the disqualification is longer than 500 characters")
        return Placed(disqualified_reason=NO_REASON if is_blank(reason) else reason.strip())
    return Placed(*read_places(fields, "placement"))


def read_places(fields: Fields, name: str) -> tuple[int | None, int | None]:
    """Read ``1``, or a range as ``5-8``; return the first place, and the last of a range."""
    text = fields.raw(name)
    if not text:
        return None, None
    found = PLACEMENT.match(text)
    if not found:
        allowed = "1 for the winner, dq for a disqualified entrant, 5-8 for a shared range, or nothing"
        fields.refuse(
            name, f"{shown(text)} is not a placement; write {allowed}; why there is none goes into unplaced"
        )
        return None, None

    first, last = int(found[1]), int(found[2]) if found[2] else None
    if not 1 <= first <= MOST_PLACEMENT or not (last or 1) <= MOST_PLACEMENT:
        fields.refuse(name, f"{text} is not possible; 1 is the winner, and no placement is below it")
    elif last is not None and last < first:
        fields.refuse(name, f"{text} ends before it begins; write the better placement first")
    return first, last


def read_currency(fields: Fields) -> str:
    """Read the code of a currency, in whatever case."""
    text = fields.raw("currency").upper()
    if text and not CURRENCY.match(text):
        fields.refuse("currency", f"{shown(text)} is not a currency; write three letters of ISO 4217: EUR")
        return ""
    return text
