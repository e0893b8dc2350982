"""Five players who played an evening before, a fan who follows them all, and an operator who decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.core.cache import cache
from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.games.services import record_matches
from deltacrown.user_profile.models import GameStats, UserAchievement, UserActivity, UserProfile
from deltacrown.user_profile.people.follows import follow
from tests import scene
from tests.people.truth import ANONYMISED, MERGED, Account, Match, Number, Truth
from tests.scene import NOON
from tests.tally.times import database_now

#: Names that occur nowhere by chance. Whoever is called so is looked for in the whole database.
NAMES = ("zqannaqz", "zqbertqz", "zqcleoqz", "zqdoraqz", "zqemilqz")
COUNTRIES = ("DE", "DE", "FR", "DE", "FR")
GAMES = ("chess", "rocket")
OPPOSITE = {"WIN": "LOSS", "LOSS": "WIN", "DRAW": "DRAW"}

#: A match of two: both accounts, the result of the first, the game, and how many days ago.
Played = tuple[Number, Number, str, str, int]


class Ground:
    """The accounts in the database and the truth about them, both changed by the steps."""

    def __init__(self) -> None:
        cache.clear()
        self.keys = count(1)
        self.now = NOON
        self.users = [_make_player(*each) for each in zip(NAMES, COUNTRIES, strict=True)]
        self.truth = Truth([Account([name], land) for name, land in zip(NAMES, COUNTRIES, strict=True)])
        self.fan, self.operator = scene.player("fan"), scene.player("operator", is_staff=True)
        self.games = {slug: scene.game(slug) for slug in GAMES}
        for user in self.users:
            follow(follower=self.fan, followed=user, now=self.now)
        # Everybody met everybody twice, so that rates are ranked from the start.
        pairs = [(one, other) for one in range(5) for other in range(one)] * 2
        results = ("WIN", "WIN", "LOSS", "DRAW", "WIN")
        self.record(
            [(*pair, results[turn % 5], GAMES[turn % 2], 2 * turn) for turn, pair in enumerate(pairs)]
        )
        self.remember()

    def record(self, played: list[Played]) -> None:
        """Record matches of two, which name their sides by the players."""
        records = []
        for one, other, result, game, days in played:
            number = next(self.keys)
            key, at = f"m{number}", NOON - timedelta(days=days, minutes=number)
            self.truth.facts.matches[key] = Match(game, at, {one: result, other: OPPOSITE[result]})
            lines = [
                scene.line(self.users[each], outcome, side=self.truth.accounts[each].name)
                for each, outcome in self.truth.facts.matches[key].results.items()
            ]
            records.append(scene.record(self.games[game], key, *lines, played_at=at))
        assert {*scene.statuses(record_matches(records=records, now=self.tick()))} == {"created"}

    def remember(self) -> None:
        """Keep what is true now, to ask the database about it later."""
        self.truth.remember(database_now())

    def tick(self) -> datetime:
        """Return the time of the next step, a minute after the last."""
        self.now += timedelta(minutes=1)
        return self.now

    def fresh(self, number: Number) -> User:
        """Return an account as the database has it."""
        return User.objects.get(pk=self.users[number].pk)

    def list_public_ids(self) -> dict[Number, str]:
        """Return the public id of each account; anonymising gives a new one."""
        ids = dict(UserProfile.objects.values_list("user", "public_id"))
        return {number: ids[user.pk] for number, user in enumerate(self.users)}

    def name_on_rows(self, number: Number) -> str:
        """Return the username by which a line that was recorded for an account is named now."""
        return self.fresh(self.truth.owner(number)).username

    def pick(self, which: int, *standings: str) -> Number | None:
        """Return one of the accounts that have one of these standings."""
        found = [number for number, each in enumerate(self.truth.accounts) if each.standing in standings]
        return found[which % len(found)] if found else None

    def pick_known(self, which: int) -> Number | None:
        """Return one of the accounts that somebody still has, listed or not."""
        gone = {MERGED, ANONYMISED}
        return self.pick(which, *{each.standing for each in self.truth.accounts} - gone)

    def pick_listed(self, which: int) -> Number | None:
        listed = self.truth.list_listed()
        return listed[which % len(listed)] if listed else None

    def pick_match(self, which: int, *, is_void: bool, is_met: bool = False) -> tuple[str, Match] | None:
        """Return one of the matches.

        :param is_met: also one in which somebody met themselves, as far as is known now.
        """
        owner = self.truth.owner
        found = [
            (key, match)
            for key, match in self.truth.facts.matches.items()
            if match.is_void == is_void
            and (is_met or len({*map(owner, match.results)}) == len(match.results))
        ]
        return found[which % len(found)] if found else None

    @contextmanager
    def bystanders_unchanged(self, *concerned: Number) -> Iterator[None]:
        """Check that what happens to some changes nothing of the others: no number and no entry."""
        theirs = {self.users[number].pk for number in concerned}
        before = describe_numbers(theirs)
        yield
        assert describe_numbers(theirs) == before


def describe_numbers(but: set[int]) -> dict[Any, Any]:
    """Return numbers, achievements and timelines of everybody but some."""
    profiles = UserProfile.objects.exclude(user__in=but).values()
    told = {
        row["user_id"]: {name: value for name, value in row.items() if name not in {"search_key", "bio"}}
        for row in profiles
    }
    tables = (
        (GameStats, ("user_id", "game_id", "matches_played", "matches_won", "win_rate")),
        (UserAchievement, ("user_id", "achievement_id", "fact", "earned_at")),
        (UserActivity, ("user_id", "activity_type", "description", "created_at", "is_withdrawn")),
    )
    return told | {
        model: sorted(model.objects.exclude(user__in=but).values_list(*columns)) for model, columns in tables
    }


def _make_player(name: str, country: str) -> User:
    joined = NOON - timedelta(days=400)
    user = scene.player(name, email=f"{name}@example.org", first_name=name, date_joined=joined)
    UserProfile.objects.filter(user=user).update(country=country, bio=f"I am {name}.")
    return user


@contextmanager
def rolled_back_at_the_end() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
