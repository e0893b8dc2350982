"""Pages on which players found teams and answer invitations, and captains run their team."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deltacrown.core import clock
from deltacrown.core.sentences import end_sentence
from deltacrown.pages import team_desk
from deltacrown.teams.models import Team, TeamRole
from deltacrown.web.forms.teams import AnswerForm, FoundingForm, InviteForm, MemberForm, TeamNameForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.renamed import redirect_renamed
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_safe
def show_own_teams(request: HttpRequest) -> HttpResponse:
    """Show the teams that the player is in, and who asks them to join."""
    shown = team_desk.get_own_teams(get_person(request), request.GET.get("page") or None)
    return render(request, "web/own_teams.html", {"shown": shown})


@sign_in_required
@require_http_methods(FORM_METHODS)
def answer_invitations(request: HttpRequest) -> HttpResponse:
    """Show all open invitations of teams to the player, or take the answer to one."""
    person = get_person(request)
    if request.method != "POST":
        found = team_desk.list_own_invitations(person, request.GET.get("page") or None)
        return render(request, "web/own_invitations.html", {"found": found})

    form = AnswerForm(request.POST)
    slug = form.require_valid()["team"]
    team = team_desk.answer_invitation(slug=slug, accepts=form.accepts, user=person, now=clock.now())
    if form.accepts:
        messages.success(request, end_sentence(_("You are in %(team)s now") % {"team": team.name}))
        return redirect("team", team.slug)
    messages.success(request, end_sentence(_("You said no to %(team)s") % {"team": team.name}))
    return redirect("own-teams")


@sign_in_required
@require_http_methods(FORM_METHODS)
def found_team(request: HttpRequest) -> HttpResponse:
    """Show the form that founds a team, or found one."""
    person, now = get_person(request), clock.now()
    form = FoundingForm(read_posted(request))
    founded: list[Team] = []

    def found() -> None:
        founded.append(team_desk.found_team(**form.cleaned_data, by=person, now=now))

    status = send_form(form, found)
    if status is None:
        name = founded[0].name
        messages.success(request, _("%(team)s is your team. Ask players to join it.") % {"team": name})
        return redirect("team-manage", founded[0].slug)
    return render(request, "web/team_found.html", {"form": form}, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def manage_team(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who runs a team its members and whom it asks to join, or ask one more player."""
    person, now = get_person(request), clock.now()
    form = InviteForm(read_posted(request))
    asked: list[str] = []

    def invite() -> None:
        asked.append(team_desk.invite_player(slug=slug, **form.cleaned_data, by=person, now=now).name)

    status = send_form(form, invite)
    if status is None:
        messages.success(request, _("%(player)s is asked, and decides.") % {"player": asked[0]})
        return redirect("team-manage", slug)
    shown = team_desk.get_desk(slug, request.GET.get("page") or None, viewer=person, now=now)
    context = {"shown": shown, "team": shown.team, "tab": "manage", "form": form}
    context["choices"] = TeamRole.Role.choices
    moved = redirect_renamed(request, slug=(slug, shown.team.slug)) if status == 200 else None
    return moved or render(request, "web/team_manage.html", context, status=status)


@sign_in_required
@require_POST
def withdraw_invitation(request: HttpRequest, slug: str) -> HttpResponse:
    """Take an invitation back."""
    given = MemberForm(request.POST).require_valid()["player"]
    person, now = get_person(request), clock.now()
    team, player = team_desk.withdraw_invitation(slug=slug, public_id=given, by=person, now=now)
    messages.success(request, end_sentence(_("%(player)s is no longer asked") % {"player": player.name}))
    return redirect("team-manage", team.slug)


@sign_in_required
@require_http_methods(FORM_METHODS)
def rename_team(request: HttpRequest, slug: str) -> HttpResponse:
    """Show who runs a team what renaming it does, or rename it."""
    person, now = get_person(request), clock.now()
    team = team_desk.get_managed_team(slug, viewer=person, now=now)
    posted = read_posted(request)
    form = TeamNameForm(posted, initial={"name": team.name})

    def rename() -> None:
        renamed = team_desk.rename_team(slug=slug, name=form.cleaned_data["name"], by=person, now=now)
        messages.success(request, end_sentence(_("The team is called %(team)s") % {"team": renamed.name}))

    status = send_form(form, rename)
    if status is None:
        return redirect("team-manage", team.slug)
    moved = redirect_renamed(request, slug=(slug, team.slug)) if posted is None else None
    context = {"team": team, "tab": "manage", "form": form}
    return moved or render(request, "web/team_name.html", context, status=status)
