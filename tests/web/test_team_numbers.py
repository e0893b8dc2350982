"""The numbers of a team, and the lists of the matches and results that they count."""

from __future__ import annotations

import pytest

from deltacrown.pages.team_numbers import TeamNumbers, count_numbers
from deltacrown.pages.team_results import list_matches, list_results
from deltacrown.tournaments.models import Tournament
from tests import scene
from tests.web.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("no_reactions")]


@pytest.fixture
def north():
    return scene.team("north")


@pytest.fixture
def ann():
    return scene.player("ann")


@pytest.fixture
def bob():
    return scene.player("bob")


@pytest.fixture
def cup():
    return scene.tournament("cup")


def official(user, event, key, result="WIN", *, team, **fields):
    row = scene.match(user, key, result, kind="TOURNAMENT", title=event.game, **fields)
    scene.tournament_match(row, event, team=team)
    return row


def matches_of(team):
    numbers = count_numbers(team).overall
    return numbers.matches_played, numbers.matches_won


def counted(team):
    return [line.match_key for line in list_matches(team).items if not line.why_uncounted]


def test_a_match_counts_once_however_many_play_and_for_whom_they_played(north, ann, bob, cup):
    south = scene.team("south")
    for user in (ann, bob):
        official(user, cup, "m1", team=north)
    official(bob, cup, "m2", "LOSS", team=south)  # the same player for another team
    official(ann, cup, "m2", "WIN", team=north)
    official(scene.player("sub"), cup, "m3", "DRAW", team=north)  # a substitute, alone
    scene.match(ann, "casual", "WIN")

    assert matches_of(north) == (3, 2)
    assert matches_of(south) == (1, 0)
    assert sorted(counted(north)) == ["m1", "m2", "m3"]


def test_void_and_uncounted_matches_are_listed_and_do_not_count(north, ann, bob, cup):
    official(ann, cup, "void", team=north, voided_at=scene.at(9), void_reason="lag")
    official(ann, cup, "bye", team=north, uncounted_reason="a bye", ended_by="BYE")
    official(ann, cup, "half", team=north, uncounted_reason="came late")
    official(bob, cup, "half", "LOSS", team=north)

    assert matches_of(north) == (1, 0)
    assert {line.match_key: line.why_uncounted for line in list_matches(north).items} == {
        "void": "Voided: lag",
        "bye": "Not counted: a bye",
        "half": "",
    }


def test_who_left_loses_and_the_side_wins(north, ann, bob, cup):
    official(ann, cup, "m1", "LOSS", team=north, ended_by="DISQUALIFIED")
    official(bob, cup, "m1", "WIN", team=north)
    official(ann, cup, "m2", "LOSS", team=north, ended_by="FORFEIT")
    official(ann, cup, "m3", "WIN", team=north, ended_by="RETIRED")
    official(bob, cup, "m3", "LOSS", team=north)

    assert matches_of(north) == (3, 1)
    sides = {line.match_key: line.side.result.value for line in list_matches(north).items}
    assert sides == {"m1": "WIN", "m2": "LOSS", "m3": "LOSS"}


def test_the_archive_counts_as_the_live_table_does(north, ann, bob, cup):
    scene.archive(official(ann, cup, "m1", team=north))
    official(bob, cup, "m1", team=north)
    scene.archive(official(ann, cup, "m2", "LOSS", team=north, hours=1))

    assert matches_of(north) == (2, 1)
    assert counted(north) == ["m2", "m1"]


@pytest.mark.parametrize("is_archived", [False, True])
def test_a_number_opens_exactly_the_matches_it_counts(client, north, ann, bob, cup, is_archived):
    """A win, a loss, a win by who stayed, a void one, a draft's, and a casual one."""
    rows = [
        official(ann, cup, "won", team=north),
        official(ann, cup, "lost", "LOSS", team=north),
        official(ann, cup, "stayed", "LOSS", team=north, ended_by="DISQUALIFIED"),
        official(ann, cup, "void", team=north, voided_at=scene.at(9), void_reason="lag"),
    ]
    for row in rows if is_archived else []:
        scene.archive(row)
    official(bob, cup, "stayed", team=north)
    official(bob, scene.tournament("secret", status="DRAFT"), "draft", team=north)
    official(bob, cup, "theirs", team=scene.team("south"))
    scene.match(ann, "casual", "WIN")

    def keys(only):
        return sorted(line.match_key for line in list_matches(north, only=only).items)

    assert keys("") == ["lost", "stayed", "void", "won"]
    assert keys("counted") == ["lost", "stayed", "won"]
    assert keys("won") == ["stayed", "won"]
    assert matches_of(north) == (len(keys("counted")), len(keys("won")))
    page = client.get("/teams/north/").content.decode()
    assert '<a href="/teams/north/matches/?only=won">2</a>' in page
    assert '<a href="/teams/north/matches/?only=counted">3</a>' in page
    assert "Void" not in text_of(client.get("/teams/north/matches/?only=counted"))
    refused = client.get("/teams/north/matches/?only=lost")
    assert (refused.status_code, "use one of: counted, won" in text_of(refused)) == (400, True)


