"""Search terms follow names, whoever writes them."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Value
from django.test.utils import CaptureQueriesContext

from deltacrown.accounts.models import FormerUsername, User
from deltacrown.accounts.services import rename_player
from deltacrown.core import trigrams
from deltacrown.core.term_triggers import sync_terms
from deltacrown.teams.models import TERM_SOURCES, Team, TeamSearchTerm
from deltacrown.user_profile.models import PlayerSearchTerm, UserProfile
from tests import scene
from tests.plans import plan_of
from tests.removal import remove

pytestmark = pytest.mark.django_db


def terms(model, owner):
    """Return the terms of an owner, each with its place and former name."""
    return sorted(model.objects.filter(owner=owner).values_list("place", "term", "former_name"))


def list_keys(model, owner):
    return sorted(model.objects.filter(owner=owner).values_list("pk", flat=True))


def test_a_name_and_each_of_its_words_is_a_term():
    ann = scene.player("ann")
    UserProfile.objects.filter(user=ann).update(display_name="Jo O'Der")

    assert terms(PlayerSearchTerm, ann) == [
        *[(0, name, "") for name in ("jo o der", "jo o'der", "jo oder")],
        *[(1, word, "") for word in ("der", "o der", "o'der", "oder")],
    ]


def test_they_follow_a_rename_by_sql_and_nothing_else_writes_them():
    ann, bob = scene.player("ann"), scene.player("bob")
    rename = "UPDATE user_profile_userprofile SET search_key = 'eve x' WHERE user_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(rename, [ann.pk])
    before = list_keys(PlayerSearchTerm, ann)
    UserProfile.objects.update(bio="x")

    assert terms(PlayerSearchTerm, ann) == [(0, "eve x", ""), (1, "x", "")]
    assert terms(PlayerSearchTerm, bob) == [(0, "bob", "")]
    assert list_keys(PlayerSearchTerm, ann) == before


def test_former_names_come_move_and_go():
    ann, bob = scene.player("ann"), scene.player("bob")
    rename_player(user=ann, username="anna")
    rename_player(user=ann, username="eve")
    assert terms(PlayerSearchTerm, ann) == [(0, "eve", ""), (2, "ann", "ann"), (2, "anna", "anna")]

    FormerUsername.objects.filter(name="ann").update(owner=bob)
    FormerUsername.objects.filter(name="anna").delete()

    assert terms(PlayerSearchTerm, ann) == [(0, "eve", "")]
    assert terms(PlayerSearchTerm, bob) == [(0, "bob", ""), (2, "ann", "ann")]
    remove(bob)
    assert not PlayerSearchTerm.objects.filter(term="ann").exists()


def test_a_slug_finds_a_team_too():
    team = Team.objects.create(slug="reds-eu", name="Reds EU")
    Team.objects.filter(pk=team.pk).update(slug="the-reds")

    assert terms(TeamSearchTerm, team) == [
        *[(0, name, "") for name in ("reds eu", "the reds", "the-reds")],
        *[(1, word, "") for word in ("eu", "reds")],
        *[(2, name, "reds-eu") for name in ("reds eu", "reds-eu")],
        (3, "eu", "reds-eu"),
    ]


def test_after_triggers_were_away_only_what_differs_is_written():
    team, other = Team.objects.create(slug="a", name="Reds"), Team.objects.create(slug="b", name="Blues")
    kept = list_keys(TeamSearchTerm, other)
    TeamSearchTerm.objects.filter(owner=team, term="reds").update(term="stale")

    sync_terms(TERM_SOURCES, using="default")

    assert terms(TeamSearchTerm, team) == [(0, "a", ""), (0, "reds", "")]
    assert list_keys(TeamSearchTerm, other) == kept


def test_a_dump_loads_into_a_site_whose_triggers_write_the_same_terms(tmp_path):
    ann = scene.player("ann_x")
    rename_player(user=ann, username="anna")
    before = terms(PlayerSearchTerm, ann)
    file = str(tmp_path / "site.json")
    call_command("dumpdata", "accounts", "user_profile", output=file, verbosity=0)
    owner = ann.pk
    User.objects.all().delete()

    call_command("loaddata", file, verbosity=0)

    assert terms(PlayerSearchTerm, owner) == before


class TestTrigrams:
    @pytest.fixture(autouse=True)
    def on_postgresql(self):
        if connection.vendor != "postgresql":
            pytest.skip("SQLite reads the terms")

    def run(self, sql, *params):
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchone() if cursor.description else None

    def test_a_migrate_makes_what_is_missing_and_drops_the_index_of_the_extension(self):
        table = PlayerSearchTerm._meta.db_table
        self.run(f"DROP INDEX {table}_inside")
        self.run(f"DROP INDEX {TeamSearchTerm._meta.db_table}_inside")
        self.run(f"CREATE INDEX {table}_trigrams ON {table} (former_name)")

        trigrams.sync_trigram_indexes(using="default")

        assert self.run("SELECT to_regclass(%s)", f"{table}_trigrams") == (None,)
        for name in (trigrams.name_index(model) for model in trigrams.list_term_tables()):
            [definition] = self.run("SELECT pg_get_indexdef(to_regclass(%s))", name)
            assert "USING gin (deltacrown_trigrams((term)::text)) WITH (fastupdate=off)" in definition

    def test_again_it_writes_nothing(self):
        with CaptureQueriesContext(connection) as sent:
            trigrams.sync_trigram_indexes(using="default")

        assert not [query for query in sent.captured_queries if "CREATE" in query["sql"]]

    @pytest.mark.parametrize(
        ("term", "expected"), [("abcde", ["abc", "bcd", "cde"]), ("abc", ["abc"]), ("ab", None), ("", None)]
    )
    def test_a_term_is_split(self, term, expected):
        assert self.run("SELECT deltacrown_trigrams(%s)", term) == (expected,)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("abc", ["abc"]),
            ("abcd", ["abc", "bcd"]),
            ("abcdef", ["abc", "def"]),
            ("abcdefg", ["abc", "def", "efg"]),
        ],
    )
    def test_a_text_is_covered_by_few(self, text, expected):
        assert trigrams.cover(text) == expected
        assert set(expected) <= set(self.run("SELECT deltacrown_trigrams(%s)", text)[0])

    def test_text_inside_of_names_is_looked_up_in_it(self):
        """With few names the others would do as well."""
        table = PlayerSearchTerm._meta.db_table
        self.run(f"ALTER TABLE {table} DROP CONSTRAINT profile_searchterm_once")
        self.run("DROP INDEX profile_searchterm_begin")
        query = PlayerSearchTerm.objects.filter(
            trigrams.HoldsTrigrams("term", Value(["rls"])), place__in=trigrams.WHOLE
        )

        plan = plan_of(query.values("owner_id"), bitmaps=True)

        assert trigrams.name_index(PlayerSearchTerm) in plan, plan
