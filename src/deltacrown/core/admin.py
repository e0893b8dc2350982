"""Base classes for the admin: pages that write through services, and do not get slower as tables grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from deltacrown.core.audit import audit
from deltacrown.core.deletion import InUse, check_deletion
from deltacrown.core.errors import DomainError
from deltacrown.core.models import JobRun

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

#: The most rows listed on the confirmation page of an action.
SHOWN_ROWS = 20

#: Applies an action to one row, given the answers of the form; raises ``DomainError`` to refuse.
RowService = Callable[[Any, dict[str, Any]], object]


class LeanAdmin(ModelAdmin):
    """Pages that do not count the whole table. Rows are deleted one at a time, from their own page.

    The admin shows what players hide from others, so every look at its rows is logged.
    """

    #: Lookups of stored keys of names, each with what computes the key: found besides ``search_fields``.
    name_lookups: ClassVar[dict[str, Callable[[str], str]]] = {}

    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find rows by their search fields, and by name whatever its case, on every database."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if not search_term.strip():
            return found, may_repeat

        for lookup, compute in self.name_lookups.items():
            found |= queryset.filter(**{lookup: compute(search_term)})
        return found, may_repeat

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out of the form of a new row what the database fills in: there is nothing to read yet."""
        fields = super().get_fields(request, obj)
        if obj is not None:
            return fields
        shown = set(self.get_readonly_fields(request, obj))
        columns = [each for each in self.opts.concrete_fields if not each.has_default()]
        filled = {each.name for each in columns if each.has_db_default()}
        return [name for name in fields if name not in shown & filled]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Ask no permission for what goes along: those rows are the row's own, since facts refuse."""
        listed, counts, _, protected = super().get_deleted_objects(objs, request)

        return listed, counts, set(), protected

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Return to the row with a message when facts refer to it, instead of listing them all."""
        row = self.get_object(request, unquote(object_id))
        try:
            if row is not None and self.has_delete_permission(request, row):
                check_deletion(row)
            return super().delete_view(request, object_id, extra_context)
        except InUse as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            address = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(address, args=[object_id]))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Return the page with the rows; the look at them is logged."""
        self._log_look(request, "list")
        return super().changelist_view(request, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Return the page of one row; the look at it is logged."""
        self._log_look(request, object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    def _log_look(self, request: HttpRequest, what: str) -> None:
        if self.has_view_permission(request):
            audit.info("staff %s read %s %r in the admin", request.user.pk, self.opts.label, what[:100])


class ReasonForm(forms.Form):
    """Form for the reason of an action."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 80}),
        help_text="Stored with the rows, and shown.",
    )


class AskingAdmin(LeanAdmin):
    """Actions that first show a form for the arguments of a service, then call it for every row.

    Everybody who may change the model may use an action that is declared with ``permissions=["act"]``.
    """

    def has_act_permission(self, request: HttpRequest) -> bool:
        codename = get_permission_codename("change", self.opts)
        return bool(request.user.has_perm(f"{self.opts.app_label}.{codename}"))

    def actor(self, request: HttpRequest) -> Any:
        """Return the user who acts. The admin requires sign-in, so it is never anonymous."""
        return request.user

    def describe(self, row: Any) -> str:
        """Return the text that stands for ``row`` on the confirmation page and in error messages."""
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
            # ``str(row)`` shows only keys of related rows, because it must not query the database.
            context["subtitle"] = self.describe(obj)
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
        """Show a confirmation page with ``form_class``; once it is filled in, call ``service`` for each row.

        :param title: the name of the action, as on a button.
        :return: the confirmation page, or None when the service was called.
        """
        form = form_class(request.POST if "answered" in request.POST else None)
        if not form.is_valid():
            return self._render_question(request, rows, form, title)

        done = sum(self._apply(request, row, service, form.cleaned_data, title) for row in rows)
        if done:
            self.message_user(request, f"{title}: {done} done.", messages.SUCCESS)
        return None

    def get_only_row(self, request: HttpRequest, rows: QuerySet[Any]) -> Any | None:
        """Return the selected row, or None after a message when not exactly one is selected."""
        selected = list(rows[:2])
        if len(selected) == 1:
            return selected[0]
        self.message_user(request, f"Select exactly one {self.opts.verbose_name} for this.", messages.WARNING)
        return None

    def _apply(
        self, request: HttpRequest, row: Model, service: RowService, answers: dict[str, Any], title: str
    ) -> bool:
        try:
            done = service(row, answers)
        except DomainError as refusal:
            self.message_user(request, f"{self.describe(row)}: {refusal.message}", messages.ERROR)
            return False

        self.show_warnings(request, row, done)
        text = f"{title}: {answers['reason']}" if "reason" in answers else title
        self.log_change(request, row, text)
        return True

    def show_warnings(self, request: HttpRequest, row: Model, done: object) -> None:
        """Show what a service found odd about what it did; it has ``warnings`` then."""
        for warning in getattr(done, "warnings", ()):
            self.message_user(request, f"{self.describe(row)}: {warning}", messages.WARNING)

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
    """Rows that can be viewed but not edited; changes are made by actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_act_permission(request)


class SearchTermAdmin(ReadOnlyAdmin):
    """The terms by which something is found, as triggers wrote them."""

    list_display = ["id", "term", "place", "former_name", "owner"]
    list_filter = ["place"]
    list_select_related = ["owner"]
    search_fields = ["=term"]
    ordering = ["-id"]


class ServiceAdmin(AskingAdmin):
    """Forms saved by a service. Its errors are shown beside the field they are about, and input is kept."""

    def write_row(self, request: HttpRequest, row: Any, form: Any, *, new: bool) -> Model:
        """Write ``row``, with the data of the valid ``form``, through its service; return the written row."""
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
    """Return a form class that is never valid and shows the error, beside its field if the form has it."""

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
