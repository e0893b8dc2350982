"""Every list and form of the admin: found by what it shows, no keys to type, pages that exist."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey, ManyToManyField
from django.forms import Select, SelectMultiple
from django.urls import reverse

from tests.admin.rows import make_rows

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)
PUBLIC_ID = re.compile(r"DC-\d\d-\d{6}")
#: Lists that show ids and are found otherwise. Empty: an exception takes a reason beside it.
NOT_FOUND_BY_ID: set[str] = set()


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def rows_of(answer):
    """Return each row of a list with its text, in order."""
    lines = re.findall(r"<tr>(.*?)</tr>", answer.content.decode().partition("<tbody>")[2], re.DOTALL)
    shown = answer.context["cl"].result_list
    assert len(lines) == len(shown)
    return list(zip(shown, lines, strict=True))


def test_every_row_is_found_by_each_public_id_that_its_list_shows(desk):
    make_rows()
    faults, found = [], 0
    for model in PAGES:
        for row, line in rows_of(desk.get(address(model, "changelist"))):
            for public_id in set(PUBLIC_ID.findall(line)):
                for typed in (public_id, f" {public_id.lower()} "):
                    listed = desk.get(address(model, "changelist"), {"q": typed}).context["cl"].result_list
                    if row.pk not in {each.pk for each in listed}:
                        faults.append((model._meta.label, typed))
                    found += 1
    assert {label for label, _ in faults} == NOT_FOUND_BY_ID
    assert found > 100


def test_every_link_to_the_site_leads_to_a_page(desk):
    make_rows()
    faults, linked = [], set()
    for model in PAGES:
        for row in model.objects.all()[:5]:
            page = admin.site._registry[model].view_on_site
            leads_to = page(row) if callable(page) else None
            if leads_to is None:
                continue
            linked.add(model._meta.label)
            if desk.get(leads_to).status_code != 200:
                faults.append((model._meta.label, leads_to))
            assert (
                f'href="{leads_to}" class="viewsitelink"'
                in desk.get(address(model, "change", row.pk)).content.decode()
            ), model
    assert faults == []
    assert {"games.Match", "games.ArchivedMatch", "tournaments.Tournament", "accounts.User"} <= linked
    assert len(linked) > 25


def test_no_form_takes_or_shows_a_key(desk):
    """Rows are chosen by name: in a list, or by a search that names them as pages do."""
    make_rows()
    faults = []
    for model in PAGES:
        forms = [desk.get(address(model, "add"))]
        forms += [desk.get(address(model, "change", row.pk)) for row in model.objects.all()[:1]]
        for answer in forms:
            if answer.status_code == 403:
                continue
            html = answer.content.decode()
            if "DatabaseDefault" in html or "vForeignKeyRawIdAdminField" in html:
                faults.append((model._meta.label, "raw"))
            form = answer.context["adminform"].form
            for name, each in form.fields.items():
                try:
                    column = model._meta.get_field(name)
                except FieldDoesNotExist:
                    continue
                is_key = column.primary_key and column.get_internal_type().endswith("AutoField")
                is_named = isinstance(column, ForeignKey | ManyToManyField)
                widget = getattr(each.widget, "widget", each.widget)
                if is_key or (is_named and not isinstance(widget, Select | SelectMultiple)):
                    faults.append((model._meta.label, name))
    assert faults == []
