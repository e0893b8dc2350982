"""Signing in with Discord: OAuth 2 with PKCE, for nothing but the id of who agrees."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.discord.views import DiscordOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from django.conf import settings
from django.http import HttpRequest
from requests import RequestException

from deltacrown.accounts.entrance.providers import Proof, Provider, read_text

#: The id and the name; the e-mail address is not asked for.
SCOPE = ["identify"]


class Discord(Provider):
    """Discord, where an application of this site has an id and a secret."""

    key = "discord"
    name = "Discord"
    origin = "https://discord.com"

    def is_on(self) -> bool:
        """Return whether there is an application."""
        return bool(settings.DISCORD_CLIENT_ID)

    def build_address(self, request: HttpRequest, *, back: str, state: str, secret: str) -> str:
        """Return the page of Discord that asks whether this site may know who one is."""
        client = self._build_client(request, back)
        client.state = state
        digest = urlsafe_b64encode(sha256(secret.encode()).digest()).rstrip(b"=").decode()
        challenge = {"code_challenge": digest, "code_challenge_method": "S256"}
        address: str = client.get_redirect_url(DiscordOAuth2Adapter.authorize_url, SCOPE, challenge)
        return address

    def read(self, request: HttpRequest, *, back: str, secret: str) -> Proof:
        """Exchange the code for a token, ask with it for the id, and forget it."""
        if request.GET.get("error") == DiscordOAuth2Adapter.login_cancelled_error:
            raise self.find_denied()
        code = request.GET.get("code", "")
        if not code:
            raise self.find_unproven()
        try:
            given = self._build_client(request, back).get_access_token(code, pkce_code_verifier=secret)
            headers = {"Authorization": f"Bearer {read_text(given, 'access_token')}"}
            with get_adapter().get_requests_session() as session:
                answer = session.get(DiscordOAuth2Adapter.profile_url, headers=headers)
                answer.raise_for_status()
                told = answer.json()
        # An answer of another form, or without the type of its body, ends in one of the last.
        except (RequestException, OAuth2Error, KeyError, TypeError, ValueError) as error:
            raise self.find_away(error) from error
        return self.prove(read_text(told, "id"), read_text(told, "username"))

    def _build_client(self, request: HttpRequest, back: str) -> OAuth2Client:
        return OAuth2Client(
            request,
            settings.DISCORD_CLIENT_ID,
            settings.DISCORD_CLIENT_SECRET,
            "POST",
            DiscordOAuth2Adapter.access_token_url,
            back,
        )
