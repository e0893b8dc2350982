"""A place is that of a plain count at every moment: whatever wrote, and however little was counted since."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from deltacrown.accounts.models import User
from deltacrown.games.models import Game, Match
from deltacrown.tournaments.models import TournamentResult
from deltacrown.user_profile.models import (
    ExperienceAward,
    GameStats,
    RankChange,
    RankCount,
    RankedPlayer,
    RankFold,
    UserProfile,
)
from deltacrown.user_profile.numbers import rank_counts
from deltacrown.user_profile.numbers.leaderboards import find_page_around, get_leaderboard, list_neighbours
from deltacrown.user_profile.numbers.places import list_places
from deltacrown.user_profile.numbers.rank_boards import list_ranked
from deltacrown.user_profile.numbers.rank_counts import Asked, Counted, count_places
from deltacrown.user_profile.numbers.rank_folding import count_anew, fold_changes, verify_counts
from deltacrown.user_profile.standing import SHOWN, filter_listed, is_listed
from tests import scene

pytestmark = pytest.mark.django_db


def count_plainly(asked: Asked) -> Counted:
    """Return the same from the rows themselves."""
    [by] = [each for each in list_ranked() if (each.holder, each.column) == (asked.holder, asked.column)]
    eligible = asked.holder.objects.filter(by.declared.get_eligible(asked.column))
    if asked.game is None:
        listed, shown = eligible.filter(is_listed()), eligible.filter(standing__in=SHOWN)
    else:
        eligible = eligible.filter(game=asked.game)
        listed = filter_listed(eligible)
        shown = eligible.filter(user__profile__standing__in=SHOWN)
    values = list(listed.values_list(asked.column, flat=True))
    is_better = (lambda v: v < asked.value) if by.declared.lowest_first else (lambda v: v > asked.value)
    return Counted(
        sum(map(is_better, values)), values.count(asked.value), shown.count(), max(values, default=None)
    )


def list_asked(chooser: random.Random | None = None) -> list[Asked]:
    """Return every value there is on every board, and some that nobody has; a few of them if chosen."""
    games = list(Game.objects.values_list("pk", flat=True))
    asked = []
    for by in list_ranked():
        for game in games if by.is_in_game else [None]:
            values = set(by.holder.objects.values_list(by.column, flat=True)) - {None}
            extra = [Decimal("33.33"), Decimal("100.00")] if by.places else [0, 1, 63, 64, 10**6, 2**40]
            asked += [
                Asked(by.holder, by.column, value, game, with_players=True, with_highest=True)
                for value in sorted({*values, *extra})
            ]
    return chooser.sample(asked, min(12, len(asked))) if chooser else asked


def check(chooser: random.Random | None = None) -> None:
    asked = list_asked(chooser)
    assert count_places(asked) == [count_plainly(each) for each in asked]


def is_read_from_counts() -> bool:
    return RankFold.objects.exists() and not RankChange.objects.filter(owner=None).exists()


def delete_users(users: list[User]) -> None:
    for model in (Match, TournamentResult, ExperienceAward):
        model.objects.filter(user__in=users).delete()
    User.objects.filter(pk__in=[user.pk for user in users]).delete()


class Writer:
    """Writes in every way there is, at random."""

    def __init__(self, seed: int) -> None:
        self.chooser = random.Random(seed)
        self.people = [scene.player(f"p{seed}-{n}") for n in range(9)]
        self.games = [scene.game("valorant"), scene.game("chess")]
        self.number = 0

    @property
    def user(self) -> User:
        return self.chooser.choice(self.people)

    @property
    def profile(self):
        return UserProfile.objects.filter(user=self.user)

    def play(self) -> None:
        for _ in range(self.chooser.randrange(1, 15)):
            self.number += 1
            result = self.chooser.choice(["WIN", "WIN", "LOSS"])
            title = self.chooser.choice(self.games)
            scene.match(self.user, f"w{self.number}", result, title=title)

    def play_many(self) -> None:
        """Insert rows of many players in one statement."""
        self.number += 1
        rows = [(self.user, number) for number in range(70)]
        Match.objects.bulk_create(
            Match(
                user=user,
                game=self.chooser.choice(self.games),
                match_key=f"b{self.number}-{number}",
                result=self.chooser.choice(["WIN", "LOSS"]),
                played_at=scene.at(number),
            )
            for user, number in rows
        )

    def earn(self) -> None:
        self.number += 1
        scene.experience(self.user, self.chooser.choice([1, 63, 64, 4096, 10**6, 2**28]), f"e{self.number}")

    def place(self) -> None:
        self.number += 1
        scene.result(scene.tournament(f"t{self.number}"), self.chooser.randrange(1, 11), self.user)

    def unplay(self) -> None:
        keys = Match.objects.filter(user=self.user).values_list("pk", flat=True)[:20]
        Match.objects.filter(pk__in=list(keys)).delete()

    def suspend(self) -> None:
        until = self.chooser.choice([None, timedelta(days=1), timedelta(days=-1)])
        self.profile.update(standing="SUSPENDED", standing_until=until and timezone.now() + until)

    def reinstate(self) -> None:
        self.profile.update(standing="ACTIVE", standing_until=None)

    def close(self) -> None:
        self.profile.update(standing="CLOSED", standing_until=None)

    def damage(self) -> None:
        """Write numbers by hand, as raw SQL can."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE user_profile_userprofile SET matches_won = %s WHERE user_id = %s",
                [self.chooser.choice([-5, 0, 3, 5000]), self.user.pk],
            )
            cursor.execute(
                "UPDATE user_profile_gamestats SET matches_won = %s WHERE user_id = %s",
                [self.chooser.choice([-5, 0, 3, 5000]), self.user.pk],
            )

    def lose_stats(self) -> None:
        GameStats.objects.filter(user=self.user).delete()

    def leave(self) -> None:
        if len(self.people) > 5:
            delete_users([self.people.pop()])

    def fold(self) -> None:
        fold_changes()

    def start_anew(self) -> None:
        count_anew()


