"""History, as-of and explanations as players, pages and the command line get them."""

from __future__ import annotations

import re
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from deltacrown.core.errors import InvalidInput, NotFound
from deltacrown.core.pagination import InvalidCursor
from deltacrown.games.models import Match
from deltacrown.games.services import correct_match, void_match
from deltacrown.user_profile.numbers.explanation import explain_stat
from deltacrown.user_profile.numbers.history import get_stat_history
from deltacrown.user_profile.numbers.past import get_stat_as_of
from deltacrown.user_profile.people import privacy_settings
from deltacrown.user_profile.privacy import HistoryHidden
from tests.conftest import NOON
from tests.tally.times import database_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def mod(player):
    return player("mod", is_staff=True)


@pytest.fixture
def ann(player, played, game, mod):
    """Three wins and a loss; the first win voided, the second corrected to a loss, by the moderator."""
    ann = player("ann")
    for number, result in enumerate(["WIN", "WIN", "WIN", "LOSS"]):
        played(ann, result, match_key=f"k{number}", played_at=NOON)
        database_now()  # lets the clock tick: rows of the same time have no defined order
    void_match(game=game, match_key="k0", reason="Smurfing", now=NOON, by=mod)
    correct_match(
        game=game, match_key="k1", results={"ann": "LOSS"}, reason="Wrong side reported", now=NOON, by=mod
    )
    return ann


def test_every_change_with_its_cause_and_the_number_after_it(ann):
    told = [
        (c.delta, c.value, c.subject[:15], c.what, c.reason, c.is_explained)
        for c in get_stat_history(ann, "matches_won", order="known").items
    ]
    assert told == [
        (-1, 1, "Rocket match k1", "result corrected from WIN to LOSS", "Wrong side reported", True),
        (-1, 2, "Rocket match k0", "voided: Smurfing", "Smurfing", True),
        (1, 3, "Rocket match k2", "recorded", "", True),
        (1, 2, "Rocket match k1", "recorded", "", True),
        (1, 1, "Rocket match k0", "recorded", "", True),
    ]


def test_who_ruled_is_told_to_staff_alone(ann, mod, player):
    assert {c.actor for c in get_stat_history(ann, "matches_won", viewer=mod, order="known").items} == {
        "mod",
        "",
    }
    for viewer in (None, ann, player("bob")):
        assert {
            c.actor for c in get_stat_history(ann, "matches_won", viewer=viewer, order="known").items
        } == {""}


def test_pages_carry_the_number_on(ann):
    whole = get_stat_history(ann, "matches_won", order="known").items
    read, page = [], None
    for _ in whole:
        found = get_stat_history(ann, "matches_won", page, limit=1, order="known")
        read += found.items
        page = found.next_cursor
    assert (read, page) == (whole, None)


def test_a_rate_tells_the_changes_of_its_parts(ann):
    changes = get_stat_history(ann, "overall_win_rate", order="known").items
    assert {change.part for change in changes} == {"Matches played", "Matches won"}
    assert changes[0].value == Decimal("33.33")
    assert changes[-1].value == Decimal(100)


def test_in_one_game(ann, game):
    history = get_stat_history(ann, "matches_won", game="rocket", order="known")
    assert (history.stat.value, history.game, sum(change.delta for change in history.items)) == (1, game, 1)


def test_query_count_does_not_grow_with_the_history(ann, played, django_assert_num_queries):
    for _ in range(30):
        played(ann, "WIN")
    # Privacy, profile; the changes; words.
    with django_assert_num_queries(4):
        get_stat_history(ann, "matches_won", limit=10, order="known")


def test_hidden_matches_hide_their_history_and_past_values_too(ann, mod, player):
    privacy_settings.set_privacy(user=ann, show_match_history=False, show_tournament_stats=True)
    for viewer in (None, player("bob")):
        for stat in ("matches_won", "overall_win_rate", "total_matches_played"):
            with pytest.raises(HistoryHidden):
                get_stat_history(ann, stat, viewer=viewer, order="known")
            with pytest.raises(HistoryHidden):
                get_stat_as_of(ann, stat, NOON, viewer=viewer)
            with pytest.raises(HistoryHidden):
                get_stat_as_of(ann, stat, known_at=NOON, viewer=viewer)
            with pytest.raises(HistoryHidden):
                explain_stat(ann, stat, viewer=viewer)
        assert get_stat_history(ann, "tournaments_won", viewer=viewer, order="known").items == []
    for viewer in (ann, mod):
        assert get_stat_history(ann, "matches_won", viewer=viewer, order="known").items


@pytest.mark.parametrize(
    ("call", "error", "field"),
    [
        ({"stat": "nonsense"}, NotFound, "stat"),
        ({"stat": "bio"}, NotFound, "stat"),
        ({"stat": "matches_won", "game": "nowhere"}, InvalidInput, "game"),
        ({"stat": "tournaments_won", "game": "rocket"}, InvalidInput, "game"),
        ({"stat": "matches_won", "limit": 51}, InvalidInput, "limit"),
        ({"stat": "matches_won", "page": "garbage"}, InvalidCursor, "page"),
    ],
)
def test_wrong_calls_name_the_field(ann, call, error, field):
    with pytest.raises(error) as refused:
        get_stat_history(ann, **call, order="known")
    assert refused.value.field == field


