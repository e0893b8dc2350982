"""Who is told of an invitation, where, for how long, and who never learns of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deltacrown.notifications import services as notifications
from deltacrown.notifications.models import NotificationChoice
from deltacrown.pages.exports import iterate_own_data
from deltacrown.tournaments.models import Tournament, TournamentInvitation
from deltacrown.user_profile.models import Block
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
    answer,
    as_of,
    build_people,
    handles,
    invite,
    now,
    put,
    told,
)
from tests.web.reading import text_of


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    with rolled_back(django_db_blocker, build_people) as people:
        yield people


pytestmark = pytest.mark.django_db


@pytest.fixture
def people(built, db):
    return built


class TestTournament:
    def test_who_is_invited_is_asked_there(self, people):
        invite(people, "ann")
        page = as_of(people[ANN]).get("/tournaments/cup/")
        assert "You are invited. By org , on" in text_of(page)
        assert 'value="register"' not in page.content.decode()
        assert "Your entry" not in text_of(page)  # no box without anything in it
        sent = answer(people[ANN], "accept", page="/tournaments/cup/")
        assert "You are registered since" in text_of(sent)
        assert "You are invited" not in text_of(as_of(people[ANN]).get("/tournaments/cup/"))

    def test_other_teams_of_the_captain_still_register(self, people):
        blues = scene.team("blues")
        scene.member(people[CAP], blues)
        put("league", team=scene.team("reds"))
        page = as_of(people[CAP]).get("/tournaments/league/").content.decode()
        assert re.findall(r'name="team" value="(\w+)"', page) == ["blues"]
        assert "Reds is invited" in text_of(as_of(people[CAP]).get("/tournaments/league/")).replace(
            "reds", "Reds"
        )

    def test_where_there_is_no_place_it_is_not_offered(self, people):
        put("full", user=people[ANN])
        page = as_of(people[ANN]).get("/tournaments/full/")
        assert ("You are invited." in text_of(page), "places are taken" in text_of(page)) == (True, True)
        assert re.findall(r'name="do" value="(\w+)"', page.content.decode()) == ["decline"]

    def test_it_costs_visitors_nothing_and_others_one_statement(self, people):
        def cost(user, slug):
            client = as_of(user)
            with CaptureQueriesContext(connection) as asked:
                client.get(f"/tournaments/{slug}/")
            # The statement that reads who is signed in counts what is unread, of invitations too.
            return sum(each["sql"].startswith('SELECT "tournaments_tournamentinvitation"') for each in asked)

        assert [cost(None, "cup"), cost(people[ANN], "cup"), cost(people[CAP], "league")] == [0, 1, 1]
        assert cost(people[ANN], "over") == 0


class TestTold:
    @pytest.mark.parametrize("way", ["take back", "decline", "enter", "start", "cancel", "close", "block"])
    def test_what_is_no_longer_to_answer_is_not_told(self, people, way):
        invite(people, "ann")
        ann, cup = people[ANN], Tournament.objects.filter(slug="cup")
        assert told(ann) == ["You are invited to Cup."]
        assert "Notifications 1 unread" in text_of(as_of(ann).get("/settings/display/"))
        {
            "take back": lambda: TournamentInvitation.objects.update(status="TAKEN_BACK", settled_at=now()),
            "decline": lambda: answer(ann, "decline"),
            "enter": lambda: scene.registration(ann, cup.get()),
            "start": lambda: cup.update(status="RUNNING"),
            "cancel": lambda: cup.update(status="CANCELLED"),
            "close": lambda: cup.update(registration_closes_at=now() - timedelta(minutes=1)),
            "block": lambda: Block.objects.create(blocker=ann, blocked=people[ORG]),
        }[way]()
        assert told(ann) == []
        page = text_of(as_of(ann).get("/notifications/"))
        assert ("Cup" in page, "unread" in page) == (False, False)
        assert "You are invited" not in text_of(as_of(ann).get("/tournaments/cup/"))

    def test_who_leads_the_team_no_longer_is_not_told(self, people):
        invite(people, "reds", slug="league")
        assert told(people[CAP]) == ["Your team is invited to League."]
        people[CAP].team_memberships.update(left_at=now())
        assert told(people[CAP]) == []
        assert "Nobody has invited you" in text_of(as_of(people[CAP]).get(OWN))

    def test_who_blocks_afterwards_is_not_bothered(self, people):
        invite(people, "ann")
        (handle,) = handles(as_of(people[ANN]).get(OWN))
        Block.objects.create(blocker=people[ANN], blocked=people[ORG])
        ann = as_of(people[ANN])
        assert "Nobody has invited you" in text_of(ann.get(OWN))
        assert ann.post(OWN, {"do": "accept", "invitation": handle}).status_code == 400

    def test_it_is_mailed_to_who_wants_it_while_it_stands(self, people, mailoutbox):
        ann = people[ANN]
        EmailAddress.objects.create(user=ann, email="ann@example.org", verified=True, primary=True)
        NotificationChoice.objects.create(user=ann, kind="INVITED", mail_since=now() - timedelta(days=1))
        invite(people, "ann")
        notifications.send_mails(clock=now)
        (mail,) = mailoutbox
        assert "You are invited to Cup." in mail.body
        assert "/invitations/" in mail.body
        invite(people, "ann", slug="full")
        TournamentInvitation.objects.update(status="TAKEN_BACK", settled_at=now())
        notifications.send_mails(clock=now)
        assert len(mailoutbox) == 1

    def test_who_invites_themselves_is_not_told(self, people):
        invite(people, "org")
        assert told(people[ORG]) == []


class TestPrivacy:
    PUBLIC = (
        "/tournaments/cup/",
        "/tournaments/cup/entrants/",
        "/tournaments/cup/players/",
        "/tournaments/results.atom",
        "/tournaments/calendar.ics",
        "/search/?q=zqinvited",
        "/api/v1/tournaments/cup",
        "/api/v1/tournaments/cup/entrants",
    )

    def test_nobody_but_they_and_who_runs_it_knows(self, people):
        """Every public answer is the same, byte for byte, whether somebody else is invited or not."""
        who = scene.player("zqinvited")
        token = re.compile(r'csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"')

        def read():
            pages = [*self.PUBLIC, f"/players/{who.profile.public_id}/"]
            pages += [OWN, f"/players/{who.profile.public_id}/activity/"]
            answers = [
                (name, page, as_of(people.get(name)).get(page)) for name in (None, BOB, CO) for page in pages
            ]
            return {
                (name, page): token.sub("", each.content.decode())
                for name, page, each in answers
                if each.status_code == 200
            }

        before = read()
        put("cup", user=who)
        put("league", team=scene.team("blues"))
        assert len(before) > 25
        assert read() == before
        assert "zqinvited" in text_of(as_of(people[CO]).get(DESK.format("cup")))

    def test_the_own_export_has_them(self, people):
        put("cup", user=people[ANN])
        exported = [row for section, row in iterate_own_data(people[ANN]) if section == "invitations"]
        assert [(row["tournament"], row["status"]) for row in exported] == [("cup", "INVITED")]
        assert not [row for section, row in iterate_own_data(people[ORG]) if section == "invitations"]
