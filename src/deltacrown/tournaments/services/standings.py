"""What final standings must be, and the result rows they become: rules without the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_integer, check_text, is_blank
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services.entrants import EntrantName, get_entrant, name_of

CENT = Decimal("0.01")
#: What ``prize_amount`` holds: 12 digits, two of them cents.
PRIZE_LIMIT = Decimal(10) ** 10
LONGEST_REASON = 500


class InvalidStanding(InvalidInput):
    """The standings cannot be: an entrant twice, a gap in the ranking, a placed disqualified entrant."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an entrant ended: a player in a solo event, or a team.

    :param placement: 1 is the winner; ties share one; None when disqualified.
    :param prize: what the entrant won, in whole cents; a team's is shared by its roster.
    :param disqualified_reason: why it has no placement.
    """

    user: User | None = None
    team: Team | None = None
    placement: int | None
    prize: Decimal = Decimal(0)
    disqualified_reason: str = ""


def check_standings(tournament: Tournament, standings: Sequence[Standing]) -> dict[int, Standing]:
    """Refuse standings that cannot be, and return them by the entrant's id.

    Placements must rank as in a competition: 1, 2, 2, 4. They need not name every entrant.

    :raises InvalidInput: naming the entrant and what is wrong.
    """
    by_entrant: dict[int, Standing] = {}
    for standing in standings:
        entrant = get_entrant(tournament, standing.user, standing.team)
        if by_entrant.setdefault(entrant.pk, standing) is not standing:
            raise InvalidStanding(f"{name_of(entrant)} is in the standings twice.", field="standings")
        _check_standing(name_of(entrant), standing)
    check_ranking([standing.placement for standing in standings if standing.placement is not None])
    return by_entrant


def check_ranking(placements: Iterable[int]) -> None:
    """Refuse placements with a gap or without a winner; as many places follow a tie as share it."""
    previous = 0
    for rank, placement in enumerate(sorted(placements), start=1):
        if placement not in {rank, previous}:
            raise InvalidStanding(
                f"Placement {placement} is given where {rank} is due; "
                "after a tie as many places are left out as share it: 1, 2, 2, 4.",
                field="placement",
            )
        previous = placement


def check_placement(placement: object) -> None:
    """Refuse what is no placement: zero, negative, no whole number."""
    check_integer(placement, field="placement", least=1)


def check_prize(prize: object) -> None:
    """Refuse what is no prize: negative, endless, finer than cents, or over ten digits."""
    if isinstance(prize, bool) or not isinstance(prize, (Decimal, int)):
        raise InvalidStanding(f"prize must be a decimal number, not {type(prize).__name__}.", field="prize")
    amount = Decimal(prize)
    if not amount.is_finite() or not 0 <= amount < PRIZE_LIMIT:
        raise InvalidStanding("prize must be from 0 to below 10,000,000,000.", field="prize")
    if amount != amount.quantize(CENT):
        raise InvalidStanding(f"prize {amount} is finer than cents; round it.", field="prize")


def share_prize(prize: Decimal, members: int) -> Decimal:
    """Return a member's equal share, rounded down to cents: what is left over stays the team's."""
    return (Decimal(prize) / members).quantize(CENT, ROUND_DOWN)


def build_results(
    tournament: Tournament,
    roster: Sequence[TournamentParticipation],
    standing: Standing,
    decided_at: datetime,
) -> list[TournamentResult]:
    """Return the unsaved rows of one standing: the player's, or the team's and one per member."""

    def row(user: User | None, prize: Decimal) -> TournamentResult:
        return TournamentResult(
            tournament=tournament,
            user=user,
            team=roster[0].team,
            placement=standing.placement,
            prize_amount=prize,
            disqualified_at=decided_at if standing.disqualified_reason else None,
            disqualified_reason=standing.disqualified_reason,
            decided_at=decided_at,
        )

    prize = Decimal(standing.prize)
    if standing.team is None:
        return [row(roster[0].user, prize)]
    share = share_prize(prize, len(roster))
    return [row(None, prize), *(row(member.user, share) for member in roster)]


def _check_standing(who: EntrantName, standing: Standing) -> None:
    check_text(
        standing.disqualified_reason, field="disqualified_reason", limit=LONGEST_REASON, multiline=True
    )
    check_prize(standing.prize)
    if not is_blank(standing.disqualified_reason):
        if standing.placement is not None or standing.prize:
            raise InvalidStanding(
                f"{who} is disqualified and has a placement or a prize; leave them out.", field="placement"
            )
    elif standing.placement is None or standing.disqualified_reason:
        raise InvalidStanding(
            f"{who} has neither a placement nor a reason for disqualification; give one.", field="placement"
        )
    else:
        check_placement(standing.placement)
