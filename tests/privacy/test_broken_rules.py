"""The matrix can fail: each rule broken by hand is found, in the cells where it must show."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.db.models import F, Q

from deltacrown.pages import matches
from deltacrown.user_profile import privacy
from deltacrown.user_profile.timeline import reading
from tests.privacy.asking import find_faults, list_cells
from tests.privacy.operations import list_operations
from tests.privacy.rules import SETTINGS
from tests.privacy.surfaces import list_pages

#: That the matrix can fail is shown once; the matrix itself runs on both databases.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

SURFACES = list_pages() + list_operations()

#: Who is told too much where a rule is broken.
TOLD_TOO_MUCH = {"member", "follower", "anonymous", "key without read"}
#: A rule broken by hand → how, where it must show, and the faults it must name. With everything hidden.
BROKEN = {
    "staff are everybody": (
        lambda patch: patch(privacy, "_may", lambda viewer, right: viewer is not None),
        "matches/|activity/|tournaments/",
        [
            "/players/{id}/matches/ | member",
            "/players/{id}/activity/ | anonymous",
            "/players/{id}/tournaments/ | follower",
        ],
    ),
    "everybody sees": (
        lambda patch: patch(privacy, "_sees", lambda *args, **kwargs: True),
        "matches|stats/disputes_filed|/rows",
        [
            "/players/{id}/matches/ | anonymous",
            "/players/{id}/stats/disputes_filed/ | member",
            "/api/v1/players/{id}/stats/matches_won/rows | key without read",
        ],
    ),
    "timelines are not filtered": (
        lambda patch: patch(
            reading, "filter_activity_by_visibility", lambda activities, viewer, **_: activities
        ),
        "activity",
        ["/players/{id}/activity/ | anonymous", "oldfollowers", "withdrawn"],
    ),
    "followers need not follow": (
        lambda patch: patch(privacy, "_viewer_follows", lambda viewer: Q(user__isnull=False)),
        "activity",
        ["/players/{id}/activity/ | member", "gives away followers"],
    ),
    "registrations are shown": (
        lambda patch: patch(privacy, "_owner_shows", lambda flag: Q(user__isnull=False)),
        "activity|zqcasualqz",
        [
            "/players/{id}/activity/ | anonymous",
            "gives away registered",
            "zqcasualqz/ | anonymous",
            "ownside",
        ],
    ),
    "matches are shown whole": (
        lambda patch: patch(matches, "filter_match_by_visibility", lambda rows, viewer, **_: rows),
        "zqcasualqz|zqarchivedqz",
        ["/matches/valorant/zqarchivedqz/ | anonymous", "answers 200, not 404"],
    ),
    "times are told": (
        lambda patch: patch(privacy, "StartOfDay", F),
        "activity|feed|achievement_count/rows",
        [
            "/api/v1/players/{id}/activity | anonymous",
            "/api/v1/me/feed | follower",
            "gives away everyonetime, oldtime",
            "gives away entrytime, handtime, playtime",
        ],
    ),
    "facts are told": (
        lambda patch: patch(privacy.Visibility, "shows", lambda self, histories: True),
        "achievement_count",
        ["/players/{id}/stats/achievement_count/ | anonymous", "gives away entryfact, handfact, playfact"],
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_the_matrix_fails_when_a_rule_is_broken(world, monkeypatch, broken):
    breaking, where, named = BROKEN[broken]
    surfaces = [surface for surface in SURFACES if re.search(where, surface.address)]
    shown = SETTINGS[3]  # the matrix finds no fault in it as long as no rule is broken
    cells = [cell for cell in list_cells(shown, surfaces) if cell.viewer in TOLD_TOO_MUCH]
    breaking(monkeypatch.setattr)
    cache.clear()

    faults = "\n".join(find_faults(world, shown, cells))

    assert [each for each in named if each not in faults] == []
