"""The rows of every source but matches: made, changed, moved, deleted."""

from __future__ import annotations

from django.db import models

from deltacrown.games.models import ArchivedMatch
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult, TournamentSeriesResult
from deltacrown.user_profile.models import ExperienceAward, UserAchievement
from tests.conftest import NOON
from tests.tally.ways.declared import way
from tests.tally.ways.season import Season

GROUP = "Participations, results, series, disputes, achievements, awards, archived matches"
#: Each source with the foreign key to its owner.
SOURCES: dict[type[models.Model], str] = {
    ArchivedMatch: "user",
    Dispute: "reporter",
    ExperienceAward: "user",
    TournamentParticipation: "user",
    TournamentResult: "user",
    TournamentSeriesResult: "user",
    UserAchievement: "user",
}


def new_rows(season: Season, player: int) -> list[models.Model]:
    """One row of each source, not saved yet."""
    user, cup, badge, game = season.players[player], season.cups[1], season.badges[1], season.games[1]
    match = season.players[player].match_rows.order_by("-pk")[0]
    return [
        ArchivedMatch(
            id=2 * 10**6 + player, user=user, game=game, match_key="older", result="WIN", played_at=NOON
        ),
        Dispute(reporter=user, match=match, reason="not so", filed_at=NOON),
        ExperienceAward(user=user, points=5, reason="r", dedupe_key="new", awarded_at=NOON),
        TournamentParticipation(tournament=cup, user=user, registered_at=NOON),
        TournamentResult(tournament=cup, user=user, placement=1, decided_at=NOON),
        new_series(season, player, "new"),
        UserAchievement(user=user, achievement=badge, earned_at=NOON),
    ]


def new_series(season: Season, player: int, name: str) -> TournamentSeriesResult:
    """A series won in the second cup, not saved yet."""
    user, cup = season.players[player], season.cups[1]
    score = {"games_won": 2, "games_lost": 0, "games_drawn": 0, "games_played": 2}
    times = {"started_at": NOON, "played_at": NOON}
    return TournamentSeriesResult(
        tournament=cup, series=name, user=user, game=cup.game, result="WIN", **score, **times
    )


@way(GROUP, "`save()` of new rows")
def make_others(season: Season) -> None:
    for row in new_rows(season, 0):
        row.save()


@way(GROUP, "`bulk_create()`")
def bulk_create_others(season: Season) -> None:
    for rows in zip(*(new_rows(season, player) for player in range(4)), strict=True):
        type(rows[0])._default_manager.bulk_create(rows)


@way(GROUP, "`save()`, moved to another player")
def move_others(season: Season) -> None:
    for row in new_rows(season, 0):
        row.save()
        setattr(row, SOURCES[type(row)], season.players[1])
        row.save()


@way(GROUP, "`update()`, moved to another player")
def update_others(season: Season) -> None:
    for row in new_rows(season, 0):
        row.save()
        type(row)._default_manager.filter(pk=row.pk).update(**{SOURCES[type(row)]: season.players[2]})


@way(GROUP, "`delete()`")
def delete_others(season: Season) -> None:
    for source in SOURCES:
        source._default_manager.order_by("pk")[1].delete()


@way(GROUP, "`queryset.delete()`")
def delete_all_others(season: Season) -> None:
    for source, owner in SOURCES.items():
        source._default_manager.filter(**{owner: season.players[2]}).delete()


@way(GROUP, "a placement changed, from past the tenth to the first and back out of the count")
def change_placements(season: Season) -> None:
    last = TournamentResult.objects.get(placement=11)
    last.placement = 1
    last.save()
    TournamentResult.objects.filter(placement=2).update(placement=12)


@way(GROUP, "a series won, voided, and lost")
def decide_series(season: Season) -> None:
    row = new_series(season, 0, "open")
    row.result, row.uncounted_reason = "NONE", "undecided best of 3"
    row.save()
    for result, reason in (("WIN", ""), ("NONE", "all its games are void"), ("LOSS", "")):
        TournamentSeriesResult.objects.filter(pk=row.pk).update(result=result, uncounted_reason=reason)


@way(GROUP, "a disqualification")
def disqualify(season: Season) -> None:
    champion = TournamentResult.objects.get(placement=1)
    champion.placement, champion.disqualified_at, champion.disqualified_reason = None, NOON, "late"
    champion.save()


@way(GROUP, "results that do not count any more, and one that does again")
def annul_results(season: Season) -> None:
    TournamentResult.objects.filter(placement__lte=11).update(uncounted_reason="annulled")
    TournamentResult.objects.filter(placement=2).update(uncounted_reason="")


@way(GROUP, "a placement taken away without a disqualification")
def unrank(season: Season) -> None:
    TournamentResult.objects.filter(placement=1).update(placement=None, unplaced_reason="not classified")


@way(GROUP, "a team's result, which nobody owns, given to a player")
def give_team_result_to_a_player(season: Season) -> None:
    from tests import scene

    result = TournamentResult.objects.create(
        tournament=season.cups[1], team=scene.team(), placement=1, decided_at=NOON
    )
    result.user = season.players[2]
    result.save()
