"""The players: identity, games, strength, and the period in which they are active."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from deltacrown.core.names import make_name_key
from deltacrown.demo.plan import words
from deltacrown.demo.plan.calendar import Calendar, days_between, draw_between, make_stream, wave
from deltacrown.demo.plan.titles import TITLES, Title

#: Username of the player whom visitors of the demo sign in as: strong, active, and there from the first day.
HERO = "RapidFalcon"
#: Share of the players who joined before the season opened, and of those who stop playing.
FOUNDERS, LEAVERS = 0.5, 0.15
#: One in this many players hides their matches, and as many hide their tournaments.
ONE_HIDES_IN = 16
#: Skill gained in the first months, days of that time scale, and the amplitude of form in units of skill.
LEARNING, LEARNING_DAYS = 0.4, 150
FORM = 0.3


@dataclass(frozen=True)
class PlannedPlayer:
    """A player. ``skill``, ``affinity``, ``interests``, ``activity`` and ``form`` exist only in the plan.

    :param number: from 0; identifies the player within the plan.
    :param left_at: when they stopped playing, or None.
    :param skill: in standard deviations: 0 is average, 1 is better than five out of six.
    :param affinity: game slug → difference of skill in that game.
    :param interests: game slug → how often they play it, relative to their other games.
    :param activity: how much they play, relative to other players.
    :param form: period in days, and phase, of the wave that their strength follows.
    """

    number: int
    username: str
    display_name: str
    country: str
    bio: str
    joined_at: datetime
    left_at: datetime | None
    skill: float
    affinity: dict[str, float]
    interests: dict[str, float]
    activity: float
    form: tuple[float, float]
    shows_matches: bool = True
    shows_tournaments: bool = True

    def strength_at(self, title: Title, at: datetime) -> float:
        """Return the player's strength in a game at a time, in units of skill."""
        days = days_between(self.joined_at, at)
        learnt = LEARNING * (1 - math.exp(-max(days, 0) / LEARNING_DAYS))
        return self.skill + self.affinity[title.slug] + learnt + FORM * wave(*self.form, days)

    def plays_at(self, at: datetime) -> bool:
        """Return whether the player has joined and not stopped playing."""
        return self.joined_at <= at and (self.left_at is None or at < self.left_at)


def plan_players(seed: str, calendar: Calendar, count: int) -> list[PlannedPlayer]:
    """Return ``count`` players, in the order they joined."""
    rng = make_stream(seed, "players")
    founders = max(count * FOUNDERS, 24)
    arrivals = sorted(_draw_arrival(rng, calendar, place < founders) for place in range(count))
    usernames = {HERO.lower()}
    players = [
        _make_player(rng, calendar, number, joined_at, usernames) for number, joined_at in enumerate(arrivals)
    ]
    players = _leave_out_doubles(players)

    hero = max(
        players,
        key=lambda player: (
            player.joined_at < calendar.opens_at,
            player.left_at is None,
            player.skill + min(player.activity, 2),
        ),
    )

    others = [player.number for player in players if player is not hero]
    for number in rng.sample(others, count // ONE_HIDES_IN):
        players[number] = replace(players[number], shows_matches=False)
    for number in rng.sample(others, count // ONE_HIDES_IN):
        players[number] = replace(players[number], shows_tournaments=False)
    players[hero.number] = replace(hero, username=HERO, display_name="")
    return players


def _leave_out_doubles(players: list[PlannedPlayer]) -> list[PlannedPlayer]:
    """Return the players; of those who drew one display name, all but the first go by their usernames."""
    seen: set[str] = set()
    unlike: list[PlannedPlayer] = []
    for player in players:
        key = make_name_key(player.display_name)
        unlike.append(replace(player, display_name="") if key in seen else player)
        seen.add(key)
    return unlike


def _draw_arrival(rng: Random, calendar: Calendar, founder: bool) -> datetime:
    if founder:
        return draw_between(rng, calendar.opens_at - timedelta(days=16), calendar.opens_at)
    return draw_between(rng, calendar.opens_at, calendar.closes_at - timedelta(days=20))


def _make_player(
    rng: Random, calendar: Calendar, number: int, joined_at: datetime, usernames: set[str]
) -> PlannedPlayer:
    closes_at = calendar.closes_at
    username = _draw_username(rng, usernames)
    country = rng.choice(sorted(words.PEOPLE))
    interests = _draw_interests(rng)
    favourite = max(interests, key=lambda slug: interests[slug])
    leaves = rng.random() < LEAVERS and joined_at < closes_at - timedelta(days=150)
    return PlannedPlayer(
        number=number,
        username=username,
        display_name=_draw_display_name(rng, username, country),
        country=country if rng.random() < 0.9 else "",
        bio=rng.choice(words.BIOS).format(game=_name_of(favourite)) if rng.random() < 0.45 else "",
        joined_at=joined_at,
        left_at=draw_between(rng, joined_at + timedelta(days=60), closes_at) if leaves else None,
        skill=rng.gauss(0, 1),
        affinity={title.slug: rng.gauss(0, 0.45) for title in TITLES},
        interests=interests,
        activity=rng.lognormvariate(0, 0.8),
        form=(rng.uniform(60, 240), rng.random()),
    )


def _draw_interests(rng: Random) -> dict[str, float]:
    """Return game slug → relative frequency for two to four random games."""
    chosen: dict[str, float] = {}
    wanted = rng.randint(2, 4)
    while len(chosen) < wanted:
        title = rng.choices(TITLES, [title.popularity for title in TITLES])[0]
        chosen.setdefault(title.slug, 1 / (len(chosen) + 1))
    return chosen


def _draw_username(rng: Random, taken: set[str]) -> str:
    """Return a random gamertag that is not in ``taken`` in any letter case, and add it there."""
    while True:
        first, second = rng.choice(words.TAG_FIRSTS), rng.choice(words.TAG_SECONDS)
        alone = rng.choice(words.TAG_ALONE)
        number = rng.choice((rng.randrange(2, 100), rng.randrange(1988, 2009)))

        plain, lower = f"{first}{second}", f"{first}_{second}".lower()
        forms = (plain, f"{plain}{number}", lower, f"{alone}{number}", f"x{second}x{number}")
        username = rng.choices(forms, (8, 4, 3, 4, 1))[0]
        if username.lower() not in taken:
            taken.add(username.lower())
            return username


def _draw_display_name(rng: Random, username: str, country: str) -> str:
    """Return a random display name: full name, name with gamertag, given name with initial, or nothing."""
    given, family = (rng.choice(names) for names in words.PEOPLE[country])
    forms = (
        "",
        f"{given} {family}",
        f"{given} “{username}” {family}",
        f"{given} {family[0]}.",
        username.replace("_", " ").title(),
    )
    return rng.choices(forms, (6, 4, 3, 2, 2))[0]


def _name_of(slug: str) -> str:
    return next(title.name for title in TITLES if title.slug == slug)
