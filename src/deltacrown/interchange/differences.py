"""The differences between a tournament of a file and the one that is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from deltacrown.core.errors import Conflict
from deltacrown.interchange.directory import Directory
from deltacrown.interchange.drafts import NO_REASON, EntrantDraft, TournamentDraft
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services import was_called

#: Differences named at once.
MOST_NAMED = 5
Result = tuple[int | None, Decimal, str]


class TournamentDiffers(Conflict):
    """A tournament of a file is recorded with other facts or results; nothing was changed."""


def check_same(draft: TournamentDraft, tournament: Tournament, directory: Directory) -> None:
    """Refuse a file that contradicts what is recorded of a tournament.

    :raises TournamentDiffers: naming the differences and how to mend them.
    """
    if facts := list(fact_differences(draft, tournament, directory)):
        raise TournamentDiffers(
            f"{tournament.slug} is recorded with other facts: {'; '.join(facts)}. Correct the file"
        )
    both_completed = draft.status == tournament.status == Tournament.Status.COMPLETED
    if both_completed and (results := list(result_differences(draft, tournament, directory))):
        named = "; ".join(difference for difference, _ in results[:MOST_NAMED])
        if len(results) > MOST_NAMED:
            named += f"; and {len(results) - MOST_NAMED} more"
        steps = " and ".join(sorted({step for _, step in results} - {""}))
        advice = f"Use {steps}, or correct the file" if steps else "Correct the file"
        raise TournamentDiffers(f"{tournament.slug} is completed with other results: {named}. {advice}")


def fact_differences(draft: TournamentDraft, tournament: Tournament, directory: Directory) -> Iterator[str]:
    """Yield what is recorded otherwise; what the file leaves empty, or an end not recorded, is not."""
    is_same_name = not draft.name or draft.name == tournament.name or was_called(tournament, draft.name)
    given = {
        "game": directory.games[draft.game].slug,
        "name": tournament.name if is_same_name else draft.name,
        "starts_at": draft.starts_at,
    }
    recorded = {"game": tournament.game.slug, "name": tournament.name, "starts_at": tournament.starts_at}
    if draft.ends_at and tournament.ends_at:
        given["ends_at"], recorded["ends_at"] = draft.ends_at, tournament.ends_at
    if draft.entrants:
        given["entrants"], recorded["entrants"] = draft.entrant_kind, tournament.entrant_kind
    for name, value in given.items():
        if value != recorded[name]:
            yield f"{name} is {recorded[name]}, the file says {value}"


def result_differences(
    draft: TournamentDraft, tournament: Tournament, directory: Directory
) -> Iterator[tuple[str, str]]:
    """Yield the entrants whose result is recorded otherwise, or is not in both.

    Each comes with the service that would make it what the file says, or nothing when none would.
    """
    with_result = [entrant for entrant in draft.entrants if entrant.outcome.is_decided]
    decided = {entrant_id(entrant, directory): entrant for entrant in with_result}
    recorded, entered = recorded_results(tournament), list_entered(tournament)
    for entrant_key, entrant in decided.items():
        row = recorded.pop(entrant_key, None)
        given = entrant.outcome.placement, entrant.outcome.prize, entrant.outcome.disqualified_reason
        if row is None:
            step = find_step(given, None) if entrant_key in entered else ""
            yield f"{entrant.label} has no result, the file says {described(given)}", step
        elif not is_same_result(result_of(row), given):
            difference = f"{entrant.label} has {described(result_of(row))}, the file says {described(given)}"
            yield difference, find_step(given, result_of(row))
    for row in recorded.values():
        yield f"{row.user or row.team} has {described(result_of(row))}, the file says nothing", ""


def find_step(given: Result, recorded: Result | None) -> str:
    """Return the service that makes a recorded result what the file says; it has no word for a new reason."""
    if given[0] is not None:
        return "correct_result"
    return "disqualify_entrant" if recorded is not None and recorded[0] is not None else ""


def list_entered(tournament: Tournament) -> set[int | None]:
    """Return the ids of the players or teams that are entered, without those who withdrew."""
    solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    rows = tournament.participations.exclude(status=TournamentParticipation.Status.WITHDRAWN)
    return set(rows.values_list("user" if solo else "team", flat=True))


def recorded_results(tournament: Tournament) -> dict[int | None, TournamentResult]:
    """Return the official result of each entrant, by the player's or the team's id."""
    solo = tournament.entrant_kind == Tournament.EntrantKind.SOLO
    results = tournament.results.select_related("user", "team")
    rows: Iterable[TournamentResult] = results.order_by("placement", "pk")
    return {row.user_id if solo else row.team_id: row for row in rows if solo or row.user_id is None}


def entrant_id(entrant: EntrantDraft, directory: Directory) -> int:
    """Return the id of the player or team that enters."""
    return directory.teams[entrant.team].pk if entrant.team else directory.players[entrant.players[0]].pk


def result_of(row: TournamentResult) -> Result:
    """Convert a row into what a file would say."""
    return row.placement, row.prize_amount, row.disqualified_reason


def is_same_result(recorded: Result, given: Result) -> bool:
    """Return whether two results are the same; a disqualification given without a reason equals any."""
    reason = recorded[2] if given[2] == NO_REASON and recorded[2] else given[2]
    return recorded == (given[0], given[1], reason)


def described(result: Result) -> str:
    """Return a result in words."""
    placement, prize, _ = result
    if placement is None:
        return "a disqualification"
    return f"placement {placement} with a prize of {prize}" if prize else f"placement {placement}"
