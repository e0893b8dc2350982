"""Lists of the admin that cost the same however many rows there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property

#: The most rows that are counted, and so the most that can be paged through: others are found by a search.
MOST_COUNTED = 1000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than the rows that a person pages through."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:MOST_COUNTED].count())

    @property
    def is_cut(self) -> bool:
        """Return whether there may be more rows than were counted."""
        return self.count == MOST_COUNTED


class LeanChangeList(ChangeList):
    """A page of rows in the order of its list, which an index has.

    Django leaves out the links that sort by another column, and sorts all the same where an address asks.
    """

    def get_ordering(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the order of the list, and only where it may be sorted the one that is asked for."""
        if not self.sortable_by:
            self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)


class PeopleChangeList(LeanChangeList):
    """A page of rows that hold the key of a person, who is read along, for all rows in one statement."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, then whom its rows are about."""
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        people = _read_people(row.owner for row in self.result_list)
        for row in self.result_list:
            row.person = people.get(row.owner)


def get_person(row: Any) -> Any:
    """Return the person whose key a row holds, or None when they are gone."""
    if not hasattr(row, "person"):
        row.person = _read_people([row.owner]).get(row.owner)
    return row.person


def _read_people(keys: Iterable[int]) -> dict[int, Any]:
    people: Any = get_user_model()._base_manager.select_related("profile")
    return {person.pk: person for person in people.filter(pk__in=list(keys))}
