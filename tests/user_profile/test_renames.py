"""After a rename: timelines, sides of matches, feeds and exports say today's names, in so many queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.services import rename_player
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Match
from deltacrown.pages import exports, matches, oneself, players, search, tournament_matches
from deltacrown.teams.models import Team
from deltacrown.teams.services import rename_team
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import TournamentMatchRecord, record_tournament_matches
from deltacrown.user_profile.achievements.awards import award_achievement, define_achievement
from deltacrown.user_profile.histories.matches import get_match_history
from deltacrown.user_profile.models import Achievement, UserActivity, UserProfile
from deltacrown.user_profile.people.follows import follow
from deltacrown.user_profile.timeline.reading import get_activity_timeline
from tests import scene
from tests.user_profile.season import TOLD, day, hold, people, squad

pytestmark = pytest.mark.django_db


def texts(user, viewer=None):
    return {entry.description for entry in get_activity_timeline(user, viewer, limit=50).items}


@pytest.fixture
def season():
    """Two teams, a cup that Reds won, and a player of theirs."""
    ann, bob = people("ann", "bob")
    reds, blues = squad("reds", ann), squad("blues", bob)
    cup = hold("spring-cup", reds, blues)
    for user, result, team, other in ((ann, "WIN", reds, blues), (bob, "LOSS", blues, reds)):
        row = scene.match(user, "final", result, title=cup.game, side=team.name, kind="TOURNAMENT")
        scene.tournament_match(row, cup, team=team, opponent_team=other)
    return ann, bob, reds, cup


def rename_everything(cup, reds):
    rename_team(team=reds, name="Crimson")
    Tournament.objects.filter(pk=cup.pk).update(name="Summer Cup", slug="summer-cup")
    Achievement.objects.filter(slug="first-title").update(name="First Crown")


def archive_all(user):
    for row in UserActivity.objects.filter(user=user):
        scene.archived_activity(row)


@pytest.mark.parametrize("archived", [False, True])
def test_a_timeline_says_today_s_names(season, archived):
    ann, _, reds, cup = season
    if archived:
        archive_all(ann)

    rename_everything(cup, reds)

    said = texts(ann)
    assert {"Joined team Crimson", "Registered for Summer Cup", "🏆 Won Summer Cup"} <= said
    assert not [text for text in said if "Reds" in text or "Spring" in text]
    entries = get_activity_timeline(ann, limit=50).items
    things = {name: value for entry in entries for name, value in entry.metadata.items()}
    assert things["team_name"] == "Crimson"
    assert (things["tournament_slug"], things["tournament_name"]) == ("summer-cup", "Summer Cup")


def test_a_renamed_achievement_is_called_so(player, no_reactions):
    ann = player()
    define_achievement(slug="crown", name="Crown", description="A crown.", tier="MAJOR", points=5)
    award_achievement(user=ann, achievement=Achievement.objects.get(slug="crown"), fact="", earned_at=day(1))
    define_achievement(slug="crown", name="Coronet", description="A crown.", tier="MAJOR", points=5)
    assert texts(ann) == {"Earned Coronet"}

    define_achievement(slug="crown", name="Coronet", description="A crown.", tier="MINOR", points=5)
    assert texts(ann) == set()
    define_achievement(slug="crown", name="Coronet", description="A crown.", tier="MAJOR", points=5)
    assert texts(ann) == {"Earned Coronet"}


def test_feeds_and_exports_and_previews_say_today_s_names(season):
    ann, bob, reds, cup = season
    follow(follower=bob, followed=ann, now=day(1))
    rename_everything(cup, reds)

    feed = {item.entry.description for item in oneself.get_home_feed(bob, limit=50).items}
    export = [record for section, record in exports.iterate_own_data(ann) if section == "activity"]
    preview = oneself.get_preview(owner=ann, audience="stranger").timeline
    awards = [
        record["reason"] for section, record in exports.iterate_own_data(ann) if section == "experience"
    ]

    for said in (feed, {each["description"] for each in export}, {each.description for each in preview}):
        assert "🏆 Won Summer Cup" in said
        assert not [text for text in said if "Reds" in text or "Spring" in text]
    assert {"Entered Summer Cup", "First in Summer Cup"} <= set(awards)


def test_today_s_names_cost_a_query_for_each_kind_that_names_things(season):
    ann, _, reds, _ = season
    with CaptureQueriesContext(connection) as before:
        get_activity_timeline(ann, limit=50)
    for number in range(1, 4):
        hold(f"cup-{number}", reds, squad(f"team-{number}", *people(f"p{number}")), number=number)

    with CaptureQueriesContext(connection) as after:
        assert len(get_activity_timeline(ann, limit=50).items) > 6

    assert len(after) == len(before) <= 6  # live and archived entries, and four kinds


def test_a_side_that_is_the_team_bears_its_name_of_today(season):
    ann, _, reds, cup = season
    rename_team(team=reds, name="Crimson")

    (entry,) = get_match_history(ann).items
    shown = matches.get_match_page(cup.game.slug, "final", viewer=None)
    (item,) = tournament_matches.list_match_items(cup, limit=5).items

    assert entry.side == entry.tournament.team == "Crimson"
    assert {side.name for side in shown.sides} == {side.name for side in item.sides} == {"Crimson", "Blues"}
    assert Match.objects.get(user=ann).side == "Reds"


def test_a_side_that_is_no_team_keeps_its_words(season):
    ann, _, reds, _ = season
    Match.objects.filter(user=ann).update(side="left")
    rename_team(team=reds, name="Crimson")
    scene.match(ann, "casual", hours=1, side="Reds")

    sides = {entry.match_key: entry.side for entry in get_match_history(ann).items}
    assert sides == {"final": "left", "casual": "Reds"}


def test_sides_cost_no_query_unless_a_team_was_renamed(season):
    ann, _, reds, _ = season
    with CaptureQueriesContext(connection) as before:
        get_match_history(ann)
    rename_team(team=reds, name="Crimson")
    with CaptureQueriesContext(connection) as after:
        get_match_history(ann)

    assert len(after) == len(before) + 1


def test_the_profile_shows_the_team_s_name_of_today(season):
    ann, _, reds, _ = season
    rename_team(team=reds, name="Crimson")

    page = players.build_profile_page(ann.profile.public_id, viewer=None)

    assert [team.name for team in page.teams] == ["Crimson"]


@pytest.mark.parametrize("query", ["djokovic", "DOKOVIC", "Đoković", "novak", "dokovic"])
def test_a_search_finds_whatever_the_accents(player, query):
    novak = player("Đoković_Novak")

    assert [found.item.user_id for found in search.search_players(query).items] == [novak.pk]


@pytest.mark.parametrize("query", ["\u200b\u200b", "\u200ba", " \u2060 "])
def test_a_search_for_nothing_that_can_be_seen_is_refused(player, query):
    player("ann")

    with pytest.raises(InvalidInput):
        search.search_players(query)


def test_a_retry_with_the_team_s_new_name_is_the_same_match(season):
    ann, bob, reds, cup = season
    Match.objects.all().delete()

    def deliver(side):
        lines = [scene.line(ann, "WIN", side=side), scene.line(bob, "LOSS", side="Blues")]
        record = TournamentMatchRecord(tournament=cup, match=scene.record(cup.game, "retry", *lines))
        return record_tournament_matches(records=[record], now=TOLD)[0].status

    assert deliver("Reds") == "created"
    rename_team(team=reds, name="Crimson")
    assert [deliver(side) for side in ("Crimson", "Reds", "CRIMSON")] == ["unchanged"] * 3
    assert deliver("Blues") == "refused"
    assert Match.objects.get(user=ann).side == "Reds"


def test_a_search_finds_shown_names_only_and_former_ones(player):
    ann, bob = player("JOSÉ"), player("login")
    UserProfile.objects.filter(user=bob).update(display_name="Müller")
    rename_player(user=ann, username="Pepe")
    rename_player(user=bob, username="login2")

    def find(query):
        return [found.item.user_id for found in search.search_players(query).items]

    assert find("jose") == find("PEPE") == [ann.pk]
    assert find("mueller") == find("MULLER") == [bob.pk]
    assert find("login") == []
    UserProfile.objects.filter(user=bob).update(display_name="")
    assert find("login") == [bob.pk]


def test_former_usernames_and_teams_are_among_a_player_s_own_data(season):
    ann, *_ = season
    rename_player(user=ann, username="anna")

    sections = dict(exports.iterate_own_data(ann))

    assert sections["former_usernames"]["name"] == "ann"
    assert Team.objects.filter(former_names__isnull=False).count() == 0
