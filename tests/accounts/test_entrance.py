"""Coming in: signing up by mail, a forgotten password, another address, and what nobody learns by trying."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from redis.exceptions import RedisError

from deltacrown.accounts.jobs import sweep_entrance
from deltacrown.accounts.models import User
from deltacrown.accounts.services import set_sign_in
from deltacrown.user_profile.models import Standing, UserProfile
from deltacrown.user_profile.people import standings
from deltacrown.user_profile.people.anonymising import anonymise_player
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

PHRASE, OTHER = "correct horse battery", "staple lamp window"
MAILBOX = "ann@example.org"


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ann():
    user = set_sign_in(user=scene.player("ann"), password=PHRASE)
    User.objects.filter(pk=user.pk).update(email=MAILBOX)
    EmailAddress.objects.create(user=user, email=MAILBOX, primary=True, verified=True)
    return user


def sign_up(client, name="ann", email=MAILBOX, password=PHRASE, to="", **more):
    address = "/sign-up/" + (f"?next={to}" if to else "")
    return client.post(address, {"username": name, "email": email, "password1": password, **more})


def sign_in(client, name="ann", password=PHRASE, to=""):
    return client.post("/sign-in/", {"username": name, "password": password, "next": to})


def code_in(mail):
    return re.search(r"^ {4}(\S+)$", mail.body, re.MULTILINE)[1]


def is_in(client):
    return "_auth_user_id" in client.session


class TestSigningUp:
    def test_by_a_mailed_code_one_is_in_and_has_a_profile(self, client, mailoutbox):
        answer = sign_up(client, to="/feed/")
        assert answer["Location"] == "/sign-up/confirm/"
        page = client.get("/sign-up/confirm/")
        assert f"We sent a mail to {MAILBOX}." in text_of(page)
        assert not is_in(client)
        assert Client().get("/players/?q=ann").content.count(b"/players/DC-") == 0

        (mail,) = mailoutbox
        assert (mail.to, mail.subject) == ([MAILBOX], "DeltaCrown: Confirm your address")
        assert code_in(mail) in mail.alternatives[0].content
        answer = client.post("/sign-up/confirm/", {"code": code_in(mail).lower(), "action": "verify"})

        assert (answer["Location"], is_in(client)) == ("/feed/", True)
        user = User.objects.get()
        assert (user.is_active, user.email, user.profile.standing) == (True, MAILBOX, Standing.ACTIVE)
        assert client.get(f"/players/{user.profile.public_id}/").status_code == 200
        assert EmailAddress.objects.get().verified

    def test_who_closes_the_browser_goes_on_by_signing_in(self, client, mailoutbox):
        sign_up(client)
        other = Client()

        assert sign_in(other, to="/feed/")["Location"] == "/sign-up/confirm/"
        assert other.post("/sign-up/confirm/", {"code": "XXXX-XXXX"}).status_code == 400
        assert other.post("/sign-up/confirm/", {"code": code_in(mailoutbox[1])})["Location"] == "/feed/"
        assert is_in(other)

    def test_guessing_the_code_ends_soon(self, client, mailoutbox):
        sign_up(client)
        answers = [client.post("/sign-up/confirm/", {"code": "XXXX-XXXX"}) for _ in range(5)]

        assert [answer.status_code for answer in answers] == [400, 400, 400, 400, 302]
        assert client.post("/sign-up/confirm/", {"code": code_in(mailoutbox[0])})["Location"] == "/sign-in/"
        assert not User.objects.get().is_active

    def test_another_code_replaces_the_first(self, client, mailoutbox):
        sign_up(client)
        client.post("/sign-up/confirm/", {"action": "resend"})

        assert client.post("/sign-up/confirm/", {"code": code_in(mailoutbox[0])}).status_code == 400
        assert client.post("/sign-up/confirm/", {"code": code_in(mailoutbox[1])}).status_code == 302
        assert is_in(client)

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("Ann", "is the name of another player"),
            ("\u0410nn", "which mixes letters that look alike"),
            ("\u0421\u0430\u0440", "Cyrillic letters, looks like the name of another player"),
            ("dc-25-000001", "this one is a public id"),
            ("a:b", "remove “:”"),
        ],
    )
    def test_a_name_that_cannot_be_had_is_refused_at_the_field(self, client, mailoutbox, name, said):
        scene.player("ann")
        scene.player("Cap")
        answer = sign_up(client, name=name)

        assert answer.status_code == 400
        assert said in text_of(answer)
        field = answer.content.decode().partition('id="id_username_error"')[2]
        assert 'role="alert"' in field.partition("</div>")[0]
        assert f'value="{MAILBOX}"' in answer.content.decode()
        assert (User.objects.count(), mailoutbox) == (2, [])

    def test_a_weak_password_is_refused_and_not_sent_back(self, client):
        answer = sign_up(client, password="password")

        assert (answer.status_code, User.objects.count()) == (400, 0)
        assert 'value="password"' not in answer.content.decode()

    def test_an_address_that_has_an_account_is_answered_alike_after_the_same_work(
        self, ann, mailoutbox, monkeypatch
    ):
        hashed = []
        encode = MD5PasswordHasher.encode
        monkeypatch.setattr(
            MD5PasswordHasher, "encode", lambda *args, **more: hashed.append(1) or encode(*args, **more)
        )

        def tell(name, email):
            client = Client()
            hashed.clear()
            posted = sign_up(client, name=name, email=email)
            page = client.get(posted["Location"])
            wrong = client.post(posted["Location"], {"code": "XXXX-XXXX"})
            shown = [re.sub(r"\S+@\S+", "", text_of(each)) for each in (page, wrong)]
            return (
                posted.status_code,
                posted["Location"],
                page.status_code,
                wrong.status_code,
                shown,
                len(hashed),
            )

        assert tell("bea", MAILBOX) == tell("cleo", "cleo@example.org")
        assert [mail.subject.partition(": ")[2] for mail in mailoutbox] == [
            "You have an account already",
            "Confirm your address",
        ]
        assert "http://testserver/sign-in/forgotten/" in mailoutbox[0].body
        assert set(User.objects.values_list("username", flat=True)) == {"ann", "cleo"}

    def test_who_owns_a_mailbox_signs_up_though_another_began_with_it(self, mailoutbox):
        sign_up(Client(), name="squatter")
        client = Client()
        sign_up(client, name="ann")
        client.post("/sign-up/confirm/", {"code": code_in(mailoutbox[1])})

        assert is_in(client)
        assert set(User.objects.filter(is_active=True).values_list("username", flat=True)) == {"ann"}

    def test_one_that_nobody_confirms_is_deleted_and_its_name_is_free(self, client):
        sign_up(client)
        User.objects.update(date_joined=datetime(2025, 1, 1, tzinfo=UTC))
        sign_up(Client(), name="bea", email="bea@example.org")

        assert sweep_entrance(clock=lambda: datetime.now(UTC))["sign_ups"] == 1
        assert [user.username for user in User.objects.all()] == ["bea"]
        assert sign_up(Client(), email="other@example.org").status_code == 302

    def test_it_can_be_closed(self, client, settings):
        settings.SIGN_UP = False
        page = client.get("/sign-up/")

        assert "Signing up is closed" in text_of(page)
        assert 'href="/sign-up/' not in page.content.decode()
        assert "Signing up is closed" in text_of(sign_up(client))
        assert not User.objects.exists()

    def test_from_one_address_so_many(self, settings):
        settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "signup": "2/100000s/ip"}
        answers = [sign_up(Client(), f"p{n}", f"p{n}@example.org") for n in range(3)]

        assert [answer.status_code for answer in answers] == [302, 302, 429]
        assert "too often" in text_of(answers[2])

    def test_a_mailbox_gets_so_many_mails(self, settings, mailoutbox):
        settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "confirm_email": "2/100000s/key"}
        answers = [sign_up(Client(), f"p{n}") for n in range(3)]

        assert [answer.status_code for answer in answers] == [302, 302, 429]
        assert len(mailoutbox) == 2

    def test_a_forged_post_is_refused(self):
        assert sign_up(Client(enforce_csrf_checks=True)).status_code == 403

    def test_mail_that_nobody_takes_is_said(self, client, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        answer = sign_up(client)

        assert (answer.status_code, "could not be sent" in text_of(answer)) == (503, True)

    def test_while_redis_is_away_it_is_said(self, client, monkeypatch):
        def fail(*given, **more):
            raise RedisError

        monkeypatch.setattr(ratelimit.cache, "add", fail)
        answer = sign_up(client)

        assert (answer.status_code, "Try again in a minute" in text_of(answer)) == (503, True)
        assert not User.objects.exists()

    def test_mails_to_a_folder_are_said_to_be_there(self, client, settings, tmp_path):
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = str(tmp_path)
        page = sign_up(client)

        assert str(tmp_path) in text_of(client.get(page["Location"]))
        (mail,) = tmp_path.iterdir()
        assert f"To: {MAILBOX}" in mail.read_text()

    def test_in_turkish(self, client, mailoutbox):
        client.cookies["language"] = "tr"
        assert client.get("/sign-up/").headers["Content-Language"] == "tr"
        answer = sign_up(client, email="nothing")
        assert "Geçerli bir e-posta adresi girin" in text_of(answer)


class TestForgotten:
    def reset(self, client, code, password=OTHER):
        client.post("/sign-in/forgotten/code/", {"code": code})
        return client.post("/sign-in/forgotten/password/", {"password1": password, "password2": password})

    def test_by_a_mailed_code_one_sets_another_password(self, ann, client, mailoutbox):
        elsewhere = Client()
        sign_in(elsewhere)
        answer = client.post("/sign-in/forgotten/", {"email": MAILBOX})
        assert answer["Location"] == "/sign-in/forgotten/code/"
        assert "Your username is ann." in mailoutbox[0].body

        assert self.reset(client, code_in(mailoutbox[0]))["Location"] == "/sign-in/forgotten/done/"
        assert sign_in(Client()).status_code == 200
        assert sign_in(client, password=OTHER).status_code == 302
        assert elsewhere.get("/settings/account/").status_code == 302
        assert mailoutbox[1].subject == "DeltaCrown: Your account was changed"

    def test_an_unknown_address_is_answered_alike(self, ann, mailoutbox):
        def tell(email):
            client = Client()
            posted = client.post("/sign-in/forgotten/", {"email": email})
            page = client.get(posted["Location"])
            wrong = [client.post(posted["Location"], {"code": "XXXX-XXXX"}) for _ in range(3)]
            shown = [re.sub(r"\S+@\S+", "", text_of(each)) for each in (page, *wrong)]
            return posted.status_code, posted["Location"], shown, [each.status_code for each in wrong]

        assert tell(MAILBOX) == tell("nobody@example.org")
        assert [len(mail.to) for mail in mailoutbox] == [1, 1]
        assert "It has no account here." in mailoutbox[1].body

    def test_who_was_imported_comes_in_by_an_address_that_staff_wrote(self, client, mailoutbox):
        user = scene.player("bea")
        User.objects.filter(pk=user.pk).update(email="bea@example.org")
        client.post("/sign-in/forgotten/", {"email": "Bea@Example.org"})
        self.reset(client, code_in(mailoutbox[0]))

        assert sign_in(client, "bea", OTHER).status_code == 302
        assert is_in(client)

    @pytest.mark.parametrize("standing", ["closed", "anonymised", "unconfirmed"])
    def test_who_is_not_in_gets_no_code(self, client, mailoutbox, standing, request):
        if standing == "unconfirmed":
            sign_up(Client())
            mailoutbox.clear()
        else:
            user = request.getfixturevalue("ann")
            if standing == "closed":
                standings.close_account(user=user, by=user, now=datetime.now(UTC))
            else:
                anonymise_player(user=user, by=None, now=scene.NOON, without_export=True)
        client.post("/sign-in/forgotten/", {"email": MAILBOX})

        assert [mail.subject for mail in mailoutbox] == ["DeltaCrown: No account with this address"]

    def test_it_is_slowed(self, ann, settings):
        settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "reset_password": "2/100000s/key"}
        answers = [Client().post("/sign-in/forgotten/", {"email": MAILBOX}) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [302, 302, 429]


class TestAddress:
    @pytest.fixture
    def inside(self, ann, client):
        sign_in(client)
        asked = client.get("/settings/email/")
        assert asked["Location"] == "/sign-in/again/?next=%2Fsettings%2Femail%2F"
        client.post(asked["Location"], {"password": PHRASE})
        return client

    def test_another_counts_once_it_is_confirmed_and_the_one_before_is_told(self, inside, mailoutbox):
        answer = inside.post("/settings/email/", {"action_add": "1", "email": "new@example.org"})
        assert answer["Location"] == "/sign-up/confirm/"
        assert User.objects.get().email == MAILBOX

        inside.post("/sign-up/confirm/", {"code": code_in(mailoutbox[0])})

        assert User.objects.get().email == "new@example.org"
        assert [each.email for each in EmailAddress.objects.all()] == ["new@example.org"]
        assert (mailoutbox[1].to, "new@example.org" in mailoutbox[1].body) == ([MAILBOX], True)
        assert is_in(inside)

    def test_one_of_another_account_is_told_to_its_mailbox_alone(self, inside, mailoutbox):
        other = scene.player("bea")
        EmailAddress.objects.create(user=other, email="bea@example.org", primary=True, verified=True)
        answer = inside.post("/settings/email/", {"action_add": "1", "email": "bea@example.org"})
        assert answer["Location"] == "/sign-up/confirm/"

        answer = inside.post("/sign-up/confirm/", {"code": code_in(mailoutbox[0])})

        assert (answer.status_code, "Another account has this address." in text_of(answer)) == (400, True)
        assert User.objects.get(username="ann").email == MAILBOX

    def test_a_wrong_password_changes_nothing(self, ann, client):
        sign_in(client)

        assert client.post("/sign-in/again/", {"password": "wrong"}).status_code == 400
        assert client.get("/settings/email/").status_code == 302

    def test_nobody_else_reads_it(self, ann):
        pages = [
            "/players/?q=ann",
            f"/players/{ann.profile.public_id}/",
            f"/api/v1/players/{ann.profile.public_id}",
        ]

        assert [MAILBOX in Client().get(page).content.decode() for page in pages] == [False] * 3


class TestPassword:
    def test_changing_it_signs_out_everywhere_else_and_is_told(self, ann, client, mailoutbox):
        elsewhere = Client()
        sign_in(elsewhere)
        sign_in(client)
        fields = {"oldpassword": PHRASE, "password1": OTHER, "password2": OTHER}

        assert client.post("/settings/password/", {**fields, "oldpassword": "wrong"}).status_code == 400
        assert client.post("/settings/password/", fields).status_code == 302
        assert client.get("/settings/account/").status_code == 200
        assert elsewhere.get("/settings/account/").status_code == 302
        assert [mail.to for mail in mailoutbox] == [[MAILBOX]]


class TestSessions:
    def test_they_are_listed_and_ended_elsewhere(self, ann, client):
        elsewhere = Client(headers={"user-agent": "Laptop"})
        sign_in(elsewhere)
        sign_in(client)
        page = text_of(client.get("/settings/sessions/"))
        assert "Laptop" in page
        assert "(this one)" in page

        client.post("/settings/sessions/", {})

        assert client.get("/settings/account/").status_code == 200
        assert elsewhere.get("/settings/account/").status_code == 302
        assert "Laptop" not in text_of(client.get("/settings/sessions/"))
        assert UserSession.objects.count() == 1

    def test_one_that_nobody_noted_ends_too(self, ann, client):
        sign_in(client)
        earlier = Client()
        sign_in(earlier)
        UserSession.objects.filter(session_key=earlier.session.session_key).delete()

        client.post("/settings/sessions/", {})

        assert earlier.get("/settings/account/").status_code == 302

    def test_those_that_are_over_are_swept(self, ann, client):
        sign_in(client)
        Session.objects.update(expire_date=datetime(2025, 1, 1, tzinfo=UTC))
        sweep_entrance(clock=lambda: datetime.now(UTC))

        assert (Session.objects.count(), UserSession.objects.count()) == (0, 0)


class TestComingBack:
    @pytest.mark.parametrize(
        "elsewhere",
        ["https://elsewhere.example/", "//elsewhere.example/", "javascript:x", "https://play.example.org/"],
    )
    def test_never_on_another_site(self, mailoutbox, settings, elsewhere):
        settings.ALLOWED_HOSTS = ["testserver", "play.example.org"]
        settings.CSRF_TRUSTED_ORIGINS = ["https://play.example.org"]
        client = Client()
        sign_up(client, to=elsewhere)

        assert client.post("/sign-up/confirm/", {"code": code_in(mailoutbox[0])})["Location"] == "/"
        user = User.objects.get()
        other = Client()
        assert sign_in(other, to=elsewhere)["Location"] == "/"
        again = other.post(f"/sign-in/again/?next={elsewhere}", {"password": PHRASE})
        assert (user.is_active, again["Location"]) == (True, "/")


class TestStanding:
    def test_a_suspended_player_signs_in(self, ann, client):
        UserProfile.objects.filter(user=ann).update(standing=Standing.SUSPENDED)

        assert sign_in(client).status_code == 302
        assert is_in(client)

    def test_an_account_that_is_gone_gets_no_address_back(self, client, mailoutbox):
        sign_up(client)
        user = User.objects.get()
        anonymise_player(
            user=user, by=None, now=datetime.now(UTC) - timedelta(minutes=1), without_export=True
        )
        client.post("/sign-up/confirm/", {"code": code_in(mailoutbox[0])})

        assert (EmailAddress.objects.count(), User.objects.get().is_active, is_in(client)) == (
            0,
            False,
            False,
        )
