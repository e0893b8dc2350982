"""The maintainer ``signals``: one transaction with the write, beside other writers and other receivers."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.db import connection, models
from django.db.models.deletion import Collector
from django.db.models.signals import post_delete, post_save, pre_save
from django.test.utils import CaptureQueriesContext

from deltacrown.games.models import Match
from deltacrown.user_profile.models import ExperienceAward, UserProfile
from django_tally.checks import check_installed
from django_tally.keeping import signals
from django_tally.keeping.maintainer import SIGNALS, TRIGGERS
from django_tally.keeping.triggers import UnsupportedDatabase
from django_tally.triggers.installation import find_faults, read_installed
from django_tally.triggers.migrating import sync_after_migrating
from django_tally.triggers.plan import build_triggers
from tests.conftest import NOON
from tests.tally.ways.maintained import maintained_by

WRAPPED = [
    (models.Model, "save_base"),
    (Collector, "delete"),
    (models.QuerySet, "update"),
    (models.QuerySet, "_raw_delete"),
    (models.QuerySet, "bulk_create"),
]


@pytest.fixture
def by_signals(db):
    with maintained_by(SIGNALS):
        yield


def numbers(user):
    profile = UserProfile.objects.get(user=user)
    return profile.total_matches_played, profile.matches_won


def feed_triggers():
    return {
        name
        for name in read_installed(connection)
        if name.startswith(("tally_userprofile_", "tally_gamestats_"))
    }


class TestChoosing:
    pytestmark = pytest.mark.django_db

    def test_only_the_triggers_that_keep_numbers_go(self):
        with maintained_by(TRIGGERS):
            with_triggers, kept = set(read_installed(connection)), feed_triggers()
            with maintained_by(SIGNALS):
                assert set(read_installed(connection)) == with_triggers - kept
        assert len(kept) > 20
        assert "tally_provision_user" in with_triggers - kept
        assert {name for name in with_triggers - kept if "_revise_" in name}

    def test_changing_the_setting_is_reported_until_migrated_and_then_recounted(
        self, settings, player, played, find_all_drift
    ):
        with maintained_by(TRIGGERS):
            played(ann := player("ann"))
            settings.TALLY_MAINTAINER = SIGNALS
            (warning,) = check_installed(databases=["default"])
            assert (warning.id, "belongs to no declaration" in warning.msg) == ("tally.W101", True)
            sync_after_migrating(using="default")
            assert check_installed(databases=["default"]) == []
            assert feed_triggers() == set()
            played(ann)  # by nobody: in this test the process has not been restarted
            assert numbers(ann) == (1, 1)
            settings.TALLY_MAINTAINER = TRIGGERS
            (warning,) = check_installed(databases=["default"])
            assert "is missing" in warning.msg
            sync_after_migrating(using="default")
            assert numbers(ann) == (2, 2)
            assert find_all_drift() == []

    def test_the_setting_is_read_from_the_environment_and_obeyed_at_start(self):
        code = (
            "import django; django.setup(); from django.db.models import Model; "
            "print(hasattr(Model.save_base, '__wrapped__'))"
        )
        for maintainer, wrapped in [(SIGNALS, "True"), (TRIGGERS, "False")]:
            environment = {
                "TALLY_MAINTAINER": maintainer,
                "DJANGO_SETTINGS_MODULE": "deltacrown.config.settings",
                "SECRET_KEY": "x",
            }
            answer = subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
            )
            assert answer.stdout.strip() == wrapped

    def test_a_database_without_triggers_is_left_alone_by_signals_and_refused_by_triggers(self, settings):
        other = SimpleNamespace(vendor="oracle")
        settings.TALLY_MAINTAINER = SIGNALS
        assert build_triggers(other) == find_faults(other) == []
        settings.TALLY_MAINTAINER = TRIGGERS
        with pytest.raises(UnsupportedDatabase, match="TALLY_MAINTAINER=signals"):
            build_triggers(other)

    def test_stopping_leaves_django_as_it_was(self):
        with maintained_by(TRIGGERS):
            before = [getattr(owner, name) for owner, name in WRAPPED]
            listeners = [len(signal.receivers) for signal in (pre_save, post_save, post_delete)]
            signals.install()
            signals.install()
            assert all(
                getattr(owner, name) is not method
                for (owner, name), method in zip(WRAPPED, before, strict=True)
            )
            signals.uninstall()
            assert [getattr(owner, name) for owner, name in WRAPPED] == before
            assert [len(signal.receivers) for signal in (pre_save, post_save, post_delete)] == listeners


@pytest.mark.usefixtures("by_signals")
class TestOtherReceivers:
    pytestmark = pytest.mark.django_db

    @pytest.fixture(params=["before ours", "after ours"])
    def connect(self, request):
        """Connect a receiver to signals of matches, ahead of the engine's or behind them."""
        connected = []

        def connect(signal, receiver):
            if request.param == "before ours":
                signals.uninstall()
            signal.connect(receiver, sender=Match, weak=False)
            connected.append((signal, receiver))
            signals.install()

        yield connect
        for signal, receiver in connected:
            signal.disconnect(receiver, sender=Match)

    @pytest.mark.parametrize("signal", [pre_save, post_save])
    def test_saving_the_same_row_again(self, signal, connect, player, played, find_all_drift):
        match = played(ann := player("ann"), "WIN")
        once = []

        def draw(instance, **_):
            if not once:
                once.append(True)
                same = Match.objects.get(pk=instance.pk)
                same.result = "DRAW"
                same.save()

        connect(signal, draw)
        match.result = "LOSS"
        match.save()
        assert once
        assert find_all_drift() == []
        assert numbers(ann) == (1, 0)

    def test_saving_the_row_that_was_created(self, connect, player, played, find_all_drift):
        ann, once = player("ann"), []

        def draw(instance, **_):
            if not once:
                once.append(True)
                instance.result = "DRAW"
                instance.save()

        connect(post_save, draw)
        played(ann, "WIN")
        assert find_all_drift() == []
        assert numbers(ann) == (1, 0)

    def test_updating_the_row_that_was_created(self, connect, player, played, find_all_drift):
        ann, bob = player("ann"), player("bob")
        connect(post_save, lambda instance, **_: Match.objects.filter(pk=instance.pk).update(user=bob))
        played(ann, "WIN")
        assert find_all_drift() == []
        assert (numbers(ann), numbers(bob)) == ((0, 0), (1, 1))

    def test_deleting_the_row_that_was_saved(self, connect, player, played, find_all_drift):
        ann = player("ann")
        connect(post_save, lambda instance, **_: Match.objects.filter(pk=instance.pk).delete())
        played(ann, "WIN")
        assert find_all_drift() == []
        assert numbers(ann) == (0, 0)

    def test_writing_other_rows_of_the_same_player(self, connect, player, played, game, find_all_drift):
        ann, bob = player("ann"), player("bob")
        match = played(ann, "WIN")

        def record_more(**_):
            Match.objects.filter(user=ann).update(result="DRAW", user=bob)
            Match.objects.bulk_create(
                [Match(user=ann, game=game, match_key="more", result="WIN", played_at=NOON)]
            )

        connect(post_delete, record_more)
        match.delete()
        assert find_all_drift() == []
        assert (numbers(ann), numbers(bob)) == ((1, 1), (0, 0))

    @pytest.mark.parametrize("signal", [post_save, post_delete])
    def test_writing_what_has_its_player_recounted(self, signal, connect, player, played, find_all_drift):
        """The recount sees what the write around it has done, and the write must not be counted once more."""
        match = played(ann := player("ann"), "LOSS")
        played(ann, "WIN")

        def award(**_):
            award = ExperienceAward(user=ann, points=30, reason="r", dedupe_key="once", awarded_at=NOON)
            ExperienceAward.objects.bulk_create([award], ignore_conflicts=True)

        connect(signal, award)
        match.result = "WIN"
        match.save() if signal is post_save else match.delete()
        assert find_all_drift() == []
        assert numbers(ann) == ((2, 2) if signal is post_save else (1, 1))
        assert UserProfile.objects.get(user=ann).experience_points == 30

    def test_a_signal_sent_by_hand_counts_nothing(self, player, played, find_all_drift):
        match = played(player("ann"), "WIN")
        for signal in (pre_save, post_save, post_delete):
            signal.send(Match, instance=match, created=True, raw=False, using="default", update_fields=None)
        assert find_all_drift() == []


