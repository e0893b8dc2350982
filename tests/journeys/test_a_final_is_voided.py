"""A final is disputed and voided: titles, timelines, achievements and points of all players follow.

The text of each timeline is compared whole, before and after, as its page shows it.
"""

from __future__ import annotations

import pytest

from deltacrown.accounts.services import set_sign_in
from deltacrown.games.models import Match
from deltacrown.games.services import LineRecord, MatchRecord
from deltacrown.moderation.services import Disqualify, VoidMatch, file_dispute, uphold_dispute
from deltacrown.tournaments.services import (
    TournamentMatchRecord,
    complete_tournament,
    record_tournament_matches,
)
from deltacrown.user_profile.models import ExperienceAward, UserProfile
from deltacrown.user_profile.services import stats_service
from tests.user_profile.season import TOLD, day, held, people, rocket, standing, start

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def read_timeline(user):
    """A player's timeline as everybody reads it, latest first."""
    return [
        f"{entry.created_at:%d %b %Y}  {entry.description}"
        for entry in stats_service.get_activity_timeline(user, None, limit=50).items
    ]


def read_numbers(user):
    profile = UserProfile.objects.get(user=user)
    return (
        profile.tournaments_won,
        profile.matches_won,
        profile.achievement_count,
        profile.experience_points,
        profile.level,
    )


def read_points(user):
    return sorted(ExperienceAward.objects.filter(user=user).values_list("reason", flat=True))


@pytest.fixture
def cup():
    """Four players; ann beats cat, bob beats dan, ann beats bob in the final."""
    ann, bob, cat, dan = people("ann", "bob", "cat", "dan")
    event = start("spring-cup", ann, bob, cat, dan)
    for number, (name, winner, loser) in enumerate(
        [("semi-1", ann, cat), ("semi-2", bob, dan), ("final", ann, bob)]
    ):
        lines = (
            LineRecord(user=winner, result="WIN", score=3),
            LineRecord(user=loser, result="LOSS", score=1),
        )
        record = MatchRecord(game=rocket(), match_key=name, played_at=day(number / 10), lines=lines)
        [outcome] = record_tournament_matches(
            records=[TournamentMatchRecord(tournament=event, match=record, round=name)], now=TOLD
        )
        assert outcome.refusal is None
    standings = [standing(ann, 1), standing(bob, 2), standing(cat, 3), standing(dan, 4)]
    complete_tournament(tournament=event, standings=standings, now=TOLD, decided_at=day(1))
    staff = set_sign_in(user=people("mod")[0], password="crown-of-moderators", is_staff=True)
    return event, staff, ann, bob, cat, dan


ENTERED = ["31 Dec 2024  Registered for Spring Cup", "01 Jan 2024  Joined DeltaCrown"]


def test_title_timeline_achievements_and_points_follow(cup, find_all_drift):
    event, staff, ann, bob, cat, dan = cup
    assert read_timeline(ann) == ["02 Jan 2025  🏆 Won Spring Cup", "02 Jan 2025  Earned Champion", *ENTERED]
    assert read_timeline(bob) == ["02 Jan 2025  Took second place in Spring Cup", *ENTERED]
    before = {user.username: read_numbers(user) for user in (ann, bob, cat, dan)}

    final = Match.objects.get(user=bob, match_key="final")
    against_match = file_dispute(reporter=bob, match=final, reason="She had two accounts in it.", now=day(2))
    uphold_dispute(
        dispute=against_match,
        by=staff,
        remedy=VoidMatch(),
        resolution="Two accounts in the final.",
        now=day(2),
    )

    # The match counts for nobody. The winner of the cup is the organiser's official result, and stays.
    assert (read_numbers(ann)[1], before["ann"][1]) == (1, 2)
    assert "02 Jan 2025  🏆 Won Spring Cup" in read_timeline(ann)

    against_title = file_dispute(
        reporter=bob, result=event.results.get(user=ann), reason="So the title is not hers.", now=day(2)
    )
    uphold_dispute(
        dispute=against_title, by=staff, remedy=Disqualify(), resolution="Two accounts.", now=day(2)
    )

    assert read_timeline(ann) == ENTERED
    assert "02 Jan 2025  🏆 Won Spring Cup" in read_timeline(bob)
    assert read_timeline(bob)[-2:] == ENTERED
    assert read_timeline(cat) == ["02 Jan 2025  Took second place in Spring Cup", *ENTERED]
    assert read_timeline(dan) == ["02 Jan 2025  Took third place in Spring Cup", *ENTERED]
    assert "02 Jan 2025  Earned Champion" in read_timeline(bob)
    assert (read_numbers(ann)[0], read_numbers(bob)[0]) == (0, 1)
    assert {"first-title", "first-podium"} & held(ann).keys() == set()
    assert {"first-title", "first-podium"} <= held(bob).keys()
    assert read_points(ann) == ["Achievement: First win"]
    assert "First in Spring Cup" in read_points(bob)
    assert find_all_drift() == []
