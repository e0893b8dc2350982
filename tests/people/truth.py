"""The truth in plain Python: who is who, which lines count for whom, who is listed, which names there are.

Facts are kept by the account that they were recorded for and never rewritten. Whose they are now is looked
up: a merge is one assignment, and undoing it takes that back.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ACTIVE, SUSPENDED, CLOSED, MERGED, ANONYMISED = "ACTIVE", "SUSPENDED", "CLOSED", "MERGED", "ANONYMISED"
#: Experience for entering a tournament, for its places, and for achievements.
ENTERED, PLACED = 20, {1: 300, 2: 150, 3: 75}
POINTS = {
    "first-win": 50,
    "ten-wins": 100,
    "streak-five": 100,
    "streak-ten": 400,
    "comeback": 100,
    "first-tournament": 50,
    "first-podium": 200,
    "first-title": 500,
    "three-titles": 1000,
}
#: Placements past this one are not averaged.
AVERAGED = 10
#: Matches that a player must have played to be ranked by a rate.
SAMPLE = 10

#: An account, by its place in the list of all.
Number = int
Value = int | Decimal | None
#: A standing, whether it is over, whether it has an end, and the merge that it came with.
Held = tuple[str, bool, bool, int | None]


@dataclass
class Account:
    """An account and the standing it has; ``names`` are those it has and had, the present one last."""

    names: list[str]
    country: str
    standing: str = ACTIVE
    is_over: bool = False
    #: Whether a suspension has an end, and the merge that it came with.
    has_end: bool = False
    came_with: int | None = None
    into: Number | None = None
    #: What it had when it was closed or merged, and has again when that is taken back.
    before: list[Held] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.names[-1]

    @property
    def is_listed(self) -> bool:
        """Whether it is listed; a suspension that is over has ended, recorded or not."""
        return self.standing == ACTIVE or (self.standing == SUSPENDED and self.is_over)

    @property
    def is_suspended(self) -> bool:
        """Whether it is suspended, or will be once it is reopened."""
        standing, is_over, _, _ = self.read()
        return standing == SUSPENDED and not is_over

    @property
    def held(self) -> Held:
        return self.standing, self.is_over, self.has_end, self.came_with

    def become(
        self, standing: str, *, is_over: bool = False, has_end: bool = False, came_with: int | None = None
    ) -> None:
        self.standing, self.is_over, self.has_end, self.came_with = standing, is_over, has_end, came_with

    def hold(self, held: Held) -> None:
        """Have a standing, or have it once it is reopened; ``before`` is kept."""
        if self.standing == CLOSED:
            self.before[-1] = held
        else:
            self.standing, self.is_over, self.has_end, self.came_with = held

    def read(self) -> Held:
        """Return what ``hold`` changes."""
        return self.before[-1] if self.standing == CLOSED else self.held

    def step_back(self) -> None:
        """Have again the standing that it had before it was closed or merged."""
        self.standing, self.is_over, self.has_end, self.came_with = self.before.pop()

    def step_out(self, standing: str) -> None:
        """Be closed or merged, which can be taken back."""
        self.before.append(self.held)
        self.standing, self.is_over = standing, False


@dataclass
class Match:
    """A match: the result of each account that it was recorded for."""

    game: str
    played_at: datetime
    results: dict[Number, str]
    is_void: bool = False


@dataclass
class Cup:
    """A tournament: the published placements, the best first, and who of them is disqualified."""

    published: list[Number]
    out: set[Number] = field(default_factory=set)

    def place(self, number: Number) -> int | None:
        """Return a placement; everybody moves up by those before them who are out."""
        if number in self.out:
            return None
        return 1 + sum(other not in self.out for other in self.published[: self.published.index(number)])


@dataclass
class Facts:
    """All that numbers follow from.

    :ivar aside: matches and entries that a merge had set aside then and that are back now → what they were
        when they went: that is told of this time.
    """

    matches: dict[str, Match] = field(default_factory=dict)
    cups: dict[str, Cup] = field(default_factory=dict)
    aside: dict[tuple[str, Number], Match | Cup] = field(default_factory=dict)

    def read_match(self, key: str, number: Number) -> Match:
        found = self.aside.get((key, number), self.matches[key])
        assert isinstance(found, Match)
        return found

    def read_cup(self, slug: str, number: Number) -> Cup:
        found = self.aside.get((slug, number), self.cups[slug])
        assert isinstance(found, Cup)
        return found


@dataclass
class Merge:
    """A merge; of what both accounts have, ``aside`` are the matches and entries that are set aside."""

    key: int
    kept: Number
    merged: Number
    aside: set[tuple[str, Number]] = field(default_factory=set)
    #: The facts when they were set aside, and how many times were remembered by then.
    facts: Facts = field(default_factory=Facts)
    since: int = 0
    #: The standing of the kept account before, if the merged one's suspension came along.
    was: Held | None = None


class Truth:
    """The accounts, the facts, and what the facts were at earlier times."""

    def __init__(self, accounts: list[Account]) -> None:
        self.accounts = accounts
        self.merges: list[Merge] = []
        self.facts = Facts()
        self.past: list[tuple[datetime, Facts]] = []
        self.follows: set[tuple[Number, Number]] = set()

    def remember(self, at: datetime) -> None:
        """Keep what the facts are, to be asked for as of ``at``."""
        self.past.append((at, deepcopy(self.facts)))

    def owner(self, number: Number) -> Number:
        """Return the account that another was merged into, at last; or itself."""
        into = self.accounts[number].into
        return number if into is None else self.owner(into)

    def forget(self, owner: Number) -> None:
        """Let a person go who is anonymised: whom they follow, and who follows them."""
        self.accounts[owner].become(ANONYMISED)
        self.follows = {pair for pair in self.follows if owner not in map(self.owner, pair)}

    def list_merged(self, owner: Number) -> list[Number]:
        """Return the account and all that were merged into it."""
        return [number for number in range(len(self.accounts)) if self.owner(number) == owner]

    def list_owners(self) -> list[Number]:
        """Return the accounts that were not merged into others."""
        return [number for number, account in enumerate(self.accounts) if account.into is None]

    def list_listed(self) -> list[Number]:
        return [number for number in self.list_owners() if self.accounts[number].is_listed]

    def list_names(self, owner: Number) -> set[str]:
        """Return every name that a person has or had, in any of their accounts."""
        return {name for number in self.list_merged(owner) for name in self.accounts[number].names}

    def list_followed(self) -> set[tuple[Number, Number]]:
        """Return who follows whom, between those who are listed."""
        pairs = {(self.owner(one), self.owner(other)) for one, other in self.follows}
        listed = set(self.list_listed())
        return {(one, other) for one, other in pairs if one != other and {one, other} <= listed}

    def merge(self, key: int, kept: Number, merged: Number) -> None:
        """Make two accounts one person's; what both have, one of them has from now on."""
        done = Merge(key, kept, merged, facts=deepcopy(self.facts), since=len(self.past))
        for slug, cup in self.facts.cups.items():
            ours = self.pick(kept, slug, cup.published), self.pick(merged, slug, cup.published)
            if ours[0] is not None and ours[1] is not None:
                # The better entry stays, and the kept account's of two without a placement.
                places = [cup.place(number) or 1_000 for number in ours if number is not None]
                done.aside.add((slug, ours[0] if places[1] < places[0] else ours[1]))
        for name, match in self.facts.matches.items():
            mine, theirs = self.pick(kept, name, match.results), self.pick(merged, name, match.results)
            if mine is not None and theirs is not None:
                done.aside.add((name, theirs))
        self.merges.append(done)
        self.suspend_alike(done)
        self.accounts[merged].step_out(MERGED)
        self.accounts[merged].into = kept

    def suspend_alike(self, merge: Merge) -> None:
        """Suspend who keeps the account as the other was, if that is stricter."""
        kept, merged = self.accounts[merge.kept], self.accounts[merge.merged]
        has_end = merged.read()[2]
        if merged.is_suspended and (not kept.is_suspended or (kept.read()[2] and not has_end)):
            merge.was = kept.read()
            kept.hold((SUSPENDED, False, has_end, merge.key))

    def list_undoable(self) -> list[Merge]:
        """Return the merges on which no other was built, of people who are still there."""
        last = {merge.kept: merge for merge in self.merges}
        return [
            merge for merge in last.values() if self.accounts[merge.kept].standing not in {MERGED, ANONYMISED}
        ]

    def undo(self, merge: Merge) -> None:
        self.merges.remove(merge)
        for _, facts in self.past[merge.since :]:
            for fact, number in merge.aside:
                then = merge.facts.matches.get(fact) or merge.facts.cups[fact]
                facts.aside[fact, number] = then
        kept = self.accounts[merge.kept]
        if merge.was is not None and kept.read()[3] == merge.key:
            kept.hold(merge.was)
        self.accounts[merge.merged].into = None
        self.accounts[merge.merged].step_back()

    def pick(self, owner: Number, fact: str, held: Collection[Number]) -> Number | None:
        """Return which of the accounts that are in a match or tournament is the owner's, if any."""
        aside = {each for merge in self.merges for each in merge.aside}
        mine = [number for number in held if self.owner(number) == owner and (fact, number) not in aside]
        return mine[0] if mine else None

    def list_results(
        self, owner: Number, facts: Facts | None = None, *, game: str = "", since: datetime | None = None
    ) -> list[str]:
        """Return the results that count for a player, in the order they were played."""
        found, told = [], facts or self.facts
        for key, known in told.matches.items():
            number = self.pick(owner, key, known.results)
            if number is None:
                continue
            match = told.read_match(key, number)
            is_asked = game in {"", match.game} and (since is None or match.played_at >= since)
            if is_asked and not match.is_void:
                found.append((match.played_at, match.results[number]))
        return [result for _, result in sorted(found)]

    def list_entries(self, owner: Number, facts: Facts | None = None) -> Iterator[tuple[bool, int | None]]:
        """Yield, for each tournament that a player entered, whether they are in and where they came."""
        told = facts or self.facts
        for slug, known in told.cups.items():
            number = self.pick(owner, slug, known.published)
            if number is not None:
                cup = told.read_cup(slug, number)
                yield number not in cup.out, cup.place(number)

    def count(self, owner: Number, facts: Facts | None = None) -> dict[str, Value]:
        """Return the numbers of a player that are counted from matches and tournaments."""
        entries = list(self.list_entries(owner, facts))
        places = [place for _, place in entries if place is not None and place <= AVERAGED]
        return {
            **rate(self.list_results(owner, facts)),
            "tournaments_participated": len(entries),
            "tournaments_won": places.count(1),
            "placement_count": len(places),
            "placement_sum": sum(places),
            "average_placement": divide(sum(places), len(places)) if places else None,
        }

    def reward(self, owner: Number, facts: Facts | None = None) -> dict[str, Value]:
        """Return the numbers of a player that follow from those: achievements, and experience for them."""
        entries, held = list(self.list_entries(owner, facts)), self.list_achievements(owner, facts)
        points = sum(POINTS[slug] for slug in held)
        points += sum(ENTERED for is_in, _ in entries if is_in)
        points += sum(PLACED.get(place or 0, 0) for _, place in entries)
        level = next(level for level in range(1, 1000) if 50 * (level + 1) ** 2 - 50 > points)
        return {"achievement_count": len(held), "experience_points": points, "level": level}

    def list_achievements(self, owner: Number, facts: Facts | None = None) -> set[str]:
        """Return the achievements that a player has earned."""
        results, entries = self.list_results(owner, facts), list(self.list_entries(owner, facts))
        wins, titles = results.count("WIN"), sum(place == 1 for _, place in entries)
        rows = "".join(result[0] for result in results)
        earned = {
            "first-win": wins >= 1,
            "ten-wins": wins >= 10,
            "streak-five": "W" * 5 in rows,
            "streak-ten": "W" * 10 in rows,
            "comeback": "L" * 5 + "W" in rows,
            "first-tournament": any(is_in for is_in, _ in entries),
            "first-podium": any(place is not None and place <= 3 for _, place in entries),
            "first-title": titles >= 1,
            "three-titles": titles >= 3,
        }
        return {slug for slug, is_earned in earned.items() if is_earned}


