from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from deltacrown.accounts.services import create_key
from tests.api.calls import Api


@pytest.fixture(autouse=True)
def _no_throttle(settings):
    """Tests of the throttle set their own rates."""
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_ADDRESS = "1000000/60"
    cache.clear()


@pytest.fixture
def visitor(db: None) -> Api:
    """Calls without session and key."""
    return Api(Client())


@pytest.fixture
def signed_in(db: None) -> Callable[..., Api]:
    """``signed_in(user)``: calls with the user's session and its CSRF token."""

    def make(user) -> Api:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        token = "t" * 32
        client.cookies["csrftoken"] = token
        return Api(client, {"X-CSRFToken": token})

    return make


@pytest.fixture
def with_key(db: None, player) -> Callable[..., Api]:
    """``with_key(user, "read")``: calls with a key of the user's; staff granted it."""

    def make(user, *scopes: str) -> Api:
        from deltacrown.accounts.models import User

        staff = User.objects.filter(username="granter").first() or player("granter", is_staff=True)
        made = create_key(owner=user, name="test", scopes=scopes or ("read",), by=staff)
        api = Api(Client(), {"Authorization": f"Bearer {made.secret}"})
        api.key, api.secret = made.key, made.secret
        return api

    return make
