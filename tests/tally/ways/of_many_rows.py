"""Ways of writing many rows through the ORM, and of removing what they refer to."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Q

from deltacrown.games.models import ArchivedMatch, Match
from deltacrown.user_profile.models import ExperienceAward
from tests.conftest import NOON
from tests.removal import remove
from tests.tally.ways.declared import way
from tests.tally.ways.season import RESULTS, Season

GROUP = "Many rows, through the ORM"
REMOVALS = "Removals, after the rows that would refuse it"
TRANSACTIONS = "Transactions"


@way(GROUP, "`bulk_create()`")
def bulk_create(season: Season) -> None:
    Match.objects.bulk_create(season.row(n % 4, n % 2, f"bulk{n}", RESULTS[n % 3]) for n in range(300))


def some_taken(season: Season) -> list[Match]:
    """New rows, of which all but one meet a row of the same key with another result."""
    taken = list(Match.objects.filter(game=season.games[0]).exclude(result="WIN").order_by("pk")[:5])
    rows = [
        Match(user_id=row.user_id, game_id=row.game_id, match_key=row.match_key, result="WIN", played_at=NOON)
        for row in taken
    ]
    return [*rows, season.row(2, 0, "new")]


@way(GROUP, "`bulk_create(ignore_conflicts=True)`")
def bulk_create_ignoring_conflicts(season: Season) -> None:
    Match.objects.bulk_create(some_taken(season), ignore_conflicts=True)


@way(GROUP, "`bulk_create(update_conflicts=True)`, an upsert")
def bulk_create_upsert(season: Season) -> None:
    unique = ["game", "match_key", "user"]
    Match.objects.bulk_create(
        some_taken(season), update_conflicts=True, unique_fields=unique, update_fields=["result"]
    )


@way(GROUP, "an upsert that moves rows to other players")
def bulk_create_upsert_that_moves(season: Season) -> None:
    rows = list(Match.objects.filter(user=season.players[0]))
    for row in rows:
        row.user = season.players[1]
    Match.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=["user"])


@way(GROUP, "`update()`")
def update(season: Season) -> None:
    Match.objects.filter(result="WIN").update(result="LOSS")


@way(GROUP, "`update()` with `F()`")
def update_with_f(season: Season) -> None:
    ExperienceAward.objects.update(points=F("points") + 1)


@way(GROUP, "`update()` of rows found through other tables")
def update_through_a_join(season: Season) -> None:
    winners = Match.objects.filter(result="WIN", voided_at=None, uncounted_reason="").values("user")
    Match.objects.filter(user__in=winners, user__tournament_results__placement=1).update(
        user=season.players[3]
    )


@way(GROUP, "`update()` that voids, and one that restores some")
def void_and_restore(season: Season) -> None:
    Match.objects.filter(user=season.players[0]).update(voided_at=NOON, void_reason="all of them")
    Match.objects.filter(user=season.players[0], result="WIN").update(voided_at=None, void_reason="")


@way(GROUP, "`update()` that takes rows out of the count, and one that takes some back")
def uncount_and_count(season: Season) -> None:
    rows = Match.objects.filter(user=season.players[0], voided_at=None)
    rows.update(uncounted_reason="friendlies")
    rows.filter(result="WIN").update(uncounted_reason="")
    rows.exclude(result="WIN").update(ended_by="ABANDONED", result="NONE")


@way(GROUP, "`update()` through the base manager")
def update_through_base_manager(season: Season) -> None:
    Match._base_manager.filter(result="WIN").update(result="DRAW")


@way(
    GROUP,
    "`update()` of the primary key",
    moves=False,
    gap="the rows are counted by their keys, before and after",
)
def update_of_the_key(season: Season) -> None:
    Match.objects.filter(user=season.players[0]).update(id=F("id") + 50_000)


@way(GROUP, "`bulk_update()`")
def bulk_update(season: Season) -> None:
    rows = list(Match.objects.order_by("pk")[:20])
    for number, match in enumerate(rows):
        match.user, match.result = season.players[number % 4], RESULTS[number % 3]
    Match.objects.bulk_update(rows, ["user", "result"], batch_size=7)


@way(GROUP, "`queryset.delete()`")
def queryset_delete(season: Season) -> None:
    Match.objects.filter(Q(result="WIN") | Q(user=season.players[3]), disputes=None).delete()


@way(GROUP, "`_raw_delete()`")
def raw_delete(season: Season) -> None:
    Match.objects.filter(user=season.players[1])._raw_delete("default")


@way(GROUP, "an archive moved by hand: `bulk_create()`, then `_raw_delete()`", moves=False)
def archive_by_hand(season: Season) -> None:
    with transaction.atomic():
        moved = list(Match.objects.filter(game=season.games[0]).order_by("pk").values())
        ArchivedMatch.objects.bulk_create(ArchivedMatch(**values) for values in moved)
        Match.objects.filter(pk__in=[values["id"] for values in moved])._raw_delete("default")


@way(REMOVALS, "a user")
def remove_user(season: Season) -> None:
    remove(season.players[0])


@way(REMOVALS, "a game")
def remove_game(season: Season) -> None:
    remove(season.games[0])


@way(REMOVALS, "a tournament")
def remove_tournament(season: Season) -> None:
    remove(season.cups[0])


@way(REMOVALS, "an achievement")
def remove_achievement(season: Season) -> None:
    remove(season.badges[0])


@way(REMOVALS, "matches with disputes")
def remove_disputed_matches(season: Season) -> None:
    for match in Match.objects.filter(disputes__isnull=False).distinct():
        remove(match)


@way(TRANSACTIONS, "a savepoint rolled back within a transaction")
def savepoint_rolled_back(season: Season) -> None:
    with transaction.atomic():
        update(season)
        try:
            with transaction.atomic():
                bulk_create(season)
                remove_user(season)
                raise LookupError
        except LookupError:
            season.row(1, 1, "after").save()


@way(TRANSACTIONS, "a transaction rolled back", moves=False)
def transaction_rolled_back(season: Season) -> None:
    with transaction.atomic():
        update(season)
        bulk_create(season)
        raw_delete(season)
        transaction.set_rollback(True)
