from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import User
from deltacrown.core.errors import Conflict
from deltacrown.games.models import Game, Match
from deltacrown.games.services import MatchConflict, correct_match, record_match, void_match
from deltacrown.teams.models import Team
from deltacrown.tournaments import signals
from deltacrown.tournaments.models import Tournament, TournamentMatchResult, TournamentParticipation
from deltacrown.tournaments.services import (
    TournamentMatchRecord,
    WrongState,
    list_player_totals,
    record_deliveries,
    record_tournament_matches,
    summarise_tournament,
)
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.announcements import announced
from tests.concurrency import call_together
from tests.scene import duel, line, record, refusals, statuses
from tests.tournaments.conftest import LATER, NOW


def official(event, match, **fields):
    return TournamentMatchRecord(tournament=event, match=match, **fields)


@pytest.fixture
def final(solo):
    """ann beats bob in the final."""
    match = duel(solo.game, "final", solo.players["ann"], solo.players["bob"])
    return official(solo, match, round="Final", series="gf", map_name="Dust", stats={"mode": "Hardpoint"})


def descriptions():
    return set(
        TournamentMatchResult.objects.values_list(
            "tournament__slug",
            "user__username",
            "team__slug",
            "opponent_team__slug",
            "opponent_user__username",
            "round",
            "series",
            "map_name",
        )
    )


def test_a_match_is_recorded_counted_and_described(final, find_all_drift):
    with announced(signals.tournament_matches_recorded) as events:
        outcomes = record_tournament_matches(records=[final], now=NOW)

    assert statuses(outcomes) == ["created"]
    assert descriptions() == {
        ("cup", "ann", None, None, "bob", "Final", "gf", "Dust"),
        ("cup", "bob", None, None, "ann", "Final", "gf", "Dust"),
    }
    assert set(Match.objects.values_list("kind", flat=True)) == {"TOURNAMENT"}
    assert {row.stats["mode"] for row in TournamentMatchResult.objects.all()} == {"Hardpoint"}
    assert [{row.pk for row in event["rows"]} for event in events] == [
        set(TournamentMatchResult.objects.values_list("pk", flat=True))
    ]
    assert UserProfile.objects.get(user__username="ann").matches_won == 1
    assert find_all_drift() == []


def test_the_same_match_again_changes_nothing(final):
    record_tournament_matches(records=[final], now=NOW)
    before = set(TournamentMatchResult.objects.values_list("pk", "match_id"))
    with announced(signals.tournament_matches_recorded) as events:
        outcomes = record_tournament_matches(records=[final, final], now=NOW)

    assert statuses(outcomes) == ["unchanged", "unchanged"]
    assert set(TournamentMatchResult.objects.values_list("pk", "match_id")) == before
    assert events == []


def test_the_same_match_twice_in_a_batch_is_described_once(final):
    outcomes = record_tournament_matches(records=[final, final], now=NOW)
    assert statuses(outcomes) == ["created", "unchanged"]
    assert TournamentMatchResult.objects.count() == 2


@pytest.mark.parametrize("place", ["live", "archived"])
def test_a_match_that_lacks_descriptions_gets_them(final, place):
    record_match(record=replace(final.match, kind="TOURNAMENT"), now=NOW)
    rows = list(Match.objects.order_by("pk"))
    if place == "archived":
        for row in rows:
            scene.archive(row)
    scene.tournament_match(
        rows[0],
        final.tournament,
        round="Final",
        series="gf",
        map_name="Dust",
        stats={"mode": "Hardpoint"},
        opponent_user_id=rows[1].user_id,
    )

    outcomes = record_tournament_matches(records=[final, final], now=NOW)

    assert statuses(outcomes) == ["completed", "unchanged"]
    assert set(TournamentMatchResult.objects.values_list("match_id", "round")) == {
        (row.pk, "Final") for row in rows
    }


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("round", {"round": "Semifinal"}),
        ("series", {"series": ""}),
        ("map_name", {"map_name": "Inferno"}),
        ("stats", {"stats": {"mode": "Control"}}),
    ],
)
def test_another_description_of_a_known_match_is_refused(final, field, fields):
    record_tournament_matches(records=[final], now=NOW)
    before = descriptions()
    [outcome] = record_tournament_matches(records=[replace(final, **fields)], now=NOW)
    assert (type(outcome.refusal), outcome.refusal.field) == (MatchConflict, field)
    assert descriptions() == before


