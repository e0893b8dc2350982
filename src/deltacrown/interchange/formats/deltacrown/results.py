"""What the results of a tournament's file cannot say together with its status and dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from deltacrown.interchange.drafts import WITH_RESULTS
from deltacrown.interchange.formats.deltacrown.entrants import EntrantLine


def find_wrong_results(
    entries: list[EntrantLine], status: str, starts_at: datetime | None, ends_at: datetime | None
) -> Iterable[str]:
    """Yield which dates and results cannot be true together with the status."""
    line = entries[0].row.line
    if starts_at and ends_at and ends_at < starts_at:
        yield f"line {line}, ends_at: it is before starts_at; a tournament ends after it starts"

    early = next((entry for entry in entries if _has_result(entry)), None)
    if early and status and status not in WITH_RESULTS:
        mend = "write completed, or leave placement, unplaced and prize empty"
        yield f"line {early.row.line}, placement: only a completed tournament has results; {mend}"

    undecided = [entry for entry in entries if not entry.outcome.is_decided]
    unplaced = next((entry for entry in undecided if entry.outcome.prize), None)
    if unplaced:
        mend = "fill in the placement, or say in unplaced why there is none"
        yield f"line {unplaced.row.line}, prize: a prize needs a placement; {mend}"

    entrant = next((entry for entry in entries if entry.player or entry.team), None)
    if entrant and status == "DRAFT":
        mend = "write open, or leave player and team empty"
        yield f"line {entrant.row.line}, status: a draft takes no registrations yet; {mend}"
    yield from _find_wrong_exits(entries)


def _has_result(entry: EntrantLine) -> bool:
    """Return whether a line says more than that its entrant is out."""
    outcome = entry.outcome
    return outcome.placement is not None or bool(outcome.unplaced_reason or outcome.prize)


def _find_wrong_exits(entries: list[EntrantLine]) -> Iterable[str]:
    """Yield which entrants are said to be out and in at once."""
    for entry in entries:
        where = f"line {entry.row.line}, entry"
        is_out, reason = bool(entry.outcome.disqualified_reason), "a reason in disqualified"
        if entry.entry == "DISQUALIFIED" and not is_out:
            yield f"{where}: a disqualified entrant needs {reason}; give it, or leave entry empty"
        if entry.entry in ("REGISTERED", "CHECKED_IN", "WITHDRAWN") and is_out:
            yield f"{where}: it has {reason}; leave entry empty, or write disqualified"
