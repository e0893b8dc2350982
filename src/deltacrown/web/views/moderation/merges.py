"""Merging accounts: the list, the preview, the decision, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deltacrown.accounts.rights import Right
from deltacrown.core import clock
from deltacrown.core.errors import DomainError
from deltacrown.pages import merges
from deltacrown.pages.bench import require_right
from deltacrown.user_profile.people.merging import merge_players
from deltacrown.web.forms.bench import ChooseMergeForm, MergeForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.refusals import get_form_status
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_safe
def show_merges(request: HttpRequest) -> HttpResponse:
    """Show all merges, the latest first, and the form that begins one."""
    found = merges.list_all_merges(
        request.GET.get("page") or None, viewer=get_person(request), now=clock.now()
    )
    context = {"found": found, "form": ChooseMergeForm(), "tab": "merges"}
    return render(request, "web/moderation/merges.html", context)


@sign_in_required
@require_http_methods(FORM_METHODS)
def merge(request: HttpRequest) -> HttpResponse:
    """Show what a merge would do, and do it once the public id of the account that ends is typed."""
    person, now = get_person(request), clock.now()
    named = {name: request.GET.get(name, "") for name in ("kept", "merged")}
    if not all(named.values()):
        require_right(person, Right.MERGE_PLAYERS)
        context = {"form": ChooseMergeForm(initial=named), "tab": "merges"}
        return render(request, "web/moderation/merge_choice.html", context)
    choice = ChooseMergeForm(request.GET)
    try:
        shown = merges.get_merge_page(**named, viewer=person, now=now)
    except DomainError as refusal:
        status = get_form_status(refusal)
        if status == 403:
            raise
        choice.full_clean()
        choice.add_refusal(refusal)
        context = {"form": choice, "tab": "merges"}
        return render(request, "web/moderation/merge_choice.html", context, status=status)

    form = MergeForm(shown.merged.public_id, read_posted(request))

    def send() -> None:
        merge_players(
            kept=shown.kept.user,
            merged=shown.merged.user,
            by=person,
            reason=form.cleaned_data["reason"],
            now=now,
            allow_meetings=form.cleaned_data["allow_meetings"],
        )
        said = _("%(merged)s is %(kept)s now. It can be undone here.")
        messages.success(request, said % {"merged": shown.merged.name, "kept": shown.kept.name})

    status_of_form = send_form(form, send)
    if status_of_form is None:
        return redirect("merges")
    context = {"shown": shown, "form": form, "tab": "merges"}
    return render(request, "web/moderation/merge.html", context, status=status_of_form)


@sign_in_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take a merge back."""
    handle = request.POST.get("merge", "")
    line = merges.undo_merge_by_handle(handle=handle, by=get_person(request), now=clock.now())
    said = _("%(merged)s and %(kept)s are two accounts again.")
    messages.success(request, said % {"merged": line.merged.name, "kept": line.kept.name})
    return redirect("merges")
