"""Who may open what, and who may do what: every page, and every action of a form, by every kind of caller.

A page that is not declared here fails. What a page *shows* to whom is the matter of ``tests.privacy``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.rights import GROUPS
from deltacrown.accounts.services import create_key
from deltacrown.core.clock import now
from deltacrown.games.models import Match
from deltacrown.moderation.services import write_handle, write_statement_handle
from deltacrown.pages import invitations
from deltacrown.teams.models import TeamInvitation
from deltacrown.tournaments.models import TournamentInvitation, TournamentOrganiser
from deltacrown.tournaments.services import invite_entrants, pairings
from deltacrown.web import urls
from tests import scene
from tests.pristine import rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: Ann and bob played everything; ann is the captain of south, and disputes their match. Mel has no part.
PLAYERS = {"ann", "bob", "mel", "organiser", "co-organiser", "organiser elsewhere"}
STAFF = {"staff without rights", "moderator", "runner", "operator", "recorder", "boss"}
SIGNED_IN = PLAYERS | STAFF
RUN_IT = {"organiser", "co-organiser", "runner", "boss"}
#: A co-organiser says nothing about who runs the tournament.
OWN_IT = RUN_IT - {"co-organiser"}
CAPTAINS = {"ann", "runner", "boss"}
MODERATORS = {"moderator", "boss"}
OPERATORS = {"operator", "boss"}
ON_THE_BENCH = {"moderator", "operator", "boss"}
#: Some to ask where everybody is answered alike.
A_FEW = ("visitor", "mel", "boss")


@dataclass
class Page:
    """Who is let in, by a GET and by a POST without a word.

    :param to: as ``PAGES`` says it: everybody, whoever is signed in, or these.
    :param may_send: who is let in by a POST, where that is not the same.
    :param about: what the address names instead of what others do.
    """

    to: set[str] | None = None
    may_send: set[str] | None = None
    about: dict[str, str] = field(default_factory=dict)


@dataclass
class Action:
    """An action of a form, and who succeeds with it."""

    to: set[str]
    body: dict[str, str]
    about: dict[str, str] = field(default_factory=dict)
    query: str = ""


#: Everybody is answered alike: what is in it is for ``tests.privacy``.
FOR_ALL = """
    home leaderboard seasons season search search-suggest player-search player player-matches
    player-series player-tournaments player-activity player-bests player-places player-company
    player-stat player-stat-history player-feed player-card player-badge player-badge-picture
    versus-choice versus team team-matches team-results team-roster tournaments result-feed calendar
    tournament-card tournament-calendar tournament tournament-results tournament-matches
    tournament-entrants tournament-players match integrity settings display account_signup login
    account_login account_reset_password logout account-closed sitemap sitemap-section robots icon
    healthz readyz
""".split()  # noqa: SIM905 - a column of quotes is hard to read
#: Whoever is signed in is let in, to what is their own.
FOR_SIGNED_IN = """
    follow unfollow block unblock remove-follower feed team-members tournament-entry tournament-team
    tournament-changes organise organise-create organise-entrants-do profile-settings hidden-entries
    linked-ids privacy privacy-preview picture timeline-entry blocked verification account
    notifications notifications-read notification-settings api-keys disputes dispute-result
    dispute-hands account_email account_change_password account_set_password mfa_index
    mfa_activate_totp mfa_generate_recovery_codes mfa_reauthenticate usersessions_list
    account_reauthenticate username own-teams found-team own-invitations invitations team-invitations
""".split()  # noqa: SIM905 - a column of quotes is hard to read
#: Steps on the way in, which lead back to its beginning whoever has not come this way.
STEPS = """
    account_email_verification_sent mfa_authenticate account_confirm_password_reset_code
    account_complete_password_reset account_password_reset_completed account_inactive reopen
""".split()  # noqa: SIM905 - a column of quotes is hard to read
#: The desk of who runs a tournament.
OF_A_TOURNAMENT = """
    tournament edit people entrants import pairings pairing disputes results complete annul
    lift-annulment reopen record
