"""Every index that section 6 of the specification names is on its model."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models
from django.db.models.expressions import F, OrderBy

#: Model → the columns an index must begin with; "-" is descending. The specification's
#: ``created_at`` of a participation is ``registered_at`` here: the time of registration.
REQUIRED = [
    ("games.Match", ("user", "-played_at")),
    ("games.Match", ("user", "game", "-played_at")),
    ("games.ArchivedMatch", ("user", "-played_at")),
    ("games.ArchivedMatch", ("user", "game", "-played_at")),
    ("tournaments.TournamentParticipation", ("user", "tournament")),
    ("tournaments.TournamentParticipation", ("user", "-registered_at")),
    ("tournaments.TournamentResult", ("user", "placement")),
    ("tournaments.TournamentResult", ("user", "tournament")),
    ("user_profile.UserActivity", ("user", "-created_at")),
    ("user_profile.UserActivity", ("user", "activity_type", "-created_at")),
    ("user_profile.UserProfile", ("-total_matches_played",)),
    ("user_profile.UserProfile", ("-tournaments_won",)),
    ("user_profile.UserProfile", ("-overall_win_rate",)),
]


def column_of(expression: object) -> str:
    if isinstance(expression, OrderBy):
        return ("-" if expression.descending else "") + column_of(expression.expression)
    return expression.name if isinstance(expression, F) else repr(expression)


def list_indexes(model: type[models.Model]) -> list[tuple[str, ...]]:
    """The columns of every index without a condition, and of every unique constraint without one."""
    indexes = [
        tuple(column_of(expression) for expression in index.expressions)
        or tuple(("-" if order else "") + name for name, order in index.fields_orders)
        for index in model._meta.indexes
        if index.condition is None
    ]
    constraints = model._meta.constraints
    uniques = [
        c.fields
        for c in constraints
        if isinstance(c, models.UniqueConstraint) and c.fields and c.condition is None
    ]
    return indexes + uniques


def has_index(model: type[models.Model], columns: tuple[str, ...]) -> bool:
    return any(index[: len(columns)] == columns for index in list_indexes(model))


@pytest.mark.parametrize(("model", "columns"), REQUIRED)
def test_the_index_is_on_the_model(model, columns):
    assert has_index(apps.get_model(model), columns), f"{model} has no index that begins with {columns}"


@pytest.mark.parametrize(
    "columns", [("user", "played_at"), ("played_at",), ("user", "result"), ("user", "tournament", "nothing")]
)
def test_an_index_that_is_not_there_is_missed(columns):
    assert not has_index(apps.get_model("games.Match"), columns)


def test_an_index_over_some_rows_only_does_not_count():
    assert not has_index(apps.get_model("tournaments.TournamentResult"), ("tournament", "team"))
