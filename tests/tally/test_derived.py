"""The computed columns, digit by digit, on both databases."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from deltacrown.accounts.models import User
from deltacrown.user_profile.models import UserProfile
from tests.conftest import NOON


def set_numbers(user, **numbers):
    """Write cached numbers straight into the table, as only damage does."""
    sets = ", ".join(f"{name} = {value}" for name, value in numbers.items())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE user_profile_userprofile SET {sets} WHERE user_id = %s", [user.pk])
    return UserProfile.objects.get(user=user)


def round_half_up(value: Fraction) -> Decimal:
    return Decimal(int(value * 100 + Fraction(1, 2))) / 100


class TestRates(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create(username="ann", date_joined=NOON)

    @given(played=st.integers(0, 200_000), share=st.fractions(0, 1))
    def test_win_rate_is_exact_to_two_decimals(self, played, share):
        won = int(played * share)
        profile = set_numbers(self.user, total_matches_played=played, matches_won=won)
        expected = round_half_up(Fraction(100 * won, played)) if played else Decimal(0)
        assert profile.overall_win_rate == expected

    @given(placements=st.lists(st.integers(1, 10), max_size=50))
    def test_average_placement_is_exact_to_two_decimals(self, placements):
        profile = set_numbers(self.user, placement_sum=sum(placements), placement_count=len(placements))
        expected = round_half_up(Fraction(sum(placements), len(placements))) if placements else None
        assert profile.average_placement == expected

    @given(level=st.integers(1, 5_000))
    def test_a_level_starts_at_its_points_and_not_one_earlier(self, level):
        start = 50 * level**2 - 50
        assert set_numbers(self.user, experience_points=start).level == level
        if level > 1:
            assert set_numbers(self.user, experience_points=start - 1).level == level - 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ({"total_matches_played": 1, "matches_won": 999_999}, (Decimal(0), None, 1)),
        ({"total_matches_played": 10, "matches_won": -3}, (Decimal(0), None, 1)),
        ({"placement_count": 1, "placement_sum": 999}, (Decimal(0), None, 1)),
        ({"experience_points": -60}, (Decimal(0), None, 1)),
    ],
)
def test_damage_that_no_ratio_could_hold_can_still_be_written_and_found(
    player, find_all_drift, numbers, shown
):
    profile = set_numbers(player("ann"), **numbers)
    assert (profile.overall_win_rate, profile.average_placement, profile.level) == shown
    assert {stat for _, _, stat, _, _ in find_all_drift()} == set(numbers)
