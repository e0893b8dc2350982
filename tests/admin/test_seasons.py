"""Staff make seasons by their first and their last day, through the services."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from deltacrown.games.models import Season
from tests import scene

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SPRING = {"name": "Spring", "slug": "spring", "game": "", "starts_at": "2024-02-01", "ends_at": "2024-02-29"}


def address(page, *args):
    return reverse(f"admin:games_season_{page}", args=args)


def read(season):
    season.refresh_from_db()
    times = [at.isoformat()[:16] for at in (season.starts_at, season.ends_at)]
    return [season.slug, season.name, *times, season.game and season.game.slug]


def test_days_become_the_midnights_around_them(desk, boss, caplog):
    caplog.set_level("INFO", logger="deltacrown.audit")
    answer = desk.post(address("add"), {**SPRING, "game": scene.game().pk})

    assert answer.status_code == 302
    assert read(Season.objects.get()) == [
        "spring", "Spring", "2024-02-01T00:00", "2024-03-01T00:00", "valorant",
    ]  # fmt: skip
    assert f"user {boss.pk} created season spring: 2024-02-01 00:00 to 2024-03-01 00:00" in caplog.messages


def test_name_and_days_change_and_the_slug_stays(desk):
    season = scene.season("spring", "2024-02-01", "2024-03-01")
    page = desk.get(address("change", season.pk)).content.decode()
    assert 'value="2024-02-01"' in page
    assert 'value="2024-02-29"' in page

    told = {"name": "Split 1", "slug": "other", "starts_at": "0001-01-01", "ends_at": "0001-01-01"}
    assert desk.post(address("change", season.pk), told).status_code == 302
    assert read(season) == ["spring", "Split 1", "0001-01-01T00:00", "0001-01-02T00:00", None]


def test_a_row_with_times_within_a_day_is_shown_as_whole_days_and_kept_as_such(desk):
    season = scene.season("raw", "2025-01-01T07:30", "2025-06-30T18:00")
    listed = desk.get(address("changelist")).content.decode()
    assert "1 Jan 2025" in listed
    assert "30 Jun 2025" in listed

    told = {"name": "Raw", "starts_at": "2025-01-01", "ends_at": "2025-06-30"}
    assert desk.post(address("change", season.pk), told).status_code == 302
    assert read(season) == ["raw", "Raw", "2025-01-01T00:00", "2025-07-01T00:00", None]


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"starts_at": "2024-03-01"}, "ends_at", "The last day is before the first: give a later one."),
        ({"ends_at": "2025-02-29"}, "ends_at", "Enter a valid date."),
        ({"ends_at": "9999-12-31"}, "ends_at", "No day comes after this one: give an earlier one."),
        ({"name": "a\u202eb"}, "name", "direction"),
        ({"slug": "taken"}, "slug", "already exists"),
    ],
)
def test_what_is_no_season_is_said_beside_the_field(desk, wrong, field, words):
    scene.season("taken")
    errors = desk.post(address("add"), {**SPRING, **wrong}).context["adminform"].form.errors

    assert list(errors) == [field]
    assert words in errors[field][0]
    assert Season.objects.count() == 1


def test_it_is_deleted_from_its_own_page(desk, caplog):
    caplog.set_level("INFO", logger="deltacrown.audit")
    season = scene.season("spring")
    assert desk.post(address("delete", season.pk), {"post": "yes"}).status_code == 302

    assert not Season.objects.exists()
    assert any("deleted season spring" in message for message in caplog.messages)


def test_it_takes_the_permission_on_seasons(client):
    clerk = scene.player("clerk", is_staff=True, is_superuser=False)
    client.force_login(clerk)
    assert client.get(address("add")).status_code == 403

    clerk.user_permissions.add(Permission.objects.get(codename="add_season"))
    assert client.post(address("add"), SPRING).status_code == 302
    assert Season.objects.get().slug == "spring"