class TestCost:
    """Statements per write: the same however many rows, up to 500 whose players change alike."""

    pytestmark = pytest.mark.django_db

    def acts(self, ann, bob, game):
        def new(key, **fields):
            return Match(user=ann, game=game, match_key=key, result="WIN", played_at=NOON, **fields)

        def bulk(prefix, count):
            return [new(f"{prefix}{n}") for n in range(count)]

        def flip(match):
            match.result = "LOSS"
            match.save()

        one = Match.objects.order_by("pk")[0]
        return {
            "create": lambda: new("n").save(),
            "save, nothing changed": one.save,
            "save, flipped": lambda: flip(one),
            "delete": Match.objects.order_by("pk")[1].delete,
            "bulk_create 1": lambda: Match.objects.bulk_create(bulk("a", 1)),
            "bulk_create 50": lambda: Match.objects.bulk_create(bulk("b", 50)),
            "bulk_create 50, ignoring conflicts": lambda: Match.objects.bulk_create(
                bulk("b", 50), ignore_conflicts=True
            ),
            "update 50": lambda: Match.objects.filter(match_key__startswith="b").update(user=bob),
            "_raw_delete 50": lambda: Match.objects.filter(match_key__startswith="b")._raw_delete("default"),
        }

    def count(self, maintainer, player, game):
        counted = {}
        with maintained_by(maintainer):
            ann, bob = player(f"ann {maintainer}"), player(f"bob {maintainer}")
            Match.objects.all().delete()
            Match.objects.bulk_create(
                Match(user=ann, game=game, match_key=f"m{n}", result="WIN", played_at=NOON) for n in range(3)
            )
            for name, act in self.acts(ann, bob, game).items():
                with CaptureQueriesContext(connection) as queries:
                    act()
                counted[name] = len([query for query in queries if "SAVEPOINT" not in query["sql"]])
        return counted

    def test_statements_per_write(self, player, game):
        triggers, by_signals = (self.count(maintainer, player, game) for maintainer in (TRIGGERS, SIGNALS))
        assert {name: (triggers[name], by_signals[name]) for name in triggers} == {
            "create": (1, 5),
            "save, nothing changed": (1, 3),
            "save, flipped": (1, 6),
            "delete": (3, 7),
            "bulk_create 1": (1, 5),
            "bulk_create 50": (1, 5),
            "bulk_create 50, ignoring conflicts": (1, 17),
            "update 50": (1, 12),
            "_raw_delete 50": (1, 6),
        }
