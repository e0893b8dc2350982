"""How this browser is shown pages: the language, the theme, and the zone of the times. For everybody."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deltacrown.web.forms.display import SYSTEM, DisplayForm
from deltacrown.web.posted import FORM_METHODS, read_posted
from deltacrown.web.reader import LANGUAGE, THEME, ZONE, keep, read_reader
from deltacrown.web.signed_in import as_own_path, get_return_address


@require_http_methods(FORM_METHODS)
def edit_display(request: HttpRequest) -> HttpResponse:
    """Show or keep what was chosen; then lead back to the page that the form was on."""
    reader = read_reader(request.COOKIES)
    initial = {
        THEME: reader.theme or SYSTEM,
        ZONE: reader.zone if ZONE in request.COOKIES else "",
        LANGUAGE: reader.language or SYSTEM,
    }
    form = DisplayForm(read_posted(request), initial=initial)
    if not form.is_bound or not form.is_valid():
        return render(request, "web/display.html", {"form": form}, status=400 if form.is_bound else 200)

    to = as_own_path(request.POST.get("next", ""), request) or get_return_address(request)
    if to == request.path:
        with override(form.chosen.get(LANGUAGE) or get_language()):
            messages.success(request, _("Saved. It applies to this browser."))
    response = redirect(to)
    for name, value in form.chosen.items():
        keep(response, name, value)
    return response
