"""A small season in two worlds, which differ only in what strangers must not learn.

Everything is recorded by the services that record it on a site, at fixed times, also by the clock of the
database. What is public is the same in both worlds. What is hidden differs within its day: at which time, in
which order, in which match, against whom. And so do login names, a draft, entries of a timeline that are for
nobody else, and what a dispute says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections
from django.test import Client

from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_key
from deltacrown.games.models import MATCH_TABLES
from deltacrown.games.services import (
    archive_matches,
    get_match_line,
    record_match,
    restore_match,
    void_match,
)
from deltacrown.moderation.services import file_dispute, write_handle
from deltacrown.teams.services import create_team, join_team
from deltacrown.tournaments import services as tournaments
from deltacrown.tournaments.models import TournamentInvitation
from deltacrown.user_profile.models import UserActivity, UserProfile
from deltacrown.user_profile.people.follows import follow
from deltacrown.user_profile.people.kyc import request_verification
from deltacrown.user_profile.timeline import hiding
from deltacrown.user_profile.timeline.entering import create_activity
from tests import pristine, scene

Value = TypeVar("Value")

#: When the season is looked at.
TODAY = datetime(2025, 6, 20, 12, 0, tzinfo=UTC)
WORLDS = ("first", "second")

#: Name → login name in each world. The name is shown, also where it is the login name. Those who look have
#: the same login name in both, as they are told their own.
LOGINS = {
    "Hana": ("qqhana", "zzqanah"),
    "Hugo": ("zzqogu", "aahugo"),
    "Bo": ("mmqbobo", "bbqobo"),
    "Tia": ("ttqtia", "aaqait"),
    "Vic": ("vvqvic", "vvqvic"),
    "Val": ("aaqval", "zvqlav"),
    "Fay": ("ffqfay", "ffqfay"),
    "Mel": ("llqmel", "llqmel"),
    "plain": ("plain", "plain"),
}
#: Who hides the match history, who hides the tournaments.
HIDE_MATCHES = ("Hana", "Hugo", "Bo")
HIDE_TOURNAMENTS = ("Bo", "Tia")
#: Who looks, and whose eyes they are. Vic played some of the matches that others hide.
VIEWERS = {"anonymous": None, "member": "Mel", "follower": "Fay", "opponent": "Vic", "key of another": "Mel"}
DRAFT = "kept-back-cup"
#: The slug of the season that staff declared.
SEASON = "spring"


def on(month: int, day: int, clock: str) -> datetime:
    """Return a time of 2025 in UTC: ``on(5, 2, "08:17:23.456789")``."""
    return datetime.fromisoformat(f"2025-{month:02}-{day:02}T{clock}+00:00")


#: When the first of four players entered the cup, each a minute after the other; and, to the minute, when all
#: that was and was recorded. It is official, and told also of who played hidden matches on that day.
ENTERED = on(5, 10, "09:00:07.000700")
OFFICIAL = {on(5, 10, f"09:0{number}:00") for number in range(5)}


@dataclass
class Season:
    """One of the two worlds: its people, the clients that look at it, and what is hidden in it.

    :param hidden_keys: keys of matches all of whose players hide them.
    :param shared_keys: keys of matches between a player who hides them and one who shows them.
    :param handles: what names things of Hana's alone; ``prefixes``: what names API keys, by whose they are.
    """

    world: str
    people: dict[str, User] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    hidden_keys: set[str] = field(default_factory=set)
    shared_keys: set[str] = field(default_factory=set)
    handles: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)

    def either(self, first: Value, second: Value) -> Value:
        """Return what is so in this world."""
        return first if self.world == WORLDS[0] else second

    def id_of(self, name: str) -> str:
        return str(self.people[name].profile.public_id)

    def list_hidden_rows(self) -> list[Any]:
        """Return the casual lines of the players who hide their matches, archived and voided ones too."""
        users = [self.people[name] for name in HIDE_MATCHES]
        rows = [table.objects.filter(user__in=users, kind="CASUAL") for table in MATCH_TABLES]
        return [row for found in rows for row in found]


#: When something happened or was recorded, and what the services were called with.
Event = tuple[datetime, Callable[[], object]]


def build_season(world: str) -> Season:
    """Record the whole season of ``world``, each thing at its time by the clock of the database."""
    cache.clear()
    season = Season(world)
    clock = DatabaseClock()
    clock.present = on(3, 1, "12:00:00")
    _make_people(season)
    events = [*_casual(season), *_shared(season), *_official(season), *_private(season)]
    for at, happen in sorted(events, key=lambda event: event[0]):
        clock.present = at
        happen()
    clock.present = TODAY
    archive_matches(before=on(5, 1, "00:00:00"), now=TODAY)
    _make_viewers(season)
    return season


@contextmanager
def world_of_its_own() -> Iterator[None]:
    """Within, the default connection is to a database in memory, just after its migrations. SQLite only."""
    usual = connections[DEFAULT_DB_ALIAS]
    own = usual.copy()
    own.settings_dict["NAME"] = ":memory:"
    connections[DEFAULT_DB_ALIAS] = own
    try:
        pristine.copy_to_default()
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = usual
        own.connection.close()


class DatabaseClock:
    """The clock of a database in memory, which stands still until it is set."""

    def __init__(self) -> None:
        self.present = TODAY
        self.real = sqlite3.connect(":memory:")
        connections[DEFAULT_DB_ALIAS].connection.create_function("strftime", -1, self._strftime)

    def _strftime(self, form: str, *arguments: Any) -> Any:
        now = f"{self.present:%Y-%m-%d %H:%M:%S.%f}"
        given = [now if each == "NOW" else each for each in arguments]
        places = ", ".join("?" * len(given))
        return self.real.execute(f"SELECT STRFTIME(?, {places})", [form, *given]).fetchone()[0]


def _make_people(season: Season) -> None:
    joined = on(3, 1, "12:00:00")
    for name, logins in LOGINS.items():
        login = season.either(*logins)
        user = scene.player(login, email=f"{login}@example.org", date_joined=joined)
        shown = "" if name == login else name
        UserProfile.objects.filter(user=user).update(display_name=shown, country="DE")
        season.people[name] = User.objects.get(pk=user.pk)
        scene.hide(user, matches=name in HIDE_MATCHES, tournaments=name in HIDE_TOURNAMENTS)


def _casual(season: Season) -> Iterator[Event]:
    """Matches between players who hide them: keys, times and order are nobody's to learn."""
    # Five wins on one day: a first win, a streak, a level.
    clocks = season.either(
        ["08:17:23.456789", "09:30:11.100001", "11:05:59.000500", "13:13:13.131313", "15:59:59.999999"],
        ["21:02:03.040506", "19:59:01.500000", "18:18:18.181818", "07:07:07.700007", "16:40:00.000001"],
    )
    for number, clock in enumerate(clocks):
        title = "chess" if number < 3 else "go"
        yield _hidden(season, f"five{number}", title, on(5, 2, clock), ("Hana", "WIN"), ("Hugo", "LOSS"))
    bo = season.either("20:20:20.202020", "06:06:06.060606")
    yield _hidden(season, "bo", "rocket", on(5, 2, bo), ("Bo", "WIN"), ("Hugo", "LOSS"))

    archived = season.either("10:00:00.000001", "23:59:59.000001")
    yield _hidden(season, "old", "go", on(4, 10, archived), ("Hana", "DRAW"), ("Hugo", "DRAW"))
    # Just where the thirty days before TODAY begin.
    border = season.either("08:00:30.250000", "16:20:10.750000")
    yield _hidden(season, "border", "chess", on(5, 21, border), ("Hana", "WIN"), ("Bo", "LOSS"))

    # Her tenth win: on the day of her first registration, before it or after it.
    hours = season.either(range(4, 8), range(20, 24))
    for number, hour in enumerate(hours):
        at = on(5, 10, f"{hour:02}:30:0{number}.000{number}09")
        yield _hidden(season, f"tenth{number}", "rocket", at, ("Hana", "WIN"), ("Hugo", "LOSS"))

    # Five wins that bring a champion to a level that is told of.
    for number, hour in enumerate(season.either(range(1, 6), range(18, 23))):
        at = on(5, 18, f"{hour:02}:18:1{number}.0001{number}8")
        yield _hidden(season, f"level{number}", "rocket", at, ("Bo", "WIN"), ("Hugo", "LOSS"))

    # One of which the day alone is known, and one that counts nowhere.
    lines = (("Hana", "WIN"), ("Hugo", "LOSS"))
    yield _hidden(season, "day", "chess", on(5, 9, "00:00:00"), *lines)
    friendly = season.either("08:08:08.080808", "19:09:09.090909")
    yield _hidden(season, "friendly", "go", on(5, 9, friendly), *lines)

    wrong = season.either("07:45:00.000007", "17:17:17.170000")
    yield _hidden(season, "wrong", "chess", on(5, 8, wrong), ("Hana", "WIN"), ("Hugo", "LOSS"))
    reason = season.either("It was a test.", "Played by somebody else.")

    def void(title: str, key: str, at: datetime) -> None:
        void_match(game=scene.game(title), match_key=_key(season, key), reason=reason, now=at)

    # The second takes an achievement back, the third counts again.
    for title, key, day in (("chess", "wrong", 9), ("rocket", "bo", 9), ("go", "five3", 16)):
        at = on(5, day, wrong)
        yield at, partial(void, title, key, at)
    again = on(5, 17, season.either("03:03:03.030303", "22:22:22.222222"))
    named = {"match_key": _key(season, "five3"), "reason": "It was right."}
    yield again, lambda: restore_match(game=scene.game("go"), now=again, **named)


