"""What players read of standings as they were published: ranges, shared titles, and no placement at all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from deltacrown.pages.exports import iterate_own_data
from deltacrown.tournaments.services import (
    Standing,
    complete_tournament,
    correct_result,
    create_tournament,
    disqualify_entrant,
    lift_disqualification,
    open_registration,
    register_player,
    set_prize_currency,
    start_tournament,
)
from deltacrown.user_profile.histories.tournaments import get_tournament_breakdown
from deltacrown.user_profile.models import ExperienceAward, UserActivity, UserProfile
from deltacrown.user_profile.numbers.explanation import explain_stat
from deltacrown.user_profile.numbers.history import get_stat_history
from tests import scene
from tests.scene import NOON as NOW
from tests.tally.times import database_now

pytestmark = pytest.mark.django_db

EN = "\N{EN DASH}"
#: Two champions, two who share the places 3 and 4, two who have none.
PUBLISHED = {
    "ann": {"placement": 1},
    "bob": {"placement": 1},
    "cat": {"placement": 3, "placement_to": 4},
    "dan": {"placement": 3, "placement_to": 4},
    "eve": {"placement": None, "unplaced_reason": "not classified"},
    "fay": {"placement": None},
}


@pytest.fixture
def cup():
    event = create_tournament(slug="cup", name="Cup", game=scene.game(), starts_at=NOW, prize_currency="EUR")
    open_registration(tournament=event)
    event.players = {name: scene.player(name) for name in PUBLISHED}
    for user in event.players.values():
        register_player(tournament=event, user=user, now=NOW)
    start_tournament(tournament=event)
    standings = [Standing(user=event.players[name], **said) for name, said in PUBLISHED.items()]
    complete_tournament(tournament=event, standings=standings, now=NOW)
    return event


def numbers(name):
    profile = UserProfile.objects.get(user__username=name)
    return profile.tournaments_won, profile.average_placement


def podiums():
    rows = UserActivity.objects.filter(activity_type="TOURNAMENT_WON")
    return set(rows.values_list("user__username", "description"))


def test_co_champions_have_a_title_each_and_a_range_counts_as_its_first_place(cup, find_all_drift):
    assert {name: numbers(name) for name in PUBLISHED} == {
        "ann": (1, Decimal(1)),
        "bob": (1, Decimal(1)),
        "cat": (0, Decimal(3)),
        "dan": (0, Decimal(3)),
        "eve": (0, None),
        "fay": (0, None),
    }
    assert podiums() == {
        ("ann", "\N{TROPHY} Won Cup"),
        ("bob", "\N{TROPHY} Won Cup"),
        ("cat", "Took third place in Cup"),
        ("dan", "Took third place in Cup"),
    }
    placed = ExperienceAward.objects.filter(dedupe_key__startswith="placed:")
    assert dict(placed.values_list("user__username", "reason")) == {
        "ann": "First in Cup",
        "bob": "First in Cup",
        "cat": "Third in Cup",
        "dan": "Third in Cup",
    }
    assert find_all_drift() == []


def test_a_range_below_the_podium_is_on_none(cup):
    correct_result(tournament=cup, user=cup.players["cat"], placement=4, placement_to=8, reason="x", now=NOW)
    assert ("cat", "Took third place in Cup") not in podiums()


def test_whoever_has_no_placement_is_told_why(cup):
    disqualify_entrant(tournament=cup, user=cup.players["ann"], reason="Cheating.", now=NOW)

    def omitted(name, stat="tournaments_won"):
        return [each.why for each in explain_stat(cup.players[name], stat).omitted]

    assert omitted("eve") == ["without a placement: not classified"]
    assert omitted("fay") == ["without a placement"]
    assert omitted("ann") == ["disqualified: Cheating."]
    assert omitted("cat") == ["placement 2 is not the first"]
    assert omitted("eve", "average_placement") == ["without a placement: not classified"]


def told(cup, name, stat="average_placement"):
    """What the history of a number says, latest first, once for both its parts, without what was recorded."""
    said = [entry.what for entry in get_stat_history(cup.players[name], stat, order="known").items]
    return [what for what in dict.fromkeys(said) if what != "recorded"]


def test_a_history_says_ranges_and_reasons_in_words(cup):
    correct = {"tournament": cup, "reason": "x", "now": NOW}
    disqualify_entrant(**correct, user=cup.players["ann"])
    assert told(cup, "cat") == [f"placement moved from 3{EN}4 to 2{EN}3"]

    database_now()  # lets the clock tick: changes of the same time have no defined order
    lift_disqualification(**correct, user=cup.players["ann"])
    database_now()
    correct_result(**correct, user=cup.players["cat"], placement=None, unplaced_reason="not classified")
    assert told(cup, "cat") == [
        f"placement corrected from 3{EN}4 to none (not classified)",
        f"placement moved from 2{EN}3 to 3{EN}4",
        f"placement moved from 3{EN}4 to 2{EN}3",
    ]
    assert told(cup, "ann", "tournaments_won") == ["disqualification lifted, placed 1", "disqualified: x"]


def test_the_history_of_tournaments_has_the_range_the_reason_and_the_currency(cup):
    def entry(name):
        (line,) = get_tournament_breakdown(cup.players[name], viewer=cup.players[name]).items
        return line.placement, line.placement_to, line.unplaced_reason, line.prize_currency

    assert [entry(name) for name in ("ann", "cat", "eve", "fay")] == [
        (1, None, "", "EUR"),
        (3, 4, "", "EUR"),
        (None, None, "not classified", "EUR"),
        (None, None, "", "EUR"),
    ]


@pytest.mark.parametrize(("placement", "found"), [(3, True), (4, False)])
def test_a_range_is_found_by_its_first_place(cup, placement, found):
    cat = cup.players["cat"]
    assert bool(get_tournament_breakdown(cat, {"placement": placement}, viewer=cat).items) is found


def test_the_own_data_have_all_of_it(cup):
    set_prize_currency(tournament=cup, prize_currency="KRW")

    def result(name):
        (record,) = [
            record for section, record in iterate_own_data(cup.players[name]) if section == "results"
        ]
        return {
            key: record[key] for key in ("placement", "placement_to", "unplaced_reason", "prize_currency")
        }

    assert result("cat") == {
        "placement": 3,
        "placement_to": 4,
        "unplaced_reason": "",
        "prize_currency": "KRW",
    }
    assert result("eve") == {
        "placement": None,
        "placement_to": None,
        "unplaced_reason": "not classified",
        "prize_currency": "KRW",
    }


def test_no_page_is_kept_with_the_currency_of_before(client, cup):
    scene.hide(cup.players["ann"])
    correct_result(
        tournament=cup, user=cup.players["ann"], placement=1, prize=Decimal(2500), reason="x", now=NOW
    )
    page = f"/players/{cup.players['ann'].profile.public_id}/tournaments/"
    assert "2,500\N{NO-BREAK SPACE}EUR" in client.get(page).content.decode()

    set_prize_currency(tournament=cup, prize_currency="USD")

    assert "2,500\N{NO-BREAK SPACE}USD" in client.get(page).content.decode()
