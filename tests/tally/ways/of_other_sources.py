"""The rows of every source but matches: made, changed, moved, deleted."""

from __future__ import annotations

from django.db import models

from deltacrown.games.models import ArchivedMatch
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import ExperienceAward, UserAchievement
from tests.conftest import NOON
from tests.tally.ways.declared import way
from tests.tally.ways.season import Season

GROUP = "Participations, results, disputes, achievements, awards, archived matches"
#: Each source with the foreign key to its owner.
SOURCES: dict[type[models.Model], str] = {
    ArchivedMatch: "user",
    Dispute: "reporter",
    ExperienceAward: "user",
    TournamentParticipation: "user",
    TournamentResult: "user",
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
        UserAchievement(user=user, achievement=badge, earned_at=NOON),
    ]


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


@way(GROUP, "a disqualification")
def disqualify(season: Season) -> None:
    champion = TournamentResult.objects.get(placement=1)
    champion.placement, champion.disqualified_at, champion.disqualified_reason = None, NOON, "late"
    champion.save()


@way(GROUP, "a team's result, which nobody owns, given to a player")
def give_team_result_to_a_player(season: Season) -> None:
    from tests import scene

    result = TournamentResult.objects.create(
        tournament=season.cups[1], team=scene.team(), placement=1, decided_at=NOON
    )
    result.user = season.players[2]
    result.save()