""".split()  # noqa: SIM905
OPEN, ENDED = {"slug": "open"}, {"slug": "ended"}
PAGES = {
    **{name: Page() for name in FOR_ALL},
    **{name: Page(SIGNED_IN) for name in FOR_SIGNED_IN},
    "team-roles": Page(may_send=SIGNED_IN),
    "player-followers": Page({"bob", *MODERATORS}),
    "player-following": Page({"bob", *MODERATORS}),
    "player-standing": Page(MODERATORS),
    "pairing": Page({"ann", "bob", *RUN_IT}, may_send={"ann", "bob"}),
    **{f"organise-{name}": Page(RUN_IT) for name in OF_A_TOURNAMENT},
    "organise-invitations": Page(RUN_IT, about=OPEN),
    "organise-roster": Page(RUN_IT, about={"slug": "league"}),
    "organise-result": Page(RUN_IT, about={"slug": "ended", "handle": "{ann}"}),
    "organise-match": Page(RUN_IT, about={"match_key": "final"}),
    "api-key": Page({"ann"}),
    "team-manage": Page(CAPTAINS),
    "team-name": Page(CAPTAINS),
    "dispute-statement": Page({"bob"}, about={"handle": "{question}"}),
    "dispute-statements": Page(MODERATORS),
    "dispute-rulings": Page(MODERATORS),
    "match-rulings": Page({"recorder", "boss"}),
    "dispute-match": Page({"ann", "bob"}),
    "audit-log": Page(ON_THE_BENCH),
    "repairs": Page(ON_THE_BENCH),
    "moderation": Page({*ON_THE_BENCH, "recorder"}),
    "moderate-players": Page(ON_THE_BENCH),
    "moderate-player": Page(ON_THE_BENCH),
    "moderate-picture": Page(MODERATORS),
    "moderate-anonymise": Page(OPERATORS),
    "merges": Page(OPERATORS),
    "merge": Page(OPERATORS),
    "moderate-match": Page({"recorder", "boss"}),
    "dispute-queue": Page(MODERATORS),
    "dispute-review": Page(MODERATORS),
}
#: What is asked for is not there for anybody: who may does so in ``ACTIONS`` or in a test of its own.
NOT_THERE = {
    "avatar": "nobody has a picture",
    "tournament-series": "there is no series",
    "notification": "there is nothing to tell",
    "merge-undo": "nobody was merged; ``tests/web/test_bench.py`` undoes one",
    "mfa_deactivate_totp": "nobody has a second factor",
    "mfa_view_recovery_codes": "nobody has a second factor",
    **dict.fromkeys(
        ["provider", "provider-back", "provider-sign-up", "provider-again", "provider-accounts"],
        "no provider is on; ``tests/accounts/test_providers.py`` comes in by them",
    ),
}
ACTIONS = {
    "player-standing suspend": Action(MODERATORS, {"do": "suspend", "reason": "x"}),
    "team-roles give": Action(CAPTAINS, {"player": "{bob}", "role": "COACH"}),
    "team-roles hand over": Action(CAPTAINS, {"player": "{bob}", "role": "CAPTAIN", "do": "hand-over"}),
    "team-manage ask": Action(CAPTAINS, {"player": "mel"}),
    "team-invitations withdraw": Action(CAPTAINS, {"player": "{organiser}"}),
    "own-invitations accept": Action({"organiser"}, {"team": "south", "do": "accept"}),
    "team-name rename": Action(CAPTAINS, {"name": "Southern"}),
    "found-team found": Action(SIGNED_IN, {"name": "Newest"}),
    "invitations accept": Action({"mel"}, {"do": "accept", "invitation": "{invitation}"}),
    "organise-invitations invite": Action(RUN_IT, {"do": "invite", "names": "bob"}, OPEN),
    "organise-invitations take back": Action(RUN_IT, {"do": "take-back", "invitation": "{invitation}"}, OPEN),
    "dispute-statement say": Action({"bob"}, {"words": "I won."}, {"handle": "{question}"}),
    "team-members end": Action(CAPTAINS | {"bob"}, {"player": "{bob}"}),
    "tournament-entry register": Action(SIGNED_IN, {"do": "register"}, OPEN),
    "tournament-team withdraw": Action(
        CAPTAINS | {"organiser", "co-organiser"}, {"do": "withdraw", "team": "south"}, {"slug": "league"}
    ),
    "pairing report": Action({"ann", "bob"}, {"winner-1": "1"}),
    "organise-pairing rule": Action(RUN_IT, {"do": "rule", "winner-1": "1", "reason": "x"}),
    "organise-pairing schedule": Action(RUN_IT, {"do": "schedule", "scheduled_at": ""}),
    "organise-pairings undraw": Action(RUN_IT, {"do": "undraw", "is_sure": "on"}),
    "organise-tournament cancel": Action(RUN_IT, {"do": "cancel", "reason": "x"}),
    "organise-people add": Action(OWN_IT, {"do": "add", "player": "mel"}),
    "organise-people remove": Action(OWN_IT | {"co-organiser"}, {"do": "remove", "player": "{co-organiser}"}),
    "organise-people hand-over": Action(
        OWN_IT, {"do": "hand-over", "player": "{co-organiser}", "is_sure": "on"}
    ),
    "organise-entrants enter": Action(RUN_IT, {"entrant": "bob"}, OPEN),
    "organise-entrants-do withdraw": Action(RUN_IT, {"one": "withdraw {ann}"}, OPEN),
    "organise-entrants-do check in": Action(RUN_IT, {"one": "check-in {ann}"}, OPEN),
    "organise-roster change": Action(RUN_IT, {"joins": "bob", "reason": "x"}, {"slug": "league"}),
    "organise-import enter": Action(RUN_IT, {"text": "bob", "is_confirmed": "on"}, OPEN),
    "organise-result disqualify": Action(
        RUN_IT, {"do": "disqualify", "reason": "x"}, {**ENDED, "handle": "{ann}"}
    ),
    "organise-annul annul": Action(RUN_IT, {"reason": "x"}, ENDED),
    "dispute-hands claim": Action(MODERATORS, {"do": "claim"}),
    "dispute-review reject": Action(MODERATORS, {"decision": "reject", "resolution": "x"}),
    "moderate-match void": Action(
        {"recorder", "boss"}, {"decision": "preview", "change": "void", "reason": "x"}
    ),
    "moderate-picture remove": Action(MODERATORS, {"reason": "x", "sure": "on"}),
    "moderate-anonymise anonymise": Action(
        OPERATORS, {"confirmation": "{bob}", "reason": "x", "without_export": "on"}
    ),
    "merge merge": Action(
        OPERATORS,
        {"confirmation": "{mel}", "reason": "x"},
        query="?kept={bob}&merged={mel}",
    ),
    "api-key revoke": Action({"ann"}, {}),
}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[SimpleNamespace]:
    with rolled_back(django_db_blocker, build_world) as built:
        yield built


def build_world() -> SimpleNamespace:
    """Make the callers, and what every page and action is about."""
    named = ("ann", "bob", "mel", "organiser", "co-organiser", "organiser elsewhere")
    people = {name: scene.player(name) for name in named}
    ann, bob, organiser = people["ann"], people["bob"], people["organiser"]
    people["staff without rights"] = scene.staff("clerk")
    groups = {
        "moderator": "Moderators",
        "runner": "Organisers",
        "operator": "Operators",
        "recorder": "Recorders",
    }
    people |= {name: scene.staff(name, *GROUPS[group]) for name, group in groups.items()}
    people["boss"] = scene.player("boss", is_staff=True)

    for user, result in ((ann, "WIN"), (bob, "LOSS")):
        scene.match(user, "m1", result)
    row = Match.objects.get(user=ann)
    south, season = scene.team("south"), scene.season()
    for user in (ann, bob):
        scene.member(user, south)
    scene.role(ann, south)

    events = {
        status: scene.tournament(slug, status=status, organiser=organiser)
        for slug, status in (("open", "OPEN"), ("running", "RUNNING"), ("ended", "COMPLETED"))
    }
    events["TEAM"] = scene.tournament("league", status="OPEN", organiser=organiser, entrant_kind="TEAM")
    scene.tournament("elsewhere", status="OPEN", organiser=people["organiser elsewhere"])
    for event in events.values():
        TournamentOrganiser.objects.create(tournament=event, user=people["co-organiser"])
        scene.registration(ann, event, team=south if event.slug == "league" else None)
    scene.registration(bob, events["RUNNING"])
    scene.result(events["COMPLETED"], 1, ann)
    final = scene.match(ann, "final", "WIN", kind="TOURNAMENT")
    scene.tournament_match(final, events["RUNNING"], round="Final")
    (drawn,) = pairings.draw_bracket(tournament=events["RUNNING"])

    TeamInvitation.objects.create(team=south, user=organiser, invited_by=ann, invited_at=now())
    invite_entrants(tournament=events["OPEN"], users=[people["mel"]], by=organiser, now=now())
    disputed = scene.dispute(ann, row)

    told = {
        "public_id": bob.profile.public_id,
        "other": ann.profile.public_id,
        "prefix": create_key(owner=ann, name="bot", scopes=["read"], by=ann).key.prefix,
        "stat": "matches_won",
        "game": row.game.slug,
        "match_key": row.match_key,
        "series": "Final 1",
        "section": "players",
        "provider": "discord",
        "handle": write_handle(disputed),
        "name": "0" * 32,
        "team": south.slug,
    }
    slugs = {"team": south.slug, "season": season.slug, "leaderboard": "matches_won"}
    ids = {name: user.profile.public_id for name, user in people.items()}
    callers = {"visitor": Client()}
    for name, user in people.items():
        callers[name] = Client()
        callers[name].force_login(user)
    return SimpleNamespace(
        callers=callers,
        told=told,
        slugs=slugs,
        drawn=pairings.write_handle(drawn),
        names={
            **ids,
            "question": write_statement_handle(disputed),
            "invitation": invitations.write_handle(TournamentInvitation.objects.get()),
        },
    )


def write_address(world: SimpleNamespace, name: str, about: dict[str, str]) -> str:
    """The address of a page, about what is there."""
    (pattern, *_) = (each for each in urls.urlpatterns if each.name == name)
    slug = world.slugs.get(name.partition("-")[0], "running")
    told = {"slug": slug, **world.told}
    if "pairing" in name:
        told["handle"] = world.drawn
    told |= {key: value.format(**world.names) for key, value in about.items()}
    parts = re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern))
    return reverse(name, kwargs={part: told[part] for part in parts})


def ask(world: SimpleNamespace, caller: str, method: str, address: str, body: Any = None) -> tuple[int, str]:
    """The status of the answer and where it leads; what it wrote is taken back."""
    client = world.callers[caller]
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = client.get(address) if method == "GET" else client.post(address, body or {})
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer.status_code, answer.get("Location", "").partition("?")[0]


def is_let_in(status: int, leads_to: str) -> bool:
    """Whether the answer is not that one may not, that there is nothing, or that one signs in first."""
    return status not in {403, 404} and leads_to != "/sign-in/"


def test_every_page_is_declared():
    names = {str(pattern.name) for pattern in urls.urlpatterns}
    declared = [*PAGES, *NOT_THERE, *STEPS]

    assert names == set(declared)
    assert len(declared) == len(set(declared))
    assert {name.partition(" ")[0] for name in ACTIONS} <= PAGES.keys()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_who_is_let_in(world, name):
    page = PAGES[name]
    address = write_address(world, name, page.about)
    everybody = SIGNED_IN | {"visitor"}
    for method, to in (("GET", page.to), ("POST", page.may_send or page.to)):
        asked = everybody if to not in (None, SIGNED_IN) else A_FEW
        answers = {caller: ask(world, caller, method, address) for caller in asked}
        if {status for status, _ in answers.values()} <= {405, 302} and 405 in dict(answers.values()):
            continue  # the page takes no such request, whoever asks
        let_in = {caller for caller, answer in answers.items() if is_let_in(*answer)}

        assert let_in == (everybody if to is None else to) & set(asked), (method, answers)
        assert answers["visitor"] == (302, "/sign-in/") or "visitor" in let_in or to == page.to, answers


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_who_may(world, name):
    action = ACTIONS[name]
    address = write_address(world, name.partition(" ")[0], action.about) + action.query.format(**world.names)
    body = {key: value.format(**world.names) for key, value in action.body.items()}
    answers = {caller: ask(world, caller, "POST", address, body) for caller in world.callers}
    done = {caller for caller, (status, to) in answers.items() if status < 400 and to != "/sign-in/"}

    assert done == action.to, answers
    assert answers["visitor"] == (302, "/sign-in/")


@pytest.mark.parametrize("name", sorted(NOT_THERE))
def test_what_is_not_there_is_so_for_everybody(world, name):
    address = write_address(world, name, {})
    answers = {caller: ask(world, caller, "GET", address) for caller in world.callers}

    assert {status for status, _ in answers.values()} <= {404, 405, 302}, answers
    assert {to for _, to in answers.values()} <= {"", "/sign-in/"}, answers


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_leads_back_whoever_did_not_come_this_way(world, name):
    address = write_address(world, name, {})
    answers = {caller: ask(world, caller, "GET", address) for caller in A_FEW}

    assert {status for status, _ in answers.values()} == {302}, answers
    assert {to for _, to in answers.values()} <= {"/", "/sign-in/", "/sign-in/forgotten/", "/settings/email/"}
