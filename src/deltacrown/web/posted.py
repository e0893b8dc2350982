"""Forms that are shown and sent at one address: what was posted, and what became of sending it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, QueryDict

from deltacrown.core.errors import DomainError
from deltacrown.web.forms import PageForm
from deltacrown.web.refusals import get_form_status

FORM_METHODS = ["GET", "HEAD", "POST"]


def read_posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted; None when the form is only asked for."""
    return request.POST if request.method == "POST" else None


def send_form(form: PageForm, send: Callable[[], object]) -> int | None:
    """Call ``send`` if the form was posted and is valid.

    :return: None when it is done, else the status of the page that shows the form, with what is wrong.
    """
    if not form.is_bound:
        return 200
    if not form.is_valid():
        return 400
    try:
        send()
    except DomainError as refusal:
        form.add_refusal(refusal)
        return get_form_status(refusal)
    return None
