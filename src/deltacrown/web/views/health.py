"""Health checks for supervisors and load balancers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from deltacrown.core import clock
from deltacrown.core.jobs import list_job_states
from deltacrown.core.readiness import NotReady, read_when_ready
from deltacrown.freshness import cache_store
from deltacrown.pages.integrity import list_trigger_faults


@never_cache
@require_safe
def show_liveness(_request: HttpRequest) -> HttpResponse:
    """Answer that the process is running; nothing else is checked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def show_readiness(_request: HttpRequest) -> HttpResponse:
    """Answer whether pages can be served, within two seconds; 503 and the reason when they cannot.

    The database must answer, be migrated, and take changes. A cache that does not answer, a failed job and
    triggers that are missing or off are listed, but do not make it 503: pages are still served. While numbers
    are not kept, the status is ``degraded``.
    """
    try:
        details = read_when_ready(_read_details)
    except NotReady as refusal:
        outage = refusal.outage
        answer = {"status": "unavailable", "database": outage.reason}
        return JsonResponse(answer, status=503, headers={"Retry-After": str(outage.retry_after)})
    cache = "ok" if cache_store.is_answering() else "does not answer; pages come from the database"
    status = "ok" if details["numbers"] == "ok" else "degraded"
    return JsonResponse({"status": status, "database": "ok", "cache": cache, **details})


def _read_details() -> dict[str, object]:
    """Return what else the database says of the site's health."""
    problems = [state.problem for state in list_job_states(clock.now()) if state.problem]
    return {"jobs": problems or "ok", "numbers": list_trigger_faults() or "ok"}
