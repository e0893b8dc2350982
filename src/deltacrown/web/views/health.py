"""Health checks for supervisors and load balancers."""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.core.jobs import list_job_states
from deltacrown.freshness import cache_store

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def show_liveness(_request: HttpRequest) -> HttpResponse:
    """Answer that the process is running; nothing else is checked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def show_readiness(_request: HttpRequest) -> HttpResponse:
    """Answer whether the database answers; 503 when it does not.

    A cache that does not answer and a failed job are listed, but do not change the status: pages are still
    served.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("the database does not answer")
        return JsonResponse({"status": "unavailable", "database": "does not answer"}, status=503)
    problems = [state.problem for state in list_job_states(clock.now()) if state.problem]
    cache = "ok" if cache_store.is_answering() else "does not answer; pages come from the database"
    return JsonResponse({"status": "ok", "database": "ok", "cache": cache, "jobs": problems or "ok"})