def _shared(season: Season) -> Iterator[Event]:
    """Matches of a player who shows them: which of the two who hide theirs was the other one is hidden."""
    one, other = season.either(("Hana", "Hugo"), ("Hugo", "Hana"))
    for key, title, at, shown, result, hidden in (
        ("open-1", "chess", on(5, 5, "09:11:22.333444"), "Vic", "WIN", one),
        ("open-2", "chess", on(5, 5, "21:44:55.666777"), "Vic", "WIN", other),
        # Hugo's first win, after losses in a row: achievements, at the time of a match that Val shows.
        ("open-3", "go", on(5, 6, "10:01:02.003004"), "Val", "LOSS", one),
        ("open-4", "go", on(5, 6, "22:12:13.141516"), "Val", "LOSS", other),
    ):
        season.shared_keys.add(key)
        theirs = "LOSS" if result == "WIN" else "WIN"
        yield _played(season, key, title, at, (shown, result), (hidden, theirs))
    # Shown by all: two on a side, in no order of login names.
    sides = (("Vic", "WIN"), ("Val", "WIN"), ("plain", "LOSS"), ("Mel", "LOSS"))
    yield _played(season, "shown", "chess", on(5, 7, "12:00:00"), *sides)


def _official(season: Season) -> Iterator[Event]:
    """Tournaments, which show everybody; the same in both worlds. And a draft, in one of them."""
    people = season.people

    def enter_cup() -> None:
        chess = scene.game("chess")
        scene.season(SEASON, "2025-05-01", "2025-06-15")
        cup = tournaments.create_tournament(
            slug="spring-cup", name="Spring Cup", game=chess, starts_at=on(5, 12, "10:00:00")
        )
        tournaments.open_registration(tournament=cup)
        for number, name in enumerate(("Tia", "Bo", "Hana", "Vic")):
            at = ENTERED + timedelta(minutes=number)
            tournaments.register_player(tournament=cup, user=people[name], now=at)
        cup.refresh_from_db()
        tournaments.start_tournament(tournament=cup)

    def play_cup() -> None:
        at = on(5, 12, "11:12:13.000014")
        lines = (scene.line(people["Bo"], "WIN"), scene.line(people["Vic"], "LOSS"))
        match = scene.record(scene.game("chess"), "final", *lines, played_at=at, kind="TOURNAMENT")
        words = {"round": "Final", "series": "Final 1", "best_of": 1}
        played = tournaments.TournamentMatchRecord(tournament=_find("spring-cup"), match=match, **words)
        tournaments.record_tournament_matches(records=[played], now=at)

    def end_cup() -> None:
        places = [("Bo", 1), ("Vic", 2), ("Tia", 3)]
        standings = [
            tournaments.Standing(user=people[name], placement=place, prize=Decimal(30 - 10 * place))
            for name, place in places
        ]
        at = on(5, 12, "18:00:00.000018")
        tournaments.complete_tournament(tournament=_find("spring-cup"), standings=standings, now=at)

    def play_team_cup() -> None:
        at = on(5, 15, "19:20:21.000022")
        cup = tournaments.create_tournament(
            slug="team-cup", name="Team Cup", game=scene.game("go"), starts_at=at, entrant_kind="TEAM"
        )
        tournaments.open_registration(tournament=cup)
        for slug, names in (("north", ("Hugo", "Vic")), ("south", ("Tia", "Val"))):
            team = create_team(slug=slug, name=slug.title())
            for name in names:
                join_team(team=team, user=people[name], joined_at=on(5, 14, "17:00:00.000017"))
            tournaments.register_team(
                tournament=cup, team=team, roster=[people[name] for name in names], now=at
            )
        cup.refresh_from_db()
        tournaments.start_tournament(tournament=cup)
        standings = [
            tournaments.Standing(team=scene.team(slug), placement=place)
            for place, slug in enumerate(("north", "south"), start=1)
        ]
        tournaments.complete_tournament(tournament=_find("team-cup"), standings=standings, now=at)

    def open_next() -> None:
        at = on(6, 1, "07:08:09.000001")
        cup = tournaments.create_tournament(
            slug="open-cup", name="Open Cup", game=scene.game("chess"), starts_at=on(7, 1, "10:00:00")
        )
        tournaments.open_registration(tournament=cup)
        tournaments.register_player(tournament=cup, user=people["Tia"], now=at)

    yield ENTERED + timedelta(minutes=4), enter_cup
    yield on(5, 12, "11:12:13.000014"), play_cup
    yield on(5, 12, "18:00:00.000018"), end_cup
    yield on(5, 15, "19:20:21.000022"), play_team_cup
    yield on(6, 1, "07:08:09.000001"), open_next
    if season.world == WORLDS[0]:
        yield on(4, 1, "06:00:00"), lambda: _draft(season)
        yield on(6, 2, "06:00:00"), lambda: _invite(season)


