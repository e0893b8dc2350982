"""The doors of ``user_profile.services``: the names of the specification, and nothing else."""

from __future__ import annotations

import inspect
import pkgutil

import pytest

from deltacrown.user_profile import services
from deltacrown.user_profile.services import activity_service, privacy_service, stats_service

DOORS = {
    activity_service: {"create_activity"},
    privacy_service: {"filter_activity_by_visibility"},
    stats_service: {
        "explain_stat",
        "get_activity_timeline",
        "get_match_history",
        "get_series_history",
        "get_stat_as_of",
        "get_stat_history",
        "get_stat_rows",
        "get_stat_series",
        "get_tournament_breakdown",
    },
}


def test_these_are_all_doors():
    assert {module.name for module in pkgutil.iter_modules(services.__path__)} == {
        door.__name__.rpartition(".")[2] for door in DOORS
    }


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__.rpartition(".")[2])
def test_a_door_has_the_names_of_the_specification(door):
    public = {name for name in vars(door) if not name.startswith("_")}

    assert public == set(door.__all__) == DOORS[door]


@pytest.mark.parametrize(
    ("name", "positional"),
    [
        ("get_match_history", ["user", "filters", "page"]),
        ("get_tournament_breakdown", ["user", "filters", "page"]),
        ("get_activity_timeline", ["user", "viewer", "page"]),
        ("get_stat_as_of", ["user", "stat", "at"]),
        ("get_stat_series", ["user", "stat"]),
    ],
)
def test_what_is_passed_by_position(name, positional):
    parameters = inspect.signature(getattr(stats_service, name)).parameters.values()

    assert [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY] == positional
