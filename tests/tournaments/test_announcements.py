"""The rules, the announced prizes, and until when players and captains enter."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from deltacrown.core.errors import InvalidInput
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import RegistrationClosed, require_entry, set_announcement
from tests import scene

pytestmark = pytest.mark.django_db

ANNOUNCED = {"prize_pool": Decimal("2500.50"), "registration_closes_at": scene.at(1), "rules": "One.\nTwo."}


@pytest.fixture
def cup(db):
    return scene.tournament("cup", status="OPEN", hours=9)


def test_what_is_announced_is_kept_and_the_same_again_changes_nothing(cup):
    assert set_announcement(tournament=cup, **ANNOUNCED) is True
    assert set_announcement(tournament=cup, **ANNOUNCED) is False
    assert Tournament.objects.values(*ANNOUNCED).get() == ANNOUNCED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prize_pool", Decimal("-1")),
        ("prize_pool", Decimal("0.001")),
        ("prize_pool", Decimal("NaN")),
        ("prize_pool", Decimal(10) ** 10),
        ("registration_closes_at", scene.at(1).replace(tzinfo=None)),
        ("rules", "x" * 10_001),
        ("rules", "a\x00b"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(cup, field, value):
    with pytest.raises(InvalidInput) as refusal:
        set_announcement(tournament=cup, **{**ANNOUNCED, field: value})
    assert refusal.value.field == field
    assert Tournament.objects.get().rules == ""


def test_the_table_refuses_a_pool_below_nothing(cup):
    with pytest.raises(IntegrityError), transaction.atomic():
        Tournament.objects.update(prize_pool=-1)


def test_after_the_closing_time_only_the_organiser_enters(cup):
    ann, org = scene.player("ann"), scene.player("org")
    Tournament.objects.update(organiser=org)
    cup.refresh_from_db()
    set_announcement(tournament=cup, **ANNOUNCED)

    require_entry(cup, ann, user=ann, team=None, now=scene.at(1) - timedelta(seconds=1))
    with pytest.raises(RegistrationClosed):
        require_entry(cup, ann, user=ann, team=None, now=scene.at(1))
    require_entry(cup, org, user=ann, team=None, now=scene.at(2))
