"""The steps: matches, tournaments and rulings, and between them what happens to people.

Each goes through its door and changes the truth alike. Its numbers say which of the possible players, matches
or tournaments it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from deltacrown.accounts.models import PlayerMerge, User
from deltacrown.accounts.services import rename_player
from deltacrown.games.services import correct_match, restore_match, void_match
from deltacrown.tournaments import services as tournaments
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.follows import follow
from deltacrown.user_profile.people.merging import merge_players, undo_merge
from deltacrown.user_profile.people.standings import (
    close_account,
    end_suspensions,
    lift_suspension,
    reopen_account,
    suspend_player,
)
from tests.people.ground import GAMES, OPPOSITE, Ground
from tests.people.truth import ACTIVE, CLOSED, SUSPENDED, Cup, Merge, Number, Truth
from tests.scene import NOON

FOREVER = NOON.replace(year=2100)
LONG_AGO = NOON - timedelta(days=1)
RESULTS = ("WIN", "LOSS", "DRAW", "WIN", "WIN")

Step = Callable[["Steps", int, int, int], None]
#: Name → the step, and when there is something for it to do.
STEPS: dict[str, tuple[Step, Callable[[Truth], bool]]] = {}


def step(when: Callable[[Truth], bool] = lambda truth: True) -> Callable[[Step], Step]:
    """Enter a method among the steps."""

    def enter(method: Step) -> Step:
        STEPS[method.__name__] = method, when
        return method

    return enter


def has(*standings: str) -> Callable[[Truth], bool]:
    """Return the condition that some account has one of these standings."""
    return lambda truth: any(each.standing in standings for each in truth.accounts)


class Steps:
    """What can happen on a ground."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.truth, self.boss = ground, ground.truth, ground.operator

    def take(self, name: str, *numbers: int) -> None:
        """Do what is called ``name``."""
        method, _ = STEPS[name]
        one, two, three = (*numbers, 0, 0, 0)[:3]
        method(self, one, two, three)

    def list_possible(self) -> list[str]:
        return [name for name, (_, when) in STEPS.items() if when(self.truth)]

    @step()
    def play(self, one: int, two: int, three: int) -> None:
        """Two players meet, up to two months ago."""
        pair = self.ground.pick_known(one), self.ground.pick_known(two)
        if pair[0] is not None and pair[1] is not None and pair[0] != pair[1]:
            self.ground.record([(pair[0], pair[1], RESULTS[three % 5], GAMES[three % 2], three % 60)])

    @step()
    def correct(self, one: int, two: int, three: int) -> None:
        if found := self.ground.pick_match(one, is_void=False):
            key, match = found
            first, second = match.results
            result = RESULTS[two % 5]
            match.results = {first: result, second: OPPOSITE[result]}
            named = {self.ground.name_on_rows(each): outcome for each, outcome in match.results.items()}
            self.amend(correct_match, key, results=named)

    @step()
    def move_a_line(self, one: int, two: int, three: int) -> None:
        """It was another player, who was not in this match."""
        player, found = self.ground.pick_known(two), self.ground.pick_match(one, is_void=False)
        if found and player is not None and self.truth.pick(player, found[0], found[1].results) is None:
            key, match = found
            first = next(iter(match.results))
            self.amend(correct_match, key, moved={self.ground.name_on_rows(first): self.ground.fresh(player)})
            match.results = {player if each == first else each: out for each, out in match.results.items()}

    @step()
    def void(self, one: int, two: int, three: int) -> None:
        if found := self.ground.pick_match(one, is_void=False, is_met=True):
            found[1].is_void = True
            self.amend(void_match, found[0])

    @step(when=lambda truth: any(match.is_void for match in truth.facts.matches.values()))
    def restore(self, one: int, two: int, three: int) -> None:
        if found := self.ground.pick_match(one, is_void=True, is_met=True):
            found[1].is_void = False
            self.amend(restore_match, found[0])

    def amend(self, door: Callable[..., object], key: str, **how: Any) -> None:
        game = self.ground.games[self.truth.facts.matches[key].game]
        door(game=game, match_key=key, reason="a ruling", now=self.ground.tick(), **how)

    @step()
    def hold_a_tournament(self, one: int, two: int, three: int) -> None:
        """Two to five players enter who may, and come in some order."""
        listed = self.truth.list_listed()
        placed = sorted(listed, key=lambda number: (number * (1 + two % 4) + one) % 5)[: 2 + three % 4]
        if placed:
            slug = f"cup{next(self.ground.keys)}"
            self.truth.facts.cups[slug] = Cup(placed)
            self.play_cup(slug, GAMES[one % 2])

    def play_cup(self, slug: str, game: str) -> None:
        placed = self.truth.facts.cups[slug].published
        title = self.ground.games[game]
        cup = tournaments.create_tournament(slug=slug, name=slug.title(), game=title, starts_at=NOON)
        tournaments.open_registration(tournament=cup)
        for number in sorted(placed):
            user = self.ground.fresh(number)
            tournaments.register_player(tournament=cup, user=user, now=self.ground.tick())
        tournaments.start_tournament(tournament=cup)
        standings = [
            tournaments.Standing(user=self.ground.fresh(number), placement=place)
            for place, number in enumerate(placed, start=1)
        ]
        tournaments.complete_tournament(tournament=cup, standings=standings, now=self.ground.tick())

    @step(when=lambda truth: bool(truth.facts.cups))
    def rule_on_an_entrant(self, one: int, two: int, three: int) -> None:
        """Disqualify an entrant, or lift that."""
        slug = list(self.truth.facts.cups)[one % len(self.truth.facts.cups)]
        cup = self.truth.facts.cups[slug]
        owner = self.truth.owner(cup.published[two % len(cup.published)])
        number = self.truth.pick(owner, slug, cup.published)
        if number is not None:
            door = tournaments.lift_disqualification if number in cup.out else tournaments.disqualify_entrant
            cup.out ^= {number}
            found = tournaments.find_tournaments([slug])[slug]
            door(tournament=found, user=self.ground.fresh(owner), reason="a ruling", now=self.ground.tick())

    @step()
    def follow(self, one: int, two: int, three: int) -> None:
        follower, followed = self.ground.pick_listed(one), self.ground.pick_listed(two)
        if follower is None or followed is None or follower == followed:
            return
        if (follower, followed) not in self.truth.list_followed():
            self.truth.follows.add((follower, followed))
        users = self.ground.fresh(follower), self.ground.fresh(followed)
        follow(follower=users[0], followed=users[1], now=self.ground.tick())

    @step()
    def rename(self, one: int, two: int, three: int) -> None:
        number = self.ground.pick_known(one)
        if number is not None:
            name = f"zq{'abcde'[number]}{next(self.ground.keys)}qz"
            with self.happening(number) as user:
                rename_player(user=user, username=name)
            self.truth.accounts[number].names.append(name)

    @step(when=has(ACTIVE, SUSPENDED))
    def suspend(self, one: int, two: int, three: int) -> None:
        """For ever, or until a time to come."""
        number = self.ground.pick(one, ACTIVE, SUSPENDED)
        if number is not None:
            until, now = FOREVER if two % 2 else None, self.ground.tick()
            with self.happening(number) as user:
                suspend_player(user=user, until=until, reason=f"{user} cheated", by=self.boss, now=now)
            self.truth.accounts[number].become(SUSPENDED, has_end=until is not None)

    @step(when=has(SUSPENDED))
    def let_a_suspension_run_out(self, one: int, two: int, three: int) -> None:
        """Time moves on past the end of a suspension, and nothing is written."""
        number = self.ground.pick(one, SUSPENDED)
        if number is not None:
            with self.happening(number) as user:
                UserProfile.objects.filter(user=user).update(standing_until=LONG_AGO)
                user.standing_changes.filter(standing=SUSPENDED).update(until=LONG_AGO)
            self.truth.accounts[number].become(SUSPENDED, is_over=True, has_end=True)

    @step(when=has(SUSPENDED))
    def record_the_ends_of_suspensions(self, one: int, two: int, three: int) -> None:
        over = [each for each in self.truth.accounts if each.standing == SUSPENDED and each.is_over]
        assert end_suspensions(now=self.ground.tick()) == len(over)
        for account in over:
            account.become(ACTIVE)

    @step(when=has(SUSPENDED))
    def lift(self, one: int, two: int, three: int) -> None:
        number = self.ground.pick(one, SUSPENDED)
        if number is not None:
            with self.happening(number) as user:
                lift_suspension(user=user, by=self.boss, now=self.ground.tick())
            self.truth.accounts[number].become(ACTIVE)

    @step(when=has(ACTIVE, SUSPENDED))
    def close(self, one: int, two: int, three: int) -> None:
        """By the player, or by staff."""
        number = self.ground.pick(one, ACTIVE, SUSPENDED)
        if number is not None:
            with self.happening(number) as user:
                close_account(user=user, by=user if two % 2 else self.boss, now=self.ground.tick())
            self.truth.accounts[number].step_out(CLOSED)

    @step(when=has(CLOSED))
    def reopen(self, one: int, two: int, three: int) -> None:
        """A suspension from before that is not over holds again."""
        number = self.ground.pick(one, CLOSED)
        if number is not None:
            with self.happening(number) as user:
                reopen_account(user=user, by=self.boss, now=self.ground.tick())
            self.truth.accounts[number].step_back()

    @step()
    def merge(self, one: int, two: int, three: int) -> None:
        """Two accounts are one person's."""
        kept, merged = self.ground.pick_known(one), self.ground.pick_known(two)
        if kept is not None and merged is not None and kept != merged:
            with self.happening(*self.accounts_of(kept), *self.accounts_of(merged)) as user:
                row = merge_players(
                    kept=user,
                    merged=self.ground.fresh(merged),
                    by=self.boss,
                    reason=f"{user} is both",
                    now=self.ground.tick(),
                    allow_meetings=True,
                )
            self.truth.merge(row.pk, kept, merged)

    @step(when=lambda truth: bool(truth.list_undoable()))
    def undo(self, one: int, two: int, three: int) -> None:
        """They were two."""
        undoable = self.truth.list_undoable()
        merge: Merge = undoable[one % len(undoable)]
        with self.happening(*self.accounts_of(merge.kept)):
            undo_merge(merge=PlayerMerge.objects.get(pk=merge.key), by=self.boss, now=self.ground.tick())
        self.truth.undo(merge)

    @step()
    def anonymise(self, one: int, two: int, three: int) -> None:
        """The person goes, with all accounts that were merged into this one."""
        number = self.ground.pick_known(one)
        if number is not None:
            with self.happening(*self.accounts_of(number)) as user:
                anonymise_player(user=user, by=self.boss, now=self.ground.tick(), without_export=True)
            self.truth.forget(number)

    def accounts_of(self, owner: Number) -> list[Number]:
        """Return the account and all that were merged into it, the account first."""
        return sorted(self.truth.list_merged(owner), key=lambda number: number != owner)

    @contextmanager
    def happening(self, *concerned: Number) -> Iterator[User]:
        """Do something to people, which changes nothing of anybody else's."""
        with self.ground.bystanders_unchanged(*concerned):
            yield self.ground.fresh(concerned[0])
