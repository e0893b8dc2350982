"""Files of tournaments in DeltaCrown's own format: a line per entrant, or per player of a team."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from deltacrown.core.inputs import is_blank
from deltacrown.core.names import make_name_key
from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import NO_REASON, EntrantDraft, EntrantOutcome, TournamentDraft
from deltacrown.interchange.fields import (
    WHOLE_NUMBER,
    Fields,
    GroupRefused,
    find_disagreements,
    find_repeated,
    shown,
)
from deltacrown.interchange.format import FileReader
from deltacrown.interchange.groups import Group
from deltacrown.interchange.rows import Row

TOURNAMENT_COLUMNS = Columns(
    key="tournament",
    group="tournament",
    required=("tournament", "game", "starts_at", "status"),
    optional=("name", "ends_at", "player", "team", "placement", "prize", "registered_at"),
    free_text=("name",),
)
STATUSES = {
    "draft": "DRAFT",
    "open": "OPEN",
    "running": "RUNNING",
    "completed": "COMPLETED",
    "cancelled": "CANCELLED",
}
DISQUALIFIED = "dq"
MOST_PLACEMENT = 2**31 - 1


@dataclass(slots=True)
class TournamentFacts:
    """What every line of a tournament must say alike."""

    game: str
    name: str
    starts_at: datetime | None
    ends_at: datetime | None
    status: str


@dataclass(slots=True)
class EntrantLine:
    """What one line says of one entrant."""

    row: Row
    player: str
    team: str
    outcome: EntrantOutcome


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
    problems += find_wrong_entries(entries)
    problems += find_wrong_results(shared, entries)
    if problems or shared.starts_at is None:
        raise GroupRefused("; ".join(problems))
    return TournamentDraft(
        key=group.key,
        game=shared.game,
        name=shared.name,
        starts_at=shared.starts_at,
        ends_at=shared.ends_at,
        status=shared.status,
        entrants=gather_entrants(entries),
        rows=group.rows,
    )


def read_tournament_line(row: Row, problems: list[str]) -> tuple[TournamentFacts, EntrantLine]:
    """Read one line; add what is wrong with it to ``problems``."""
    fields = Fields(row, problems)
    shared = TournamentFacts(
        game=fields.slug("game", longest=60, required=True),
        name=fields.text("name", longest=160),
        starts_at=fields.date_time("starts_at", required=True),
        ends_at=fields.date_time("ends_at"),
        status=fields.choice("status", STATUSES, default=""),
    )
    placement, reason = read_placement(fields)
    outcome = EntrantOutcome(placement, reason, fields.money("prize"), fields.date_time("registered_at"))
    return shared, EntrantLine(row, fields.username("player"), fields.text("team", longest=120), outcome)


def read_placement(fields: Fields) -> tuple[int | None, str]:
    """Read ``1``, or ``dq: reason``, or nothing; return the placement and the reason."""
    text = fields.raw("placement")
    word, _, reason = text.partition(":")
    if word.strip().lower() == DISQUALIFIED:
        if len(reason.strip()) > 500:
            fields.refuse("placement", "the reason of the disqualification is longer than 500 characters")
        return None, NO_REASON if is_blank(reason) else reason.strip()
    if not text:
        return None, ""
    if not WHOLE_NUMBER.match(text):
        allowed = "1 for the winner, dq for a disqualified entrant, or nothing"
        fields.refuse("placement", f"{shown(text)} is not a placement; write {allowed}")
    elif not 1 <= int(text) <= MOST_PLACEMENT:
        fields.refuse("placement", f"{text} is not possible; 1 is the winner, and no placement is below it")
    else:
        return int(text), ""
    return None, ""


def find_wrong_entries(entries: list[EntrantLine]) -> Iterable[str]:
    """Yield which lines do not together make a list of entrants."""
    nobody = [entry for entry in entries if not entry.player and not entry.team]
    if nobody and len(entries) > 1:
        yield f"line {nobody[0].row.line}: it names neither a player nor a team; every line is of an entrant"
    alone = [entry for entry in entries if entry.player and not entry.team]
    teamed = [entry for entry in entries if entry.team]
    if alone and teamed:
        yield (
            f"lines {alone[0].row.line} and {teamed[0].row.line}: one enters a player alone and one a team; "
            "a tournament is of players or of teams, so fill in the team on every line or on none"
        )
    players = [entry for entry in entries if entry.player]
    yield from find_repeated(
        [entry.row for entry in players],
        [entry.player for entry in players],
        what="two entries of one tournament for",
    )
    bare = [entry for entry in teamed if not entry.player]
    yield from find_repeated(
        [entry.row for entry in bare],
        [entry.team for entry in bare],
        what="two lines without a player for the team",
    )
    first: dict[str, EntrantLine] = {}
    for entry in teamed:
        known = first.setdefault(team_key(entry.team), entry)
        if known.outcome != entry.outcome:
            lines = f"lines {known.row.line} and {entry.row.line}"
            what = f"placement, prize or registered_at of the team “{entry.team}”"
            yield f"{lines} differ in {what}; these are the team's, so write the same on each line"


def find_wrong_results(shared: TournamentFacts, entries: list[EntrantLine]) -> Iterable[str]:
    """Yield which dates and results cannot be true together with the status."""
    line = entries[0].row.line
    if shared.starts_at and shared.ends_at and shared.ends_at < shared.starts_at:
        yield f"line {line}, ends_at: it is before starts_at; a tournament ends after it starts"
    early = next((entry for entry in entries if entry.outcome.is_decided or entry.outcome.prize), None)
    if early and shared.status not in ("COMPLETED", ""):
        mend = "write completed, or leave placement and prize empty"
        yield f"line {early.row.line}, placement: only a completed tournament has results; {mend}"
    undecided = [entry for entry in entries if not entry.outcome.is_decided]
    unplaced = next((entry for entry in undecided if entry.outcome.prize), None)
    if unplaced:
        yield f"line {unplaced.row.line}, prize: a prize needs a placement; fill in the placement"
    entrant = next((entry for entry in entries if entry.player or entry.team), None)
    if entrant and shared.status == "DRAFT":
        mend = "write open, or leave player and team empty"
        yield f"line {entrant.row.line}, status: a draft takes no registrations yet; {mend}"


def gather_entrants(entries: list[EntrantLine]) -> list[EntrantDraft]:
    """Return the entrants, the lines of each team together, in order of the file."""
    entrants: dict[str, EntrantDraft] = {}
    for entry in entries:
        if not entry.player and not entry.team:
            continue
        key = team_key(entry.team) if entry.team else f"\n{make_name_key(entry.player)}"
        entrant = entrants.setdefault(key, EntrantDraft(entry.row.line, entry.team, [], entry.outcome))
        if entry.player:
            entrant.players.append(entry.player)
    return list(entrants.values())


def team_key(name: str) -> str:
    """Return what two spellings of a team's name have in common."""
    return make_name_key(name)
