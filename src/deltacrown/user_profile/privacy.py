"""Privacy: who may see what of a player.

Pages, API, exports, feeds and caches all ask here, before they count or paginate.

The default is hidden: a missing privacy row hides both histories, and so does an account that is closed,
merged or anonymised (``standing``). Counters, placements, achievements, team memberships and the public id
are always visible and need no check. Staff see what their permissions say: with ``Right.VIEW_HIDDEN`` all
that players hide, without it no more than members. What they see only by a permission is logged; ``unlisted``
says who finds players who are on no list. Who may correct matches is told what looks odd about one that they
can open, and that is found in hidden lines of it too.

An achievement or a level is public, but bears the time of the match that earned it. So who may not see a
history is told the day, in UTC, of what may follow from it, and no order within the day: see ``tell_times``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeGuard, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.days import StartOfDay, ends_a_day
from deltacrown.core.deeds import Deed
from deltacrown.core.errors import DomainError
from deltacrown.core.prepared import Parameter, PreparedQuery
from deltacrown.games.models import MatchRow
from deltacrown.tournaments.models import Tournament
from deltacrown.tournaments.services import co_organised_by
from deltacrown.user_profile.models import ActivityRow, Follow, PrivacySettings, UserActivity
from deltacrown.user_profile.models.activity_types import list_activity_types
from deltacrown.user_profile.standing import SHOWN, has_listed_player, has_shown_player
from django_tally.database_clock import DatabaseNow

#: How far the clock of a web server may be ahead of that of the database.
CLOCK_SKEW = timedelta(minutes=1)

Viewer = User | AnonymousUser | None
#: Raises ``HistoryHidden`` unless the viewer may see some rows of the owner, whose flags may be given.
Gate = Callable[[User, Viewer, PrivacySettings | None], None]
Activity = TypeVar("Activity", bound=ActivityRow)

MATCHES = "match history"
TOURNAMENTS = "tournament history"
DISPUTES = "disputes"
EXPERIENCE = "experience awards"
FOLLOWS = "follows"
VERIFICATION = "verification"

#: The flags of a player whose pages are shown.
_FLAGS = PreparedQuery(
    lambda: PrivacySettings.objects.filter(has_shown_player(), user=Parameter(0)).order_by("pk")[:1],
    is_by_key=True,
)
#: The right to see what a player hides, where it is not ``Right.VIEW_HIDDEN``.
RIGHTS = {DISPUTES: Right.VIEW_DISPUTES, VERIFICATION: Right.VIEW_VERIFICATIONS}


class Audience(Enum):
    """The relation of a viewer to the owner of a profile; STAFF is who may see what players hide."""

    ANONYMOUS = "anonymous"
    MEMBER = "member"
    FOLLOWER = "follower"
    SELF = "self"
    STAFF = "staff"


class History(Enum):
    """A list that a player may hide."""

    MATCHES = "matches"
    TOURNAMENTS = "tournaments"


class HistoryHidden(DomainError):
    """The viewer may not see this history.

    :param owner: whose it is; ``None`` where that is hidden as well.
    """

    code = "hidden"

    def __init__(self, message: str, *, owner: User | None = None, field: str = "") -> None:
        super().__init__(message, field=field)
        self.owner = owner


@dataclass(frozen=True)
class Visibility:
    """What one viewer may see of one owner."""

    match_history: bool
    tournaments: bool
    own_records: bool
    disputes: bool

    @property
    def both_histories(self) -> bool:
        """Return whether both histories are shown."""
        return self.match_history and self.tournaments

    @property
    def histories(self) -> frozenset[History]:
        """Return the histories that are shown."""
        shown = {History.MATCHES: self.match_history, History.TOURNAMENTS: self.tournaments}
        return frozenset(history for history, is_shown in shown.items() if is_shown)

    def shows(self, histories: Collection[History]) -> bool:
        """Return whether the viewer may see all of ``histories``."""
        return self.histories.issuperset(histories)


def get_audience(viewer: Viewer, owner: User, *, follows: bool | None = None) -> Audience:
    """Return the audience of ``viewer``: SELF, else STAFF, else FOLLOWER; ANONYMOUS once deactivated."""
    if not _is_known(viewer):
        return Audience.ANONYMOUS
    if viewer.pk == owner.pk:
        return Audience.SELF
    if sees_hidden(viewer):
        return Audience.STAFF
    if follows is None:
        follows = Follow.objects.filter(follower_id=viewer.pk, followed=owner).exists()
    return Audience.FOLLOWER if follows else Audience.MEMBER


def sees_hidden(viewer: Viewer) -> TypeGuard[User]:
    """Return whether ``viewer`` is staff with the right to see what players hide."""
    return _may(viewer, Right.VIEW_HIDDEN)


def get_visibility(owner: User, viewer: Viewer, flags: PrivacySettings | None = None) -> Visibility:
    """Return all that ``viewer`` may see, in one query; none if given a shown player's flags."""
    flags = flags or _FLAGS.first(owner.pk)
    return Visibility(
        match_history=_sees(owner, viewer, MATCHES, shown=bool(flags and flags.show_match_history)),
        tournaments=_sees(owner, viewer, TOURNAMENTS, shown=bool(flags and flags.show_tournament_stats)),
        own_records=is_self(viewer, owner) or sees_hidden(viewer),
        disputes=is_self(viewer, owner) or _may(viewer, Right.VIEW_DISPUTES),
    )


