"""Base classes for the admin: pages that write through services, and rows that only those write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from deltacrown.core.admin_lists import PeopleChangeList, get_person
from deltacrown.core.admin_search import Kind
from deltacrown.core.admin_words import build_column, page_of_person, write_person
from deltacrown.core.deeds import DEEDS, Deed
from deltacrown.core.errors import DomainError
from deltacrown.core.lean_admin import LeanAdmin
from deltacrown.core.models import AuditEntry, JobRun, ToldProblem

#: The most rows listed on the confirmation page of an action.
SHOWN_ROWS = 20

#: Applies an action to one row, given the answers of the form; raises ``DomainError`` to refuse.
RowService = Callable[[Any, dict[str, Any]], object]


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
        """Return the text that stands for ``row`` on its page, when it is confirmed, and in messages.

        A row that is about others is called by its first two columns: its own text has their keys.
        """
        first = self.list_display[0]
        is_about = first in {field.name for field in self.opts.fields if field.is_relation}
        return ", ".join(map(self._tell(row), self.list_display[:2])) if is_about else str(row)

    def _tell(self, row: Any) -> Callable[[Any], str]:
        """Return what returns the text of a column."""

        def tell(name: Any) -> str:
            column = build_column(self.model, name)
            if callable(column):
                return str(column(row))
            display = getattr(row, f"get_{name}_display", None)
            return str(display() if display else getattr(row, name))

        return tell

    def render_change_form(  # noqa: PLR0917 - as Django calls it
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Show the page of a row under the text that stands for it."""
        if obj is not None:
            # ``str(row)`` shows only keys of related rows, because it must not query the database.
            context["subtitle"] = self.describe(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log what was added, under the text that stands for it."""
        return self._name_entry(super().log_addition(request, obj, message), obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log what was changed, under the text that stands for it."""
        return self._name_entry(super().log_change(request, obj, message), obj)

    def _name_entry(self, entry: Any, row: Any) -> Any:
        entry.object_repr = self.describe(row)[:200]
        entry.save(update_fields=["object_repr"])
        return entry

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


class OwnedAdmin(ReadOnlyAdmin):
    """Rows that hold the key of a person, who may be gone, without a foreign key."""

    found_by = {"owner": Kind.PLAYER}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return PeopleChangeList

    def page_of(self, row: Any) -> tuple[str, list[str]] | None:
        return page_of_person(get_person(row))

    def describe(self, row: Any) -> str:
        return self.player(row)

    @admin.display(description="Player")
    def player(self, row: Any) -> str:
        return write_person(get_person(row))


class SearchTermAdmin(ReadOnlyAdmin):
    """The terms by which something is found, as triggers wrote them."""

    list_display = ["term", "place", "former_name", "owner"]
    list_filter = ["place"]
    list_select_related = ["owner"]
    found_by_key = ["term"]
    ordering = ["-id"]


class FormerNameAdmin(ReadOnlyAdmin):
    """Names that something had, as triggers wrote them; a subclass says of what kind the owners are."""

    list_display = ["name", "owner", "given_up_at"]
    list_select_related = ["owner"]
    found_by_key = ["name"]
    fields = ["name", "owner", "given_up_at"]
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
    list_display = ["job", "status", "cause", "started_at", "finished_at", "summary"]
    list_filter = ["status", "job"]
    found_by_key = ["job__iexact"]
    ordering = ["-id"]


@admin.register(ToldProblem)
class ToldProblemAdmin(ReadOnlyAdmin):
    list_display = ["job", "told_at", "problem"]
    found_by_key = ["job__iexact"]
    ordering = ["-id"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "deed", "actor", "subject"]
    list_filter = ["kind"]
    list_select_related = ["actor", "subject"]
    found_by = {"actor": Kind.PLAYER, "subject": Kind.PLAYER}
    search_help_text = "The name or public id of who did it or whom it was about, or the code of a deed."
    # What it is about is a key, and the reason may tell of it: the page of the log says both in words, as far
    # as the reader may see the thing.
    exclude = ["about", "reason", "sameness", "minute"]
    ordering = ["-at", "-id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find entries by people, or by the code of a deed: among those of its kind, which an index has."""
        text = search_term.strip()
        if text in set(Deed):
            deed = Deed(text)
            return queryset.filter(kind=DEEDS[deed].kind, deed=deed), False
        return super().get_search_results(request, queryset, search_term)
