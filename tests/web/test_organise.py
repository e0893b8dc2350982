"""The organiser's console: who comes in, and what each of its forms does."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from deltacrown.accounts.rights import Right
from deltacrown.tournaments.models import Tournament, TournamentOrganiser, TournamentParticipation
from tests import scene
from tests.pristine import rolled_back
from tests.web.reading import text_of

ORG, CO, ANN, BOB, STAFF, BARE = "org", "co", "ann", "bob", "chief", "bare"


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    def build():
        people = {name: scene.player(name) for name in (ORG, CO, ANN, BOB)}
        people[STAFF] = scene.staff(STAFF, Right.MANAGE_TOURNAMENTS)
        people[BARE] = scene.staff(BARE)
        cup = scene.tournament("cup", status="OPEN", organiser=people[ORG])
        TournamentOrganiser.objects.create(tournament=cup, user=people[CO], added_by=people[ORG])
        draft = scene.tournament("draft", status="DRAFT", organiser=people[ORG])
        TournamentOrganiser.objects.create(tournament=draft, user=people[CO], added_by=people[ORG])
        league = scene.tournament("league", status="OPEN", entrant_kind="TEAM", organiser=people[ORG])
        reds = scene.team("reds")
        for name in (ANN, BOB):
            scene.member(people[name], reds)
        scene.registration(people[ANN], league, team=reds)
        return people

    with rolled_back(django_db_blocker, build) as people:
        yield people


pytestmark = pytest.mark.django_db


@pytest.fixture
def people(built, db):
    return built


def as_of(user):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def send(user, path, **fields):
    return as_of(user).post(f"/organise/{path}", fields, follow=True)


def status_of(slug):
    return Tournament.objects.get(slug=slug).status


PAGES = ["cup/", "cup/edit/", "cup/organisers/", "cup/entrants/", "league/entrants/teams/reds/"]


@pytest.mark.parametrize(
    ("who", "of_open", "of_draft"),
    [(None, 302, 302), (ANN, 403, 404), (BARE, 403, 404), (ORG, 200, 200), (STAFF, 200, 200)],
)
def test_the_desk_is_for_who_runs_the_tournament(people, who, of_open, of_draft):
    client = as_of(people.get(who))

    assert [client.get(f"/organise/{page}").status_code for page in PAGES] == [of_open] * len(PAGES)
    assert client.get("/organise/draft/").status_code == of_draft
    assert client.post("/organise/cup/", {"do": "start"}).status_code in {of_open, 409}
    do = client.post("/organise/cup/entrants/do/", {"do": "check-in", "entrant": "DC-20-000001"})
    assert do.status_code in {of_open, 400}


def test_a_co_organiser_runs_the_tournament_but_does_not_say_who_does(people):
    co, ann = people[CO], people[ANN]

    assert [as_of(co).get(f"/organise/{page}").status_code for page in ["cup/", "draft/"]] == [200, 200]
    assert as_of(co).get("/tournaments/draft/").status_code == 200
    assert "Organise" in text_of(as_of(co).get("/tournaments/cup/"))
    refused = send(co, "cup/organisers/", do="add", player=ann.profile.public_id)
    assert (refused.status_code, TournamentOrganiser.objects.filter(user=ann).exists()) == (403, False)
    assert text_of(as_of(co).get("/organise/")).count("Next: ") == 2
    assert send(co, "cup/organisers/", do="remove", player=co.profile.public_id).status_code == 200
    assert as_of(co).get("/organise/cup/").status_code == 403


def test_co_organisers_are_added_removed_and_handed_the_tournament(people):
    org, ann = people[ORG], people[ANN]
    path, named = "cup/organisers/", ann.profile.public_id

    for _twice in range(2):
        assert "ann runs it too." in text_of(send(org, path, do="add", player="ann"))
    assert TournamentOrganiser.objects.filter(user=ann).count() == 1
    assert send(org, path, do="add", player="nobody at all").status_code == 400
    assert send(org, path, do="hand-over", player=named).status_code == 400
    assert Tournament.objects.get(slug="cup").organiser == org
    assert "ann is the organiser now." in text_of(send(org, path, do="hand-over", player=named, is_sure="on"))
    assert Tournament.objects.get(slug="cup").organiser == ann
    assert send(org, path, do="remove", player=people[CO].profile.public_id).status_code == 403
    assert "co no longer runs it." in text_of(
        send(ann, path, do="remove", player=people[CO].profile.public_id)
    )


def test_steps_are_taken_once_and_a_cancellation_needs_a_reason(people):
    org = people[ORG]

    assert [send(org, "draft/", do="open").status_code for _ in range(2)] == [200, 200]
    assert status_of("draft") == "OPEN"
    assert send(org, "draft/", do="start").status_code == 409
    assert (send(org, "draft/", do="cancel").status_code, status_of("draft")) == (400, "OPEN")
    assert "This cannot be undone." in text_of(as_of(org).get("/organise/draft/"))
    assert send(org, "draft/", do="cancel", reason="No hall.").status_code == 200
    assert status_of("draft") == "CANCELLED"
    assert send(org, "league/", do="start").status_code == 200
    assert status_of("league") == "RUNNING"


NEW = {
    "name": "Autumn Cup",
    "slug": "autumn-cup",
    "game": "valorant",
    "entrant_kind": "SOLO",
    "capacity": "16",
    "starts_at": "2025-03-09T18:00",
    "prize_currency": "eur",
    "prize_pool": "250.50",
    "forfeits": "leave",
    "rules": "Be kind.",
}


def test_a_draft_is_created_once_and_changed_until_it_is_opened(people):
    ann = people[ANN]
    game = Tournament.objects.get(slug="cup").game.slug
    new = {**NEW, "game": game}

    assert [send(ann, "new/", **new).status_code for _ in range(2)] == [200, 200]
    made = Tournament.objects.get(slug="autumn-cup")
    assert (made.organiser, made.status, made.capacity) == (ann, "DRAFT", 16)
    assert (made.prize_currency, str(made.prize_pool), made.counts_forfeits) == ("EUR", "250.50", False)
    assert made.starts_at.isoformat() == "2025-03-09T18:00:00+00:00"
    assert send(people[BOB], "new/", **new).status_code == 409
    wrong = send(ann, "new/", **{**new, "slug": "other", "capacity": "0"})
    assert wrong.status_code == 400
    assert "This must be 1 at least" in text_of(wrong)
    assert 'value="Autumn Cup"' in wrong.content.decode()

    changed = {**new, "name": "Winter Cup", "entrant_kind": "TEAM", "prize_pool": "", "forfeits": ""}
    assert send(ann, "autumn-cup/edit/", **changed).status_code == 200
    made.refresh_from_db()
    assert (made.name, made.entrant_kind, made.prize_pool) == ("Winter Cup", "TEAM", None)
    assert made.counts_forfeits is None
    send(ann, "autumn-cup/", do="open")
    send(ann, "autumn-cup/edit/", **{**changed, "entrant_kind": "SOLO", "name": "Spring Cup"})
    made.refresh_from_db()
    assert (made.name, made.entrant_kind) == ("Spring Cup", "TEAM")


def entries(slug):
    rows = TournamentParticipation.objects.filter(tournament__slug=slug).order_by("pk")
    return [f"{row.user.username} {row.status}" for row in rows.select_related("user")]


def test_players_are_entered_checked_in_together_withdrawn_and_let_in_again(people):
    org = people[ORG]
    keys = [people[name].profile.public_id for name in (ANN, BOB)]

    for name in ("ann", keys[1], keys[1]):
        assert "is entered." in text_of(send(org, "cup/entrants/", entrant=name))
    assert entries("cup") == ["ann REGISTERED", "bob REGISTERED"]
    assert send(org, "cup/entrants/", entrant="nobody at all").status_code == 400
    assert send(org, "cup/entrants/do/", do="check-in").status_code == 400
    both = send(org, "cup/entrants/do/", do="check-in", entrant=keys)
    assert "2 entrants are checked in." in text_of(both)
    assert entries("cup") == ["ann CHECKED_IN", "bob CHECKED_IN"]
    for one, becomes in (("withdraw", "WITHDRAWN"), ("take-back", "CHECKED_IN")):
        for _twice in range(2):
            assert send(org, "cup/entrants/do/", one=f"{one} {keys[0]}").status_code == 200
        assert entries("cup") == [f"ann {becomes}", "bob CHECKED_IN"]
    send(org, "cup/", do="start")
    shown = as_of(org).get("/organise/cup/entrants/")
    assert "Enter late" in text_of(shown)
    (ruled,) = re.findall(rf'href="([^"]*/{keys[0]}/)#disqualify"', shown.content.decode())
    assert 'id="disqualify"' in as_of(org).get(ruled).content.decode()
    assert send(org, "cup/entrants/", entrant="co", reason="Late train").status_code == 200
    assert entries("cup")[-1] == "co REGISTERED"


def test_a_roster_is_changed_with_a_reason_and_back(people):
    org, path = people[ORG], "league/entrants/teams/reds/"
    ann, bob = (people[name].profile.public_id for name in (ANN, BOB))

    assert send(org, path, reason="Ill").status_code == 400
    assert send(org, path, joins="bob", leaves=ann).status_code == 400
    assert send(org, path, joins="bob", leaves=ann, reason="Ill").status_code == 200
    assert entries("league") == ["ann WITHDRAWN", "bob REGISTERED"]
    assert send(org, path, joins=ann, leaves=bob, reason="Well again").status_code == 200
    assert entries("league") == ["ann REGISTERED", "bob WITHDRAWN"]
    assert "reds" in text_of(as_of(org).get("/organise/league/entrants/")).lower()


def test_pages_take_few_statements_however_many_there_are(people, django_assert_max_num_queries):
    event = Tournament.objects.get(slug="cup")
    for number in range(6):
        scene.registration(scene.player(f"p{number}"), event)
        scene.tournament(f"more-{number}", organiser=people[CO])
    client = as_of(people[CO])
    for path, most in (("", 6), ("cup/", 6), ("cup/entrants/", 7), ("cup/organisers/", 7), ("cup/edit/", 6)):
        client.get(f"/organise/{path}")
        with django_assert_max_num_queries(most):
            assert client.get(f"/organise/{path}").status_code == 200


def test_a_list_is_looked_at_first_and_entered_once(people):
    org, path = people[ORG], "cup/entrants/import/"
    listed = f"player,seed\nann,1\n{people[BOB].profile.public_id},2\nnobody at all,3\n"

    looked = text_of(send(org, path, text=listed))
    assert "2 would be entered, 1 refused." in looked
    assert "4. nobody at all" in looked
    assert entries("cup") == []
    for told in ("2 entered, 1 refused.", "0 entered, 1 refused."):
        assert told in text_of(send(org, path, text=listed, is_confirmed="on"))
        assert entries("cup") == ["ann REGISTERED", "bob REGISTERED"]
    assert "Is entered already" in text_of(send(org, path, text='{"player": "ann"}\n{"player": "co"}'))
    assert send(org, path, text='{"team": "x"}').status_code == 400
    assert send(org, path, text="").status_code == 400
    assert send(people[ANN], path, text="bob").status_code == 403
