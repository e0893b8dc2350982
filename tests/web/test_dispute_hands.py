"""Who has a dispute in hand, and disputes in the hands of who runs the tournament."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.rights import Right
from deltacrown.core import clock
from deltacrown.core.models import AuditEntry
from deltacrown.moderation.models import Dispute
from deltacrown.moderation.services import write_handle
from deltacrown.tournaments.models import TournamentOrganiser
from tests import scene
from tests.moderation.scene import LATER, SOON, ann, bob, bobs_title, cup, duel, eve, moderator
from tests.web.reading import text_of

__all__ = ["ann", "bob", "bobs_title", "cup", "duel", "eve", "moderator"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def later(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: LATER)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def clerk(name, *rights):
    user = scene.player(name, is_staff=True)
    user.is_superuser = False
    user.save()
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def file(reporter, **about):
    return Dispute.objects.create(reporter=reporter, reason="Not so.", filed_at=SOON, **about)


def hand(user, dispute, do, to=None):
    address = reverse("dispute-hands", args=[write_handle(dispute)])
    answer = signed_in(user).post(address, {"do": do, "to": to.profile.public_id if to else ""})
    dispute.refresh_from_db()
    return answer


BOTH = (Right.VIEW_DISPUTES, Right.RESOLVE_DISPUTES)


def test_one_has_it_in_hand(ann, duel, moderator):
    filed, other = file(ann, match=duel), clerk("other", *BOTH)

    assert hand(moderator, filed, "claim").status_code == 302
    assert (filed.assigned_to, filed.assigned_at) == (moderator, LATER)
    assert hand(moderator, filed, "claim").status_code == 302
    refused = hand(other, filed, "claim")
    assert (refused.status_code, filed.assigned_to) == (409, moderator)
    assert "mod has it already." in text_of(refused)
    assert hand(other, filed, "release").status_code == 409

    client = signed_in(other)
    review = reverse("dispute-review", args=[write_handle(filed)])
    assert "mod has it in hand" in text_of(client.get(review))
    queue = "/moderation/disputes/"
    shown = {w: "Not so." in text_of(client.get(f"{queue}?whose={w}")) for w in ("all", "mine", "unassigned")}
    assert shown == {"all": True, "mine": False, "unassigned": False}
    assert "in the hands of mod" in text_of(client.get(queue))
    assert client.get(f"{queue}?whose=nope").status_code == 400

    assert hand(other, filed, "assign", other).status_code == 302
    assert filed.assigned_to == other
    assert "Not so." in text_of(client.get(f"{queue}?whose=mine"))
    assert "Yours" in text_of(client.get("/moderation/"))
    assert hand(other, filed, "release").status_code == hand(other, filed, "release").status_code == 302
    assert (filed.assigned_to, filed.assigned_at) == (None, None)

    hand(moderator, filed, "claim")
    assert client.post(review, {"decision": "reject", "resolution": "It was."}).status_code == 302
    assert hand(moderator, filed, "release").status_code == 409
    changes = AuditEntry.objects.filter(kind="CHANGE").order_by("id")
    assert list(changes.values_list("deed", "actor", "subject")) == [
        ("dispute-claimed", moderator.pk, None),
        ("dispute-assigned", other.pk, other.pk),
        ("dispute-released", other.pk, None),
        ("dispute-claimed", moderator.pk, None),
    ]


def test_who_may_have_it(ann, bob, duel, moderator):
    filed = file(ann, match=duel)
    reader, resolver = clerk("reader", Right.VIEW_DISPUTES), clerk("resolver", *BOTH)
    for player in (ann, bob):
        type(player).objects.filter(pk=player.pk).update(is_staff=True, is_superuser=True)

    refused = {user: hand(user, filed, "claim").status_code for user in (reader, ann, clerk("none"))}
    assert set(refused.values()) == {403}
    assert hand(bob, filed, "claim").status_code == 404  # a party does not learn that there is one
    assert hand(scene.player("somebody"), filed, "claim").status_code == 403
    assert {hand(moderator, filed, "assign", to).status_code for to in (reader, ann, bob, None)} == {400}
    assert (filed.assigned_to, hand(moderator, filed, "nope").status_code) == (None, 400)
    assert hand(moderator, filed, "assign", resolver).status_code == 302
    address = reverse("dispute-hands", args=[write_handle(filed)])
    assert (Client().post(address).status_code, signed_in(moderator).get(address).status_code) == (302, 405)
    assert "To whom" in text_of(signed_in(moderator).get(address.replace("hands/", "")))


@pytest.fixture
def event(cup, bobs_title, ann, bob, duel):
    """The cup, with the duel in it, run by Olga and Cory."""
    cup.organiser = scene.player("olga")
    cup.save()
    TournamentOrganiser.objects.create(tournament=cup, user=scene.player("cory"))
    scene.tournament_match(duel, cup, opponent_user=bob)
    return cup


def test_who_runs_the_tournament_resolves(event, ann, bob, duel, bobs_title, eve):
    about_match, about_title = file(ann, match=duel), file(ann, result=bobs_title)
    elsewhere = file(bob, match=scene.match(bob, "elsewhere"))
    other = scene.tournament("other-cup", organiser=scene.player("otto"))
    desk, address = f"/organise/{event.slug}/disputes/", {}
    for filed in (about_match, about_title, elsewhere):
        address[filed] = reverse("dispute-review", args=[write_handle(filed)])

    for user, status, reads in (
        (event.organiser, 200, [200, 200, 403]),
        (event.co_organisers.get().user, 200, [200, 200, 403]),
        (clerk("manager", Right.MANAGE_TOURNAMENTS), 200, [200, 200, 403]),
        (clerk("viewer", Right.VIEW_DISPUTES), 403, [200, 200, 200]),
        (clerk("nothing"), 403, [403, 403, 403]),
        (other.organiser, 403, [403, 403, 403]),
        (ann, 403, [403, 403, 403]),
        (eve, 403, [403, 403, 403]),
    ):
        client = signed_in(user)
        page = client.get(desk)
        assert (page.status_code, text_of(page).count("Not so.")) == (status, 2 if status == 200 else 0), user
        assert [client.get(each).status_code for each in address.values()] == reads, user
    assert Client().get(desk).status_code == 302
    assert signed_in(event.organiser).get("/organise/none/disputes/").status_code == 404

    client = signed_in(event.organiser)
    review = client.get(address[about_match])
    assert "Back to the disputes of the tournament" in text_of(review)
    assert 'href="/moderation/' not in review.content.decode()
    told = text_of(
        client.post(address[about_match], {"decision": "preview", "remedy": "void", "resolution": ""})
    )
    assert "they are not told here" in told
    assert "Matches won" not in told
    answer = client.post(address[about_match], {"decision": "uphold", "remedy": "void", "resolution": "Yes."})
    told = text_of(answer)
    assert "What it changed" in told
    assert "they are not told here" in told
    assert "Matches won" not in told
    about_match.refresh_from_db()
    assert (about_match.status, about_match.resolved_by) == ("UPHELD", event.organiser)
    refused = client.post(address[elsewhere], {"decision": "reject", "resolution": "No."})
    assert (refused.status_code, Dispute.objects.get(pk=elsewhere.pk).status) == (403, "OPEN")
    assert hand(event.organiser, about_title, "claim").status_code == 403


def test_not_those_of_their_own(event, ann, bob, duel, bobs_title):
    """Bob runs the cup beside Olga, and won it."""
    TournamentOrganiser.objects.create(tournament=event, user=bob)
    filed = [file(ann, match=duel), file(ann, result=bobs_title)]
    others = scene.match(ann, "others")
    scene.tournament_match(others, event)
    free = file(ann, match=others)
    client = signed_in(bob)

    assert text_of(client.get(f"/organise/{event.slug}/disputes/")).count("Not so.") == 1
    addresses = [reverse("dispute-review", args=[write_handle(each)]) for each in [*filed, free]]
    assert [client.get(each).status_code for each in addresses] == [403, 403, 200]


def test_the_number_of_queries_is_fixed(event, ann, bob, duel, django_assert_num_queries):
    client, desk = signed_in(event.organiser), f"/organise/{event.slug}/disputes/"
    file(ann, match=duel)
    client.get(desk)
    with django_assert_num_queries(7):
        client.get(desk)
    for number in range(5):
        row = scene.match(ann, f"more-{number}")
        scene.tournament_match(row, event)
        file(ann, match=row)
    with django_assert_num_queries(7):
        client.get(desk)
