"""Found a team as a player does, rename a team that one runs, and hand over its captaincy."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deltacrown.accounts.models import User
from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.dates import write_iso_minute
from deltacrown.core.errors import Conflict, InvalidInput
from deltacrown.core.names import make_name_key
from deltacrown.core.namesakes import queue_for_names
from deltacrown.core.races import find_or_insert
from deltacrown.freshness.rates import Rate
from deltacrown.teams.models import FormerTeamName, Team, TeamRole
from deltacrown.teams.services.memberships import join_team, lock_teams
from deltacrown.teams.services.naming import (
    TeamTaken,
    check_slug,
    clean_name,
    find_slug_for,
    refuse_namesake,
    rename_team,
)
from deltacrown.teams.services.roles import Role, end_role, give_role, require_management
from django_tally.transactions import atomic_service


class TooManyTeams(Conflict):
    """The player has founded too many teams lately."""


class TooManyTeamRenames(Conflict):
    """The team was renamed too often lately."""


@atomic_service
def found_team(*, name: str, slug: str = "", by: User, now: datetime) -> Team:
    """Create a team with ``by`` as its first member and captain, as often as ``TEAM_FOUNDING_RATE`` allows.

    Founding the team of this name again, as its captain, returns it and changes nothing.

    :param slug: the last part of its address; empty for one made of the name.
    :raises InvalidInput: the slug or the name is not valid.
    :raises TeamTaken: the slug or the name belongs to another team, or the name looks like another's.
    :raises TooManyTeams: the player has founded too many teams lately.
    """
    cleaned = clean_name(name)
    if slug:
        check_slug(slug)
    # One founding of a player at a time, so that the rate holds; and one of a name or what looks like it.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    queue_for_names([cleaned])
    if own := _find_own(cleaned, slug, by):
        return own

    _check_rate_of_founding(by, now)
    team = find_or_insert(lambda: _insert(cleaned, slug))
    join_team(team=team, user=by, joined_at=now)
    TeamRole.objects.create(team=team, user=by, role=Role.CAPTAIN, given_at=now, given_by=by)
    return team


@atomic_service
def rename_led_team(*, team: Team, name: str, by: User, now: datetime) -> Team:
    """Change the name of a team that ``by`` runs; captains as often as ``TEAM_NAME_CHANGE_RATE`` allows.

    The same name again changes nothing. The address of the team stays.

    :raises InvalidInput: the name is not valid.
    :raises MayNotManage: ``by`` does not run the team.
    :raises TeamTaken: the name belongs to another team, or looks like another's.
    :raises TooManyTeamRenames: it was renamed too often lately.
    """
    lock_teams([team.pk])
    require_management(team, by, now=now)
    cleaned = clean_name(name)
    if cleaned == team.name:
        return team
    if not has_right(by, Right.MANAGE_TEAMS):
        _check_rate_of_renames(team, now)
    queue_for_names([cleaned])
    return rename_team(team=team, name=cleaned)


@atomic_service
def hand_over_captaincy(*, team: Team, to: User, by: User, now: datetime) -> TeamRole:
    """Make a member captain of the team in place of ``by``, who stays a member.

    :raises InvalidInput: both are the same player.
    :raises MayNotManage: ``by`` is no captain of the team.
    :raises NotInTeam: the other player is not in the team.
    """
    lock_teams([team.pk])
    if to.pk == by.pk:
        raise InvalidInput(_("You lead the team yourself; name another member."), field="player")
    require_management(team, by, now=now)
    given = give_role(team=team, user=to, role=Role.CAPTAIN, by=by, now=now)
    if TeamRole.objects.filter(team=team, user=by, role=Role.CAPTAIN, ended_at__isnull=True).exists():
        end_role(team=team, user=by, role=Role.CAPTAIN, by=by, now=now)
    return given


def _find_own(name: str, slug: str, by: User) -> Team | None:
    """Return the team of this name that ``by`` leads already, unless another slug is asked for."""
    # Not as of ``now``: of two sendings at once the one that comes second may have read the clock first.
    led = TeamRole.objects.filter(user=by, role=Role.CAPTAIN, ended_at__isnull=True).values("team")
    team = Team.objects.filter(name_key=make_name_key(name), pk__in=led).first()
    return team if team is not None and slug in {"", team.slug} else None


def _insert(name: str, slug: str) -> Team:
    refuse_namesake(name, owner=None)
    if slug and (other := Team.objects.filter(slug=slug).first()):
        words = {"slug": repr(slug), "team": repr(other.name)}
        raise TeamTaken(
            _("The slug %(slug)s belongs to the team %(team)s; choose another slug.") % words,
            field="slug",
            at_field=_("This is the address of %(team)s; choose another, or leave it empty.")
            % {"team": other.name},
        )
    return Team.objects.create(slug=slug or find_slug_for(name), name=name)


def _check_rate_of_founding(by: User, now: datetime) -> None:
    """Refuse if the player has founded too many lately: only a founder is captain by their own hand."""
    rate = Rate.read("teams", settings.TEAM_FOUNDING_RATE)
    period = timedelta(seconds=rate.seconds)
    founded = TeamRole.objects.filter(
        user=by, given_by=F("user"), role=Role.CAPTAIN, given_at__gt=now - period
    )
    times = list(founded.order_by("-given_at").values_list("given_at", flat=True)[: rate.limit])
    if len(times) == rate.limit:
        sentence = ngettext(
            "You have founded %(count)s team lately; you can found another from %(time)s on.",
            "You have founded %(count)s teams lately; you can found another from %(time)s on.",
            rate.limit,
        )
        words = {"count": rate.limit, "time": write_iso_minute(times[-1] + period)}
        raise TooManyTeams(sentence % words)


def _check_rate_of_renames(team: Team, now: datetime) -> None:
    rate = Rate.read("team name", settings.TEAM_NAME_CHANGE_RATE)
    period = timedelta(seconds=rate.seconds)
    given_up = FormerTeamName.objects.filter(owner=team, given_up_at__gt=now - period).exclude(search_key="")
    times = list(given_up.order_by("-given_up_at").values_list("given_up_at", flat=True)[: rate.limit])
    if len(times) == rate.limit:
        sentence = ngettext(
            "The team was renamed %(count)s time lately; it can be again from %(time)s on.",
            "The team was renamed %(count)s times lately; it can be again from %(time)s on.",
            rate.limit,
        )
        words = {"count": rate.limit, "time": write_iso_minute(times[-1] + period)}
        raise TooManyTeamRenames(sentence % words, field="name")
