"""A database trigger on users: who can no longer sign in is CLOSED, and who can again is so no more.

It makes the admin, ``update()`` and raw SQL have the effect of ``people.standings``, and logs what it does.
The services write the profile before the user, so that it finds nothing to do after them.
"""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from deltacrown.user_profile.models import StandingChange, UserProfile
from django_tally.database_clock import SQLITE_NOW
from django_tally.schema import quote
from django_tally.triggers import postgresql, sqlite
from django_tally.triggers.trigger import Trigger

NAME = "tally_standing_of_user"

_PROFILES = quote(UserProfile._meta.db_table)
_CHANGES = quote(StandingChange._meta.db_table)


def list_tables() -> list[type[Model]]:
    """Return every model whose table the trigger reads or writes."""
    return [get_user_model(), UserProfile, StandingChange]


def build_standing_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the trigger, in the dialect of ``connection``."""
    users = get_user_model()._meta.db_table
    if connection.vendor == "postgresql":
        body = _POSTGRESQL.format(close=_close("n"), reopen=_reopen("n", "statement_timestamp()"))
        return [postgresql.make_trigger(name=NAME, table=users, event="UPDATE", body=body)]

    if connection.vendor == "sqlite":
        return [
            sqlite.make_trigger(
                name=f"{NAME}_{what}",
                table=users,
                event="UPDATE OF is_active",
                body=body,
                when=when,
            )
            for what, body, when in (
                ("closed", _close("NEW"), "OLD.is_active AND NOT NEW.is_active"),
                ("reopened", _reopen("NEW", SQLITE_NOW), "NEW.is_active AND NOT OLD.is_active"),
            )
        ]

    return []


#: Locks are taken in the order in which everybody else takes them.
_POSTGRESQL = f"""
IF EXISTS (SELECT 1 FROM n JOIN o ON o.id = n.id WHERE n.is_active <> o.is_active) THEN
  PERFORM 1 FROM {_PROFILES} WHERE user_id IN (SELECT id FROM n) ORDER BY user_id FOR NO KEY UPDATE;
  {{close}}
  {{reopen}}
END IF;
"""


def _close(new: str) -> str:
    concerned = f"{_among(new, is_active=False)} AND standing IN ('ACTIVE', 'SUSPENDED')"
    return (
        f"INSERT INTO {_CHANGES} (user_id, standing) SELECT user_id, 'CLOSED' FROM {_PROFILES} "
        f"WHERE {concerned} ORDER BY user_id; "
        f"UPDATE {_PROFILES} SET standing = 'CLOSED', standing_until = NULL WHERE {concerned};"
    )


def _reopen(new: str, now: str) -> str:
    concerned = f"{_among(new, is_active=True)} AND standing = 'CLOSED'"
    standing, until = _before("standing", now), _before("until", now)
    reason, decided_by = _before("reason", now), _before("decided_by_id", now)
    return (
        f"INSERT INTO {_CHANGES} (user_id, standing, until, reason, decided_by_id) "
        f"SELECT user_id, COALESCE({standing}, 'ACTIVE'), {until}, COALESCE({reason}, ''), {decided_by} "
        f"FROM {_PROFILES} WHERE {concerned} ORDER BY user_id; "
        f"UPDATE {_PROFILES} SET standing = COALESCE({standing}, 'ACTIVE'), standing_until = {until} "
        f"WHERE {concerned};"
    )


def _among(new: str, *, is_active: bool) -> str:
    """Return the condition on profiles that this write made their user so."""
    if new == "NEW":
        return "user_id = NEW.id"
    became = "n.is_active AND NOT o.is_active" if is_active else "o.is_active AND NOT n.is_active"
    return f"user_id IN (SELECT n.id FROM n JOIN o ON o.id = n.id WHERE {became})"


def _before(column: str, now: str) -> str:
    """Return a column of the suspension that held before the account was closed, if it has not ended."""
    latest = (
        f"SELECT id FROM {_CHANGES} l WHERE l.user_id = {_PROFILES}.user_id "
        "AND l.standing IN ('ACTIVE', 'SUSPENDED') ORDER BY l.changed_at DESC, l.id DESC LIMIT 1"
    )
    return (
        f"(SELECT c.{quote(column)} FROM {_CHANGES} c WHERE c.id = ({latest}) "
        f"AND c.standing = 'SUSPENDED' AND (c.until IS NULL OR c.until > {now}))"
    )
