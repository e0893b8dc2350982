"""A large tournament's front page tells what the database adds up: the same as all lines, read one by one."""

import json
import random
from datetime import timedelta

import pytest

from deltacrown.games.models import Match
from deltacrown.pages import tournament_played, tournaments
from deltacrown.tournaments.models import TournamentResult
from deltacrown.tournaments.services import (
    add_numbers,
    list_played_rows,
    list_player_totals,
    read_played_front,
)
from tests import scene
from tests.api import calls

pytestmark = pytest.mark.django_db

#: What games report of kills and deaths: much, little, nothing, and nothing of one of them.
REPORTED = (
    {"kills": 3, "deaths": 2},
    {"kills": 0, "deaths": 0},
    {"kills": -4, "deaths": 7},
    {},
    {"kills": 5},
)
#: What is no whole number, or one too large to add up.
STRANGE = (None, "3", 2.5, 3.0, True, [1], 10**13, 10**30)


def play(chance: random.Random, *, is_team: bool, entrants: int = 7, matches: int = 25):
    """Fill a tournament at random: matches of two and of more, in series or not, void, archived, left out."""
    name = f"cup-{chance.randrange(10**9)}"
    event = scene.tournament(name, entrant_kind="TEAM" if is_team else "SOLO", status="RUNNING")
    players = [scene.player(f"{name}-{n}") for n in range(entrants)]
    squads = [scene.team(f"{name}-{n}") for n in range(3)]
    for number in range(matches):
        series = chance.choice(["", "", f"s{number // 4}"])
        hours = chance.choice([number, number // 3, 5])
        sides = chance.sample(players, chance.choice([2, 2, 3]))
        for side, user in enumerate(sides):
            fields = {"key": f"m{number}", "result": "LOSS" if side else "WIN", "side": f"side {side}"}
            fields |= {"hours": hours, "stats": {**chance.choice(REPORTED), "agent": "a", "assists": number}}
            if chance.random() < 0.1:
                fields["uncounted_reason"] = "a bye"
            row = scene.match(user, **fields)
            told = {"round": f"Round {number // 5}", "series": series}
            if is_team:
                told["team"] = chance.choice([*squads, None])
            scene.tournament_match(row, event, **told)
            if series and chance.random() < 0.8:
                more = {"team": told.get("team")}
                if not event.series_results.filter(series=series, user=user).exists():
                    scene.series_result(user, event, series, **more)
            if chance.random() < 0.1:
                row.voided_at, row.void_reason = scene.at(99), "banned"
                row.save()
            if chance.random() < 0.2:
                scene.archive(row)
    return event


@pytest.mark.parametrize("seed", range(6))
def test_of_random_tournaments_the_page_tells_the_same(monkeypatch, seed):
    chance = random.Random(seed)
    event = play(chance, is_team=bool(seed % 2))
    monkeypatch.setattr(tournament_played, "MOST_DRAWN", 0)

    with monkeypatch.context() as patched:
        patched.setattr(tournament_played, "MANY_LINES", 10**6)
        read = tournaments.get_tournament_page(event.slug, viewer=None).played
    with monkeypatch.context() as patched:
        patched.setattr(tournament_played, "MANY_LINES", 0)
        added = tournaments.get_tournament_page(event.slug, viewer=None, with_totals=True).played
        short = tournaments.get_tournament_page(event.slug, viewer=None).played

    assert min(read.summary.matches, len(read.latest), len(read.players)) > 0
    assert added == read
    assert (short.players, short.latest, short.stages) == (read.players, read.latest, read.stages)
    kept = {name: total for name, total in read.summary.totals.items() if name in {"kills", "deaths"}}
    assert short.summary.totals == kept
    assert short.summary.matches == read.summary.matches


@pytest.mark.parametrize("many_lines", [0, 10**6])
@pytest.mark.parametrize("seed", range(6))
def test_the_pages_of_players_are_all_of_them_in_order(monkeypatch, seed, many_lines):
    chance = random.Random(seed)
    event = play(chance, is_team=bool(seed % 2), entrants=9, matches=chance.choice([4, 30]))
    ordered = tournament_played.order_players(add_numbers(list_played_rows(event)).players)
    names = {each.user_id: each.user.profile.public_id for each in list_player_totals(event)}
    monkeypatch.setattr(tournament_played, "MANY_LINES", many_lines)

    shown, page, has_kills = [], None, set()
    while page or not shown:
        found = tournaments.get_players_page(event.slug, page, viewer=None, limit=2).lines
        shown += found.items
        has_kills.add(found.has_kills)
        page = found.next_cursor

    assert [each.public_id for each in shown] == [names[each.user_id] for each in ordered]
    assert [(each.games, each.wins) for each in shown] == [(each.games, each.wins) for each in ordered]
    assert has_kills == {ordered[0].has_kills}
    programs, read, path = calls.visitor(), [], f"/tournaments/{event.slug}/players?limit=2"
    while path:
        answer = programs.get(path).json()
        read += answer["items"]
        after = answer["next_page"]
        path = after and f"/tournaments/{event.slug}/players?limit=2&page={after}"
    assert [(each["public_id"], each["games"], each["wins"]) for each in read] == [
        (each.public_id, each.games, each.wins) for each in shown
    ]


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_the_best_players_and_all_totals_are_those_of_the_lines(limit):
    event = play(random.Random(7), is_team=False, entrants=9, matches=40)
    numbers = add_numbers(list_played_rows(event))

    front = read_played_front(event, players=limit, latest=5, with_totals=True)

    assert front.numbers.summary == numbers.summary
    best = tournament_played.order_players(numbers.players)[:limit]
    assert [(each.user_id, each.games, each.wins) for each in front.numbers.players] == [
        (each.user_id, each.games, each.wins) for each in best
    ]
    for told, each in zip(front.numbers.players, best, strict=True):
        assert (told.has_kills, told.kills, told.deaths) == (each.has_kills, each.kills, each.deaths)


@pytest.mark.parametrize("strange", STRANGE, ids=json.dumps)
@pytest.mark.parametrize("name", ["kills", "deaths"])
def test_what_is_no_whole_number_is_left_to_the_lines(strange, name):
    event = play(random.Random(8), is_team=False, matches=5)
    assert read_played_front(event, players=3, latest=3, with_totals=False)

    row = scene.match(scene.player("odd"), key="odd", stats={name: strange})
    scene.tournament_match(row, event)

    assert read_played_front(event, players=3, latest=3, with_totals=False) is None
    Match.objects.filter(pk=row.pk).update(uncounted_reason="an exhibition")
    assert read_played_front(event, players=3, latest=3, with_totals=False)


@pytest.mark.parametrize("strange", [None, "3", 2.5, True])
def test_a_total_with_something_else_among_its_numbers_is_left_out(strange):
    event = play(random.Random(9), is_team=False, matches=5)
    row = scene.match(scene.player("odd"), key="odd", stats={"assists": strange, "headshots": 4})
    scene.tournament_match(row, event)

    totals = read_played_front(event, players=3, latest=3, with_totals=True).numbers.summary.totals

    assert totals == add_numbers(list_played_rows(event)).summary.totals
    assert "assists" not in totals
    assert totals["headshots"] == 4


def test_where_all_ended_at_once_the_lines_tell_which_was_last(monkeypatch):
    event = play(random.Random(3), is_team=False, matches=6)
    Match.objects.update(played_at=scene.at(1))
    monkeypatch.setattr("deltacrown.tournaments.services.played_front.MOST_LATEST", 5)

    assert read_played_front(event, players=3, latest=2, with_totals=False) is None


@pytest.mark.parametrize("seed", range(5))
def test_the_first_results_are_those_of_the_whole_table(monkeypatch, seed):
    chance, event = random.Random(seed), scene.tournament(f"table-{seed}", status="COMPLETED")
    for number in range(40):
        user = scene.player(f"p{seed}-{number}")
        placement = chance.choice([None, *range(1, 13)])
        last = chance.choice([None, placement + 2]) if placement else None
        row = scene.result(event, placement, user, placement_to=last)
        if placement is None and chance.random() < 0.5:
            moved = {"disqualified_at": scene.at(5), "disqualified_reason": "cheat"}
            TournamentResult.objects.filter(pk=row.pk).update(**moved)
    limit = chance.choice([3, 10, 60])

    shown = tournaments.list_first(event, limit=limit)

    table = tournaments.list_standings(event, None, limit=50).items
    standing = [each for each in table if not each.disqualified_reason]
    assert shown == (
        standing[:limit],
        len(standing) > limit,
        [each for each in table if each.disqualified_reason],
    )


def test_ends_are_compared_as_times():
    event = play(random.Random(11), is_team=False, matches=8)
    Match.objects.filter(match_key="m3").update(played_at=scene.at(500) + timedelta(microseconds=7))

    front = read_played_front(event, players=1, latest=1, with_totals=False)

    last = max(list_played_rows(event), key=lambda row: row.played_at)
    assert last.pk in front.latest
