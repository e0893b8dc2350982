"""The record of disqualifications, and how what they cause is named in the history of numbers.

A disqualification changes rows of others too: they move up. Its reason is about one entrant, so it is not
stored with those changes. What is stored is a reference to the ruling, and whoever shows a history finds the
words for its reader.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from deltacrown.accounts.models import User
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Disqualification, Tournament, TournamentParticipation
from django_tally.context import attributed

_REFERENCE = re.compile(r"(disqualification|lifted disqualification) (\d{1,18})")


@dataclass(frozen=True, kw_only=True)
class RulingCause:
    """Why rows changed: a disqualification, or its lifting.

    :param members: the ids of the players the ruling is about; for all others only the rest moved.
    """

    disqualification: Disqualification
    is_lifting: bool
    members: frozenset[int]


def find_standing(tournament: Tournament, entrant: User | Team) -> Disqualification | None:
    """Return the disqualification of an entrant that was not lifted, if one is recorded."""
    rows = Disqualification.objects.standing().filter(tournament=tournament)
    found = rows.filter(user=entrant) if isinstance(entrant, User) else rows.filter(team=entrant)
    return found.first()


def record_disqualification(
    tournament: Tournament, entrant: User | Team, *, reason: str, now: datetime, by: User | None
) -> Disqualification:
    """Record that an entrant is out, or find that it is recorded."""
    return find_standing(tournament, entrant) or Disqualification.objects.create(
        tournament=tournament,
        user=entrant if isinstance(entrant, User) else None,
        team=None if isinstance(entrant, User) else entrant,
        reason=reason,
        decided_at=now,
        decided_by=by,
    )


def record_disqualifications(rulings: Sequence[Disqualification]) -> None:
    """Record that entrants are out, but for those of whom it is recorded. Two queries."""
    tournaments = {ruling.tournament_id for ruling in rulings}
    standing = Disqualification.objects.standing().filter(tournament__in=tournaments)
    known = set(standing.values_list("tournament", "user", "team"))
    fresh = [each for each in rulings if (each.tournament_id, each.user_id, each.team_id) not in known]
    Disqualification.objects.bulk_create(fresh)


@contextmanager
def caused_by(ruling: Disqualification, by: User | None, *, is_lifting: bool = False) -> Iterator[None]:
    """Store a reference to the ruling, in place of its reason, with every change made within."""
    what = "lifted disqualification" if is_lifting else "disqualification"
    with attributed(actor=by.get_username() if by else "", reason=f"{what} {ruling.pk}"):
        yield


def find_ruling_causes(reasons: Collection[str]) -> dict[str, RulingCause]:
    """Return the rulings that stored reasons refer to, by reason; those that refer to none are left out.

    ``user__profile``, ``team`` and ``tournament`` are loaded.
    """
    references = {reason: found for reason in reasons if (found := _REFERENCE.fullmatch(reason))}
    if not references:
        return {}

    rulings = Disqualification.objects.select_related("user__profile", "team", "tournament")
    known = rulings.in_bulk({int(found[2]) for found in references.values()})
    members = _list_members(known.values())
    return {
        reason: RulingCause(
            disqualification=known[int(found[2])],
            is_lifting=found[1] != "disqualification",
            members=members[int(found[2])],
        )
        for reason, found in references.items()
        if int(found[2]) in known
    }


def _list_members(rulings: Collection[Disqualification]) -> dict[int, frozenset[int]]:
    """Return ruling's id → the players it is about: the player, or all whom the team ever registered."""
    of_teams = Q()
    for ruling in rulings:
        if ruling.team_id is not None:
            of_teams |= Q(tournament=ruling.tournament_id, team=ruling.team_id)

    rosters: dict[tuple[int, int | None], set[int]] = {}
    if of_teams:
        rows = TournamentParticipation.objects.filter(of_teams)
        for tournament, team, user in rows.values_list("tournament", "team", "user"):
            rosters.setdefault((tournament, team), set()).add(user)

    members: dict[int, frozenset[int]] = {}
    for ruling in rulings:
        roster = rosters.get((ruling.tournament_id, ruling.team_id), set())
        members[ruling.pk] = frozenset(roster if ruling.user_id is None else {ruling.user_id})
    return members
