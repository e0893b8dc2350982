"""Who is there when a journey of the desks begins; run inside the site's own process, by ``desks.tell``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta

from django.core.management import call_command
from django.db import connection

from deltacrown.accounts.models import User
from deltacrown.accounts.services import create_players, set_sign_in
from deltacrown.core import clock
from deltacrown.games.services import record_matches
from deltacrown.teams.models import TeamRole
from deltacrown.teams.services import create_team, give_role, join_team
from tests import scene
from tests.browser.addresses import PASSWORD

MODERATOR, OTHER = "mia", "otto"
#: Whose second account is "cem-old"; and who leaves for good.
PERSON, SECOND_ACCOUNT, LEAVING = "cem", "cem-old", "dan"
#: Winner and loser of each match, in the order in which they were played.
PLAYED = [
    ("ann", "bob"),
    ("ann", "bob"),
    ("ann", "dan"),
    ("bob", "ann"),
    (PERSON, "ann"),
    (PERSON, "ann"),
    ("bob", PERSON),
    (SECOND_ACCOUNT, "bob"),
    ("ann", SECOND_ACCOUNT),
    ("dan", SECOND_ACCOUNT),
]
#: Team → who is in it, the captain first.
TEAMS = {f"Team {name}": [f"{name.lower()}{number}" for number in (1, 2)] for name in "NESW"}
#: Is in no team, and plays for one.
STAND_IN = "spare"


def make_bench() -> None:
    """Make players who played a few matches, and two who are to moderate."""
    now = clock.now()
    users = _make_people([MODERATOR, OTHER, *sorted({name for pair in PLAYED for name in pair})])
    game = scene.game("arena")
    records = [
        scene.duel(
            game,
            f"duel-{number}",
            users[winner],
            users[loser],
            played_at=now - timedelta(days=2) + timedelta(minutes=number),
        )
        for number, (winner, loser) in enumerate(PLAYED)
    ]
    assert not scene.refusals(record_matches(records=records, now=now))
    _tell(users.values())


def make_teams(organiser: str) -> None:
    """Make four teams of two with a captain each, somebody without a team, and who is to run a cup."""
    now = clock.now()
    scene.game("arena")
    users = _make_people([organiser, STAND_IN, *(name for roster in TEAMS.values() for name in roster)])
    for team_name, names in TEAMS.items():
        team = create_team(slug=team_name.lower().replace(" ", "-"), name=team_name)
        for name in names:
            join_team(team=team, user=users[name], joined_at=now - timedelta(days=3))
        captain = users[names[0]]
        give_role(team=team, user=captain, role=TeamRole.Role.CAPTAIN, by=None, now=now)
    _tell(users.values())


def spoil(username: str, number: int) -> None:
    """Write a number past everything that keeps it, and let the verification mend it."""
    user = User.objects.get(username=username)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE user_profile_userprofile SET matches_won = %s WHERE user_id = %s", [number, user.pk]
        )
    try:
        call_command("reconcile_stats")
    except SystemExit as stop:
        code = stop.code
    print(json.dumps({"code": code}))  # noqa: T201 - the test reads it


def _make_people(names: list[str]) -> dict[str, User]:
    joined = dict.fromkeys(names, clock.now() - timedelta(days=9))
    users = create_players(usernames=names, joined_at=joined)
    for user in users.values():
        set_sign_in(user=user, password=PASSWORD)
    return users


def _tell(users: Iterable[User]) -> None:
    ids = {user.username: user.profile.public_id for user in users}
    print(json.dumps(ids))  # noqa: T201 - the test reads it