def test_a_match_belongs_to_one_tournament(final, opened):
    record_tournament_matches(records=[final], now=NOW)
    other = opened(slug="other")
    for user in final.tournament.players.values():
        scene.registration(user, other)
    [outcome] = record_tournament_matches(records=[replace(final, tournament=other)], now=NOW)
    assert (type(outcome.refusal), outcome.refusal.field) == (MatchConflict, "tournament")


def test_each_match_of_a_batch_is_whole_or_refused(final, player):
    solo, players = final.tournament, final.tournament.players
    chess, stranger = Game.objects.create(slug="chess", name="Chess"), player("zoe")
    bad = {
        "game": official(solo, duel(chess, "m1", players["ann"], players["bob"])),
        "teams": official(
            solo, duel(solo.game, "m3", players["ann"], players["bob"]), teams={stranger.pk: Team(pk=1)}
        ),
        "round": official(solo, duel(solo.game, "m4", players["ann"], players["bob"]), round="r" * 101),
        "stats": official(
            solo, duel(solo.game, "m5", players["ann"], players["bob"]), stats={"kd": float("nan")}
        ),
        "result": official(
            solo, record(solo.game, "m6", line(players["ann"], "NOBODY"), line(players["bob"]))
        ),
        "tournament": official(Tournament(pk=10**9, slug="gone"), final.match),
    }

    outcomes = record_tournament_matches(records=[*bad.values(), final], now=NOW)

    assert statuses(outcomes) == ["refused"] * len(bad) + ["created"]
    assert [refusal.field for refusal in refusals(outcomes)] == list(bad)
    assert (Match.objects.count(), TournamentMatchResult.objects.count()) == (2, 2)


@pytest.mark.parametrize(
    ("status", "taken"), [("DRAFT", 0), ("OPEN", 1), ("RUNNING", 1), ("COMPLETED", 1), ("CANCELLED", 1)]
)
def test_matches_are_taken_from_opening_on_also_after_the_end(final, status, taken):
    Tournament.objects.update(status=status)  # the copy in hand still says RUNNING
    [outcome] = record_tournament_matches(records=[final], now=NOW)
    assert outcome.status == ("created" if taken else "refused")
    assert type(outcome.refusal) is (type(None) if taken else WrongState)


def test_a_team_match_knows_teams_and_opponents(teams):
    ann, bob, dan, fay = (User.objects.get(username=name) for name in ("ann", "bob", "dan", "fay"))
    greens = teams.squads["greens"]
    two = record(teams.game, "two", line(ann, side="r"), line(bob, side="r"), line(dan, "LOSS", side="b"))
    three = record(
        teams.game, "three", line(ann, side="r"), line(dan, "LOSS", side="b"), line(fay, "LOSS", side="g")
    )
    lent = record(teams.game, "lent", line(bob, side="g"), line(dan, "LOSS", side="b"))

    record_tournament_matches(
        records=[official(teams, two), official(teams, three), official(teams, lent, teams={bob.pk: greens})],
        now=NOW,
    )

    rows = TournamentMatchResult.objects.values_list(
        "user__username", "team__slug", "opponent_team__slug", "opponent_user__username"
    )
    keys = dict(Match.objects.values_list("pk", "match_key"))

    def of(key):
        return set(rows.filter(match__in=[pk for pk, match_key in keys.items() if match_key == key]))

    assert of("two") == {
        ("ann", "reds", "blues", None),
        ("bob", "reds", "blues", None),
        ("dan", "blues", "reds", None),
    }
    assert of("three") == {
        ("ann", "reds", None, None),
        ("dan", "blues", None, None),
        ("fay", "greens", None, None),
    }
    assert of("lent") == {("bob", "greens", "blues", "dan"), ("dan", "blues", "greens", "bob")}


def statements(records):
    with CaptureQueriesContext(connection) as captured:
        record_tournament_matches(records=records, now=NOW)
    return len([query for query in captured if not query["sql"].startswith("INSERT")])


