"""Declare the achievements that facts earn.

Add one by adding a rule and running ``backfill_achievements``: it is awarded to whoever earned it before,
and from then on by the fact that earns it. Achievements entered in the admin besides are awarded by hand.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from deltacrown.user_profile.achievements.measure import MatchMeasure, Measure, TournamentMeasure
from deltacrown.user_profile.achievements.measures.comeback import Comeback
from deltacrown.user_profile.achievements.measures.podiums import Podiums
from deltacrown.user_profile.achievements.measures.titles import Titles
from deltacrown.user_profile.achievements.measures.tournaments_entered import TournamentsEntered
from deltacrown.user_profile.achievements.measures.win_streak import WinStreak
from deltacrown.user_profile.achievements.measures.wins import Wins
from deltacrown.user_profile.models import Achievement
from deltacrown.user_profile.privacy import History

MINOR, MAJOR = Achievement.Tier.MINOR, Achievement.Tier.MAJOR


@dataclass(frozen=True, kw_only=True)
class AchievementRule:
    """One entry of the catalogue: earned by the fact with which ``measure`` reaches ``threshold``.

    Name and description are stored in English, and shown in the reader's language.

    :param points: the experience it is worth.
    """

    slug: str
    name: str
    description: str
    tier: Achievement.Tier
    points: int
    measure: type[Measure]
    threshold: int


CATALOGUE = (
    AchievementRule(
        slug="first-win",
        name=gettext_noop("First win"),
        description=gettext_noop("Won a match."),
        tier=MINOR,
        points=50,
        measure=Wins,
        threshold=1,
    ),
    AchievementRule(
        slug="ten-wins",
        name=gettext_noop("Getting the hang of it"),
        description=gettext_noop("Won ten matches."),
        tier=MINOR,
        points=100,
        measure=Wins,
        threshold=10,
    ),
    AchievementRule(
        slug="hundred-wins",
        name=gettext_noop("Centurion"),
        description=gettext_noop("Won a hundred matches."),
        tier=MAJOR,
        points=400,
        measure=Wins,
        threshold=100,
    ),
    AchievementRule(
        slug="thousand-wins",
        name=gettext_noop("Legend"),
        description=gettext_noop("Won a thousand matches."),
        tier=MAJOR,
        points=2000,
        measure=Wins,
        threshold=1000,
    ),
    AchievementRule(
        slug="streak-five",
        name=gettext_noop("On a roll"),
        description=gettext_noop("Won five matches in a row."),
        tier=MINOR,
        points=100,
        measure=WinStreak,
        threshold=5,
    ),
    AchievementRule(
        slug="streak-ten",
        name=gettext_noop("Untouchable"),
        description=gettext_noop("Won ten matches in a row."),
        tier=MAJOR,
        points=400,
        measure=WinStreak,
        threshold=10,
    ),
    AchievementRule(
        slug="comeback",
        name=gettext_noop("Comeback"),
        description=gettext_noop("Won after five losses in a row."),
        tier=MINOR,
        points=100,
        measure=Comeback,
        threshold=5,
    ),
    AchievementRule(
        slug="first-tournament",
        name=gettext_noop("Into the arena"),
        description=gettext_noop("Entered a tournament."),
        tier=MINOR,
        points=50,
        measure=TournamentsEntered,
        threshold=1,
    ),
    AchievementRule(
        slug="first-podium",
        name=gettext_noop("On the podium"),
        description=gettext_noop("Came third or better in a tournament."),
        tier=MINOR,
        points=200,
        measure=Podiums,
        threshold=1,
    ),
    AchievementRule(
        slug="first-title",
        name=gettext_noop("Champion"),
        description=gettext_noop("Won a tournament."),
        tier=MAJOR,
        points=500,
        measure=Titles,
        threshold=1,
    ),
    AchievementRule(
        slug="three-titles",
        name=gettext_noop("Dynasty"),
        description=gettext_noop("Won three tournaments."),
        tier=MAJOR,
        points=1000,
        measure=Titles,
        threshold=3,
    ),
    AchievementRule(
        slug="ten-titles",
        name=gettext_noop("Era"),
        description=gettext_noop("Won ten tournaments."),
        tier=MAJOR,
        points=3000,
        measure=Titles,
        threshold=10,
    ),
)

MEASURES = dict.fromkeys(rule.measure for rule in CATALOGUE)
MATCH_MEASURES = [measure for measure in MEASURES if issubclass(measure, MatchMeasure)]
TOURNAMENT_MEASURES = [measure for measure in MEASURES if issubclass(measure, TournamentMeasure)]
BY_SLUG = {rule.slug: rule for rule in CATALOGUE}


def get_revealed_histories(slug: str) -> frozenset[History]:
    """Return the histories that the fact which earned an achievement reveals.

    What the fact of an achievement awarded by hand reveals is unknown: it counts as revealing both histories.

    :param slug: of the achievement.
    """
    rule = BY_SLUG.get(slug)

    return frozenset(History) if rule is None else rule.measure.reveals


def list_slugs_revealing(shown: Collection[History]) -> set[str]:
    """Return the slugs of the achievements whose facts reveal no other histories than ``shown``."""
    return {rule.slug for rule in CATALOGUE if rule.measure.reveals.issubset(shown)}


def list_slugs(base: type[Measure]) -> set[str]:
    """Return the slugs of the achievements that count a measure of a family."""
    return {rule.slug for rule in CATALOGUE if issubclass(rule.measure, base)}


def map_thresholds(measure: type[Measure]) -> dict[int, str]:
    """Return what each count of a measure earns: threshold → slug."""
    return {rule.threshold: rule.slug for rule in CATALOGUE if rule.measure is measure}
