"""What visitors are sent of a player is kept as it was rendered, and is always what would be rendered now."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.freshness import bodies, cache_store, keeping
from deltacrown.freshness.models import ContentVersion
from deltacrown.games.models import Match
from deltacrown.teams.services import rename_team
from deltacrown.user_profile.models import Block, Follow, PrivacySettings, UserProfile
from tests import scene

pytestmark = pytest.mark.django_db

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
AT_API = "/api/v1/players/"
AT_SITE = "/players/"


@pytest.fixture(autouse=True)
def empty_cache(db):
    cache.clear()


def make_anna():
    """Return a player of a team, with matches against a rival."""
    user, rival = scene.player("anna"), scene.player("rival")
    for number in range(4):
        scene.match(user, f"m{number}", hours=number, side="North", score="13")
        scene.match(rival, f"m{number}", "LOSS", hours=number, side="South")
    scene.member(user, scene.team("north"))
    return user


@pytest.fixture
def anna(db):
    return make_anna()


def ask(user, start=AT_SITE, *, client=None, query="", **headers):
    path = f"{start}{user.profile.public_id}{'/' if start == AT_SITE else ''}{query}"
    answer = (client or Client()).get(path, headers=headers)
    assert answer.status_code == 200
    return TOKEN.sub(b"", answer.content)


def is_rendered(call):
    """Return whether a call rendered a page, or wrote JSON: what is kept costs two statements and no page."""
    with CaptureQueriesContext(connection) as asked:
        call()
    return len(asked) > 2


@pytest.mark.parametrize("start", [AT_SITE, AT_API])
def test_the_second_visitor_is_sent_what_the_first_was(anna, start, monkeypatch):
    first = ask(anna, start)
    monkeypatch.setattr(bodies, "keep_body", None)  # nothing is made anew

    with CaptureQueriesContext(connection) as asked:
        assert ask(anna, start) == first
    assert len(asked) == 2


def test_each_visitor_has_a_token_of_their_own_that_works(anna):
    one, two = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    path = f"{AT_SITE}{anna.profile.public_id}/"
    tokens = [set(TOKEN.findall(client.get(path).content)) for client in (one, two)]

    assert [len(each) for each in tokens] == [1, 1]
    assert tokens[0] != tokens[1]
    posted = {"theme": "dark", "csrfmiddlewaretoken": tokens[1].pop().decode()}
    assert two.post(reverse("display"), posted).status_code in {200, 302}
    assert one.post(reverse("display"), posted).status_code == 403
    kept = [cache_store.read(name.split(":", 2)[2]) for name in list(cache._cache) if "Page/" in name]
    parts = [each.parts for each in kept if isinstance(each, bodies.Body)]
    assert parts
    assert not any(TOKEN.search(part) for each in parts for part in each)


CHANGES = {
    "a match": lambda anna, _rival: scene.match(anna, "new", hours=9),
    "past every service": lambda anna, _rival: Match.objects.filter(user=anna).update(result="DRAW"),
    "the name": lambda anna, _rival: UserProfile.objects.filter(user=anna).update(display_name="Another"),
    "what she hides": lambda anna, _rival: scene.hide(anna, matches=True),
    "her team's name": lambda _anna, _rival: rename_team(team=scene.team("north"), name="Due North"),
    "the opponent's name": lambda _anna, rival: UserProfile.objects.filter(user=rival).update(
        display_name="Somebody Else"
    ),
    "what the opponent hides": lambda _anna, rival: scene.hide(rival, matches=True),
    "the opponent leaves": lambda _anna, rival: User.objects.filter(pk=rival.pk).update(is_active=False),
    "the opponent is deleted": lambda _anna, rival: Match.objects.filter(user=rival).delete(),
    "another line of a match": lambda _anna, _rival: scene.match(
        scene.player("third"), "m3", "LOSS", hours=3, side="South"
    ),
    "the opponent's score": lambda _anna, rival: Match.objects.filter(user=rival).update(score="7"),
}


@pytest.mark.parametrize("start", [AT_SITE, AT_API])
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_what_is_shown_is_shown_at_once(anna, start, change):
    before = [ask(anna, start) for _ in range(2)]
    CHANGES[change](anna, User.objects.get(username="rival"))
    after = ask(anna, start)
    cache.clear()

    assert before[0] == before[1]
    assert after != before[0]
    assert after == ask(anna, start)


def test_places_on_boards_follow_the_numbers_of_others(anna):
    for number in range(30):
        scene.match(anna, f"b{number}", hours=number)
    ahead = scene.player("ahead")
    before = ask(anna)
    scene.experience(anna, 900)
    second = ask(anna)
    scene.experience(ahead, 50_000)
    after = ask(anna)
    cache.clear()

    assert len({before, second, after}) == 3
    assert after == ask(anna)


READERS = {
    "language": {"accept_language": "tr"},
    "zone": {"cookie": "zone=Asia/Tokyo"},
    "theme": {"cookie": "theme=dark"},
    "host": {"host": "localhost"},
}


@pytest.mark.parametrize("reader", READERS)
def test_readers_who_are_shown_something_else_are_not_sent_it(anna, reader, settings):
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    plain = ask(anna)
    theirs = ask(anna, **READERS[reader])

    assert theirs != plain
    assert (ask(anna), ask(anna, **READERS[reader])) == (plain, theirs)


def test_a_setting_that_the_page_shows_is_part_of_it(anna, settings):
    opened = ask(anna)
    settings.SIGN_UP = not settings.SIGN_UP
    assert ask(anna) != opened


def test_the_day_ends_what_is_kept(anna, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: scene.at(48))
    today = ask(anna)
    monkeypatch.setattr(clock, "now", lambda: scene.at(24 * 9))
    assert ask(anna) != today


@pytest.mark.parametrize("query", ["?game=valorant&page=2", "?utm=1"])
def test_other_parameters_keep_nothing(anna, query):
    ask(anna, query=query)
    kept = [cache_store.read(name.split(":", 2)[2]) for name in list(cache._cache) if "Page/" in name]
    assert not any(isinstance(each, bodies.Body) for each in kept)


@pytest.mark.parametrize("start", [AT_SITE, AT_API])
@pytest.mark.parametrize("who", ["fan", "anna", "blocked", "member", "boss"])
def test_whoever_is_signed_in_is_never_sent_a_kept_answer(anna, start, who, monkeypatch):
    user = {"anna": anna}.get(who) or scene.player(who, is_staff=who == "boss")
    if who == "fan":
        Follow.objects.create(follower=user, followed=anna)
    if who == "blocked":
        Block.objects.create(blocker=anna, blocked=user)
    visitors = ask(anna, start)
    client = Client()
    client.force_login(user)
    looked_for = []
    monkeypatch.setattr(bodies.cache_store, "read", looked_for.append)

    own = ask(anna, start, client=client)
    bodies_asked = [key for key in looked_for if re.search(r"Page/\d+/-?\d+/[0-9a-f]{64}", key)]

    assert bodies_asked == []
    if start == AT_SITE:
        assert user.username.encode() in own
        assert own != visitors


def test_an_answer_made_while_she_changed_is_not_kept(anna, monkeypatch):
    """The token is read before and after; a half old page goes to its reader only."""
    real = keeping.get_token

    def change(owner):
        monkeypatch.setattr(keeping, "get_token", real)
        scene.match(anna, "meanwhile", hours=20)
        return real(owner)

    monkeypatch.setattr(keeping, "get_token", change)
    ask(anna)
    kept = [cache_store.read(name.split(":", 2)[2]) for name in list(cache._cache) if "Page/" in name]
    assert not any(isinstance(each, bodies.Body) for each in kept)
    assert b"meanwhile" in ask(anna, AT_API)


def test_without_a_token_nothing_is_kept(anna):
    ContentVersion.objects.filter(owner=anna.pk).delete()
    assert is_rendered(lambda: ask(anna))
    assert is_rendered(lambda: ask(anna))


def test_a_merged_account_leads_on(anna):
    PrivacySettings.objects.filter(user=anna).update(show_match_history=True)
    ask(anna)
    UserProfile.objects.filter(user=anna).update(standing="CLOSED")
    assert Client().get(f"{AT_SITE}{anna.profile.public_id}/").status_code == 410


def test_two_releases_share_nothing(anna, monkeypatch):
    ask(anna, AT_API)
    monkeypatch.setattr(bodies, "get_release", lambda: "another")
    monkeypatch.setattr(keeping.cache_store, "write", lambda *_args, **_kwargs: None)
    key = bodies.BodyKey("ProfilePage", anna.pk, ContentVersion.objects.get(owner=anna.pk).token, ("en",))
    assert bodies.find_body(key) is None
    monkeypatch.undo()
    assert bodies.find_body(key) is not None
