"""An answer at hand is sent while nothing at all was committed since, and never a moment longer."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Thread

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.freshness.at_hand import AtHand
from deltacrown.freshness.bodies import Body
from deltacrown.games.models import Match
from deltacrown.pages import cached
from deltacrown.user_profile.models import UserProfile
from deltacrown.web.kept import PROFILE
from django_tally.database_clock import read_database_clock
from tests import scene
from tests.web.test_kept_answers import AT_API, AT_SITE, CHANGES, READERS, TOKEN, ask, make_anna

pytestmark = [
    pytest.mark.both,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite gives no stamp"),
]

#: How often a call is made until no other database of the server committed meanwhile.
TRIES = 500


@pytest.fixture(autouse=True)
def nothing_kept(db, settings):
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    forget()
    yield
    forget()


def forget():
    cache.clear()
    cached.AT_HAND.clear()


@pytest.fixture
def anna(db):
    return make_anna()


def count(call):
    """Return how many statements a call asks."""
    with CaptureQueriesContext(connection) as asked:
        call()
    return len(asked)


def is_at_hand(call):
    """Return whether a call asks one statement alone.

    What other databases of the server commit ends stamps as well, so it is tried until they did not.
    """
    return any(count(call) == 1 for _ in range(TRIES))


def afresh(*args, **kwargs):
    """Return what is sent where nothing is kept."""
    forget()
    return ask(*args, **kwargs)


@pytest.mark.parametrize("start", [AT_SITE, AT_API])
def test_it_costs_one_statement_until_something_is_committed(anna, start):
    first = ask(anna, start)
    assert is_at_hand(lambda: ask(anna, start))
    assert ask(anna, start) == first

    scene.player("somebody")  # of whom nothing is shown
    assert count(lambda: ask(anna, start)) == 3
    assert is_at_hand(lambda: ask(anna, start))
    assert ask(anna, start) == first == afresh(anna, start)


@pytest.mark.parametrize("start", [AT_SITE, AT_API])
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_what_is_shown_is_shown_at_once(anna, start, change):
    before = [ask(anna, start) for _ in range(2)]
    CHANGES[change](anna, User.objects.get(username="rival"))
    after = ask(anna, start)

    assert before[0] == before[1] != after
    assert after == ask(anna, start) == afresh(anna, start)


@pytest.mark.parametrize("start", [AT_SITE, AT_API])
@pytest.mark.parametrize("where", ["look_for_owner", "read_lines", "keep_body", "find_body", "get_profile"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_at_any_moment_of_a_reading_is_seen_by_the_next(anna, start, where, when, monkeypatch):
    """Also where the answer was found kept, and where it was made."""
    rival = User.objects.get(username="rival")
    where = where if where != "get_profile" else "_get_overview" if start == AT_SITE else "_get_profile"
    real = getattr(cached, where)
    names = iter(range(100))

    def write():
        UserProfile.objects.filter(user=rival).update(display_name=f"Rival {next(names)}")

    def write_and_call(*args, **kwargs):
        if when == "before":
            write()
        found = real(*args, **kwargs)
        if when == "after":
            write()
        return found

    for is_kept in (False, True):
        forget()
        if is_kept:
            ask(anna, start)
            scene.player("somebody")
        with monkeypatch.context() as patch:
            patch.setattr(cached, where, write_and_call)
            ask(anna, start)
        assert ask(anna, start) == afresh(anna, start)


def test_what_is_not_committed_is_not_seen_and_then_is(anna):
    before = ask(anna)

    with transaction.atomic():
        UserProfile.objects.filter(user=anna).update(display_name="Another")
        in_between = []
        other = Thread(target=lambda: (in_between.append(ask(anna)), connection.close()))
        other.start()
        other.join()
        assert cached.STAMPS.read() is None  # its own changes it sees before they are committed
        assert b"Another" in ask(anna)

    assert in_between == [before]
    assert b"Another" in ask(anna)


def test_what_is_rolled_back_was_never_there(anna):
    before = ask(anna)
    with transaction.atomic():
        UserProfile.objects.filter(user=anna).update(display_name="Another")
        assert b"Another" in ask(anna)
        transaction.set_rollback(True)
    assert ask(anna) == before == afresh(anna)


def test_the_end_of_a_suspension_is_no_write_and_is_seen(anna):
    for number in range(30):
        scene.match(anna, f"b{number}", hours=number)
    scene.experience(anna, 900)
    ahead = scene.player("ahead")
    scene.experience(ahead, 50_000)
    for seconds in (1, 5, 30):  # a busy machine takes longer for the two looks
        until = read_database_clock(connection) + timedelta(seconds=seconds)
        UserProfile.objects.filter(user=ahead).update(standing="SUSPENDED", standing_until=until)
        while_suspended = [ask(anna) for _ in range(2)]
        first = cached.STAMPS.read()
        if read_database_clock(connection) < until:
            break
    else:
        pytest.fail("two looks take half a minute")

    while read_database_clock(connection) < until:
        time.sleep(0.05)
    assert cached.STAMPS.read() != first
    after = ask(anna)

    assert while_suspended[0] == while_suspended[1] != after
    assert after == afresh(anna)


@pytest.mark.parametrize("reader", READERS)
def test_readers_who_are_shown_something_else_are_not_sent_it(anna, reader):
    plain, theirs = ask(anna), ask(anna, **READERS[reader])
    assert theirs != plain
    assert (ask(anna), ask(anna, **READERS[reader])) == (plain, theirs)
    assert is_at_hand(lambda: ask(anna, **READERS[reader]))


def test_whoever_is_signed_in_is_never_sent_one(anna):
    visitors = ask(anna)
    client = Client()
    client.force_login(scene.player("member"))
    own = ask(anna, client=client)
    assert b"member" in own
    assert own != visitors


def fixed_headers(answer):
    """Its headers, but for the id that each request has of its own."""
    assert answer.headers["X-Request-ID"]
    return {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}


@pytest.mark.parametrize(
    "cookie", ["", "csrftoken=" + "a" * 32, "csrftoken=" + "b" * 64, "csrftoken=x", "zone=UTC"]
)
def test_its_headers_are_those_of_any_page(anna, cookie):
    """They are written without the middleware that writes them for other pages."""
    path = f"{AT_SITE}{anna.profile.public_id}/"
    told = []
    for _ in range(2):
        answer = Client().get(path, headers={"cookie": cookie})
        cookies = {name: {**morsel, "expires": ""} for name, morsel in answer.cookies.items()}
        told.append((fixed_headers(answer), cookies, answer.status_code))
    heads = []
    assert is_at_hand(lambda: heads.append(Client().head(path, headers={"cookie": cookie})))

    assert told[0] == told[1]
    assert {"Content-Security-Policy", "X-Frame-Options", "Content-Length"} <= {*told[0][0]}
    assert fixed_headers(heads[-1]) == told[0][0]


@pytest.mark.parametrize("asked", ["?game=valorant", "?utm=1", "?"])
def test_parameters_are_not_overlooked(anna, asked):
    plain = ask(anna)
    assert ask(anna) == plain
    assert ask(anna, query=asked) == afresh(anna, query=asked)


def test_nobody_else_is_answered_so(anna):
    ask(anna)
    path = f"{AT_SITE}{anna.profile.public_id}/"
    assert Client().post(path).status_code == 405
    assert Client().get(path, headers={"host": "elsewhere.example"}).status_code == 400
    assert Client().get(path.rstrip("/")).status_code == 301
    other = path.replace("DC-", "dc-")
    assert Client().get(other).status_code == 404
    with override_settings(PAGE_RATE_PER_ADDRESS="2/1000000000"):
        # What is at hand is counted as any other page is.
        assert [Client().get(each).status_code for each in (path, other, path)] == [200, 404, 429]


def test_the_token_of_its_forms_works_and_is_of_one_visitor(anna):
    path = f"{AT_SITE}{anna.profile.public_id}/"
    ask(anna)
    one, two = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    assert is_at_hand(lambda: one.get(path))
    tokens = [TOKEN.search(client.get(path).content)[1].decode() for client in (one, two, two)]

    assert len({*tokens}) == 3  # a page is never given the same twice
    for token in tokens[1:]:
        posted = {"theme": "dark", "csrfmiddlewaretoken": token}
        assert two.post(reverse("display"), posted).status_code in {200, 302}
        assert one.post(reverse("display"), posted).status_code == 403


def test_the_address_is_that_of_the_page(anna):
    path = reverse("player", args=[anna.profile.public_id])
    assert PROFILE.fullmatch(path)[1] == anna.profile.public_id
    assert not PROFILE.fullmatch(path + "matches/")
    assert not PROFILE.fullmatch(path + "\n")


def test_a_new_connection_ends_what_was_at_hand(anna):
    """The server may have lost commits, and number others as it did those."""
    ask(anna)
    assert is_at_hand(lambda: ask(anna))
    connection.close()
    assert count(lambda: ask(anna)) == 3
    assert is_at_hand(lambda: ask(anna))


def test_its_time_ends_it(anna):
    ask(anna)
    found = cached.AT_HAND
    lifetime = timedelta(seconds=cached.LIFETIMES[cached.OverviewPage])
    now = clock.now()
    assert all(found.find(name, held.stamp, now) for name, held in found._held.items())
    assert not any(found.find(name, held.stamp, now + lifetime) for name, held in found._held.items())


def test_a_kept_answer_is_not_older_for_having_been_at_hand(anna, monkeypatch):
    """What is found in the shared cache ends when it would have ended there."""
    ask(anna)
    [made] = [held.body.until for held in cached.AT_HAND._held.values()]
    cached.AT_HAND.clear()
    monkeypatch.setattr(clock, "now", lambda real=clock.now: real() + timedelta(seconds=60))
    Match.objects.filter(user__username="nobody").delete()
    ask(anna)
    assert [held.body.until for held in cached.AT_HAND._held.values()] == [made]


def test_no_more_is_at_hand_than_may_be():
    kept = AtHand(most=25)
    now = scene.at(0)
    until = now + timedelta(seconds=60)
    for name in "abc":
        kept.hold(name, (1, "s"), Body((b"x" * 10,), (), "", until))
        kept.find("a", (1, "s"), now)

    assert kept.find("b", (1, "s"), now) is None
    assert kept.find("a", (1, "s"), now) == kept.find("c", (1, "s"), now) == (b"x" * 10,)
    assert kept.find("a", (2, "s"), now) is kept.find("a", None, now) is None
    kept.hold("a", (2, "s"), Body((b"y" * 30,), (), "", until))
    assert not kept._held
    assert kept._size == 0
