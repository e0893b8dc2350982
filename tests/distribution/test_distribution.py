"""The count of statements without the player reads plans rightly, and knows of every table."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection  # noqa: F401 - named in a skip condition
from django.test import Client

from deltacrown.games.models import Match
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.distribution.occasions import OTHERS, find_kind
from tests.distribution.plans import Instead, Where, read_plan, split_conjunction
from tests.distribution.statements import noting
from tests.distribution.tables import COPIED, SPREAD, TOGETHER


@pytest.mark.once
def test_every_table_has_its_place_and_every_key_is_a_column():
    tables = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    assert tables.keys() <= SPREAD.keys() | COPIED | TOGETHER
    places = [*SPREAD, *COPIED, *TOGETHER]
    assert len(places) == len(set(places))
    for table, key in SPREAD.items():
        assert key in {field.column for field in tables[table]._meta.concrete_fields}


@pytest.mark.once
@pytest.mark.parametrize(
    ("condition", "parts"),
    [
        ("(a.x = 5)", ["a.x = 5"]),
        ("((a.x = 5) AND (a.y = 'p) AND (q'::text))", ["a.x = 5", "a.y = '…'"]),
        ("((a.x = 5) AND ((a.y = 1) OR (a.z = 2)))", ["a.x = 5", "(a.y = 1) OR (a.z = 2)"]),
        ("((a.x)::bigint = b.y)", ["a.x = b.y"]),
        ("", []),
    ],
)
def test_parts_of_a_condition(condition, parts):
    assert split_conjunction(condition) == parts


def scan(table: str, alias: str, *conditions: str, **more: Any) -> dict[str, Any]:
    node = {"Node Type": "Seq Scan", "Relation Name": table, "Alias": alias, **more}
    return {**node, "Filter": f"({' AND '.join(conditions)})"} if conditions else node


def join(condition: str, *plans: dict[str, Any]) -> dict[str, Any]:
    return {"Node Type": "Hash Join", "Hash Cond": condition, "Plans": list(plans)}


MATCH, PROFILE, USER = "games_match", "user_profile_userprofile", "accounts_user"
TOLD = {"Node Type": "Function Scan", "Alias": "k", "Output": ["k.owner"]}


@pytest.mark.once
@pytest.mark.parametrize(
    ("plan", "where"),
    [
        (scan(USER, "u", "(u.id = 5)"), Where.NOWHERE),
        (scan(MATCH, "m", "(m.user_id = 5)"), Where.ONE),
        (scan(MATCH, "m", "(5 = m.user_id)"), Where.ONE),
        (scan(MATCH, "m", "(m.user_id = ANY ('{5}'::bigint[]))"), Where.ONE),
        (scan(MATCH, "m", "(m.user_id = ANY ('{5,6}'::bigint[]))"), Where.SEVERAL),
        (scan(MATCH, "m", "(m.user_id = $0)", "(m.match_key = 'a'::text)"), Where.ONE),
        (scan(MATCH, "m", "((m.user_id = 5) OR (m.game_id = 6))"), Where.ALL),
        (scan(MATCH, "m", "(m.user_id <> 5)"), Where.ALL),
        (scan(MATCH, "m", "(m.game_id = 5)"), Where.ALL),
        (scan(MATCH, "m"), Where.ALL),
        (join("(m.user_id = p.user_id)", scan(MATCH, "m", "(m.user_id = 5)"), scan(PROFILE, "p")), Where.ONE),
        (join("(m.user_id = u.id)", scan(MATCH, "m"), scan(USER, "u", "(u.id = 5)")), Where.ONE),
        (join("(m.user_id = u.id)", scan(MATCH, "m"), scan(USER, "u", "(u.username = 'a')")), Where.ALL),
        (join("(m.id = n.id)", scan(MATCH, "m", "(m.user_id = 5)"), scan(MATCH, "n")), Where.ALL),
        (
            join("(m.id = n.id)", scan(MATCH, "m", "(m.user_id = 5)"), scan(MATCH, "n", "(n.user_id = 6)")),
            Where.SEVERAL,
        ),
        (join("(m.user_id = k.owner)", scan(MATCH, "m"), TOLD), Where.SEVERAL),
    ],
)
def test_where_the_rows_of_a_plan_are(plan, where):
    assert read_plan(plan).where is where


@pytest.mark.once
@pytest.mark.parametrize(
    ("condition", "instead"),
    [
        ("(m.match_key = 'a'::text)", Instead.MATCH),
        ("(m.id = 5)", Instead.ROW),
        (
            "((m.game_id = 1) AND (m.match_key = 'a')) OR ((m.game_id = 2) AND (m.match_key = 'b'))",
            Instead.MATCH,
        ),
        ("(m.game_id = 5)", Instead.NOTHING),
    ],
)
def test_what_is_known_where_the_player_is_not(condition, instead):
    assert read_plan(scan(MATCH, "m", condition)).instead == {instead}


@pytest.mark.once
def test_tables_of_the_same_player_are_known_by_what_is_known_of_one():
    plan = join("(m.user_id = p.user_id)", scan(MATCH, "m", "(m.match_key = 'a'::text)"), scan(PROFILE, "p"))

    assert read_plan(plan).instead == {Instead.MATCH}


@pytest.mark.once
@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/players/DC-1/matches/", "Pages of one player"),
        ("/api/v1/players/DC-1", "Pages of one player"),
        ("/players/DC-1/versus/DC-2/", "Two players side by side"),
        ("/players/?q=a", "Search, lists of players, home"),
        ("/leaderboards/matches_won/", "Boards"),
        ("/players/DC-1/followers/", "A player's own pages and facts"),
        ("/api/v1/matches/{game}/{key}", "A match"),
        ("/sign-in/", OTHERS),
    ],
)
def test_kinds_of_addresses(address, kind):
    assert find_kind(address) == kind


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has other plans")
@pytest.mark.django_db(transaction=True)
class TestOfPostgreSQL:
    """Its plans say what is written in the statements of the site."""

    @pytest.fixture(autouse=True)
    def _whole(self, settings):
        settings.DATABASE_PGBOUNCER = True  # nothing is prepared, so whole statements are seen

    def test_statements(self):
        ann, bob = scene.player("ann"), scene.player("bob")
        scene.match(ann, "m1")
        public_id = ann.profile.public_id
        asked = {
            "own": Match.objects.filter(user=ann),
            "joined": Match.objects.filter(user=ann, user__profile__level__gte=0),
            "two": Match.objects.filter(user__in=[ann, bob]),
            "key": Match.objects.filter(match_key="m1"),
            "public id": UserProfile.objects.filter(public_id=public_id),
        }
        found = {}
        for name, queryset in asked.items():
            with noting() as noted:
                list(queryset)
            found[name] = (noted.counts, *noted.instead)

        assert found == {
            "own": ({Where.ONE: 1},),
            "joined": ({Where.ONE: 1},),
            "two": ({Where.SEVERAL: 1},),
            "key": ({Where.ALL: 1}, Instead.MATCH),
            "public id": ({Where.ALL: 1}, Instead.PUBLIC_ID),
        }

    def test_a_profile_asks_all_machines_for_who_it_is_and_for_who_else_played(self):
        ann, bob = scene.player("ann"), scene.player("bob")
        for number in range(3):
            scene.match(ann, f"m{number}", hours=number)
            scene.match(bob, f"m{number}", "LOSS", hours=number)
        cache.clear()

        with noting() as noted:
            assert Client().get(f"/players/{ann.profile.public_id}/").status_code == 200

        # Who it is, with the place on a board; and who else played those matches.
        assert noted.counts[Where.ALL] == 4
        assert noted.counts[Where.ONE] > noted.counts[Where.ALL]
        assert {"user_profile_userprofile", "games_match"} <= {
            each for shape in noted.shapes for each in shape
        }
