"""Pairings on pages: who sees which, and a cup that is drawn, reported and ruled by hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from deltacrown.tournaments.models import Pairing
from deltacrown.tournaments.services import pairings as desk
from deltacrown.web.forms.pairings import ShuffleForm
from tests.scene import player, registration, tournament


@pytest.fixture
def ask(client):
    """``ask(user, address, **posted)``: the status and the text of the answer, in the zone of Tokyo."""

    def ask(who, address, **posted):
        client.logout()
        if who is not None:
            client.force_login(who)
        client.cookies["zone"] = "Asia/Tokyo"
        answer = client.post(address, posted) if posted else client.get(address)
        return answer.status_code, answer.content.decode()

    return ask


def make_cup(entrants):
    """Return a cup that runs, its organiser, its entrants, and the address of its pairings."""
    host = player("host")
    event = tournament("hand-cup", status="RUNNING", organiser=host)
    people = [player(f"p{place}") for place in range(entrants)]
    for place, each in enumerate(people):
        registration(each, event, hours=place)
    return event, host, people, reverse("organise-pairings", args=[event.slug])


@pytest.mark.django_db
def test_a_draw_and_its_results_by_hand(ask):
    event, host, people, page = make_cup(4)
    stranger = player("stranger")

    assert [ask(who, page)[0] for who in (None, stranger, people[0], host)] == [302, 403, 403, 200]
    assert ask(stranger, page, do="draw", best_of=1)[0] == 403
    # The last who registered is seeded first.
    key = people[3].profile.public_id
    assert ask(host, page, do="seed", **{f"seed-{key}": "1"})[0] == 302
    assert desk.list_seeds(event).first().user == people[3]
    assert ask(host, page, do="draw", best_of="0")[0] == 400
    assert ask(host, page, do="draw", best_of="1")[0] == 302
    # Drawn again, or removed, it drops what was reported: only with a tick.
    assert [ask(host, page, do=each, best_of="1")[0] for each in ("draw", "undraw")] == [400, 400]
    assert ask(host, page, do="undraw", is_sure="on")[0] == 302
    assert ask(host, page, do="draw", best_of="1")[0] == 302
    assert ask(host, page, do="draw", best_of="1", is_sure="on")[0] == 302
    first, second, final = desk.list_pairings(event)
    assert ask(host, page, do="seed")[0] == 409

    own = reverse("pairing", args=[event.slug, desk.write_handle(first)])
    one = reverse("organise-pairing", args=[event.slug, desk.write_handle(first)])
    left, right = first.sides
    asked = [ask(who, own)[0] for who in (None, stranger, second.first, left, right, host)]
    assert asked == [302, 404, 404, 200, 200, 200]
    assert [ask(who, one)[0] for who in (None, stranger, left, host)] == [302, 403, 403, 200]
    assert own in ask(left, reverse("tournament", args=[event.slug]))[1]
    assert own not in ask(stranger, reverse("tournament", args=[event.slug]))[1]

    score = {"score-1-1": "3", "score-1-2": "1"}
    assert ask(left, own, **{"score-1-1": "x"})[0] == 400
    assert ask(stranger, own, **score)[0] == 404
    status, shown = ask(left, own, **{**score, "winner-1": "2"})
    assert (status, "not who has more points" in shown) == (400, True)
    assert ask(left, own, **score)[0] == 302
    assert "3–1" not in ask(right, own)[1]
    assert ask(right, own, **{"winner-1": "2"})[0] == 302
    assert "3–1" in ask(right, own)[1]
    assert ask(host, one, do="rule", reason="", **score)[0] == 400
    assert ask(host, one, do="rule", reason="seen on stream", **score)[0] == 302
    assert Pairing.objects.get(pk=first.pk).winner == left
    assert ask(host, one, do="take-back", reason="")[0] == 400
    assert ask(host, one, do="take-back", reason="wrong stream")[0] == 302
    assert Pairing.objects.get(pk=final.pk).first is None


@pytest.mark.django_db
def test_a_pairing_by_hand(ask):
    event, host, people, page = make_cup(2)
    first, second = (each.profile.public_id for each in people)
    hand = {"round": "Extra", "first": second, "second": first, "best_of": "1", "key": "0" * 16}
    assert ask(host, page, do="add", **hand)[0] == 302
    extra = reverse("organise-pairing", args=[event.slug, desk.write_handle(Pairing.objects.latest("pk"))])
    assert ask(host, extra, do="schedule", scheduled_at="2025-06-01T18:00")[0] == 302
    made = Pairing.objects.latest("pk")
    assert made.scheduled_at == datetime(2025, 6, 1, 9, tzinfo=UTC)
    shown = ask(host, extra)[1]
    assert 'value="2025-06-01T18:00"' in shown
    assert "Asia/Tokyo" in shown
    # What no button sends changes nothing.
    before = [*Pairing.objects.order_by("pk").values()]
    for address in (page, extra):
        assert [ask(host, address, do=each, reason="x")[0] for each in ("", "odd")] == [400, 400]
    assert ask(host, extra, do="remove")[0] == 400
    assert [*Pairing.objects.order_by("pk").values()] == before
    assert ask(host, extra, do="remove", is_sure="on")[0] == 302
    assert ask(host, extra)[0] == 404


@pytest.mark.django_db
def test_seeds_move_by_arrows_once_however_often_they_are_sent(ask):
    _event, host, people, page = make_cup(3)
    keys = [each.profile.public_id for each in people]

    def read_order():
        answer = ask(host, page)[1]
        made_from = re.search(r'name="made_from" value="(\w+)"', answer)[1]
        return re.findall(r'name="seed-([\w-]+)"', answer), made_from

    (order, first_seen), (a, b, c) = read_order(), keys
    assert order == [a, b, c]
    up = {"move": f"up {c}", "made_from": first_seen}
    assert [ask(host, page, **up)[0] for _ in range(2)] == [302, 302]
    assert read_order()[0] == [a, c, b]
    # From the order of before, another step is another one than was meant.
    status, said = ask(host, page, move=f"down {a}", made_from=first_seen)
    assert (status, "The order was changed meanwhile" in said) == (409, True)
    assert ask(host, page, move=f"down {c}", made_from=read_order()[1])[0] == 302
    assert read_order()[0] == [a, b, c]
    for wrong in ({"move": "up nobody"}, {"move": "sideways x"}, {"move": f"up {c}", "made_from": ""}):
        assert ask(host, page, **{"made_from": first_seen, **wrong})[0] == 400
    shuffled = []
    for _ in range(2):
        assert ask(host, page, do="shuffle", shuffle="7")[0] == 302
        shuffled.append(read_order()[0])
    assert shuffled[0] == shuffled[1]
    assert ask(host, page, do="shuffle")[0] == 400


@pytest.mark.django_db
def test_a_pairing_by_hand_is_made_once_for_each_form(ask):
    event, host, people, page = make_cup(2)
    first, second = (each.profile.public_id for each in people)
    hand = {"do": "add", "round": "Extra", "first": second, "second": first, "best_of": "1"}
    keys = {re.search(r'name="key" value="(\w+)"', ask(host, page)[1])[1] for _ in range(2)}
    for key in keys:
        assert [ask(host, page, **hand, key=key)[0] for _ in range(2)] == [302, 302]
    assert len(keys) == Pairing.objects.count() == 2
    assert ask(host, page, **hand, key="elsewhere")[0] == 400
    other = tournament("other", status="RUNNING", organiser=event.organiser)
    for each in people:
        registration(each, other)
    answer = ask(host, reverse("organise-pairings", args=[other.slug]), **hand, key=keys.pop())
    assert (answer[0], "load the page again" in answer[1]) == (409, True)


@pytest.mark.django_db
@pytest.mark.parametrize("drawn", [0, 899_999_999], ids=["the least", "the greatest"])
def test_a_page_is_as_long_whatever_number_is_drawn_for_its_shuffle(monkeypatch, drawn):
    monkeypatch.setattr("deltacrown.web.forms.pairings.randbelow", lambda below: min(drawn, below - 1))

    shown = str(ShuffleForm()["shuffle"].value())

    assert len(shown) == 9
    assert ShuffleForm({"shuffle": shown}).is_valid()
