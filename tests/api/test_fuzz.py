"""Whatever is sent, what comes back is declared: generated requests for every operation, right and wrong ones.

``make fuzz`` runs a thousand requests per operation and caller; the suite a few, always the same.
"""

from __future__ import annotations

import os
import zlib
from datetime import timedelta

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

from deltacrown.accounts.services import create_key
from deltacrown.api.application import api
from deltacrown.core.clock import now
from deltacrown.games.models import Match
from deltacrown.moderation.services import file_dispute, write_handle
from tests import scene

pytestmark = pytest.mark.django_db

CASES = int(os.environ.get("DELTACROWN_FUZZ_CASES", "0"))
#: Names of rows that are there, put into half of the requests; filled in by each test.
NAMES: dict[str, list[str]] = {"public_id": [], "slug": [], "game": [], "match_key": [], "handle": [], "prefix": [], "stat": []}

schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
schema.app = get_wsgi_application()
#: Every edge of every shape once: many requests, left to the longer run.
schema.config.phases.coverage.enabled = bool(CASES)


@schema.hook
def map_path_parameters(context, path_parameters):
    """Half of the requests are about rows that are there, told by the first character of what was generated."""
    for name, value in (path_parameters or {}).items():
        if NAMES.get(name) and isinstance(value, str) and len(value) % 2:
            path_parameters[name] = NAMES[name][len(value) // 2 % len(NAMES[name])]
    return path_parameters


#: What cannot hold here. A request of the right shape may name players, games and moments that are not there or contradict
#: each other, which is refused with 422. And the check of ignored credentials sends wrong ones of one kind beside our own
#: right ones of the other; that every operation refuses wrong ones is shown in test_authorisation.
LEFT_OUT = ["positive_data_acceptance", "ignored_auth"]


def rows():
    ann, boss = scene.player("ann"), scene.player("boss", is_staff=True)
    Match.objects.create(user=ann, game=scene.game("rocket"), match_key="m1", result="WIN", played_at=now() - timedelta(days=1))
    for status in ("DRAFT", "OPEN", "RUNNING", "COMPLETED"):
        event = scene.tournament(status.lower(), title=scene.game("rocket"), status=status, organiser=boss)
        scene.entry(ann, event)
    scene.placed(event, 1, ann)
    dispute = file_dispute(reporter=ann, match=Match.objects.get(), reason="x", now=now())
    NAMES.update(public_id=[ann.profile.public_id], slug=["draft", "open", "running", "completed"], game=["rocket"], match_key=["m1"])
    NAMES.update(handle=[write_handle(dispute)], stat=["matches_won", "overall_win_rate", "level", "tournaments_won"])
    return ann, boss


@pytest.fixture(autouse=True)
def _one_connection():
    """Requests use the test's own transaction: nothing may close its connection, as a served request otherwise does."""
    events = (request_started, request_finished)
    for event in events:
        event.disconnect(close_old_connections)
    yield
    for event in events:
        event.connect(close_old_connections)


@pytest.fixture
def callers():
    """What each kind of caller sends."""
    ann, boss = rows()
    key = create_key(owner=ann, name="x", scopes=["read", "matches:write", "tournaments:write"], by=boss)
    NAMES["prefix"] = [key.key.prefix]

    def session(user):
        client = Client()
        client.force_login(user)
        return {"Cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={'t' * 32}", "X-CSRFToken": "t" * 32}

    return {"staff": session(boss), "member": session(ann), "key": {"Authorization": f"Bearer {key.secret}"}, "visitor": {}}


@schema.parametrize()
@settings(
    max_examples=CASES or 20,
    derandomize=not CASES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_the_answer_is_declared(case, callers):
    told = repr((case.path_parameters, case.query, case.body)).encode()
    caller = sorted(callers)[zlib.crc32(told) % len(callers)]  # the same for the same request, so that a failure repeats
    case.call_and_validate(headers=callers[caller], excluded_checks=[CHECKS.get_one(name) for name in LEFT_OUT])
