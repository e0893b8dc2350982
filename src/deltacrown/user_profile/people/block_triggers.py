"""Database triggers: while one player blocks another, neither follows the other, whoever writes the rows.

A follow of such a pair is deleted in the statement that makes it, and a block deletes the follows there are;
so bulk writes, raw SQL, fixtures and merged accounts leave none. On PostgreSQL both lock the blocker's
privacy row, so that of two transactions at the same time the later one sees what the earlier one wrote. No
writer of matches needs that row.
"""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.user_profile.models import Block, Follow, PrivacySettings
from django_tally.triggers import postgresql, sqlite
from django_tally.triggers.trigger import Trigger

FOLLOW, BLOCK = Follow._meta.db_table, Block._meta.db_table
#: The end of a trigger's name → the event, and for SQLite the columns that make it concern a pair.
EVENTS = {"insert": "INSERT", "update": "UPDATE"}


def list_block_tables() -> list[type[models.Model]]:
    """Return the models whose tables these triggers read or write."""
    return [Follow, Block, PrivacySettings]


def build_block_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers on follows and blocks, in the dialect of ``connection``."""
    if connection.vendor == "postgresql":
        bodies = {FOLLOW: _FOLLOWED_POSTGRESQL, BLOCK: _BLOCKED_POSTGRESQL}
        return [
            postgresql.make_trigger(name=_name(table, end), table=table, event=event, body=body)
            for table, body in bodies.items()
            for end, event in EVENTS.items()
        ]

    if connection.vendor == "sqlite":
        columns = {FOLLOW: "follower_id, followed_id", BLOCK: "blocker_id, blocked_id"}
        bodies = {FOLLOW: _FOLLOWED_SQLITE, BLOCK: _BLOCKED_SQLITE}
        return [
            sqlite.make_trigger(
                name=_name(table, end),
                table=table,
                event=f"{event} OF {columns[table]}" if event == "UPDATE" else event,
                body=body,
            )
            for table, body in bodies.items()
            for end, event in EVENTS.items()
        ]

    return []


def _name(table: str, end: str) -> str:
    return f"tally_block_{'follow' if table == FOLLOW else 'block'}_{end}"


_FOLLOWED_POSTGRESQL = f"""
PERFORM 1 FROM {PrivacySettings._meta.db_table} WHERE user_id IN \
(SELECT follower_id FROM n UNION SELECT followed_id FROM n) ORDER BY user_id FOR SHARE;
DELETE FROM {FOLLOW} f USING n, {BLOCK} b WHERE f.id = n.id AND (\
(b.blocker_id = f.follower_id AND b.blocked_id = f.followed_id) \
OR (b.blocker_id = f.followed_id AND b.blocked_id = f.follower_id));
"""

_BLOCKED_POSTGRESQL = f"""
PERFORM 1 FROM {PrivacySettings._meta.db_table} WHERE user_id IN (SELECT blocker_id FROM n) \
ORDER BY user_id FOR NO KEY UPDATE;
DELETE FROM {FOLLOW} f USING n WHERE \
(f.follower_id = n.blocker_id AND f.followed_id = n.blocked_id) \
OR (f.follower_id = n.blocked_id AND f.followed_id = n.blocker_id);
"""

_FOLLOWED_SQLITE = f"""
DELETE FROM {FOLLOW} WHERE id = NEW.id AND EXISTS (SELECT 1 FROM {BLOCK} b WHERE \
(b.blocker_id = NEW.follower_id AND b.blocked_id = NEW.followed_id) \
OR (b.blocker_id = NEW.followed_id AND b.blocked_id = NEW.follower_id));
"""

_BLOCKED_SQLITE = f"""
DELETE FROM {FOLLOW} WHERE follower_id = NEW.blocker_id AND followed_id = NEW.blocked_id;
DELETE FROM {FOLLOW} WHERE follower_id = NEW.blocked_id AND followed_id = NEW.blocker_id;
"""
