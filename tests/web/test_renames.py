"""Addresses with a former slug lead to the present one; names of teams in the API may be former ones."""

from __future__ import annotations

import pytest

from deltacrown.api.people import find_team
from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import Game
from deltacrown.teams.models import Team
from deltacrown.teams.services import create_team, rename_team
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.histories.matches import get_match_history

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("part", ["", "results/", "matches/", "entrants/", "players/"])
def test_a_former_slug_of_a_tournament_redirects_with_its_query(cup, client, part):
    Tournament.objects.filter(slug="cup").update(slug="grand-cup")

    answer = client.get(f"/tournaments/cup/{part}?page=")

    assert (answer.status_code, answer["Location"]) == (301, f"/tournaments/grand-cup/{part}?page=")
    assert client.get(answer["Location"]).status_code == 200


def test_a_match_is_found_under_the_former_slug_of_its_game(cup, client):
    slug = Game.objects.get().slug
    Game.objects.update(slug="renamed")

    answer = client.get(f"/matches/{slug}/g1/")

    assert (answer.status_code, answer["Location"]) == (301, "/matches/renamed/g1/")


def test_a_slug_that_another_tournament_has_now_is_its_own(cup, client):
    Tournament.objects.filter(slug="cup").update(slug="grand-cup")
    Tournament.objects.create(
        slug="cup", name="New Cup", game=cup.game, starts_at=cup.starts_at, status="OPEN"
    )

    assert client.get("/tournaments/cup/").status_code == 200


def test_filters_and_the_api_take_former_names(cup, client):
    rename_team(team=Team.objects.get(slug="south"), name="Sur")
    Team.objects.filter(slug="south").update(slug="sur")
    Tournament.objects.filter(slug="cup").update(slug="grand-cup")
    ada = cup.participations.get(user__username="ada").user

    for opponent in ("sur", "Sur", "south", "SOUTH"):
        filters = {"tournament": "cup", "opponent": opponent}
        assert [entry.match_key for entry in get_match_history(ada, filters, viewer=ada).items] == ["g1"]
        assert find_team(opponent, field="team").slug == "sur"
    assert client.get("/api/v1/tournaments/cup").json()["slug"] == "grand-cup"


def test_a_former_name_of_two_teams_is_refused_with_both():
    for name in ("Alpha", "Beta"):
        team = create_team(slug=name.lower(), name="Reds")
        rename_team(team=team, name=name)

    with pytest.raises(InvalidInput, match=r"a former name of Alpha \(alpha\), Beta \(beta\)"):
        find_team("reds", field="team")
