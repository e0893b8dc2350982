from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from deltacrown.accounts.rights import Right, has_right
from deltacrown.core.admin import ReadOnlyAdmin, ServiceAdmin
from deltacrown.core.admin_words import write_time
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


def _count(status: WebhookDelivery.Status) -> Coalesce:
    own = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), status=status).order_by()
    return Coalesce(Subquery(own.values("endpoint").annotate(count=Count("pk")).values("count")), 0)


def _link_to_deliveries(row: Any, status: WebhookDelivery.Status, count: int) -> SafeString | str:
    if not count:
        return "0"
    query = urlencode({"endpoint__id__exact": row.pk, "status__exact": status.value})
    address = reverse("admin:webhooks_webhookdelivery_changelist")
    return format_html('<a href="{}?{}">{}</a>', address, query, f"{count:,}")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ServiceAdmin):
    """Endpoints, for staff with the right to; the secret is shown to nobody else."""

    form = EndpointForm
    list_display = ["name", "host", "is_active", "waiting", "given_up", "stopped_because", "starts_at"]
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

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the endpoints, with how much waits and how much was given up."""
        rows = super().get_queryset(request)
        return rows.annotate(
            pending=_count(WebhookDelivery.Status.PENDING), dead=_count(WebhookDelivery.Status.DEAD)
        )

    @admin.display(description="Host")
    def host(self, row: WebhookEndpoint) -> str:
        """Return where it is: the rest of the address is long, and may hold what opens it."""
        return urlsplit(row.url).netloc

    @admin.display(description="Waiting")
    def waiting(self, row: Any) -> SafeString | str:
        """Return how many events wait for it, with a link to them."""
        return _link_to_deliveries(row, WebhookDelivery.Status.PENDING, row.pending)

    @admin.display(description="Given up")
    def given_up(self, row: Any) -> SafeString | str:
        """Return how many events of the last 30 days were given up, with a link to them."""
        return _link_to_deliveries(row, WebhookDelivery.Status.DEAD, row.dead)

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
        "status",
        "error",
        "attempts",
        "attempted_at",
        "next_attempt",
        "message_id",
    ]
    list_filter = ["status", "endpoint"]
    list_select_related = ["endpoint", "event"]
    found_by_key = ["event__message_id"]
    fields = [
        "endpoint",
        "event_kind",
        "message_id",
        "status",
        "error",
        "attempts",
        "attempted_at",
        "next_attempt",
        "finished_at",
        "response_code",
        "duration_ms",
    ]
    readonly_fields = ["event_kind", "message_id", "next_attempt"]
    ordering = ["-id"]
    actions = ["redeliver"]

    def describe(self, row: WebhookDelivery) -> str:
        """Return which event goes where."""
        return f"{row.event.kind} to {row.endpoint.name}"

    @admin.display(description="Event")
    def event_kind(self, row: WebhookDelivery) -> str:
        """Return what kind of event it is."""
        return row.event.kind

    @admin.display(description="Next attempt")
    def next_attempt(self, row: WebhookDelivery) -> str:
        """Return from when on it is tried, if it is tried at all."""
        return write_time(row.due_at if row.status == WebhookDelivery.Status.PENDING else None)

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
