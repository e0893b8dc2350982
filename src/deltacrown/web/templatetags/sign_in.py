"""The template tag for the link to the sign-in page."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from deltacrown.web.signed_in import get_sign_in_address

register = template.Library()


@register.simple_tag(takes_context=True)
def sign_in_url(context: dict[str, Any]) -> str:
    """Return the address of the sign-in page, from which one comes back to this one."""
    request = context.get("request")
    return get_sign_in_address(request) if request else reverse("login")
