"""Discord and Steam as a test has them: what they answer on the wire, and what a browser brings back.

They are as strict as the real ones: with the redirect address, the secret of PKCE, codes and nonces that hold
once, and the signature over what was said.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter

CLIENT, SECRET = "112233445566778899", "a-secret-of-discord"
HERE = "http://testserver"
STEAM = "https://steamcommunity.com/openid/login"


@dataclass
class Providers:
    """Both providers.

    :param fault: an exception that every request ends in, or a response in place of the right one.
    :param asked: the requests that arrived, as method and address.
    """

    fault: object = None
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    said: dict[str, dict[str, str]] = field(default_factory=dict)

    def send(self, request, timeout=None, **_):
        """Answer, in place of the network."""
        assert timeout == 5, "a request without a limit of time"
        self.asked.append(f"{request.method} {request.url}")
        if isinstance(self.fault, Exception):
            raise self.fault
        if self.fault is not None:
            return answer(request, *self.fault)
        given = dict(parse_qsl(request.body or ""))
        doors = {
            "https://discord.com/api/oauth2/token": self._give_token,
            "https://discord.com/api/users/@me": self._tell_who,
            STEAM: self._check,
        }
        return answer(request, *doors[request.url](given, request.headers))

    def agree(self, location, uid, name="") -> str:
        """The person agrees at the page that ``location`` leads to; return where the browser is led back."""
        asked = {key: value[0] for key, value in parse_qs(urlsplit(location).query).items()}
        if location.startswith(STEAM):
            assert asked["openid.return_to"].startswith(asked["openid.realm"])
            return self.say_as_steam(asked["openid.return_to"], uid)
        assert location.startswith("https://discord.com/api/oauth2/authorize?")
        assert (asked["client_id"], asked["scope"], asked["response_type"]) == (CLIENT, "identify", "code")
        code = secrets.token_hex(8)
        self.codes[code] = {**asked, "id": uid, "username": name}
        return path_of(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    def say_as_steam(self, back, uid) -> str:
        """Return where Steam leads a browser to, after it has signed who it is."""
        claimed = f"https://steamcommunity.com/openid/id/{uid}"
        said = {
            "openid.ns": "http://specs.openid.net/auth/2.0",
            "openid.mode": "id_res",
            "openid.op_endpoint": STEAM,
            "openid.claimed_id": claimed,
            "openid.identity": claimed,
            "openid.return_to": back,
            "openid.response_nonce": "2026-01-01T00:00:00Z" + secrets.token_hex(6),
            "openid.assoc_handle": "1234567890",
            "openid.signed": "signed,op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle",
            "openid.sig": secrets.token_hex(8),
        }
        self.said[said["openid.sig"]] = said
        return path_of(f"{back}&{urlencode(said)}")

    def _give_token(self, given, headers):
        code = self.codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        right = code is not None and (
            (
                given["client_id"],
                given["client_secret"],
                given["grant_type"],
                given["redirect_uri"],
                challenge,
            )
            == (CLIENT, SECRET, "authorization_code", code["redirect_uri"], code["code_challenge"])
        )
        if not right:
            return 400, {"error": "invalid_grant"}
        token = secrets.token_hex(8)
        self.tokens[f"Bearer {token}"] = {
            "id": code["id"],
            "username": code["username"],
            "email": "x@y.example",
        }
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 604800}

    def _tell_who(self, given, headers):
        who = self.tokens.get(headers.get("Authorization", ""))
        return (200, who) if who else (401, {"message": "401: Unauthorized"})

    def _check(self, given, headers):
        said = self.said.pop(given.get("openid.sig", ""), None)
        is_valid = said is not None and given == {**said, "openid.mode": "check_authentication"}
        return 200, f"ns:http://specs.openid.net/auth/2.0\nis_valid:{str(is_valid).lower()}\n"


def install(monkeypatch, settings) -> Providers:
    """Put the fakes in place of the network, and switch both providers on."""
    fake = Providers()
    monkeypatch.setattr(HTTPAdapter, "send", fake.send)
    settings.DISCORD_CLIENT_ID, settings.DISCORD_CLIENT_SECRET = CLIENT, SECRET
    settings.STEAM_SIGN_IN = True
    return fake


def answer(request, status, body, headers=None):
    """A response as the library reads it from the wire."""
    response = requests.Response()
    response.status_code, response.request, response.url = status, request, request.url
    text = body if isinstance(body, str) else json.dumps(body)
    response.raw = io.BytesIO(text.encode())
    kind = "text/plain" if isinstance(body, str) else "application/json"
    response.headers.update({"Content-Type": kind, **(headers or {})})
    return response


def path_of(address) -> str:
    """An address of this site without its host, as the test's browser asks for it."""
    assert address.startswith(f"{HERE}/")
    return address.removeprefix(HERE)
