from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.admin import ReadOnlyAdmin, ServiceAdmin
from deltacrown.core.clock import now
from deltacrown.user_profile import privacy
from deltacrown.webhooks.kinds import MEANINGS
from deltacrown.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from deltacrown.webhooks.services import (
    change_endpoint,
    create_endpoint,
    list_secrets,
    redeliver,
    rotate_secret,
)

if TYPE_CHECKING:
    EndpointModelForm = forms.ModelForm[WebhookEndpoint]
else:
    EndpointModelForm = forms.ModelForm


class EndpointForm(EndpointModelForm):
    """The form of an endpoint, with the events to choose."""

    kinds = forms.MultipleChoiceField(
        choices=[(kind.value, f"{kind.value}: {meaning}") for kind, meaning in MEANINGS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Which events; none for all of them.",
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["name", "url", "kinds", "is_active"]


class NoQuestion(forms.Form):
    """Asks nothing: the page says what is about to be done."""


def _may_manage(request: HttpRequest) -> bool:
    return has_right(request.user, Right.MANAGE_WEBHOOKS)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ServiceAdmin):
    """Endpoints, for staff with the right to; the secret is shown to nobody else."""

    form = EndpointForm
    list_display = ["name", "url", "is_active", "starts_at", "stopped_because", "created_by"]
    fields = ["name", "url", "kinds", "is_active"]
    found_by_key = ["name"]
    ordering = ["-id"]
    actions = ["rotate"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what is filled in, and, of an endpoint that is there, what was made of it."""
        made = ["secret", "starts_at", "stopped_because", "rotated_at"] if obj is not None else []
        return [*self.fields, *made]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what nobody fills in."""
        return ["secret", "starts_at", "stopped_because", "rotated_at"] if obj is not None else []

    @admin.display(description="Signing secret")
    def secret(self, row: WebhookEndpoint) -> str:
        """Return the secrets that sign now: what the receiver needs."""
        return "  ".join(list_secrets(endpoint=row, now=now()))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_manage(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _may_manage(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_manage(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and _may_manage(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _may_manage(request)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return _may_manage(request)

    def write_row(
        self, request: HttpRequest, row: WebhookEndpoint, form: Any, *, new: bool
    ) -> WebhookEndpoint:
        answers = {name: form.cleaned_data[name] for name in EndpointForm.Meta.fields}
        if new:
            return create_endpoint(**answers, by=self.actor(request))
        return change_endpoint(endpoint=row, **answers)

    @admin.action(description="Replace the secret", permissions=["act"])
    def rotate(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Replace the secrets of the selected endpoints, after a confirmation page."""
        return self.ask_first(
            request,
            rows,
            title="Replace the secret; the former one signs too for a day",
            service=lambda row, _answers: rotate_secret(endpoint=row, now=now()),
            form_class=NoQuestion,
        )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What became of each event at each endpoint; what it told is kept nowhere."""

    list_display = [
        "endpoint",
        "event_kind",
        "message_id",
        "status",
        "attempts",
        "response_code",
        "error",
        "attempted_at",
        "due_at",
    ]
    list_filter = ["status", "endpoint"]
    list_select_related = ["endpoint", "event"]
    found_by_key = ["event__message_id"]
    exclude = ["event"]
    ordering = ["-id"]
    actions = ["redeliver"]

    def describe(self, row: WebhookDelivery) -> str:
        """Return which event goes where."""
        return f"{row.event.kind} to {row.endpoint.name}"

    @admin.display(description="Event")
    def event_kind(self, row: WebhookDelivery) -> str:
        """Return what kind of event it is."""
        return row.event.kind

    @admin.display(description="Message id")
    def message_id(self, row: WebhookDelivery) -> str:
        """Return the id that the receiver sees, the same at every attempt."""
        return row.event.message_id

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_manage(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _may_manage(request)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return _may_manage(request)

    @admin.action(description="Deliver again", permissions=["act"])
    def redeliver(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Let the selected deliveries be tried anew, after a confirmation page."""
        return self.ask_first(
            request,
            rows,
            title="Deliver again",
            service=lambda row, _answers: redeliver(
                deliveries=WebhookDelivery.objects.filter(pk=row.pk), now=now()
            ),
            form_class=NoQuestion,
        )


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """The outbox: also what is told to nobody, and so for staff who may see what players hide."""

    list_display = ["message_id", "kind", "occurred_at", "written_at", "is_planned"]
    list_filter = ["kind"]
    found_by_key = ["message_id"]
    # Keys of rows: for the program alone.
    exclude = ["players", "facts"]
    ordering = ["-id"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return privacy.sees_hidden(request.user)
