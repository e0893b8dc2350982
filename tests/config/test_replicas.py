"""What may lag is read from a server that really follows; who wrote, and what was hidden, is never late.

Replay is paused and resumed, so each test knows what the replica has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import DatabaseError, OperationalError, connection, connections
from django.test import Client

from deltacrown.accounts.rights import Right
from deltacrown.config import replicas
from deltacrown.core import replica
from deltacrown.core.replica import Visit
from deltacrown.freshness import cache_store
from deltacrown.games.models import Match
from deltacrown.pages import cached
from deltacrown.user_profile.models import PrivacySettings
from tests import scene
from tests.api.calls import visitor, with_key
from tests.replication import StandbyServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no replica"),
]


@pytest.fixture(scope="module")
def _standby(django_db_setup: None, django_db_blocker: Any) -> Iterator[StandbyServer]:
    server = StandbyServer()
    yield server
    server.remove()


@pytest.fixture
def standby(_standby: StandbyServer, settings: Any) -> Iterator[StandbyServer]:
    """A replica that has everything, and a site that knows of it."""
    entry = deepcopy(connection.settings_dict)
    entry["HOST"] = str(_standby.folder)
    entry["OPTIONS"] = {**entry["OPTIONS"], "connect_timeout": 60}
    connections.settings[replica.ALIAS] = entry
    follower = connections[replica.ALIAS]

    def connect():
        """As ``ensure_connection`` does, which tests allow only for databases that Django made for them."""
        if follower.connection is None:
            with follower.wrap_database_errors:
                follower.connect()

    follower.ensure_connection = connect
    replica.forget()
    cache.clear()
    settings.REPLICA_MAX_LAG_SECONDS = 600
    yield _standby
    _standby.catch_up()
    connections[replica.ALIAS].close()
    del connections[replica.ALIAS]
    del connections.settings[replica.ALIAS]
    replica.forget()
    cache.clear()


class Watched:
    """How often the replica was visited, in vain too, and what was asked of the primary meanwhile."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.primary: list[str] = []

    @property
    def served(self) -> int:
        return sum(not visit.has_failed for visit in self.visits)


@contextmanager
def watched(monkeypatch) -> Iterator[Watched]:
    found, reading = Watched(), Visit.reading

    def note(visit):
        found.visits.append(visit)
        return reading(visit)

    def run(execute, sql, params, many, context):
        found.primary.append(sql)
        return execute(sql, params, many, context)

    with monkeypatch.context() as patch, connection.execute_wrapper(run):
        patch.setattr(Visit, "reading", note)
        yield found


def make_season():
    """A player with something on every list."""
    ann, bob = scene.player("ann"), scene.player("bob")
    event = scene.tournament()
    for number in range(3):
        row = scene.match(ann, f"m{number}", hours=number)
        scene.match(bob, f"m{number}", "LOSS", hours=number)
        scene.tournament_match(row, event, series="Final")
    scene.registration(ann, event)
    scene.series_result(ann, event)
    scene.result(event, 1, ann)
    scene.team()
    scene.season()
    return ann


