"""Database triggers: every write to what ranks a player inserts a ``RankChange``, whoever writes and however.

They only insert, so writers never wait for each other, nor for who counts the changes.
"""

from __future__ import annotations

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.user_profile.models import GameStats, RankChange, UserProfile
from django_tally.schema import quote
from django_tally.triggers import postgresql, sqlite
from django_tally.triggers.plan import Reinstallation
from django_tally.triggers.trigger import Trigger

_CHANGES = quote(RankChange._meta.db_table)
#: Models whose rows rank their player.
WATCHED: tuple[type[models.Model], ...] = (UserProfile, GameStats)


def list_rank_tables() -> list[type[models.Model]]:
    """Return the models whose tables these triggers read or write."""
    return [*WATCHED, RankChange]


def build_rank_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers on profiles and game stats, in the dialect of ``connection``."""
    build = {"postgresql": _build_postgresql, "sqlite": _build_sqlite}.get(connection.vendor)
    return [trigger for model in WATCHED for trigger in build(model)] if build else []


def note_everybody(found: Reinstallation) -> None:
    """Record that anybody's numbers may have changed: nothing watched while the triggers were away."""
    with connections[found.using].cursor() as cursor:
        cursor.execute(_note("SELECT NULL"))


def _note(users: str) -> str:
    return f"INSERT INTO {_CHANGES} (owner) {users}"


def _name(model: type[models.Model], event: str) -> str:
    return f"tally_rank_{model._meta.model_name}_{event.lower()}"


def _build_postgresql(model: type[models.Model]) -> list[Trigger]:
    images = {
        "INSERT": "SELECT user_id FROM n",
        "DELETE": "SELECT user_id FROM o",
        "UPDATE": "SELECT user_id FROM n UNION SELECT user_id FROM o",
        "TRUNCATE": "SELECT NULL::bigint",
    }
    return [
        postgresql.make_trigger(
            name=_name(model, event), table=model._meta.db_table, event=event, body=f"{_note(users)};"
        )
        for event, users in images.items()
    ]


def _build_sqlite(model: type[models.Model]) -> list[Trigger]:
    images = {
        "INSERT": "SELECT NEW.user_id",
        "DELETE": "SELECT OLD.user_id",
        "UPDATE": "SELECT NEW.user_id UNION SELECT OLD.user_id",
    }
    return [
        sqlite.make_trigger(
            name=_name(model, event), table=model._meta.db_table, event=event, body=f"{_note(users)};"
        )
        for event, users in images.items()
    ]
