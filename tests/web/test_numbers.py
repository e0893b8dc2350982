"""What a profile says of numbers that do not open, and what the page of a number says when it has drifted."""

import re

import pytest
from django.db import connection
from django.urls import reverse

from deltacrown.games.models import Match
from deltacrown.tournaments.models import TournamentSeriesResult
from deltacrown.user_profile.models import UserProfile
from deltacrown.user_profile.stat_fields import list_numbers
from django_tally.rows import rows_of
from tests import scene
from tests.web.reading import text_of

pytestmark = pytest.mark.django_db

NOTE = "What a number without a link was counted from, only the player and staff may open."


@pytest.fixture
def anna():
    user = scene.player("anna")
    for key in ("a", "b"):
        scene.match(user, key)
    return user


def closed_on(page):
    return re.findall(r'<li><div><span class="label">([^<]+)<', page.content.decode())


def test_numbers_that_do_not_open_are_told_apart(client, anna):
    page = client.get(reverse("player", args=[anna.profile.public_id]))

    assert closed_on(page) == ["Level", "Experience", "Disputes filed"]
    assert NOTE in text_of(page)


def test_of_a_player_who_hides_matches_those_do_not_open_either(client, anna):
    scene.hide(anna, matches=True)

    page = client.get(reverse("player", args=[anna.profile.public_id]))

    fields = {field.label: field for field in list_numbers(UserProfile) if not field.internal}
    of_matches = {
        label
        for label, field in fields.items()
        if rows_of(UserProfile, field.name, user=anna)[0].model in {Match, TournamentSeriesResult}
    }
    closed = {"Level", "Experience", "Disputes filed"} | of_matches
    assert closed_on(page) == sorted(closed, key=lambda label: fields[label].place)
    assert of_matches >= {"Win rate", "Matches won", "Matches played", "Series won", "Series win rate"}


def test_all_numbers_open_for_the_player(client, anna):
    client.force_login(anna)
    page = client.get(reverse("player", args=[anna.profile.public_id]))

    assert closed_on(page) == []
    assert NOTE not in text_of(page)


def test_a_number_that_drifted_is_not_said_to_equal_its_rows(client, anna):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE user_profile_userprofile SET matches_won = 7 WHERE user_id = %s", [anna.pk])

    text = text_of(client.get(reverse("player-stat", args=[anna.profile.public_id, "matches_won"])))

    assert "Matches won 7" in text
    assert "These rows come to 2, and the stored number differs: the next reconciliation repairs it." in text
    assert "the number is" not in text


def ask(client, user, query, stat="matches_won"):
    return client.get(reverse("player-stat", args=[user.profile.public_id, stat]) + f"?{query}")


@pytest.mark.parametrize(
    ("stat", "query", "field"),
    [
        ("matches_won", "opponent=nobody&result=WIN", "opponent"),
        ("tournaments_participated", "placement=x", "placement"),
    ],
)
def test_a_refused_filter_is_told_at_its_field_and_no_rows_are_shown(client, anna, stat, query, field):
    page = ask(client, anna, query, stat)

    assert page.status_code == 400
    html = page.content.decode()
    assert f'id="filter-{field}_error"' in html
    assert "Mend the filter" in text_of(page)
    assert 'id="rows"' not in html


def test_a_number_without_filters_has_no_form(client, anna):
    assert 'class="filters redrawn"' not in ask(client, anna, "", "achievement_count").content.decode()


@pytest.mark.parametrize(
    "text", ["void", "valorant/void", "/matches/valorant/void/", "https://x.org/matches/valorant/void/?a=1"]
)
def test_a_match_that_does_not_count_says_why(client, anna, text):
    scene.voided(anna, "void")

    shown = text_of(ask(client, anna, f"match={text}"))
    assert "It does not count: voided: " in shown


def test_a_match_that_counts_and_one_of_another_result(client, anna):
    scene.match(anna, "lost", "LOSS")

    assert "It counts: it is one of the rows behind this number." in text_of(ask(client, anna, "match=a"))
    assert "It does not count: it was not won" in text_of(ask(client, anna, "match=lost"))


def test_a_match_of_another_is_as_unknown_as_none(client, anna):
    scene.match(scene.player("ben"), "theirs")

    pages = [ask(client, anna, f"match={key}") for key in ("theirs", "nosuch", "%00")]
    assert [page.status_code for page in pages] == [400] * 3
    texts = [text_of(page) for page in pages[:2]]
    assert texts[0].replace("theirs", "x") == texts[1].replace("nosuch", "x")
    assert "There is no match" in texts[0]


def test_whether_a_match_counts_is_hidden_with_the_matches(client, anna):
    scene.hide(anna, matches=True)

    assert {ask(client, anna, f"match={key}").status_code for key in ("a", "nosuch")} == {403}


def test_the_latest_changes_lead_to_all(client, anna):
    page = ask(client, anna, "")

    assert "Latest changes" in text_of(page)
    assert "history/?order=known#changes" in page.content.decode()
