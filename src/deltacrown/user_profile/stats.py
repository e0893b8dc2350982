"""The catalogue: every number a profile shows, declared once.

Add a number by declaring it here and running ``makemigrations``. Its maintenance, verification, rows,
explanation, history, page, leaderboard and line in the reference follow from the declaration.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Floor, Sqrt
from django.utils.translation import gettext_noop

from deltacrown.games.models import MATCH_TABLES
from deltacrown.user_profile.stat_fields import DerivedStat, Leaderboard, Sample, Stat
from django_tally.declarations import Rule, count_of, sum_of

MATCHES = tuple(table._meta.label for table in MATCH_TABLES)
#: The rules of matches that count; together they are ``COUNTS``.
COUNTED = (
    Rule(Q(voided_at__isnull=True), otherwise=gettext_noop("voided: {void_reason}")),
    Rule(Q(uncounted_reason=""), otherwise=gettext_noop("not counted: {uncounted_reason}")),
)
#: The results that rules name: words of the API, which people read too.
RESULTS = (gettext_noop("WIN"), gettext_noop("LOSS"), gettext_noop("DRAW"))
WON = Rule(Q(result="WIN"), otherwise=gettext_noop("it was not won, the result is {result}"))
#: Placements past this one are left out of the average, as the specification has it. The words below say so.
AVERAGED_PLACEMENTS = 10
#: The rules of results with a placement that counts. A row without one fails the fourth as well as the third,
#: which has the words where a reason is kept.
PLACED = (
    Rule(Q(uncounted_reason=""), otherwise=gettext_noop("not counted: {uncounted_reason}")),
    Rule(Q(disqualified_at__isnull=True), otherwise=gettext_noop("disqualified: {disqualified_reason}")),
    Rule(Q(unplaced_reason=""), otherwise=gettext_noop("without a placement: {unplaced_reason}")),
    Rule(Q(placement__isnull=False), otherwise=gettext_noop("without a placement")),
)
FIRST = Rule(Q(placement=1), otherwise=gettext_noop("placement {placement} is not the first"))
AVERAGED = Rule(
    Q(placement__lte=AVERAGED_PLACEMENTS),
    otherwise=gettext_noop("placement {placement} is past 10"),
)
SERIES = "tournaments.TournamentSeriesResult"
DECIDED = Rule(Q(uncounted_reason=""), otherwise=gettext_noop("not counted: {uncounted_reason}"))
#: Matches a player must have played to be ranked by a rate.
PLAYED_ENOUGH = Sample("total_matches_played", at_least=10, called=gettext_noop("matches"))


def ratio(numerator: str, denominator: str, *, scale: int) -> Combinable:
    """Return ``scale × numerator ÷ denominator`` to two decimals, half rounded up.

    Whole-number arithmetic up to the last step, so that every database gives the same digits.
    """
    hundredths = (F(numerator) * Value(200 * scale) + F(denominator)) / (F(denominator) * Value(2))
    whole = ExpressionWrapper(hundredths, output_field=models.BigIntegerField())
    # 100.0, not 100: SQLite keeps a whole number whole through the cast and would divide it so.
    return Cast(whole, models.DecimalField(max_digits=20, decimal_places=2)) / Value(100.0)


def rate(won: str, played: str) -> Combinable:
    """Return wins as a percentage of matches played; 0 when none were.

    Also 0 while a damaged row says more were won than played, or fewer than none: the column could
    not hold the ratio, and the damage must stay writable for verification to find and repair it.
    """
    output = models.DecimalField(max_digits=5, decimal_places=2)
    sane = Q(**{f"{played}__gt": 0, f"{won}__gte": 0, f"{played}__gte": F(won)})
    return Case(When(sane, then=ratio(won, played, scale=100)), default=Value(0), output_field=output)


def mean_placement() -> Combinable:
    """Return the mean of the averaged placements.

    Empty when there are none, or while a damaged row makes no sense.
    """
    output = models.DecimalField(max_digits=4, decimal_places=2)
    highest = F("placement_count") * Value(AVERAGED_PLACEMENTS)
    sane = Q(placement_count__gt=0, placement_sum__gte=0, placement_sum__lte=highest)
    mean = ratio("placement_sum", "placement_count", scale=1)
    return Case(When(sane, then=mean), default=None, output_field=output)


#: Level L starts at FACTOR · L² − FACTOR points.
LEVEL_FACTOR = 50


def get_level_start(level: int) -> int:
    """Return the experience points at which ``level`` (1, 2, 3 …) starts: 50·L² − 50."""
    return LEVEL_FACTOR * level * level - LEVEL_FACTOR


def level() -> Combinable:
    """Return ⌊√((points + 50) ÷ 50)⌋, since level L starts at 50·L² − 50 points."""
    output = models.IntegerField()
    points = Cast(F("experience_points") + Value(LEVEL_FACTOR), models.FloatField())
    root = Sqrt(points / Value(float(LEVEL_FACTOR)))
    return Case(
        When(experience_points__gte=0, then=Cast(Floor(root), output)),
        default=Value(1),
        output_field=output,
    )


class PlayerStats(models.Model):
    """A player's numbers over everything."""

    total_matches_played = Stat(
        count_of(*MATCHES, happened_at="played_at", where=[*COUNTED]),
        label=gettext_noop("Matches played"),
        meaning=gettext_noop(
            "Matches of every kind, archived ones too. Draws count as played. Voided ones do not count, nor "
            "do byes, abandoned matches, and others of which it is said that they do not."
        ),
        place=30,
        leaderboard=Leaderboard(place=50, beside="overall_win_rate", index="played"),
    )
    matches_won = Stat(
        count_of(*MATCHES, happened_at="played_at", where=[*COUNTED, WON]),
        label=gettext_noop("Matches won"),
        meaning=gettext_noop("Matches played that ended in a win."),
        place=20,
        leaderboard=Leaderboard(place=10, on_front_page=True, beside="overall_win_rate", index="won"),
    )
    series_won = Stat(
        count_of(SERIES, happened_at="played_at", where=[DECIDED, WON]),
        label=gettext_noop("Series won"),
        meaning=gettext_noop("Series played that the player's side won."),
        place=32,
        leaderboard=Leaderboard(place=55, beside="series_played", index="series_won"),
    )
    series_played = Stat(
        count_of(SERIES, happened_at="played_at", where=[DECIDED]),
        label=gettext_noop("Series played"),
        meaning=gettext_noop(
            "Series of tournaments (a best of five) that are decided, each one result over its games, for "
            "everybody who was in one of them at least. The games count as matches, too."
        ),
        place=34,
    )
    tournaments_participated = Stat(
        count_of("tournaments.TournamentParticipation", happened_at="registered_at"),
        label=gettext_noop("Tournaments entered"),
        meaning=gettext_noop("Registrations, from the time of registration on, whatever became of them."),
        place=60,
        leaderboard=Leaderboard(place=60, beside="tournaments_won", index="entered"),
    )
    tournaments_won = Stat(
        count_of("tournaments.TournamentResult", happened_at="decided_at", where=[*PLACED, FIRST]),
        label=gettext_noop("Titles"),
        meaning=gettext_noop(
            "Official results with placement 1, alone or in the roster of the winning team. Co-champions "
            "have a title each."
        ),
        place=40,
        leaderboard=Leaderboard(
            place=30, on_front_page=True, beside="tournaments_participated", index="titles"
        ),
    )
    disputes_filed = Stat(
        count_of("moderation.Dispute", happened_at="filed_at", keys={"user": "reporter"}),
        label=gettext_noop("Disputes filed"),
        meaning=gettext_noop("Disputes the player filed, whatever their outcome."),
        place=100,
    )
    achievement_count = Stat(
        count_of("user_profile.UserAchievement", happened_at="earned_at"),
        label=gettext_noop("Achievements"),
        meaning=gettext_noop("Achievements the player holds."),
        place=70,
        leaderboard=Leaderboard(place=70, index="achievements"),
    )
    placement_sum = Stat(
        sum_of(
            "placement",
            "tournaments.TournamentResult",
            happened_at="decided_at",
            where=[*PLACED, AVERAGED],
        ),
        label=gettext_noop("Sum of placements"),
        meaning=gettext_noop("The placements of results placed 10 or better, added up."),
        internal=True,
    )
    placement_count = Stat(
        count_of("tournaments.TournamentResult", happened_at="decided_at", where=[*PLACED, AVERAGED]),
        label=gettext_noop("Placements averaged"),
        meaning=gettext_noop("Results placed 10 or better."),
        internal=True,
    )
    experience_points = Stat(
        sum_of("points", "user_profile.ExperienceAward", happened_at="awarded_at"),
        label=gettext_noop("Experience"),
        meaning=gettext_noop("The points of every experience award."),
        sentence=gettext_noop("{rows:,} awards add up to {value:,} points."),
        place=90,
        leaderboard=Leaderboard(place=40, on_front_page=True, beside="level", index="experience"),
    )
    overall_win_rate = DerivedStat(
        expression=rate("matches_won", "total_matches_played"),
        output_field=models.DecimalField(max_digits=5, decimal_places=2),
        rows_of="total_matches_played",
        label=gettext_noop("Win rate"),
        meaning=gettext_noop("Matches won as a percentage of matches played; 0 when none were played."),
        unit="%",
        sentence=gettext_noop("{matches_won:,} won of {total_matches_played:,} played: {value} %."),
        place=10,
        leaderboard=Leaderboard(
            place=20,
            on_front_page=True,
            sample=PLAYED_ENOUGH,
            beside="total_matches_played",
            index="win_rate",
        ),
    )
    series_win_rate = DerivedStat(
        expression=rate("series_won", "series_played"),
        output_field=models.DecimalField(max_digits=5, decimal_places=2),
        rows_of="series_played",
        label=gettext_noop("Series win rate"),
        meaning=gettext_noop("Series won as a percentage of series played; 0 when none were played."),
        unit="%",
        sentence=gettext_noop("{series_won:,} won of {series_played:,} series played: {value} %."),
        place=36,
    )
    average_placement = DerivedStat(
        expression=mean_placement(),
        output_field=models.DecimalField(max_digits=4, decimal_places=2, null=True),
        rows_of="placement_count",
        label=gettext_noop("Average placement"),
        meaning=gettext_noop(
            "The mean of placements of 10 or better; empty when there are none. A range counts as its first "
            "place: 5 to 8 as 5."
        ),
        sentence=gettext_noop(
            "{placement_count:,} placements add up to {placement_sum:,}: {value} on average."
        ),
        empty_sentence=gettext_noop("No placements to average."),
        place=50,
        leaderboard=Leaderboard(
            place=80,
            lowest_first=True,
            beside="tournaments_participated",
            rule=gettext_noop("Players with a placement to average are ranked, the lowest average first."),
            index="placement",
        ),
    )
    level = DerivedStat(
        expression=level(),
        output_field=models.IntegerField(),
        rows_of="experience_points",
        label=gettext_noop("Level"),
        meaning=gettext_noop("Level L starts at 50·L² − 50 experience points."),
        sentence=gettext_noop("{rows:,} awards add up to {experience_points:,} points: level {value:,}."),
        place=80,
    )

    class Meta:
        abstract = True


