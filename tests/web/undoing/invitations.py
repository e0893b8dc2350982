"""Invitations to tournaments and to teams, and the teams that players found, name and hand over."""

from __future__ import annotations

from typing import Any

from deltacrown.pages.invitations import write_handle
from deltacrown.teams.services import invite_player
from deltacrown.tournaments.models import TournamentInvitation
from deltacrown.tournaments.services import invite_entrants, take_back_invitation
from tests.scene import at
from tests.web.undoing.ground import Deed, address, as_of, fill, id_of
from tests.web.undoing.players import FOR_GOOD, MARKED, ROLES, entry, plain

#: Of tables whose rows stay, what holds now is compared beside them: ``ground.HOLDS``.
ASKED = {"teams.TeamInvitation": "whom a team asked is kept, with what became of it"}
LEFT = {"teams.TeamMembership": "who was in the team stays told, with the end"}
ANSWERED = {
    "tournaments.TournamentInvitation": "it stays listed, as accepted",
    "invited now": "it is answered: who withdrew registers again without it",
}
INVITED_AGAIN = {"tournaments.TournamentInvitation.invited_at": "when, which is the last time"}
RENAMED = {
    "teams.FormerTeamName": "a team is found by the name that it had",
    "teams.TeamSearchTerm": "and so is searched by it",
}


def invite(w: Any) -> None:
    invite_entrants(tournament=w.open, users=[w.cleo], by=w.org, now=at(20))


def take_back(w: Any) -> None:
    invite(w)
    take_back_invitation(invitation=TournamentInvitation.objects.get(), by=w.org, now=at(21))


def handle(_w: Any) -> str:
    return write_handle(TournamentInvitation.objects.get())


def desk(do: str, **given: Any) -> Any:
    return plain("organise-invitations", "open", by="org", do=do, **given)


def answer(do: str) -> Any:
    return plain("invitations", by="cleo", do=do, invitation=handle)


def ask(w: Any) -> None:
    invite_player(team=w.north, user=w.cleo, by=w.anna, now=at(20))


def cleo(w: Any) -> str:
    return id_of(w.cleo)


def answer_team(do: str) -> Any:
    return plain("own-invitations", by="cleo", do=do, team="north")


def hand_over(by: str, to: str) -> Any:
    given = {"player": lambda w: id_of(getattr(w, to)), "role": "CAPTAIN", "do": "hand-over"}
    return plain("team-roles", "north", by=by, **given)


def rename(name: str) -> Any:
    return lambda w: fill(as_of(w.anna), address("team-name", "north"), "name", name=name)


INVITE = desk("invite", names=cleo)
ASK = plain("team-manage", "north", player="cleo")
WITHDRAW = plain("team-invitations", "north", player=cleo)

DEEDS = [
    Deed(
        "organise-invitations",
        "invite",
        INVITE,
        desk("take-back", invitation=handle),
        leaves={"tournaments.TournamentInvitation": "it stays listed, as taken back"},
    ),
    Deed(
        "organise-invitations",
        "take an invitation back",
        desk("take-back", invitation=handle),
        INVITE,
        before=invite,
        leaves=INVITED_AGAIN,
    ),
    Deed(
        "organise-invitations",
        "invite again",
        INVITE,
        desk("take-back", invitation=handle),
        before=take_back,
        leaves={
            **INVITED_AGAIN,
            "tournaments.TournamentInvitation.settled_at": "when it was taken back, which is the last time",
        },
    ),
    Deed(
        "invitations",
        "accept an invitation",
        answer("accept"),
        entry("withdraw", by="cleo"),
        says="The entry stays on record then, and counts among the tournaments entered",
        before=invite,
        leaves={**MARKED, **ANSWERED},
    ),
    Deed(
        "invitations",
        "decline it",
        answer("decline"),
        INVITE,
        says="If you decline, you can still register while entries are taken",
        before=invite,
        leaves=INVITED_AGAIN,
    ),
    Deed("team-manage", "ask a player to join", ASK, WITHDRAW, leaves=ASKED),
    Deed("team-invitations", "take that back", WITHDRAW, ASK, before=ask, leaves=ASKED),
    Deed(
        "own-invitations",
        "join a team",
        answer_team("accept"),
        plain("team-members", "north", by="cleo", player=cleo),
        says="You can leave a team again, and the time in between stays on record",
        before=ask,
        leaves={**ASKED, **LEFT, "asked now": "it is answered: who left is asked again"},
    ),
    Deed(
        "own-invitations",
        "decline to join",
        answer_team("decline"),
        says="If you decline, this cannot be undone: the team cannot ask you again for 30 days",
        before=ask,
    ),
    Deed("found-team", "found a team", plain("found-team", by="cleo", name="South", slug=""), says=FOR_GOOD),
    Deed(
        "team-name",
        "rename a team",
        rename("Northern"),
        rename("North"),
        says="changing the name back is one of these times",
        leaves=RENAMED,
    ),
    Deed(
        "team-roles",
        "hand the team over",
        hand_over("anna", "bea"),
        hand_over("bea", "anna"),
        leaves=ROLES,
    ),
]
