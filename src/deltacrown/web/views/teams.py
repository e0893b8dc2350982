"""Pages about teams, and what captains and members change there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deltacrown.core import clock
from deltacrown.core.sentences import end_sentence
from deltacrown.pages import team_desk, team_results, teams
from deltacrown.pages.team_roster import list_roster
from deltacrown.teams.models import TeamRole
from deltacrown.web.forms.teams import MemberForm, RoleForm
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.roster_chart import draw_roster
from deltacrown.web.signed_in import get_person, sign_in_required


@require_safe
def show_team(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a team: its members, and their roles."""
    now = clock.now()
    shown = teams.get_team_page(slug, _page(request), viewer=request.user, now=now)
    context = {"shown": shown, "team": shown.team, "tab": "team", "choices": TeamRole.Role.choices}
    context["chart"] = draw_roster(shown.roster.items, now)
    moved = redirect_renamed(request, slug=(slug, shown.team.slug))
    return moved or render(request, "web/team.html", context)


@require_safe
def show_matches(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all official matches of a team, latest first."""
    team = teams.get_team(slug)
    only = request.GET.get("only", "")
    found = team_results.list_matches(team, _page(request), only=only)
    context = {"team": team, "tab": "matches", "found": found, "only": only}
    moved = redirect_renamed(request, slug=(slug, team.slug))
    return moved or render(request, "web/team_matches.html", context)


@require_safe
def show_results(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all official results of a team, latest first."""
    team = teams.get_team(slug)
    only = request.GET.get("only", "")
    found = team_results.list_results(team, _page(request), only=only)
    context = {"team": team, "tab": "results", "found": found, "only": only}
    moved = redirect_renamed(request, slug=(slug, team.slug))
    return moved or render(request, "web/team_results.html", context)


@require_safe
def show_roster(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who is and was in a team over time, the present first."""
    team = teams.get_team(slug)
    found = list_roster(team, _page(request))
    chart = draw_roster(found.items, clock.now())
    context = {"team": team, "tab": "roster", "found": found, "chart": chart}
    moved = redirect_renamed(request, slug=(slug, team.slug))
    return moved or render(request, "web/team_roster.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def show_or_set_roles(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all roles in a team, present and former; give or end one by a POST."""
    if request.method == "POST":
        return _set_role(request, slug)
    team = teams.get_team(slug)
    context = {"team": team, "tab": "roles", "found": teams.list_roles(team, _page(request))}
    return redirect_renamed(request, slug=(slug, team.slug)) or render(
        request, "web/team_roles.html", context
    )


@sign_in_required
@require_POST
def end_membership(request: HttpRequest, slug: str) -> HttpResponse:
    """End a membership: the player's own, or as a captain that of another."""
    player = MemberForm(request.POST).require_valid()["player"]
    team, left = teams.end_membership(slug=slug, public_id=player, by=get_person(request), now=clock.now())
    names = {"player": left.name, "team": team.name}
    messages.success(request, end_sentence(_("%(player)s is no longer in %(team)s") % names))
    return redirect("team", team.slug)


@sign_in_required
def _set_role(request: HttpRequest, slug: str) -> HttpResponse:
    form = RoleForm(request.POST)
    given = form.require_valid()
    if form.hands_over:
        return _hand_over(request, slug, given["player"])
    line = teams.set_role(
        slug=slug,
        public_id=given["player"],
        role=given["role"],
        held=form.held,
        by=get_person(request),
        now=clock.now(),
    )
    said = _("%(player)s is %(role)s.") if form.held else _("%(player)s is no longer %(role)s.")
    messages.success(request, said % {"player": line.player.name, "role": line.label.lower()})
    return redirect("team", slug)


def _hand_over(request: HttpRequest, slug: str, player: str) -> HttpResponse:
    team, new = team_desk.hand_over(slug=slug, public_id=player, by=get_person(request), now=clock.now())
    names = {"player": new.name, "team": team.name}
    messages.success(request, end_sentence(_("%(player)s is captain of %(team)s in your place") % names))
    return redirect("team", team.slug)


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
