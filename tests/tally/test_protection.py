"""Python code that sets a cached number is refused with an error."""

import pytest

from deltacrown.user_profile.models import GameStats, UserProfile
from django_tally.fields import ProtectedNumber

pytestmark = pytest.mark.django_db


def test_save_keeps_the_number_and_writes_the_rest(player, played):
    played(ann := player("ann"))
    profile = UserProfile.objects.get(user=ann)
    profile.total_matches_played, profile.display_name = 50, "Ann"
    profile.save()
    profile.refresh_from_db()
    assert (profile.total_matches_played, profile.display_name) == (1, "Ann")


@pytest.mark.parametrize("value", [None, -5, "nonsense"])
def test_save_does_not_even_look_at_what_the_instance_says(player, played, value):
    played(ann := player("ann"))
    profile = UserProfile.objects.get(user=ann)
    profile.matches_won = value
    profile.save()
    assert UserProfile.objects.get(user=ann).matches_won == 1


def test_a_row_made_by_hand_starts_at_nothing(player, game):
    GameStats.objects.create(user=player("ann"), game=game, matches_played=50)
    assert GameStats.objects.get().matches_played == 0


def test_update_refuses_and_changes_nothing(player, played):
    played(ann := player("ann"))
    with pytest.raises(ProtectedNumber, match="matches_won: counted by the database"):
        UserProfile.objects.filter(user=ann).update(bio="x", matches_won=5)
    profile = UserProfile.objects.get(user=ann)
    assert (profile.bio, profile.matches_won) == ("", 1)


def test_bulk_update_refuses(player):
    profile = player("ann").profile
    with pytest.raises(ProtectedNumber, match="tournaments_won"):
        UserProfile.objects.bulk_update([profile], ["tournaments_won"])


def test_upsert_refuses(player):
    profile = player("ann").profile
    with pytest.raises(ProtectedNumber, match="disputes_filed"):
        UserProfile.objects.bulk_create(
            [profile], update_conflicts=True, unique_fields=["user"], update_fields=["disputes_filed"]
        )


def test_base_manager_update_keeps_the_number(player, played):
    """Fixture loading goes through the base manager with plain values; the column keeps its own."""
    played(ann := player("ann"))
    from django.db.models import QuerySet

    QuerySet(UserProfile).filter(user=ann).update(total_matches_played=70)
    assert UserProfile.objects.get(user=ann).total_matches_played == 1
