import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.core.errors import InvalidInput
from deltacrown.teams.models import Team
from deltacrown.teams.services import TeamTaken, create_team, ensure_teams, find_teams, naming, rename_team
from tests.plans import plan_of, scans_of

pytestmark = pytest.mark.django_db


def slugs():
    return sorted(Team.objects.values_list("slug", "name"))


def test_create_team_keeps_slug_and_tidied_name():
    team = create_team(slug="og", name="  OpTic   Gaming ")
    assert (team.slug, team.name) == ("og", "OpTic Gaming")


def test_creating_the_same_team_again_returns_it():
    first = create_team(slug="og", name="OpTic Gaming")
    again = create_team(slug="og", name="optic gaming")
    assert again == first
    assert slugs() == [("og", "OpTic Gaming")]


def test_a_slug_or_name_of_another_team_is_refused():
    create_team(slug="og", name="OpTic Gaming")
    with pytest.raises(TeamTaken, match="belongs to the team 'OpTic Gaming'") as slug_taken:
        create_team(slug="og", name="Splyce")
    with pytest.raises(TeamTaken, match="belongs to the team 'og'") as name_taken:
        create_team(slug="optic", name="OPTIC GAMING")
    assert (slug_taken.value.field, name_taken.value.field) == ("slug", "name")
    assert slugs() == [("og", "OpTic Gaming")]


@pytest.mark.parametrize(
    ("slug", "name", "field"),
    [
        ("og", "   ", "name"),
        ("og", "x" * 121, "name"),
        ("not a slug", "OpTic", "slug"),
        ("", "OpTic", "slug"),
        ("x" * 81, "OpTic", "slug"),
    ],
)
def test_impossible_names_and_slugs_are_refused(slug, name, field):
    with pytest.raises(InvalidInput) as refusal:
        create_team(slug=slug, name=name)
    assert refusal.value.field == field
    assert slugs() == []


def test_ensure_teams_makes_the_missing_and_finds_the_rest():
    known = create_team(slug="og", name="OpTic Gaming")
    teams = ensure_teams(names=["OPTIC gaming", "Splyce", "splyce ", "Luminosity"])
    assert list(teams) == ["OPTIC gaming", "Splyce", "splyce ", "Luminosity"]
    assert teams["OPTIC gaming"] == known
    assert teams["Splyce"] == teams["splyce "]
    assert slugs() == [("luminosity", "Luminosity"), ("og", "OpTic Gaming"), ("splyce", "Splyce")]


def test_ensure_teams_twice_changes_nothing():
    names = ["Splyce", "Équipe Été", "天禄"]
    first = ensure_teams(names=names)
    before = slugs()
    assert ensure_teams(names=names) == first
    assert slugs() == before == [("equipe-ete", "Équipe Été"), ("splyce", "Splyce"), ("team", "天禄")]


def test_accented_names_match_whatever_their_case():
    (team,) = ensure_teams(names=["Équipe Été"]).values()
    assert ensure_teams(names=["ÉQUIPE ÉTÉ"]) == {"ÉQUIPE ÉTÉ": team}


def test_names_that_make_one_slug_are_told_apart_by_a_number():
    create_team(slug="red-2", name="Second in line")
    teams = ensure_teams(names=["Red", "Red!", "R.E.D", "(Red)"])
    assert [team.slug for team in teams.values()] == ["red", "red-3", "red-4", "red-5"]


def test_a_long_name_leaves_room_for_the_number():
    names = ["a" * 119 + "b", "a" * 119 + "c"]
    assert [team.slug for team in ensure_teams(names=names).values()] == ["a" * 72, "a" * 72 + "-2"]


def test_one_impossible_name_makes_no_team():
    with pytest.raises(InvalidInput):
        ensure_teams(names=["Splyce", " "])
    assert slugs() == []


def test_ensuring_many_teams_costs_no_more_queries_than_a_few(django_assert_num_queries):
    names = [f"Team {number:03d}" for number in range(150)]
    # savepoint, a look at present and former names and at look-alikes, slugs, insert, look again, release
    with django_assert_num_queries(8):
        ensure_teams(names=names)
    with django_assert_num_queries(3):
        ensure_teams(names=names)


def test_find_teams_by_slug_then_by_name():
    optic = create_team(slug="og", name="OpTic Gaming")
    trickster = create_team(slug="trick", name="OG")
    assert find_teams(["og", "optic gaming", "trick", "nobody", ""]) == {
        "og": optic,
        "optic gaming": optic,
        "trick": trickster,
    }


def test_find_teams_costs_two_queries_and_a_third_for_former_names(django_assert_num_queries):
    create_team(slug="og", name="OpTic Gaming")
    with django_assert_num_queries(2):
        find_teams(["og", "OpTic Gaming"])
    with django_assert_num_queries(3):
        find_teams(["og", "Splyce", "Luminosity"])


def test_a_renamed_team_keeps_its_slug():
    team = create_team(slug="og", name="OpTic Gaming")
    rename_team(team=team, name="optic  GAMING")
    assert slugs() == [("og", "optic GAMING")]


def test_a_team_cannot_take_another_s_name():
    create_team(slug="og", name="OpTic Gaming")
    splyce = create_team(slug="splyce", name="Splyce")
    with pytest.raises(TeamTaken, match="belongs to the team 'og'"):
        rename_team(team=splyce, name="Optic gaming")
    with pytest.raises(InvalidInput):
        rename_team(team=splyce, name=" ")
    assert slugs() == [("og", "OpTic Gaming"), ("splyce", "Splyce")]


def test_a_name_that_raw_sql_wrote_without_a_key_is_refused_in_another_spelling(monkeypatch):
    create_team(slug="og", name="OpTic")
    Team.objects.filter(slug="og").update(name_key="old")
    monkeypatch.setattr(naming, "ROUNDS", 2)
    monkeypatch.setattr(naming, "_build_teams", lambda names: [])
    with pytest.raises(TeamTaken, match="run backfill_profiles"):
        ensure_teams(names=["optic two"])
    assert slugs() == [("og", "OpTic")]


@pytest.mark.usefixtures("own_tables")
def test_teams_are_looked_up_by_indexes():
    create_team(slug="og", name="OpTic Gaming")
    with CaptureQueriesContext(connection) as queries:
        find_teams(["og", "Splyce", "Luminosity"])
    for query in queries.captured_queries:
        assert scans_of(plan_of(query["sql"], bitmaps=True), "teams_team") == []
