from __future__ import annotations

import logging

import pytest

from tests.privacy.world import build_world


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    from django.conf import settings

    rates = settings.API_RATE_PER_KEY, settings.API_RATE_PER_ADDRESS
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_ADDRESS = "1000000/60"
    logging.disable(logging.CRITICAL)  # thousands of refusals
    with django_db_blocker.unblock(), build_world() as built:
        yield built
    logging.disable(logging.NOTSET)
    settings.API_RATE_PER_KEY, settings.API_RATE_PER_ADDRESS = rates
