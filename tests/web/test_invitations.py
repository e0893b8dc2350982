"""Invitations on pages: the desk, one's own list, the tournament's page, notifications; and who knows."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.tournaments.models import Tournament, TournamentInvitation, TournamentParticipation
from deltacrown.user_profile.models import Block, UserProfile
from tests import scene
from tests.pristine import rolled_back
from tests.web.inviting import (
    ANN,
    BOB,
    CAP,
    CO,
    DESK,
    ORG,
    OWN,
    STAFF,
    answer,
    as_of,
    build_people,
    handles,
    invite,
    put,
    told,
)
from tests.web.reading import items_of, text_of


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    with rolled_back(django_db_blocker, build_people) as people:
        yield people


pytestmark = pytest.mark.django_db


@pytest.fixture
def people(built, db):
    return built


class TestDesk:
    @pytest.mark.parametrize(
        ("who", "of_open", "of_draft"),
        [(None, 302, 302), (ANN, 403, 404), (ORG, 200, 200), (CO, 200, 404), (STAFF, 200, 200)],
    )
    def test_it_is_for_who_runs_the_tournament(self, people, who, of_open, of_draft):
        client = as_of(people.get(who))
        put("cup", user=people[ANN])
        assert client.get(DESK.format("cup")).status_code == of_open
        assert client.get(DESK.format("draft")).status_code == of_draft
        posted = client.post(DESK.format("cup"), {"do": "invite", "names": "bob"})
        assert posted.status_code == of_open
        assert TournamentInvitation.objects.filter(user=people[BOB]).exists() == (of_open == 200)

    def test_each_name_is_said_what_became_of_it(self, people):
        scene.registration(people[BOB], Tournament.objects.get(slug="cup"))
        page = invite(people, "ann", people[CAP].profile.public_id.lower(), "BOB", "nobody", "DC-99-999999")
        said = text_of(page)

        assert page.status_code == 200
        assert said.count("Invited by org") == 2
        for line in (
            "ann Invited",
            "cap Invited",
            "bob Is entered already",
            "nobody Not invited: This is nobody’s name; look them up by the search.",
            "DC-99-999999 Not invited: This is nobody’s public id: they look like DC-25-000042.",
        ):
            assert line in said
        again = text_of(invite(people, "ann", "ann"))
        assert again.count("ann Was invited already, and has not answered") == 1
        assert TournamentInvitation.objects.count() == 2

    @pytest.mark.parametrize(
        "why", ["blocks", "is blocked", "blocks the organiser", "closed", "suspended", "off"]
    )
    @pytest.mark.parametrize("named", ["name", "id"])
    def test_who_is_not_to_be_found_is_answered_exactly_like_nobody(self, people, why, named):
        ann, org, by = people[ANN], people[ORG], ORG
        name = {"name": "ann", "id": ann.profile.public_id}[named]
        unknown = {"name": "nob", "id": "DC-99-999998"}[named]
        if why == "blocks":
            Block.objects.create(blocker=ann, blocked=org)
        elif why == "is blocked":
            Block.objects.create(blocker=org, blocked=ann)
        elif why == "blocks the organiser":
            Block.objects.create(blocker=ann, blocked=org)
            by = CO
        elif why == "off":
            type(ann).objects.filter(pk=ann.pk).update(is_active=False)
        else:
            UserProfile.objects.filter(user=ann).update(standing=why.upper())
        found = invite(people, name, by=by).content.decode().replace(name, unknown)
        nobody = invite(people, unknown, by=by).content.decode()

        strip = re.compile(r'csrfmiddlewaretoken" value="[^"]+"|csrf[^>]*>')
        assert strip.sub("", found) == strip.sub("", nobody)
        assert not TournamentInvitation.objects.exists()
        assert told(ann) == []

    def test_a_name_that_several_have_and_a_login_name(self, people):
        for name in ("x1", "x2"):
            user = scene.player(name)
            UserProfile.objects.filter(user=user).update(display_name="Twin", search_key="twin")
        said = text_of(invite(people, "twin", "x1"))
        assert "twin Not invited: This may be several players: Twin (" in said
        assert "x1 Not invited: This is nobody’s name" in said

    def test_teams_by_slug_or_name(self, people):
        said = text_of(invite(people, "reds", "ann", slug="league"))
        assert "reds Invited" in said.replace("Reds", "reds")
        assert "ann Not invited: This is no team’s name; look it up by the search." in said
        assert told(people[CAP]) == ["Your team is invited to League."]
        assert told(people[BOB]) == []

    @pytest.mark.parametrize(
        ("slug", "said", "status"),
        [
            ("draft", "Open registration first, then invite.", 409),
            ("running", "It has begun: enter somebody late under Entrants instead.", 409),
            ("over", "It is over: nobody is invited any more.", 409),
            ("closed", "Set a later time under Details to invite", 409),
        ],
    )
    def test_where_nobody_is_invited_the_page_says_what_to_do(self, people, slug, said, status):
        page = as_of(people[ORG]).get(DESK.format(slug))
        assert said in text_of(page)
        assert 'name="names"' not in page.content.decode()
        assert invite(people, "ann", slug=slug).status_code == status
        assert not TournamentInvitation.objects.exists()

    def test_what_is_sent_is_checked(self, people):
        org = as_of(people[ORG])
        for fields in ({}, {"do": "invite"}, {"do": "invite", "names": " \n "}, {"do": "take-back"}):
            assert org.post(DESK.format("cup"), fields).status_code == 400
        assert org.post(DESK.format("cup"), {"do": "take-back", "invitation": "none"}).status_code == 400
        many = invite(people, *(f"n{number}" for number in range(101)))
        assert (many.status_code, "These are more than 100 names" in text_of(many)) == (400, True)

    def test_an_invitation_is_taken_back_once_and_sent_again(self, people):
        invite(people, "ann")
        org = as_of(people[ORG])
        (handle,) = handles(org.get(DESK.format("cup")))
        take = {"do": "take-back", "invitation": handle}
        assert "The invitation is taken back." in text_of(org.post(DESK.format("cup"), take, follow=True))
        again = org.post(DESK.format("cup"), take, follow=True)
        assert "There was nothing to take back" in text_of(again)
        assert "Taken back" in text_of(again)
        assert "Invite again : ann" in text_of(again)
        assert told(people[ANN]) == []
        assert "ann Invited again" in text_of(invite(people, "ann"))
        assert len(told(people[ANN])) == 1

    def test_another_tournament_takes_none_back(self, people):
        row = put("full", user=people[ANN])
        (handle,) = handles(as_of(people[ORG]).get(DESK.format("full")))
        answer = as_of(people[CO]).post(DESK.format("cup"), {"do": "take-back", "invitation": handle})
        row.refresh_from_db()
        assert (answer.status_code, row.status) == (400, "INVITED")
        assert "There is no such invitation." in text_of(answer)

    def test_a_closed_account_is_not_listed(self, people):
        put("cup", user=people[ANN])
        assert "ann Not answered yet" in text_of(as_of(people[ORG]).get(DESK.format("cup")))
        UserProfile.objects.filter(user=people[ANN]).update(standing="CLOSED")
        assert "Nobody is invited yet." in text_of(as_of(people[ORG]).get(DESK.format("cup")))

    def test_statements(self, people):
        costs = []
        for count in (1, 12):
            for number in range(count):
                put("cup", user=scene.player(f"p{count}-{number}"))
            org = as_of(people[ORG])
            with CaptureQueriesContext(connection) as asked:
                org.get(DESK.format("cup"))
            costs.append(len(asked))
        assert costs == [5, 5]  # the session, who it is, the tournament twice, the list


class TestOwn:
    def test_accepting_enters_and_leads_to_the_tournament(self, people):
        invite(people, "ann")
        ann = people[ANN]
        assert told(ann) == ["You are invited to Cup."]
        page = answer(ann, "accept")
        assert page.redirect_chain == [("/tournaments/cup/", 302)]
        assert "You are registered. Withdraw, below, undoes it." in text_of(page)
        assert TournamentParticipation.objects.get(tournament__slug="cup").user == ann
        assert "You are invited to Cup." not in told(ann)
        (line,) = items_of_own(ann)
        assert "Accepted" in line
        assert "Decline" not in line

    def test_declining_is_shown_to_both(self, people):
        invite(people, "ann")
        page = answer(people[ANN], "decline")
        assert page.redirect_chain == [(OWN, 302)]
        assert "is declined. While entries are taken you can still register." in text_of(page)
        assert "Declined" in text_of(as_of(people[ORG]).get(DESK.format("cup")))
        assert told(people[ANN]) == []

    def test_a_captain_answers_for_the_team_and_a_member_does_not_know(self, people):
        invite(people, "reds", slug="league")
        assert "Nobody has invited you" in text_of(as_of(people[BOB]).get(OWN))
        assert "is invited" not in text_of(as_of(people[BOB]).get("/tournaments/league/"))
        page = answer(people[CAP], "accept")
        assert "Reds is registered." in text_of(page).replace("reds", "Reds")
        assert TournamentParticipation.objects.filter(team__slug="reds").count() == 2

    def test_the_same_form_twice(self, people):
        invite(people, "ann")
        ann = as_of(people[ANN])
        (handle,) = handles(ann.get(OWN))
        for _twice in range(2):
            sent = ann.post(OWN, {"do": "accept", "invitation": handle}, follow=True)
            assert "You are registered." in text_of(sent)
        assert TournamentParticipation.objects.filter(tournament__slug="cup").count() == 1

    def test_the_handle_of_another_is_not_found(self, people):
        invite(people, "ann")
        (handle,) = handles(as_of(people[ANN]).get(OWN))
        for name in (BOB, ORG, STAFF):
            for do in ("accept", "decline"):
                sent = as_of(people[name]).post(OWN, {"do": do, "invitation": handle})
                assert sent.status_code == 400
                assert "There is no such invitation to you." in text_of(sent)
        assert as_of(None).post(OWN, {"do": "accept", "invitation": handle}).status_code == 302
        assert TournamentInvitation.objects.get().status == "INVITED"

    @pytest.mark.parametrize(
        ("slug", "said", "buttons"),
        [
            ("cup", "Not answered yet", ["accept", "decline"]),
            ("full", "All 1 places are taken. You can accept when one is free", ["decline"]),
            ("closed", "The organiser can still let you in.", ["decline"]),
            ("running", "It has begun. The organiser can still enter you late.", ["decline"]),
            ("over", "Not answered: the tournament is over", []),
        ],
    )
    def test_what_is_in_the_way_is_said_and_nothing_offered_that_is_refused(
        self, people, slug, said, buttons
    ):
        put(slug, user=people[ANN])
        page = as_of(people[ANN]).get(OWN)
        assert said in text_of(page)
        assert re.findall(r'name="do" value="(\w+)"', page.content.decode()) == buttons

    def test_a_tournament_that_is_cancelled_lets_its_invitations_lapse(self, people):
        invite(people, "ann")
        Tournament.objects.filter(slug="cup").update(status="CANCELLED")
        page = as_of(people[ANN]).get(OWN)
        assert "Lapsed: the tournament was cancelled" in text_of(page)
        assert handles(page) == []
        assert told(people[ANN]) == []

    def test_a_refusal_is_shown_with_what_to_do(self, people):
        invite(people, "ann")
        ann = as_of(people[ANN])
        (handle,) = handles(ann.get(OWN))
        Tournament.objects.filter(slug="cup").update(status="RUNNING")
        page = ann.post(OWN, {"do": "accept", "invitation": handle})
        assert page.status_code == 409
        assert "Cup has begun; its organiser can still enter you late." in text_of(page)

    def test_who_is_suspended_is_not_entered(self, people):
        put("cup", user=people[ANN])
        UserProfile.objects.filter(user=people[ANN]).update(standing="SUSPENDED")
        ann = as_of(people[ANN])
        page = ann.get(OWN)
        assert "You are suspended: you cannot enter tournaments now." in text_of(page)
        (handle,) = handles(page)
        assert ann.post(OWN, {"do": "accept", "invitation": handle}).status_code == 403
        assert not TournamentParticipation.objects.filter(tournament__slug="cup").exists()

    def test_a_team_with_somebody_suspended_is_not_entered(self, people):
        put("league", team=scene.team("reds"))
        UserProfile.objects.filter(user=people[BOB]).update(standing="SUSPENDED")
        cap = as_of(people[CAP])
        (handle,) = handles(cap.get(OWN))
        refused = cap.post(OWN, {"do": "accept", "invitation": handle})
        assert (refused.status_code, "bob cannot be entered now" in text_of(refused)) == (403, True)

    def test_statements(self, people):
        for slug in ("cup", "full", "closed", "over"):
            put(slug, user=people[ANN])
        put("league", team=scene.team("reds"))
        for name, cost in ((ANN, 5), (CAP, 4)):
            client = as_of(people[name])
            with CaptureQueriesContext(connection) as asked:
                client.get(OWN)
            # The session, who it is, those to them and to their teams; where places are limited, who is in.
            assert len(asked) == cost, name


def items_of_own(user):
    return items_of(as_of(user).get(OWN))
