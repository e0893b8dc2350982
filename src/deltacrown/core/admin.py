"""Admin pages that leave writing to services, and whose cost does not grow with the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ShowFacets
from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from deltacrown.core.errors import DomainError
from deltacrown.core.models import JobRun

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

#: Rows spelled out on the page that asks before an action.
SHOWN_ROWS = 20

#: Does one thing to one row with what the page asked for; refuses with a ``DomainError``.
RowService = Callable[[Any, dict[str, Any]], object]


class LeanAdmin(ModelAdmin):
    """Pages that count and join no more than they show. Rows are deleted one at a time, each looked at."""

    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and super().has_delete_permission(request, obj)


class ReasonForm(forms.Form):
    """Asks why."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text="Kept with the rows, and shown.",
    )


class AskingAdmin(LeanAdmin):
    """Actions that first ask for what a service must be told, then call it row by row.

    An action is allowed to those who may change the model: give it ``permissions=["act"]``.
    """

    def has_act_permission(self, request: HttpRequest) -> bool:
        codename = get_permission_codename("change", self.opts)
        return bool(request.user.has_perm(f"{self.opts.app_label}.{codename}"))

    def actor(self, request: HttpRequest) -> Any:
        """Return the user who acts; the admin lets nobody in who is not signed in."""
        return request.user

    def describe(self, row: Any) -> str:
        """Return what to call ``row`` on the page that asks and in what is refused."""
        return str(row)

    def render_change_form(  # noqa: PLR0917 - as Django calls it
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            context["subtitle"] = self.describe(
                obj
            )  # the row's own text names others by their keys, since it may not look them up
        return super().render_change_form(request, context, add, change, form_url, obj)

    def ask_first(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        *,
        title: str,
        service: RowService,
        form_class: type[forms.Form] = ReasonForm,
    ) -> HttpResponse | None:
        """Show ``form_class`` about ``rows``; when it comes back filled in, hand each row and the answers to ``service``.

        :param title: what will be done, as on a button.
        :return: the page that asks, or None when the work is done.
        """
        form = form_class(request.POST if "answered" in request.POST else None)
        if not form.is_valid():
            return self._render_question(request, rows, form, title)
        done = sum(self._do(request, row, service, form.cleaned_data, title) for row in rows)
        if done:
            self.message_user(request, f"{title}: {done} done.", messages.SUCCESS)
        return None

    def get_only_row(self, request: HttpRequest, rows: QuerySet[Any]) -> Any | None:
        """Return the one row selected, or tell the user to select one."""
        selected = list(rows[:2])
        if len(selected) == 1:
            return selected[0]
        self.message_user(request, f"Select exactly one {self.opts.verbose_name} for this.", messages.WARNING)
        return None

    def _do(
        self, request: HttpRequest, row: Model, service: RowService, answers: dict[str, Any], title: str
    ) -> bool:
        try:
            service(row, answers)
        except DomainError as refusal:
            self.message_user(request, f"{self.describe(row)}: {refusal.message}", messages.ERROR)
            return False
        self.log_change(request, row, f"{title}: {answers['reason']}" if "reason" in answers else title)
        return True

    def _render_question(
        self, request: HttpRequest, rows: QuerySet[Any], form: forms.Form, title: str
    ) -> HttpResponse:
        shown = [self.describe(row) for row in rows[: SHOWN_ROWS + 1]]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "media": self.media + form.media,
            "shown": shown[:SHOWN_ROWS],
            "more": rows.count() - SHOWN_ROWS if len(shown) > SHOWN_ROWS else 0,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "action": request.POST["action"],
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/ask_first.html", context)


class ReadOnlyAdmin(AskingAdmin):
    """Rows to look at; what may be done to them are actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_act_permission(request)


class ServiceAdmin(AskingAdmin):
    """Forms saved by a service: what it refuses is shown beside the field it is about, and nothing is lost."""

    def write_row(self, request: HttpRequest, row: Any, form: Any, *, new: bool) -> Model:
        """Call the service that writes ``row`` as the valid ``form`` has it, and return what it wrote."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = self.write_row(request, obj, form, new=not change).pk

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return form if refusal is None else _refuse(form, refusal)


def _refuse(form: Any, refusal: DomainError) -> Any:
    """Return a form that is never valid and says why, beside the field if the form has it."""

    class RefusedForm(form):  # type: ignore[misc]
        def clean(self) -> Any:
            cleaned = super().clean()
            self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)
            return cleaned

    return RefusedForm


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ["id", "job", "status", "cause", "started_at", "finished_at", "summary"]
    list_filter = ["status", "job"]
    search_fields = ["job"]
    ordering = ["-id"]
