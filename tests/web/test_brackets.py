"""Rounds and series as stages: an elimination, a table, or rounds alone. Pure functions."""

import pytest

from deltacrown.pages.bracket import Facts, tell_stages
from deltacrown.pages.bracket_shapes import Contender, Encounter, EncounterSide
from deltacrown.pages.round_words import Part, read_round
from tests import scene

pytestmark = pytest.mark.once

RUNNING = Facts(is_running=True)


def team(name):
    return Contender(("team", ord(name[0]) * 100 + ord(name[-1])), name)


def tie(round_name, score, *, hours=0, **fields):
    """An encounter by its score: ``A 2-1 B``; ``A 0-0 B`` is not decided, ``A`` a bye."""
    if " " not in score:
        sides = (EncounterSide(team(score), "WIN"),)
        return Encounter(round_name, "", scene.at(hours), sides, is_bye=True, **fields)
    left, games, right = score.split(" ")
    won, lost = map(int, games.split("-"))
    results = ("WIN", "LOSS") if won > lost else ("LOSS", "WIN") if won < lost else ("NONE", "NONE")
    if won == lost == 1:
        results = ("DRAW", "DRAW")
    sides = (
        EncounterSide(team(left), results[0], str(won), won),
        EncounterSide(team(right), results[1], str(lost), lost),
    )
    return Encounter(round_name, score, scene.at(hours), sides, series=score, **fields)


def ties(round_name, *scores, hours=0):
    return [tie(round_name, score, hours=hours + number) for number, score in enumerate(scores)]


def drawn(line):
    """The rounds of a line: ``A>B`` where A won, ``A (bye)``, ``?`` where nobody is told."""
    return {each.title: [draw(one) for one in each.ties] for each in line.rounds}


def draw(one):
    if one.is_bye:
        return f"{one.slots[0].who.name} (bye)"
    names = [slot.who.name if slot.who else "?" for slot in one.slots]
    return (">" if one.winner else " - ").join(sorted(names, key=lambda name: name != _winner(one)))


def _winner(one):
    return one.winner.name if one.winner else None


QUARTERS = ties("Quarter-final", "A 2-0 H", "B 2-1 G", "C 2-0 F", "D 0-2 E")
SEMIS = ties("Semi-final", "A 2-1 E", "C 2-0 B", hours=10)
FINAL = ties("Final", "A 1-3 C", hours=20)


def test_an_elimination_is_a_bracket_and_each_tie_stands_beside_the_one_it_leads_to():
    (stage,) = tell_stages([*FINAL, *QUARTERS, *SEMIS])

    assert stage.kind == "bracket"
    assert drawn(stage.lines[0]) == {
        "Quarter-final": ["A>H", "E>D", "C>F", "B>G"],
        "Semi-final": ["A>E", "C>B"],
        "Final": ["C>A"],
    }
    assert [each.in_pairs for each in stage.lines[0].rounds] == [True, True, False]


def test_who_enters_later_had_a_bye():
    first = ties("Round of 16", "A 2-0 X", "H 0-2 Y", hours=-10)
    (stage,) = tell_stages(
        [*first, *ties("Quarter-final", "A 2-0 B", "C 2-0 Y"), *ties("Final", "A 2-0 C", hours=5)]
    )

    assert drawn(stage.lines[0])["Round of 16"] == ["A>X", "B (bye)", "C (bye)", "Y>H"]


def test_a_bye_that_was_recorded_is_said_once():
    rows = [tie("Semi-final", "A"), tie("Semi-final", "B 1-0 C"), tie("Final", "A 2-0 B", hours=5)]

    assert drawn(tell_stages(rows)[0].lines[0])["Semi-final"] == ["A (bye)", "B>C"]


def test_the_match_for_the_third_place_stands_apart():
    (stage,) = tell_stages([*SEMIS, *FINAL, *ties("Third place", "B 2-0 E", hours=19)])

    assert [each.title for each in stage.lines[0].rounds] == ["Semi-final", "Final"]
    assert [draw(one) for one in stage.third[0].ties] == ["B>E"]


def test_a_double_elimination_has_an_upper_and_a_lower_line():
    rows = [
        *ties("Upper semi-final", "A 2-0 B", "C 2-0 D"),
        *ties("Lower round 1", "B 2-0 D", hours=3),
        *ties("Upper final", "A 2-0 C", hours=5),
        *ties("Lower final", "C 2-0 B", hours=7),
        *ties("Grand final", "C 3-2 A", hours=9),
    ]
    (stage,) = tell_stages(rows)

    assert {line.title: drawn(line) for line in stage.lines} == {
        "Upper bracket": {"Upper semi-final": ["A>B", "C>D"], "Upper final": ["A>C"]},
        "Lower bracket": {"Lower round 1": ["B>D"], "Lower final": ["C>B"]},
        "Finals": {"Grand final": ["C>A"]},
    }


