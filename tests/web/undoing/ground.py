"""What forms are sent on, and what is compared: all that is kept, but for what only tells of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import StringIO
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from deltacrown.accounts.models import User
from deltacrown.games.models import Match
from deltacrown.teams.models import TeamInvitation, TeamMembership, TeamRole
from deltacrown.tournaments.models import Tournament, TournamentInvitation, TournamentParticipation
from tests import scene

PHRASE = "correct horse battery"
MAILBOX = "anna@example.org"
WHY = {"reason": "It was so."}

#: Tables that tell what was done, so that an undo adds to them: why they are not compared.
ASIDE = {
    **dict.fromkeys(
        ["core.AuditEntry", "tournaments.EntryChange", "user_profile.StandingChange", "admin.LogEntry"],
        "a log of deeds, the undoing ones as well",
    ),
    **dict.fromkeys(
        ["tally.Revision", "tally.ChangeContext", "tally.Recording"],
        "the history of a number has both changes",
    ),
    **dict.fromkeys(
        ["sessions.Session", "usersessions.UserSession", "account.EmailConfirmation"],
        "says who is signed in, or is about to be",
    ),
    "freshness.ContentVersion": "says that something changed",
    "user_profile.RankChange": "says whom the job is to count anew on the leaderboards",
    "notifications.Notification": "news of what was done, and of its undoing",
    "user_profile.Achievement": "the catalogue, written as it is needed",
    "contenttypes.ContentType": "of Django",
}
#: Columns that a row has for itself: by them a row that was made anew is another one.
OWN_COLUMNS = {"id", "recorded_at", "last_login"}
#: The same of one table: a password is salted, and a pairing is named in its address by its key.
OWN_OF_TABLES = {"accounts.User": {"password"}, "tournaments.Pairing": {"key"}}
#: What holds now of tables whose rows stay: compared also where the table is left.
HOLDS: dict[str, tuple[QuerySet[Any], tuple[str, ...]]] = {
    "in a team now": (TeamMembership.objects.filter(left_at=None), ("team", "user")),
    "with a role now": (TeamRole.objects.filter(ended_at=None), ("team", "user", "role")),
    "asked now": (TeamInvitation.objects.filter(answer=""), ("team", "user")),
    "invited now": (TournamentInvitation.objects.filter(status="INVITED"), ("tournament", "user", "team")),
    "entered now": (
        TournamentParticipation.objects.exclude(status="WITHDRAWN"),
        ("tournament", "user", "team", "status"),
    ),
}


@dataclass(frozen=True)
class Sent:
    """A form as a browser sends it."""

    client: Client
    address: str
    fields: Mapping[str, Any]

    def post(self) -> Any:
        return self.client.post(self.address, self.fields)


@dataclass(frozen=True)
class Deed:
    """A form that changes something.

    :param page: the name of its address.
    :param undo: what undoes it; None where nothing does.
    :param says: what the page with the form says of that, before it is sent.
    :param shown_at: the address of the page with the form, if it is another.
    :param before: makes it possible.
    :param another: why the same form sent twice does it twice; empty where it does it once.
    :param leaves: what stays after the undo → why: ``table``, or ``table.column``.
    """

    page: str
    what: str
    send: Callable[[Any], Sent]
    undo: Callable[[Any], Sent] | None = None
    says: str = ""
    shown_at: Callable[[Any], str] | None = None
    before: Callable[[Any], object] | None = None
    another: str = ""
    leaves: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page}: {self.what}"


def id_of(user: User) -> str:
    return str(user.profile.public_id)


def as_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


State = Counter[tuple[str, tuple[tuple[str, Any], ...]]]


def read_state() -> State:
    """Return every row that is compared, by its table, with its columns as the database has them."""
    found: State = Counter()
    with connection.cursor() as cursor:
        for label, names, statement in _list_compared():
            cursor.execute(statement)
            found.update((label, tuple(zip(names, row, strict=True))) for row in cursor.fetchall())
    for label, (rows, columns) in HOLDS.items():
        for row in rows.values(*columns):
            found[label, tuple((name, repr(value)) for name, value in row.items())] += 1
    anna = User.objects.get(username="anna")
    found["the password", (("is", str(bool(anna.password) and anna.check_password(PHRASE))),)] += 1
    return found


def _list_compared() -> Iterator[tuple[str, list[str], str]]:
    """Yield the tables that are compared: the label, the names of the columns, what reads them.

    Each is read some hundred times: to compile a queryset and to make its rows would take longest of all.
    """
    quote = connection.ops.quote_name
    for model in apps.get_models():
        label, table = model._meta.label, model._meta.db_table
        own = OWN_COLUMNS | OWN_OF_TABLES.get(label, set())
        fields = [each for each in model._meta.concrete_fields if each.attname not in own]
        if label not in ASIDE and fields:
            columns = ", ".join(quote(each.column) for each in fields)
            yield label, [each.attname for each in fields], f"SELECT {columns} FROM {quote(table)}"


def without(state: State, left: Mapping[str, str]) -> State:
    """Return a state without tables and columns."""
    kept: State = Counter()
    for (label, values), count in state.items():
        if label not in left:
            stay = tuple(each for each in values if f"{label}.{each[0]}" not in left)
            kept[label, stay] += count
    return kept


class _Forms(HTMLParser):
    """Reads the forms of a page: the fields of each with the values they have."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.names: list[set[str]] = []
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name, value = told.get("name") or "", told.get("value") or ""
        if tag == "form":
            self.forms.append({})
            self.names.append(set())
        if not self.forms or (not name and tag != "option"):
            return
        if tag != "option":
            self.names[-1].add(name)
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in told or self._select not in self.forms[-1]):
            self.forms[-1][self._select] = value
        elif tag == "textarea":
            self._text, self.forms[-1][name] = name, ""
        elif tag == "input" and told.get("type") == "checkbox" and "checked" in told:
            self.forms[-1].setdefault(name, []).append(value or "on")
        elif tag == "input" and told.get("type") == "radio":
            if "checked" in told:
                self.forms[-1][name] = value
        elif tag == "input" and told.get("type") not in {"checkbox", "file"}:
            self.forms[-1][name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.forms[-1][self._text] += data.removeprefix("\n")


def fill(client: Client, address: str, has: str, **given: Any) -> Sent:
    """Return the form of a page that has a field, as it is filled in, and with what is ``given``."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    page = _Forms()
    page.feed(answer.content.decode())
    form = next(form for form, names in zip(page.forms, page.names, strict=True) if has in names)
    form.pop("csrfmiddlewaretoken", None)
    return Sent(client, address, {**form, **given})


def look(client: Client, address: str, fields: Mapping[str, Any], **steps: str) -> Sent:
    """Look at what a form would change, and return the form that confirms it.

    :param steps: field → what confirms; it is ``preview`` before.
    """
    steps = steps or {"step": "confirm"}
    answer = client.post(address, {**fields, **dict.fromkeys(steps, "preview")})
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', answer.content.decode())
    assert seen, answer.content.decode()
    return Sent(client, address, {**fields, **steps, "seen": seen[1]})


def build() -> SimpleNamespace:
    """Players, a team, tournaments in every state, matches, a dispute; staff with every right."""
    names = ("anna", "bea", "cleo", "dora", "org")
    people = {name: scene.player(name) for name in names}
    anna, bea, cleo, org = (people[name] for name in ("anna", "bea", "cleo", "org"))
    User.objects.filter(pk=anna.pk).update(email=MAILBOX)
    north = scene.team("north")
    for each in (anna, bea):
        scene.member(each, north)
    scene.role(anna, north)
    clash = [scene.match(anna, "clash", "WIN"), scene.match(bea, "clash", "LOSS")]
    events = {
        status.lower(): scene.tournament(status.lower(), status=status, organiser=org)
        for status in Tournament.Status.values
    }
    for name in ("open", "running", "completed"):
        for place, each in enumerate((anna, bea)):
            scene.registration(each, events[name], hours=place)
    for place, each in enumerate((anna, bea), 1):
        scene.result(events["completed"], place, each)
    for each, result in ((anna, "WIN"), (bea, "LOSS")):
        row = scene.match(each, "final", result, score="1", kind=Match.Kind.TOURNAMENT)
        scene.tournament_match(row, events["running"], round="Final")
    teams = scene.tournament("teams", status="OPEN", entrant_kind="TEAM", organiser=org)
    for each in (anna, bea):
        scene.registration(each, teams, team=north)
    scene.activity(anna, "joined")
    filed = scene.dispute(cleo, scene.match(cleo, "contest", "LOSS"))
    scene.match(anna, "contest", "WIN")
    call_command("backfill_achievements", stdout=StringIO())
    call_command("backfill_activities", stdout=StringIO())
    boss, second = (scene.player(name, is_staff=True) for name in ("boss", "second"))
    return SimpleNamespace(
        **people, **events, boss=boss, second=second, north=north, teams=teams, clash=clash, filed=filed
    )


def address(name: str, *needs: Any) -> str:
    return reverse(name, args=needs)
