"""Seeds and the draw, and pairings that an organiser makes by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random

from django.db.models import Max
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.core.inputs import check_datetime, check_integer, check_text
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Pairing, Seed, Tournament
from deltacrown.tournaments.models.pairing import make_pairing_key
from deltacrown.tournaments.services.entrants import InvalidEntrant, name_of
from deltacrown.tournaments.services.pairings.layout import FEWEST_FOR_THIRD, lay_out
from deltacrown.tournaments.services.pairings.reading import list_seeds, list_standing_entrants
from deltacrown.tournaments.services.states import Status, lock_tournament, require_state
from django_tally.transactions import atomic_service

State = Pairing.State
#: The most games of a pairing: as many as its form has rows for.
MOST_GAMES = 15
LONGEST_ROUND = 100
MOST_SEEDED = 1_024
NOT_OVER = [Status.OPEN, Status.RUNNING]


class AlreadyDrawn(Conflict):
    """The bracket is drawn, or results of it are confirmed."""


class InvalidDraw(InvalidInput):
    """The bracket cannot be drawn so."""


@atomic_service
def set_seeds(
    *, tournament: Tournament, order: Sequence[User | Team] = (), shuffle: int | None = None
) -> list[Seed]:
    """Seed all entrants, and return their seeds, the best first. Before the draw only.

    :param order: the best first; whom it does not name follows in the order of registration.
    :param shuffle: a number from which all are put in a random order; the same one gives the same order.
    :raises AlreadyDrawn: a bracket is drawn.
    :raises InvalidEntrant: ``order`` names one twice, or one that is not registered.
    """
    lock_tournament(tournament)
    require_state(tournament, NOT_OVER, "seeding")
    if Pairing.objects.filter(tournament=tournament, is_drawn=True).exists():
        message = _("The bracket of %(tournament)s is drawn; remove the draw first, then change the seeds.")
        raise AlreadyDrawn(message % {"tournament": tournament.name}, field="seeds")

    entrants = {entrant.pk: entrant for entrant in list_standing_entrants(tournament)}
    if shuffle is not None:
        order = [*entrants.values()]
        Random(shuffle).shuffle(order)  # noqa: S311 - to be repeated, not to be secret
    named = [entrant.pk for entrant in order]
    for entrant in order:
        if entrant.pk not in entrants or named.count(entrant.pk) > 1:
            message = _("%(name)s is seeded twice, or not registered; name each entrant once.")
            raise InvalidEntrant(message % {"name": name_of(entrant)}, field="seeds")
    rest = [entrant for key, entrant in entrants.items() if key not in named]
    return _write_seeds(tournament, [*order, *rest])


def _write_seeds(tournament: Tournament, order: Sequence[User | Team]) -> list[Seed]:
    Seed.objects.filter(tournament=tournament).delete()
    return Seed.objects.bulk_create(
        Seed(tournament=tournament, position=position, **_name("", entrant))
        for position, entrant in enumerate(order, start=1)
    )


def _name(side: str, entrant: User | Team | None) -> dict[str, User | Team]:
    """Return an entrant by the name of its column: ``first_user``, ``team``; nothing of nobody."""
    if entrant is None:
        return {}
    return {f"{side}user" if isinstance(entrant, User) else f"{side}team": entrant}


@atomic_service
def draw_bracket(
    *, tournament: Tournament, third_place: bool = False, best_of: int = 1, final_best_of: int | None = None
) -> list[Pairing]:
    """Draw a single elimination from the seeds, and return its pairings in the order of play.

    The best seeds begin in the second round where the entrants are no power of two. A bracket that was drawn
    is drawn anew, and what was reported of it is dropped, as long as nothing of it is confirmed.

    :param third_place: with a match of those who lose the semi-finals.
    :raises AlreadyDrawn: a result of the bracket is confirmed.
    :raises InvalidDraw: there are too few entrants.
    """
    lock_tournament(tournament)
    require_state(tournament, [Status.RUNNING], "drawing")
    _check_best_of(best_of)
    _check_best_of(final_best_of or best_of, field="final_best_of")
    order = _list_drawn(tournament)
    if third_place and len(order) < FEWEST_FOR_THIRD:
        raise InvalidDraw(_("A match for the third place needs four entrants."), field="third_place")
    _remove_drawn(tournament)

    before = _count_pairings(tournament)
    tree = lay_out(len(order), third_place=third_place)
    made: dict[int, Pairing] = {}
    for place in reversed(range(len(tree))):
        node = tree[place]
        first, second = (order[seed - 1] if seed else None for seed in node.seeds)
        is_last = node.winner_to is None
        made[place] = Pairing.objects.create(
            tournament=tournament,
            number=before + place + 1,
            round=node.round,
            is_drawn=True,
            best_of=(final_best_of or best_of) if is_last else best_of,
            winner_to=made.get(-1 if node.winner_to is None else node.winner_to),
            loser_to=made.get(-1 if node.loser_to is None else node.loser_to),
            to_side=node.to_side,
            state=State.READY if first and second else State.WAITING,
            **_name("first_", first),
            **_name("second_", second),
        )
    return [made[place] for place in sorted(made)]


def _list_drawn(tournament: Tournament) -> list[User | Team]:
    """Return the entrants in the order of their seeds, the others after them as they registered."""
    entrants = {entrant.pk: entrant for entrant in list_standing_entrants(tournament)}
    seeded = [seed.team_id or seed.user_id for seed in list_seeds(tournament)]
    order = [key for key in seeded if key in entrants]
    order += [key for key in entrants if key not in set(order)]
    if not 2 <= len(order) <= MOST_SEEDED:
        message = _("A bracket needs 2 to %(most)s entrants, and %(tournament)s has %(entrants)s.")
        words = {"most": MOST_SEEDED, "tournament": tournament.name, "entrants": len(order)}
        raise InvalidDraw(message % words, field="tournament")
    return [entrants[key] for key in order]


@atomic_service
def remove_draw(*, tournament: Tournament) -> bool:
    """Remove the drawn bracket with what was reported of it, and return whether there was one.

    :raises AlreadyDrawn: a result of it is confirmed.
    """
    lock_tournament(tournament)
    return _remove_drawn(tournament)


def _remove_drawn(tournament: Tournament) -> bool:
    drawn = Pairing.objects.filter(tournament=tournament, is_drawn=True)
    if drawn.filter(state=State.CONFIRMED).exists():
        message = _("Results of the bracket are confirmed; take them back first, the last ones first.")
        raise AlreadyDrawn(message, field="tournament")
    return bool(drawn.delete()[0])


def _count_pairings(tournament: Tournament) -> int:
    """Return the highest number of a pairing."""
    return Pairing.objects.filter(tournament=tournament).aggregate(most=Max("number"))["most"] or 0


@atomic_service
def add_pairing(
    *,
    tournament: Tournament,
    first: User | Team,
    second: User | Team,
    round: str,
    best_of: int = 1,
    scheduled_at: datetime | None = None,
    key: str = "",
) -> Pairing:
    """Pair two entrants by hand, for a league or a Swiss round.

    :param round: what the round is called: ``Week 3``.
    :param key: as ``make_pairing_key`` makes it: the pairing that has it stays as it is, so that what is sent
        twice is made once. Empty for another one.
    :raises AlreadyDrawn: a pairing of another tournament has the key.
    :raises InvalidEntrant: one is not registered, or both are one.
    """
    lock_tournament(tournament)
    require_state(tournament, NOT_OVER, "pairing")
    check_text(round, field="round", limit=LONGEST_ROUND, required=True)
    _check_best_of(best_of)
    check_schedule(scheduled_at)
    known = Pairing.objects.filter(key=key).select_related("tournament").first() if key else None
    if known is not None and known.tournament_id == tournament.pk:
        return known
    if known is not None:
        raise AlreadyDrawn(_("This form was made for another tournament; load the page again."), field="key")
    entrants = {entrant.pk for entrant in list_standing_entrants(tournament)}
    for field, entrant in (("first", first), ("second", second)):
        if entrant.pk not in entrants:
            message = _("%(name)s is not registered; choose another entrant.") % {"name": name_of(entrant)}
            raise InvalidEntrant(message, field=field)
    if first.pk == second.pk:
        message = _("%(name)s cannot play against itself; choose two entrants.") % {"name": name_of(first)}
        raise InvalidEntrant(message, field="second")
    return Pairing.objects.create(
        tournament=tournament,
        number=_count_pairings(tournament) + 1,
        round=round.strip(),
        best_of=best_of,
        scheduled_at=scheduled_at,
        state=State.READY,
        key=key or make_pairing_key(),
        **_name("first_", first),
        **_name("second_", second),
    )


@atomic_service
def remove_pairing(*, pairing: Pairing) -> None:
    """Remove a pairing that was made by hand, with what was reported of it.

    :raises AlreadyDrawn: it is part of the bracket, or confirmed.
    """
    lock_tournament(pairing.tournament)
    rows = Pairing.objects.filter(pk=pairing.pk)
    if rows.filter(is_drawn=True).exists():
        raise AlreadyDrawn(_("The pairing is part of the bracket; remove the draw instead."), field="pairing")
    if rows.filter(state=State.CONFIRMED).exists():
        raise AlreadyDrawn(_("The pairing is confirmed; take its result back first."), field="pairing")
    rows.delete()


@atomic_service
def schedule_pairing(*, pairing: Pairing, scheduled_at: datetime | None) -> None:
    """Set when a pairing is to be played; None for no time.

    :raises AlreadyDrawn: it is confirmed.
    :raises WrongState: the tournament is over.
    """
    check_schedule(scheduled_at)
    lock_tournament(pairing.tournament)
    require_state(pairing.tournament, NOT_OVER, "scheduling")
    rows = Pairing.objects.filter(pk=pairing.pk)
    if rows.filter(state=State.CONFIRMED).exists():
        message = _("The pairing is confirmed, so that it was played; take its result back first.")
        raise AlreadyDrawn(message, field="pairing")
    rows.update(scheduled_at=scheduled_at)


def check_schedule(scheduled_at: datetime | None) -> None:
    """Refuse a time without time zone."""
    if scheduled_at is not None:
        check_datetime(scheduled_at, field="scheduled_at")


def _check_best_of(best_of: int, field: str = "best_of") -> None:
    check_integer(best_of, field=field, least=1, most=MOST_GAMES)
