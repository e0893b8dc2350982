"""The season as a plan: pure values, so every claim about it is checked without a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from deltacrown.demo.plan.brackets import rank
from deltacrown.demo.plan.calendar import Calendar
from deltacrown.demo.plan.entrants import PlannedEntrant
from deltacrown.demo.plan.matches import PlannedMatch, expect_score
from deltacrown.demo.plan.people import HERO, PlannedPlayer
from deltacrown.demo.plan.reports import Performer, share
from deltacrown.demo.plan.season import Season, SeasonSize, plan_season
from deltacrown.demo.plan.seasons import list_seasons
from deltacrown.demo.plan.titles import TITLES

SMALL = SeasonSize(players=40, matches=400, tournaments=12)
MEDIUM = SeasonSize(players=80, matches=3000, tournaments=16)
OPENS, CLOSES = datetime(2024, 10, 1, tzinfo=UTC), datetime(2026, 9, 30, 22, tzinfo=UTC)
CALENDAR = Calendar(CLOSES)


@pytest.fixture(scope="module")
def small() -> Season:
    return plan_season(seed=1, size=SMALL, calendar=CALENDAR)


@pytest.fixture(scope="module")
def medium() -> Season:
    return plan_season(seed=1, size=MEDIUM, calendar=CALENDAR)


def all_matches(season: Season) -> list[PlannedMatch]:
    return [*season.casual, *(match for tournament in season.tournaments for match in tournament.matches)]


def numbers(players: Iterable[PlannedPlayer]) -> set[int]:
    return {player.number for player in players}


def test_the_same_seed_plans_the_same_season(small):
    again = plan_season(seed=1, size=SMALL, calendar=CALENDAR)

    assert again.players == small.players
    assert again.casual == small.casual
    assert [(each.slug, each.matches, [p for _, p in each.placements]) for each in again.tournaments] == [
        (each.slug, each.matches, [p for _, p in each.placements]) for each in small.tournaments
    ]
    assert again.rulings.amendments == small.rulings.amendments
    assert again.rulings.disputes == small.rulings.disputes


@pytest.mark.parametrize(
    ("seed", "size"),
    [(2, SMALL), (1, SeasonSize(41, 400, 12)), (1, SeasonSize(40, 401, 12)), (1, SeasonSize(40, 400, 13))],
)
def test_another_seed_or_size_has_other_players(small, seed, size):
    names = {player.username for player in small.players} - {HERO}

    other = {player.username for player in plan_season(seed=seed, size=size, calendar=CALENDAR).players} - {
        HERO
    }

    assert len(names & other) < len(names) / 4


@pytest.mark.parametrize("size", [SeasonSize(39, 400, 12), SeasonSize(40, 399, 12), SeasonSize(40, 400, 11)])
def test_a_season_too_small_to_have_everything_is_refused(size):
    with pytest.raises(ValueError, match="needs at least"):
        plan_season(seed=1, size=size, calendar=CALENDAR)


def test_it_has_the_size_that_was_asked(medium):
    assert len(medium.players) == 80
    assert len(all_matches(medium)) == 3000
    assert len(medium.tournaments) == 16
    assert {match.title.slug for match in medium.casual} == {title.slug for title in TITLES}
    assert Counter(each.status for each in medium.tournaments) == {
        "COMPLETED": 10,
        "RUNNING": 2,
        "OPEN": 2,
        "DRAFT": 1,
        "CANCELLED": 1,
    }


def test_names_and_keys_are_unique(medium):
    usernames = [player.username.lower() for player in medium.players]
    keys = [match.key for match in all_matches(medium)]

    assert len(set(usernames)) == len(usernames)
    assert len(set(keys)) == len(keys)
    assert HERO.lower() in usernames


def test_everything_happens_within_the_season(medium):
    assert all(OPENS <= match.played_at < CLOSES for match in all_matches(medium))
    assert all(player.joined_at < CLOSES for player in medium.players)
    moves = [each for team in medium.teams for each in team.memberships]
    assert all(each.joined_at < CLOSES and (not each.left_at or each.left_at < CLOSES) for each in moves)
    rulings = medium.rulings
    assert all(each.filed_at < CLOSES for each in [*rulings.disputes, *rulings.challenges])
    decided = [each for each in rulings.disputes if each.outcome != "OPEN"]
    assert all(each.resolved_at < CLOSES for each in [*decided, *rulings.challenges])
    assert all(each.at < CLOSES for each in [*rulings.amendments, *rulings.placings])
    assert all(each.decided_at < CLOSES for each in medium.verifications)


@pytest.mark.parametrize("hour", [0, 9, 22])
def test_at_whatever_hour_it_ends_something_runs_and_something_opens(hour):
    closes_at = datetime(2026, 3, 1, hour, tzinfo=UTC)
    season = plan_season(seed=3, size=MEDIUM, calendar=Calendar(closes_at))
    *_, latest, semi, quarter, soon, later, draft = season.tournaments

    assert [each.status for each in (semi, quarter, soon, later, draft)] == [
        "RUNNING", "RUNNING", "OPEN", "OPEN", "DRAFT",
    ]  # fmt: skip
    for running in (semi, quarter):
        played = [match.played_at for match in running.matches]
        assert min(played) < closes_at - timedelta(days=1) < closes_at - timedelta(hours=4) < max(played)
        assert max(played) < closes_at < running.ends_at
    assert timedelta(days=2) < soon.starts_at - closes_at < later.starts_at - closes_at < timedelta(days=12)
    assert not soon.is_for_teams
    assert HERO not in {player.username for entrant in soon.entrants for player in entrant.roster}
    assert all(each.registered_at < closes_at for entered in (soon, later) for each in entered.entrants)
    assert timedelta(0) < closes_at - latest.ends_at < timedelta(days=8)
    filed = [each.filed_at for each in season.rulings.disputes if each.outcome == "OPEN"]
    assert all(closes_at - timedelta(days=14) < at < closes_at for at in filed)
    assert max(match.played_at for match in all_matches(season)) < closes_at


def test_a_season_ends_in_the_evening_or_in_the_hour_of_its_own_day():
    now = datetime(2026, 5, 4, 13, 59, tzinfo=UTC)

    assert Calendar.until(date(2026, 5, 3), now).closes_at == datetime(2026, 5, 3, 22, tzinfo=UTC)
    assert Calendar.until(date(2026, 5, 4), now).closes_at == datetime(2026, 5, 4, 13, tzinfo=UTC)
    assert Calendar.until(date(2026, 5, 4), now).opens_at == datetime(2024, 5, 5, tzinfo=UTC)
    assert Calendar.of_staff(CALENDAR.staffed_at) == CALENDAR
    with pytest.raises(ValueError, match="cannot last until 2026-05-05: today is 2026-05-04"):
        Calendar.until(date(2026, 5, 5), now)


@pytest.mark.parametrize(
    ("closes_at", "slugs"),
    [
        (
            CLOSES,
            ["2024-winter", "2025-summer", "2025-winter", "2026-summer", "2026-split-2", "2026-split-3"],
        ),
        (
            datetime(2026, 2, 3, tzinfo=UTC),
            [
                "2023-winter",
                "2024-summer",
                "2024-winter",
                "2025-summer",
                "2025-winter",
                "2025-split-4",
                "2026-split-1",
            ],
        ),
    ],
)
def test_seasons_cover_the_whole_calendar(closes_at, slugs):
    calendar = Calendar(closes_at)
    seasons = list_seasons(calendar)

    assert [each.slug.removeprefix("valorant-") for each in seasons] == slugs
    assert all(earlier.ends_at == later.starts_at for earlier, later in pairwise(seasons[:-2]))
    assert seasons[0].starts_at <= calendar.opens_at < closes_at < seasons[-3].ends_at
    assert seasons[-1].starts_at <= closes_at < seasons[-1].ends_at


@pytest.mark.parametrize("seed", range(5))
def test_every_season_has_everything(seed):
    season = plan_season(seed=seed, size=SMALL, calendar=CALENDAR)
    completed = [tournament for tournament in season.tournaments if tournament.status == "COMPLETED"]

    assert not all(player.shows_matches for player in season.players)
    assert not all(player.shows_tournaments for player in season.players)
    assert any(entrant.withdrew for tournament in season.tournaments for entrant in tournament.entrants)
    assert any(tournament.disqualified for tournament in completed)
    assert any([place for _, place in tournament.placements[2:4]] == [3, 3] for tournament in completed)
    assert {dispute.outcome for dispute in season.rulings.disputes} == {"OPEN", "REJECTED", "VOID", "CORRECT"}
    assert {amendment.void for amendment in season.rulings.amendments} == {True, False}
    assert {challenge.upheld for challenge in season.rulings.challenges} == {True, False}
    assert any(match.winner is None for match in season.casual)


def test_players_play_only_while_they_are_around(medium):
    for match in medium.casual:
        assert all(player.joined_at <= match.played_at for player in match.players), match.key
    for tournament in medium.tournaments:
        assert all(
            player.joined_at <= entrant.registered_at
            for entrant in tournament.entrants
            for player in entrant.roster
        )


def test_nobody_meets_themselves_and_sides_are_full(medium):
    for match in all_matches(medium):
        assert [len(lineup) for lineup in match.lineups] == [match.title.squad] * 2
        assert len({player.number for player in match.players}) == 2 * match.title.squad


def test_the_stronger_win_more(medium):
    duels = [match for match in medium.casual if match.title.squad == 1 and match.winner is not None]
    won = sum(
        match.lineups[match.winner][0].strength_at(match.title, match.played_at)
        > match.lineups[1 - match.winner][0].strength_at(match.title, match.played_at)
        for match in duels
    )

    assert 0.6 < won / len(duels) < 0.9
    assert (expect_score(0), round(expect_score(1), 2), round(expect_score(-1), 2)) == (0.5, 0.82, 0.18)


def test_scores_agree_with_results(medium):
    for match in all_matches(medium):
        first, second = match.scores
        assert match.winner == (None if first == second else int(second > first)), match.key
    assert any(match.winner is None for match in medium.casual)
    assert all(match.winner is not None for each in medium.tournaments for match in each.matches)


def test_what_one_side_did_the_other_suffered(medium):
    for match in all_matches(medium):
        ours, theirs = match.stats
        if "kills" in ours[0]:
            assert sum(line["kills"] for line in ours) == sum(line["deaths"] for line in theirs), match.key
            assert max(line["deaths"] for line in ours) <= sum(match.scores)
        if match.title.slug == "rocket-league":
            assert sum(line["goals"] for line in ours) == match.scores[0]
            assert all(line["assists"] <= match.scores[0] - line["goals"] for line in ours)
        if "rounds_won" in ours[0]:
            assert (ours[0]["rounds_won"], ours[0]["rounds_lost"]) == (
                theirs[0]["rounds_lost"],
                theirs[0]["rounds_won"],
            )
        if "possession" in ours[0]:
            assert ours[0]["possession"] + theirs[0]["possession"] == 100


@pytest.mark.parametrize(("total", "cap", "expected"), [(0, None, 0), (7, None, 7), (30, 5, 20), (19, 5, 19)])
def test_shares_add_up_and_keep_their_cap(total, cap, expected):
    shares = share(total, [3.0, 1.0, 0.5, 0.1], cap)

    assert sum(shares) == expected
    assert max(shares) <= (total if cap is None else cap)
    assert min(shares) >= 0


def test_no_two_teammates_have_the_same_agent():
    title = next(title for title in TITLES if title.slug == "valorant")
    sides = [[Performer(number, 0.0) for number in range(0, 50, 10)] for _ in range(2)]

    for seed in range(20):
        for side in title.report(Random(seed), sides, (13, 7)):
            assert len({line["agent"] for line in side}) == 5


def test_periods_in_a_team_follow_each_other_and_rosters_stay_full(medium):
    for team in medium.teams:
        for number in {each.player.number for each in team.memberships}:
            own = [each for each in team.memberships if each.player.number == number]
            assert all(
                earlier.left_at is not None and earlier.left_at <= later.joined_at
                for earlier, later in pairwise(own)
            )
        assert len(team.roster_at(CLOSES)) == team.title.squad + 1
    assert any(each.left_at for team in medium.teams for each in team.memberships)


def test_nobody_is_in_two_teams_of_a_game(medium):
    for title in (title for title in TITLES if title.squad > 1):
        members = [
            player.number for team in medium.teams if team.title is title for player in team.roster_at(CLOSES)
        ]
        assert len(set(members)) == len(members)


def test_a_bracket_ends_with_one_winner_and_ranks_everybody_who_stayed(medium):
    for tournament in (each for each in medium.tournaments if each.status == "COMPLETED"):
        stayed = [entrant for entrant in tournament.entrants if not entrant.withdrew]
        ranked = [entrant for entrant, _ in tournament.placements]

        assert tournament.placements[0][1] == 1
        assert {id(each) for each in ranked} == {
            id(each) for each in stayed if each is not tournament.disqualified
        }
        final = [match for match in tournament.matches if match.round_name == "Final"]
        assert 2 <= len(final) <= 3
        assert numbers(ranked[0].roster) >= numbers(final[-1].lineups[final[-1].winner])


def test_ties_leave_out_the_placements_after_them():
    first, second, third, fourth, fifth = (PlannedEntrant(None, (), OPENS) for _ in range(5))

    assert [place for _, place in rank([[first], [second], [third, fourth], [fifth]])] == [1, 2, 3, 3, 5]
    assert [place for _, place in rank([[first], [second], [third, fourth], [fifth]], without=third)] == [
        1,
        2,
        3,
        4,
    ]
    assert rank([]) == []


def test_rulings_are_about_different_matches(medium):
    ruled = [each.match.key for each in [*medium.rulings.amendments, *medium.rulings.disputes]]
    wrong = {match.key for match in medium.casual if match.reported_wrong}

    assert len(set(ruled)) == len(ruled)
    assert wrong == {each.match.key for each in medium.rulings.amendments if not each.void} | {
        each.match.key for each in medium.rulings.disputes if each.outcome == "CORRECT"
    }


def test_players_follow_others_once_when_both_are_there_and_better_ones_more(medium):
    pairs = [(each.follower.number, each.followed.number) for each in medium.follows]
    followers = Counter(each.followed.number for each in medium.follows)
    ranked = sorted(medium.players, key=lambda player: -player.skill)

    assert len(set(pairs)) == len(pairs) > len(medium.players)
    assert not [pair for pair in pairs if pair[0] == pair[1]]
    assert not [
        each for each in medium.follows if each.since < max(each.follower.joined_at, each.followed.joined_at)
    ]
    assert sum(followers[player.number] for player in ranked[:20]) > sum(
        followers[player.number] for player in ranked[-20:]
    )


def test_verifications_are_granted_refused_and_pending(medium):
    asked = [
        each
        for seed in range(5)
        for each in plan_season(seed=seed, size=SMALL, calendar=CALENDAR).verifications
    ]

    assert {each.verified for each in asked} == {True, False, None}
    assert all(each.player.joined_at <= each.asked_at < each.decided_at for each in asked)
    assert [each.verified for each in medium.verifications if each.player.username == HERO] == [True]
