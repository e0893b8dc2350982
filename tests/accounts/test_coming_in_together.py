"""People who sign up at the same time, with one name or one address."""

from __future__ import annotations

import re
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.user_profile.models import PrivacySettings, UserProfile
from tests.concurrency import call_together
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db(transaction=True)

PHRASE = "correct horse battery"
TAKEN = "is the name of another player; choose another"


@pytest.fixture(autouse=True)
def _no_limits_and_no_manifest(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.ACCOUNT_RATE_LIMITS = False
    cache.clear()
    yield
    cache.clear()


def sign_up(client, name, email):
    return client.post("/sign-up/", {"username": name, "email": email, "password1": PHRASE})


def confirm(client, mail):
    code = re.search(r"^ {4}(\S+)$", mail.body, re.MULTILINE)[1]
    return client.post("/sign-up/confirm/", {"code": code, "action": "verify"})


def count_rows():
    return [model.objects.count() for model in (User, UserProfile, PrivacySettings, EmailAddress)]


@pytest.mark.parametrize("names", [("ann", "ann"), ("ann", "Ann")])
def test_of_two_with_one_name_one_is_signed_up(names, mailoutbox):
    calls = [partial(sign_up, Client(), name, f"{place}@example.org") for place, name in enumerate(names * 2)]
    answers = call_together(calls)

    assert sorted(answer.status_code for answer in answers) == [302, 400, 400, 400]
    refused = [text_of(answer) for answer in answers if answer.status_code == 400]
    assert [TAKEN in text for text in refused] == [True] * 3
    # Nothing is left of those who came second, and they are mailed nothing.
    assert count_rows() == [1, 1, 1, 1]
    [mail] = mailoutbox
    assert mail.to == [User.objects.get().email]


def test_of_two_with_one_address_who_confirms_first_has_it(mailoutbox):
    people = {name: Client() for name in ("ann", "bob")}
    answers = call_together(
        [partial(sign_up, client, name, "us@example.org") for name, client in people.items()]
    )
    # Neither is told of the other: whether an address has an account is told to its mailbox alone.
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (302, "/sign-up/confirm/")
    ] * 2
    assert count_rows() == [2, 2, 2, 2]
    assert not User.objects.filter(is_active=True).exists()

    codes = {re.search(r"^ {4}(\S+)$", mail.body, re.MULTILINE)[1]: mail for mail in mailoutbox}
    assert len(codes) == 2
    tries = [partial(_confirm_own, client, mailoutbox) for client in people.values()]
    answers = call_together(tries)

    assert [each for each in answers if isinstance(each, BaseException)] == []
    # Who came second is told at the field, or where the address was taken just then, after.
    refused = [answer for answer in answers if answer.get("Location") != "/"]
    assert len(refused) == 1
    [winner] = User.objects.filter(is_active=True)
    [verified] = EmailAddress.objects.filter(verified=True)
    assert verified.user == winner


def _confirm_own(client, mails):
    """Send the code that was mailed for this client: its session knows which one that is."""
    wanted = client.session["account_email_verification_code"]["code"]
    [mail] = [each for each in mails if wanted in each.body]
    return confirm(client, mail)
