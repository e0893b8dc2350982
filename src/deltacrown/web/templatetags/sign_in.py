"""The template tags for the links to the pages for signing in and up."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import QueryDict
from django.urls import reverse

from deltacrown.accounts.entrance.providers import Provider, list_providers
from deltacrown.web.signed_in import get_return_address, get_sign_in_address

register = template.Library()


@register.simple_tag(takes_context=True)
def sign_in_url(context: dict[str, Any]) -> str:
    """Return the address of the sign-in page, from which one comes back to this one."""
    request = context.get("request")
    return get_sign_in_address(request) if request else reverse("login")


@register.simple_tag(takes_context=True)
def sign_up_url(context: dict[str, Any]) -> str:
    """Return the address of the page to sign up, which leads back here; ``""`` where that is closed."""
    if not settings.SIGN_UP:
        return ""
    request = context.get("request")
    if request is None:
        return reverse("account_signup")
    query = QueryDict(mutable=True)
    query[REDIRECT_FIELD_NAME] = get_return_address(request)
    return f"{reverse('account_signup')}?{query.urlencode(safe='/')}"


@register.simple_tag
def sign_in_providers() -> list[Provider]:
    """Return the providers that people can sign in with; none where the settings name none."""
    return list_providers()
