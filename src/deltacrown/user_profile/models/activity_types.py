"""The types of activity, for the database and the privacy rules; declared by the kinds of the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


@dataclass(frozen=True)
class ActivityType:
    """A type of activity.

    :param value: what is stored.
    :param order: its place in lists of types; equal ones follow by value.
    :param is_private: only the player and staff see its entries, whatever their visibility says.
    :param shown_by: the flag of ``PrivacySettings`` that must be on for others to see it; may be empty.
    :param time_shown_by: the flags that must be on for others to learn its time, and not only the day.
    """

    value: str
    label: str
    order: int
    is_private: bool
    shown_by: str
    time_shown_by: frozenset[str]


_declared: dict[str, ActivityType] = {}


def declare_activity_type(declared: ActivityType) -> None:
    """Add a type. Raise TypeError if there is one of this value."""
    if declared.value in _declared:
        raise TypeError(f"two kinds of activity have the type {declared.value}")

    _declared[declared.value] = declared


def list_activity_types() -> list[ActivityType]:
    """Return every type, in order.

    :raises RuntimeError: none is declared yet. Going on would show private entries to everybody.
    """
    if not _declared:
        raise RuntimeError("No activity types yet: the apps are not ready.")

    return sorted(_declared.values(), key=lambda each: (each.order, each.value))


class ActivityTypeField(_CharField):
    """A text whose choices are the declared types. In migrations a ``CharField`` with those of then."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 24, "choices": _list_choices, **options})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _, args, options = super().deconstruct()
        options["choices"] = list(self.choices or ())

        return name, "django.db.models.CharField", list(args), options


def _list_choices() -> list[tuple[str, str]]:
    return [(each.value, each.label) for each in list_activity_types()]
