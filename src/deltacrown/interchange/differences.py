"""The differences between a tournament of a file and the one that is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from deltacrown.core.errors import Conflict
from deltacrown.core.names import make_name_key
from deltacrown.interchange.directory import Directory
from deltacrown.interchange.drafts import (
    NO_REASON,
    WITH_RESULTS,
    EntrantDraft,
    EntrantOutcome,
    TournamentDraft,
)
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services import Place, TournamentChanges, make_place, write_place

#: Differences named at once.
MOST_NAMED = 5


class Result(NamedTuple):
    """What a file would say of an entrant's result."""

    place: Place | None
    prize: Decimal
    unplaced_reason: str
    disqualified_reason: str


#: The result of an entrant without one.
NOTHING = Result(None, Decimal(0), "", "")


class TournamentDiffers(Conflict):
    """A tournament of a file is recorded with other facts or results; nothing was changed."""


def check_same(draft: TournamentDraft, recorded: TournamentChanges, directory: Directory) -> None:
    """Refuse a file that contradicts what is recorded of a tournament.

    :raises TournamentDiffers: naming the differences and how to mend them.
    """
    tournament = recorded.tournament
    if facts := list(fact_differences(draft, tournament, directory)):
        raise TournamentDiffers(
            f"{tournament.slug} is recorded with other facts: {'; '.join(facts)}. Correct the file"
        )
    both_completed = draft.status in WITH_RESULTS and tournament.status in WITH_RESULTS
    if both_completed and (results := list(result_differences(draft, recorded, directory))):
        named = "; ".join(difference for difference, _ in results[:MOST_NAMED])
        if len(results) > MOST_NAMED:
            named += f"; and {len(results) - MOST_NAMED} more"
        steps = " and ".join(sorted({step for _, step in results} - {""}))
        advice = f"Use {steps}, or correct the file" if steps else "Correct the file"
        raise TournamentDiffers(f"{tournament.slug} is completed with other results: {named}. {advice}")


def fact_differences(draft: TournamentDraft, tournament: Tournament, directory: Directory) -> Iterator[str]:
    """Yield what is recorded otherwise; what the file leaves empty, or an end not recorded, is not."""
    is_same_name = not draft.name or draft.name == tournament.name or was_called(draft, tournament, directory)
    given = {
        "game": directory.games[draft.game].slug,
        "name": tournament.name if is_same_name else draft.name,
        "starts_at": draft.starts_at,
    }
    recorded = {"game": tournament.game.slug, "name": tournament.name, "starts_at": tournament.starts_at}
    if draft.ends_at and tournament.ends_at:
        given["ends_at"], recorded["ends_at"] = draft.ends_at, tournament.ends_at
    if draft.prize_currency and tournament.prize_currency:
        given["prize_currency"], recorded["prize_currency"] = draft.prize_currency, tournament.prize_currency
    if draft.entrants:
        given["entrants"], recorded["entrants"] = draft.entrant_kind, tournament.entrant_kind
    for name, value in given.items():
        if value != recorded[name]:
            yield f"{name} is {recorded[name]}, the file says {value}"


def was_called(draft: TournamentDraft, tournament: Tournament, directory: Directory) -> bool:
    """Return whether the name in the file is the tournament's, or a former one, in any spelling."""
    key = make_name_key(draft.name)
    former = directory.former_tournament_names.get(tournament.pk, set())
    return key == make_name_key(tournament.name) or key in former


def result_differences(
    draft: TournamentDraft, known: TournamentChanges, directory: Directory
) -> Iterator[tuple[str, str]]:
    """Yield the entrants whose result is recorded otherwise, or is not in both.

    Each comes with the service that would make it what the file says, or nothing when none would.
    """
    with_result = [entrant for entrant in draft.entrants if entrant.outcome.is_decided]
    decided = {entrant_id(entrant, directory): entrant for entrant in with_result}
    recorded, entered = recorded_results(known), list_entered(known)
    for entrant_key, entrant in decided.items():
        row = recorded.pop(entrant_key, None)
        given = read_outcome(entrant.outcome)
        if row is None:
            step = find_step(given, None) if entrant_key in entered else ""
            yield f"{entrant.label} has no result, the file says {described(given)}", step
        elif not is_same_result(result_of(row), given):
            difference = f"{entrant.label} has {described(result_of(row))}, the file says {described(given)}"
            yield difference, find_step(given, result_of(row))
    for row in recorded.values():
        if result_of(row) != NOTHING:
            yield f"{row.user or row.team} has {described(result_of(row))}, the file says nothing", ""


def find_step(given: Result, recorded: Result | None) -> str:
    """Return the service that makes a recorded result what the file says; it has no word for a new reason."""
    if not given.disqualified_reason:
        return "correct_result"
    return "disqualify_entrant" if recorded is not None and not recorded.disqualified_reason else ""


def list_entered(known: TournamentChanges) -> set[int | None]:
    """Return the ids of the players or teams that are entered, without those who withdrew."""
    solo = known.tournament.entrant_kind == Tournament.EntrantKind.SOLO
    rows = known.register.by_user.values()
    entered = [row for row in rows if row.status != TournamentParticipation.Status.WITHDRAWN]
    return {row.user_id if solo else row.team_id for row in entered}


def recorded_results(known: TournamentChanges) -> dict[int | None, TournamentResult]:
    """Return the official result of each entrant, by the player's or the team's id."""
    solo = known.tournament.entrant_kind == Tournament.EntrantKind.SOLO
    return {row.user_id if solo else row.team_id: row for row in known.results}


def entrant_id(entrant: EntrantDraft, directory: Directory) -> int:
    """Return the id of the player or team that enters."""
    return directory.teams[entrant.team].pk if entrant.team else directory.players[entrant.players[0]].pk


def result_of(row: TournamentResult) -> Result:
    """Convert a row into what a file would say."""
    place = make_place(row.placement, row.placement_to)
    return Result(place, row.prize_amount, row.unplaced_reason, row.disqualified_reason)


def read_outcome(outcome: EntrantOutcome) -> Result:
    """Return the result that a file says."""
    place = make_place(outcome.placement, outcome.placement_to)
    return Result(place, outcome.prize, outcome.unplaced_reason.strip(), outcome.disqualified_reason)


def is_same_result(recorded: Result, given: Result) -> bool:
    """Return whether two results are the same; a disqualification given without a reason equals any."""
    is_bare = given.disqualified_reason == NO_REASON and recorded.disqualified_reason
    return recorded == (
        given._replace(disqualified_reason=recorded.disqualified_reason) if is_bare else given
    )


def described(result: Result) -> str:
    """Return a result in words."""
    if result.disqualified_reason:
        text = "a disqualification"
    elif result.place is None:
        text = f"no placement ({result.unplaced_reason or 'no reason is given'})"
    else:
        text = f"placement {write_place(*result.place)}"
    return f"{text} with a prize of {result.prize}" if result.prize else text