def test_a_batch_of_any_size_takes_the_same_queries(solo, no_reactions):
    ann, bob = solo.players["ann"], solo.players["bob"]
    sizes = {
        count: [official(solo, duel(solo.game, f"{count}-{number}", ann, bob)) for number in range(count)]
        for count in (10, 200)
    }
    # Besides the inserts: 3 savepoints opened and released, tournaments, registrations, live and archived
    # rows before (with the queue, on PostgreSQL) and after, the tournament rows of the matches, and other
    # keys of the same matches, live and archived, with the rows under those.
    expected = 17

    # Of keys that are known by a look into an index, the rows are read, live and archived.
    again = expected + 2
    assert [statements(sizes[10]), statements(sizes[200])] == [expected] * 2
    assert [statements(sizes[10]), statements(sizes[200])] == [again] * 2
    assert TournamentMatchResult.objects.count() == 420


@pytest.mark.django_db(transaction=True)
def test_overlapping_batches_at_once_describe_each_match_once(find_all_drift):
    game = Game.objects.create(slug="rocket", name="Rocket")
    event = Tournament.objects.create(slug="cup", name="Cup", game=game, starts_at=NOW, status="RUNNING")
    players = User.objects.bulk_create([User(username=f"player{number}") for number in range(6)])
    TournamentParticipation.objects.bulk_create(
        TournamentParticipation(tournament=event, user=user, registered_at=NOW) for user in players
    )
    matches = [
        official(event, duel(game, f"m{number}", players[number % 6], players[(number + 1) % 6]))
        for number in range(60)
    ]

    batches = [matches[:40], matches[20:][::-1], matches[::2]]
    answers = call_together([partial(record_tournament_matches, records=batch, now=NOW) for batch in batches])

    assert [refusals(outcomes) for outcomes in answers] == [[]] * 3
    assert sum(statuses(outcomes).count("created") for outcomes in answers) == 60
    assert (Match.objects.count(), TournamentMatchResult.objects.count()) == (120, 120)
    assert find_all_drift() == []


@pytest.fixture
def season(teams):
    """Reds and blues play three matches, one voided and one archived; greens play none.

    There is a casual match too.
    """
    ann, bob, dan = (User.objects.get(username=name) for name in ("ann", "bob", "dan"))

    def played(key, won, *stats):
        results = ("WIN", "WIN", "LOSS") if won else ("LOSS", "LOSS", "WIN")
        lines = [
            line(user, result, side="b" if user == dan else "r", stats=told)
            for user, result, told in zip((ann, bob, dan), results, stats, strict=True)
        ]
        return official(teams, record(teams.game, key, *lines))

    games = [
        played(
            "g1",
            True,
            {"kills": 20, "deaths": 10, "accuracy": 0.5},
            {"kills": 5, "deaths": 10},
            {"kills": 20, "deaths": 25, "accuracy": 1},
        ),
        played(
            "g2",
            False,
            {"kills": 10, "deaths": 10, "mvp": True},
            {"kills": 5},
            {"kills": 11, "deaths": 12, "weapon": "NV4"},
        ),
        played("void", True, {"kills": 999}, {"deaths": 999}, {}),
    ]
    assert statuses(record_tournament_matches(records=games, now=NOW)) == ["created"] * 3
    record_match(record=record(teams.game, "casual", line(ann, stats={"kills": 1000})), now=NOW)
    void_match(game=teams.game, match_key="void", reason="crash", now=NOW)
    for row in Match.objects.filter(match_key="g1"):
        scene.archive(row)
    return teams


def test_a_summary_counts_what_counts(season, django_assert_num_queries):
    with django_assert_num_queries(2):
        summary = summarise_tournament(season)

    assert (summary.matches, summary.players, summary.teams) == (2, 3, 2)
    # accuracy, mvp and weapon are not whole numbers everywhere
    assert summary.totals == {"deaths": 67, "kills": 71}


def test_player_totals_rank_by_kills_per_death(season, django_assert_num_queries):
    with django_assert_num_queries(3):
        rows = list_player_totals(season)

    assert [
        (row.user.username, row.games, row.wins, row.kills, row.deaths, str(row.kill_death_ratio))
        for row in rows
    ] == [
        ("ann", 2, 1, 30, 20, "1.50"),
        ("bob", 2, 1, 10, 10, "1.00"),
        ("dan", 2, 1, 31, 37, "0.84"),
    ]
    assert rows[0].totals == {"deaths": 20, "kills": 30}


def test_a_tournament_without_matches_sums_up_to_nothing(solo):
    summary = summarise_tournament(solo)
    assert (summary.matches, summary.players, summary.teams, summary.totals) == (0, 0, 0, {})
    assert list_player_totals(solo) == []


