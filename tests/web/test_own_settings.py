"""What players say of themselves and what they hide: profile and links, hidden entries, linked ids."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from deltacrown.accounts.models import ExternalId
from deltacrown.accounts.services import add_external_id
from deltacrown.core.errors import InvalidInput
from deltacrown.user_profile.models import UserActivity
from deltacrown.user_profile.models.links import ProfileLink
from deltacrown.user_profile.people import standings
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.links import clean_links, read_given_links
from deltacrown.user_profile.timeline.hiding import write_handle
from tests import scene
from tests.api.calls import signed_in
from tests.conftest import NOON
from tests.web.reading import text_of

PROFILE, HIDDEN, IDS = "/settings/profile/", "/settings/hidden/", "/settings/ids/"
STEAM = "76561198000000042"
BAD = {
    "http://example.org/": "no address of a page",
    "javascript:alert(1)": "no address of a page",
    "https:example.org": "no address of a page",
    "//example.org/": "no address of a page",
    "https://[::1/": "no address of a page",
    "https://example.org:x/": "no address of a page",
    "https://me:pass@example.org/": "username or a password",
    "https://example.org\\@evil.example/": "blanks or signs",
    "https://exa mple.org/": "blanks or signs",
    "https://example.org/\t": "control characters",
    "https://example.org/\x00": "control characters",
    "https://localhost/": "private network",
    "https://db.internal/": "private network",
    "https://printer.local/x": "private network",
    "https://127.0.0.1/": "private network",
    "https://2130706433/": "private network",
    "https://0x7f.1/": "private network",
    "https://10.0.0.1:8080/": "private network",
    "https://[::1]/": "private network",
    "https://example/": "private network",
    "https://example.org./": "private network",
    "https://example.org/" + "x" * 200: "220 characters long",
    "": "must not be empty",
}
GOOD = {
    "https://Example.org": "https://example.org/",
    " https://example.org/me?x=1#y ": "https://example.org/me?x=1#y",
    "https://www.example.org:8443/a": "https://www.example.org:8443/a",
    "https://example.org:443/": "https://example.org/",
    "https://bücher.example/ö": "https://xn--bcher-kva.example/%C3%B6",
}


@pytest.fixture
def anna(db):
    return scene.player("anna")


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def send(client, **said):
    return client.post(PROFILE, {"display_name": "", "country": "", "bio": "", **said})


@pytest.mark.once
@pytest.mark.parametrize("url", BAD)
def test_an_address_that_may_not_be_shown_is_refused_with_a_mend(url):
    with pytest.raises(InvalidInput, match=BAD[url]) as refused:
        clean_links([ProfileLink("https://example.org/first"), ProfileLink(url)])

    assert (refused.value.field, refused.value.at_field[:5]) == ("links.1.url", "This ")


@pytest.mark.once
def test_addresses_are_kept_as_browsers_read_them():
    made = {url: clean_links([ProfileLink(url, " My  page ")])[0] for url in GOOD}

    assert {url: link.url for url, link in made.items()} == GOOD
    assert {link.label for link in made.values()} == {"My page"}
    twice = [ProfileLink("https://example.org/a"), ProfileLink("https://EXAMPLE.org/a/")]
    six = [ProfileLink(f"https://example.org/{number}") for number in range(6)]
    turned = [ProfileLink("https://example.org/", "abc\u202e")]
    for links, why in ((twice, "there twice"), (six, "at most 5"), (turned, "turns the direction")):
        with pytest.raises(InvalidInput, match=why):
            clean_links(links)
    for value in ("x", [1], {"url": "https://a.example/", "x": 1}, [{"label": "a"}]):
        with pytest.raises(InvalidInput, match="Write links as in"):
            read_given_links(value)
    with pytest.raises(InvalidInput, match="must be text"):
        clean_links(read_given_links([{"url": 5}]))


def test_a_player_says_who_they_are_and_everybody_reads_it(anna):
    client = browser_of(anna)
    page = f"/players/{anna.profile.public_id}/"
    links = {"url_0": "https://a.example/x", "url_3": "https://www.b.example/", "label_3": "My <b> page"}

    saved = send(client, display_name="Anna  A.", country="DE", bio="One\r\ntwo", **links)
    shown = Client().get(page).content.decode()

    assert (saved.status_code, saved["Location"]) == (302, PROFILE)
    stored = [
        {"url": "https://a.example/x", "label": ""},
        {"url": "https://www.b.example/", "label": "My <b> page"},
    ]
    anna.profile.refresh_from_db()
    told = anna.profile
    assert (told.display_name, told.country, told.bio, told.links) == ("Anna A.", "DE", "One\ntwo", stored)
    assert '<a href="https://a.example/x" rel="nofollow ugc noopener"><bdi>a.example</bdi></a>' in shown
    assert '<bdi>My &lt;b&gt; page</bdi></a> <bdi class="host">b.example</bdi>' in shown
    api = signed_in(anna)
    assert api.get(f"/players/{told.public_id}").json()["links"] == stored
    exported = b"".join(api.get("/me/export").streaming_content).decode().splitlines()
    (profile,) = [row for row in map(json.loads, exported) if row["section"] == "profile"]
    assert profile["links"] == stored
    form = client.get(PROFILE).content.decode()
    assert 'value="Anna A."' in form
    assert '<option value="DE" selected>Germany</option>' in form
    assert 'value="https://www.b.example/"' in form

    assert send(client, url_0="https://c.example/").status_code == 302
    changed = api.call("PATCH", "/me", {"bio": "Again"}).json()
    assert (changed["display_name"], changed["links"]) == ("", [{"url": "https://c.example/", "label": ""}])
    assert api.call("PATCH", "/me", {"links": [{"url": "https://10.0.0.1/"}]}).status_code == 422
    assert api.call("PATCH", "/me", {"links": []}).json()["links"] == []


def test_what_is_refused_stays_typed_and_changes_nothing(anna):
    scene.player("bob")
    client = browser_of(anna)
    typed = {"bio": "Kept bio", "url_1": "https://good.example/", "url_4": "https://localhost/"}
    cases = [
        (typed, 400, "This leads to a machine"),
        ({"label_2": "Alone", "bio": "Kept bio"}, 400, "This is empty beside a label"),
        ({"country": "XX", "bio": "Kept bio"}, 400, "This is no country of the list"),
        ({"display_name": "BOB", "bio": "Kept bio"}, 409, "is the name of another player"),
        ({"display_name": "a\u202eb", "bio": "Kept bio"}, 400, "This cannot be kept"),
        ({"bio": "x" * 1001}, 400, "This is 1001 characters long"),
    ]
    for said, status, why in cases:
        answer = send(client, **said)
        assert (answer.status_code, why in answer.content.decode()) == (status, True), why
        assert said["bio"] in answer.content.decode()
    anna.profile.refresh_from_db()
    assert (anna.profile.bio, anna.profile.links) == ("", [])


def test_who_is_suspended_edits_nothing_and_who_is_gone_shows_nothing(anna):
    staff = scene.player("boss", is_staff=True)
    client = browser_of(anna)
    send(client, bio="Kept", url_0="https://a.example/")
    standings.suspend_player(user=anna, by=staff, reason="spam", until=None, now=NOON)

    refused = send(client, bio="Other", url_0="https://b.example/")
    assert refused.status_code == 403
    assert "You cannot edit your profile while you are suspended" in text_of(client.get(PROFILE))
    assert client.post(IDS, {"do": "claim", "provider": "steam", "external_id": STEAM}).status_code == 403
    staffs = signed_in(staff).call("PATCH", f"/players/{anna.profile.public_id}", {"links": []})
    anna.profile.refresh_from_db()
    assert (staffs.status_code, anna.profile.bio, anna.profile.links) == (200, "Kept", [])

    standings.lift_suspension(user=anna, by=staff, now=NOON)
    send(client, url_0="https://a.example/")
    page = f"/players/{anna.profile.public_id}/"
    standings.close_account(user=anna, by=anna, now=NOON)
    gone = Client().get(page)
    assert (gone.status_code, b"a.example" in gone.content) == (410, False)
    anonymise_player(user=anna, by=None, now=NOON, without_export=True)
    anna.profile.refresh_from_db()
    assert anna.profile.links == []


def test_hidden_entries_are_found_and_shown_again(anna, django_assert_num_queries):
    for number in range(12):
        scene.activity(anna, f"h{number:02}", visibility="PRIVATE", hours=number)
    scene.archived_activity(scene.activity(anna, "ancient", visibility="PRIVATE", hours=-9))
    for name, kind, visibility in (
        ("open", "LEVEL_UP", "PUBLIC"),
        ("fans", "LEVEL_UP", "FOLLOWERS"),
        ("kyc", "KYC_VERIFIED", "PRIVATE"),
    ):
        scene.activity(anna, name, kind=kind, visibility=visibility)
    scene.activity(scene.player("bob"), "of bob", visibility="PRIVATE")
    client = browser_of(anna)
    with django_assert_num_queries(4):  # of the session two, then the list, and what its entries say
        first = client.get(HIDDEN)
    found = first.context["found"]
    second = client.get(HIDDEN, {"page": found.next_cursor})

    told = [entry.description for entry in [*found.items, *second.context["found"].items]]
    assert told == [*(f"did h{number:02}" for number in reversed(range(12))), "did ancient"]
    entry = second.context["found"].items[-1].handle
    answer = client.post("/settings/timeline/", {"entry": entry, "do": "show", "next": "hidden"})
    assert answer["Location"] == HIDDEN
    assert len(client.get(HIDDEN, {"page": found.next_cursor}).context["found"].items) == 2
    shown = UserActivity.objects.get(dedupe_key="open")
    own = f"/players/{anna.profile.public_id}/activity/"
    assert HIDDEN in client.get(own).content.decode()
    assert HIDDEN not in Client().get(own).content.decode()
    hid = client.post("/settings/timeline/", {"entry": write_handle(shown), "do": "hide"}, follow=True)
    assert "You find it under Settings, Hidden entries." in text_of(hid)
    assert "You hide no entry" in text_of(browser_of(scene.player("cem")).get(HIDDEN))


def test_ids_are_named_by_the_player_confirmed_by_others_and_removed_for_good(anna):
    add_external_id(user=anna, external_id="riot:Anna#EUW", confirmed=True)
    add_external_id(user=scene.player("bob"), external_id="steam:" + STEAM, confirmed=True)
    client = browser_of(anna)
    claim = {"do": "claim", "provider": " Steam", "external_id": STEAM}

    answers = [client.post(IDS, claim, follow=True) for _ in range(2)]
    wrong = client.post(IDS, {**claim, "external_id": "1"})

    assert "Kept for staff to confirm" in text_of(answers[0])
    assert ExternalId.objects.filter(user=anna).count() == 2
    page = text_of(answers[1])
    assert "bob" not in page
    for said in (
        "Confirmed by staff, an import or the provider itself",
        "You say so since",
        "You cannot undo this yourself",
        "Nothing else changes. You can name it again below.",
        "This site cannot prove that an id is yours",
    ):
        assert said in page
    assert (wrong.status_code, 'value="1"' in wrong.content.decode()) == (400, True)

    gone = {"do": "remove", "provider": "riot", "external_id": "Anna#EUW"}
    assert "the id finds you no more" in text_of(client.post(IDS, gone, follow=True))
    assert client.post(IDS, gone).status_code == 400
    assert client.post(IDS, {**gone, "external_id": "Other#EUW"}).status_code == 400
    assert list(ExternalId.objects.filter(user=anna).values_list("provider", "is_confirmed")) == [
        ("steam", False)
    ]


def test_visitors_are_sent_to_sign_in(db):
    assert Client().get("/settings/")["Location"] == PROFILE
    for page in (PROFILE, HIDDEN, IDS):
        for method in ("get", "post"):
            answer = getattr(Client(), method)(page)
            assert answer["Location"] == f"/sign-in/?next={page}", page