WAYS = [name for name in vars(Writer) if not name.startswith("_") and name not in {"user", "profile"}]


@pytest.mark.parametrize("seed", range(3))
def test_places_are_those_of_a_plain_count_after_any_writes(seed):
    writer = Writer(seed)
    fold_changes()
    check()
    assert is_read_from_counts()
    for _ in range(30):
        getattr(writer, writer.chooser.choice([*WAYS, "fold", "play"]))()
        check(writer.chooser)
    check()
    fold_changes()
    assert (RankChange.objects.count(), verify_counts()) == (0, 0)
    check()
    assert is_read_from_counts()


def test_a_place_is_counted_where_nothing_is_or_too_much_waits(monkeypatch):
    writer = Writer(7)
    writer.play_many()
    RankFold.objects.all().delete()
    check()
    fold_changes()
    monkeypatch.setattr(rank_counts, "MOST_WAITING", 3)
    writer.play_many()
    assert RankChange.objects.count() > 3
    check()


def test_what_is_read_is_what_is_kept():
    """Were the counts not read at all, the tests above would show nothing."""
    writer = Writer(8)
    writer.play_many()
    fold_changes()
    RankCount.objects.filter(board="total_matches_played//A").update(players=F("players") + 1000)
    found = count_places([Asked(UserProfile, "total_matches_played", 1)])[0]
    assert found.better > 1000
    assert verify_counts() > 0
    count_anew()
    assert verify_counts() == 0
    check()


def test_counts_of_other_declarations_are_not_read_but_replaced():
    Writer(9).play_many()
    count_anew()
    RankFold.objects.update(fingerprint="another")
    RankCount.objects.update(players=1000)
    check()
    assert verify_counts() == 0  # nobody reads them
    assert fold_changes().is_anew
    check()
    assert is_read_from_counts()


def test_a_damaged_copy_of_a_player_is_found():
    Writer(10).play_many()
    count_anew()
    RankedPlayer.objects.filter(owner=RankedPlayer.objects.first().owner).update(counted={})
    assert verify_counts() > 0


def test_nothing_of_a_deleted_player_stays():
    writer = Writer(11)
    writer.play_many()
    fold_changes()
    assert RankedPlayer.objects.exists()
    delete_users(writer.people)
    fold_changes()
    assert not any(model.objects.exists() for model in (RankedPlayer, RankCount, RankChange))


def test_the_end_of_a_suspension_counts_from_that_moment_on_without_a_write():
    writer = Writer(12)
    for number, user in enumerate(writer.people):
        for turn in range(number):
            scene.match(user, f"{turn}")
    best, second = writer.people[-1], writer.people[-2]
    fold_changes()
    profile = UserProfile.objects.filter(user=best)
    profile.update(standing="SUSPENDED", standing_until=timezone.now() + timedelta(days=1))
    fold_changes()
    asked = [Asked(UserProfile, "matches_won", UserProfile.objects.get(user=second).matches_won)]
    assert count_places(asked)[0].better == 0
    with connection.cursor() as cursor:  # as if the time had passed: no trigger is told
        cursor.execute(
            "UPDATE user_profile_userprofile SET standing_until = %s WHERE user_id = %s",
            [connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(seconds=1)), best.pk],
        )
    fold_changes()
    assert count_places(asked)[0].better == 1
    check()


def test_neighbours_and_pages_have_the_ranks_of_the_board_however_many_share_a_value():
    people = [scene.player(f"n{number:02}") for number in range(23)]
    for number, user in enumerate(people):
        for turn in range((number % 5 + 1) if number < 15 else 3):
            scene.match(user, f"{turn}")
    for _ in range(2):  # counted plainly, and from what is kept
        for game in (None, "valorant"):
            whole = get_leaderboard("matches_won", game=game, limit=100).items
            for user in people:
                own = next(n for n, entry in enumerate(whole) if entry.name == user.username)
                near = list_neighbours(user, "matches_won", game=game, each_side=4)
                assert near == whole[max(own - 4, 0) : own + 5]
                cursor = find_page_around(user, "matches_won", game=game, before=3)
                start = max(own - 3, 0) if cursor else 0
                page = get_leaderboard("matches_won", game=game, page=cursor, limit=5)
                assert page.items == whole[start : start + 5]
                assert list_neighbours(user, "matches_won", game=game, each_side=0) == [whole[own]]
                place = next(p for p in list_places(user, scene.game()) if p.stat == "matches_won")
                assert (place.rank, place.players) == (whole[own].rank, len(people))
        fold_changes()
        assert is_read_from_counts()
