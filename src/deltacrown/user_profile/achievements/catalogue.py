"""The catalogue of achievements that facts earn, declared once.

Add one by adding a line and running ``backfill_achievements``: it is awarded to whoever earned it before,
and by the next fact to whoever earns it. Achievements entered in the admin beside these are awarded by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from deltacrown.user_profile.models import Achievement
from deltacrown.user_profile.privacy import History

MINOR, MAJOR = Achievement.Tier.MINOR, Achievement.Tier.MAJOR


class Measure(Enum):
    """What an achievement counts. Voided matches and disqualified entrants count for none of them."""

    WINS = "matches won"
    STREAK = "matches won in a row; a draw ends the row"
    COMEBACK = "matches lost in a row before a win; a draw ends the row"
    ENTRIES = "tournaments entered and not withdrawn from"
    PODIUMS = "tournament results of placement 3 or better"
    TITLES = "tournament results of placement 1"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One entry of the catalogue: earned by the fact with which ``measure`` reaches ``threshold``.

    :param points: the experience it is worth.
    """

    slug: str
    name: str
    description: str
    tier: Achievement.Tier
    points: int
    measure: Measure
    threshold: int


CATALOGUE = (
    Rule(
        slug="first-win",
        name="First win",
        description="Won a match.",
        tier=MINOR,
        points=50,
        measure=Measure.WINS,
        threshold=1,
    ),
    Rule(
        slug="ten-wins",
        name="Getting the hang of it",
        description="Won ten matches.",
        tier=MINOR,
        points=100,
        measure=Measure.WINS,
        threshold=10,
    ),
    Rule(
        slug="hundred-wins",
        name="Centurion",
        description="Won a hundred matches.",
        tier=MAJOR,
        points=400,
        measure=Measure.WINS,
        threshold=100,
    ),
    Rule(
        slug="thousand-wins",
        name="Legend",
        description="Won a thousand matches.",
        tier=MAJOR,
        points=2000,
        measure=Measure.WINS,
        threshold=1000,
    ),
    Rule(
        slug="streak-five",
        name="On a roll",
        description="Won five matches in a row.",
        tier=MINOR,
        points=100,
        measure=Measure.STREAK,
        threshold=5,
    ),
    Rule(
        slug="streak-ten",
        name="Untouchable",
        description="Won ten matches in a row.",
        tier=MAJOR,
        points=400,
        measure=Measure.STREAK,
        threshold=10,
    ),
    Rule(
        slug="comeback",
        name="Comeback",
        description="Won after five losses in a row.",
        tier=MINOR,
        points=100,
        measure=Measure.COMEBACK,
        threshold=5,
    ),
    Rule(
        slug="first-tournament",
        name="Into the arena",
        description="Entered a tournament.",
        tier=MINOR,
        points=50,
        measure=Measure.ENTRIES,
        threshold=1,
    ),
    Rule(
        slug="first-podium",
        name="On the podium",
        description="Came third or better in a tournament.",
        tier=MINOR,
        points=200,
        measure=Measure.PODIUMS,
        threshold=1,
    ),
    Rule(
        slug="first-title",
        name="Champion",
        description="Won a tournament.",
        tier=MAJOR,
        points=500,
        measure=Measure.TITLES,
        threshold=1,
    ),
    Rule(
        slug="three-titles",
        name="Dynasty",
        description="Won three tournaments.",
        tier=MAJOR,
        points=1000,
        measure=Measure.TITLES,
        threshold=3,
    ),
    Rule(
        slug="ten-titles",
        name="Era",
        description="Won ten tournaments.",
        tier=MAJOR,
        points=3000,
        measure=Measure.TITLES,
        threshold=10,
    ),
)

BY_SLUG = {rule.slug: rule for rule in CATALOGUE}
#: Earned in matches, earned in tournaments: each family is evaluated from facts of its own.
IN_MATCHES = frozenset({Measure.WINS, Measure.STREAK, Measure.COMEBACK})
IN_TOURNAMENTS = frozenset({Measure.ENTRIES, Measure.PODIUMS, Measure.TITLES})


def get_revealed_histories(slug: str) -> frozenset[History]:
    """Return the histories that the fact which earned an achievement tells of.

    Placements are public record, so they reveal nothing. Nobody knows what the fact of an achievement
    awarded by hand tells: it counts as revealing both histories.

    :param slug: of the achievement.
    """
    rule = BY_SLUG.get(slug)
    if rule is None:
        return frozenset(History)
    if rule.measure is Measure.ENTRIES:
        return frozenset({History.TOURNAMENTS})
    return frozenset({History.MATCHES}) if rule.measure in IN_MATCHES else frozenset()


def slugs_of(measures: frozenset[Measure]) -> frozenset[str]:
    """The slugs of the achievements that count any of ``measures``."""
    return frozenset(rule.slug for rule in CATALOGUE if rule.measure in measures)


def thresholds_of(measure: Measure) -> dict[int, str]:
    """What each count of ``measure`` earns: threshold → slug."""
    return {rule.threshold: rule.slug for rule in CATALOGUE if rule.measure is measure}