PAGES = {
    "integrity": "/integrity/",
    "leaderboard": "/leaderboards/matches_won/",
    "match": "/matches/valorant/m1/",
    "player-activity": "/players/{ann}/activity/",
    "player-bests": "/players/{ann}/bests/",
    "player-company": "/players/{ann}/company/",
    "player-matches": "/players/{ann}/matches/",
    "player-places": "/players/{ann}/places/",
    "player-series": "/players/{ann}/series/",
    "player-stat": "/players/{ann}/stats/matches_won/",
    "player-stat-history": "/players/{ann}/stats/matches_won/history/",
    "player-tournaments": "/players/{ann}/tournaments/",
    "season": "/seasons/spring/",
    "seasons": "/seasons/",
    "team-matches": "/teams/north/matches/",
    "team-results": "/teams/north/results/",
    "tournament-matches": "/tournaments/spring-cup/matches/",
    "tournament-players": "/tournaments/spring-cup/players/",
    "tournament-results": "/tournaments/spring-cup/results/",
    "tournament-series": "/tournaments/spring-cup/series/Final/",
    "versus": "/players/{ann}/versus/{bob}/",
    "calendar": "/tournaments/calendar.ics",
    "home": "/",
    "player": "/players/{ann}/",
    "player-badge-picture": "/players/{ann}/badge.svg",
    "player-card": "/players/{ann}/card.png",
    "player-feed": "/players/{ann}/activity.atom",
    "result-feed": "/tournaments/results.atom",
    "search": "/search/?q=ann",
    "sitemap": "/sitemap.xml",
    "sitemap-section": "/sitemap-players.xml",
    "team": "/teams/north/",
    "team-roster": "/teams/north/roster/",
    "tournament": "/tournaments/spring-cup/",
    "tournament-calendar": "/tournaments/spring-cup/calendar.ics",
    "tournament-card": "/tournaments/spring-cup/card.png",
    "tournament-entrants": "/tournaments/spring-cup/entrants/",
    "tournaments": "/tournaments/",
}
API = [
    "/api/v1/integrity",
    "/api/v1/leaderboards",
    "/api/v1/leaderboards/matches_won",
    "/api/v1/leaderboards/matches_won/around/{ann}",
    "/api/v1/matches/valorant/m1",
    "/api/v1/players?q=ann",
    "/api/v1/players/{ann}",
    "/api/v1/players/{ann}/activity",
    "/api/v1/players/{ann}/games",
    "/api/v1/players/{ann}/matches",
    "/api/v1/players/{ann}/matches/export",
    "/api/v1/players/{ann}/series",
    "/api/v1/players/{ann}/stats",
    "/api/v1/players/{ann}/stats/matches_won/explanation",
    "/api/v1/players/{ann}/stats/matches_won/history",
    "/api/v1/players/{ann}/stats/matches_won/rows",
    "/api/v1/players/{ann}/stats/matches_won/series",
    "/api/v1/players/{ann}/tournaments",
    "/api/v1/players/{ann}/tournaments/export",
    "/api/v1/players/{ann}/versus/{bob}",
    "/api/v1/search?q=ann",
    "/api/v1/seasons",
    "/api/v1/seasons/spring",
    "/api/v1/teams?q=north",
    "/api/v1/teams/north/numbers",
    "/api/v1/tournaments",
    "/api/v1/tournaments/spring-cup",
    "/api/v1/tournaments/spring-cup/results",
]


def test_every_page_that_may_lag_is_tried():
    assert PAGES.keys() == replicas.LISTS | replicas.OF_VISITORS


def test_every_read_that_may_lag_is_read_there_alone(standby, monkeypatch):
    """And the API answers as it does from the primary."""
    ann = make_season()
    bob = Match.objects.exclude(user=ann).select_related("user__profile")[0].user
    names = {"ann": ann.profile.public_id, "bob": bob.profile.public_id}
    addresses = [address.format(**names) for address in [*PAGES.values(), *API]]
    Client().get("/")  # the floor of an empty cache is read
    standby.catch_up()
    wrong = {}
    for address in addresses:
        with watched(monkeypatch) as found:
            there = read(Client().get(address))
            with_primary = Client()
            with_primary.cookies[replicas.COOKIE] = str(2**50)
            cache.clear()
        here = read(with_primary.get(address))
        if address.startswith("/api/") and there != here:
            wrong[address] = (there, here)
        asked = [sql for sql in found.primary if sql not in {replica._PRIMARY}]
        if there[0] != 200 or not found.visits or found.served < len(found.visits) or asked:
            wrong[address] = (there[0], len(found.visits), found.served, asked)
        standby.catch_up()

    assert wrong == {}


def read(response):
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, body


def open_history(ann, **headers):
    return Client().get(f"/players/{ann.profile.public_id}/matches/", headers=headers)


def shows(response, key):
    return f"/matches/valorant/{key}/" in response.content.decode()


