"""Pairings: the organiser's desk with all of them, and the page of one for its two sides.

Who is paired with whom is shown to who runs the tournament and to the two sides, and to nobody else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.core.pagination import Page, paginate
from deltacrown.pages.tournaments import get_tournament
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Pairing, PairingReport, Tournament
from deltacrown.tournaments.services import Outcome, can_organise, pairings, require_organiser
from deltacrown.user_profile.privacy import Viewer
from deltacrown.user_profile.standing import require_good_standing
from django_tally.transactions import atomic_service


class SeedsHaveChanged(Conflict):
    """The seeds are in another order by now than the page had."""


def name(entrant: User | Team | None) -> str:
    """Return what pages call an entrant; empty of nobody."""
    if entrant is None:
        return ""
    return entrant.profile.name if isinstance(entrant, User) else entrant.name


@dataclass(frozen=True)
class PairingItem:
    """A pairing with what was said of it.

    :param told: side → what it reports now.
    :param recorded: the side that won by the recorded matches as they are now; None where they say nothing.
    """

    pairing: Pairing
    told: Mapping[int, Outcome]
    recorded: int | None = None
    history: tuple[PairingReport, ...] = ()

    @property
    def handle(self) -> str:
        return pairings.write_handle(self.pairing)

    @property
    def first(self) -> str:
        return name(self.pairing.first)

    @property
    def second(self) -> str:
        return name(self.pairing.second)

    @property
    def first_told(self) -> Outcome | None:
        return self.told.get(1)

    @property
    def second_told(self) -> Outcome | None:
        return self.told.get(2)

    @property
    def outcome(self) -> Outcome:
        return Outcome.read(self.pairing.outcome)

    @property
    def says_otherwise(self) -> bool:
        """Return whether the recorded matches were changed so that another side won, or nobody."""
        return self.pairing.is_confirmed and self.recorded != self.pairing.winner_side

    @property
    def winner(self) -> str:
        return name(self.pairing.winner)


@dataclass(frozen=True)
class DeskPage:
    """All pairings of a tournament, and its entrants in the order of their seeds."""

    tournament: Tournament
    entrants: list[tuple[str, str]]
    rounds: list[tuple[str, list[PairingItem]]]
    is_drawn: bool
    is_fixed: bool

    @property
    def order(self) -> str:
        """Return the order of the entrants, as a form that is made from it sends it along."""
        return _digest([key for key, _name in self.entrants])


@dataclass(frozen=True)
class PairingPage:
    """One pairing; ``side`` is the one for which the viewer reports, None for others of a side."""

    tournament: Tournament
    item: PairingItem
    side: int | None
    may_organise: bool

    def find_told(self, side: int) -> Outcome | None:
        """Return what a side reports, as far as the viewer may know: who runs the tournament knows both."""
        if self.may_organise:
            return self.item.told.get(side)
        return self.mine if side == self.side else self.theirs

    @property
    def mine(self) -> Outcome | None:
        """Return what the viewer's side reports now."""
        return self.item.told.get(self.side or 0)

    @property
    def theirs(self) -> Outcome | None:
        """Return what the other side reports, to a side that has reported itself."""
        return self.item.told.get(3 - self.side) if self.side and self.mine else None


def get_desk_page(slug: str, *, viewer: User) -> DeskPage:
    """Return all pairings to who runs the tournament.

    :raises MayNotOrganise: the viewer does not.
    """
    event = _get_own(slug, viewer)
    rows = [*pairings.list_pairings(event)]
    for row in rows:
        row.tournament = event
    items = _describe(rows)
    rounds: dict[str, list[PairingItem]] = {}
    for item in items:
        rounds.setdefault(item.pairing.round, []).append(item)
    drawn = [row for row in rows if row.is_drawn]
    return DeskPage(
        event,
        [(entrant_key(entrant), name(entrant)) for entrant in _order(event)],
        [*rounds.items()],
        bool(drawn),
        any(row.is_confirmed for row in drawn),
    )


def get_pairing_desk(slug: str, handle: str, *, viewer: User) -> PairingPage:
    """Return one pairing to who runs the tournament.

    :raises MayNotOrganise: the viewer does not.
    :raises PairingNotFound: there is none.
    """
    event = _get_own(slug, viewer)
    row = pairings.get_pairing(event, handle)
    row.tournament = event
    return PairingPage(event, _describe([row])[0], None, may_organise=True)


def get_pairing_page(slug: str, handle: str, *, viewer: User, now: datetime) -> PairingPage:
    """Return one pairing to its sides, and to who runs the tournament.

    :raises PairingNotFound: there is none, or the viewer has no part in it.
    """
    event = get_tournament(slug, viewer=viewer)
    row = pairings.get_own_pairing(event, handle, viewer=viewer, now=now)
    row.tournament = event
    side = pairings.find_reporting_side(row, viewer, now)
    return PairingPage(event, _describe([row])[0], side, can_organise(event, viewer))


def list_pairings(
    slug: str, page: str | None = None, *, viewer: User, now: datetime, limit: int = 20
) -> Page[PairingPage]:
    """Return a page of the pairings of a tournament, in order of play.

    Who runs the tournament is shown all, a player those of their side, and others none, as where there
    are none.

    :raises NotFound: there is no such tournament for the viewer.
    """
    event = get_tournament(slug, viewer=viewer)
    may_organise = can_organise(event, viewer)
    part = pairings.find_part(event, viewer, now)
    rows = pairings.list_pairings(event) if may_organise else pairings.filter_own(event, part)

    listing = f"pairings/{event.pk}/{viewer.pk}"
    found = paginate(rows, listing=listing, order=("number",), cursor=page, limit=limit)

    def describe(shown: Sequence[Pairing]) -> list[PairingPage]:
        for row in shown:
            row.tournament = event
        return [
            PairingPage(event, item, part.find_reported_side(item.pairing), may_organise)
            for item in _describe(list(shown))
        ]

    return found.with_items(describe)


