"""The Call of Duty World League's files, against a recount made here straight from them."""

from __future__ import annotations

import csv
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.games.models import Match
from deltacrown.teams.models import Team, TeamMembership
from deltacrown.tournaments.models import (
    Tournament,
    TournamentMatchResult,
    TournamentParticipation,
    TournamentResult,
    TournamentSeriesResult,
)
from deltacrown.tournaments.services import list_player_totals, summarise_tournament
from tests.interchange.files import CWL_DATA, Outcome, dump, needs_cwl_data, run_import

pytestmark = [needs_cwl_data, pytest.mark.django_db, pytest.mark.once]

FILES = [
    "data-2017-08-13-champs.csv",
    "data-2018-04-19-relegation.csv",
    "data-2018-08-19-champs.csv",
    "data-2019-08-18-champs.csv",
]
SLUGS = [
    "cwl-2017-08-13-champs",
    "cwl-2018-04-19-relegation",
    "cwl-2018-08-19-champs",
    "cwl-2019-08-18-champs",
]
GAMES = [
    "call-of-duty-infinite-warfare",
    "call-of-duty-wwii",
    "call-of-duty-wwii",
    "call-of-duty-black-ops-4",
]
#: The format of a datetime to the second.
SECONDS = "%Y-%m-%d %H:%M:%S"


@dataclass
class Counted:
    """A player, as counted from the files."""

    played: int = 0
    won: int = 0
    kills: int = 0
    deaths: int = 0
    entered: set[str] = field(default_factory=set)
    placements: list[int] = field(default_factory=list)