class TestLag:
    """The replica has nothing of what is written after ``hold_back``."""

    @pytest.fixture
    def ann(self, standby):
        ann = make_season()
        Client().get("/")
        standby.catch_up()
        standby.hold_back()
        return ann

    def test_what_another_program_wrote_may_be_late(self, ann, standby, monkeypatch):
        """Nobody told the site. Else no test here would show anything."""
        scene.match(ann, "late", hours=9)

        with watched(monkeypatch) as found:
            before = shows(open_history(ann), "late")
        standby.catch_up()

        assert (found.served, before, shows(open_history(ann), "late")) == (1, False, True)

    def test_but_not_for_longer_than_the_limit(self, ann, monkeypatch, settings):
        settings.REPLICA_MAX_LAG_SECONDS = 5
        scene.match(ann, "late", hours=9)
        asked_at, _ = replica._State.samples[-1]  # before the hold, however long ago that is by now
        late = []
        for passed in (2, 4, 6, 8):
            monkeypatch.setattr(replica.time, "monotonic", lambda passed=passed: asked_at + passed)
            with watched(monkeypatch) as found:
                late.append((found.served, shows(open_history(ann), "late"), len(found.visits)))
        monkeypatch.undo()

        # What was asked before the hold stays good for five seconds; later every position is one it lacks.
        assert [seen for _, seen, _ in late] == [False, False, True, True]

    def test_who_writes_reads_it_at_once_and_so_does_everybody(self, ann):
        """A player hides a history: no visitor is shown it any more."""
        client = Client()
        client.force_login(ann)
        was = open_history(ann).status_code

        answer = client.post("/settings/privacy/", {"show_tournaments": "on"})

        assert (was, answer.status_code) == (200, 302)
        assert not PrivacySettings.objects.get(user=ann).show_match_history
        assert open_history(ann).status_code == 403

    def test_who_signed_in_is_signed_in_and_who_signed_out_is_not(self, ann):
        ann.set_password("correct horse")
        ann.save()
        client = Client()
        client.post("/sign-in/", {"username": "ann", "password": "correct horse"})
        inside = b"/sign-out/" in client.get("/leaderboards/matches_won/").content
        cookies = client.cookies.copy()
        client.post("/sign-out/")
        client.cookies = cookies

        assert (inside, b"/sign-out/" in client.get("/leaderboards/matches_won/").content) == (True, False)

    def test_a_browser_reads_its_own_write_though_the_cache_forgot_it(self, ann, monkeypatch):
        client = Client()
        client.force_login(ann)
        monkeypatch.setattr(cache_store, "raise_to", lambda *_, **__: False)
        answer = client.post("/settings/privacy/", {"show_tournaments": "on"})
        monkeypatch.undo()

        with watched(monkeypatch) as found:
            client.get(f"/players/{ann.profile.public_id}/matches/")
        assert answer.cookies[replicas.COOKIE]["httponly"]
        assert found.visits == []

    def test_an_emptied_cache_makes_nobody_read_the_past(self, ann):
        client = Client()
        client.force_login(ann)
        client.post("/settings/privacy/", {"show_tournaments": "on"})
        cache.clear()

        assert open_history(ann).status_code == 403

    def test_a_program_reads_what_it_recorded_and_keeps_nobody_from_the_replica(self, ann, monkeypatch):
        staff = scene.staff("sam", Right.RECORD_MATCHES)
        key = with_key(staff, "read", "matches:write")
        results = {ann: "WIN", scene.player("cat"): "LOSS"}
        lines = [{"player": who.profile.public_id, "result": result} for who, result in results.items()]
        played = {"game": "valorant", "match_key": "late", "played_at": "2025-06-01T12:00:00Z"}
        answer = key.post("/matches", {"matches": [{**played, "players": lines}]})
        address = f"/players/{ann.profile.public_id}/matches"

        with watched(monkeypatch) as found:
            own, other = key.get(address).json(), visitor().get(address).json()

        assert answer.status_code == 200, answer.content
        assert "late" in [row["match_key"] for row in own["items"]]
        assert "late" not in [row["match_key"] for row in other["items"]]
        assert found.served == 1

    def test_what_is_kept_is_never_older_than_its_token(self, ann, standby):
        """A visitor reads the past and it is kept; nobody finds it in the present, nor vice versa."""
        address = f"/players/{ann.profile.public_id}/"
        scene.player("zoe")
        get_user_model().objects.filter(pk=ann.pk).update(username="anna")

        past = Client().get(address).content
        client = Client()
        client.cookies[replicas.COOKIE] = str(2**50)  # reads from the primary
        present = client.get(address).content
        again = Client().get(address).content
        standby.catch_up()

        assert (b">anna<" in past, b">anna<" in present, b">anna<" in again) == (False, True, False)
        assert b">anna<" in Client().get(address).content

    def test_what_is_at_hand_is_of_the_primary(self, ann):
        """A replica's snapshot does not tell when something was committed."""
        read, kept = cached.read_stamp, []
        visit = Visit(0)
        visit.begin()
        with visit.reading():
            kept.append(read())

        assert kept == [None]
        assert read() is not None


