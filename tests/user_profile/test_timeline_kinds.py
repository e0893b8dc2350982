"""The kinds of activity: what is declared once is what everything else uses."""

from __future__ import annotations

from pkgutil import iter_modules

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from deltacrown.user_profile.models import ArchivedUserActivity, UserActivity, activity_types
from deltacrown.user_profile.privacy import filter_activity_by_visibility
from deltacrown.user_profile.timeline import kinds
from deltacrown.user_profile.timeline.kind import RowKind
from deltacrown.user_profile.timeline.kinds import KINDS
from deltacrown.user_profile.timeline.kinds.team_joined import TeamJoined
from deltacrown.user_profile.timeline.syncing import sync_timeline
from tests.user_profile.season import SPECIFIED, hold, people, queries, said, squad


def test_the_types_of_the_specification_come_first_and_in_its_order():
    assert list(KINDS)[: len(SPECIFIED)] == SPECIFIED


def test_each_module_holds_one_kind():
    modules = {name for _, name, _ in iter_modules(kinds.__path__)}

    assert modules == {value.lower() for value in KINDS}
    assert {type(kind).__module__ for kind in KINDS.values()} == {
        f"{kinds.__name__}.{name}" for name in modules
    }


@pytest.mark.parametrize("table", [UserActivity, ArchivedUserActivity])
def test_the_stored_choices_are_the_kinds(table):
    field = table._meta.get_field("activity_type")
    name, path, _, options = field.deconstruct()

    assert field.choices == [(kind.type, kind.label) for kind in KINDS.values()]
    assert (name, path) == ("activity_type", "django.db.models.CharField")
    assert options == {"max_length": 24, "choices": [(kind.type, kind.label) for kind in KINDS.values()]}


def test_no_two_kinds_of_one_type():
    with pytest.raises(TypeError, match="two kinds of activity have the type TEAM_JOINED"):
        type("Again", (TeamJoined,), {"type": "TEAM_JOINED"})
    assert type(KINDS["TEAM_JOINED"]) is TeamJoined


def test_a_flag_that_does_not_exist_is_refused():
    with pytest.raises(FieldDoesNotExist):
        type("Secret", (TeamJoined,), {"type": "SECRET", "shown_by": "show_secrets"})
    assert "SECRET" not in [each.value for each in activity_types.list_activity_types()]


def test_nothing_is_shown_before_the_kinds_are_known(monkeypatch):
    monkeypatch.setattr(activity_types, "_declared", {})

    with pytest.raises(RuntimeError, match="not ready"):
        filter_activity_by_visibility(UserActivity.objects.all(), None)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.type)
def test_a_kind_knows_the_names_of_its_own_facts(kind):
    by_row = not isinstance(kind, RowKind) or kind.fact_id
    key = kind.make_key(7 if by_row else "")

    assert key == (f"{kind.fact}:7" if by_row else kind.fact)
    assert kind.is_own_key(key)
    assert not any(kind.is_own_key(other) for other in ("", "by hand", f"{kind.fact}s", f"my {kind.fact}:7"))


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if isinstance(kind, RowKind)], ids=lambda kind: kind.type
)
def test_a_kind_names_columns_that_exist(kind):
    table = kind.list_rows().model

    assert isinstance(table._meta.get_field(kind.player), models.ForeignKey | models.AutoField)
    assert isinstance(table._meta.get_field(kind.dated_by), models.DateTimeField)


@pytest.mark.django_db
def test_syncing_some_facts_leaves_the_others_alone():
    (ann,) = people("ann")
    squad("reds", ann), squad("blues", ann)
    UserActivity.objects.filter(user=ann).delete()
    reds = ann.team_memberships.get(team__slug="reds")

    assert sync_timeline(kinds=[TeamJoined], users=[ann.pk], facts=[reds.pk]).created == 1
    assert said(ann) == ["Joined team Reds"]
    assert sync_timeline(kinds=[TeamJoined], users=[ann.pk], facts=[]).created == 0
    assert sync_timeline(kinds=[TeamJoined], users=[ann.pk]).created == 1
    assert said(ann) == ["Joined team Blues", "Joined team Reds"]


@pytest.mark.django_db
def test_many_facts_are_synced_as_few_are():
    (ann,) = people("ann")
    squad("reds", ann), squad("blues", ann)
    UserActivity.objects.filter(user=ann).delete()
    reds = ann.team_memberships.get(team__slug="reds")

    sync_timeline(kinds=[TeamJoined], users=[ann.pk], facts=[reds.pk, *range(10**6, 10**6 + 600)])

    assert said(ann) == ["Joined team Reds"]


@pytest.mark.django_db
def test_whole_timelines_take_as_many_queries_for_many_players_as_for_few():
    users = people(*(f"p{number}" for number in range(40)))
    hold("cup", *users)
    counts = []
    for some in (users[:2], users):
        with queries() as sent:
            sync_timeline(kinds=[type(kind) for kind in KINDS.values()], users=[user.pk for user in some])
        counts.append(len(sent))

    # A query per kind, and the live and the archived entries.
    assert counts[0] == counts[1] == len(KINDS) + 2