def rate(results: list[str]) -> dict[str, Value]:
    """Return the numbers that are counted from results alone."""
    won, played = results.count("WIN"), len(results)
    return {
        "total_matches_played": played,
        "matches_won": won,
        "overall_win_rate": divide(100 * won, played) if played else Decimal("0.00"),
    }


def divide(one: int, other: int) -> Decimal:
    """Return a quotient to two decimals, half rounded up."""
    return (Decimal(one) / other).quantize(Decimal("0.01"), ROUND_HALF_UP)


def rank(
    values: dict[str, Value], *, lowest_first: bool = False, sample: Collection[str] | None = None
) -> list[tuple[int, str, Value]]:
    """Return a leaderboard in standard competition ranking: 1, 2, 2, 4; those of one rank by public id.

    :param values: public id → the number of a listed player.
    :param sample: whom a rate ranks, those with enough matches; others are ranked with more than 0.
    """
    if lowest_first:
        ranked = {player: value for player, value in values.items() if value is not None}
    elif sample is not None:
        ranked = {player: value for player, value in values.items() if player in sample}
    else:
        ranked = {player: value for player, value in values.items() if value}
    better: Any = operator.lt if lowest_first else operator.gt
    return sorted(
        (1 + sum(better(other, value) for other in ranked.values()), player, value)
        for player, value in ranked.items()
    )
