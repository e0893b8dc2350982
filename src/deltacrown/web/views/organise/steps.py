"""Forms that are sent twice: once to see what they would change, and once more to do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from django.http import HttpRequest

from deltacrown.core.errors import DomainError
from deltacrown.pages.result_trials import Trial
from deltacrown.web.forms import PageForm
from deltacrown.web.refusals import get_form_status


class Outcome(Protocol):
    """What would change."""

    @property
    def digest(self) -> str:
        """Return a text that is another one for another outcome."""

    @property
    def changes_nothing(self) -> bool:
        """Return whether all is so already."""


def send_seen(
    request: HttpRequest,
    form: PageForm,
    *,
    preview: Callable[[], Trial],
    make: Callable[[], object],
) -> tuple[int | None, Trial | None]:
    """Show what a posted form would change; do it once that was seen and confirmed as it is now.

    What changes nothing, as what is sent a second time, is done at once.

    :return: the status of the page that shows the form, None when it is done; and what would change.
    """
    if not form.is_bound:
        return 200, None
    if not form.is_valid():
        return 400, None
    try:
        trial = preview()
        is_seen = request.POST.get("seen") == trial.digest
        if request.POST.get("step") == "confirm" and (is_seen or trial.changes_nothing):
            make()
            return None, trial
    except DomainError as refusal:
        form.add_refusal(refusal)
        return get_form_status(refusal), None
    return 200, trial
