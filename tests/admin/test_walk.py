"""A walk through every page of the admin: what it shows, what it takes, and whom it lets in."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse

from deltacrown.accounts.rights import GROUPS
from deltacrown.core.admin_words import write_person
from deltacrown.games.models import Match
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import UserAchievement, UserActivity
from deltacrown.webhooks.models import WebhookEndpoint
from tests import scene
from tests.admin.rows import make_rows, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)
#: The keys of rows begin here, so that one in the text of a page is seen.
FIRST_KEY = 7_000_000
#: What stands in no page: representations of objects and of JSON, markup as text, keys.
WRONG = re.compile(
    r"DatabaseDefault|object at 0x| object \(|&lt;|\{&(?:quot|#x27);|\{['\"]|NoneType|\b7\d{6}\b"
)
ODD = ["x" * 5000, "a\x00", "'; -- % _ \\", "🎮", "0"]


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def read(answer):
    """Return the text of a page, without tags and scripts."""
    html = re.sub(r"<(script|style|svg).*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"<[^>]*>", " ", html)


@pytest.fixture
def told_apart():
    """Let the keys of all rows begin where no other number is."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if name != "sqlite_sequence"]
        cursor.execute("DELETE FROM sqlite_sequence")
        for number, table in enumerate(tables):
            values = [table, FIRST_KEY + number * 1000]
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", values)


def test_every_page_opens_and_shows_no_key_and_no_object(told_apart, desk):
    make_rows()
    faults = []
    for model in PAGES:
        pages = [("list", address(model, "changelist"))]
        if model.objects.exists():
            pages.append(("form", address(model, "change", row_of(model).pk)))
        if admin.site._registry[model].has_add_permission(asking(desk)):
            pages.append(("add", address(model, "add")))
        for name, page in pages:
            answer = desk.get(page)
            found = WRONG.findall(read(answer))
            if answer.status_code != 200 or found:
                faults.append((model._meta.label, name, answer.status_code, found))
    assert faults == []


def asking(desk):
    request = RequestFactory().get("/")
    request.user = desk.get("/admin/").context["user"]
    return request


def test_every_filter_and_every_odd_search_answers(desk):
    make_rows()
    faults = []
    for model in PAGES:
        page = address(model, "changelist")
        shown = desk.get(page).context["cl"]
        asked = [each["query_string"] for spec in shown.filter_specs for each in spec.choices(shown)]
        faults += [(page, query) for query in asked if desk.get(page + query).status_code != 200]
        if shown.search_fields:
            searches = [(text, desk.get(page, {"q": text}).status_code) for text in ODD]
            faults += [(page, text[:20]) for text, status in searches if status != 200]
    assert faults == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("player0", True),
        ("Zoë the GREAT", True),
        ("zoe", True),
        ("great", True),
        ("once-ann", True),
        ("id", True),
        ("oe", False),
    ],
)
def test_rows_are_found_by_the_names_and_ids_that_pages_show(desk, text, found):
    user = scene.player("once-ann")
    type(user).objects.filter(pk=user.pk).update(username="player0")
    user.refresh_from_db()
    type(user.profile).objects.filter(pk=user.pk).update(display_name="Zoë the Great")
    scene.match(user, "duel")
    scene.member(user, scene.team())
    scene.achievement(user)
    text = user.profile.public_id.lower() if text == "id" else text
    for model in (Match, type(user), type(user.profile), UserAchievement, TeamMembership):
        rows = desk.get(address(model, "changelist"), {"q": text}).context["cl"].result_list
        assert bool(list(rows)) is found, model


def test_pages_lead_to_those_of_the_site(desk):
    make_rows()
    match, event, squad = (row_of(model) for model in (Match, Tournament, Team))
    expected = {
        match: f"/matches/{match.game.slug}/{match.match_key}/",
        event: f"/tournaments/{event.slug}/",
        squad: f"/teams/{squad.slug}/",
        match.user.profile: f"/players/{match.user.profile.public_id}/",
        UserActivity.objects.filter(user=match.user)[0]: f"/players/{match.user.profile.public_id}/",
    }
    for row, page in expected.items():
        form, listed = (address(type(row), *page_of) for page_of in (["change", row.pk], ["changelist"]))
        assert f'href="{page}" class="viewsitelink"' in desk.get(form).content.decode()
        assert f'<a href="{page}">View on site</a>' in desk.get(listed).content.decode()


