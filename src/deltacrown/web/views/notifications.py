"""What a player is told, and how they want to be told."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deltacrown.core import clock
from deltacrown.notifications import services as notifications
from deltacrown.web.forms.notifications import ChoicesForm, NotificationForm
from deltacrown.web.posted import FORM_METHODS, read_posted, send_form
from deltacrown.web.signed_in import get_person, sign_in_required


@sign_in_required
@require_safe
def show_notifications(request: HttpRequest) -> HttpResponse:
    """Show what the player is told, the latest first. Looking at the list marks nothing as read."""
    found = notifications.list_notifications(get_person(request), request.GET.get("page") or None)
    return render(request, "web/notifications.html", {"found": found})


@sign_in_required
@require_POST
def open_notification(request: HttpRequest) -> HttpResponse:
    """Mark a notification as read, and lead to what it is about."""
    handle = NotificationForm(request.POST).require_valid()["notification"]
    told = notifications.open_notification(user=get_person(request), handle=handle, now=clock.now())
    name, needs = told.page
    return redirect(name, *needs)


@sign_in_required
@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark everything as read, and return to the list."""
    notifications.mark_all_read(user=get_person(request), now=clock.now())
    messages.success(request, _("All are marked as read."))
    return redirect("notifications")


@sign_in_required
@require_http_methods(FORM_METHODS)
def edit_choices(request: HttpRequest) -> HttpResponse:
    """Show or set of what the player is told on the site, and of what by mail."""
    person, now = get_person(request), clock.now()
    choices = notifications.list_choices(person)
    form = ChoicesForm(choices, read_posted(request))

    def save() -> None:
        notifications.set_choices(user=person, now=now, **form.cleaned_data)

    status = send_form(form, save)
    if status is None:
        messages.success(request, _("Saved. It applies from now on."))
        return redirect("notification-settings")
    address = notifications.get_mail_address(person)
    context = {"form": form, "address": address}
    return render(request, "web/notification_settings.html", context, status=status)
