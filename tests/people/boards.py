"""Every leaderboard compared with the truth: exactly the listed players, in competition ranking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.numbers.board_periods import PERIODS, get_period
from deltacrown.user_profile.numbers.leaderboards import Leaderboard, get_leaderboard, list_boards
from deltacrown.user_profile.numbers.period_leaderboards import get_period_leaderboard
from deltacrown.user_profile.stat_fields import list_leaderboards
from tests.people.ground import COUNTRIES, GAMES, Ground
from tests.people.truth import SAMPLE, Number, Value, rank, rate

#: The boards of periods that the truth has the days of.
OF_MATCHES = ("matches_won", "overall_win_rate", "total_matches_played")
#: Those of series rank nobody here.
EMPTY = "series_won"


def check_boards(ground: Ground) -> None:
    """Check the leaderboards of all time, of a game, and of periods, of everybody and of one country."""
    ids = ground.list_public_ids()
    for country in (None, COUNTRIES[0]):
        among = [
            number
            for number in ground.truth.list_listed()
            if country in {None, ground.truth.accounts[number].country}
        ]
        _check_all_time(ground, country, {number: ids[number] for number in among})
        _check_games(ground, country, {number: ids[number] for number in among})
        _check_periods(ground, country, {number: ids[number] for number in among})


def _check_all_time(ground: Ground, country: str | None, among: Mapping[Number, str]) -> None:
    numbers = {
        public_id: {**ground.truth.count(number), **ground.truth.reward(number), EMPTY: 0}
        for number, public_id in among.items()
    }
    for stat, _ in list_boards():
        _compare(numbers, get_leaderboard(stat, country=country, limit=100))


def _check_games(ground: Ground, country: str | None, among: Mapping[Number, str]) -> None:
    numbers = _count(ground, among, game=GAMES[0])
    for stat, _ in list_boards(in_game=True):
        _compare(numbers, get_leaderboard(stat, game=GAMES[0], country=country, limit=100))


def _check_periods(ground: Ground, country: str | None, among: Mapping[Number, str]) -> None:
    for period in (get_period(name, now=ground.now) for name in PERIODS):
        for game in ("", GAMES[1]):
            numbers = _count(ground, among, game=game, since=period.since)
            for stat in OF_MATCHES:
                board = get_period_leaderboard(stat, period, game=game or None, country=country, limit=100)
                _compare(numbers, board)


def _count(
    ground: Ground, among: Mapping[Number, str], *, game: str, since: datetime | None = None
) -> dict[str, dict[str, Value]]:
    """Return public id → the numbers of some of the matches."""
    return {
        public_id: {**rate(ground.truth.list_results(number, game=game, since=since)), EMPTY: 0}
        for number, public_id in among.items()
    }


def _compare(numbers: Mapping[str, dict[str, Value]], board: Leaderboard) -> None:
    declared = list_leaderboards(UserProfile)[board.stat]
    sample = None
    if declared.sample:
        sample = {each for each, held in numbers.items() if held["total_matches_played"] >= SAMPLE}  # type: ignore[operator]
    values = {each: held[board.stat] for each, held in numbers.items()}
    shown = [(entry.rank, entry.public_id, entry.value) for entry in board.items]
    assert [place for place, *_ in shown] == sorted(place for place, *_ in shown), board.stat
    assert sorted(shown) == rank(values, lowest_first=declared.lowest_first, sample=sample), board.stat
