"""What a search in a form of the admin offers: people by the names that pages show, with their public ids."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from deltacrown.core.admin_words import write_person


class Choices(AutocompleteJsonView):
    """The answers to what is typed; who may see the rows is decided by Django's own view."""

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows, people with their profiles."""
        rows = super().get_queryset()
        return rows.select_related("profile") if self._is_of_people() else rows

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """Return an answer as the widget reads it."""
        answer = super().serialize_result(obj, to_field_name)
        return answer | {"text": write_person(obj)} if self._is_of_people() else answer

    def _is_of_people(self) -> bool:
        return self.model_admin.model is get_user_model()


def offer_choices(request: HttpRequest) -> HttpResponseBase:
    """Answer what is typed into a field of a form that names a row."""
    return Choices.as_view(admin_site=admin.site)(request)
