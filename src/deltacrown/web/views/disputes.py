"""Disputes: one's own, filing one, and saying one's side of another's."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from deltacrown.core import clock
from deltacrown.pages import disputes, statements
from deltacrown.web.forms.disputes import MatchDisputeForm, ResultDisputeForm, StatementForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import get_person, sign_in_required

FILED = _("Filed. A moderator will look at it; the answer appears here.")
SAID = _("Whoever decides it reads what you said. You can change it here until then.")


@sign_in_required
@require_safe
def show_own(request: HttpRequest) -> HttpResponse:
    """Show the disputes the player filed."""
    found = disputes.list_own_disputes(_page(request), viewer=get_person(request))
    return render(request, "web/disputes.html", {"found": found})


@sign_in_required
@require_http_methods(FORM_METHODS)
def dispute_match(request: HttpRequest, game: str, match_key: str) -> HttpResponse:
    """File a dispute about a match the player was in."""
    person, now = get_person(request), clock.now()
    shown = disputes.get_match_dispute_page(game, match_key, viewer=person, now=now)
    form = MatchDisputeForm(read_posted(request))

    def file() -> None:
        disputes.file_match_dispute(
            game=game,
            match_key=match_key,
            reason=form.cleaned_data["reason"],
            reporter=person,
            now=now,
        )
        messages.success(request, FILED)

    status = send_form(form, file)
    if status is None:
        return redirect("disputes")
    context = {"shown": shown, "match": shown.match, "form": form}
    return render(request, "web/dispute_match.html", context, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def dispute_result(request: HttpRequest, slug: str) -> HttpResponse:
    """File a dispute about a result of a tournament the player competed in."""
    person, now = get_person(request), clock.now()
    shown = disputes.get_result_dispute_page(slug, viewer=person, now=now)
    form = ResultDisputeForm(shown.choices, read_posted(request))

    def file() -> None:
        reason = form.cleaned_data["reason"]
        disputes.file_result_dispute(slug=slug, **form.entrant, reason=reason, reporter=person, now=now)
        messages.success(request, FILED)

    status = send_form(form, file)
    if status is None:
        return redirect("disputes")
    return render(request, "web/dispute_result.html", {"shown": shown, "form": form}, status=status)


@sign_in_required
@require_http_methods(FORM_METHODS)
def say(request: HttpRequest, handle: str) -> HttpResponse:
    """Take what a party of a dispute has to say, or a change of that."""
    person = get_person(request)
    shown = statements.get_statement_page(handle, viewer=person)
    said = shown.statement.words if shown.statement else ""
    form = StatementForm(said, read_posted(request))

    def send() -> None:
        words = form.cleaned_data["words"]
        statements.state(handle=handle, words=words, author=person, now=clock.now())
        messages.success(request, SAID)

    status = send_form(form, send)
    if status is None:
        return redirect("dispute-statement", handle)
    context = {"shown": shown, "form": form}
    return render(request, "web/dispute_statement.html", context, status=status)


def _page(request: HttpRequest) -> str | None:
    return request.GET.get("page") or None