class TestRunning:
    def test_rounds_to_come_are_drawn_as_far_as_they_are_sure(self):
        (stage,) = tell_stages(QUARTERS, RUNNING)

        assert drawn(stage.lines[0]) == {
            "Quarter-final": ["A>H", "B>G", "C>F", "E>D"],
            "Semi-finals": ["? - ?", "? - ?"],
            "Final": ["? - ?"],
        }

    def test_where_one_tie_is_open_those_who_won_play_it(self):
        (stage,) = tell_stages([*QUARTERS, SEMIS[0]], RUNNING)

        assert drawn(stage.lines[0])["Semi-final"] == ["A>E", "B - C"]
        assert drawn(stage.lines[0])["Final"] == ["A - ?"]

    def test_nothing_is_to_come_once_it_is_over_nor_where_names_tell_no_size(self):
        assert list(drawn(tell_stages(QUARTERS)[0].lines[0])) == ["Quarter-final"]
        rows = [*ties("Round 1", "A 2-0 B", "C 2-0 D"), *ties("Round 2", "A 2-0 C", hours=5)]
        assert list(drawn(tell_stages(rows, RUNNING)[0].lines[0])) == ["Round 1", "Round 2"]


def test_the_disqualified_are_marked_and_keep_their_ties():
    (stage,) = tell_stages([*SEMIS, *FINAL], Facts(disqualified=frozenset({team("C")})))

    slots = {slot.who.name: slot.is_disqualified for slot in stage.lines[0].rounds[1].ties[0].slots}
    assert slots == {"A": False, "C": True}


@pytest.mark.parametrize(
    "rows",
    [
        [*SEMIS, *ties("Final", "A 2-0 C", "E 2-0 B", hours=20)],
        [*SEMIS, *ties("Final", "A 2-0 B", hours=20)],
        ties("Semi-final", "A 2-0 B", "A 2-0 C"),
    ],
    ids=["two finals", "who lost plays on", "twice in a round"],
)
def test_what_is_no_elimination_is_shown_as_rounds(rows):
    (stage,) = tell_stages(rows)

    assert stage.kind == "rounds"
    assert sum(len(each.encounters) for each in stage.rounds) == len(rows)


class TestTables:
    def test_groups_have_a_table_each_and_the_bracket_follows(self):
        rows = [
            *ties("Group B", "X 2-0 Y"),
            *ties("Group A, round 1", "A 2-0 B"),
            *ties("Group A, round 2", "B 1-1 C", hours=2),
            *ties("Group A, round 3", "C 0-0 A", hours=4),
            *ties("Final", "A 2-0 X", hours=9),
        ]
        first, second, bracket = tell_stages(rows)

        assert [first.title, second.title, bracket.kind] == ["Group A", "Group B", "bracket"]
        told = [
            (line.who.name, line.played, line.won, line.drawn, line.lost, line.signed_difference)
            for line in first.lines
        ]
        # What is not decided yet is no game of the table.
        assert told == [("A", 1, 1, 0, 0, "+2"), ("C", 1, 0, 1, 0, "0"), ("B", 2, 0, 1, 1, "−2")]

    def test_where_everybody_met_everybody_it_is_a_table_whatever_rounds_are_called(self):
        assert tell_stages(ties("", "A 2-0 B", "B 2-0 C", "C 2-0 A"))[0].kind == "table"
        assert tell_stages(ties("", "A 2-0 B", "B 2-0 C"))[0].kind == "rounds"

    def test_a_lobby_of_many_is_neither_bracket_nor_table(self):
        sides = tuple(EncounterSide(team(name), "WIN" if name == "A" else "LOSS") for name in "ABCD")
        rows = [
            Encounter(f"Week {number}", "", scene.at(number), sides, match_key=f"k{number}")
            for number in (1, 2)
        ]

        assert tell_stages(rows)[0].kind == "rounds"


@pytest.mark.parametrize(
    ("name", "part", "size"),
    [
        ("Final", Part.MAIN, 1),
        ("Grand Finals", Part.GRAND, 1),
        ("semi-finals", Part.MAIN, 2),
        ("Quarterfinal", Part.MAIN, 4),
        ("Round of 16", Part.MAIN, 8),
        ("1/8 final", Part.MAIN, 8),
        ("Winners' Final", Part.UPPER, 1),
        ("Losers round 3", Part.LOWER, None),
        ("3rd place match", Part.THIRD, 1),
        ("Pool C", Part.GROUP, None),
        ("Matchday 12", Part.LEAGUE, None),
        ("Swiss round 2", Part.LEAGUE, None),
        ("Round 2", Part.OTHER, None),
        ("", Part.OTHER, None),
    ],
)
def test_what_the_name_of_a_round_tells(name, part, size):
    told = read_round(name)

    assert (told.part, told.size) == (part, size)