def can_see_match_history(owner: User, viewer: Viewer, flags: PrivacySettings | None = None) -> bool:
    """Return whether ``viewer`` may see the matches of ``owner``, also as rows of a stat and in exports."""
    flags = flags or _FLAGS.first(owner.pk)
    return _sees(owner, viewer, MATCHES, shown=bool(flags and flags.show_match_history))


def can_see_tournaments(owner: User, viewer: Viewer, flags: PrivacySettings | None = None) -> bool:
    """Return whether ``viewer`` may see the tournaments ``owner`` entered."""
    flags = flags or _FLAGS.first(owner.pk)
    return _sees(owner, viewer, TOURNAMENTS, shown=bool(flags and flags.show_tournament_stats))


def require_match_history(owner: User, viewer: Viewer, flags: PrivacySettings | None = None) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` may see the matches of ``owner``."""
    if not can_see_match_history(owner, viewer, flags):
        raise HistoryHidden(_("User has hidden match history"), owner=owner)


def require_tournaments(owner: User, viewer: Viewer, flags: PrivacySettings | None = None) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` may see the tournaments ``owner`` entered."""
    if not can_see_tournaments(owner, viewer, flags):
        raise HistoryHidden(_("User has hidden tournament history"), owner=owner)


def require_disputes(owner: User, viewer: Viewer, _flags: PrivacySettings | None = None) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` is ``owner`` or staff: only they see a player's disputes."""
    if not _sees(owner, viewer, DISPUTES, shown=False):
        message = _("The disputes a player filed are shown to the player and to staff only")
        raise HistoryHidden(message, owner=owner)


