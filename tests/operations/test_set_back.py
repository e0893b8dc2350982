"""A database that was set back in time: nothing of after is shown, and nobody stays signed in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from deltacrown.freshness import keeping
from deltacrown.freshness.tokens import get_token
from deltacrown.operations.backup.restoring import settle
from deltacrown.user_profile.models import UserProfile

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Shown:
    """What a page would show of a player."""

    won: int


def now():
    return datetime.now(UTC)


def open_page(user):
    """What a reader is shown of ``user``: what is kept under the token of now, or else the rows."""
    return keeping.get_or_build(
        Shown,
        owner=user.pk,
        token=get_token(user.pk),
        audience="visitor",
        seconds=300,
        build=lambda: Shown(UserProfile.objects.get(user=user).matches_won),
    )


@pytest.mark.parametrize("is_keeping", [True, False])
def test_no_page_of_after_is_shown_and_nobody_stays_signed_in(player, played, redis_cache, is_keeping):
    played(ann := player("ann"))
    then = get_token(ann.pk)
    assert open_page(ann) == Shown(1)
    Session.objects.create(
        session_key="k" * 32, session_data="x", expire_date=datetime(2099, 1, 1, tzinfo=UTC)
    )
    with transaction.atomic():
        played(ann)
        since = get_token(ann.pk)
        assert (open_page(ann), since == then) == (Shown(2), False)
        transaction.set_rollback(True)  # set back, tokens and all, while Redis keeps what it has

    assert get_token(ann.pk) == then
    # As a restore by parts leaves it: under the token of then is a page of another state.
    keeping.cache_store.forget(keeping.PREFIX)
    played(ann)
    UserProfile.objects.get(user=ann)
    put_token(ann, then)
    assert open_page(ann) == Shown(2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE user_profile_userprofile SET matches_won = 1 WHERE user_id = %s", [ann.pk])
    put_token(ann, then)
    assert open_page(ann) == Shown(2)

    restored = settle(clock=now, keep_sessions=is_keeping)

    assert open_page(ann) == Shown(1)
    assert get_token(ann.pk) not in {then, since}
    assert (restored.sessions, Session.objects.count()) == ((None, 1) if is_keeping else (1, 0))
    # It repairs nothing: the number was set by hand, and is told.
    assert (restored.is_right, restored.report.numbers_drifted, restored.migrated) == (False, 1, [])


def put_token(user, token):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tally_contentversion SET token = %s WHERE owner = %s", [token, user.pk])


def test_triggers_that_are_missing_afterwards_are_told():
    from django_tally.triggers.installation import install_triggers, list_installed, record_installation

    trigger = list_installed(connection)[0]
    on_table = f'ON "{trigger.table}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{trigger.name}" {on_table}')
    try:
        restored = settle(clock=now)
    finally:
        install_triggers("default")
        record_installation("default", now=now())

    assert not restored.is_right
    assert f"trigger {trigger.name} is missing" in json.dumps(restored.faults)
    assert settle(clock=now).is_right
