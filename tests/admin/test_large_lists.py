"""Lists of the admin among very many rows: how the database reads them, and that none sorts or counts all."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deltacrown.core.admin_lists import MOST_COUNTED
from deltacrown.core.lean_admin import LeanAdmin
from deltacrown.core.models import AuditEntry
from deltacrown.games.models import Match
from deltacrown.games.services import void_match
from deltacrown.moderation.models import Dispute
from tests import scene
from tests.admin.rows import make_rows
from tests.plans import empty_tables, gather_statistics, sent_by, work_of
from tests.pristine import rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.both]

#: The engine's own pages know nothing of the platform's; they are of a few rows, and bounded by themselves.
PAGES = sorted(
    (model for model, page in admin.site._registry.items() if isinstance(page, LeanAdmin)),
    key=lambda model: model._meta.label,
)
#: A few dozen rows each: they may be sorted by any column.
SHORT = {"games.Game", "games.Season", "user_profile.Achievement"}
MANY = 20_000
#: As many rows may be read, those of indexes and of each step counted, to count and show a page.
MOST_READ = 14_000


def address(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def listed(desk, model, query=""):
    """The statements that a list sends to its table, in the order in which they are sent."""
    with CaptureQueriesContext(connection) as sent:
        answer = desk.get(address(model) + query)
    assert answer.status_code == 200
    table = model._meta.db_table
    return [each["sql"] for each in sent if f'FROM "{table}"' in each["sql"]]


def read_rows(boss, model, query=""):
    """The statements that the view of a list sends to its table until it has the rows, without the page."""
    request = RequestFactory().get(address(model) + query)
    request.user = boss
    with CaptureQueriesContext(connection) as sent:
        answer = admin.site._registry[model].changelist_view(request)
        assert answer.status_code == 200
        list(answer.context_data["cl"].result_list)
    table = model._meta.db_table
    return [each["sql"] for each in sent if f'FROM "{table}"' in each["sql"]]


@pytest.mark.once
def test_an_address_sorts_no_list_by_what_no_index_has(desk, boss):
    """Django offers no link for such a column, and would sort all the same where an address asks for it.

    The page is made once for each list: it sends no other statements than its view.
    """
    make_rows()
    faults = []
    for model in PAGES:
        if model._meta.label in SHORT:
            continue
        plain = read_rows(boss, model)
        whole = listed(desk, model)
        assert plain
        assert [each for each in plain if each not in whole] == []
        columns = range(len(admin.site._registry[model].list_display) + 1)
        asked = [f"?o={sign}{column}" for column in columns for sign in ("", "-")]
        faults += [(model._meta.label, query) for query in asked if read_rows(boss, model, query) != plain]
    assert faults == []


@pytest.mark.once
def test_short_lists_are_sorted(desk):
    # By the first column or the second, as there are actions or none: both say the same.
    for slug, name in (("z", "Zebra"), ("a", "Ant")):
        title = scene.game(slug)
        type(title).objects.filter(pk=title.pk).update(name=name)
    for query, names in (("?o=1", ["Ant", "Zebra"]), ("?o=-1", ["Zebra", "Ant"])):
        found = desk.get(address(type(title)) + query).context["cl"].result_list
        assert [each.name for each in found] == names


@pytest.mark.once
def test_no_list_counts_further_than_can_be_paged_through(desk):
    make_rows()
    for model in PAGES:
        with CaptureQueriesContext(connection) as sent:
            desk.get(address(model))
        counts = [each["sql"] for each in sent if each["sql"].startswith("SELECT COUNT(")]
        assert all(f"LIMIT {MOST_COUNTED}" in each for each in counts), (model, counts)


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    """What ``build_crowd`` makes, once for all tests of it."""
    with rolled_back(django_db_blocker, build_crowd) as built:
        yield built


def build_crowd():
    """Many matches and audit entries, of which a few are void, and one is a ruling. Fifty are ann’s.

    With more of them among so few, reading the table once would be less work than asking for each of them.
    """
    empty_tables()
    ann, bob, title = scene.player("ann"), scene.player("bob"), scene.game()
    Match.objects.bulk_create(
        Match(
            user=bob if number % 400 else ann,
            game=title,
            match_key=f"m{number}",
            result="WIN",
            played_at=scene.at(number / 60),
        )
        for number in range(MANY)
    )
    void_match(
        game=title, match_key="m7", reason="crash", now=scene.at(0), by=scene.player("mod", is_staff=True)
    )
    Match.objects.filter(match_key="m8").update(uncounted_reason="friendly")
    AuditEntry.objects.bulk_create(
        AuditEntry(
            kind="READ", deed="read-hidden", actor=ann, subject=ann, about=f"user:{number}", minute=None
        )
        for number in range(MANY)
    )
    AuditEntry.objects.create(kind="RULING", deed="merged", actor=ann, about="user:1", minute=None)
    gather_statistics()
    return ann


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="its planner is asked on PostgreSQL")
@pytest.mark.parametrize(
    ("model", "query", "found"),
    [
        (Match, "", 50),
        (Match, "?p=20", 50),
        (Match, "?counts=void", 1),
        (Match, "?counts=never", 1),
        (Match, "?q=m77", 1),
        (Match, "?q=ann", 50),
        (AuditEntry, "", 50),
        (AuditEntry, "?p=20", 50),
        (AuditEntry, "?q=ann", 50),
        (AuditEntry, "?q=merged", 1),
        (AuditEntry, "?kind__exact=RULING", None),
        (Dispute, "", 0),
        (Dispute, "?status__exact=OPEN", 0),
    ],
)
def test_no_list_reads_a_whole_table(crowd, desk, model, query, found):
    shown = desk.get(address(model) + query).context["cl"].result_list
    assert found is None or len(shown) == found
    sent = sent_by(lambda: desk.get(address(model) + query), model._meta.db_table)
    assert sent
    assert [sql for sql, params in sent if work_of(sql, params) > MOST_READ] == []