def get_next_pairing(event: Tournament, viewer: Viewer, *, is_entered: bool) -> PairingItem | None:
    """Return the pairing that somebody who is entered plays next; one query, none for others."""
    if not (is_entered and isinstance(viewer, User) and event.status == Tournament.Status.RUNNING):
        return None
    row = pairings.filter_open(event, viewer).first()
    return PairingItem(row, {}) if row else None


@atomic_service
def report(*, slug: str, handle: str, outcome: Outcome, by: User, now: datetime) -> Pairing:
    """Report a result for one's side.

    :raises PairingNotFound: there is none, or ``by`` has no part in it.
    :raises DomainError: as ``report_pairing``.
    """
    event = get_tournament(slug, viewer=by)
    row = pairings.get_own_pairing(event, handle, viewer=by, now=now)
    require_good_standing(by, now)
    return pairings.report_pairing(pairing=row, outcome=outcome, by=by, now=now)


def _get_own(slug: str, viewer: User) -> Tournament:
    event = get_tournament(slug, viewer=viewer)
    require_organiser(event, viewer)
    return event


def entrant_key(entrant: User | Team) -> str:
    """Return what forms call an entrant: the public id of a player, the slug of a team."""
    return entrant.profile.public_id if isinstance(entrant, User) else entrant.slug


def _order(event: Tournament) -> list[User | Team]:
    places = {seed.team_id or seed.user_id: seed.position for seed in pairings.list_seeds(event)}
    last = len(places) + 1
    return sorted(pairings.list_standing_entrants(event), key=lambda each: places.get(each.pk, last))


def _describe(rows: list[Pairing]) -> list[PairingItem]:
    """Return pairings with what was said of them. Three queries."""
    recorded = pairings.find_recorded_winners(rows)
    said: dict[int, list[PairingReport]] = {}
    for each in PairingReport.objects.filter(pairing__in=rows).order_by("pk"):
        said.setdefault(each.pairing_id, []).append(each)
    return [
        PairingItem(
            row,
            pairings.find_current_reports(row, said.get(row.pk, ())),
            recorded.get(row.pk),
            tuple(said.get(row.pk, ())),
        )
        for row in rows
    ]


@atomic_service
def seed(*, slug: str, places: Mapping[str, int] | None, shuffle: int | None, by: User) -> None:
    """Seed the entrants by the numbers they were given, or at random.

    :param places: of ``entrant_key`` → the number; those of one number stay in the order they have.
    """
    event = _get_own(slug, by)
    order: list[User | Team] = []
    if places is not None:
        order = sorted(_order(event), key=lambda each: places.get(entrant_key(each), len(places) + 1))
    pairings.set_seeds(tournament=event, order=order, shuffle=shuffle)


@atomic_service
def move_seed(*, slug: str, key: str, by_places: int, made_from: str, by: User) -> None:
    """Move an entrant up or down among the seeds. Sent twice, it moves once.

    :param key: of ``entrant_key``; ``by_places``: -1 up, 1 down; at the end of the list it stays.
    :param made_from: the ``order`` of the page on which it was asked for.
    :raises InvalidInput: nobody has the key.
    :raises SeedsHaveChanged: the seeds are in another order by now.
    """
    event = _get_own(slug, by)
    order = _order(event)
    keys = [entrant_key(each) for each in order]
    if key not in keys:
        raise InvalidInput(_("This entrant is not registered; choose one of the list."), field="move")
    moved = _move(keys, key, by_places)
    if _digest(keys) == made_from:
        entrants = dict(zip(keys, order, strict=True))
        pairings.set_seeds(tournament=event, order=[entrants[each] for each in moved])
    elif _digest(_move(keys, key, -by_places)) != made_from:
        message = _("The order was changed meanwhile; look at it as it is now, then move.")
        raise SeedsHaveChanged(message, field="move")


def _move(keys: Sequence[str], key: str, by_places: int) -> list[str]:
    rest = [each for each in keys if each != key]
    place = min(max(keys.index(key) + by_places, 0), len(rest))
    return [*rest[:place], key, *rest[place:]]


def _digest(keys: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:32]


@atomic_service
def draw(*, slug: str, third_place: bool, best_of: int, final_best_of: int | None, by: User) -> None:
    """Draw the bracket, or draw it anew."""
    pairings.draw_bracket(
        tournament=_get_own(slug, by), third_place=third_place, best_of=best_of, final_best_of=final_best_of
    )


@atomic_service
def remove_draw(*, slug: str, by: User) -> None:
    """Remove the bracket that was drawn."""
    pairings.remove_draw(tournament=_get_own(slug, by))


@atomic_service
def add(*, slug: str, first: str, second: str, round_name: str, best_of: int, key: str, by: User) -> None:
    """Pair two entrants by hand, once for each ``key``."""
    event = _get_own(slug, by)
    entrants = {entrant_key(each): each for each in pairings.list_standing_entrants(event)}
    if first not in entrants or second not in entrants:
        raise InvalidInput(_("Choose two entrants."), field="first")
    pairings.add_pairing(
        tournament=event,
        first=entrants[first],
        second=entrants[second],
        round=round_name,
        best_of=best_of,
        key=key,
    )
