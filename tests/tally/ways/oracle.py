"""What a reader with pencil and paper would count. Shares no code with the engine, and no declaration."""

from __future__ import annotations

from collections import Counter

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult, TournamentSeriesResult
from deltacrown.user_profile.models import ExperienceAward, GameStats, UserAchievement, UserProfile

Numbers = dict[tuple[object, ...], int]


def count_by_hand() -> Numbers:
    """(user, stat) or (user, game, stat) → the number, zeros left out."""
    counted: Counter[tuple[object, ...]] = Counter()
    for model in (Match, ArchivedMatch):
        columns = ("user", "game", "result", "voided_at", "uncounted_reason")
        for user, game, result, voided_at, uncounted in model.objects.values_list(*columns):
            if voided_at is None and uncounted == "":
                won = int(result == "WIN")
                counted.update({(user, "total_matches_played"): 1, (user, "matches_won"): won})
                counted.update({(user, game, "matches_played"): 1, (user, game, "matches_won"): won})
    counted.update(
        (user, "tournaments_participated")
        for user in TournamentParticipation.objects.values_list("user", flat=True)
    )
    counted.update((user, "disputes_filed") for user in Dispute.objects.values_list("reporter", flat=True))
    counted.update(
        (user, "achievement_count") for user in UserAchievement.objects.values_list("user", flat=True)
    )
    for user, points in ExperienceAward.objects.values_list("user", "points"):
        counted[user, "experience_points"] += points
    series = TournamentSeriesResult.objects.values_list("user", "game", "result", "uncounted_reason")
    for user, game, result, uncounted in series:
        if uncounted == "":
            won = int(result == "WIN")
            counted.update({(user, "series_played"): 1, (user, "series_won"): won})
            counted.update({(user, game, "series_played"): 1, (user, game, "series_won"): won})
    results = TournamentResult.objects.filter(user__isnull=False)
    for user, placement, uncounted in results.values_list("user", "placement", "uncounted_reason"):
        if placement is not None and placement <= 10 and uncounted == "":
            counted.update(
                {
                    (user, "placement_sum"): placement,
                    (user, "placement_count"): 1,
                    (user, "tournaments_won"): placement == 1,
                }
            )
    return {key: number for key, number in counted.items() if number}


def read_cached() -> Numbers:
    """The same from the cached columns."""
    profile = [
        "total_matches_played",
        "matches_won",
        "tournaments_participated",
        "tournaments_won",
        "disputes_filed",
    ]
    profile += ["series_played", "series_won"]
    profile += ["achievement_count", "placement_sum", "placement_count", "experience_points"]
    numbers: Numbers = {}
    for user, *values in UserProfile.objects.values_list("user", *profile):
        numbers |= {(user, name): value for name, value in zip(profile, values, strict=True)}
    of_game = ["matches_played", "matches_won", "series_played", "series_won"]
    for user, game, *values in GameStats.objects.values_list("user", "game", *of_game):
        numbers |= {(user, game, name): value for name, value in zip(of_game, values, strict=True)}
    return {key: number for key, number in numbers.items() if number}
