"""The API application: its resources, its error handlers, its description."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from deltacrown.api.access import SAFE
from deltacrown.api.description import complete
from deltacrown.api.parsing import StrictParser
from deltacrown.api.problems import (
    INTERNAL,
    MALFORMED,
    OF_STATUS,
    Refused,
    answer_domain_error,
    answer_refused,
    answer_validation_error,
    respond,
)
from deltacrown.api.resources import (
    creating,
    disputes,
    exports,
    external_ids,
    follows,
    identities,  # noqa: F401 - adds to the resources of players and of oneself
    integrity,
    keys,
    leaderboards,
    me,
    merges,
    notifications,
    organising,
    over_time,
    pairings,
    recording,
    rosters,
    search,
    seasons,
    standings,
    teams,
)
from deltacrown.core.errors import DomainError


class Api(NinjaAPI):
    """The API, with a complete OpenAPI description."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Return the response of which an operation sets headers; only one that writes takes it."""
        if request.method in SAFE:
            return None  # type: ignore[return-value] # what a read returns is a response already
        return super().create_temporal_response(request)

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        return complete(super().get_openapi_schema(**kwargs))


def answer_http_error(request: HttpRequest, error: HttpError | type[HttpError]) -> HttpResponse:
    """Return the response to an error of ninja's.

    For an unreadable body, the message is that of our parser.
    """
    assert isinstance(error, HttpError)  # noqa: S101
    if isinstance(error.__cause__, Refused):
        return answer_refused(request, error.__cause__)
    kind = OF_STATUS.get(error.status_code, MALFORMED if error.status_code < 500 else INTERNAL)
    return respond(kind, str(error))


api = Api(
    title="DeltaCrown",
    version="1.0.0",
    description="Stats, history and activity for competitive gaming, with numbers that are always right.",
    urls_namespace="api",
    parser=StrictParser(),
    openapi_url=None,
    docs_url=None,
)
api.add_exception_handler(Refused, answer_refused)
api.add_exception_handler(DomainError, answer_domain_error)
api.add_exception_handler(ValidationError, answer_validation_error)
api.add_exception_handler(HttpError, answer_http_error)
#: ``creating``, ``identities``, ``organising``, ``over_time``, ``pairings``, ``recording`` and ``search``
#: add to the resources of other modules.
MODULES = (
    exports,
    creating,
    search,
    over_time,
    follows,
    standings,
    leaderboards,
    organising,
    pairings,
    rosters,
    seasons,
    teams,
    recording,
    disputes,
    merges,
    notifications,
    me,
    external_ids,
    keys,
    integrity,
)
for resource in dict.fromkeys(module.resource for module in MODULES):
    api.add_router("", resource)
