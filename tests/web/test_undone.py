"""Every action that cannot be undone says so before; every other can be undone, and was."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.models import User
from deltacrown.core import clock
from deltacrown.web import urls
from tests import scene
from tests.pristine import rolled_back
from tests.web.reading import text_of
from tests.web.undoing import CHANGES_NOTHING, DEEDS
from tests.web.undoing.ground import build, read_state, without

pytestmark = [pytest.mark.django_db]

#: Stands for whatever an address names: which methods it takes is decided before that is looked up.
NAMED = {"public_id": "DC-25-000001", "other": "DC-25-000002", "name": "0" * 32}


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    with rolled_back(django_db_blocker, build) as made:
        yield made


@pytest.fixture
def ground(built, db, monkeypatch):
    # Within the days in which a match can be disputed.
    monkeypatch.setattr(clock, "now", lambda: scene.at(30))
    for each in vars(built).values():
        if isinstance(each, User):
            each.refresh_from_db()
    return built


def list_posted():
    """Return the names of all addresses that take a POST."""
    visitor, client = Client(), Client()
    client.force_login(scene.player("somebody"))
    for pattern in urls.urlpatterns:
        names = re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern))
        address = reverse(pattern.name, kwargs={name: NAMED.get(name, "x") for name in names})
        asked = (each.options(address).headers.get("Allow", "") for each in (client, visitor))
        if any("POST" in allowed for allowed in asked):
            yield pattern.name


def test_every_address_that_takes_a_post_is_entered_once():
    entered = {deed.page for deed in DEEDS}

    posted = set(list_posted())
    assert (posted - entered - set(CHANGES_NOTHING), (entered | set(CHANGES_NOTHING)) - posted) == (
        set(),
        set(),
    )
    assert entered & set(CHANGES_NOTHING) == set()
    assert len({str(deed) for deed in DEEDS}) == len(DEEDS) > 70
    assert [str(deed) for deed in DEEDS if not deed.undo and not deed.says] == []


@pytest.mark.parametrize("deed", DEEDS, ids=str)
def test_it_is_undone_or_says_before_that_it_cannot_be(deed, ground):
    if deed.before is not None:
        deed.before(ground)
    was = read_state()
    sent = deed.send(ground)
    if deed.says:
        page = sent.client.get(deed.shown_at(ground) if deed.shown_at else sent.address)
        assert deed.says in text_of(page)
    answer = sent.post()
    assert answer.status_code < 400, text_of(answer)
    once = read_state()
    assert once != was
    again = sent.post()
    assert again.status_code < 500
    if not deed.another:
        assert_same(read_state(), once)
    if deed.undo is None:
        return
    answer = deed.undo(ground).post()
    assert answer.status_code < 400, text_of(answer)
    assert_same(without(read_state(), deed.leaves), without(was, deed.leaves))


def assert_same(found, expected):
    """Compare two states, and tell of rows that are others by which columns."""
    more, less = found - expected, expected - found
    told = []
    for label, values in more:
        near = min(
            (was for other, was in less if other == label),
            key=lambda was: len(set(values) - set(was)),
            default=(),
        )
        told.append((label, sorted(set(values) - set(near)), "was", sorted(set(near) - set(values))))
    gone = [(label, values) for label, values in less if label not in {each for each, _ in more}]
    assert (told, gone) == ([], []), "\n".join(map(str, [*told, "gone:", *gone]))