def _invite(season: Season) -> None:
    """Who is invited is known to them and to who runs the tournament: in the other world nobody is."""
    TournamentInvitation.objects.create(tournament=_find("open-cup"), user=season.people["Hana"])


def _draft(season: Season) -> None:
    tournaments.create_tournament(
        slug=DRAFT,
        name="Kept back",
        game=scene.game("chess"),
        starts_at=on(8, 1, "10:00:00"),
        organiser=season.people["Hana"],
    )


def _private(season: Season) -> Iterator[Event]:
    """What is for the player alone: entries, follows, a verification, a dispute, a key."""
    hana, hugo, tia, fay = (season.people[name] for name in ("Hana", "Hugo", "Tia", "Fay"))
    at = on(5, 22, season.either("09:09:09.090909", "20:10:20.102010"))

    def dispute() -> None:
        row = get_match_line(scene.game("chess"), _key(season, "border"), user=hana)
        reason = season.either("I was not there.", "It went on for longer.")
        filed = file_dispute(reporter=hana, match=row, reason=reason, now=at)
        season.handles["dispute"] = write_handle(filed)

    def keep_to_oneself() -> None:
        for user, visibility in ((hana, "PRIVATE"), (tia, "FOLLOWERS"), (hugo, "PUBLIC")):
            entry, _ = create_activity(
                user=user,
                activity_type="TEAM_JOINED",
                description=season.either("Kept this.", "Kept that."),
                metadata={"team_name": "Those who keep"},
                dedupe_key="kept",
                created_at=at,
                visibility=visibility,
            )
            if user == hugo:
                hiding.hide_activity(user=hugo, activity=entry)
        kept = UserActivity.objects.get(user=hana, dedupe_key="kept")
        season.handles["entry"] = hiding.write_handle(kept)
        follow(follower=hana, followed=season.people[season.either("Tia", "Val")], now=at)
        request_verification(user=season.either(hana, hugo), now=at)

    for name in ("Hana", "Hugo", "Bo", "Vic"):
        yield (
            on(4, 2, "10:00:00"),
            lambda name=name: follow(follower=fay, followed=season.people[name], now=on(4, 2, "10:00:00")),
        )
    yield at, dispute
    yield at + timedelta(seconds=1), keep_to_oneself


