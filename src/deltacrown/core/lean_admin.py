"""The base class of every page of the admin: its lists, its searches and how it shows a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from deltacrown.core.admin_lists import BoundedPaginator, LeanChangeList
from deltacrown.core.admin_search import Kind, build_condition, is_searchable
from deltacrown.core.admin_words import NOTHING, build_column, is_of_person, write_person
from deltacrown.core.audit import record_deed, write_about
from deltacrown.core.deeds import Deed
from deltacrown.core.deletion import InUse, check_deletion

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class LeanAdmin(ModelAdmin):
    """Pages that do not count the whole table. Rows are deleted one at a time, from their own page.

    The admin shows what players hide from others, so every look at its rows is logged.
    """

    #: The paths to what a row is about: found by public id and name, present or former, and by slug.
    found_by: ClassVar[dict[str, Kind]] = {}
    #: Lookups of whole keys that a search compares with the text: ``match_key``, ``email__iexact``.
    found_by_key: ClassVar[list[str]] = []

    #: By nothing: every row of a table would be sorted. Lists of a few dozen rows say None, by any column.
    sortable_by: ClassVar[Any] = ()
    paginator = BoundedPaginator
    change_list_template = "admin/bounded_list.html"
    change_form_template = "admin/named_form.html"
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200

    def page_of(self, row: Any) -> tuple[str, list[str]] | None:
        """Return the name and the arguments of the address of the page of the site about a row, if any."""
        return None

    def view_on_site(self, obj: Any) -> str | None:
        """Return the address that the button of a row leads to, or None for no button."""
        page = self.page_of(obj)
        return None if page is None else reverse(page[0], args=page[1])

    @admin.display(description="Page")
    def site_link(self, row: Any) -> SafeString | str:
        """Return a link to the page of the site about a row."""
        address = self.view_on_site(row)
        return NOTHING if address is None else format_html('<a href="{}">View on site</a>', address)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns, with people, times and data in words."""
        return [self._write(name) for name in super().get_list_display(request)]

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """Return what is read with each row: what its columns name, and the profiles of people."""
        named: Any = self.list_select_related or ()
        related = set(named)
        people = {each.name for each in self.opts.fields if is_of_person(each)}
        related |= people & set(self.list_display)
        return [*sorted(related), *sorted(f"{name}__profile" for name in people & related)]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the class of a page of rows."""
        return LeanChangeList

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Return something where rows are found, so that Django shows a search box."""
        return super().get_search_fields(request) or [*self.found_by_key, *self.get_found_by()]

    def get_found_by(self) -> dict[str, Kind]:
        """Return ``found_by`` with the other people that the list names, where an index has their column."""
        named = [each for each in self.opts.fields if each.name in self.list_display and is_of_person(each)]
        first = {index.fields[0].lstrip("-") for index in self.opts.indexes if index.fields}
        people = [each.name for each in named if getattr(each, "db_index", False) or each.name in first]
        return dict.fromkeys(people, Kind.PLAYER) | self.found_by

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find rows by what they are about, or by a whole key; never by text inside of a large table."""
        text = search_term.strip()
        if not text:
            return queryset, False
        if not is_searchable(text):
            return queryset.none(), False

        condition = build_condition(self.get_found_by(), text)
        for lookup in self.found_by_key:
            condition |= Q(**{lookup: text})
        return queryset.filter(condition), False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Name people in a form as the lists do."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and is_of_person(db_field):
            field.label_from_instance = write_person  # type: ignore[assignment]
        return field

    def render_change_form(  # noqa: PLR0917 - as Django calls it
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Show the page of a row, with what cannot be edited in words."""
        form = context["adminform"]
        shown = {name: self._write(name) for name in form.readonly_fields if isinstance(name, str)}
        form.fieldsets = [
            (title, {**options, "fields": [_replace(shown, name) for name in options["fields"]]})
            for title, options in form.fieldsets
        ]
        form.readonly_fields = [*form.readonly_fields, *shown.values()]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _write(self, name: Any) -> Any:
        """Return what shows a field in words; ``name`` where this class shows it."""
        is_shown = isinstance(name, str) and hasattr(type(self), name)
        return name if is_shown else build_column(self.model, name)

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

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log what was added, also in the audit log."""
        self._log_change(request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log what was changed, also in the audit log."""
        self._log_change(request, obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Log what is deleted, also in the audit log."""
        for row in queryset:
            self._log_change(request, row)
        return super().log_deletions(request, queryset)

    def _log_change(self, request: HttpRequest, row: Any) -> None:
        record_deed(deed=Deed.ADMIN_CHANGED, by=_actor(request), about=self._write_about(row.pk))

    def _log_look(self, request: HttpRequest, what: str) -> None:
        if self.has_view_permission(request):
            told = {"label": self.opts.label, "row": what[:100]}
            record_deed(deed=Deed.READ_ADMIN, by=_actor(request), about=self._write_about(what), told=told)

    def _write_about(self, what: object) -> str:
        """Return what the audit log says it is about: the model, and the row where a key names it."""
        is_key = str(what).isdigit()
        return write_about("admin", f"{self.opts.label}:{what}" if is_key else self.opts.label)


def _actor(request: HttpRequest) -> Any:
    """Return who is signed in: the admin shows nothing to anybody else."""
    return request.user


def _replace(shown: dict[str, Any], name: Any) -> Any:
    """Return what shows a field, or each of the fields that stand on one line."""
    if isinstance(name, list | tuple):
        return [_replace(shown, each) for each in name]
    return shown.get(name, name) if isinstance(name, str) else name
