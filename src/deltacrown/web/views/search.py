"""The search of the whole site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from deltacrown.core.errors import InvalidInput
from deltacrown.core.pagination import Page
from deltacrown.pages import search
from deltacrown.user_profile.privacy import Viewer
from deltacrown.web.forms.filters import SiteSearchForm

TITLES = {"players": _("Players"), "teams": _("Teams"), "tournaments": _("Tournaments")}
MORE = {"players": _("More players"), "teams": _("More teams"), "tournaments": _("More tournaments")}


@dataclass(frozen=True)
class Tab:
    """A kind of what can be found.

    :param found: what was found of it; None where that was not asked.
    """

    kind: str
    found: Page[Any] | None = None

    @property
    def title(self) -> str:
        """Return the words on the tab."""
        return str(TITLES[self.kind])

    @property
    def more(self) -> str:
        """Return the words on the link to all that was found."""
        return str(MORE[self.kind])

    @property
    def template(self) -> str:
        """Return the template of the table."""
        return f"web/parts/found_{self.kind}.html"


@require_safe
def show_search(request: HttpRequest) -> HttpResponse:
    """Show what is found by ``?q=``: the first of every kind, or with ``kind=`` a page of one."""
    asked = SiteSearchForm(request.GET).filters
    query, kind = asked.get("q", "").strip(), asked.get("kind", "")
    kind = kind if kind in search.KINDS else ""
    context: dict[str, Any] = {"query": query, "kind": kind}
    try:
        tabs = _find(query, kind, request.GET.get("page"), request.user) if query else []
    except InvalidInput as refusal:
        return render(request, "web/search.html", {**context, "refusal": refusal.message}, status=400)

    shown = [tab for tab in tabs if tab.found and tab.found.items]
    context |= {"tabs": tabs, "shown": shown, "is_short": len(query) < search.SHORTEST_INSIDE}
    return render(request, "web/search.html", context)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Show what begins with ``?q=`` as options below a search field; nothing where that is refused."""
    query, kind = request.GET.get("q", ""), request.GET.get("kind", "")
    try:
        found = search.suggest(query, viewer=request.user, kind=kind if kind in search.KINDS else "")
    except InvalidInput:
        found = search.Suggestions()
    response = render(request, "web/parts/suggestions.html", {"found": found})
    response["Cache-Control"] = "private, no-store"
    return response


def _find(query: str, kind: str, page: str | None, viewer: Viewer) -> list[Tab]:
    """Return a tab for each kind, with what was found."""
    if kind:
        found = search.KINDS[kind](query, page or None, viewer)
        return [Tab(name, found if name == kind else None) for name in search.KINDS]
    everything = search.search_everything(query, viewer=viewer)
    return [Tab(name, getattr(everything, name)) for name in search.KINDS]
