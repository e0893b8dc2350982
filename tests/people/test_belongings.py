"""What is declared of each foreign key to users is what a merge and an anonymisation do to its rows."""

from __future__ import annotations

import pytest

from deltacrown.accounts.belongings import Belonging, OnAnonymise, OnMerge, list_belongings
from deltacrown.accounts.models import User
from deltacrown.user_profile.people.anonymising import anonymise_player
from deltacrown.user_profile.people.merging import merge_players, undo_merge
from tests import scene
from tests.admin.rows import make_rows
from tests.conftest import without_reactions
from tests.pristine import rolled_back

pytestmark = pytest.mark.django_db

#: Follows from the games of a series, and is made of them: a series without games is gone after a merge.
SYNCED = {"tournaments.TournamentSeriesResult.user", "tournaments.TournamentSeriesResult.opponent_user"}
MOVED = [each.label for each in list_belongings() if each.on_merge is OnMerge.MOVE]
#: Without a row of their own here, or with rows that triggers make of names.
OTHERS = {"accounts.PlayerMerge", "accounts.User", "admin.LogEntry", "user_profile.PlayerSearchTerm"}
#: Those of which a row can be given to somebody: others have one for each user, made with them.
GIVEN = {
    each.label
    for each in list_belongings()
    if each.model._meta.label not in OTHERS and not each.model._meta.get_field(each.column).primary_key
}

#: Says since when, too.
#: What the database asks for beside a name.
BESIDE = {
    "moderation.Dispute.assigned_to": {"assigned_at": scene.NOON},
    "tournaments.TournamentInvitation.settled_by": {"status": "DECLINED", "settled_at": scene.NOON},
}


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """A row of every model, made once: each test's own writes are taken back at its end."""
    with without_reactions(), rolled_back(django_db_blocker, make_rows):
        yield


@pytest.fixture
def rows(made, db):
    """What is there when a test begins; nobody reacts while the rows are there."""


def find(label: str) -> Belonging:
    return next(each for each in list_belongings() if each.label == label)


def give(label: str, user: User) -> tuple[object, str, int]:
    """Let a row name ``user``, and return its table, the column and its key."""
    belonging = find(label)
    key = belonging.model._base_manager.order_by("pk").values_list("pk", flat=True)[0]
    values = {belonging.column: user, **BESIDE.get(label, {})}
    belonging.model._base_manager.filter(pk=key).update(**values)
    return belonging.model, belonging.column, key


def named(row: tuple[object, str, int]) -> int | None:
    """Return whom a row names; None when it is gone."""
    model, column, key = row
    return model._base_manager.filter(pk=key).values_list(f"{column}_id", flat=True).first()


@pytest.mark.parametrize("label", sorted({*MOVED} - SYNCED))
def test_a_merge_moves_what_is_declared_to_move_and_undoing_it_moves_it_back(rows, label):
    kept, merged = scene.player("kept"), scene.player("merged")
    row = give(label, merged)

    merge = merge_players(kept=kept, merged=merged, by=None, reason="both", now=scene.NOON)
    assert named(row) == kept.pk
    undo_merge(merge=merge, by=None, now=scene.NOON)

    assert named(row) == merged.pk


@pytest.mark.parametrize("label", sorted(GIVEN))
def test_anonymising_deletes_what_is_declared_to_be_deleted_and_keeps_the_rest(rows, label):
    gone = scene.player("gone")
    row = give(label, gone)

    anonymise_player(user=gone, by=None, now=scene.NOON, without_export=True)

    is_deleted = find(label).on_anonymise is OnAnonymise.DELETE
    assert named(row) == (None if is_deleted else gone.pk)
