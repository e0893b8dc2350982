"""A database trigger on memberships: one that ends takes the roles of its period with it.

So no way of ending a membership, be it a service, the admin, ``update()`` or raw SQL, leaves a captain who is
in the team no more. A role given after the member had left, as learnt later, is ended at its own start.
"""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.teams.models import TeamMembership, TeamRole
from django_tally.triggers import postgresql, sqlite
from django_tally.triggers.trigger import Trigger

NAME = "tally_end_team_roles"
MEMBERSHIP, ROLE = TeamMembership._meta.db_table, TeamRole._meta.db_table


def list_role_tables() -> list[type[models.Model]]:
    """Return the models whose tables this trigger reads or writes."""
    return [TeamMembership, TeamRole]


def build_role_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the trigger on memberships, in the dialect of ``connection``."""
    if connection.vendor == "postgresql":
        return [postgresql.make_trigger(name=NAME, table=MEMBERSHIP, event="UPDATE", body=_POSTGRESQL)]
    if connection.vendor == "sqlite":
        event, when = "UPDATE OF left_at", "NEW.left_at IS NOT NULL AND NEW.left_at IS NOT OLD.left_at"
        return [sqlite.make_trigger(name=NAME, table=MEMBERSHIP, event=event, body=_SQLITE, when=when)]
    return []


# The roles of a membership are those given in its period as it was before.
_POSTGRESQL = f"""
UPDATE {ROLE} r SET ended_at = GREATEST(r.given_at, n.left_at) FROM n JOIN o ON o.id = n.id \
WHERE r.team_id = n.team_id AND r.user_id = n.user_id \
AND n.left_at IS NOT NULL AND n.left_at IS DISTINCT FROM o.left_at \
AND r.given_at >= o.joined_at AND (o.left_at IS NULL OR r.given_at < o.left_at) \
AND (r.ended_at IS NULL OR r.ended_at > GREATEST(r.given_at, n.left_at));
"""

_SQLITE = f"""
UPDATE {ROLE} SET ended_at = MAX(given_at, NEW.left_at) \
WHERE team_id = NEW.team_id AND user_id = NEW.user_id \
AND given_at >= OLD.joined_at AND (OLD.left_at IS NULL OR given_at < OLD.left_at) \
AND (ended_at IS NULL OR ended_at > MAX(given_at, NEW.left_at));
"""