def _hidden(season: Season, key: str, title: str, at: datetime, *lines: tuple[str, str]) -> Event:
    named = _key(season, key)
    season.hidden_keys.add(named)
    return _played(season, named, title, at, *lines)


def _played(season: Season, key: str, title: str, at: datetime, *lines: tuple[str, str]) -> Event:
    """Return the recording of a match a few seconds after it was played, as game servers do."""
    late = season.either(123, 456) if key in season.hidden_keys else 5
    recorded = at + timedelta(seconds=9, milliseconds=late)
    is_time_known = key != _key(season, "day")
    if not is_time_known:
        recorded += timedelta(hours=season.either(11, 14))

    def happen() -> None:
        side = {"WIN": "Red", "LOSS": "Blue"} if len(lines) > 2 else {}
        facts = _hidden_facts(season, key) if key in season.hidden_keys else {}
        told = tuple(
            scene.line(season.people[name], result, side=side.get(result, ""), **facts)
            for name, result in lines
        )
        when = {"played_at": at, "is_time_known": is_time_known}
        if key in season.hidden_keys:
            when["sequence"] = season.either(8, 3)
        record_match(record=scene.record(scene.game(title), key, *told, **when), now=recorded)

    return recorded, happen


def _hidden_facts(season: Season, key: str) -> dict[str, Any]:
    """Return what the lines of a hidden match say beside their results."""
    facts = {
        "score": season.either("6-1 7-5", "0½"),
        "placement": season.either(41, 57),
        "ended_by": season.either("RETIRED", "DISQUALIFIED"),
    }
    if key == _key(season, "friendly"):
        facts["uncounted_reason"] = season.either("A show match.", "Out of season.")
    return facts


def _key(season: Season, key: str) -> str:
    return name_key(season.world, key)


def name_key(world: str, key: str) -> str:
    """Return the key of a hidden match in a world."""
    return f"hushed-{world}-{key}"


def _find(slug: str) -> Any:
    return tournaments.find_tournaments([slug])[slug]


def _make_viewers(season: Season) -> None:
    for viewer, name in VIEWERS.items():
        season.clients[viewer] = Client()
        if name is not None and viewer != "key of another":
            season.clients[viewer].force_login(season.people[name])
    mel = season.people["Mel"]
    made = create_key(owner=mel, name="a program", scopes=["read", "tournaments:write"], by=mel)
    season.headers["key of another"] = {"Authorization": f"Bearer {made.secret}"}
    hana = season.people["Hana"]
    own = create_key(owner=hana, name="own", scopes=["read"], by=hana)
    season.prefixes |= {"Mel": made.key.prefix, "Hana": own.key.prefix}
    User.objects.update(last_login=TODAY)
