"""Reopening one's account: offered to who gave the right password of an account that they closed.

The offer is kept in the session, which has nobody signed in, and holds for some minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from deltacrown.accounts.models import User
from deltacrown.pages.standings import may_reopen

OFFER = "reopening"
OFFERED_FOR = timedelta(minutes=10)


def offer_reopening(request: HttpRequest, *, user: User, to: str, now: datetime) -> None:
    """Keep in the session that the player may reopen their account.

    :param to: the path of this site to which signing in leads.
    """
    request.session.cycle_key()  # whoever set the session of this browser must not share the offer
    password = user.get_session_auth_hash()
    request.session[OFFER] = {"user": user.pk, "password": password, "at": now.isoformat(), "to": to}


def get_offered(request: HttpRequest, *, now: datetime) -> tuple[User, str] | None:
    """Return the player who may reopen their account, and where signing in leads; None without an offer.

    An offer ends after some minutes, with another password, and when staff closes the account.
    """
    offer = request.session.get(OFFER)
    if offer is None or now - datetime.fromisoformat(offer["at"]) > OFFERED_FOR:
        return None
    user = User.objects.select_related("profile").filter(pk=offer["user"]).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), offer["password"]):
        return None
    return (user, offer["to"]) if may_reopen(user, now) else None


def forget_offer(request: HttpRequest) -> None:
    """Take the offer out of the session, which goes on once the player is signed in."""
    request.session.pop(OFFER, None)
