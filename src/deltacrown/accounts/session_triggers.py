"""A database trigger on users: whoever closes an account, and however, ends the sessions that there are.

It counts closings, and a session holds for one count (``User.get_session_auth_hash``): a browser that was
signed in before an account was closed is not signed in again when it is reopened.
"""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.accounts.models import User
from django_tally.schema import quote
from django_tally.triggers import postgresql, sqlite
from django_tally.triggers.trigger import Trigger

NAME = "tally_closings_of_user"
_USERS = quote(User._meta.db_table)


def list_session_tables() -> list[type[models.Model]]:
    """Return the model whose table the trigger reads and writes."""
    return [User]


def build_session_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the trigger, in the dialect of ``connection``."""
    table = User._meta.db_table
    if connection.vendor == "postgresql":
        return [postgresql.make_trigger(name=NAME, table=table, event="UPDATE", body=_POSTGRESQL)]
    if connection.vendor == "sqlite":
        event, when = "UPDATE OF is_active", "OLD.is_active AND NOT NEW.is_active"
        return [sqlite.make_trigger(name=NAME, table=table, event=event, body=_SQLITE, when=when)]
    return []


_CLOSED = "FROM n JOIN o ON o.id = n.id WHERE o.is_active AND NOT n.is_active"
# An update of no rows would call the trigger again, without an end.
_POSTGRESQL = f"""
IF EXISTS (SELECT 1 {_CLOSED}) THEN
  UPDATE {_USERS} SET closings = closings + 1 WHERE id IN (SELECT n.id {_CLOSED});
END IF;
"""
_SQLITE = f"UPDATE {_USERS} SET closings = closings + 1 WHERE id = NEW.id;"
