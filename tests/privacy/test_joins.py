"""Nobody can name a hidden match by joining what strangers may read.

The same season is recorded in two worlds that differ in what is hidden and in nothing else. Everything that
a stranger can read is asked for in both: each answer must be the same. And in neither may an answer bear the
time or the key of a hidden match.
"""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import client as test_client

from deltacrown.core import clock
from deltacrown.pages import matches, search, tournaments
from deltacrown.user_profile import privacy
from deltacrown.user_profile.histories import filters
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers import board_periods
from deltacrown.user_profile.timeline import reading
from tests.privacy.crawl import (
    FILTERED_PAGES,
    Answers,
    Asked,
    Told,
    crawl,
    list_pages,
    list_reads,
)
from tests.privacy.joining import Secret, join_names, join_times, list_secrets
from tests.privacy.season import TODAY, WORLDS, Season, build_season, world_of_its_own

#: Who may see what is decided in one module, for every database. On SQLite the clock can be set.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@dataclass
class World:
    """A world, and everything a stranger was told in it."""

    season: Season
    ids: dict[str, str]
    secrets: list[Secret]
    answers: Answers


@pytest.fixture(scope="module")
def at_length(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Ask thousands of times: without limits, copies of templates' contexts, or a log of refusals."""
    from django.conf import settings

    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        for name in ("API_RATE_PER_KEY", "API_RATE_PER_ADDRESS"):
            patch.setattr(settings, name, "1000000/60")
        patch.setattr(test_client, "store_rendered_templates", lambda *args, **kwargs: None)
        patch.setattr(clock, "timezone", SimpleNamespace(now=lambda: TODAY))
        logging.disable(logging.CRITICAL)
        yield
        logging.disable(logging.NOTSET)
        cache.clear()


@pytest.fixture(scope="module")
def worlds(at_length) -> list[World]:
    return ask_in_both_worlds()


def ask_in_both_worlds(only: str = "", between: Callable[[], object] = lambda: None) -> list[World]:
    """Return what is told in both worlds.

    :param between: called once a world is built, before anything is asked.
    """
    found = []
    for name in WORLDS:
        with world_of_its_own():
            season = build_season(name)
            between()
            ids = {name: season.id_of(name) for name in season.people}
            found.append(World(season, ids, list_secrets(season), crawl(season, only)))
    return found


def find_differences(worlds: list[World]) -> list[str]:
    """Return where the worlds were told something different, and what."""
    first, second = (world.answers for world in worlds)
    asked_for = [*first, *(asked for asked in second if asked not in first)]
    others = [asked for asked in asked_for if first.get(asked) != second.get(asked)]
    return [f"{asked}: {differ(first.get(asked), second.get(asked))}" for asked in others]


def differ(one: Told | None, other: Told | None) -> str:
    """Return what differs between two answers, shortly. There is none where a list has no such page."""
    if one is None or other is None:
        return "in one world only"
    if one.status != other.status:
        return f"{one.status} in one world, {other.status} in the other"
    if one.body == other.body:
        return f"other headers: {set(one.headers) ^ set(other.headers)}"
    lines = [re.split(r"(?<=[,>\n])", each.body) for each in (one, other)]
    changed = [line for line in difflib.ndiff(*lines) if line[0] in "+-"]
    return " ".join(changed)[:300]


def test_strangers_are_told_the_same_whatever_is_hidden(worlds, record_property):
    record_property("answers", len(worlds[0].answers))

    assert find_differences(worlds) == []


def test_something_is_shown_that_follows_from_what_is_hidden(worlds):
    """Or no time could be told: a level on a timeline and in a feed, achievements, one that was revoked."""
    hana, bo = (worlds[0].ids[name] for name in ("Hana", "Bo"))

    for viewer, address, text in (
        ("anonymous", f"/api/v1/players/{bo}/activity", "LEVEL_UP"),
        ("follower", "/api/v1/me/feed", "LEVEL_UP"),
        ("anonymous", f"/api/v1/players/{hana}/stats/achievement_count/rows", "ten-wins"),
        ("anonymous", f"/api/v1/players/{bo}/stats/achievement_count/history?order=known", '"delta":-1'),
    ):
        assert text in worlds[0].answers[Asked(viewer, "GET", address)].body


def test_no_answer_bears_the_time_of_a_hidden_match(worlds):
    assert [fault for world in worlds for fault in join_times(world.secrets, world.answers)] == []


def test_no_answer_names_a_hidden_match_or_an_account(worlds):
    assert [
        fault for world in worlds for fault in join_names(world.season, world.secrets, world.answers)
    ] == []


def test_everything_was_asked_for(worlds):
    """Of each operation and page, something was shown to somebody; the rest is for staff or their players."""
    answers = worlds[0].answers.items()
    shown = {asked.address.partition("?")[0] for asked, told in answers if told.status == 200}
    patterns = [path for path, _ in [*list_reads(), *list_pages()]]

    unseen = [
        pattern
        for pattern in patterns
        if not any(re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), address) for address in shown)
    ]

    assert sorted(unseen) == sorted(NEVER_SHOWN)


