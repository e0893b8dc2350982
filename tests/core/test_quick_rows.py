"""Objects that are made with less work are those that Django makes."""

from __future__ import annotations

import pickle
from datetime import timedelta

import pytest
from django.apps import apps
from django.db.models.signals import post_init

from deltacrown.accounts.models import User
from deltacrown.core import quick_rows
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.tournaments.models import TournamentMatchResult
from deltacrown.user_profile.models import UserProfile
from tests import scene
from tests.scene import NOON

pytestmark = pytest.mark.django_db


#: Django adds its version when it packs an object.
APART = {"_state", "_django_version"}


def tell(row):
    """Return all that an object has, and all that is fetched along with it."""
    fetched = {name: other and other.pk for name, other in row._state.fields_cache.items()}
    own = {name: value for name, value in vars(row).items() if name not in APART}
    return type(row), own, row._state.adding, row._state.db, fetched, row.get_deferred_fields()


def list_objects(row, seen):
    """Return an object and all that are fetched along with it."""
    if row is None or id(row) in seen:
        return []
    seen.add(id(row))
    others = [row._state.fields_cache[name] for name in sorted(row._state.fields_cache)]
    return [row, *(found for other in others for found in list_objects(other, seen))]


QUERIES = {
    "related, one of them missing": lambda: User.objects.select_related("profile", "merged_into"),
    "an inner join and its way back": lambda: UserProfile.objects.select_related("user__privacy_settings"),
    "deferred": lambda: User.objects.only("username").select_related(None),
    "three deep": lambda: TournamentMatchResult.objects.select_related(
        "tournament__game", "team", "opponent_team", "opponent_user__profile"
    ),
}


@pytest.fixture
def rows():
    players = [scene.player(name, date_joined=NOON + timedelta(days=day)) for day, name in enumerate("ab")]
    cup = scene.tournament("cup")
    for player in players:
        row = scene.match(player, f"m-{player.username}")
        scene.tournament_match(row, cup, round="Final", opponent_user=players[0])


@pytest.mark.parametrize("kind", QUERIES)
def test_they_have_what_djangos_have(rows, kind):
    build = QUERIES[kind]
    plain = list(build().order_by("pk"))
    quick = PreparedQuery(lambda: build().filter(pk__gt=Parameter(0)).order_by("pk")).run(0)

    ours = [tell(each) for row in quick for each in list_objects(row, set())]
    assert ours == [tell(each) for row in plain for each in list_objects(row, set())]
    assert len(ours) >= len(plain) > 1
    kept = pickle.loads(pickle.dumps(quick))  # noqa: S301 - as the cache does
    assert [tell(each) for each in kept] == [tell(each) for each in quick]


def test_they_can_be_saved(rows):
    [found] = PreparedQuery(lambda: User.objects.filter(username=Parameter(0))).run("a")
    found.first_name = "Ann"
    found.save()
    assert User.objects.get(pk=found.pk).first_name == "Ann"


def test_every_model_is_made_so_and_django_makes_those_that_somebody_listens_to():
    models = {each: [field.attname for field in each._meta.concrete_fields] for each in apps.get_models()}
    assert all(quick_rows._is_plain(each, names) for each, names in models.items())

    heard = []
    receiver = lambda **told: heard.append(told["instance"])  # noqa: E731 - it must live as long as it listens
    post_init.connect(receiver, sender=User)
    try:
        names = models[User]
        made = quick_rows.make_maker(User, names, "default")([None] * len(names))
    finally:
        post_init.disconnect(receiver, sender=User)
    assert heard == [made]
    assert quick_rows._is_plain(User, models[User])


def test_a_model_that_makes_its_objects_itself_is_asked(monkeypatch):
    def from_db(model, db, field_names, values):
        return "made", db, field_names, values

    monkeypatch.setattr(User, "from_db", classmethod(from_db))
    assert quick_rows.make_maker(User, ["id"], "default")([7]) == ("made", "default", ["id"], [7])
