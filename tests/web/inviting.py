"""People who invite and are invited, and what they send; for the tests of invitations on pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.test import Client

from deltacrown.accounts.rights import Right
from deltacrown.notifications import services as notifications
from deltacrown.tournaments.models import Tournament, TournamentInvitation
from tests import scene

ORG, CO, ANN, BOB, CAP, STAFF = "org", "co", "ann", "bob", "cap", "chief"
DESK, OWN = "/organise/{}/entrants/invitations/", "/invitations/"


def build_people():
    """Players, an organiser with a co-organiser, a captain, and tournaments in every state."""
    people = {name: scene.player(name) for name in (ORG, CO, ANN, BOB, CAP)}
    people[STAFF] = scene.staff(STAFF, Right.MANAGE_TOURNAMENTS)
    for slug, fields in {
        "cup": {},
        "full": {"capacity": 1},
        "league": {"entrant_kind": "TEAM"},
        "draft": {"status": "DRAFT"},
        "running": {"status": "RUNNING"},
        "over": {"status": "COMPLETED"},
        "closed": {"registration_closes_at": scene.at(0)},
    }.items():
        scene.tournament(slug, **{"status": "OPEN", "organiser": people[ORG], **fields})
    Tournament.objects.get(slug="cup").co_organisers.create(user=people[CO])
    scene.registration(people[BOB], Tournament.objects.get(slug="full"))
    reds = scene.team("reds")
    for name in (CAP, BOB):
        scene.member(people[name], reds)
    scene.role(people[CAP], reds)
    return people


def as_of(user):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def invite(people, *names, slug="cup", by=ORG):
    return as_of(people[by]).post(DESK.format(slug), {"do": "invite", "names": "\n".join(names)})


def put(event, **entrant):
    """An invitation to a tournament in whatever state."""
    by = Tournament.objects.get(slug=event)
    return TournamentInvitation.objects.create(
        tournament=by, invited_by=by.organiser, invited_at=now(), **entrant
    )


def now():
    return datetime.now(UTC)


def handles(page):
    return re.findall(r'name="invitation" value="([^"]+)"', page.content.decode())


def answer(user, do, page=OWN):
    client = as_of(user)
    (handle,) = handles(client.get(page))
    return client.post(OWN, {"do": do, "invitation": handle}, follow=True)


def told(user):
    return [each.told.text for each in notifications.list_notifications(user).items]
