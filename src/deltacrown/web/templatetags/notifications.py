"""Template filters of notifications."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from deltacrown.core.numerals import write_whole
from deltacrown.notifications.services import ShownNotification

register = template.Library()

MOST = 99


@register.filter
def at_most_99(count: int) -> str:
    """Return a number that needs little room: ``7``, ``99+``."""
    return f"{write_whole(MOST)}+" if count > MOST else write_whole(count)


@register.filter
def told(shown: ShownNotification) -> SafeString:
    """Return what a notification says, each name isolated from the direction of the text around it."""
    names = {name: format_html("<bdi>{}</bdi>", text) for name, text in shown.told.names.items()}
    return mark_safe(escape(shown.told.sentence) % names)  # noqa: S308 - all parts are escaped


@register.filter
def page_of(shown: ShownNotification) -> str:
    """Return the address of what a notification is about."""
    name, needs = shown.told.page
    return reverse(name, args=needs)
