"""Signing in with Steam: OpenID 2.0, of which Steam speaks one small part.

Steam is asked at one fixed address whether it said what the browser brings. So nothing is discovered, no
address of a request is ever opened from here, and no keys are kept: for what one provider needs, this is less
than the library that django-allauth's Steam asks for. See decision 0064.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from allauth.socialaccount.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from requests import RequestException

from deltacrown.accounts.entrance.providers import Proof, Provider

ENDPOINT = "https://steamcommunity.com/openid/login"
OPENID = "http://specs.openid.net/auth/2.0"
ANYBODY = f"{OPENID}/identifier_select"
CLAIMED = re.compile(r"https://steamcommunity\.com/openid/id/([0-9]{17})", re.ASCII)
#: What Steam must have signed, for its answer to be about this person and this site.
SIGNED = {"op_endpoint", "claimed_id", "identity", "return_to", "response_nonce", "assoc_handle"}
#: Of an answer as lines ``name:value``.
VALID = "is_valid:true"


class Steam(Provider):
    """Steam, which asks for no key."""

    key = "steam"
    name = "Steam"
    origin = "https://steamcommunity.com"

    def is_on(self) -> bool:
        """Return whether the settings say so."""
        return bool(settings.STEAM_SIGN_IN)

    def build_address(self, request: HttpRequest, *, back: str, state: str, secret: str) -> str:
        """Return the page of Steam that asks whether this site may know who one is."""
        asked = {
            "openid.ns": OPENID,
            "openid.mode": "checkid_setup",
            "openid.identity": ANYBODY,
            "openid.claimed_id": ANYBODY,
            "openid.return_to": _lead_back(back, state),
            "openid.realm": "{0.scheme}://{0.netloc}/".format(urlsplit(back)),
        }
        return f"{ENDPOINT}?{urlencode(asked)}"

    def read(self, request: HttpRequest, *, back: str, secret: str) -> Proof:
        """Ask Steam whether it signed what the browser brings.

        The state is part of the address that Steam signs, and holds once: an answer can be used once, and by
        no other browser.
        """
        given = request.GET
        if given.get("openid.mode") == "cancel":
            raise self.find_denied()
        brought = {name: given[name] for name in given if name.startswith("openid.")}
        claimed = CLAIMED.fullmatch(brought.get("openid.claimed_id", ""))
        is_whole = (
            claimed is not None
            and all(len(given.getlist(name)) == 1 for name in given)
            and brought.get("openid.ns") == OPENID
            and brought.get("openid.mode") == "id_res"
            and brought.get("openid.op_endpoint") == ENDPOINT
            and brought.get("openid.identity") == brought["openid.claimed_id"]
            and brought.get("openid.return_to") == _lead_back(back, given.get("state", ""))
            and SIGNED.issubset(brought.get("openid.signed", "").split(","))
        )
        if claimed is None or not is_whole:
            raise self.find_unproven()
        if not self._is_signed(brought):
            raise self.find_unproven()
        return self.prove(claimed[1])

    def _is_signed(self, brought: dict[str, str]) -> bool:
        asked = {**brought, "openid.mode": "check_authentication"}
        try:
            with get_adapter().get_requests_session() as session:
                answer = session.post(ENDPOINT, data=asked)
                answer.raise_for_status()
        except RequestException as error:
            raise self.find_away(error) from error
        return VALID in answer.text.splitlines()


def _lead_back(back: str, state: str) -> str:
    return f"{back}?{urlencode({'state': state})}"