class GameNumbers(models.Model):
    """A player's numbers in one game, each the twin of a number of ``PlayerStats``."""

    matches_played = Stat(
        count_of(*MATCHES, happened_at="played_at", where=[*COUNTED]),
        twin_of="total_matches_played",
        label=gettext_noop("Matches played"),
    )
    matches_won = Stat(
        count_of(*MATCHES, happened_at="played_at", where=[*COUNTED, WON]),
        twin_of="matches_won",
        label=gettext_noop("Matches won"),
    )
    win_rate = DerivedStat(
        expression=rate("matches_won", "matches_played"),
        output_field=models.DecimalField(max_digits=5, decimal_places=2),
        rows_of="matches_played",
        twin_of="overall_win_rate",
        label=gettext_noop("Win rate"),
        unit="%",
    )

    series_won = Stat(
        count_of(SERIES, happened_at="played_at", where=[DECIDED, WON]),
        twin_of="series_won",
        label=gettext_noop("Series won"),
    )
    series_played = Stat(
        count_of(SERIES, happened_at="played_at", where=[DECIDED]),
        twin_of="series_played",
        label=gettext_noop("Series played"),
    )
    series_win_rate = DerivedStat(
        expression=rate("series_won", "series_played"),
        output_field=models.DecimalField(max_digits=5, decimal_places=2),
        rows_of="series_played",
        twin_of="series_win_rate",
        label=gettext_noop("Series win rate"),
        unit="%",
    )

    class Meta:
        abstract = True
