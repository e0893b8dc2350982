"""Boards of seasons and as of a day against the same counted in Python, for every ranked number."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.games.services import change_season, create_season
from deltacrown.tournaments.models import TournamentParticipation, TournamentResult
from deltacrown.user_profile.models import Achievement, UserAchievement, UserProfile
from deltacrown.user_profile.numbers.board_periods import Period, find_period
from deltacrown.user_profile.numbers.leaderboards import list_boards
from deltacrown.user_profile.numbers.period_leaderboards import (
    get_period_leaderboard,
    list_period_boards,
    list_period_neighbours,
)
from tests import scene

pytestmark = pytest.mark.django_db

FIRST = datetime(2025, 5, 1, tzinfo=UTC)
DAYS = 6
NOW = FIRST + timedelta(days=30)
#: Within each day: its first time, one in the middle, its last.
TIMES = [
    FIRST + timedelta(days=day) + part
    for day in range(DAYS)
    for part in (timedelta(0), timedelta(hours=15), timedelta(days=1, microseconds=-1))
]
NAMES = ("ann", "bob", "cat", "dan", "eve", "sue", "hid", "shy")


@dataclass(frozen=True)
class Fact:
    """A row that was written: what for, whose, in which game, when, and what it says."""

    kind: str
    name: str
    game: str
    at: datetime
    says: Any = None


@dataclass(frozen=True)
class Ground:
    users: dict[str, Any]
    facts: list[Fact]

    def public_id(self, name: str) -> str:
        return str(self.users[name].profile.public_id)


@pytest.fixture
def ground() -> Ground:
    """Sue is suspended; hid hides matches, shy tournaments. Ann, bob and hid are of Germany."""
    draw = random.Random(12)
    users = {name: scene.player(name) for name in NAMES}
    games = [scene.game("valorant"), scene.game("chess")]
    facts = [
        *_play(draw, users, games),
        *_play_series(draw, users, games[0]),
        *_enter(draw, users, games[1]),
        *_earn(draw, users),
    ]
    UserProfile.objects.filter(user=users["sue"]).update(standing="SUSPENDED")
    UserProfile.objects.filter(user__username__in=("ann", "bob", "hid")).update(country="DE")
    scene.hide(users["hid"], matches=True)
    scene.hide(users["shy"], tournaments=True)
    create_season(slug="all", name="All", starts_at=day(1), ends_at=day(4))
    create_season(slug="chess", name="Chess", starts_at=day(2), ends_at=day(5), game=games[1])
    return Ground(users, facts)


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def _play(draw: random.Random, users: dict[str, Any], games: list[Game]) -> list[Fact]:
    facts, rows, kept = [], [], []
    for number, name in enumerate(name for name in NAMES for _ in range(45)):
        title, at = draw.choice(games), draw.choice(TIMES)
        result = draw.choice(("WIN", "WIN", "LOSS", "DRAW"))
        out: dict[str, Any] = {}
        if number % 9 == 0:
            out = {"voided_at": NOW, "void_reason": "server crash"}
        if number % 9 == 1:
            out = {"uncounted_reason": "a bye"}
        if not out:
            facts.append(Fact("match", name, title.slug, at, result))
        told = {"match_key": f"m{number}", "result": result, "played_at": at, **out}
        table = ArchivedMatch if number % 4 == 0 else Match
        row = table(user=users[name], game=title, id=900_000 + number, **told)
        (kept if table is ArchivedMatch else rows).append(row)
    Match.objects.bulk_create(rows)
    ArchivedMatch.objects.bulk_create(kept)
    return facts


def _play_series(draw: random.Random, users: dict[str, Any], title: Game) -> list[Fact]:
    facts, event = [], scene.tournament("series-cup", title=title)
    for number, name in enumerate(name for name in NAMES for _ in range(4)):
        at, result = draw.choice(TIMES), draw.choice(("WIN", "LOSS"))
        reason = "annulled" if number % 7 == 0 else ""
        scene.series_result(users[name], event, f"s{number}", result, played_at=at, uncounted_reason=reason)
        if not reason:
            facts.append(Fact("series", name, title.slug, at, result))
    return facts


def _enter(draw: random.Random, users: dict[str, Any], title: Game) -> list[Fact]:
    facts, entered, decided = [], [], []
    for number in range(5):
        event = scene.tournament(f"cup-{number}", title=title)
        for name in NAMES:
            at, placement = draw.choice(TIMES), draw.choice((1, 1, 2, 3, 10, 11))
            is_out = name == "bob" and number == 0
            out = {"disqualified_at": NOW, "disqualified_reason": "x"} if is_out else {}
            entered.append(TournamentParticipation(user=users[name], tournament=event, registered_at=at))
            facts.append(Fact("entry", name, title.slug, at))
            told = {"placement": None if out else placement, "decided_at": at, **out}
            decided.append(TournamentResult(user=users[name], tournament=event, **told))
            if not out:
                facts.append(Fact("result", name, title.slug, at, placement))
    TournamentParticipation.objects.bulk_create(entered)
    TournamentResult.objects.bulk_create(decided)
    return facts


def _earn(draw: random.Random, users: dict[str, Any]) -> list[Fact]:
    badges = [Achievement.objects.create(slug=f"b{n}", name=f"B{n}", description="x") for n in range(4)]
    facts, rows = [], []
    for name, badge in product(NAMES, badges):
        at = draw.choice(TIMES)
        rows.append(UserAchievement(user=users[name], achievement=badge, earned_at=at))
        facts.append(Fact("achievement", name, "", at))
    UserAchievement.objects.bulk_create(rows)
    return facts


def _half_up(numerator: int, denominator: int) -> Decimal:
    """Return the quotient of hundredths to two decimals."""
    return Decimal((numerator * 200 + denominator) // (2 * denominator)).scaleb(-2)


def _win_rate(facts: list[Fact]) -> Decimal | None:
    matches = [fact for fact in facts if fact.kind == "match"]
    won = sum(fact.says == "WIN" for fact in matches)
    return _half_up(won * 100, len(matches)) if len(matches) >= 10 else None


def _average(facts: list[Fact]) -> Decimal | None:
    placements = [fact.says for fact in facts if fact.kind == "result" and fact.says <= 10]
    return _half_up(sum(placements), len(placements)) if placements else None


def _count(kind: str, says: Any = None) -> Callable[[list[Fact]], int | None]:
    return lambda facts: sum(f.kind == kind and says in (None, f.says) for f in facts) or None


#: Number → what it comes to over facts; None for who is not ranked.
NUMBERS: dict[str, Callable[[list[Fact]], int | Decimal | None]] = {
    "total_matches_played": _count("match"),
    "matches_won": _count("match", "WIN"),
    "overall_win_rate": _win_rate,
    "series_won": _count("series", "WIN"),
    "tournaments_participated": _count("entry"),
    "tournaments_won": _count("result", 1),
    "average_placement": _average,
    "achievement_count": _count("achievement"),
}
#: Who is on no board as of a day by this number.
LEFT_OUT = {
    **dict.fromkeys(("total_matches_played", "matches_won", "overall_win_rate", "series_won"), "hid"),
    "tournaments_participated": "shy",
}
GERMANS = {"ann", "bob", "hid"}
ASKED: list[dict[str, Any]] = [
    {"season": "all"},
    {"season": "chess"},
    {"as_of": "2025-05-03"},
    {"as_of": "2025-05-04", "season": "all"},
    {"as_of": "2025-05-05", "season": "all"},
]


def expect(ground: Ground, stat: str, period: Period, game: str, country: str) -> list[Any]:
    """Return the board counted in Python, as rank, name and value."""
    valued = []
    for name in NAMES:
        is_out = name == "sue" or (period.as_of and LEFT_OUT.get(stat) == name)
        if is_out or (country and name not in GERMANS):
            continue
        within = [
            fact
            for fact in ground.facts
            if fact.name == name
            and (not period.since or fact.at >= period.since)
            and (not period.until or fact.at < period.until)
            and (not game or fact.game == game)
        ]
        if (value := NUMBERS[stat](within)) is not None:
            valued.append((value, ground.public_id(name), name))

    best_first = 1 if stat == "average_placement" else -1
    values = sorted((best_first * value for value, *_ in valued))
    ordered = sorted(valued, key=lambda each: (best_first * each[0], each[1]))
    return [(values.index(best_first * value) + 1, name, value) for value, _, name in ordered]


def read(stat: str, period: Period, **narrowed: Any) -> list[Any]:
    board = get_period_leaderboard(stat, period, limit=100, **narrowed)
    return [(entry.rank, entry.name, entry.value) for entry in board.items]


def test_every_number_is_here():
    assert set(NUMBERS) == set(list_period_boards())


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: " ".join(asked.values()))
def test_every_board_is_what_python_counts(ground, asked):
    of_games = {name for name, _ in list_boards(in_game=True)}
    period = find_period(**asked, now=NOW)
    ranked = 0
    for stat, game, country in product(NUMBERS, ("", "valorant", "chess"), ("", "DE")):
        is_of_game = bool(game or period.game)
        if (is_of_game and stat not in of_games) or (period.game and game == "valorant"):
            continue
        found = read(stat, period, game=game or None, country=country or None)
        assert found == expect(ground, stat, period, game or ("chess" if period.game else ""), country), stat
        ranked += len(found)

    assert ranked > 20


def test_a_final_board_stays_until_something_in_it_is_corrected(ground):
    period = find_period(season="all", now=NOW)
    before = {stat: read(stat, period) for stat in NUMBERS}

    for row in Match.objects.all():
        scene.archive(row)
    change_season(season=period.season, name="Anew", starts_at=day(1), ends_at=day(4))
    Match.objects.create(
        user=ground.users["ann"], game=scene.game(), match_key="later", result="WIN", played_at=day(4)
    )
    assert {stat: read(stat, find_period(season="all", now=NOW)) for stat in NUMBERS} == before

    TournamentResult.objects.filter(user=ground.users["bob"]).delete()
    others = [each for each in before["tournaments_won"] if each[1] != "bob"]
    found = read("tournaments_won", period)
    assert [each[1:] for each in found] == [each[1:] for each in others]
    assert found[0][0] == 1

    ArchivedMatch.objects.filter(user=ground.users["ann"], played_at__lt=day(4)).update(result="LOSS")
    assert "ann" not in [name for _, name, _ in read("matches_won", period)]


def test_pages_and_neighbours_are_of_the_same_board(ground):
    period = find_period(season="all", as_of="2025-05-03", now=NOW)
    whole = read("matches_won", period)
    found, page = [], None
    while True:
        board = get_period_leaderboard("matches_won", period, page=page, limit=2)
        found += [(entry.rank, entry.name, entry.value) for entry in board.items]
        page = board.next_cursor
        if page is None:
            break
    around = list_period_neighbours(ground.users[whole[1][1]], "matches_won", period, each_side=1)

    assert found == whole
    assert [(entry.rank, entry.name, entry.value) for entry in around] == whole[:3]
    assert list_period_neighbours(ground.users["hid"], "matches_won", period) == []
    cursor = get_period_leaderboard("matches_won", period, limit=1).next_cursor
    other = find_period(season="all", as_of="2025-05-02", now=NOW)
    with pytest.raises(InvalidInput):
        get_period_leaderboard("matches_won", other, page=cursor)


def test_a_board_says_who_is_left_out(ground):
    as_of, season = find_period(as_of="2025-05-03", now=NOW), find_period(season="all", now=NOW)

    said = {stat: get_period_leaderboard(stat, as_of).left_out for stat in NUMBERS}
    assert {stat for stat, text in said.items() if "hide their match history" in text} == {
        stat for stat, name in LEFT_OUT.items() if name == "hid"
    }
    assert "hide their tournaments" in said["tournaments_participated"]
    assert said["tournaments_won"] == said["achievement_count"] == ""
    assert {get_period_leaderboard(stat, season).left_out for stat in NUMBERS} == {""}


def test_who_has_no_settings_hides_everything(ground):
    ground.users["ann"].privacy_settings.delete()

    as_of = find_period(as_of="2025-05-05", now=NOW)
    assert "ann" not in [name for _, name, _ in read("total_matches_played", as_of)]
    assert "ann" in [name for _, name, _ in read("total_matches_played", find_period(season="all", now=NOW))]


def test_which_period_is_at_hand(ground):
    chess = scene.game("chess")

    assert find_period("season", now=day(3)).season.slug == "all"
    assert find_period("season", game=chess, now=day(4)).season.slug == "chess"
    assert find_period("season", now=NOW).season is None
    assert find_period("season", now=NOW).since == datetime(2025, 4, 1, tzinfo=UTC)
    running, today = find_period(season="all", now=day(2)), NOW.date().isoformat()
    assert (running.has_ended(day(2)), running.has_ended(day(4))) == (False, True)
    assert find_period(as_of=today, now=NOW) is None
    assert find_period(season="all", as_of=today, now=NOW) == find_period(season="all", now=NOW)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": "season", "season": "all"}, "season"),
        ({"name": "30days", "as_of": "2025-05-03"}, "as_of"),
        ({"name": "year"}, "period"),
        ({"as_of": "2025-05-03T12:00:00Z"}, "as_of"),
        ({"as_of": "2025-02-30"}, "as_of"),
        ({"as_of": "2026-01-01"}, "as_of"),
        ({"season": "all", "as_of": "2025-05-01"}, "as_of"),
        ({"season": "none"}, "season"),
    ],
)
def test_what_is_no_period_is_refused(ground, asked, field):
    with pytest.raises(InvalidInput) as refused:
        find_period(**asked, now=NOW)

    assert refused.value.field == field


@pytest.mark.parametrize("as_of", ["2025-05-30", "2025-05-31"])
def test_no_day_is_asked_for_of_a_season_to_come(ground, as_of):
    create_season(slug="later", name="Later", starts_at=day(32), ends_at=day(33))

    assert find_period(season="later", now=NOW).season.slug == "later"
    with pytest.raises(InvalidInput, match="leave as_of out"):
        find_period(season="later", as_of=as_of, now=NOW)


def test_what_has_no_board_is_refused(ground):
    with pytest.raises(InvalidInput, match="another game"):
        find_period(season="chess", game=scene.game("valorant"), now=NOW)
    of_chess, as_of = find_period(season="chess", now=NOW), find_period(as_of="2025-05-03", now=NOW)
    for stat, period in (("tournaments_won", of_chess), ("experience_points", as_of), ("level", as_of)):
        with pytest.raises(NotFound):
            get_period_leaderboard(stat, period)


def test_one_query_each(ground, django_assert_num_queries):
    period = find_period(season="all", as_of="2025-05-03", now=NOW)
    for stat in NUMBERS:
        with django_assert_num_queries(1):
            get_period_leaderboard(stat, period)
