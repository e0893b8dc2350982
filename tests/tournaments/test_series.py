"""A series is one result over its games, kept equal to what they say however they are told and changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.games.models import Match
from deltacrown.games.services import archive_matches, correct_match, restore_match, void_match
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentSeriesResult
from deltacrown.tournaments.services import (
    TournamentMatchRecord,
    record_tournament_matches,
    sync_all_series,
    sync_series,
)
from tests.concurrency import call_together
from tests.conftest import NOON
from tests.scene import at, line, player, record, refusals, registration, statuses, team, tournament

pytestmark = pytest.mark.django_db
CUP = "spring-cup"


@pytest.fixture
def cup() -> Tournament:
    """A solo cup of Ann, Bob and Cem."""
    event = tournament(CUP, status="RUNNING")
    for name in ("ann", "bob", "cem"):
        registration(player(name), event)
    return event


def one(number: int, winner: str, *, series: str = "Final", best_of: int | None = None, **fields: Any) -> Any:
    """Game ``number`` of a series of Ann and Bob; ``winner`` names one of them, or is '' for a draw."""
    users = {user.username: user for user in _users()}
    results = {name: "DRAW" if not winner else "WIN" if name == winner else "LOSS" for name in ("ann", "bob")}
    lines = [line(users[name], result) for name, result in results.items()]
    return told(number, *lines, series=series, best_of=best_of, **fields)


def told(number: int, *lines: Any, series: str = "Final", best_of: int | None = None, **fields: Any) -> Any:
    event = Tournament.objects.get(slug=CUP)
    match = record(event.game, f"g-{number}", *lines, played_at=at(number), **fields)
    return TournamentMatchRecord(tournament=event, match=match, series=series, best_of=best_of)


def _users() -> Iterable[User]:
    return User.objects.order_by("pk")


def play(*records: TournamentMatchRecord) -> None:
    outcomes = record_tournament_matches(records=records, now=NOON)
    assert refusals(outcomes) == []


def rows() -> dict[str, tuple[Any, ...]]:
    """Player → result, score and why it does not count."""
    found = TournamentSeriesResult.objects.select_related("user")
    return {row.user.username: (row.result, row.score, row.uncounted_reason) for row in found}


def numbers(name: str) -> tuple[int, int, int]:
    profile = next(user for user in _users() if user.username == name).profile
    return profile.series_played, profile.series_won, profile.total_matches_played


class TestOneResultOverItsGames:
    def test_who_won_more_games_won_the_series(self, cup):
        play(one(1, "ann"), one(2, "bob"), one(3, "ann"), one(4, "ann"))

        assert rows() == {"ann": ("WIN", "3–1", ""), "bob": ("LOSS", "1–3", "")}
        assert (numbers("ann"), numbers("bob"), numbers("cem")) == ((1, 1, 4), (1, 0, 4), (0, 0, 0))
        row = TournamentSeriesResult.objects.get(user__username="ann")
        assert (row.started_at, row.played_at, row.games_played) == (at(1), at(4), 4)
        assert (row.opponent_user.username, row.game) == ("bob", cup.game)

    def test_as_many_games_on_both_sides_are_a_draw(self, cup):
        play(one(1, "ann", best_of=2), one(2, "bob", best_of=2))

        assert rows() == {"ann": ("DRAW", "1–1", ""), "bob": ("DRAW", "1–1", "")}
        assert numbers("ann") == (1, 0, 2)

    def test_drawn_games_are_told_behind_the_score(self, cup):
        play(one(1, "ann"), one(2, ""), one(3, ""))

        assert rows() == {"ann": ("WIN", "1–0, 2 drawn", ""), "bob": ("LOSS", "0–1, 2 drawn", "")}

    @pytest.mark.parametrize(
        ("winners", "expected"),
        [
            (["ann"], ("NONE", "1–0", "undecided best of 3")),
            (["ann", "bob"], ("NONE", "1–1", "undecided best of 3")),
            (["ann", "ann"], ("WIN", "2–0", "")),
            (["ann", "bob", "ann"], ("WIN", "2–1", "")),
            (["ann", "", "bob"], ("DRAW", "1–1, 1 drawn", "")),
        ],
    )
    def test_best_of_says_when_it_is_decided(self, cup, winners, expected):
        play(*(one(number, winner, best_of=3) for number, winner in enumerate(winners, 1)))

        assert rows()["ann"] == expected
        assert numbers("ann")[0] == (expected[0] != "NONE")

    def test_two_series_of_two_are_told_apart(self, cup):
        play(one(1, "ann", series="Final"), one(2, "bob", series="Reset"))

        assert numbers("ann") == (2, 1, 2)

    def test_a_match_without_a_series_has_none(self, cup):
        play(one(1, "ann", series=""))

        assert rows() == {}


class TestWhatDoesNotCount:
    def test_a_void_game_does_not_count_in_it(self, cup):
        play(one(1, "ann"), one(2, "bob"), one(3, "bob"))
        void_match(game=cup.game, match_key="g-3", reason="wrong map", now=NOON)

        assert rows()["ann"] == ("DRAW", "1–1", "")
        restore_match(game=cup.game, match_key="g-3", reason="it was right", now=NOON)
        assert rows()["ann"] == ("LOSS", "1–2", "")

    def test_a_series_of_void_games_counts_nowhere(self, cup):
        play(one(1, "ann", void_reason="server crash"))

        assert rows()["ann"] == ("NONE", "0–0", "all its games are void")
        assert numbers("ann") == (0, 0, 0)

    def test_a_bye_says_so(self, cup):
        ann, _, _ = _users()
        play(told(1, line(ann, "WIN", ended_by="BYE")))

        assert rows() == {"ann": ("NONE", "0–0", "a bye")}

    def test_a_forfeited_series_has_fewer_games(self, cup):
        ann, bob, _ = _users()
        play(
            one(1, "bob", best_of=5),
            told(2, line(ann, "WIN"), line(bob, "LOSS", ended_by="FORFEIT"), best_of=5),
        )

        assert rows() == {"ann": ("WIN", "1–1", ""), "bob": ("LOSS", "1–1", "")}

    def test_one_forfeited_game_does_not_end_a_series_that_went_on(self, cup):
        ann, bob, _ = _users()
        play(
            told(1, line(ann, "WIN"), line(bob, "LOSS", ended_by="FORFEIT"), best_of=3),
            one(2, "bob", best_of=3),
        )

        assert rows()["ann"] == ("NONE", "1–1", "undecided best of 3")

    def test_a_double_forfeit_is_lost_by_both(self, cup):
        ann, bob, _ = _users()
        both = [line(user, "LOSS", ended_by="FORFEIT") for user in (ann, bob)]
        play(told(1, *both, best_of=3))

        assert rows() == {"ann": ("LOSS", "0–0, 1 drawn", ""), "bob": ("LOSS", "0–0, 1 drawn", "")}

    def test_a_series_decided_by_a_forfeit_counts_where_forfeits_do(self, cup):
        ann, bob, _ = _users()
        given_up = [line(ann, "WIN"), line(bob, "LOSS", ended_by="FORFEIT")]
        play(one(1, "ann", best_of=5), told(2, *given_up, best_of=5, counts_forfeits=False))

        reason = "decided by forfeit, and forfeits do not count here"
        assert rows() == {"ann": ("WIN", "1–0", reason), "bob": ("LOSS", "0–1", reason)}

    def test_more_than_two_sides_decide_nothing_by_games_won(self, cup):
        ann, bob, cem = _users()
        play(told(1, line(ann, "WIN"), line(bob, "LOSS"), line(cem, "LOSS")))

        assert {row[2] for row in rows().values()} == {
            "more than two sides played it, so games won do not decide it"
        }

    def test_one_known_player_is_enough(self, cup):
        ann, _, _ = _users()
        play(told(1, line(ann, "WIN")), told(2, line(ann, "LOSS")), told(3, line(ann, "WIN")))

        assert rows() == {"ann": ("WIN", "2–1", "")}


class TestTeams:
    @pytest.fixture
    def league(self) -> Tournament:
        event = tournament(CUP, status="RUNNING", entrant_kind="TEAM")
        rosters = {"north": ["ann", "nia", "sub"], "south": ["bob", "sam"]}
        for squad, names in rosters.items():
            for name in names:
                registration(player(name), event, team=team(squad))
        return event

    def _game(self, number: int, north: Sequence[str], *, won: bool, **fields: Any) -> TournamentMatchRecord:
        users = {user.username: user for user in _users()}
        ours = [line(users[name], "WIN" if won else "LOSS", side="North") for name in north]
        theirs = [line(users[name], "LOSS" if won else "WIN", side="South") for name in ("bob", "sam")]
        return told(number, *ours, *theirs, **fields)

    def test_a_substitute_has_the_result_of_the_team(self, league):
        play(
            self._game(1, ["ann", "nia"], won=True, best_of=3),
            self._game(2, ["ann", "sub"], won=False, best_of=3),
            self._game(3, ["ann", "nia"], won=True, best_of=3),
        )

        assert {name: row[:2] for name, row in rows().items()} == {
            "ann": ("WIN", "2–1"),
            "nia": ("WIN", "2–1"),
            "sub": ("WIN", "2–1"),
            "bob": ("LOSS", "1–2"),
            "sam": ("LOSS", "1–2"),
        }
        played = dict(TournamentSeriesResult.objects.values_list("user__username", "games_played"))
        assert played == {"ann": 3, "nia": 2, "sub": 1, "bob": 3, "sam": 3}

    def test_who_left_while_the_side_won_has_the_result_of_the_side(self, league):
        users = {user.username: user for user in _users()}
        lines = [
            line(users["ann"], "WIN", side="North"),
            line(users["nia"], "LOSS", side="North", ended_by="FORFEIT"),
            line(users["bob"], "LOSS", side="South"),
        ]
        play(told(1, *lines))

        assert rows() == {"ann": ("WIN", "1–0", ""), "nia": ("WIN", "1–0", ""), "bob": ("LOSS", "0–1", "")}

    def test_a_player_whose_own_lines_are_void_has_none(self, league):
        users = {user.username: user for user in _users()}
        lines = [
            line(users["ann"], "WIN", side="North"),
            line(users["nia"], "WIN", side="North", void_reason="played under another's name"),
            line(users["bob"], "LOSS", side="South"),
        ]
        play(told(1, *lines))

        assert rows()["nia"] == ("WIN", "1–0", "none of the player's games in it counts")
        assert (numbers("ann"), numbers("nia")) == ((1, 1, 1), (0, 0, 0))

    def test_colours_that_change_are_no_sides_of_a_series(self, cup):
        ann, bob, _ = _users()
        play(
            told(1, line(ann, "WIN", side="white"), line(bob, "LOSS", side="black")),
            told(2, line(ann, "WIN", side="black"), line(bob, "LOSS", side="white")),
        )

        assert rows() == {"ann": ("WIN", "2–0", ""), "bob": ("LOSS", "0–2", "")}

    def test_pairs_without_a_team_share_the_win_of_their_side(self, cup):
        ann, bob, cem = _users()
        play(
            told(1, line(ann, "WIN", side="a"), line(cem, "WIN", side="a"), line(bob, "LOSS", side="b")),
        )

        assert {name: row[:2] for name, row in rows().items()} == {
            "ann": ("WIN", "1–0"),
            "cem": ("WIN", "1–0"),
            "bob": ("LOSS", "0–1"),
        }


class TestItFollowsItsGames:
    def test_the_order_and_the_batches_of_a_delivery_change_nothing(self, cup):
        games = [one(1, "ann", best_of=3), one(2, "bob", best_of=3), one(3, "ann", best_of=3)]
        expected = None
        for order in permutations(games):
            for each in order:
                play(each)
            found = list(
                TournamentSeriesResult.objects.order_by("user__username").values_list(
                    "result", "games_won", "games_lost", "started_at", "played_at", "best_of"
                )
            )
            expected = expected or found
            assert found == expected
            Match.objects.all().delete()
            assert rows() == {}
            assert numbers("ann") == (0, 0, 0)

    def test_a_corrected_result_is_another_score(self, cup):
        play(one(1, "ann"), one(2, "ann"))
        correct_match(
            game=cup.game, match_key="g-2", results={"ann": "LOSS", "bob": "WIN"}, reason="typo", now=NOON
        )

        assert rows()["ann"] == ("DRAW", "1–1", "")

    def test_a_line_moved_to_the_right_player_takes_the_series_along(self, cup):
        _, _, cem = _users()
        play(one(1, "ann"))
        correct_match(game=cup.game, match_key="g-1", moved={"bob": cem}, reason="wrong name", now=NOON)

        assert rows() == {"ann": ("WIN", "1–0", ""), "cem": ("LOSS", "0–1", "")}
        assert TournamentSeriesResult.objects.get(user=cem).opponent_user.username == "ann"
        assert TournamentSeriesResult.objects.get(user__username="ann").opponent_user == cem

    def test_a_match_that_was_casual_leaves_its_series(self, cup):
        play(one(1, "ann"), one(2, "ann"))
        correct_match(game=cup.game, match_key="g-2", kind="CASUAL", reason="a friendly", now=NOON)

        assert rows()["ann"] == ("WIN", "1–0", "")

    def test_a_time_that_is_corrected_is_that_of_the_series(self, cup):
        play(one(1, "ann"), one(2, "ann"))
        correct_match(game=cup.game, match_key="g-2", played_at=at(0.5), reason="wrong clock", now=NOON)

        row = TournamentSeriesResult.objects.get(user__username="ann")
        assert (row.started_at, row.played_at) == (at(0.5), at(1))

    def test_the_archive_changes_nothing(self, cup):
        play(one(1, "ann"), one(2, "bob"), one(3, "ann"))
        before = rows()
        archive_matches(before=at(2.5), now=NOON)

        assert Match.objects.count() == 2
        assert sync_all_series().changed == 0
        assert rows() == before
        void_match(game=cup.game, match_key="g-1", reason="wrong map", now=NOON)
        assert rows()["ann"] == ("DRAW", "1–1", "")

    def test_a_match_deleted_in_a_shell_leaves_no_trace(self, cup):
        play(one(1, "ann"), one(2, "bob"))
        Match.objects.filter(match_key="g-2").delete()

        assert rows()["ann"] == ("WIN", "1–0", "")


class TestBestOf:
    def test_it_needs_a_series(self, cup):
        [outcome] = record_tournament_matches(records=[one(1, "ann", series="", best_of=3)], now=NOON)

        assert outcome.refusal.message == (
            "best_of says how long a series is, and none is named; name it with series."
        )

    @pytest.mark.parametrize("given", [0, -1, 1001, "3", True])
    def test_it_is_a_number_of_games(self, cup, given):
        [outcome] = record_tournament_matches(records=[one(1, "ann", best_of=given)], now=NOON)

        assert outcome.refusal.field == "best_of"
        assert rows() == {}

    def test_it_can_be_learnt_later(self, cup):
        play(one(1, "ann"))
        assert rows()["ann"][0] == "WIN"

        outcomes = record_tournament_matches(records=[one(1, "ann", best_of=3)], now=NOON)

        assert statuses(outcomes) == ["completed"]
        assert rows()["ann"] == ("NONE", "1–0", "undecided best of 3")
        again = record_tournament_matches(records=[one(1, "ann"), one(1, "ann", best_of=3)], now=NOON)
        assert statuses(again) == ["unchanged", "unchanged"]

    def test_another_one_is_refused(self, cup):
        play(one(1, "ann", best_of=3))
        [outcome] = record_tournament_matches(records=[one(1, "ann", best_of=5)], now=NOON)

        assert outcome.refusal.field == "best_of"


class TestDrift:
    def test_what_raw_sql_changed_is_found_and_mended(self, cup):
        play(one(1, "ann"), one(2, "bob", series="Other"))
        Match.objects.filter(match_key="g-1").update(result="DRAW")
        TournamentMatchResult.objects.filter(series="Other").update(series="Another")

        found = sync_all_series(dry_run=True)
        assert (found.series, found.created, found.updated, found.deleted) == (3, 2, 2, 2)
        results = TournamentSeriesResult.objects.filter(user__username="ann").values_list("series", "result")
        assert dict(results) == {"Final": "WIN", "Other": "LOSS"}

        assert sync_all_series() == found
        assert sync_all_series().changed == 0
        assert dict(results.all()) == {"Final": "DRAW", "Another": "LOSS"}
        assert numbers("ann") == (2, 0, 2)

    def test_syncing_takes_the_same_queries_for_many_as_for_one(self, cup):
        play(*(one(number, "ann", series=f"S{number}") for number in range(1, 31)))
        keys = [(cup.pk, f"S{number}") for number in range(1, 31)]

        with CaptureQueriesContext(connection) as few:
            sync_series(keys=keys[:1])
        with CaptureQueriesContext(connection) as many:
            sync_series(keys=keys)

        assert len(many) == len(few)

    def test_a_match_without_a_series_costs_no_query(self, cup):
        play(one(1, "ann", series=""))
        with CaptureQueriesContext(connection) as asked:
            play(one(2, "ann", series=""))

        assert not [query for query in asked if "seriesresult" in query["sql"]]


@pytest.mark.django_db(transaction=True)
def test_games_that_are_recorded_at_once_are_all_in_the_score(find_all_drift):
    """Two games of other players each, so that nothing but the queue of the series makes one wait."""
    event = tournament(CUP, status="RUNNING", entrant_kind="TEAM")
    games = []
    for number in range(2):
        ours, theirs = player(f"n{number}"), player(f"s{number}")
        registration(ours, event, team=team("north"))
        registration(theirs, event, team=team("south"))
        games.append(told(number, line(ours, "WIN"), line(theirs, "LOSS")))
    both_played = threading.Barrier(2)

    def play_and_wait(record: TournamentMatchRecord) -> None:
        with transaction.atomic():
            play(record)
            # The second comes only after the first has committed: then the first does not wait for long.
            with suppress(threading.BrokenBarrierError):
                both_played.wait(timeout=1)

    assert call_together([partial(play_and_wait, each) for each in games]) == [None] * 2

    assert set(rows().values()) == {("WIN", "2–0", ""), ("LOSS", "0–2", "")}
    assert len(rows()) == 4
    assert find_all_drift() == []