#: For staff and who records matches, for the players themselves, for captains, for who is half way in, or for
#: a POST; and head-to-head, which is of two players who show their matches.
NEVER_SHOWN = (
    "/api/v1/disputes/{handle}",
    "/api/v1/external-ids/players",
    "/api/v1/external-ids/teams",
    "/api/v1/players/{public_id}/external-ids",
    "/api/v1/players/{public_id}/followers",
    "/api/v1/players/{public_id}/following",
    "/api/v1/players/{public_id}/merges",
    "/api/v1/players/{public_id}/merges/{merged}/preview",
    "/api/v1/players/{public_id}/versus/{other}",
    "/api/v1/tournaments/{slug}/organisers",
    "/api/v1/tournaments/{slug}/pairings",
    "/avatars/{name}.webp",
    "/disputes/{handle}/statement/",
    "/moderation/",
    "/moderation/disputes/",
    "/moderation/disputes/{handle}/",
    "/moderation/disputes/{handle}/hands/",
    "/moderation/disputes/{handle}/rulings/",
    "/moderation/disputes/{handle}/statements/",
    "/moderation/log/",
    "/moderation/matches/{game}/{match_key}/",
    "/moderation/merges/",
    "/moderation/merges/new/",
    "/moderation/merges/undo/",
    "/moderation/players/",
    "/moderation/players/{public_id}/",
    "/moderation/players/{public_id}/anonymise/",
    "/moderation/players/{public_id}/picture/",
    "/moderation/repairs/",
    "/moderation/rulings/{game}/{match_key}/",
    "/notifications/open/",
    "/notifications/read/",
    "/organise/{slug}/disputes/",
    "/organise/{slug}/edit/",
    "/organise/{slug}/entrants/",
    "/organise/{slug}/entrants/do/",
    "/organise/{slug}/entrants/import/",
    "/organise/{slug}/entrants/invitations/",
    "/organise/{slug}/entrants/teams/{team}/",
    "/organise/{slug}/organisers/",
    "/organise/{slug}/pairings/",
    "/organise/{slug}/pairings/{handle}/",
    "/organise/{slug}/results/",
    "/organise/{slug}/results/annul/",
    "/organise/{slug}/results/complete/",
    "/organise/{slug}/results/entrant/{handle}/",
    "/organise/{slug}/results/lift-annulment/",
    "/organise/{slug}/results/matches/{match_key}/",
    "/organise/{slug}/results/record/",
    "/organise/{slug}/results/reopen/",
    "/players/{public_id}/block/",
    "/players/{public_id}/follow/",
    "/players/{public_id}/followers/",
    "/players/{public_id}/following/",
    "/players/{public_id}/remove-follower/",
    "/players/{public_id}/standing/",
    "/players/{public_id}/unblock/",
    "/players/{public_id}/unfollow/",
    "/players/{public_id}/versus/{other}/",
    "/settings/",
    "/settings/email/",
    "/settings/keys/{prefix}/",
    "/settings/password/first/",
    "/settings/second-factor/app/",
    "/settings/second-factor/app/remove/",
    "/settings/second-factor/codes/",
    "/settings/second-factor/codes/new/",
    "/settings/sign-in/",
    "/settings/timeline/",
    "/sign-in/again/",
    "/sign-in/again/code/",
    "/sign-in/again/with/",
    "/sign-in/code/",
    "/sign-in/forgotten/code/",
    "/sign-in/forgotten/done/",
    "/sign-in/forgotten/password/",
    "/sign-in/inactive/",
    "/sign-in/reopen/",
    "/sign-in/with/{provider}/",
    "/sign-in/with/{provider}/back/",
    "/sign-out/",
    "/sign-up/confirm/",
    "/sign-up/with/",
    "/teams/{slug}/invitations/",
    "/teams/{slug}/manage/",
    "/teams/{slug}/members/",
    "/teams/{slug}/name/",
    "/tournaments/{slug}/entry/",
    "/tournaments/{slug}/pairings/{handle}/",
    "/tournaments/{slug}/team/",
)


