"""Generated requests for every operation, valid and invalid: answers are declared and show nothing hidden.

``make fuzz`` sends thousands of requests on either database; the suite a few, always the same.
"""

from __future__ import annotations

import os
import zlib
from collections import Counter
from datetime import timedelta

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

from deltacrown.accounts.services import create_key
from deltacrown.api.application import api
from deltacrown.core.clock import now
from deltacrown.games.models import Match
from deltacrown.moderation.services import file_dispute, write_handle
from tests import scene

pytestmark = [pytest.mark.django_db, pytest.mark.both]

CASES = int(os.environ.get("DELTACROWN_FUZZ_CASES", "0"))
#: Names of rows that are there; filled in by each test.
NAMES: dict[str, list[str]] = {
    "public_id": [],
    "slug": [],
    "game": [],
    "match_key": [],
    "handle": [],
    "prefix": [],
    "stat": [],
}

schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
schema.app = get_wsgi_application()
#: Every edge of every shape once: many requests, left to the longer run.
schema.config.phases.coverage.enabled = bool(CASES)


#: What other names for the same things are in queries and bodies.
ALIASES = {"player": "public_id", "organiser": "public_id", "tournament": "slug"}


@schema.hook
def map_path_parameters(context, path_parameters):
    return put_names(path_parameters)


@schema.hook
def map_query(context, query):
    """Nobody guesses a cursor: half of those that would be refused are left out."""
    if isinstance(query, dict) and isinstance(query.get("page"), str) and len(query["page"]) % 2:
        query = {name: value for name, value in query.items() if name != "page"}
    return put_names(query)


@schema.hook
def map_body(context, body):
    return put_names(body)


def put_names(value):
    """Half of what is named is put in place by what is there, told by the length of what was generated."""
    if isinstance(value, list):
        return [put_names(each) for each in value]
    if isinstance(value, dict):
        return {name: _put_name(name, put_names(each)) for name, each in value.items()}
    return value


def _put_name(name, value):
    if name in {"results", "scores"} and isinstance(value, dict):
        return {_known(NAMES["public_id"], public_id): each for public_id, each in value.items()}
    return _known(NAMES.get(ALIASES.get(name, name), []), value)


def _known(names, value):
    return (
        names[len(value) // 2 % len(names)] if names and isinstance(value, str) and len(value) % 2 else value
    )


#: Checks that cannot hold here. A request of the right shape may name players and games that do not exist,
#: or times that contradict each other, and is refused with 422. The check of ignored credentials sends wrong
#: credentials of one kind together with our right ones of the other kind; test_authorisation checks that
#: every operation refuses wrong ones.
LEFT_OUT = ["positive_data_acceptance", "ignored_auth"]


#: Stands in everything that Eve hides, and in nothing that is sent.
HIDDEN = "eves-secret-4c1d"
#: Text that no answer contains: paths of the code, and messages of a failing database or interpreter.
INSIDE = ("Traceback", "site-packages", "psycopg", "sqlite3.", "OperationalError", 'File "')
#: Requests by caller and by the hundred of the status they were answered with.
SENT: Counter[str] = Counter()


def rows():
    """Ann, who hides nothing; Eve, who hides everything; staff; and a row of each kind that URLs name."""
    ann, eve, boss = (
        scene.player("ann"),
        scene.player("eve", email=f"{HIDDEN}@example.org"),
        scene.player("boss", is_staff=True),
    )
    yesterday = now() - timedelta(days=1)
    Match.objects.create(
        user=ann, game=scene.game("rocket"), match_key="m1", result="WIN", played_at=yesterday
    )
    for status in ("DRAFT", "OPEN", "RUNNING", "COMPLETED"):
        event = scene.tournament(status.lower(), title=scene.game("rocket"), status=status, organiser=boss)
        scene.registration(ann, event)
    scene.result(event, 1, ann)
    disputes = [
        file_dispute(reporter=ann, match=Match.objects.get(), reason="x", now=now()),
        hide_everything(eve, yesterday),
    ]
    NAMES["public_id"] = [user.profile.public_id for user in (ann, eve)]
    NAMES.update(slug=["draft", "open", "running", "completed"], game=["rocket"], match_key=["m1", "m2"])
    NAMES.update(handle=[write_handle(dispute) for dispute in disputes])
    NAMES.update(stat=["matches_won", "overall_win_rate", "level", "tournaments_won", "disputes_filed"])
    return ann, boss


def hide_everything(eve, played_at):
    """Give Eve rows that are hers and staff's to see, and return her dispute."""
    match = Match.objects.create(
        user=eve,
        game=scene.game("rocket"),
        match_key="m2",
        result="WIN",
        played_at=played_at,
        side=HIDDEN,
        stats={HIDDEN: HIDDEN},
    )
    scene.activity(eve, HIDDEN, visibility="PRIVATE", metadata={"note": HIDDEN})
    scene.experience(eve, 5, HIDDEN)
    create_key(owner=eve, name=HIDDEN, scopes=["read"], by=eve)
    dispute = file_dispute(reporter=eve, match=match, reason=HIDDEN, now=now())
    scene.hide(eve, matches=True, tournaments=True)
    return dispute


@pytest.fixture(scope="module", autouse=True)
def _tell_what_was_sent(request):
    yield
    if CASES and SENT:
        told = ", ".join(f"{name} {count:,}" for name, count in sorted(SENT.items()))
        plugins = request.config.pluginmanager
        with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
            plugins.get_plugin("terminalreporter").write_line(
                f"\n{SENT.total():,} requests on {connection.vendor}: {told}"
            )


@pytest.fixture(autouse=True)
def _one_connection():
    """Keep the connection open at the end of a request, because requests use the test's own transaction."""
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
        return {
            "Cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={'t' * 32}",
            "X-CSRFToken": "t" * 32,
        }

    return {
        "staff": session(boss),
        "member": session(ann),
        "key": {"Authorization": f"Bearer {key.secret}"},
        "visitor": {},
    }


@schema.parametrize()
@settings(
    max_examples=CASES or 8,
    derandomize=not CASES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_the_answer_is_declared(case, callers):
    told = repr((case.path_parameters, case.query, case.body)).encode()
    # The same caller for the same request, so that a failure repeats.
    caller = sorted(callers)[zlib.crc32(told) % len(callers)]
    answer = case.call_and_validate(
        headers=callers[caller], excluded_checks=[CHECKS.get_one(name) for name in LEFT_OUT]
    )
    SENT[f"{caller} {answer.status_code // 100}xx"] += 1
    for word in INSIDE if caller == "staff" else (*INSIDE, HIDDEN):
        assert word not in answer.text
