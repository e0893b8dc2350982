"""Files say what happened: ends, placements, days alone, voids of a line, names. Odd things are warned of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deltacrown.accounts.models import User
from deltacrown.games.models import Match
from deltacrown.tournaments.models import (
    Disqualification,
    Tournament,
    TournamentParticipation,
    TournamentResult,
)
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.interchange.files import Outcome, run_import

pytestmark = [pytest.mark.django_db, pytest.mark.once]

AT = "2025-03-01T18:30:00Z"


def import_lines(
    folder: Path, *lines: dict[str, Any], kind: str = "matches", create: bool = True, **options: Any
) -> Outcome:
    """Import lines of NDJSON; of matches each has the game and the time, unless it says otherwise."""
    usual = {"match_key": "m1", "game": "tennis", "result": "win", "played_at": AT}
    if kind == "tournaments":
        usual = {"tournament": "cup", "game": "tennis", "starts_at": "2025-03-01", "status": "completed"}
    file = folder / f"{kind}.ndjson"
    file.write_text("".join(json.dumps(usual | line) + "\n" for line in lines))
    return run_import(f"import_{kind}", file, create_missing=create, **options)


def import_matches(folder: Path, *lines: dict[str, Any], **options: Any) -> Outcome:
    return import_lines(folder, *lines, **options)


def import_tournaments(folder: Path, *lines: dict[str, Any], **options: Any) -> Outcome:
    return import_lines(folder, *lines, kind="tournaments", **options)


def test_a_line_says_how_it_ended(tmp_path):
    lines = [
        {"player": "ann", "score": "6-1 3-0", "placement": 1, "sequence": 4},
        {"player": "bob", "result": "loss", "ended_by": "Retired", "placement": "2.0", "sequence": 4},
        {"match_key": "m2", "player": "cem", "ended_by": "bye"},
        {"match_key": "m3", "player": "cem", "uncounted": "a friendly", "score": 2.5},
        {"match_key": "m4", "player": "ann", "result": "none", "ended_by": "abandoned"},
    ]

    outcome = import_matches(tmp_path, *lines)

    assert (outcome.exit_code, outcome.rejected, outcome.warnings) == (0, [], [])
    columns = ("match_key", "score", "placement", "ended_by", "sequence", "uncounted_reason")
    assert list(Match.objects.order_by("match_key", "user__username").values_list(*columns)) == [
        ("m1", "6-1 3-0", 1, "PLAY", 4, ""),
        ("m1", "", 2, "RETIRED", 4, ""),
        ("m2", "", None, "BYE", None, "a bye"),
        ("m3", "2.5", None, "PLAY", None, "a friendly"),
        ("m4", "", None, "ABANDONED", None, "abandoned without a result"),
    ]


@pytest.mark.parametrize(
    ("written", "at", "is_time_known"),
    [
        ("1872-11-30", datetime(1872, 11, 30, tzinfo=UTC), False),
        ("18721130", datetime(1872, 11, 30, tzinfo=UTC), False),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC), False),
        ("1872-11-30T14:15:00Z", datetime(1872, 11, 30, 14, 15, tzinfo=UTC), True),
        ("2025-03-01T00:00:00Z", datetime(2025, 3, 1, tzinfo=UTC), True),
        ("2025-03-01T00:30:00+02:00", datetime(2025, 2, 28, 22, 30, tzinfo=UTC), True),
    ],
)
def test_a_time_or_a_day_alone(tmp_path, written, at, is_time_known):
    import_matches(tmp_path, {"player": "ann", "played_at": written})

    assert list(Match.objects.values_list("played_at", "is_time_known")) == [(at, is_time_known)]


@pytest.mark.parametrize(
    ("voided", "expected"),
    [
        (["", ""], ["", ""]),
        (["crash", "crash"], ["crash", "crash"]),
        (["was not there", ""], ["was not there", ""]),
        (["was not there", "left"], ["was not there", "left"]),
    ],
)
def test_a_void_is_of_a_match_or_of_one_line(tmp_path, voided, expected):
    lines = [{"player": "ann", "voided": voided[0]}, {"player": "bob", "result": "loss", "voided": voided[1]}]

    import_matches(tmp_path, *lines)
    again = import_matches(tmp_path, *lines)

    assert list(Match.objects.order_by("user__username").values_list("void_reason", flat=True)) == expected
    assert "1 unchanged" in again.output


def test_what_looks_odd_is_taken_and_named(tmp_path):
    odd = [{"player": "ann", "result": "loss"}, {"player": "bob", "result": "loss"}]
    other = {"match_key": "m2", "played_at": "2025-03-02T18:30:00Z"}
    plain = [{**other, "player": "ann"}, {**other, "player": "bob", "result": "loss"}]

    outcome = import_matches(tmp_path, *odd, *plain)

    assert outcome.exit_code == 0
    assert "2 created, 0 unchanged, 0 refused, 1 with warnings; 4 lines" in outcome.output
    assert f"{tmp_path}/matches.ndjson.warnings.ndjson" in outcome.output
    assert outcome.warnings == [{"match_key": "m1", "lines": [1, 2], "warning": "Every side lost."}]
    assert import_matches(tmp_path, *odd).warnings == outcome.warnings, "at every run alike"
    assert import_matches(tmp_path, *plain).warnings == [], "the file of an earlier run is removed"


def test_a_match_of_some_tournament_is_taken_and_completed_by_a_later_file(tmp_path):
    first = import_matches(tmp_path, {"player": "ann", "kind": "tournament"})
    later = import_matches(tmp_path, {"player": "ann", "tournament": "cup"})

    assert [each["warning"] for each in first.warnings] == ["It is a tournament's, and names none."]
    assert (first.exit_code, later.warnings) == (0, [])
    assert "0 created, 1 updated" in later.output
    assert Match.objects.get().tournament_result.tournament.slug == "cup"


def test_a_key_in_two_games_is_two_matches(tmp_path):
    lines = [{"player": "ann"}, {"player": "bob", "game": "chess"}]

    outcome = import_matches(tmp_path, *lines)

    assert (outcome.exit_code, Match.objects.count()) == (0, 2)
    assert [(each["match_key"], each["lines"]) for each in outcome.warnings] == [("m1", [1, 2])]
    assert "names a match in each" in outcome.warnings[0]["warning"]


HUGE = "9" * 400
JUNK = [
    ({"placement": 0}, "placement: 0 is out of range; from 1 to 2147483647 is kept"),
    ({"placement": "5th"}, "placement: “5th” is not a whole number; write one from 1 on, or nothing"),
    ({"placement": [5]}, "placement: “[5]” is not a text or number"),
    ({"placement": 2**31}, "placement: 2147483648 is out of range"),
    ({"sequence": -1}, "sequence: -1 is out of range; from 0 to 2147483647 is kept"),
    ({"sequence": HUGE}, "is not a whole number; write one from 0 on, or nothing"),
    ({"sequence": {}}, "sequence: “{}” is not a text or number"),
    (
        {"ended_by": "walkover"},
        "ended_by: “walkover” is not known; write play, forfeit, bye, retired, disqualified or abandoned",
    ),
    ({"ended_by": True}, "ended_by: “true” is not a text or number"),
    ({"result": None}, "result: it is empty; write win, loss, draw or none"),
    ({"ended_by": "abandoned"}, "An abandoned match has no result, and WIN was given; give NONE"),
    ({"score": "9" * 101}, "score: it has 101 characters; at most 100 are kept"),
    ({"score": ["6-1"]}, 'score: “["6-1"]” is not a text or number'),
    ({"uncounted": "x" * 501}, "uncounted: it has 501 characters; at most 500 are kept"),
    ({"uncounted": "\u200b"}, "uncounted_reason is blank; say why the line counts nowhere, or leave it out"),
    ({"voided": {"why": "crash"}}, 'voided: “{"why": "crash"}” is not a text or number'),
    ({"player_name": "x" * 241}, "player_name: it has 241 characters; at most 240 are kept"),
    ({"player_name": "a\u0000b"}, "cannot be stored"),
    ({"country": ["SE"]}, 'country: “["SE"]” is not a text or number'),
    ({"played_at": 20250230}, "played_at: “20250230” is no day of the calendar"),
    ({"played_at": "10000-01-01"}, "played_at: “10000-01-01” is not a date and time"),
    ({"played_at": "-0044-03-15"}, "played_at: “-0044-03-15” is not a date and time"),
]


@pytest.mark.parametrize(("values", "reason"), JUNK)
@pytest.mark.once
def test_junk_is_named_with_its_mend(tmp_path, values, reason):
    outcome = import_matches(tmp_path, {"player": "ann"} | values, {"match_key": "m2", "player": "bob"})

    assert outcome.exit_code == 1
    assert reason in outcome.reasons[1]
    assert list(Match.objects.values_list("match_key", flat=True)) == ["m2"]


@pytest.mark.parametrize("differing", [{"sequence": 2}, {"played_at": "2025-03-01"}, {"round": "Final"}])
@pytest.mark.once
def test_what_is_of_the_match_is_the_same_on_all_its_lines(tmp_path, differing):
    lines = [{"player": "ann", "tournament": "cup"}, {"player": "bob", "tournament": "cup", "result": "loss"}]

    outcome = import_matches(tmp_path, lines[0], lines[1] | differing)

    [column] = differing
    assert outcome.reasons[1] == f"lines 1 and 2 differ in {column}; all lines of a match must say the same"


def texts() -> dict[str, tuple[str, str]]:
    rows = UserProfile.objects.values_list("user__username", "display_name", "country")
    return {username: (name, country) for username, name, country in rows}


@pytest.mark.parametrize("batch_size", [1, 500])
def test_players_have_the_names_and_countries_of_the_file(tmp_path, batch_size):
    scene.player("known")
    scene.player("named")
    UserProfile.objects.filter(user__username="named").update(display_name="Named", country="DE")
    lines = [
        {"player": "ann", "player_name": "Ann  Ångström", "country": "se"},
        {"player": "known", "result": "loss", "player_name": "Somebody Else", "country": "SE"},
        {"match_key": "m2", "player": "ann", "player_name": "Another Name", "played_at": "2025-03-02"},
        {"match_key": "m3", "player": "named", "player_name": "Norbert", "country": "AT"},
        {"match_key": "m4", "player": "named", "country": "DE", "played_at": "2025-03-02"},
        {"match_key": "m5", "player": "ann", "player_name": "Refused", "played_at": "2999-01-01"},
    ]

    outcome = import_matches(tmp_path, *lines, batch_size=batch_size)

    kept = {"ann": ("Ann Ångström", "SE"), "known": ("Somebody Else", "SE"), "named": ("Named", "DE")}
    assert texts() == kept
    told = "{0}: {1} stays “{2}”, the file says “{3}”: --update-players changes it"
    assert [note["warning"] for note in outcome.warnings] == [
        told.format("ann", "player_name", "Ann Ångström", "Another Name"),
        told.format("named", "player_name", "Named", "Norbert")
        + "; country stays “DE”, the file says “AT”: --update-players changes it",
    ]
    import_matches(tmp_path, *lines, batch_size=batch_size)
    assert texts() == kept
    outcome = import_matches(tmp_path, lines[2], lines[3], update_players=True, batch_size=batch_size)
    assert outcome.warnings == []
    assert texts() == kept | {"ann": ("Another Name", "SE"), "named": ("Norbert", "AT")}


def test_what_a_player_who_signs_in_left_empty_stays_empty(tmp_path):
    ann = scene.player("ann")
    type(ann).objects.filter(pk=ann.pk).update(last_login=scene.NOON)
    line = {"player": "ann", "country": "SE"}

    outcome = import_matches(tmp_path, line)

    assert outcome.warnings[0]["warning"] == (
        "ann: country stays empty, as the player left it, the file says “SE”: --update-players changes it"
    )
    assert texts() == {"ann": ("", "")}
    import_matches(tmp_path, line, update_players=True)
    assert texts() == {"ann": ("", "SE")}


def test_no_file_gives_a_known_player_another_s_name_or_names_who_is_gone(tmp_path):
    for name in ("ann", "bob", "gone"):
        scene.player(name)
    UserProfile.objects.filter(user__username="ann").update(display_name="Ann")
    UserProfile.objects.filter(user__username="gone").update(standing="ANONYMISED")
    lines = [
        {"match_key": "m1", "player": "bob", "player_name": "ANN", "country": "FR"},
        {"match_key": "m2", "player": "gone", "player_name": "Their Old Name", "country": "FR"},
    ]

    outcome = import_matches(tmp_path, *lines, update_players=True)

    assert texts() == {"ann": ("Ann", ""), "bob": ("", "FR"), "gone": ("", "")}
    [note] = outcome.warnings
    assert "player_name is left out: “ANN” is the name of another player" in note["warning"]


@pytest.mark.parametrize(
    ("said", "kept", "warning"),
    [
        (
            {"player_name": "Taken"},
            ("", ""),
            "player_name is left out: “Taken” is the name of another player",
        ),
        (
            {"player_name": "x" * 61, "country": "SE"},
            ("", "SE"),
            "player_name is left out: player_name is 61",
        ),
        ({"player_name": "a\u202eb"}, ("", ""), "player_name is left out: "),
        (
            {"country": "SUI", "player_name": "Roger"},
            ("Roger", ""),
            "country “SUI” is left out: write two letters",
        ),
        ({"player_name": "\u200b"}, ("", ""), ""),
    ],
)
def test_a_name_that_cannot_be_kept_is_no_reason_to_refuse_a_match(tmp_path, said, kept, warning):
    UserProfile.objects.filter(user=scene.player("bob")).update(
        display_name="Taken", display_skeleton="taken"
    )

    outcome = import_matches(tmp_path, {"player": "ann"} | said)

    assert (outcome.exit_code, texts()["ann"]) == (0, kept)
    assert [each["warning"].startswith(f"ann: {warning}") for each in outcome.warnings] == [True] * bool(
        warning
    )


def test_two_new_players_of_one_name(tmp_path):
    lines = [{"player": name, "player_name": "John Smith", "match_key": name} for name in ("js1", "js2")]

    outcome = import_matches(tmp_path, *lines)

    assert texts() == {"js1": ("John Smith", ""), "js2": ("", "")}
    assert [each["match_key"] for each in outcome.warnings] == ["js2"]


def test_a_name_of_a_player_whose_match_is_refused_leaves_nothing(tmp_path):
    outcome = import_matches(tmp_path, {"player": "ann", "player_name": "Ann", "ended_by": "abandoned"})

    assert (outcome.exit_code, User.objects.count(), outcome.warnings) == (1, 0, [])


def test_a_tournament_says_all_that_is_known_of_it(tmp_path):
    shared = {
        "starts_at": "1877-07-09",
        "ends_at": "1877-07-19",
        "currency": "gbp",
        "capacity": 32,
        "organiser": "club",
        "forfeits_count": "no",
        "entrants": "players",
    }
    entrants: list[dict[str, Any]] = [
        {"player": "gore", "placement": 1, "prize": "12.12", "player_name": "Spencer Gore", "country": "GB"},
        {"player": "marshall", "placement": "2-4"},
        {"player": "erskine", "unplaced": "did not start"},
        {"player": "heathcote", "disqualified": "late"},
        {"player": "hankey", "entry": "withdrawn"},
        {"player": "jackson", "entry": "disqualified", "disqualified": "rude"},
        {"player": "lambert", "registered_at": "1877-07-01"},
    ]

    outcome = import_tournaments(tmp_path, *(shared | each for each in entrants))
    again = import_tournaments(tmp_path, *(shared | each for each in entrants))

    assert (outcome.rejected, again.rejected) == ([], [])
    assert "1 unchanged" in again.output
    event = Tournament.objects.get()
    assert (event.prize_currency, event.capacity, event.counts_forfeits) == ("GBP", 32, False)
    assert str(event.organiser) == "club"
    assert event.ends_at == datetime(1877, 7, 19, 23, 59, 59, tzinfo=UTC), "the whole of its last day"
    columns = ("user__username", "placement", "placement_to", "unplaced_reason", "disqualified_reason")
    assert sorted(TournamentResult.objects.values_list(*columns)) == [
        ("erskine", None, None, "did not start", ""),
        ("gore", 1, None, "", ""),
        ("heathcote", None, None, "", "late"),
        ("marshall", 2, 4, "", ""),
    ]
    entries = TournamentParticipation.objects.exclude(status="REGISTERED")
    assert sorted(entries.values_list("user__username", "status")) == [
        ("hankey", "WITHDRAWN"),
        ("heathcote", "DISQUALIFIED"),
        ("jackson", "DISQUALIFIED"),
    ]
    assert texts()["gore"] == ("Spencer Gore", "GB")
    assert {each["tournament"] for each in outcome.warnings} == {"cup"}


def test_players_of_a_team_come_and_go(tmp_path, find_all_drift):
    team = {"team": "Reds", "placement": 1, "prize": 100}
    lines = [
        team | {"player": "ann", "registered_at": "2025-01-01"},
        team | {"player": "bob", "registered_at": "2025-01-01", "entry": "left"},
        team | {"player": "cem", "registered_at": "2025-02-01"},
        team | {"player": "dan", "entry": "left", "shares": "yes"},
    ]

    assert import_tournaments(tmp_path, *lines).rejected == []

    entries = TournamentParticipation.objects.order_by("user__username")
    assert list(entries.values_list("user__username", "status", "registered_at__month")) == [
        ("ann", "REGISTERED", 1),
        ("bob", "WITHDRAWN", 1),
        ("cem", "REGISTERED", 2),
        ("dan", "WITHDRAWN", 1),
    ]
    shares = TournamentResult.objects.exclude(user=None).values_list("user__username", "prize_amount")
    assert sorted((name, str(prize)) for name, prize in shares) == [
        ("ann", "33.33"),
        ("cem", "33.33"),
        ("dan", "33.33"),
    ]
    assert find_all_drift() == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"entry": "checked_in"}, "CHECKED_IN"),
        ({"entry": "withdrawn"}, "WITHDRAWN"),
        ({"disqualified": "rude"}, "DISQUALIFIED"),
    ],
)
def test_a_later_file_takes_an_entrant_further_and_an_older_one_not_back(tmp_path, said, status):
    running = [{"player": name, "status": "running"} for name in ("ann", "bob")]
    import_tournaments(tmp_path, *running)

    later = import_tournaments(tmp_path, running[0] | said, running[1])
    again = import_tournaments(tmp_path, running[0] | said, running[1])
    older = import_tournaments(tmp_path, *running)

    assert "0 created, 1 updated, 0 unchanged" in later.output
    assert all("1 unchanged" in outcome.output for outcome in (again, older))
    entries = TournamentParticipation.objects.order_by("user__username")
    assert list(entries.values_list("status", flat=True)) == [status, "REGISTERED"]
    assert Disqualification.objects.count() == (status == "DISQUALIFIED")


JUNK_OF_TOURNAMENTS = [
    ({"placement": "5-3"}, "placement: 5-3 ends before it begins; write the better placement first"),
    ({"placement": "0-3"}, "placement: 0-3 is not possible; 1 is the winner"),
    ({"placement": HUGE}, "is not a placement; write 1 for the winner"),
    ({"placement": "T5"}, "“T5” is not a placement; write 1 for the winner"),
    ({"placement": 1, "unplaced": "DNF"}, "who has a reason in unplaced has no placement"),
    ({"placement": 1, "disqualified": "x"}, "who has a reason in disqualified has no placement"),
    ({"unplaced": "DNF", "disqualified": "x"}, "unplaced: a disqualified entrant needs no other reason"),
    ({"unplaced": "x" * 201}, "unplaced: it has 201 characters; at most 200 are kept"),
    ({"currency": "euro"}, "currency: “EURO” is not a currency; write three letters of ISO 4217"),
    ({"currency": ["EUR"]}, 'currency: “["EUR"]” is not a text or number'),
    ({"capacity": 0}, "capacity: 0 is out of range"),
    ({"organiser": "--"}, "organiser: “--” is not a username"),
    ({"forfeits_count": "maybe"}, "forfeits_count: “maybe” is not known; write yes or no"),
    ({"provisional": 1}, "provisional: “1” is not known; write yes or no"),
    ({"entrants": "both"}, "entrants: “both” is not known; write players or teams"),
    ({"entrants": "teams"}, "team: entrants says teams; fill in the team, or write players"),
    (
        {"entrants": "players", "team": "Reds"},
        "team: entrants says players; write teams, or leave team empty",
    ),
    (
        {"entry": "gone"},
        "entry: “gone” is not known; write registered, checked_in, withdrawn, disqualified or left",
    ),
    ({"entry": "left"}, "entry: only a player of a team can have left it; write withdrawn"),
    ({"entry": "disqualified"}, "entry: a disqualified entrant needs a reason in disqualified"),
    (
        {"entry": "registered", "disqualified": "x"},
        "entry: it has a reason in disqualified; leave entry empty",
    ),
    ({"shares": "half"}, "shares: “half” is not known; write yes or no"),
    ({"prize": 5}, "prize: a prize needs a placement; fill in the placement, or say in unplaced why"),
    ({"placement": 1, "status": "open"}, "placement: only a completed tournament has results"),
    ({"ends_at": "2025-02-28"}, "ends_at: it is before starts_at"),
    ({"placement": 1, "decided_at": "2999-01-01"}, "decided_at 2999-01-01 00:00 is in the future"),
    ({"placement": 1, "details": "lots"}, "details: “lots” is not an object"),
    ({"withheld_prize": "-1"}, "withheld_prize: “-1” is out of range"),
]


@pytest.mark.parametrize(("values", "reason"), JUNK_OF_TOURNAMENTS)
@pytest.mark.once
def test_junk_of_tournaments_is_named_with_its_mend(tmp_path, values, reason):
    other = {"tournament": "other", "player": "bob", "placement": 1}

    outcome = import_tournaments(tmp_path, {"player": "ann"} | values, other)

    assert outcome.exit_code == 1
    assert reason in outcome.reasons[1]
    assert list(Tournament.objects.values_list("slug", flat=True)) == ["other"]
    assert not User.objects.filter(username="ann").exists()