def read_file(name: str) -> list[dict[str, str]]:
    with (CWL_DATA / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def recount() -> dict[str, Counted]:
    """Count every player from the rows of the files, with nothing of the importer."""
    players: dict[str, Counted] = defaultdict(Counted)
    for name in FILES:
        rows = read_file(name)
        for row in rows:
            player = players[row["player"]]
            player.played += 1
            player.won += row["win?"] == "W"
            player.kills += int(row["kills"])
            player.deaths += int(row["deaths"])
            player.entered.add(name)
        for placement, team in enumerate(final_of(rows), start=1):
            for player_name in {row["player"] for row in rows if row["team"] == team}:
                players[player_name].placements.append(placement)
    return players


def final_of(rows: list[dict[str, str]]) -> list[str]:
    """Winner and loser of the series that was played last."""
    series = max(rows, key=lambda row: row["end time"])["series id"]
    won = Counter({row["team"]: 0 for row in rows if row["series id"] == series})
    won.update(row["team"] for row in rows if row["series id"] == series and row["win?"] == "W")
    assert len(won) == 2
    return [team for team, _ in won.most_common()]


@dataclass
class Season:
    """All four files imported, one after the other."""

    folder: Path
    outcome: Outcome


@pytest.fixture(scope="module")
def season(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Season]:
    """The imported files, once for the module; taken back at its end."""
    folder = tmp_path_factory.mktemp("cwl")
    for name in FILES:
        shutil.copyfile(CWL_DATA / name, folder / name)
    with django_db_blocker.unblock(), transaction.atomic():
        yield Season(folder, run_import("import_matches", *[folder / name for name in FILES], format="cwl"))
        transaction.set_rollback(True)


def test_every_game_is_taken(season):
    assert (season.outcome.exit_code, season.outcome.rejected) == (0, [])
    assert [line.split(";")[0] for line in season.outcome.output.splitlines()] == [
        "data-2017-08-13-champs.csv: matches: 298 created, 0 unchanged, 0 refused",
        "data-2018-04-19-relegation.csv: matches: 39 created, 0 unchanged, 0 refused",
        "data-2018-08-19-champs.csv: matches: 296 created, 0 unchanged, 0 refused",
        "data-2019-08-18-champs.csv: matches: 296 created, 0 unchanged, 0 refused",
    ]
    assert [path.name for path in season.folder.iterdir() if path.name not in FILES] == []


def test_each_file_is_a_tournament(season):
    table = [
        (each.slug, each.name, each.game.slug, each.entrant_kind, each.status, each.starts_at, each.ends_at)
        for each in Tournament.objects.filter(slug__startswith="cwl-")
        .order_by("starts_at")
        .select_related("game")
    ]
    assert [(*row[:5], f"{row[5]:{SECONDS}}", f"{row[6]:{SECONDS}}") for row in table] == [
        (
            SLUGS[0],
            "CWL Champs 2017",
            GAMES[0],
            "TEAM",
            "COMPLETED",
            "2017-08-09 14:03:50",
            "2017-08-13 20:48:22",
        ),
        (
            SLUGS[1],
            "CWL Pro League Relegation 2018",
            GAMES[1],
            "TEAM",
            "COMPLETED",
            "2018-04-19 19:11:19",
            "2018-04-20 03:00:00",
        ),
        (
            SLUGS[2],
            "CWL Champs 2018",
            GAMES[2],
            "TEAM",
            "COMPLETED",
            "2018-08-15 16:03:00",
            "2018-08-19 23:34:55",
        ),
        (
            SLUGS[3],
            "CWL Champs 2019",
            GAMES[3],
            "TEAM",
            "COMPLETED",
            "2019-08-14 17:07:04",
            "2019-08-18 22:32:13",
        ),
    ]


def test_every_player_equals_an_independent_recount(season):
    counted = recount()
    users = User.objects.filter(username__in=counted).select_related("profile")

    assert len(counted) == 236
    assert {
        user.username: (
            user.profile.total_matches_played,
            user.profile.matches_won,
            user.profile.tournaments_participated,
            user.profile.tournaments_won,
            user.profile.average_placement,
            user.profile.overall_win_rate,
        )
        for user in users
    } == {
        name: (
            player.played,
            player.won,
            len(player.entered),
            player.placements.count(1),
            mean(player.placements),
            rounded(Decimal(player.won * 100) / player.played),
        )
        for name, player in counted.items()
    }


def mean(placements: list[int]) -> Decimal | None:
    return rounded(Decimal(sum(placements)) / len(placements)) if placements else None


def rounded(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_kills_and_deaths_of_every_player_equal_the_recount(season):
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for name, stats in Match.objects.filter(tournament_result__tournament__slug__in=SLUGS).values_list(
        "user__username", "stats"
    ):
        sums[name].update({"kills": stats["kills"], "deaths": stats["deaths"]})

    assert {name: (each["kills"], each["deaths"]) for name, each in sums.items()} == {
        name: (player.kills, player.deaths) for name, player in recount().items()
    }


def test_published_totals_of_2017(season):
    champs = Tournament.objects.get(slug=SLUGS[0])

    summary = summarise_tournament(champs)
    assert (summary.matches, summary.players, summary.teams) == (298, 128, 32)
    assert (summary.totals["kills"], summary.totals["deaths"]) == (40_798, 40_886)
    best = list_player_totals(champs)[:3]
    assert [(each.user.username, str(each.kill_death_ratio)) for each in best] == [
        ("Formal", "1.44"),
        ("Royalty", "1.35"),
        ("Slasher", "1.27"),
    ]


def test_published_record_of_a_single_game(season):
    hardpoint = Match.objects.filter(
        tournament_result__tournament__slug=SLUGS[0],
        tournament_result__map_name="Throwback",
        tournament_result__stats__mode="Hardpoint",
    )

    kills = sorted(
        ((stats["kills"], name) for name, stats in hardpoint.values_list("user__username", "stats")),
        reverse=True,
    )
    assert kills[:3] == [(45, "Scump"), (44, "Formal"), (42, "Slasher")]


def test_first_and_second_are_those_of_the_last_series(season):
    rows = TournamentResult.objects.filter(tournament__slug__in=SLUGS, user__isnull=True).order_by(
        "tournament__starts_at", "placement"
    )

    assert list(rows.values_list("tournament__slug", "placement", "team__name")) == [
        (SLUGS[0], 1, "OpTic Gaming"),
        (SLUGS[0], 2, "Team EnVyUs"),
        (SLUGS[1], 1, "Epsilon"),
        (SLUGS[1], 2, "Team Vitality"),
        (SLUGS[2], 1, "Evil Geniuses"),
        (SLUGS[2], 2, "Team Kaliber"),
        (SLUGS[3], 1, "eUnited"),
        (SLUGS[3], 2, "100 Thieves"),
    ]
    assert set(rows.values_list("decided_at", flat=True)) == set(
        Tournament.objects.filter(slug__in=SLUGS).values_list("ends_at", flat=True)
    )


def test_a_game_marked_lost_by_both_teams_is_a_draw(season):
    game = Match.objects.filter(match_key="A10D2B1C-1377-11D3-2AD6-0CFE454272F2")

    assert Counter(game.values_list("side", "result", "score")) == {
        ("Ghost Gaming", "DRAW", "2"): 4,
        ("Team EnVyUs", "DRAW", "2"): 4,
    }
    assert Match.objects.filter(tournament_result__tournament__slug__in=SLUGS, result="DRAW").count() == 8


def test_a_series_id_names_another_series_in_each_file(season):
    final = (
        TournamentMatchResult.objects.filter(series="champs-bracket-grand-finals-0")
        .values_list("tournament__slug")
        .distinct()
    )

    assert sorted(slug for (slug,) in final) == [SLUGS[0], SLUGS[2], SLUGS[3]]
    assert {
        row.round for row in TournamentMatchResult.objects.filter(series="champs-bracket-grand-finals-0")
    } == {"Grand final"}


def test_a_team_renamed_in_the_middle_is_one_team(season):
    envy = Team.objects.get(name="Team EnVyUs")
    rows = TournamentMatchResult.objects.filter(tournament__slug=SLUGS[2], team=envy)

    assert set(rows.values_list("match__side", flat=True)) == {"Team EnVyUs", "Team Envy"}
    assert set(rows.values_list("user__username", flat=True)) == {"Chino", "Classic", "Decemate", "Huke"}
    entrants = TournamentParticipation.objects.filter(tournament__slug=SLUGS[2])
    assert (entrants.values("team").distinct().count(), entrants.count()) == (32, 128)
    assert not entrants.filter(team__name="Team Envy").exists()


def test_rosters_hold_everybody_who_played(season):
    entrants = TournamentParticipation.objects.filter(tournament__slug=SLUGS[3])

    assert (entrants.values("team").distinct().count(), entrants.count()) == (32, 162)
    assert set(entrants.values_list("registered_at", "status")) == {
        (datetime(2019, 8, 14, 17, 7, 4, tzinfo=UTC), "REGISTERED")
    }
    fuego = entrants.filter(team__name="Fuego Gaming").values_list("user__username", flat=True)
    assert set(fuego) == {row["player"] for row in read_file(FILES[3]) if row["team"] == "Fuego Gaming"}


def test_memberships_last_from_the_first_game_to_the_last(season):
    formal = TeamMembership.objects.filter(user__username="Formal").order_by("joined_at")

    assert [
        (each.team.name, f"{each.joined_at:{SECONDS}}", f"{each.left_at:{SECONDS}}")
        for each in formal.select_related("team")
    ] == [
        ("OpTic Gaming", *find_period("Formal", FILES[0])),
        ("Luminosity", *find_period("Formal", FILES[2])),
        ("Luminosity", *find_period("Formal", FILES[3])),
    ]
    assert TeamMembership.objects.filter(left_at__isnull=True).count() == 0


def find_period(player: str, name: str) -> tuple[str, str]:
    """Return the start of a player's first game in a file and the end of the last."""
    ends = [
        (datetime.strptime(row["end time"], f"{SECONDS} UTC"), float(row["duration (s)"]))
        for row in read_file(name)
        if row["player"] == player
    ]
    starts = [
        datetime.fromtimestamp(end.replace(tzinfo=UTC).timestamp() - seconds, UTC) for end, seconds in ends
    ]
    return f"{min(starts):{SECONDS}}", f"{max(end for end, _ in ends):{SECONDS}}"


def test_what_is_kept_of_a_row(season):
    match = Match.objects.select_related("tournament_result").get(
        match_key="3A6D1AC2-1118-11D3-A6EB-0CFE456F15BE", user__username="Methodz"
    )
    row = next(row for row in read_file(FILES[0]) if row["player"] == "Methodz")

    assert (match.kind, match.result, match.side, match.score, match.played_at) == (
        "TOURNAMENT", "LOSS", "Echo Fox", "106", datetime(2017, 8, 9, 14, 11, 50, tzinfo=UTC),
    )  # fmt: skip
    described = match.tournament_result
    assert (described.round, described.series, described.map_name) == (
        "Pool A",
        "champs-pool-A-3",
        "Retaliation",
    )
    assert described.stats == {"mode": "Hardpoint", "duration_s": 480}
    assert described.opponent_team is not None
    assert {
        name: match.stats[name]
        for name in ("kills", "hill_time_s", "avg_kill_dist_m", "8_plus_streak", "fave_rig")
    } == {
        "kills": int(row["kills"]),
        "hill_time_s": int(row["hill time (s)"]),
        "avg_kill_dist_m": 23.1,
        "8_plus_streak": int(row["8+-streak"]),
        "fave_rig": "Phantom",
    }
    assert not {"k_d", "plus", "accuracy", "multikills", "kills_per_10min"} & match.stats.keys()
    assert len(match.stats) == len(row) - 10 - 7  # of the match, and derived in that season


def test_a_second_import_in_another_order_changes_nothing(season):
    before = dump()

    again = run_import("import_matches", *[season.folder / name for name in reversed(FILES)], format="cwl")

    assert again.exit_code == 0
    assert all(" 0 created, " in line and " 0 refused" in line for line in again.output.splitlines())
    assert dump() == before
    assert [path.name for path in season.folder.iterdir() if path.name not in FILES] == []


def test_count_of_rows_equals_each_number(season):
    for user in User.objects.filter(username__in=recount()).select_related("profile"):
        assert user.match_rows.filter(voided_at__isnull=True).count() == user.profile.total_matches_played
        assert user.tournament_results.filter(placement=1).count() == user.profile.tournaments_won


@dataclass
class Series:
    """A series as counted from a file: games won by each of its teams, and who played in it for which."""

    won: Counter[str] = field(default_factory=Counter)
    players: dict[str, str] = field(default_factory=dict)


def recount_series(name: str) -> dict[str, Series]:
    """Count every series of a file, with nothing of the importer. A game that both lost is won by nobody."""
    found: dict[str, Series] = defaultdict(Series)
    winners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in read_file(name):
        is_renamed = name == FILES[2] and row["team"] == "Team Envy"  # in the middle of a series
        team = "Team EnVyUs" if is_renamed else row["team"]
        series = found[row["series id"]]
        series.won.setdefault(team, 0)
        series.players[row["player"]] = team
        if row["win?"] == "W":
            winners[row["series id"], row["match id"]].add(team)

    for (series_id, _), teams in winners.items():
        [winner] = teams
        found[series_id].won[winner] += 1
    return found


def test_every_series_is_what_its_games_come_to(season):
    for slug, name in zip(SLUGS, FILES, strict=True):
        expected = {}
        for series_id, series in recount_series(name).items():
            for player, team in series.players.items():
                [won], [lost] = [series.won[team]], [series.won[each] for each in series.won if each != team]
                result = "DRAW" if won == lost else "WIN" if won > lost else "LOSS"
                expected[series_id, player] = (team, result, won, lost)

        rows = TournamentSeriesResult.objects.filter(tournament__slug=slug).select_related("user", "team")
        assert {
            (row.series, row.user.username): (row.team.name, row.result, row.games_won, row.games_lost)
            for row in rows
        } == expected
        assert {row.uncounted_reason for row in rows} == {""}


def test_the_series_of_each_event_are_those_of_the_file(season):
    rows = TournamentSeriesResult.objects.filter(tournament__slug__in=SLUGS)
    series = set(rows.values_list("tournament__slug", "series"))
    counted = Counter(slug for slug, _ in series)

    assert [counted[slug] for slug in SLUGS] == [82, 10, 79, 78]


def test_the_grand_finals_are_as_they_were_played(season):
    """Who came from the losers' bracket had to win two: in 2017 and in 2018 the first was not the last."""
    finals = TournamentSeriesResult.objects.filter(series__contains="grand-finals", result="WIN")
    columns = ("tournament__slug", "series", "team__name", "games_won", "games_lost")

    first, second = "champs-bracket-grand-finals-0", "champs-bracket-grand-finals-1"
    assert set(finals.values_list(*columns)) == {
        (SLUGS[0], first, "OpTic Gaming", 3, 1),
        (SLUGS[0], second, "OpTic Gaming", 3, 0),
        (SLUGS[2], first, "Team Kaliber", 3, 2),
        (SLUGS[2], second, "Evil Geniuses", 3, 0),
        (SLUGS[3], first, "eUnited", 3, 2),
    }


def test_the_numbers_of_series_equal_a_recount(season):
    played: Counter[str] = Counter()
    won: Counter[str] = Counter()
    for name in FILES:
        for series in recount_series(name).values():
            for player, team in series.players.items():
                played[player] += 1
                won[player] += all(series.won[team] > series.won[each] for each in series.won if each != team)

    users = User.objects.filter(username__in=played).select_related("profile")
    assert {user.username: (user.profile.series_played, user.profile.series_won) for user in users} == {
        player: (played[player], won[player]) for player in played
    }
