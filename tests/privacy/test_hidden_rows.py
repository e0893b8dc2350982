"""The number of hidden rows shows nowhere.

Not in a body, header, length, count or cursor, and not in the number of queries.

Everything is asked twice by those who may not see it, the second time after forty rows were added to each
thing hidden, and what is written in the others was changed. Both answers must be the same, and cost the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from deltacrown.accounts.models import User
from deltacrown.accounts.services import keys
from deltacrown.games.models import Match
from deltacrown.moderation.models import Dispute
from deltacrown.user_profile import privacy
from deltacrown.user_profile.achievements.catalogue import BY_SLUG
from deltacrown.user_profile.histories import matches
from deltacrown.user_profile.models import (
    ArchivedUserActivity,
    ExperienceAward,
    Follow,
    KycVerification,
    UserAchievement,
    UserActivity,
)
from deltacrown.user_profile.timeline import reading
from tests import scene
from tests.privacy.asking import Answer, ask, list_viewers, none
from tests.privacy.operations import list_operations
from tests.privacy.rules import OWN, SETTINGS
from tests.privacy.surfaces import Surface, list_pages
from tests.privacy.world import World

pytestmark = pytest.mark.django_db

SURFACES = list_pages() + list_operations()
HIDDEN = SETTINGS[3]
MANY = 40
#: Drawn anew for every answer: the secrets of its forms, and the number of a request that is refused.
TOKEN = re.compile(
    rb'((?:csrfmiddlewaretoken|name="form)"? value=")[^"]+|("X-CSRFToken": ")[^"]+'
    rb'|(?<=<code class="id">)[0-9a-f]{32}(?=</code>)'
)
VOLATILE = {"Set-Cookie", "RateLimit", "Expires", "X-Request-ID"}

Asked = dict[str, tuple[int, bytes, dict[str, str], int]]


@pytest.mark.once
def test_what_is_added_behind_it_changes_no_answer_and_no_count_of_queries(
    world, record_property, monkeypatch
):
    # A key notes its use once a minute. Asking takes longer, so any answer might cost that statement.
    monkeypatch.setattr(keys, "USE_NOTED_EVERY", timedelta(days=1))
    bystanders = [scene.player(f"bystander{number}") for number in range(MANY)]
    world.set_privacy(HIDDEN)
    before = dict(ask_everything(world, SURFACES))
    add_behind(world.owner, bystanders)
    after = dict(ask_everything(world, SURFACES))
    record_property("cells", len(before))

    none(find_differences(before, after))
    own = Surface("player-activity", "/players/{id}/activity/")
    assert b"hidden entry 39" in ask(world, own, "self").body, "or nothing was added"


@pytest.mark.once
@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (
            lambda patch: patch(
                reading, "filter_activity_by_visibility", lambda activities, viewer, **_: activities
            ),
            "/players/{id}/activity/ | anonymous: another body",
        ),
        (
            lambda patch: patch(matches, "require_match_history", look_through),
            "/players/{id}/matches/ | member: other queries",
        ),
    ],
)
def test_it_can_fail(world, monkeypatch, broken, found):
    broken(monkeypatch.setattr)
    surfaces = [surface for surface in SURFACES if surface.name in {"player-activity", "player-matches"}]
    world.set_privacy(HIDDEN)
    before = dict(ask_everything(world, surfaces))
    add_behind(world.owner, [])

    assert found in find_differences(before, dict(ask_everything(world, surfaces)))


def look_through(owner: User, viewer: object) -> None:
    """A refusal that looks at every hidden row first."""
    for row in Match.objects.filter(user=owner):
        row.refresh_from_db()
    raise privacy.HistoryHidden("User has hidden match history", owner=owner)


def ask_everything(
    world: World, surfaces: list[Surface]
) -> Iterator[tuple[str, tuple[int, bytes, dict[str, str], int]]]:
    """Yield the answers to everybody but the owner and staff, with the number of queries, without a cache."""
    # The first request with a session or key records its use, which would add queries to those compared.
    for first in (list_pages()[0], list_operations()[0]):
        for viewer in list_viewers(first):
            ask(world, first, viewer)
    for surface in surfaces:
        for viewer in list_viewers(surface):
            if viewer not in OWN:
                cache.clear()
                queries = Queries()
                with connection.execute_wrapper(queries.count):
                    answer = ask(world, surface, viewer)
                yield (
                    f"{surface} | {viewer}",
                    (answer.status, without_tokens(answer), fixed_headers(answer), queries.number),
                )


class Queries:
    """Counts statements. Django's own log asks SQLite once more about each, to write its values out."""

    def __init__(self) -> None:
        self.number = 0

    def count(self, execute: Any, *statement: Any) -> Any:
        """Run a statement."""
        self.number += 1
        return execute(*statement)


def without_tokens(answer: Answer) -> bytes:
    return TOKEN.sub(b"", answer.body)


def fixed_headers(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in VOLATILE}


def find_differences(before: Asked, after: Asked) -> list[str]:
    names = ("another status", "another body", "other headers", "other queries")
    return [
        f"{cell}: {name}"
        for cell in before
        for name, old, new in zip(names, before[cell], after[cell], strict=True)
        if old != new
    ]


def add_behind(owner: User, bystanders: list[User]) -> None:
    """Rows and texts that only the owner and staff may see, and no public number counts."""
    for number in range(MANY):
        scene.voided(owner, f"added{number}", hours=number)
        for kind, visibility in (("TEAM_JOINED", "PRIVATE"), ("TOURNAMENT_REGISTERED", "PUBLIC")):
            scene.activity(owner, f"{kind}{number}", kind=kind, visibility=visibility, hours=60 + number)
        entry = scene.activity(owner, f"hidden{number}", visibility="PRIVATE", hours=200 + number)
        UserActivity.objects.filter(pk=entry.pk).update(description=f"hidden entry {number}")
        scene.archived_activity(scene.activity(owner, f"old{number}", visibility="PRIVATE", hours=-number))
    assert ArchivedUserActivity.objects.filter(user=owner).count() >= MANY
    Follow.objects.bulk_create(Follow(follower=each, followed=owner) for each in bystanders)
    Follow.objects.bulk_create(Follow(follower=owner, followed=each) for each in bystanders)
    UserActivity.objects.filter(user=owner, activity_type="KYC_VERIFIED").delete()
    KycVerification.objects.filter(user=owner).update(status="PENDING", reviewed_at=None)
    Dispute.objects.filter(reporter=owner).update(reason="Something else.", resolution="Another answer.")
    ExperienceAward.objects.filter(user=owner).update(reason="for something else")
    Match.objects.filter(user=owner, kind="CASUAL").update(side="elsewhere", score=99, stats={"kills": 99})
    public = [rule.slug for rule in BY_SLUG.values() if not rule.measure.reveals]
    UserAchievement.objects.filter(user=owner).exclude(achievement__slug__in=public).update(
        fact="Another fact"
    )
    User.objects.filter(pk=owner.pk).update(email="other@example.org", first_name="Other")
