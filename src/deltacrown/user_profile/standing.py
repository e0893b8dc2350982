"""Standing: who is listed among players, whose pages are shown, and who may write in public.

This is the one place that knows what a standing means; everything that lists or shows players asks here.

- ACTIVE: listed and shown.
- SUSPENDED: on no leaderboard, in no search, feed or list of followers. The pages are shown to who has their
  address. The player reads and leaves as before, and writes nothing in public. A suspension ends by itself at
  its time, also before the job that records the end has run.
- CLOSED, MERGED, ANONYMISED: not listed, the pages are gone, and both histories are hidden.

Official results keep their row and their name, and nobody else's number changes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import DomainError
from deltacrown.core.words import translate_stored
from deltacrown.user_profile.models.profile import UserProfile
from deltacrown.user_profile.models.standing import Standing, StandingChange
from django_tally.database_clock import SQLITE_NOW, DatabaseNow

#: Whose pages and histories are shown. Everything else is hidden, also a standing that is yet to come.
SHOWN = (Standing.ACTIVE, Standing.SUSPENDED)


class Suspended(DomainError):
    """The player is suspended, and may not write in public."""

    code = "suspended"


class NotEnterable(DomainError):
    """A player cannot be entered by others than the organiser now. It does not say why."""

    code = "forbidden"


def is_listed(profile: str = "") -> Q:
    """Return the condition that a player is listed.

    :param profile: the path to the profile: ``""`` on profiles, ``"user__profile"`` on rows of users.
    """
    at = f"{profile}__" if profile else ""
    is_over = Q(**{f"{at}standing": Standing.SUSPENDED, f"{at}standing_until__lte": DatabaseNow()})
    return Q(**{f"{at}standing": Standing.ACTIVE}) | is_over


def write_listed_sql(profile: str) -> str:
    """Return the condition ``is_listed`` as SQL for a statement with parameters.

    :param profile: the alias of the table of profiles.
    """
    now = "statement_timestamp()" if connection.vendor == "postgresql" else SQLITE_NOW.replace("%", "%%")
    is_over = f"{profile}.standing = 'SUSPENDED' AND {profile}.standing_until <= {now}"
    return f"({profile}.standing = 'ACTIVE' OR ({is_over}))"


def write_next_end_sql() -> str:
    """Return a SELECT of when the next suspension ends: it reads otherwise as soon as one is over.

    On PostgreSQL, which finds it in the index of those that end.
    """
    return (
        f"SELECT MIN(standing_until) FROM {UserProfile._meta.db_table} "
        f"WHERE standing = '{Standing.SUSPENDED}' AND standing_until > statement_timestamp()"
    )


def filter_listed(rows: QuerySet[Any], user: str = "user") -> QuerySet[Any]:
    """Return the rows whose player is listed.

    :param user: the column that says whose a row is.
    """
    return rows.filter(has_listed_player(user))


def has_listed_player(user: str = "user") -> Exists:
    """Return the condition on rows that their player is listed: one index lookup for each row."""
    return Exists(UserProfile.objects.filter(is_listed(), user=OuterRef(user)))


def has_shown_player(user: str = "user") -> Exists:
    """Return the condition on rows that their player's pages are shown: one index lookup for each row."""
    return Exists(UserProfile.objects.filter(user=OuterRef(user), standing__in=SHOWN))


def is_suspended(profile: UserProfile, now: datetime) -> bool:
    """Return whether a suspension of this player holds at ``now``."""
    until = profile.standing_until
    return profile.standing == Standing.SUSPENDED and (until is None or until > now)


def require_good_standing(user: User, now: datetime) -> None:
    """Refuse a player who is suspended to write in public. Tell only themselves; one query for the others.

    :raises Suspended: they are; it says until when and why.
    """
    profile = UserProfile.objects.filter(user=user, standing=Standing.SUSPENDED).first()
    if profile is None or not is_suspended(profile, now):
        return
    changes = StandingChange.objects.filter(user=user, standing=Standing.SUSPENDED)
    latest = changes.order_by("-changed_at", "-id").first()
    raise Suspended(_describe_suspension(profile.standing_until, latest.reason if latest else ""))


def _describe_suspension(until: datetime | None, reason: str) -> str:
    told = _("You are suspended.")
    if until:
        told = _("You are suspended until %(time)s.") % {"time": write_iso_minute(until)}
    why = [_("Why: %(reason)s") % {"reason": translate_stored(reason)}] if reason else []
    return " ".join([told, *why, _("You can still read, export your data, and change your settings.")])


def require_enterable(users: Collection[User], now: datetime) -> None:
    """Refuse to enter players who are suspended, as anybody but the organiser may. One query.

    :raises NotEnterable: one of them cannot be entered; it does not say why.
    """
    profiles = UserProfile.objects.filter(user__in=users, standing=Standing.SUSPENDED).select_related("user")
    for profile in profiles.order_by("public_id"):
        if is_suspended(profile, now):
            message = _("%(name)s cannot be entered now; enter somebody else, or ask the organiser.")
            raise NotEnterable(message % {"name": profile.name}, field="roster")
