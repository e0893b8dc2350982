"""Tournaments are edited through their services: a refusal stands at its field, and changes nothing."""

from __future__ import annotations

import pytest
from django.urls import reverse

from deltacrown.tournaments.models import FormerTournamentName, Tournament
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.admin.rows import write_form

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def send(desk, event, **answers):
    page = reverse("admin:tournaments_tournament_change", args=[event.pk])
    return desk.post(page, write_form(event, **answers))


def test_a_draft_is_edited_whole(desk, boss, caplog):
    caplog.set_level("INFO", logger="deltacrown.audit")
    event, other, ann = scene.tournament("cup", status="DRAFT"), scene.game("chess"), scene.player("ann")
    day = {"starts_at_0": "2025-07-01", "starts_at_1": "18:00:00"}
    wanted = {"name": "Grand Cup", "game": other.pk, "entrant_kind": "TEAM", "capacity": "16", **day}
    assert send(desk, event, organiser=ann.pk, **wanted).status_code == 302
    event.refresh_from_db()
    told = (event.name, event.game, event.entrant_kind, event.capacity, event.organiser, event.slug)
    assert told == ("Grand Cup", other, "TEAM", 16, ann, "cup")
    assert f"{event.starts_at:%Y-%m-%d %H:%M}" == "2025-07-01 18:00"
    assert FormerTournamentName.objects.filter(owner=event, name="Cup").exists()
    assert f"{boss.pk} changed tournament cup: name from Cup to Grand Cup" in caplog.text


@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({"name": "a\u202eb"}, "name", "direction"),
        ({"ends_at_0": "2020-01-01", "ends_at_1": "10:00:00"}, "ends_at", "is before the start"),
        ({"capacity": "1"}, "capacity", "2 are registered already: give no fewer places."),
        ({"capacity": "0"}, "capacity", ""),
        ({"entrant_kind": "TEAM"}, "entrant_kind", "only while it is a draft without entrants and matches"),
        ({"prize_currency": "euro"}, "prize_currency", ""),
        ({"name": "Other", "prize_currency": "eur"}, "prize_currency", "three capital letters"),
        ({"prize_pool": "-1"}, "prize_pool", "prize_pool must be from 0"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_changes_nothing(desk, answers, field, words):
    event = scene.tournament("cup", status="DRAFT")
    for name in ("ann", "bob"):
        scene.registration(scene.player(name), event)
    before = Tournament.objects.values().get()
    errors = send(desk, event, **answers).context["adminform"].form.errors
    assert list(errors) == [field]
    assert words in errors[field][0]
    assert Tournament.objects.values().get() == before


@pytest.mark.parametrize(
    ("status", "changed"), [("OPEN", {"name", "capacity"}), ("COMPLETED", {"name"}), ("ANNULLED", {"name"})]
)
def test_what_was_counted_by_stays_and_the_form_says_why(desk, status, changed):
    event = scene.tournament("cup", status=status)
    before = Tournament.objects.values().get()
    sent = {"name": "Grand Cup", "capacity": "64", "slug": "other", "status": "DRAFT", "entrant_kind": "TEAM"}
    assert send(desk, event, **sent).status_code == 302
    after = Tournament.objects.values().get()
    assert {name for name in after if after[name] != before[name]} - {"search_key"} == changed
    page = desk.get(reverse("admin:tournaments_tournament_change", args=[event.pk])).content.decode()
    assert "The address of its pages: it stays." in page
    assert ("It is over" in page) is (status != "OPEN")


def test_a_new_tournament_is_refused_at_its_field_and_keeps_what_was_typed(desk):
    scene.tournament("cup")
    form = write_form(Tournament.objects.get(), slug="cup", name="Second Cup")
    answer = desk.post(reverse("admin:tournaments_tournament_add"), form)
    assert list(answer.context["adminform"].form.errors) == ["slug"]
    assert 'value="Second Cup"' in answer.content.decode()
    assert Tournament.objects.count() == 1


def test_a_profile_of_an_anonymised_player_is_not_named_again(desk):
    ann = scene.player("ann")
    UserProfile.objects.filter(pk=ann.pk).update(standing="ANONYMISED")
    page = reverse("admin:user_profile_userprofile_change", args=[ann.pk])
    desk.post(page, {"display_name": "Ann again", "bio": "", "country": ""})
    assert UserProfile.objects.get(pk=ann.pk).display_name == ""