def test_every_form_that_filters_is_sent():
    from deltacrown.web.forms import filters as forms

    declared = {
        each
        for each in vars(forms).values()
        if isinstance(each, type) and issubclass(each, forms.FilterForm) and each is not forms.FilterForm
    }
    # The queues are for staff and organisers; a history of its own kind has fields of its own.
    sent = {form for forms_of_page in FILTERED_PAGES.values() for form in forms_of_page}
    assert declared - sent == {forms.QueueForm, forms.BenchQueueForm, forms.HistoryForm}


def show_exact_times(patch: Any) -> None:
    patch(privacy, "_sees", lambda *args, **kwargs: True)


def show_every_match(patch: Any) -> None:
    patch(matches, "filter_match_by_visibility", lambda rows, viewer, **_: rows)


def show_drafts(patch: Any) -> None:
    for module in (filters, tournaments):
        patch(module, "filter_tournaments_by_visibility", lambda rows, viewer: rows)


def move_with_the_clock(patch: Any) -> None:
    patch(board_periods, "start_of_day", lambda now: now)


def search_by_login_name(patch: Any) -> None:
    """Find every player by the login name too."""

    def find_logins(text: str, viewer: Any) -> Any:
        return UserProfile.objects.select_related("user").filter(user__username__icontains=text)

    patch(search, "_find_by_id", find_logins)


def show_all_entries(patch: Any) -> None:
    patch(reading, "filter_activity_by_visibility", lambda activities, viewer, **_: activities)


#: A rule broken by hand → how, which addresses are asked for, and one that must differ.
BROKEN = {
    "exact times": (show_exact_times, "achievement_count/rows", "achievement_count/rows"),
    "matches": (show_every_match, "/api/v1/matches/", "hushed-first-five0: 200 in one world"),
    "drafts": (show_drafts, "/api/.*(kept-back|tournament=)", "kept-back-cup: 200 in one world"),
    "a window that moves": (move_with_the_clock, "leaderboards/matches_won", "period=30days"),
    "login names": (search_by_login_name, "/players/?\\?q=", "q="),
    "entries": (show_all_entries, "000001/activity", "/activity"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_rule_that_is_broken_is_found(at_length, monkeypatch, broken):
    breaking, only, named = BROKEN[broken]

    told = ask_in_both_worlds(only, between=lambda: breaking(monkeypatch.setattr))

    assert [each for each in find_differences(told) if named in each] != []


def test_an_exact_time_is_found(at_length, monkeypatch):
    """As ``earned_at`` was: equal to the time of the hidden match, to the microsecond."""
    told = ask_in_both_worlds("achievement_count/rows", between=lambda: show_exact_times(monkeypatch.setattr))

    faults = join_times(told[0].secrets, told[0].answers)

    assert any("tells 2025-05-06 10:01" in fault or "tells 2025-05-06 22:12" in fault for fault in faults)
    assert any("tells 2025-05-02" in fault for fault in faults)