def require_experience(owner: User, viewer: Viewer, _flags: PrivacySettings | None = None) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` is ``owner`` or staff, who alone see awards of experience.

    The reason of an award may name a match or a tournament that the player hides.
    """
    if not _sees(owner, viewer, EXPERIENCE, shown=False):
        message = _("The awards behind a player's experience are shown to the player and to staff only")
        raise HistoryHidden(message, owner=owner)


def require_follows(owner: User, viewer: Viewer) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` is ``owner`` or staff: only they see who follows whom."""
    if not _sees(owner, viewer, FOLLOWS, shown=False):
        message = _("Whom a player follows and who follows them is shown to the player and to staff only")
        raise HistoryHidden(message, owner=owner)


def require_verification(owner: User, viewer: Viewer) -> None:
    """Raise ``HistoryHidden`` unless ``viewer`` is ``owner`` or staff, who alone see a verification."""
    if not _sees(owner, viewer, VERIFICATION, shown=False):
        message = _("A player's verification is shown to the player and to staff only")
        raise HistoryHidden(message, owner=owner)


def require_time(
    at: datetime,
    histories: Collection[History],
    visibility: Visibility,
    owner: User,
    *,
    field: str = "as_of",
) -> None:
    """Raise ``HistoryHidden`` if ``at`` is not the end of a day, and the viewer may learn days only.

    :param histories: those that the number of that time may tell of.
    :param field: what the reader gave the time as.
    """
    if not visibility.shows(histories) and not ends_a_day(at):
        message = _(
            "The player hides a history from which this number follows, so its past is told by the day: "
            "ask for a date, as in 2025-06-30, which means the end of that day in UTC."
        )
        raise HistoryHidden(message, owner=owner, field=field)


def find_hiding_histories(gates: Iterable[Gate | None]) -> frozenset[History] | None:
    """Return the histories with which players hide rows from all others; ``None`` for rows always hidden.

    :param gates: what refuses the rows to who may not see them, ``None`` for rows that everybody may see.
    """
    hidden_with: dict[Gate, History] = {
        require_match_history: History.MATCHES,
        require_tournaments: History.TOURNAMENTS,
    }
    named = [gate for gate in gates if gate is not None]
    if any(gate not in hidden_with for gate in named):
        return None
    return frozenset(hidden_with[gate] for gate in named)


def list_who_show(histories: Collection[History]) -> QuerySet[PrivacySettings]:
    """Return the settings of the players who show everybody all of ``histories``.

    For lists that are the same for every reader: nobody is in them for being oneself or staff.
    """
    flags = {History.MATCHES: "show_match_history", History.TOURNAMENTS: "show_tournament_stats"}
    return PrivacySettings.objects.filter(**{flags[history]: True for history in histories})


def tell_times(rows: QuerySet[Any], *, dated_by: str, exactly: Q | None) -> QuerySet[Any]:
    """Annotate rows with ``told_at``, the time to show of each, and ``is_told_exactly``.

    Of rows whose time may follow from something hidden, the time told is the midnight at which their day
    began. Sort by it, and then by something that does not follow from times.

    :param dated_by: the column of the time.
    :param exactly: the rows whose time the viewer may know; None for all.
    """
    told_at: Any = F(dated_by)
    is_told_exactly: Any = Value(True)
    if exactly is not None:
        told_at = Case(When(exactly, then=F(dated_by)), default=StartOfDay(dated_by))
        is_known = When(exactly, then=Value(True))
        is_told_exactly = Case(is_known, default=Value(False), output_field=BooleanField())

    told: QuerySet[Any] = rows.annotate(told_at=told_at, is_told_exactly=is_told_exactly)
    return told


def tell_activity_times(tables: Sequence[QuerySet[Any]], viewer: Viewer) -> list[QuerySet[Any]]:
    """Annotate entries of any number of players with the times that ``viewer`` may know.

    Sort them by day, and within one by what they say. The viewer may know the times of their own entries, of
    types that tell nothing of a history, and of the others where the player shows what they may follow from.

    :param tables: live entries, archived ones, or both.
    """
    exactly = Q(user_id=viewer.pk) if _is_known(viewer) else Q()
    types = list_activity_types()
    for flags in dict.fromkeys(each.time_shown_by for each in types):
        # Joined, since a condition that stands in several expressions would be as many subqueries.
        shown = Q(**{f"user__privacy_settings__{flag}": True for flag in sorted(flags)})
        shown &= Q(user__profile__standing__in=SHOWN)
        exactly |= shown & Q(activity_type__in=[each.value for each in types if each.time_shown_by == flags])

    return [tell_times(table, dated_by="created_at", exactly=exactly) for table in tables]


def filter_activity_by_visibility(
    activities: QuerySet[Activity], viewer: Viewer, *, owner: User | None = None
) -> QuerySet[Activity]:
    """Return the entries that ``viewer`` may see, of any number of players.

    PUBLIC entries are for everyone, FOLLOWERS for followers, PRIVATE for the player and staff. Others never
    see a verification, whatever its visibility, and see a registration only when the player shows the
    tournaments they entered. Among entries of many players are those of listed ones only, and one's own.
    Withdrawn entries are for nobody, nor is one before the time it is dated: rows written past the services
    may lie in the future, and must not top every feed until then.

    :param owner: the one player they are about, who may be suspended; None for a list of many players.
    """
    activities = activities.filter(has_happened())
    if sees_hidden(viewer):
        record_deed(deed=Deed.READ_TIMELINE, by=viewer, of=owner)
        return activities
    visible, own = Q(visibility=UserActivity.Visibility.PUBLIC), Q()
    if _is_known(viewer):
        visible |= Q(visibility=UserActivity.Visibility.FOLLOWERS) & Q(_viewer_follows(viewer))
        own = Q(user_id=viewer.pk)
    by_whom = has_listed_player() if owner is None else has_shown_player()
    return activities.filter(own | (visible & Q(by_whom) & _is_for_others()))


def has_happened() -> Q:
    """Return the condition that the fact of an entry holds, and lies in the past.

    Written with NOT, because SQLite would use this bound for the index instead of that of the page's cursor.
    """
    return Q(is_withdrawn=False) & ~Q(created_at__gt=DatabaseNow() + CLOCK_SKEW)


def filter_match_by_visibility(rows: QuerySet[Any], viewer: Viewer, *, about: str = "") -> QuerySet[Any]:
    """Return the rows of one match that ``viewer`` may see.

    Tournament matches are official and shown with everyone who played. Of a casual match, the rows of players
    who hide their match history are left out, and of those whose account is closed.
    """
    if sees_hidden(viewer):
        record_deed(deed=Deed.READ_MATCH, by=viewer, about=about)
        return rows
    return filter_match_for(rows, get_known_key(viewer))


def filter_match_for(rows: QuerySet[Any], viewer: int | Parameter | None) -> QuerySet[Any]:
    """As ``filter_match_by_visibility``, for the key of an account without rights, or for a visitor."""
    seen = Q(kind=MatchRow.Kind.TOURNAMENT) | Q(_owner_shows("show_match_history")) & Q(has_shown_player())
    return rows.filter(seen if viewer is None else seen | Q(user_id=viewer))


def filter_tournaments_by_visibility(rows: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
    """Return the tournaments that ``viewer`` may see: a draft only its organisers and who manages any."""
    if has_right(viewer, Right.MANAGE_TOURNAMENTS):
        return rows

    visible = ~Q(status=Tournament.Status.DRAFT)
    if _is_known(viewer):
        visible |= Q(organiser_id=viewer.pk) | Q(co_organised_by(viewer))
    return rows.filter(visible)


def _sees(owner: User, viewer: Viewer, what: str, *, shown: bool) -> bool:
    if shown or is_self(viewer, owner):
        return True
    if not _may(viewer, RIGHTS.get(what, Right.VIEW_HIDDEN)):
        return False
    about = write_about("hidden", what)
    record_deed(deed=Deed.READ_HIDDEN, by=viewer, of=owner, about=about, told={"what": what})
    return True


def _may(viewer: Viewer, right: Right) -> TypeGuard[User]:
    return _is_known(viewer) and has_right(viewer, right)


def _is_for_others() -> Q:
    """Match the entries whose type others may see.

    Those are all but the private types, some of them only where the player shows a history.
    """
    types = list_activity_types()
    shown = ~Q(activity_type__in=[each.value for each in types if each.is_private])

    for flag in sorted({each.shown_by for each in types if each.shown_by}):
        concerned = [each.value for each in types if each.shown_by == flag]
        shown &= ~Q(activity_type__in=concerned) | Q(_owner_shows(flag))
    return shown


def _owner_shows(flag: str) -> Exists:
    """Match rows whose owner shows ``flag``: one index lookup per row, not a list of everybody who does."""
    return Exists(PrivacySettings.objects.filter(user=OuterRef("user"), **{flag: True}))


def _viewer_follows(viewer: User) -> Exists:
    return Exists(Follow.objects.filter(follower_id=viewer.pk, followed=OuterRef("user")))


def get_known_key(viewer: Viewer) -> int | None:
    """Return the key of ``viewer``; None for visitors and for accounts that are not active."""
    return viewer.pk if _is_known(viewer) else None


def _is_known(viewer: Viewer) -> TypeGuard[User]:
    return viewer is not None and viewer.is_authenticated and viewer.is_active


def is_self(viewer: Viewer, owner: User) -> bool:
    """Return whether ``viewer`` is the player themselves."""
    return _is_known(viewer) and viewer.pk == owner.pk
