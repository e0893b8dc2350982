"""Coming in, the password, the address, the second factor, the account."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth
from django.core import mail
from django.core.cache import cache
from django.test import Client

from deltacrown.accounts.models import ApiKey, User
from deltacrown.accounts.services import set_sign_in
from deltacrown.user_profile.people import standings
from tests.scene import at
from tests.web.reading import text_of
from tests.web.undoing.ground import MAILBOX, PHRASE, Deed, Sent, address, as_of, fill
from tests.web.undoing.players import FOR_GOOD, KEYS
from tests.web.undoing.staff import CLOSED

OTHER, OTHER_BOX = "staple lamp window", "other@example.org"


def enter(w: Any, name: str = "anna") -> Client:
    """Sign anna in, or somebody else, with the password, just now."""
    cache.clear()
    client = Client()
    client.post("/sign-in/", {"username": name, "password": w.phrase})
    client.post("/sign-in/again/", {"password": w.phrase})
    w.inside = client
    return client


def can_enter(w: Any) -> None:
    w.phrase = PHRASE
    w.anna = set_sign_in(user=w.anna, password=PHRASE)
    EmailAddress.objects.create(user=w.anna, email=MAILBOX, primary=True, verified=True)
    enter(w)


def bea_can_enter(w: Any) -> None:
    w.phrase = PHRASE
    w.bea = set_sign_in(user=w.bea, password=PHRASE)


def rename(old: str, new: str) -> Any:
    """Return what takes a name, on the page that says before what that does."""

    def send(w: Any) -> Sent:
        client, page = enter(w, old), address("username")
        looked = client.post(page, {"username": new, "do": "preview"})
        assert "Changing it back is one of them" in text_of(looked)
        return Sent(client, page, {"username": new, "do": "rename"})

    return send


def has_closed(w: Any) -> None:
    can_enter(w)
    standings.close_account(user=w.anna, by=w.anna, now=at(20))


def close(w: Any) -> Sent:
    return Sent(enter(w), address("account"), {"confirmation": PHRASE})


def reopen(w: Any) -> Sent:
    cache.clear()
    client = Client()
    client.post("/sign-in/", {"username": "anna", "password": PHRASE})
    return Sent(client, address("reopen"), {"do": "reopen"})


def password(old: str, new: str) -> Any:
    def send(w: Any) -> Sent:
        w.phrase = old
        fields = {"oldpassword": old, "password1": new, "password2": new}
        return Sent(enter(w), address("account_change_password"), fields)

    return send


def code_mailed() -> str:
    found = re.search(r"^ {4}(\S+)$", mail.outbox[-1].body, re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found[1]


def confirm(email: str) -> Any:
    def send(w: Any) -> Sent:
        client = enter(w)
        client.post(address("account_email"), {"action_add": "1", "email": email})
        return Sent(client, address("account_email_verification_sent"), {"code": code_mailed()})

    return send


def reset(w: Any) -> Sent:
    cache.clear()
    client = Client()
    client.post(address("account_reset_password"), {"email": MAILBOX})
    client.post(address("account_confirm_password_reset_code"), {"code": code_mailed()})
    return Sent(client, address("account_complete_password_reset"), {"password1": OTHER, "password2": OTHER})


def activate(w: Any) -> Sent:
    page = address("mfa_activate_totp")
    shown = re.search(r'class="secret">(\w+)<', w.inside.get(page).content.decode())
    assert shown
    code = auth.format_hotp_value(auth.hotp_value(shown[1], int(time.time()) // 30))
    return Sent(w.inside, page, {"code": code})


def deactivate(w: Any) -> Sent:
    return Sent(w.inside, address("mfa_deactivate_totp"), {})


def has_factor(w: Any) -> None:
    can_enter(w)
    activate(w).post()


def make_key(w: Any) -> Sent:
    return fill(w.inside, address("api-keys"), "scopes", name="bot", scopes=["read"])


def revoke_key(w: Any) -> Sent:
    prefix = ApiKey.objects.filter(owner=w.anna).latest("pk").prefix
    return Sent(as_of(w.anna), address("api-key", prefix), {})


def sign_up(_w: Any) -> Sent:
    cache.clear()
    fields = {"username": "newcomer", "email": OTHER_BOX, "password1": PHRASE}
    return Sent(Client(), address("account_signup"), fields)


def open_account(w: Any) -> Sent:
    sent = sign_up(w)
    sent.post()
    return Sent(sent.client, address("account_email_verification_sent"), {"code": code_mailed()})


def close_new(_w: Any) -> Sent:
    client = Client()
    client.force_login(User.objects.get(username="newcomer"))
    return Sent(client, address("account"), {"confirmation": PHRASE})


UNTIL = {**CLOSED, "user_profile.UserProfile.standing_until": "days from the last closing"}
MADE = {**KEYS, "accounts.AnsweredRequest": "that the form was answered, so that it makes one key"}
SECRETS = {"mfa.Authenticator": "the secret and the codes are others"}

DEEDS = [
    Deed("account", "close the account", close, reopen, before=can_enter, leaves=CLOSED),
    Deed("reopen", "reopen it", reopen, close, before=has_closed, leaves=UNTIL),
    Deed(
        "account_change_password",
        "change the password",
        password(PHRASE, OTHER),
        password(OTHER, PHRASE),
        before=can_enter,
    ),
    Deed(
        "account_complete_password_reset",
        "set another password",
        reset,
        password(OTHER, PHRASE),
        before=can_enter,
    ),
    Deed(
        "account_email_verification_sent",
        "change the address",
        confirm(OTHER_BOX),
        confirm(MAILBOX),
        before=can_enter,
    ),
    Deed(
        "username",
        "take another name",
        rename("bea", "beatrix"),
        rename("beatrix", "bea"),
        before=bea_can_enter,
        leaves={
            "accounts.FormerUsername": "a player is found by the name that they had",
            "user_profile.PlayerSearchTerm": "and so is searched by it",
        },
    ),
    Deed("account_signup", "sign up", sign_up, says="You can close the account again at any time"),
    Deed("mfa_activate_totp", "switch the second factor on", activate, deactivate, before=can_enter),
    Deed(
        "mfa_deactivate_totp",
        "take the second factor away",
        deactivate,
        activate,
        before=has_factor,
        leaves=SECRETS,
    ),
    Deed(
        "mfa_generate_recovery_codes",
        "make other recovery codes",
        lambda w: Sent(w.inside, address("mfa_generate_recovery_codes"), {}),
        says=FOR_GOOD,
        before=has_factor,
        another="other codes each time; the page after it shows those that hold",
    ),
    Deed("api-keys", "make a key", make_key, revoke_key, before=can_enter, leaves=MADE),
]
CHANGES_NOTHING = {
    **dict.fromkeys(
        ["login", "account_login", "logout", "mfa_authenticate"],
        "signs in or out: one undoes the other",
    ),
    **dict.fromkeys(
        ["account_reauthenticate", "mfa_reauthenticate", "account_confirm_password_reset_code"],
        "notes in the session that somebody gave what was asked",
    ),
    **dict.fromkeys(["account_email", "account_reset_password"], "mails a code; what it opens is tried here"),
    **dict.fromkeys(["account_inactive", "account_password_reset_completed"], "leads on"),
    "account_set_password": "leads who has a password to where it is changed; a first one is changed there",
    "mfa_index": "shows whether there is a second factor",
    "mfa_view_recovery_codes": "shows the codes",
    "usersessions_list": "signs other browsers out, which have to sign in again; it says so",
}