def test_people_are_chosen_by_the_names_that_pages_show(desk):
    user = scene.player("login-name")
    type(user.profile).objects.filter(pk=user.pk).update(display_name="Zoë")
    asked = {"term": "zoe", "app_label": "tournaments", "model_name": "tournament", "field_name": "organiser"}
    answer = desk.get("/admin/autocomplete/", asked)
    user = type(user).objects.get(pk=user.pk)
    assert [each["text"] for each in answer.json()["results"]] == [write_person(user)]
    assert write_person(user).startswith("Zoë (DC-")

    event = scene.tournament("cup", organiser=user)
    assert "Zoë (DC-" in read(desk.get(address(Tournament, "change", event.pk)))


#: Group of staff → the lists that its members see, and the actions that they can choose there.
SEEN = {
    "Moderators": {
        "core.AuditEntry": [],
        "moderation.Dispute": [
            "reject_selected",
            "void_disputed",
            "correct_disputed_match",
            "correct_disputed_result",
            "disqualify_disputed",
        ],
        "notifications.Notification": [],
        "notifications.NotificationChoice": [],
        "webhooks.WebhookEvent": [],
        "user_profile.Block": [],
        "user_profile.KycVerification": ["verify_selected", "reject_selected"],
    },
    "Organisers": {},
    "Recorders": {
        label: [
            "void_selected",
            "restore_selected",
            "void_line_selected",
            "restore_line_selected",
            "correct_selected",
        ]
        for label in ("games.ArchivedMatch", "games.Match")
    },
    "Operators": {
        "core.AuditEntry": [],
        "webhooks.WebhookDelivery": ["redeliver"],
        "webhooks.WebhookEndpoint": ["rotate"],
    },
}


@pytest.mark.parametrize("group", [*GROUPS, "nobody"])
def test_staff_see_and_do_what_their_rights_allow(client, group):
    make_rows()
    clerk = scene.staff("clerk")
    if group != "nobody":
        clerk.groups.add(Group.objects.get(name=group))
    client.force_login(clerk)
    seen = {}
    for model in PAGES:
        answer = client.get(address(model, "changelist"))
        may_look = answer.status_code == 200
        assert answer.status_code in {200, 403}
        if model.objects.exists():
            assert client.get(address(model, "change", row_of(model).pk)).status_code == answer.status_code
        added = client.get(address(model, "add")).status_code
        may_add = (group, model) in {("Recorders", Match), ("Operators", WebhookEndpoint)}
        assert added == (200 if may_add else 403)
        if may_look:
            form = answer.context["action_form"]
            choices = form.fields["action"].choices if form else []
            seen[model._meta.label] = [name for name, _ in choices if name]
    assert seen == SEEN.get(group, {})


@pytest.mark.parametrize("who", ["a player", "a visitor"])
def test_who_is_no_staff_is_asked_to_sign_in_everywhere(client, who):
    if who == "a player":
        client.force_login(scene.player("ann"))
    for model in PAGES:
        assert client.get(address(model, "changelist")).status_code == 302
        assert client.post(address(model, "changelist"), {"action": "x"}).status_code == 302


@pytest.mark.parametrize(("right", "is_active"), [(None, True), ("suspend_players", False)])
def test_an_account_is_closed_by_the_right_to_alone(client, right, is_active):
    """Ticking a box of the form of a user does what closing the account does."""
    ann, clerk = scene.player("ann"), scene.staff("clerk")
    for codename in filter(None, ["change_user", right]):
        clerk.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(clerk)
    answer = client.post(address(type(ann), "change", ann.pk), {"username": "ann"})
    assert answer.status_code == 302
    ann.refresh_from_db()
    assert ann.is_active is is_active
