"""The lines of a tournament put together: who enters, alone or as a team with its roster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from deltacrown.core.names import make_name_key
from deltacrown.interchange.drafts import EntrantDraft, EntrantOutcome, Entry, MemberDraft, PlayerTexts
from deltacrown.interchange.fields import find_repeated
from deltacrown.interchange.rows import Row


@dataclass(slots=True)
class EntrantLine:
    """What one line says of one entrant, or of one player of a team.

    :param outcome: of the entrant; without the time of registration, which each player of a team has.
    """

    row: Row
    player: str
    team: str
    registered_at: datetime | None
    entry: Entry
    shares: bool | None
    about: PlayerTexts
    outcome: EntrantOutcome


def find_wrong_entries(entries: list[EntrantLine], *, kind: str) -> Iterable[str]:
    """Yield which lines do not together make a list of entrants.

    :param kind: ``SOLO`` or ``TEAM`` where the file says who enters, else empty.
    """
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
    if kind == "SOLO" and teamed:
        yield f"line {teamed[0].row.line}, team: entrants says players; write teams, or leave team empty"
    if kind == "TEAM" and alone:
        yield f"line {alone[0].row.line}, team: entrants says teams; fill in the team, or write players"

    yield from _find_repetitions(entries, teamed)
    yield from _find_differences(teamed)
    left = next((entry for entry in alone if entry.entry == "LEFT"), None)
    if left:
        yield f"line {left.row.line}, entry: only a player of a team can have left it; write withdrawn"
    bare = next((entry for entry in teamed if entry.entry and not entry.player), None)
    if bare:
        yield f"line {bare.row.line}, entry: it is of a player; name the players of the team"


def _find_repetitions(entries: list[EntrantLine], teamed: list[EntrantLine]) -> Iterable[str]:
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


def _find_differences(teamed: list[EntrantLine]) -> Iterable[str]:
    first: dict[str, EntrantLine] = {}
    for entry in teamed:
        known = first.setdefault(make_name_key(entry.team), entry)
        if known.outcome != entry.outcome:
            lines = f"lines {known.row.line} and {entry.row.line}"
            what = f"the result of the team “{entry.team}”"
            yield f"{lines} differ in {what}; it is the team's, so write the same on each line"


def gather_entrants(entries: list[EntrantLine], *, is_completed: bool) -> list[EntrantDraft]:
    """Return the entrants, the lines of each team together, in order of the file.

    :param is_completed: it has results: whoever is disqualified has one, unless the entry says so.
    """
    entrants: dict[str, EntrantDraft] = {}
    for entry in entries:
        if not entry.player and not entry.team:
            continue
        key = make_name_key(entry.team) if entry.team else f"\n{make_name_key(entry.player)}"
        entrant = entrants.setdefault(key, EntrantDraft(entry.row.line, entry.team, [], entry.outcome))
        entrant.outcome = _add_registration(entrant.outcome, entry.registered_at)
        if entry.player:
            entrant.players.append(entry.player)
            entrant.members.append(
                MemberDraft(entry.player, entry.registered_at, entry.entry, entry.shares, entry.about)
            )
    for entrant in entrants.values():
        is_barred = any(member.entry == "DISQUALIFIED" for member in entrant.members)
        if is_barred or not is_completed:
            entrant.barred_reason = entrant.outcome.disqualified_reason
            entrant.outcome = replace(entrant.outcome, disqualified_reason="")
    return list(entrants.values())


def _add_registration(outcome: EntrantOutcome, at: datetime | None) -> EntrantOutcome:
    """Return an outcome as registered when the first of its players was."""
    if at is None or (outcome.registered_at is not None and outcome.registered_at <= at):
        return outcome
    return replace(outcome, registered_at=at)
