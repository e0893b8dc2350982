"""Ways of writing one row through the ORM."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction
from django.db.models import F

from deltacrown.games.models import Match
from deltacrown.user_profile.models import ExperienceAward, UserProfile
from tests.conftest import NOON
from tests.tally.ways.declared import way
from tests.tally.ways.season import Season

GROUP = "One row, through the ORM"


def _first_counted(**filters: object) -> Match:
    """Return the first match row that counts: a way must write the same row on every database."""
    return Match.objects.filter(voided_at=None, uncounted_reason="", **filters).order_by("pk")[0]


@way(GROUP, "`create()`")
def create(season: Season) -> None:
    Match.objects.create(
        user=season.players[0], game=season.games[0], match_key="new", result="WIN", played_at=NOON
    )


@way(GROUP, "`create()` of a row that counts nowhere", moves=False)
def create_voided(season: Season) -> None:
    season.row(0, 0, "void", voided_at=NOON, void_reason="crash").save()


@way(GROUP, "`create()` of a bye", moves=False)
def create_bye(season: Season) -> None:
    season.row(0, 0, "bye", ended_by="BYE", uncounted_reason="a bye").save()


@way(GROUP, "`save()` of a row that does not count any more, and of one that counts again")
def save_uncounted(season: Season) -> None:
    match = _first_counted(result="WIN")
    match.uncounted_reason = "a friendly"
    match.save()
    other = Match.objects.filter(result="LOSS", voided_at=None).exclude(uncounted_reason="").order_by("pk")[0]
    other.uncounted_reason = ""
    other.save()


@way(GROUP, "`create()` refused by a constraint", moves=False)
def create_refused(season: Season) -> None:
    taken = _first_counted()
    try:
        with transaction.atomic():
            Match.objects.create(
                user=taken.user, game=taken.game, match_key=taken.match_key, result="WIN", played_at=NOON
            )
    except IntegrityError:
        return
    raise AssertionError("the constraint is gone")


@way(GROUP, "`save()`, nothing changed", moves=False)
def save_unchanged(season: Season) -> None:
    _first_counted().save()


@way(GROUP, "`save()`, result flipped")
def save_flipped(season: Season) -> None:
    match = _first_counted(result="WIN")
    match.result = "LOSS"
    match.save()


@way(GROUP, "`save()` twice on one instance, flipped and back", moves=False)
def save_flipped_and_back(season: Season) -> None:
    match = _first_counted(result="WIN")
    for result in ("LOSS", "WIN"):
        match.result = result
        match.save()


@way(GROUP, "`save()`, moved to another player")
def save_moved_to_another_player(season: Season) -> None:
    match = _first_counted(user=season.players[0])
    match.user = season.players[1]
    match.save()


@way(GROUP, "`save()`, moved to another game")
def save_moved_to_another_game(season: Season) -> None:
    match = _first_counted(game=season.games[0], user=season.players[0])
    match.game = season.games[1]
    match.save()


@way(GROUP, "`save()`, summed value changed")
def save_value_changed(season: Season) -> None:
    award = ExperienceAward.objects.order_by("pk")[0]
    award.points = 777
    award.save()


@way(GROUP, "`save()` with `F()`")
def save_with_f(season: Season) -> None:
    award = ExperienceAward.objects.order_by("pk")[0]
    award.points = F("points") * 2
    award.save()


@way(GROUP, "`save(update_fields=…)` of the field that counts")
def save_update_fields(season: Season) -> None:
    match = _first_counted(result="WIN")
    match.result, match.side = "LOSS", "Red"
    match.save(update_fields=["result"])


@way(GROUP, "`save(update_fields=…)` of another field, the one that counts being stale", moves=False)
def save_other_update_fields(season: Season) -> None:
    match = _first_counted(result="WIN")
    match.result, match.side = "LOSS", "Red"
    match.save(update_fields=["side"])


@way(GROUP, "`save()` of a stale instance over a newer row")
def save_stale(season: Season) -> None:
    stale = _first_counted(result="WIN")
    stale.result = "DRAW"
    Match.objects.filter(pk=stale.pk).update(
        user=season.players[3], result="LOSS", voided_at=NOON, void_reason="crash"
    )
    stale.save()


@way(GROUP, "`save()` of a row that was deleted meanwhile", moves=False)
def save_deleted(season: Season) -> None:
    stale = _first_counted(result="WIN", disputes=None)
    Match.objects.get(pk=stale.pk).delete()
    stale.save()


@way(GROUP, "`get_or_create()`, twice")
def get_or_create(season: Season) -> None:
    keys = {"user": season.players[0], "game": season.games[0], "match_key": "once"}
    for _ in range(2):
        Match.objects.get_or_create(**keys, defaults={"result": "WIN", "played_at": NOON})


@way(GROUP, "`update_or_create()`, twice")
def update_or_create(season: Season) -> None:
    keys = {"user": season.players[0], "game": season.games[0], "match_key": "once"}
    for result in ("WIN", "DRAW"):
        Match.objects.update_or_create(**keys, defaults={"result": result, "played_at": NOON})


@way(GROUP, "through a related manager: `player.match_rows.create()`")
def create_through_relation(season: Season) -> None:
    season.players[0].match_rows.create(
        game=season.games[0], match_key="related", result="WIN", played_at=NOON
    )


@way(GROUP, "`await`: `acreate()`, `asave()`, `adelete()`")
def write_asynchronously(season: Season) -> None:
    async def act() -> None:
        keys = {"user": season.players[0], "game": season.games[0], "result": "WIN", "played_at": NOON}
        kept = await Match.objects.acreate(match_key="kept", **keys)
        gone = await Match.objects.acreate(match_key="gone", **keys)
        kept.user = season.players[1]
        await kept.asave()
        await gone.adelete()

    async_to_sync(act)()


@way(GROUP, "`delete()`")
def delete(season: Season) -> None:
    _first_counted(result="WIN", disputes=None).delete()


@way(GROUP, "`delete()` of one row from two stale instances")
def delete_twice(season: Season) -> None:
    undisputed = Match.objects.filter(voided_at=None, disputes=None).order_by("pk")
    one, same = (undisputed.order_by("pk")[0] for _ in range(2))
    one.delete()
    same.delete()


@way(GROUP, "`profile.save()` of a stale instance with wrong numbers")
def save_stale_profile(season: Season) -> None:
    stale = UserProfile.objects.get(user=season.players[3])
    season.row(3, 0, "late").save()
    stale.bio, stale.total_matches_played = "changed", 10_000
    stale.save()


@way(GROUP, "a profile made after its rows", moves=False)
def make_profile_late(season: Season) -> None:
    kept = UserProfile.objects.get(user=season.players[0])
    UserProfile.objects.filter(user=season.players[0]).delete()
    UserProfile.objects.create(user=season.players[0], public_id=kept.public_id)


@way(GROUP, "profiles made after their rows by `bulk_create()`", moves=False)
def bulk_create_profiles_late(season: Season) -> None:
    kept = list(UserProfile.objects.values_list("user", "public_id"))
    UserProfile.objects.all().delete()
    UserProfile.objects.bulk_create(
        UserProfile(user_id=user, public_id=public_id) for user, public_id in kept
    )
