"""Database triggers on users: the profile and the privacy row of a new one, the search key of a renamed one.

It works for every way of creating users: one who is created inactive is CLOSED. It also assigns the public
id ``DC-YY-NNNNNN``, numbered per year of joining. A writer locks the counter row while taking a number, so no
number is used twice. A rolled-back transaction uses no number; a deleted user leaves a gap.
"""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db.backends.base.base import BaseDatabaseWrapper

from deltacrown.user_profile.models import PrivacySettings, PublicIdCounter, UserProfile
from django_tally.triggers import postgresql, sqlite
from django_tally.triggers.trigger import Trigger

NAME, RENAMED = "tally_provision_user", "tally_search_renamed_user"


def build_user_triggers(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Return the triggers on users, in the dialect of ``connection``.

    The second keeps the profile of a player without a display name findable by the username.
    """
    users = get_user_model()._meta.db_table

    if connection.vendor == "postgresql":
        body, declare = _POSTGRESQL.format(**_TABLES), "DECLARE y record; top bigint;"
        renamed = _RENAMED_POSTGRESQL.format(**_TABLES)
        return [
            postgresql.make_trigger(name=NAME, table=users, event="INSERT", body=body, declare=declare),
            postgresql.make_trigger(name=RENAMED, table=users, event="UPDATE", body=renamed),
        ]

    if connection.vendor == "sqlite":
        body, renamed = _SQLITE.format(**_TABLES), _RENAMED_SQLITE.format(**_TABLES)
        return [
            sqlite.make_trigger(name=NAME, table=users, event="INSERT", body=body),
            sqlite.make_trigger(
                name=RENAMED,
                table=users,
                event="UPDATE OF search_key",
                body=renamed,
                when="OLD.search_key <> NEW.search_key",
            ),
        ]

    return []


_TABLES = {
    "privacy": PrivacySettings._meta.db_table,
    "profile": UserProfile._meta.db_table,
    "counter": PublicIdCounter._meta.db_table,
}

_POSTGRESQL = """
INSERT INTO {privacy} (user_id) SELECT id FROM n ORDER BY id;
FOR y IN SELECT (EXTRACT(YEAR FROM date_joined AT TIME ZONE 'UTC')::int % 100) AS year, \
COUNT(*) AS wanted FROM n GROUP BY 1 ORDER BY 1
LOOP
  INSERT INTO {counter} AS c (year, last) VALUES (y.year, y.wanted)
  ON CONFLICT (year) DO UPDATE SET last = c.last + excluded.last RETURNING last INTO top;
  INSERT INTO {profile} (user_id, public_id, search_key, standing)
  SELECT id, 'DC-' || lpad(y.year::text, 2, '0') || '-' || \
lpad(number::text, GREATEST(6, length(number::text)), '0'), search_key, \
CASE WHEN is_active THEN 'ACTIVE' ELSE 'CLOSED' END
  FROM (
    SELECT id, search_key, is_active, top - y.wanted + row_number() OVER (ORDER BY id) AS number
    FROM n WHERE (EXTRACT(YEAR FROM date_joined AT TIME ZONE 'UTC')::int % 100) = y.year
  ) numbered ORDER BY id;
END LOOP;
"""

_RENAMED_POSTGRESQL = """
UPDATE {profile} p SET search_key = n.search_key FROM n JOIN o ON o.id = n.id \
WHERE p.user_id = n.id AND p.display_name = '' AND n.search_key <> o.search_key;
"""

_RENAMED_SQLITE = """
UPDATE {profile} SET search_key = NEW.search_key WHERE user_id = NEW.id AND display_name = '';
"""

# ON CONFLICT DO UPDATE instead of OR IGNORE: inside an outer INSERT OR REPLACE, SQLite would treat OR IGNORE
# as OR REPLACE and reset the counter.
_SQLITE = """
INSERT INTO {privacy} (user_id) SELECT NEW.id \
WHERE NOT EXISTS (SELECT 1 FROM {privacy} WHERE user_id = NEW.id);
INSERT INTO {counter} (year, last) SELECT CAST(strftime('%Y', NEW.date_joined) AS INTEGER) % 100, 1
WHERE NOT EXISTS (SELECT 1 FROM {profile} WHERE user_id = NEW.id)
ON CONFLICT (year) DO UPDATE SET last = last + 1;
INSERT INTO {profile} (user_id, public_id, search_key, standing)
SELECT NEW.id, printf('DC-%02d-%06d', year, last), NEW.search_key, \
CASE WHEN NEW.is_active THEN 'ACTIVE' ELSE 'CLOSED' END FROM {counter}
WHERE year = CAST(strftime('%Y', NEW.date_joined) AS INTEGER) % 100
AND NOT EXISTS (SELECT 1 FROM {profile} WHERE user_id = NEW.id);
"""
