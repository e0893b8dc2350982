"""People who run one tournament at the same time: rulings that differ, and who runs it at all."""

from __future__ import annotations

from functools import partial

import pytest

from deltacrown.accounts.models import User
from deltacrown.core.deeds import Deed
from deltacrown.core.models import AuditEntry
from deltacrown.games.models import Match
from deltacrown.pages import desk_people, pairings_ruled
from deltacrown.tournaments.models import Pairing, TournamentOrganiser
from deltacrown.tournaments.services import (
    MayNotOrganise,
    Outcome,
    add_organiser,
    hand_over_tournament,
    list_organisers,
    pairings,
)
from tests import scene
from tests.concurrency import call_together
from tests.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)

WON = Outcome.won


@pytest.fixture
def cup():
    """A running cup of four with two who run it beside the organiser."""
    event = scene.tournament("cup", status="RUNNING", organiser=scene.player("host"))
    for place in range(4):
        scene.registration(scene.player(f"p{place}"), event, hours=place)
    for name in ("one", "two"):
        add_organiser(tournament=event, user=scene.player(name), by=event.organiser)
    pairings.draw_bracket(tournament=event, third_place=False)
    return event


def named(name):
    return User.objects.get(username=name)


def test_of_two_rulings_that_differ_one_holds(cup, find_all_drift):
    semi = pairings.list_pairings(cup)[0]
    handle = pairings.write_handle(semi)
    for _ in range(4):
        calls = [
            partial(
                pairings_ruled.rule,
                slug="cup",
                handle=handle,
                outcome=WON(side),
                reason="x",
                by=named(name),
                now=NOON,
            )
            for side, name in ((1, "one"), (2, "two"))
        ]
        answers = call_together(calls)

        [refused] = [each for each in answers if isinstance(each, BaseException)]
        assert isinstance(refused, pairings.PairingConflict), refused
        assert refused.message == "Another result is confirmed already; take it back first, then rule."
        row = Pairing.objects.get(pk=semi.pk)
        assert row.winner_side == (2 if answers.index(refused) == 0 else 1)
        final = pairings.list_pairings(cup).last()
        assert final.sides[0] == semi.sides[row.winner_side - 1]
        assert Match.objects.filter(voided_at=None).count() == 2
        pairings_ruled.take_back(slug="cup", handle=handle, reason="again", by=cup.organiser, now=NOON)
    assert find_all_drift() == []


def test_a_ruling_and_a_report_at_once_leave_one_result(cup, find_all_drift):
    semi = pairings.list_pairings(cup)[0]
    first, second = semi.sides
    pairings.report_pairing(pairing=semi, outcome=WON(1), by=first, now=NOON)
    answers = call_together(
        [
            partial(pairings.report_pairing, pairing=semi, outcome=WON(1), by=second, now=NOON),
            partial(
                pairings.rule_pairing,
                pairing=semi,
                outcome=WON(2),
                reason="x",
                by=named("one"),
                now=NOON,
            ),
        ]
    )
    [refused] = [each for each in answers if isinstance(each, BaseException)]
    assert isinstance(refused, pairings.PairingConflict)
    row = Pairing.objects.get(pk=semi.pk)
    assert row.winner_side == (2 if answers[0] is refused else 1)
    assert Match.objects.count() == 2
    assert find_all_drift() == []


def test_two_co_organisers_cannot_remove_each_other(cup):
    one, two = named("one"), named("two")
    answers = call_together(
        [
            partial(desk_people.remove_co_organiser, slug="cup", public_id=two.profile.public_id, by=one),
            partial(desk_people.remove_co_organiser, slug="cup", public_id=one.profile.public_id, by=two),
        ]
    )
    assert all(isinstance(each, MayNotOrganise) for each in answers), answers
    assert [row.user.username for row in list_organisers(cup)] == ["one", "two"]


def test_the_organiser_and_who_was_just_handed_the_tournament_do_not_remove_each_other(cup):
    """Whoever owns it says who runs it: the former organiser, removed or not, is never left without one."""
    host, one = cup.organiser, named("one")
    for _ in range(3):
        owner, other = (
            (host, one) if type(cup).objects.get(pk=cup.pk).organiser_id == host.pk else (one, host)
        )
        answers = call_together(
            [
                partial(hand_over_tournament, tournament=_fresh(cup), user=other, by=owner),
                partial(
                    desk_people.remove_co_organiser,
                    slug="cup",
                    public_id=other.profile.public_id,
                    by=owner,
                ),
            ]
        )
        kept = _fresh(cup)
        running = {kept.organiser_id, *TournamentOrganiser.objects.values_list("user", flat=True)}
        assert kept.organiser_id in {owner.pk, other.pk}
        assert TournamentOrganiser.objects.filter(user=kept.organiser_id).count() == 0
        refused = [each for each in answers if isinstance(each, BaseException)]
        assert all(type(each).__name__ in {"InvalidInput", "MayNotOrganise"} for each in refused), refused
        if other.pk not in running:
            add_organiser(tournament=kept, user=other, by=owner)


def test_two_who_leave_at_once_both_leave_and_are_logged_once(cup):
    one, two = named("one"), named("two")
    before = AuditEntry.objects.filter(deed=Deed.ORGANISER_REMOVED).count()
    calls = [
        partial(desk_people.remove_co_organiser, slug="cup", public_id=each.profile.public_id, by=by)
        for each in (one, two)
        for by in (each, cup.organiser)
    ]
    answers = call_together(calls)
    # Who is removed by the organiser first is told, when they leave, that they do not run it.
    assert all(not isinstance(each, BaseException) or isinstance(each, MayNotOrganise) for each in answers)
    assert not TournamentOrganiser.objects.exists()
    assert AuditEntry.objects.filter(deed=Deed.ORGANISER_REMOVED).count() == before + 2


def _fresh(cup):
    return type(cup).objects.select_related("organiser").get(pk=cup.pk)
