from __future__ import annotations

import logging

import pytest
from django.test import client

from tests.privacy.world import build_world


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    from django.conf import settings

    rates = settings.API_RATE_PER_KEY, settings.API_RATE_PER_ADDRESS
    settings.API_RATE_PER_KEY = settings.API_RATE_PER_ADDRESS = "1000000/60"
    logging.disable(logging.CRITICAL)  # thousands of refusals
    keep_contexts, client.store_rendered_templates = client.store_rendered_templates, keep_nothing
    with django_db_blocker.unblock(), build_world() as built:
        yield built
    client.store_rendered_templates = keep_contexts
    logging.disable(logging.NOTSET)
    settings.API_RATE_PER_KEY, settings.API_RATE_PER_ADDRESS = rates


def keep_nothing(*args, **kwargs) -> None:
    """Answers are read as their readers read them: no copy is kept of what each template was given."""
