"""What final standings must be, and the result rows they become: rules without the database.

Standings are taken as they were published. What merely looks odd, a gap or a missing winner, is a warning of
``oddities``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.inputs import check_integer, check_text, is_blank
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentParticipation, TournamentResult
from deltacrown.tournaments.services.entrants import EntrantName, get_entrant, name_of
from deltacrown.tournaments.services.placements import Place, make_place, split_place

CENT = Decimal("0.01")
#: What ``prize_amount`` holds: 12 digits, two of them cents.
PRIZE_LIMIT = Decimal(10) ** 10
LONGEST_REASON = 500
LONGEST_UNPLACED_REASON = 200


class InvalidStanding(InvalidInput):
    """The standings contradict themselves: an entrant twice, a placed disqualified entrant."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an entrant ended: a player in a solo event, or a team.

    :param placement: 1 is the winner; ties share one; None when disqualified or unranked.
    :param placement_to: the last place of a shared range: 8 for 5 to 8.
    :param prize: what the entrant won, in whole cents; a team's is shared by its roster.
    :param disqualified_reason: why it is out.
    :param unplaced_reason: why it has no placement, though it is not out: not classified, did not start.
    """

    user: User | None = None
    team: Team | None = None
    placement: int | None
    placement_to: int | None = None
    prize: Decimal = Decimal(0)
    disqualified_reason: str = ""
    unplaced_reason: str = ""

    @property
    def place(self) -> Place | None:
        """Return the first and the last place; None without a placement."""
        return make_place(self.placement, self.placement_to)


def check_standings(tournament: Tournament, standings: Sequence[Standing]) -> dict[int, Standing]:
    """Refuse standings that contradict themselves, and return them by the entrant's id, with tidy places.

    They are taken as published: ties of any kind, gaps, ranges, no winner or several, the first few only. It
    takes no query.

    :raises InvalidInput: naming the entrant and what is wrong.
    """
    by_entrant: dict[int, Standing] = {}
    for standing in standings:
        entrant = get_entrant(tournament, standing.user, standing.team)
        if entrant.pk in by_entrant:
            message = _("%(name)s is in the standings twice.") % {"name": name_of(entrant)}
            raise InvalidStanding(message, field="standings")
        by_entrant[entrant.pk] = check_standing(standing, who=name_of(entrant))
    return by_entrant


def check_standing(standing: Standing, *, who: EntrantName) -> Standing:
    """Refuse what contradicts itself in one standing, and return it as it is stored.

    :param who: whose it is, for messages.
    :raises InvalidInput: naming the field.
    """
    check_text(
        standing.disqualified_reason, field="disqualified_reason", limit=LONGEST_REASON, multiline=True
    )
    check_prize(standing.prize)
    _check_place(standing, who)
    if standing.disqualified_reason and is_blank(standing.disqualified_reason):
        raise InvalidStanding(
            _("%(name)s is disqualified for a reason without words; write one, or leave it out.")
            % {"name": who},
            field="disqualified_reason",
        )
    if standing.disqualified_reason and standing.placement is not None:
        message = _("%(name)s is disqualified and has a placement; leave one out.") % {"name": who}
        raise InvalidStanding(message, field="placement")
    return _tidy(standing)


def _check_place(standing: Standing, who: EntrantName) -> None:
    """Refuse what is no placement, no range, or a reason for having none beside one."""
    placement, placement_to = standing.placement, standing.placement_to
    unplaced_reason = standing.unplaced_reason
    check_text(unplaced_reason, field="unplaced_reason", limit=LONGEST_UNPLACED_REASON, multiline=True)
    if placement is None:
        if placement_to is not None:
            raise InvalidStanding(
                _(
                    "placement_to %(place)s of %(name)s has no placement; "
                    "give the first place of the range too."
                )
                % {"place": f"{placement_to!r:.40}", "name": who},
                field="placement_to",
            )
        return

    check_integer(placement, field="placement", least=1)
    if not is_blank(unplaced_reason):
        raise InvalidStanding(
            _("The placement %(place)s of %(name)s comes with a reason for having none; leave one out.")
            % {"place": placement, "name": who},
            field="unplaced_reason",
        )
    if placement_to is None:
        return
    check_integer(placement_to, field="placement_to", least=1)
    if placement_to < placement:
        raise InvalidStanding(
            _("The range %(first)s to %(last)s of %(name)s ends before it begins; swap the two.")
            % {"first": placement, "last": placement_to, "name": who},
            field="placement_to",
        )


def check_prize(prize: object) -> None:
    """Refuse what is no prize: negative, endless, finer than cents, or over ten digits."""
    if isinstance(prize, bool) or not isinstance(prize, (Decimal, int)):
        message = _("prize must be a decimal number, not %(type)s.") % {"type": type(prize).__name__}
        raise InvalidStanding(message, field="prize")
    amount = Decimal(prize)
    if not amount.is_finite() or not 0 <= amount < PRIZE_LIMIT:
        raise InvalidStanding(_("prize must be from 0 to below 10,000,000,000."), field="prize")
    if amount != amount.quantize(CENT):
        message = _("prize %(amount)s is finer than cents; round it.") % {"amount": amount}
        raise InvalidStanding(message, field="prize")


def share_prize(prize: Decimal, members: int) -> Decimal:
    """Return a member's equal share, rounded down to cents: what is left over stays the team's."""
    return (Decimal(prize) / members).quantize(CENT, ROUND_DOWN)


def build_results(
    tournament: Tournament,
    roster: Sequence[TournamentParticipation],
    standing: Standing,
    decided_at: datetime,
) -> list[TournamentResult]:
    """Return the unsaved rows of one standing: the player's, or the team's and one per member. No query."""
    placement, placement_to = split_place(standing.place)

    def row(user: User | None, prize: Decimal) -> TournamentResult:
        return TournamentResult(
            tournament=tournament,
            user=user,
            team=roster[0].team,
            placement=placement,
            placement_to=placement_to,
            unplaced_reason=standing.unplaced_reason,
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


def _tidy(standing: Standing) -> Standing:
    """Return a standing as it is stored: a range of one place is that place, a blank reason is none."""
    _, placement_to = split_place(standing.place)
    reason = "" if is_blank(standing.unplaced_reason) else standing.unplaced_reason.strip()
    if (placement_to, reason) == (standing.placement_to, standing.unplaced_reason):
        return standing
    return replace(standing, placement_to=placement_to, unplaced_reason=reason)