def test_a_cursor_of_another_number_is_refused(ann):
    cursor = get_stat_history(ann, "matches_won", limit=1, order="known").next_cursor
    with pytest.raises(InvalidCursor):
        get_stat_history(ann, "total_matches_played", cursor, order="known")


def test_the_explanation_adds_up_and_says_what_was_left_out(ann):
    explanation = explain_stat(ann, "matches_won")
    assert (explanation.stat.value, explanation.adds_up) == (1, True)
    assert [(omission.subject.split(",")[0], omission.why) for omission in explanation.omitted] == [
        ("Rocket match k0", "voided: Smurfing"),
        ("Rocket match k3", "it was not won, the result is LOSS"),
        ("Rocket match k1", "it was not won, the result is LOSS"),
    ]


def test_the_command_reads_well(ann):
    Match.objects.filter(match_key="k2").update(result="DRAW")
    out = StringIO()
    call_command(
        "explain_stat",
        ann.profile.public_id,
        "matches_won",
        "--known-at",
        "2020-01-01",
        "--limit",
        "4",
        stdout=out,
    )
    dated = re.compile(r"\d\d \w{3} 20\d\d \d\d:\d\d:\d\d")
    assert dated.sub("WHEN", out.getvalue()).splitlines() == [
        f"Matches won of ann ({ann.profile.public_id}): 0",
        "  Matches played that ended in a win.",
        "  0 rows; the number is 0.",
        "",
        "Not counted, among others:",
        "  voided: Smurfing",
        "      Rocket match k0, played 1 Jun 2025",
        "  it was not won, the result is LOSS",
        "      Rocket match k3, played 1 Jun 2025",
        "  it was not won, the result is DRAW",
        "      Rocket match k2, played 1 Jun 2025",
        "  it was not won, the result is LOSS",
        "      Rocket match k1, played 1 Jun 2025",
        "",
        "Changes as they became known, latest first, in UTC:",
        "  WHEN  -1, then 0: result corrected from WIN to DRAW (no reason was given)",
        "      Rocket match k2, played 1 Jun 2025",
        "  WHEN  -1, then 1: result corrected from WIN to LOSS (Wrong side reported)",
        "      Rocket match k1, played 1 Jun 2025",
        "  WHEN  -1, then 2: voided: Smurfing",
        "      Rocket match k0, played 1 Jun 2025",
        "  WHEN  +1, then 3: recorded",
        "      Rocket match k2, played 1 Jun 2025",
        "",
        "At the end of 1 Jan 2020 this site showed 0.",
    ]


def test_the_command_names_the_part_of_a_rate_and_the_time(ann):
    out = StringIO()
    call_command(
        "explain_stat", ann.profile.public_id, "overall_win_rate", "--at", "2020-01-01T00:00Z", stdout=out
    )
    text = out.getvalue()
    assert "Matches won -1, then 33.33 %: result corrected from WIN to LOSS (Wrong side reported)" in text
    assert "\nNot counted:\n  voided: Smurfing\n" in text
    assert "On 1 Jan 2020 00:00:00 UTC it was 0.00 %, by what is known now." in text


def test_the_command_on_a_number_that_has_drifted(ann):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE user_profile_userprofile SET matches_won = 9 WHERE user_id = %s", [ann.pk])
    out, public_id = StringIO(), ann.profile.public_id
    call_command("explain_stat", public_id, "matches_won", stdout=out)
    assert out.getvalue().splitlines()[:4] == [
        f"Matches won of ann ({public_id}): 9",
        "  Matches played that ended in a win.",
        "  1 row; the number is 1.",
        f"  The profile shows 9: it has drifted. Run reconcile_stats --user {public_id}.",
    ]


def test_the_command_on_a_number_that_never_changed(player):
    out = StringIO()
    call_command("explain_stat", player("new").profile.public_id, "average_placement", stdout=out)
    assert out.getvalue().splitlines()[0].endswith(": none")
    assert out.getvalue().endswith("\nIt has never changed.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["DC-00-000000", "matches_won"], "There is no player"),
        (["{}", "wins"], "There is no number called 'wins'"),
        (["{}", "matches_won", "--at", "yesterday"], "'yesterday' is no date"),
        (["{}", "matches_won", "--known-at", "2999-01-01"], "lies in the future"),
        (["{}", "matches_won", "--game", "nope"], "nope"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_call(ann, arguments, says):
    with pytest.raises(CommandError, match=says) as refused:
        call_command("explain_stat", *(argument.format(ann.profile.public_id) for argument in arguments))
    assert refused.value.returncode == 2


def test_the_command_refuses_the_option_that_would_not_mean_what_it_meant(ann):
    with pytest.raises(CommandError, match=r"no --as-of: use --at .* or --known-at"):
        call_command("explain_stat", ann.profile.public_id, "matches_won", "--as-of", "2025-01-01")
