"""The audit log, and the repairs of numbers, for who may read the log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deltacrown.pages.audit_log import get_audit_page
from deltacrown.pages.bench import may_open_players
from deltacrown.pages.repairs import list_repairs
from deltacrown.web.forms.bench import AuditFilterForm
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_safe
def show_log(request: HttpRequest) -> HttpResponse:
    """Show what staff read, decided and changed, the latest first."""
    form = AuditFilterForm(request.GET)
    shown = get_audit_page(form.filters, request.GET.get("page") or None, viewer=get_person(request))
    context = {"shown": shown, "found": shown.found, "form": form, "tab": "audit"}
    return render(request, "web/moderation/log.html", context)


@sign_in_required
@require_safe
def show_repairs(request: HttpRequest) -> HttpResponse:
    """Show which numbers were repaired, the latest first."""
    person = get_person(request)
    found = list_repairs(request.GET.get("page") or None, viewer=person)
    context = {"found": found, "tab": "repairs", "opens_players": may_open_players(person)}
    return render(request, "web/moderation/repairs.html", context)
