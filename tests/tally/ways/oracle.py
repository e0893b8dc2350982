"""What a reader with pencil and paper would count. Shares no code with the engine, and no declaration."""

from __future__ import annotations

from collections import Counter

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import ExperienceAward, GameStats, UserAchievement, UserProfile

Numbers = dict[tuple[object, ...], int]


def count_by_hand() -> Numbers:
    """(user, stat) or (user, game, stat) → the number, zeros left out."""
    counted: Counter[tuple[object, ...]] = Counter()
    for model in (Match, ArchivedMatch):
        for user, game, result, voided_at in model.objects.values_list("user", "game", "result", "voided_at"):
            if voided_at is None:
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
    for user, placement in TournamentResult.objects.filter(user__isnull=False).values_list(
        "user", "placement"
    ):
        if placement is not None and placement <= 10:
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
    profile += ["achievement_count", "placement_sum", "placement_count", "experience_points"]
    numbers: Numbers = {}
    for user, *values in UserProfile.objects.values_list("user", *profile):
        numbers |= {(user, name): value for name, value in zip(profile, values, strict=True)}
    for user, game, played, won in GameStats.objects.values_list(
        "user", "game", "matches_played", "matches_won"
    ):
        numbers |= {(user, game, "matches_played"): played, (user, game, "matches_won"): won}
    return {key: number for key, number in numbers.items() if number}
