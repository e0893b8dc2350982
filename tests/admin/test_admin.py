"""Every model has admin pages that answer, at a constant number of queries, and no stat can be edited."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deltacrown.accounts.models import User
from deltacrown.core.lean_admin import LeanAdmin
from deltacrown.games.models import Game, Match
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament, TournamentResult
from deltacrown.user_profile.models import Achievement, GameStats, PublicIdCounter, UserProfile
from django_tally.fields import DerivedStat, Stat
from django_tally.models import Installation, Repair, Run
from tests import scene
from tests.admin.rows import make_rows, row_of

pytestmark = pytest.mark.django_db

OURS = [model for model in apps.get_models() if model.__module__.startswith("deltacrown.")]
PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)


def name_of(model):
    return model._meta.label


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def asking(boss, path="/"):
    request = RequestFactory().get(path)
    request.user = boss
    return request


def test_every_model_of_ours_has_admin_pages():
    assert [name_of(model) for model in OURS if model not in admin.site._registry] == []


def test_all_our_pages_are_lean():
    assert [name_of(model) for model in OURS if not isinstance(admin.site._registry[model], LeanAdmin)] == []
    assert not any(admin.site._registry[model].show_full_result_count for model in OURS)


@pytest.mark.parametrize("model", PAGES, ids=name_of)
def test_every_list_search_and_form_answers(desk, boss, model):
    make_rows()
    page = admin.site._registry[model]
    statuses = {
        "list": desk.get(address(model, "changelist")).status_code,
        "search": desk.get(address(model, "changelist"), {"q": "player0"}).status_code,
        "add": desk.get(address(model, "add")).status_code,
    }
    if model.objects.exists():  # Group has none
        statuses["form"] = desk.get(address(model, "change", row_of(model).pk)).status_code
    may_add = page.has_add_permission(asking(boss))
    assert statuses == {**dict.fromkeys(statuses, 200), "add": 200 if may_add else 403}


@pytest.mark.parametrize(
    ("model", "heading"),
    [(Match, "Game 0 match-0 of player0 ({})"), (TournamentResult, "player0 ({}) at Cup 0")],
    ids=["a match", "a result"],
)
def test_a_row_is_called_by_names_and_not_by_keys(desk, model, heading):
    make_rows()
    page = desk.get(address(model, "change", row_of(model).pk)).content.decode()

    public_id = UserProfile.objects.get(user__username="player0").public_id
    assert f"<h2>{heading.format(public_id)}</h2>" in page
    assert "Django" not in page


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_there_is_a_row_of_every_model_to_show(desk, model):
    make_rows()
    assert desk.get(address(model, "changelist")).context["cl"].result_count >= 1


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_more_rows_cost_no_more_queries(desk, model):
    make_rows(0)
    desk.get(address(model, "changelist"))  # content types and the like are read once
    counts = []
    for number in (1, 2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            desk.get(address(model, "changelist"))
        counts.append(len(queries))
        make_rows(number)
    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize("model", [UserProfile, GameStats], ids=name_of)
def test_cached_numbers_are_shown_and_cannot_be_typed_in(desk, boss, model):
    make_rows()
    page, row, request = admin.site._registry[model], row_of(model), asking(boss)
    numbers = {field.name for field in model._meta.fields if isinstance(field, Stat | DerivedStat)}
    shown = set(flatten_fieldsets(page.get_fieldsets(request, row)))
    typed = set(page.get_form(request, row, change=True).base_fields)
    assert numbers <= shown
    assert numbers.isdisjoint(typed if page.has_change_permission(request, row) else ())


def test_posting_a_number_to_a_profile_changes_only_what_may_change(desk):
    make_rows()
    profile = UserProfile.objects.get(user__username="player0")
    before = profile.total_matches_played, profile.public_id
    answer = desk.post(
        address(UserProfile, "change", profile.pk),
        {
            "display_name": "Zed",
            "bio": "",
            "country": "DE",
            "total_matches_played": 999,
            "public_id": "DC-00-000000",
        },
    )
    assert answer.status_code == 302
    profile.refresh_from_db()
    assert (profile.display_name, profile.country) == ("Zed", "DE")
    assert (profile.total_matches_played, profile.public_id) == before == (2, profile.public_id)


@pytest.mark.parametrize("model", [Run, Repair, Installation, PublicIdCounter], ids=name_of)
def test_the_engine_s_own_records_are_read_only(desk, boss, model):
    make_rows()
    page, row, request = admin.site._registry[model], row_of(model), asking(boss)
    assert not any(
        [
            page.has_add_permission(request),
            page.has_change_permission(request, row),
            page.has_delete_permission(request, row),
        ]
    )
    assert page.get_actions(request) == {}
    assert desk.post(address(model, "change", row.pk), {}).status_code == 403


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_nothing_is_deleted_in_bulk(boss, model):
    assert "delete_selected" not in admin.site._registry[model].get_actions(asking(boss))


@pytest.mark.parametrize("model", [Game, Tournament, Team, Achievement], ids=name_of)
def test_what_was_played_in_cannot_be_deleted(desk, model):
    make_rows()
    row = row_of(model)
    answer = desk.post(address(model, "delete", row.pk), {"post": "yes"}, follow=True)
    assert f"{row} cannot be deleted, because" in answer.content.decode()
    assert model.objects.filter(pk=row.pk).exists()


def test_a_user_with_rows_is_refused_with_what_to_do_and_one_without_is_deleted(desk):
    ann, bob = scene.player("ann"), scene.player("bob")
    scene.match(ann, "m1")
    for user in (ann, bob):
        answer = desk.post(address(User, "delete", user.pk), {"post": "yes"}, follow=True)
        is_refused = "Deactivate the account instead: set is_active to False." in answer.content.decode()
        assert (answer.status_code, is_refused) == (200, user == ann)
    assert list(User.objects.filter(pk__in=[ann.pk, bob.pk])) == [ann]


def test_an_unused_game_can_be_deleted(desk):
    game = Game.objects.create(slug="typo", name="Typo")
    assert desk.post(address(Game, "delete", game.pk), {"post": "yes"}).status_code == 302
    assert not Game.objects.exists()


def test_who_is_not_staff_sees_no_page(client):
    make_rows()
    client.force_login(UserProfile.objects.get(user__username="player0").user)
    assert client.get(address(UserProfile, "changelist")).status_code == 302
