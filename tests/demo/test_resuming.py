"""Loading again, after any interruption, on any day, beside others: always the same season or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import transaction

from deltacrown.accounts.models import User
from deltacrown.demo import loading, ruling
from deltacrown.games.models import Game, Match
from deltacrown.moderation.models import Dispute
from deltacrown.teams.models import Team
from deltacrown.tournaments.models import Tournament
from deltacrown.user_profile.models import Follow, KycVerification
from tests.demo.dumps import digest, dump, load

#: The demo loads through the services, which have tests on both databases.
pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def reference(django_db_setup: None, django_db_blocker: Any) -> str:
    """What one whole load writes; the database is empty again afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        load()
        written = digest()
        transaction.set_rollback(True)
    return written


def break_off(*args: Any) -> Iterator[int]:
    raise KeyboardInterrupt


def load_until_it_breaks(**options: Any) -> None:
    with pytest.raises(SystemExit, match="130"):
        load(**options)


@pytest.mark.django_db
def test_a_second_fresh_load_is_equal_whatever_day_it_is(reference, monkeypatch):
    assert not User.objects.exists()
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2031, 5, 1, tzinfo=UTC))

    load()

    assert digest() == reference


@pytest.mark.django_db
def test_a_load_that_broke_off_is_finished_on_a_later_day_as_the_season_of_its_first(monkeypatch):
    begun = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
    with monkeypatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: begun)
        patch.setattr(loading._Loader, "load_rulings", break_off)
        load_until_it_breaks(until=None)
    matches = Match.objects.count()

    printed = load(until=None)

    assert "The season lasts until 1 Oct 2026 09:00 UTC." in printed
    assert Match.objects.count() == matches
    assert Dispute.objects.filter(status="OPEN").exists()
    assert max(json.loads(row)[8] for row in dump()["Match"]) < "2026-10-01 09:00"


@pytest.mark.django_db
def test_a_season_of_the_future_or_of_another_day_than_the_one_begun_is_refused(monkeypatch):
    with pytest.raises(CommandError, match="cannot last until 2999-01-01") as refused:
        load(until=date(2999, 1, 1))
    assert (refused.value.returncode, User.objects.count()) == (2, 0)

    with monkeypatch.context() as patch:
        patch.setattr(loading._Loader, "load_teams", break_off)
        load_until_it_breaks()
    with pytest.raises(CommandError, match="lasts until 2026-09-30"):
        load(until=date(2026, 9, 29))


@pytest.mark.django_db
def test_another_seed_is_another_season(reference):
    load(seed=2)

    assert digest() != reference


@pytest.mark.django_db
def test_a_load_that_broke_off_between_all_stages_is_finished_in_the_end(reference, monkeypatch):
    """Every load breaks off one stage later than the one before it."""
    stages = {
        "load_teams": (User, Game),
        "load_matches": (Game, Match),
        "load_rulings": (Tournament, Dispute),
        "load_follows": (Dispute, Follow),
        "load_verifications": (Follow, KycVerification),
        "load_achievements": (KycVerification, None),
    }
    for stage, (there, missing) in stages.items():
        with monkeypatch.context() as patch:
            patch.setattr(loading._Loader, stage, break_off)
            load_until_it_breaks()
        assert there.objects.exists(), stage
        assert missing is None or not missing.objects.exists(), stage
        assert not loading.is_loaded(), stage

    load()

    assert loading.is_loaded()
    assert digest() == reference


@pytest.mark.django_db
def test_a_load_that_broke_off_within_stages_is_finished_in_the_end(reference, monkeypatch):
    """The load breaks off after some matches, some tournaments, three rulings, and at the last award."""
    monkeypatch.setattr(loading, "MATCHES_PER_STEP", 50)
    for place, name, survive in [
        (loading, "record_matches", 2),
        (loading, "hold_tournament", 5),
        (ruling.Bench, "_resolve", 3),
        (loading, "award_achievement", 0),
    ]:
        calls = count()
        with monkeypatch.context() as patch:
            patch.setattr(place, name, breaking_off(getattr(place, name), calls, survive))
            load_until_it_breaks()
        assert next(calls) == survive + 1, name
        if name == "_resolve":
            assert Dispute.objects.filter(status__in=["UPHELD", "REJECTED"]).count() == 3

    load()

    assert digest() == reference


def breaking_off(real: Any, calls: Iterator[int], survive: int) -> Any:
    """``real``, which works ``survive`` times and is then interrupted."""

    def work_for_a_while(*args: Any, **options: Any) -> Any:
        if next(calls) >= survive:
            raise KeyboardInterrupt
        return real(*args, **options)

    return work_for_a_while


@pytest.mark.django_db
def test_a_database_with_other_players_is_refused_and_left_alone(player):
    player("ann")

    with pytest.raises(CommandError, match=r"1 players who are not of this demo season \(ann"):
        load()

    assert list(User.objects.values_list("username", flat=True)) == ["ann"]
    assert not Team.objects.exists()


@pytest.mark.django_db
def test_an_unfinished_season_of_another_seed_is_refused(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(loading._Loader, "load_teams", break_off)
        load_until_it_breaks()

    with pytest.raises(CommandError, match="another seed or size"):
        load(seed=2)


@pytest.mark.django_db
def test_a_superuser_made_before_is_no_player_and_stays(player):
    player("root", is_staff=True, is_superuser=True)

    assert "41 players" not in load()
    assert User.objects.filter(username="root", is_superuser=True).exists()


@pytest.mark.django_db
def test_a_site_behind_tls_is_refused(settings):
    settings.BEHIND_TLS = True

    with pytest.raises(CommandError, match="real site"):
        load()

    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("flag", ["players", "matches", "tournaments"])
def test_a_season_too_small_is_refused(flag):
    with pytest.raises(CommandError, match=f"needs at least .* {flag}"):
        load(**{flag: 5})
