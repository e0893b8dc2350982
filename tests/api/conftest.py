from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache

from tests.api import calls


@pytest.fixture(autouse=True)
def _no_throttle(settings):
    """Tests of the throttle set their own rates."""
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_ADDRESS = "1000000/60"
    cache.clear()


@pytest.fixture
def visitor(db: None) -> calls.Api:
    """Calls without session and key."""
    return calls.visitor()


@pytest.fixture
def signed_in(db: None) -> Callable[..., calls.Api]:
    """``signed_in(user)``: calls with the user's session and its CSRF token."""
    return calls.signed_in


@pytest.fixture
def with_key(db: None) -> Callable[..., calls.Api]:
    """``with_key(user, "read")``: calls with a key of the user's; staff granted it."""
    return calls.with_key
