"""What players and staff see and do about a standing: banner, account page, signing in, staff's page."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from deltacrown.accounts import backends
from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right
from deltacrown.games.models import Match
from deltacrown.moderation.models import Dispute
from deltacrown.user_profile.models import Follow, Standing, StandingChange, UserProfile
from deltacrown.user_profile.people import standings
from tests import scene
from tests.web.reading import rows_in, text_of
from tests.web.test_site import Nesting

pytestmark = pytest.mark.django_db

PHRASE = "correct horse"
#: The database's clock decides whether a suspension is over, so its end is far away.
UNTIL = datetime(2099, 3, 3, tzinfo=UTC)
SUSPENDED = "Your account is suspended until 3 Mar 2099 : An aim <bot>. You can read, export and close it."
ACCOUNT = "/settings/account/"
SIGN_IN, REOPEN, CLOSED = "/sign-in/", "/sign-in/reopen/", "/sign-out/closed/"


def with_password(name):
    user = scene.player(name)
    user.set_password(PHRASE)
    user.save()
    return user


@pytest.fixture
def anna():
    return with_password("anna")


@pytest.fixture
def boss():
    return scene.player("boss", is_staff=True)


@pytest.fixture
def suspended(anna, boss, noon):
    standings.suspend_player(user=anna, until=UNTIL, reason="An aim <bot>.", by=boss, now=noon)
    return anna


def browser_of(user=None):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def standing_of(user):
    return UserProfile.objects.get(user=user).standing


def page_of(user, rest=""):
    return f"/players/{user.profile.public_id}/{rest}"


def sign_in(name, password=PHRASE, client=None, to=""):
    client = client or Client()
    return client, client.post(SIGN_IN, {"username": name, "password": password, "next": to})


class TestBanner:
    @pytest.mark.parametrize("address", ["/", "/tournaments/", "/settings/privacy/", "/nowhere/", "/feed/"])
    def test_a_suspended_player_reads_it_on_every_page(self, suspended, address):
        answer = browser_of(suspended).get(address)

        assert SUSPENDED in text_of(answer)
        assert "An aim &lt;bot&gt;" in answer.content.decode()

    def test_nobody_else_reads_a_word_of_it(self, suspended):
        for viewer in (None, scene.player("ben"), scene.staff("clerk")):
            for address in ("/", page_of(suspended)):
                page = text_of(browser_of(viewer).get(address)).lower()
                assert "suspend" not in page
                assert "aim" not in page

    def test_it_goes_when_the_suspension_is_lifted_and_when_it_is_over(self, suspended, boss, noon):
        UserProfile.objects.filter(user=suspended).update(standing_until=noon)
        assert "suspended" not in text_of(browser_of(suspended).get("/"))

        UserProfile.objects.filter(user=suspended).update(standing_until=UNTIL)
        assert "suspended" in text_of(browser_of(suspended).get("/"))

        standings.lift_suspension(user=suspended, by=boss, now=noon)
        assert "suspended" not in text_of(browser_of(suspended).get("/"))

    def test_it_costs_others_no_query(self, anna, django_assert_num_queries):
        client = browser_of(anna)
        with django_assert_num_queries(2):  # session, user
            client.get("/players/")


class TestAccountPage:
    def test_it_needs_a_sign_in(self, client):
        assert client.get(ACCOUNT)["Location"] == f"/sign-in/?next={ACCOUNT}"
        assert client.post(ACCOUNT, {"confirmation": PHRASE})["Location"].startswith("/sign-in/")

    def test_it_says_until_when_and_why_one_is_suspended_and_not_by_whom(self, suspended):
        page = text_of(browser_of(suspended).get(ACCOUNT))

        assert "Suspended until 3 Mar 2099 An aim <bot>. Staff decided it on 1 Jun 2025 ." in page
        assert f"name your public id, {suspended.profile.public_id}." in page
        assert "boss" not in page

    def test_who_is_not_suspended_reads_nothing_of_it(self, anna):
        assert "uspended" not in text_of(browser_of(anna).get(ACCOUNT))

    def test_everything_can_be_taken_along_suspended_too(self, suspended):
        client = browser_of(suspended)
        links = re.findall(r'href="([^"]+export[^"]+)"', client.get(ACCOUNT).content.decode())

        assert links == ["/api/v1/me/export?format=csv", "/api/v1/me/export?format=ndjson"]
        table, lines = (b"".join(client.get(link).streaming_content).decode() for link in links)
        assert "anna" in table
        sections = [json.loads(line)["section"] for line in lines.splitlines()]
        assert sections[:3] == ["account", "profile", "privacy"]

    @pytest.mark.parametrize("state", ["anna", "suspended"])
    def test_closing_takes_the_password_and_signs_out_everywhere(self, request, state):
        anna, other = request.getfixturevalue(state), scene.player("ben")
        here, there = browser_of(anna), browser_of(anna)

        answer = here.post(ACCOUNT, {"confirmation": PHRASE}, follow=True)

        assert answer.redirect_chain == [(CLOSED, 302)]
        page = text_of(answer)
        assert "Your account is closed You are signed out." in page
        assert "Sign in within 30 days to reopen it as it was." in page
        change = StandingChange.objects.latest("id")
        assert (change.user, change.standing, change.decided_by) == (anna, Standing.CLOSED, anna)
        assert f"Sign in before {change.until.day} {change.until:%b %Y} to reopen it." in page
        assert there.get(ACCOUNT).status_code == 302
        assert (standing_of(anna), standing_of(other)) == (Standing.CLOSED, Standing.ACTIVE)

    def test_it_says_when_the_name_is_removed(self, anna, settings):
        settings.ACCOUNT_CLOSING_DAYS = 7
        before = datetime.now(UTC)
        page = browser_of(anna).get(ACCOUNT).content.decode()

        (day,) = re.findall(r'On <time datetime="([^"]+)"', page)
        assert day in {f"{before + timedelta(days=days):%Y-%m-%d}" for days in (7, 8)}

    @pytest.mark.parametrize("given", ["wrong", "", "anna"])
    def test_a_wrong_password_closes_nothing_and_is_not_sent_back(self, anna, given):
        client = browser_of(anna)
        answer = client.post(ACCOUNT, {"confirmation": given})

        assert answer.status_code == 400
        assert re.search(r"That is not your password|Write your password", text_of(answer))
        assert 'value="wrong"' not in answer.content.decode()
        assert standing_of(anna) == Standing.ACTIVE
        assert client.get(ACCOUNT).status_code == 200

    def test_guessing_the_password_is_limited_as_signing_in_is(self, anna, settings):
        cache.clear()
        backends._own.clear()
        settings.SIGN_IN_RATE_PER_ACCOUNT = "2/1000000000"
        client = browser_of(anna)
        given = ["wrong", "wrong", PHRASE]

        assert [client.post(ACCOUNT, {"confirmation": each}).status_code for each in given] == [400, 400, 429]
        assert standing_of(anna) == Standing.ACTIVE
        cache.clear()

    def test_who_has_no_password_writes_the_username(self):
        user = scene.player("Ömer")
        user.set_unusable_password()
        user.save()
        client = browser_of(user)

        assert "Your username, Ömer" in text_of(client.get(ACCOUNT))
        assert client.post(ACCOUNT, {"confirmation": "omar"}).status_code == 400
        assert client.post(ACCOUNT, {"confirmation": "x" * 100_000}).status_code == 400
        assert standing_of(user) == Standing.ACTIVE
        assert client.post(ACCOUNT, {"confirmation": " ömer "}).status_code == 302
        assert standing_of(user) == Standing.CLOSED

    def test_a_forged_post_is_refused(self, anna):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(anna)

        assert strict.post(ACCOUNT, {"confirmation": PHRASE}).status_code == 403
        assert standing_of(anna) == Standing.ACTIVE


class TestSigningInToAClosedAccount:
    @pytest.fixture
    def closed(self, anna):
        """Closed by the player today, whatever day it is."""
        standings.close_account(user=anna, by=anna, now=datetime.now(UTC))
        return anna

    @pytest.fixture
    def shut(self, boss, noon):
        user = with_password("shut")
        standings.close_account(user=user, by=boss, now=noon)
        return user

    def test_the_player_reopens_it_and_is_signed_in_where_they_were_going(self, closed):
        client, answer = sign_in("anna", to="/feed/")
        assert answer["Location"] == REOPEN
        asked = text_of(client.get(REOPEN))
        assert "This account is closed. Reopen it?" in asked
        assert "You closed the account anna." in asked
        assert "Sign out" not in asked
        assert standing_of(closed) == Standing.CLOSED

        answer = client.post(REOPEN, follow=True)

        assert answer.redirect_chain == [("/feed/", 302)]
        assert "Welcome back" in text_of(answer)
        assert "Sign out" in text_of(answer)
        assert standing_of(closed) == Standing.ACTIVE
        assert "reopening" not in client.session
        assert StandingChange.objects.latest("id").decided_by == closed
        assert client.post(REOPEN)["Location"] == SIGN_IN

    def test_a_suspension_goes_on_afterwards(self, suspended):
        standings.close_account(user=suspended, by=suspended, now=datetime.now(UTC))
        client, _ = sign_in("anna")

        assert SUSPENDED in text_of(client.post(REOPEN, follow=True))

    def test_one_that_staff_closed_is_said_to_be_closed_and_no_more(self, shut):
        client, answer = sign_in("shut")

        assert answer.status_code == 200
        assert "This account is closed. Username" in text_of(answer)
        assert client.get(REOPEN)["Location"] == SIGN_IN
        assert client.post(REOPEN)["Location"] == SIGN_IN
        assert standing_of(shut) == Standing.CLOSED

    def test_nor_is_one_whose_waiting_time_is_over_or_that_was_merged(self, closed, noon):
        UserProfile.objects.filter(user=closed).update(standing_until=noon)
        assert "This account is closed. Username" in text_of(sign_in("anna")[1])

        UserProfile.objects.filter(user=closed).update(standing_until=None, standing=Standing.MERGED)
        assert "This account is closed. Username" in text_of(sign_in("anna")[1])

    def test_a_wrong_password_is_answered_alike_for_all_after_the_same_work(self, closed, shut, monkeypatch):
        with_password("ben")
        gone = scene.player("gone", is_active=False, password=make_password(None))
        UserProfile.objects.filter(user=gone).update(standing=Standing.ANONYMISED)
        hashed = []
        encode = MD5PasswordHasher.encode
        monkeypatch.setattr(
            MD5PasswordHasher, "encode", lambda *args, **more: hashed.append(1) or encode(*args, **more)
        )

        def tell(name):
            hashed.clear()
            _, answer = sign_in(name, "wrong")
            return answer.status_code, text_of(answer).replace(name, ""), len(hashed)

        told = [tell(name) for name in ("ben", "anna", "shut", "gone", "nobody")]
        assert told[1:] == [told[0]] * 4
        assert "Please enter a correct username and password" in told[0][1]
        assert told[0][2] == 1

    def test_the_limit_on_attempts_holds_for_it(self, closed, settings):
        cache.clear()
        backends._own.clear()
        settings.SIGN_IN_RATE_PER_ACCOUNT = "2/1000000000"
        answers = [sign_in("anna", password)[1] for password in ("wrong", "wrong", PHRASE)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        cache.clear()

    @pytest.mark.parametrize("ended_by", ["time", "password", "staff"])
    def test_the_offer_ends(self, closed, boss, noon, ended_by):
        client, _ = sign_in("anna")
        if ended_by == "time":
            session = client.session
            session["reopening"] = {**session["reopening"], "at": noon.isoformat()}
            session.save()
        elif ended_by == "password":
            closed.set_password("another")
            closed.save()
        else:
            standings.close_account(user=closed, by=boss, now=datetime.now(UTC))

        assert client.get(REOPEN)["Location"] == SIGN_IN
        assert client.post(REOPEN)["Location"] == SIGN_IN
        assert standing_of(closed) == Standing.CLOSED

    def test_the_offer_is_in_a_session_that_nobody_else_knows(self, closed):
        client = Client()
        session = client.session
        session.save()
        planted = session.session_key
        client.cookies["sessionid"] = planted

        sign_in("anna", client=client)

        assert client.session.session_key != planted

    def test_a_forged_post_is_refused(self, closed):
        strict = Client(enforce_csrf_checks=True)
        token = strict.get(SIGN_IN).cookies["csrftoken"].value
        fields = {"username": "anna", "password": PHRASE, "csrfmiddlewaretoken": token}
        assert strict.post(SIGN_IN, fields)["Location"] == REOPEN

        assert strict.post(REOPEN).status_code == 403
        assert standing_of(closed) == Standing.CLOSED

    def test_the_door_of_the_admin_says_it_too(self, shut):
        answer = Client().post("/admin/login/", {"username": "shut", "password": PHRASE})

        assert (answer.status_code, "This account is closed." in text_of(answer)) == (410, True)


class TestOnThePageOfThePlayer:
    @pytest.mark.parametrize(
        ("rights", "sees", "may_change"),
        [
            ([Right.VIEW_HIDDEN], True, False),
            ([Right.SUSPEND_PLAYERS], True, True),
            ([Right.VIEW_DISPUTES], False, False),
        ],
    )
    def test_staff_see_it_by_their_rights(self, suspended, rights, sees, may_change):
        answer = browser_of(scene.staff("mod", *rights)).get(page_of(suspended))

        told = "Suspended until 3 Mar 2099 Since 1 Jun 2025 12:00 , by boss . An aim <bot>."
        assert (told in text_of(answer)) is sees
        assert (page_of(suspended, "standing/") in answer.content.decode()) is may_change

    def test_one_that_is_over_is_none(self, suspended, boss, noon):
        UserProfile.objects.filter(user=suspended).update(standing_until=noon)

        page = text_of(browser_of(boss).get(page_of(suspended)))
        assert "Standing Active" in page
        assert "Suspended" not in page


class TestStaffsPage:
    @pytest.fixture
    def mod(self):
        return scene.staff("mod", Right.SUSPEND_PLAYERS)

    @pytest.fixture
    def desk(self, mod):
        return browser_of(mod)

    def decide(self, desk, user, do, **fields):
        return desk.post(page_of(user, "standing/"), {"do": do, **fields}, follow=True)

    def test_suspending_changing_and_lifting(self, desk, mod, anna):
        answer = self.decide(desk, anna, "suspend", until="2099-03-03", reason="cheats")
        assert answer.redirect_chain == [(page_of(anna, "standing/"), 302)]
        assert "Suspended. " in text_of(answer)
        assert 'name="until" value="2099-03-03"' in answer.content.decode()
        profile = UserProfile.objects.get(user=anna)
        assert (profile.standing, profile.standing_until) == (Standing.SUSPENDED, UNTIL)

        self.decide(desk, anna, "suspend", until="", reason="cheats again")
        assert UserProfile.objects.get(user=anna).standing_until is None

        assert "lifted" in text_of(self.decide(desk, anna, "lift", reason="a mistake"))
        assert standing_of(anna) == Standing.ACTIVE
        log = StandingChange.objects.order_by("id").values_list("standing", "reason", "decided_by")
        assert list(log) == [
            ("SUSPENDED", "cheats", mod.pk),
            ("SUSPENDED", "cheats again", mod.pk),
            ("ACTIVE", "a mistake", mod.pk),
        ]

    def test_closing_and_reopening(self, desk, anna):
        self.decide(desk, anna, "close", reason="a second account")
        assert standing_of(anna) == Standing.CLOSED
        assert not User.objects.get(pk=anna.pk).is_active

        assert "Only staff can." in text_of(desk.get(page_of(anna, "standing/")))
        self.decide(desk, anna, "reopen")
        assert standing_of(anna) == Standing.ACTIVE

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"do": "suspend", "until": "2099-03-03"}, "This must not be empty"),
            ({"do": "suspend", "until": "2001-01-01", "reason": "x"}, "until 2001-01-01 00:00 is over"),
            ({"do": "suspend", "until": "soon", "reason": "x"}, "Write the day as in 2027-03-31"),
            ({"do": "close", "reason": "x" * 501}, "the limit is 500"),
            ({"do": "ban"}, "There is no decision 'ban'"),
            ({}, "There is no decision ''"),
        ],
    )
    def test_what_cannot_be_is_said_and_changes_nothing(self, desk, anna, fields, message):
        answer = desk.post(page_of(anna, "standing/"), fields)

        assert (answer.status_code, message in text_of(answer)) == (400, True)
        assert standing_of(anna) == Standing.ACTIVE
        assert not StandingChange.objects.exists()

    def test_nobody_decides_about_themselves_or_about_other_staff(self, desk, mod, boss):
        for user in (mod, boss):
            answer = self.decide(desk, user, "suspend", reason="x")
            assert answer.status_code == 403
            assert "tanding" in re.search(r'role="alert">(.*?)<', answer.content.decode())[1]
            assert standing_of(user) == Standing.ACTIVE

    @pytest.mark.parametrize("rights", [[], [Right.VIEW_HIDDEN], None])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_who_may_not_is_refused(self, suspended, rights, method):
        person = suspended if rights is None else scene.staff("clerk", *rights)
        answer = getattr(browser_of(person), method)(page_of(suspended, "standing/"), {"do": "lift"})

        assert answer.status_code == 403
        assert "boss" not in text_of(answer)
        assert standing_of(suspended) == Standing.SUSPENDED

    def test_visitors_sign_in_first_and_a_forged_post_is_refused(self, suspended, mod):
        address = page_of(suspended, "standing/")
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(mod)

        assert Client().post(address, {"do": "lift"})["Location"].startswith(SIGN_IN)
        assert strict.post(address, {"do": "lift"}).status_code == 403
        assert standing_of(suspended) == Standing.SUSPENDED

    def test_there_is_none_of_nobody(self, desk):
        assert desk.get("/players/DC-99-000001/standing/").status_code == 404

    def test_the_log_goes_on_over_pages_at_the_cost_of_one(self, desk, anna, django_assert_num_queries):
        address = page_of(anna, "standing/")
        for number in range(25):
            StandingChange.objects.create(
                user=anna, standing="ACTIVE", reason=f"n{number}", changed_at=scene.at(number // 2)
            )
        StandingChange.objects.create(user=scene.player("ben"), standing="ACTIVE", reason="of another")
        # Session, user, permissions, the player, the log, the standing.
        with django_assert_num_queries(7):
            first = desk.get(address)
        (more,) = re.findall(r'rel="next" href="([^"]+)"', first.content.decode())
        second = desk.get(more)

        told = [re.search(r"n\d+", row)[0] for row in rows_in(first, "Changes") + rows_in(second, "Changes")]
        assert told == [f"n{number}" for number in reversed(range(25))]
        assert "of another" not in text_of(second)


class TestClosedToOthers:
    """What is left of a closed account: an answer that says so, and the names on official results."""

    @pytest.fixture
    def shut(self, anna, boss, noon):
        event = scene.tournament("cup")
        scene.registration(anna, event)
        scene.result(event, 1, anna)
        standings.close_account(user=anna, by=boss, now=noon, reason="A second account.")
        return anna

    @pytest.mark.parametrize("rest", ["", "matches/", "tournaments/", "activity/", "stats/matches_won/"])
    def test_its_pages_say_that_it_is_closed_and_no_more(self, shut, rest):
        for viewer in (None, scene.player("ben"), scene.staff("mod", Right.SUSPEND_PLAYERS)):
            answer = browser_of(viewer).get(page_of(shut, rest))
            page = text_of(answer)

            assert answer.status_code == 410
            assert "Closed This account is closed. To the leaderboards" in page
            assert "anna" not in page
            assert "second" not in page
            leads = page_of(shut, "standing/") in answer.content.decode()
            assert leads is (viewer is not None and viewer.is_staff)

    def test_staff_who_see_what_is_hidden_see_it_with_its_standing(self, shut):
        page = text_of(browser_of(scene.staff("mod", Right.VIEW_HIDDEN)).get(page_of(shut)))

        assert "anna" in page
        assert "Standing Closed Since 1 Jun 2025 12:00 , by boss . A second account." in page

    def test_what_links_to_it_keeps_its_link(self, shut):
        answer = browser_of().get("/tournaments/cup/results/")

        assert f'href="{page_of(shut)}"><bdi>anna</bdi></a>' in answer.content.decode()


class TestRefusedWhileSuspended:
    """What may not be written in public is refused by a page that says until when and why."""

    def refusal_of(self, answer):
        assert answer.status_code == 403
        page = text_of(answer)
        assert "Your account is suspended until 3 Mar 2099" in page
        assert "You are suspended until 2099-03-03 00:00. Why: An aim <bot>." in page

    def test_following(self, suspended):
        ben = scene.player("ben")
        self.refusal_of(browser_of(suspended).post(page_of(ben, "follow/"), follow=True))
        assert not Follow.objects.exists()

    def test_asking_to_be_verified(self, suspended):
        self.refusal_of(browser_of(suspended).post("/settings/verification/"))

    def test_a_dispute_keeps_what_was_written(self, suspended):
        Match.objects.create(
            user=suspended,
            game=scene.game(),
            match_key="m",
            result="LOSS",
            played_at=datetime.now(UTC) - timedelta(hours=1),
        )
        answer = browser_of(suspended).post("/disputes/match/valorant/m/", {"reason": "I won that one."})

        self.refusal_of(answer)
        assert "I won that one." in answer.content.decode()
        assert not Dispute.objects.exists()

    def test_privacy_can_still_be_changed(self, suspended):
        answer = browser_of(suspended).post("/settings/privacy/", {}, follow=True)

        assert "Saved." in text_of(answer)


class TestFrame:
    """The pages are well formed, their fields are labelled, and their parts are named."""

    def pages(self, anna, boss):
        standings.close_account(
            user=with_password("ben"), by=User.objects.get(username="ben"), now=scene.NOON
        )
        closing = with_password("cem")
        standings.close_account(user=closing, by=closing, now=datetime.now(UTC))
        reopening, _ = sign_in("cem")
        staff = browser_of(boss)
        yield browser_of(anna).get(ACCOUNT)
        yield browser_of(anna).post(ACCOUNT, {"confirmation": "wrong"})
        yield Client().get(CLOSED)
        yield reopening.get(REOPEN)
        for name in ("anna", "ben", "cem", "boss"):
            yield staff.get(page_of(User.objects.get(username=name), "standing/"))
        yield staff.get(page_of(anna))

    def test_every_page(self, suspended, boss):
        for answer in self.pages(suspended, boss):
            page = answer.content.decode()
            reader = Nesting()
            reader.feed(page)
            assert (reader.faults, reader.open) == ([], [])
            assert len(reader.ids) == len(set(reader.ids))
            assert page.count("<h1") == 1
            assert set(re.findall(r'aria-labelledby="([^"]+)"', page)) <= set(reader.ids)
            for field in re.findall(r"<(?:input|select|textarea)(?![^>]*hidden)[^>]*>", page):
                before, named = page[: page.index(field)], re.search(r'\bid="([^"]+)"', field)
                is_within = before.rfind("<label") > before.rfind("</label>")
                assert is_within or (named and re.search(f'<label[^>]* for="{named[1]}"', page)), field


def test_the_settings_lead_to_it(anna):
    page = browser_of(anna).get(reverse("privacy")).content.decode()

    assert f'<a href="{ACCOUNT}">Account</a>' in page