def find_failures(monkeypatch, ann):
    with watched(monkeypatch) as found:
        answer = open_history(ann)
    return answer.status_code, len(found.visits), found.served


def visit_primary(visit, floor):
    visit.floor, visit.has_failed, visit._replica = floor, False, connection


class TestFaults:
    @pytest.fixture
    def ann(self, standby):
        ann = make_season()
        Client().get("/")
        standby.catch_up()
        return ann

    def test_a_stopped_replica_costs_nobody_an_answer(self, ann, standby, monkeypatch):
        before = find_failures(monkeypatch, ann)
        standby.stop()
        stopped = [find_failures(monkeypatch, ann) for _ in range(2)]
        standby.start()
        standby.catch_up()
        replica._State.resting_until = 0.0

        assert before == (200, 1, 1)
        assert stopped == [(200, 0, 0), (200, 0, 0)]
        assert find_failures(monkeypatch, ann) == (200, 1, 1)

    @pytest.mark.parametrize("sqlstate", ["40001", "25006", "57P01", None])
    def test_what_fails_there_is_begun_anew(self, ann, monkeypatch, sqlstate):
        """A conflict with the replay, a statement that writes, a server that stops or vanishes."""
        lookup, failed = Visit._run, []

        def run(visit, execute, sql, params, many, context):
            if "games_match" in sql and not failed:
                failed.append(sql)

                def execute(*_):
                    cause = psycopg.OperationalError()
                    cause.sqlstate = sqlstate
                    raise OperationalError from cause

            return lookup(visit, execute, sql, params, many, context)

        monkeypatch.setattr(Visit, "_run", run)
        found = find_failures(monkeypatch, ann)

        assert len(failed) == 1
        assert found == (200, 1, 0)
        assert connections["default"].alias == "default"

    def test_a_statement_that_would_write_is_refused_there(self, ann):
        visit = Visit(0)
        visit.begin()
        with visit.reading(), pytest.raises(DatabaseError):
            Match.objects.update(result="LOSS")

        assert visit.has_failed

    def test_without_a_cache_that_answers_the_primary_is_read(self, ann, monkeypatch):
        monkeypatch.setattr(cache_store, "read_many", lambda _: None)

        assert find_failures(monkeypatch, ann) == (200, 0, 0)

    def test_a_server_that_was_made_a_primary_is_not_read(self, ann, monkeypatch):
        monkeypatch.setattr(
            replica, "_REPLICA", replica._PRIMARY.replace("(pg", "NULL::bigint, (pg").split(",")[0]
        )

        assert find_failures(monkeypatch, ann) == (200, 0, 0)

    def test_a_stream_is_read_there_part_by_part_and_leaves_the_thread_between(self, ann, monkeypatch):
        address = f"/api/v1/players/{ann.profile.public_id}/matches/export"
        with watched(monkeypatch) as found:
            response = Client().get(address)
            between = []
            parts = []
            for part in response.streaming_content:
                parts.append(part)
                between.append(connections["default"].alias)

        assert found.served == len(found.visits) > 1
        assert b"m2" in b"".join(parts)
        assert set(between) == {"default"}


@pytest.mark.parametrize("where", ["memory", "redis"])
def test_a_floor_is_only_ever_raised(where, request):
    if where == "redis":
        request.getfixturevalue("redis_cache")
    cache.clear()

    for number in (5, 2**50, 7):
        assert cache_store.raise_to("x", number)

    assert cache_store.read_many(["x", "y"]) == {"x": 2**50}
