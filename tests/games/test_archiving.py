"""Archiving old matches: which are moved, whole and once, also after an interruption or beside writers."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction  # noqa: F401 - named in a skip condition

from deltacrown.core.errors import InvalidInput
from deltacrown.games.models import ArchivedMatch, Game, Match
from deltacrown.games.services import (
    Archived,
    archive_matches,
    archiving,
    record_match,
    record_matches,
    restore_match,
    void_match,
)
from deltacrown.moderation.models import Dispute
from deltacrown.tournaments.models import TournamentMatchResult
from django_tally.models import Revision
from tests import scene
from tests.chaos.test_races import Session
from tests.concurrency import call_together
from tests.scene import NOON as NOW
from tests.scene import PLAYED, duel, line, record

pytestmark = pytest.mark.django_db

BEFORE = PLAYED + timedelta(hours=1)
LATER = BEFORE + timedelta(hours=1)


@pytest.fixture
def duels(game, player):
    """``duels(3)``: so many old matches of ann and bob, two rows each, and one that is too young to move."""
    ann, bob = player("ann"), player("bob")

    def make(count: int) -> list[str]:
        keys = [f"old{number:03d}" for number in range(count)]
        record_matches(records=[duel(game, key, ann, bob, played_at=PLAYED) for key in keys], now=NOW)
        record_match(record=duel(game, "young", ann, bob, played_at=BEFORE), now=NOW)
        return keys

    return make


class Terminal(StringIO):
    def isatty(self):
        return True


def keys_in(table):
    return sorted(table.objects.values_list("match_key", flat=True).distinct())


def archive(**options):
    return archive_matches(**{"before": BEFORE, "now": NOW, **options})


def run(*arguments):
    """Run the command; return its exit code and all it said."""
    output, errors = StringIO(), StringIO()
    try:
        call_command("archive_matches", *arguments, stdout=output, stderr=errors)
    except SystemExit as end:
        return end.code, output.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, output.getvalue()


def test_old_matches_move_whole_under_their_ids_and_nothing_else_does(duels, game):
    keys = duels(3)
    before = list(Match.objects.filter(match_key__in=keys).order_by("pk").values())

    assert archive() == Archived(rows=6, matches=3, left=0)

    moved = list(ArchivedMatch.objects.order_by("pk").values())
    assert [{name: row[name] for name in before[0]} for row in moved] == before
    assert keys_in(Match) == ["young"]
    assert not Revision.objects.exists(), "a move is no change"


def test_again_there_is_nothing_to_do(duels):
    duels(3)
    archive()

    assert archive() == Archived(rows=0, matches=0, left=0)
    assert (Match.objects.count(), ArchivedMatch.objects.count()) == (2, 6)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_batches_of_any_size_move_the_same(duels, size):
    duels(5)
    seen = []

    assert archive(batch_size=size, progress=lambda done, total: seen.append((done, total))) == Archived(
        10, 5, 0
    )
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert all(done <= total for done, total in seen)


def test_a_match_with_a_young_row_stays_whole(duels, game, player, played):
    duels(1)
    played(player("cat"), match_key="mixed", played_at=PLAYED)
    played(player("dan"), match_key="mixed", played_at=BEFORE)

    assert archive(batch_size=1).matches == 1
    assert keys_in(Match) == ["mixed", "young"]


def test_the_same_key_in_another_game_is_another_match(duels, player):
    duels(1)
    chess = Game.objects.create(slug="chess", name="Chess")
    record_match(record=record(chess, "old000", line(player("cat")), played_at=LATER), now=NOW)

    archive()

    assert list(Match.objects.filter(match_key="old000").values_list("game__slug", flat=True)) == ["chess"]


def test_one_whose_key_the_archive_holds_already_is_left_and_counted_once(duels, game, player, played):
    duels(2)
    cat, dan = player("cat"), player("dan")
    scene.archive(played(cat, match_key="twice", played_at=PLAYED))
    for user in (cat, dan):
        played(user, match_key="twice", played_at=PLAYED)

    for dry_run in (True, False):
        assert archive(batch_size=1, dry_run=dry_run) == Archived(rows=4, matches=2, left=1)
    assert Match.objects.filter(match_key="twice").count() == 2


def test_what_points_to_a_match_stays(duels, game):
    duels(1)
    row = Match.objects.filter(match_key="old000").order_by("pk")[0]
    description = scene.tournament_match(row, scene.tournament(title=game))
    dispute = scene.dispute(row.user, row)

    archive()

    assert TournamentMatchResult.objects.get().pk == description.pk
    assert Dispute.objects.get() == dispute
    assert (
        TournamentMatchResult.objects.get().match_id
        == Dispute.objects.get().match_id
        == ArchivedMatch.objects.order_by("pk")[0].pk
    )


def test_a_dry_run_counts_and_moves_nothing(duels):
    duels(3)

    assert archive(dry_run=True, batch_size=1) == Archived(rows=6, matches=3, left=0)
    assert (Match.objects.count(), ArchivedMatch.objects.count()) == (8, 0)


def test_every_batch_costs_the_same_few_statements(duels, django_assert_num_queries):
    duels(40)
    # Per batch: candidates, savepoint, lock, copy, remove, release. At the end: no more candidates.
    with django_assert_num_queries(3 * 6 + 1):
        archive(batch_size=32)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"before": NOW + timedelta(seconds=1)}, "before"),
        ({"before": BEFORE.replace(tzinfo=None)}, "before"),
        ({"before": "2025-01-01"}, "before"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 10_001}, "batch_size"),
    ],
)
def test_what_cannot_be_meant_is_refused(duels, given, field):
    duels(1)

    with pytest.raises(InvalidInput) as refusal:
        archive(**given)
    assert refusal.value.field == field
    assert not ArchivedMatch.objects.exists()


def test_a_failure_half_way_keeps_whole_batches_and_a_second_run_finishes(duels, monkeypatch, find_all_drift):
    duels(5)
    move, done = archiving._copy_then_remove, []

    def fail_at_the_third(keys):
        done.append(keys)
        move(keys)
        if len(done) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(archiving, "_copy_then_remove", fail_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        archive(batch_size=2)
    monkeypatch.undo()

    assert keys_in(ArchivedMatch) == ["old000", "old001"]
    assert len(keys_in(Match)) == 4
    assert find_all_drift() == []
    assert archive() == Archived(rows=6, matches=3, left=0)


def test_a_copy_that_misses_a_row_removes_nothing(duels, monkeypatch):
    duels(1)
    lock = archiving._lock_matches

    def invent_one(candidates, before):
        rows = lock(candidates, before)
        return [*rows, archiving._LockedRow(rows[-1].pk + 1000, rows[-1].key, stays=False, clashes=False)]

    monkeypatch.setattr(archiving, "_lock_matches", invent_one)
    with pytest.raises(RuntimeError, match="3 match rows were locked, 2 copied"):
        archive()
    assert (Match.objects.count(), ArchivedMatch.objects.count()) == (4, 0)


class TestCommand:
    def test_it_says_what_it_did(self, duels):
        duels(3)
        code, said = run("--before", "2025-06-01", "--dry-run")
        assert (code, said.startswith("Would move 4 matches (8 rows) in ")) == (0, True)
        code, said = run("--before", "2025-05-31T20:30:00+00:00")
        assert (code, said.startswith("Moved 3 matches (6 rows) in ")) == (0, True)
        code, said = run("--before", "2025-05-31T20:30:00+00:00")
        assert (code, said.startswith("Moved 0 matches (0 rows) in ")) == (0, True)

    @pytest.mark.parametrize(
        ("date", "said"),
        [
            ("2999-01-01", "2999-01-01 00:00 lies in the future; only matches of the past can be archived."),
            ("soon", "'soon' is not a date: write 2024-01-01, or 2024-01-01T06:00Z with a time."),
            ("2025-02-30", "'2025-02-30' is not a date: write 2024-01-01, or 2024-01-01T06:00Z with a time."),
            ("2025-02-03T06:00", "before 2025-02-03 06:00 has no time zone; give one."),
            ("", "'' is not a date: write 2024-01-01, or 2024-01-01T06:00Z with a time."),
        ],
    )
    def test_a_wrong_call_is_2_and_says_how_to_mend_it(self, duels, date, said):
        duels(1)
        assert run("--before", date) == (2, said)
        assert not ArchivedMatch.objects.exists()

    def test_a_terminal_gets_a_bar_by_rows(self, duels, monkeypatch):
        duels(3)
        terminal = Terminal()
        monkeypatch.setattr("sys.stderr", terminal)

        call_command(
            "archive_matches",
            "--before",
            "2025-05-31T20:30:00Z",
            "--batch-size",
            "4",
            stdout=StringIO(),
            stderr=terminal,
        )

        assert "archiving: 100%" in terminal.getvalue()
        assert "6/6" in terminal.getvalue()

    def test_the_date_must_be_given(self, db):
        code, said = run()
        assert (code, "--before" in said) == (1, True)

    def test_left_ones_are_1(self, duels, player, played):
        duels(1)
        scene.archive(played(cat := player("cat"), match_key="twice", played_at=PLAYED))
        played(cat, match_key="twice", played_at=PLAYED)

        code, said = run("--before", "2025-06-01")

        assert code == 1
        assert (
            "1 matches were left: the archive already has a row with the same match key and player." in said
        )

    def test_interrupted_is_130(self, duels, monkeypatch):
        duels(1)

        def interrupt(keys):
            raise KeyboardInterrupt

        monkeypatch.setattr(archiving, "_copy_then_remove", interrupt)
        code, said = run("--before", "2025-06-01")

        assert code == 130
        assert (
            said
            == "Interrupted. Matches moved so far stay archived; run the same command again for the rest.\n"
        )


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_archivers_and_writers_at_once_lose_nothing(self, duels, game, find_all_drift):
        keys = duels(40)

        def rule(offset):
            for key in keys[offset::4]:
                void_match(game=game, match_key=key, reason="checked", now=LATER)
                if offset:
                    restore_match(game=game, match_key=key, reason="all well", now=LATER)

        answers = call_together(
            [
                lambda: archive(batch_size=7),
                lambda: archive(batch_size=10),
                lambda: rule(0),
                lambda: rule(1),
            ]
        )

        assert [answer for answer in answers if isinstance(answer, BaseException)] == []
        assert answers[0].matches + answers[1].matches == 40
        assert (keys_in(Match), keys_in(ArchivedMatch)) == (["young"], keys)
        voided = ArchivedMatch.objects.filter(voided_at__isnull=False)
        assert sorted(voided.values_list("match_key", flat=True).distinct()) == keys[0::4]
        assert voided.count() == 20
        assert find_all_drift() == []

    @pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
    def test_a_change_that_is_being_written_is_waited_for_and_moves_along(self, duels, game):
        duels(1)
        moved: list[Archived] = []
        with transaction.atomic():
            void_match(game=game, match_key="old000", reason="late ruling", now=LATER)
            other = Session(lambda: moved.append(archive()))
            other.wait_until_blocked()
        other.finish()

        assert [each.rows for each in moved] == [2]
        assert list(ArchivedMatch.objects.values_list("void_reason", flat=True)) == ["late ruling"] * 2