def test_a_refusal_is_a_conflict_with_what_is_recorded(final):
    record_match(record=final.match, now=NOW)  # told as casual before
    [outcome] = record_tournament_matches(records=[final], now=NOW)
    assert isinstance(outcome.refusal, Conflict)
    assert outcome.refusal.field == "kind"
    assert not TournamentMatchResult.objects.exists()


def test_a_mixed_batch_has_an_outcome_per_record_in_the_order_given(final):
    game, players = final.tournament.game, final.tournament.players
    casual = duel(game, "casual", players["ann"], players["bob"])
    twice = record(game, "twice", line(players["ann"]), line(players["ann"]))
    unknown = official(Tournament(pk=10**9, slug="gone"), final.match)

    outcomes = record_deliveries(records=[casual, unknown, twice, final, casual], now=NOW)

    assert statuses(outcomes) == ["created", "refused", "refused", "created", "unchanged"]
    assert [refusal.field for refusal in refusals(outcomes)] == ["tournament", "user"]
    assert record_deliveries(records=[], now=NOW) == []


@pytest.fixture
def described(solo):
    """The final of ann and bob, recorded and described."""
    match = duel(solo.game, "final", solo.players["ann"], solo.players["bob"])
    delivery = TournamentMatchRecord(tournament=solo, match=match, round="Final", map_name="Dust")
    record_tournament_matches(records=[delivery], now=NOW)
    return solo


def said_of(event):
    """username → round, map and opponent of the descriptions of a tournament."""
    rows = event.match_results.values_list("user__username", "round", "map_name", "opponent_user__username")
    return {name: rest for name, *rest in rows}


def correct_final(event, **correction):
    return correct_match(game=event.game, match_key="final", reason="as it was", now=LATER, **correction)


@pytest.mark.parametrize("archived", [False, True])
def test_a_description_follows_its_line_to_the_right_player(described, archived, find_all_drift):
    if archived:
        for row in Match.objects.filter(match_key="final"):
            scene.archive(row)

    correct_final(described, moved={"bob": described.players["cat"]})

    assert said_of(described) == {"ann": ["Final", "Dust", "cat"], "cat": ["Final", "Dust", "ann"]}
    assert find_all_drift() == []


@pytest.mark.parametrize("archived", [False, True])
def test_added_and_removed_lines_have_descriptions_and_lose_them(described, archived):
    if archived:
        for row in Match.objects.filter(match_key="final"):
            scene.archive(row)

    correct_final(described, added=[line(described.players["cat"], "LOSS")])
    assert said_of(described) == {name: ["Final", "Dust", None] for name in ("ann", "bob", "cat")}

    correct_final(described, removed=["bob"])
    assert said_of(described) == {"ann": ["Final", "Dust", "cat"], "cat": ["Final", "Dust", "ann"]}


def test_a_match_that_is_casual_is_none_of_the_tournament_and_can_be_one_again(described):
    match = duel(described.game, "final", described.players["ann"], described.players["bob"])
    delivery = TournamentMatchRecord(tournament=described, match=match, round="Semi-final")
    [refused] = record_tournament_matches(records=[delivery], now=NOW)

    correct_final(described, kind="CASUAL")
    assert said_of(described) == {}
    correct_final(described, kind="TOURNAMENT")
    [taken] = record_tournament_matches(records=[delivery], now=NOW)

    assert (refused.refusal.field, taken.status) == ("round", "completed")
    assert said_of(described) == {"ann": ["Semi-final", "", "bob"], "bob": ["Semi-final", "", "ann"]}


def test_a_correction_names_whoever_played_entered_or_not(described, player, find_all_drift):
    zoe = player("zoe")

    correct_final(described, moved={"bob": zoe})

    assert said_of(described) == {"ann": ["Final", "Dust", "zoe"], "zoe": ["Final", "Dust", "ann"]}
    assert find_all_drift() == []


def test_a_member_moved_to_plays_for_the_team_they_registered_with(teams):
    ann, bob, dan = (scene.User.objects.get(username=name) for name in ("ann", "bob", "dan"))
    match = duel(teams.game, "final", ann, dan)
    record_tournament_matches(records=[TournamentMatchRecord(tournament=teams, match=match)], now=NOW)

    correct_final(teams, moved={"ann": bob})

    rows = teams.match_results.values_list("user__username", "team__slug", "opponent_team__slug")
    assert set(rows) == {("bob", "reds", "blues"), ("dan", "blues", "reds")}