def test_titles_open_the_tournaments_won(client, north, cup):
    scene.result(cup, 1, team=north)
    scene.result(scene.tournament("second"), 2, team=north)
    scene.result(scene.tournament("third"), 1, team=north, uncounted_reason="annulled")

    assert [row.tournament for row in list_results(north, only="won").items] == [cup]
    assert '/teams/north/results/?only=won">1</a>' in client.get("/teams/north/").content.decode()


def test_programs_read_the_same_numbers(client, north, ann, cup):
    official(ann, cup, "m1", team=north)
    official(ann, cup, "m2", "LOSS", team=north)
    official(ann, cup, "m3", "LOSS", team=north)
    numbers = {
        "matches_played": 3,
        "matches_won": 1,
        "win_rate": 33.3,
        "series_played": 0,
        "series_won": 0,
        "titles": 0,
    }

    answer = client.get("/api/v1/teams/north/numbers").json()

    assert answer == {"team": "north", "overall": numbers, "by_game": [{"game": "valorant", **numbers}]}
    assert client.get("/api/v1/teams/nobody/numbers").status_code == 404


def test_series_and_titles_by_game_and_nothing_of_drafts(north, ann, bob, cup):
    chess = scene.tournament("open", title=scene.game("chess"))
    draft = scene.tournament("secret", status=Tournament.Status.DRAFT)
    for user in (ann, bob):
        scene.series_result(user, cup, "Final", team=north)
        scene.series_result(user, cup, "Semi", "LOSS", team=north)
    scene.series_result(ann, chess, "Final", team=north)
    scene.series_result(ann, chess, "Half", "NONE", team=north, uncounted_reason="undecided")
    scene.series_result(ann, draft, "Final", team=north)
    official(ann, draft, "m1", team=north)
    scene.result(cup, 1, team=north)
    scene.result(chess, 1, team=north, uncounted_reason="annulled")
    scene.result(draft, 1, team=north)

    totals = count_numbers(north)

    assert totals.by_game == [
        TeamNumbers("Chess", series_played=1, series_won=1, game_slug="chess"),
        TeamNumbers("Valorant", series_played=2, series_won=1, titles=1, game_slug="valorant"),
    ]
    assert totals.overall == TeamNumbers("", series_played=3, series_won=2, titles=1)
    assert list_matches(north).items == []
    assert len(list_results(north).items) == 2


def test_a_team_without_rows_has_no_rate(client, north):
    assert count_numbers(north).overall == TeamNumbers()
    assert count_numbers(north).overall.win_rate is None
    assert "No official matches yet." in text_of(client.get("/teams/north/matches/"))
    assert "No results yet." in text_of(client.get("/teams/north/results/"))


def test_pages_follow_each_other_through_both_tables_and_games(north, ann, cup):
    chess = scene.tournament("open", title=scene.game("chess"))
    for number in range(3):
        official(ann, cup, f"m{number}", team=north)
        scene.archive(official(ann, chess, f"m{number}", team=north))

    seen, page = [], None
    while not seen or page:
        found = list_matches(north, page, limit=2)
        seen += [(line.match_key, line.game_slug) for line in found.items]
        page = found.next_cursor
    assert seen == [(f"m{n}", game) for n in (2, 1, 0) for game in ("valorant", "chess")]


def test_the_page_of_matches_tells_them_by_a_fixed_number_of_statements(
    client, north, ann, bob, cup, django_assert_num_queries
):
    for number in range(5):
        official(ann, cup, f"m{number}", team=north, score="13")
        official(bob, cup, f"m{number}", "LOSS", team=scene.team("old-guard"), score="8")

    # The team, the matches of two tables, the lines of two, what the tournaments say of them.
    with django_assert_num_queries(6):
        shown = text_of(client.get("/teams/north/matches/"))
    assert "Win 13–8 against Old-Guard Cup" in shown
    with django_assert_num_queries(2):
        client.get("/teams/north/results/")
    overview = text_of(client.get("/teams/north/"))
    assert "Official matches 5 Won 5 Win rate 100.0 %" in overview
    assert "Casual matches do not." in overview
