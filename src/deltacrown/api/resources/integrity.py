"""The verifications of all numbers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query

from deltacrown.api.access import SHARED
from deltacrown.api.resource import Resource
from deltacrown.api.shapes import Paging, page_of
from deltacrown.api.shapes.integrity import Integrity
from deltacrown.core.clock import now
from deltacrown.pages import integrity

resource = Resource("integrity")


@resource.read("/integrity", answers=Integrity, access=SHARED)
def get_integrity(request: HttpRequest, query: Query[Paging]) -> Any:
    """When everybody's numbers were last verified, and what was found."""
    shown = integrity.get_integrity_page(query.page, now=now(), limit=query.limit)
    return page_of(shown.runs, state=shown.state, latest=shown.latest, finished=shown.finished)
