"""RFC 9457 problem documents: the kinds of problems, and the conversion of errors to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest, JsonResponse
from ninja.errors import ValidationError
from pydantic import BaseModel, ConfigDict, Field

from deltacrown.core.errors import Conflict, DomainError, Gone, NotFound
from deltacrown.core.pagination import InvalidCursor
from deltacrown.user_profile.privacy import HistoryHidden

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class ProblemKind:
    """A kind of problem; ``remedy`` is what the caller can do about it."""

    code: str
    status: int
    title: str
    remedy: str


MALFORMED = ProblemKind(
    "malformed", 400, "Malformed request", "Mend the request: it cannot be read as HTTP with a JSON body."
)
UNAUTHENTICATED = ProblemKind(
    "unauthenticated",
    401,
    "Not signed in",
    "Sign in, or send a key that is not revoked: Authorization: Bearer KEY.",
)
FORBIDDEN = ProblemKind(
    "forbidden", 403, "Not allowed", "Ask somebody who may, or use a key with the scope that is named."
)
HIDDEN = ProblemKind("hidden", 403, "Hidden by the player", "Nothing: the player chose to hide it.")
SUSPENDED = ProblemKind(
    "suspended", 403, "Suspended", "Wait until the suspension ends; reading and exporting work as before."
)
NOT_FOUND = ProblemKind(
    "not-found", 404, "Not found", "Check the address: public ids, slugs and match keys, never database keys."
)
METHOD = ProblemKind(
    "method-not-allowed", 405, "Method not allowed", "Use one of the methods in the Allow header."
)
CONFLICT = ProblemKind(
    "conflict", 409, "Conflict", "Read what is recorded; correct it through the operation that is named."
)
GONE = ProblemKind("gone", 410, "Gone", "Nothing: the account is closed, and its pages are gone.")
PRECONDITION = ProblemKind(
    "precondition-failed",
    412,
    "Precondition failed",
    "Read it again, without If-Match and If-Unmodified-Since.",
)
TOO_LARGE = ProblemKind("too-large", 413, "Body too large", "Send less in one call.")
MEDIA = ProblemKind("unsupported-media-type", 415, "Unsupported media type", "Send application/json.")
INVALID = ProblemKind("invalid", 422, "Invalid input", "Mend what `errors` names.")
CURSOR = ProblemKind(
    "invalid-cursor",
    422,
    "Invalid cursor",
    "Start again from the first page, with the same filters throughout.",
)
KEY_REUSED = ProblemKind(
    "idempotency-key-reused", 422, "Idempotency key reused", "Use a new Idempotency-Key for another request."
)
THROTTLED = ProblemKind("throttled", 429, "Too many requests", "Wait for the seconds in Retry-After.")
INTERNAL = ProblemKind("internal", 500, "Internal error", "Try again later; the site's log holds the cause.")
UNAVAILABLE = ProblemKind("unavailable", 503, "Unavailable", "Try again in a moment.")

KINDS = [
    MALFORMED,
    UNAUTHENTICATED,
    FORBIDDEN,
    HIDDEN,
    SUSPENDED,
    NOT_FOUND,
    METHOD,
    CONFLICT,
    GONE,
    PRECONDITION,
    TOO_LARGE,
    MEDIA,
    INVALID,
    CURSOR,
    KEY_REUSED,
    THROTTLED,
    INTERNAL,
    UNAVAILABLE,
]
#: The kind of problem for a status that Django or ninja answered with.
OF_STATUS = {kind.status: kind for kind in reversed(KINDS) if kind not in {HIDDEN, SUSPENDED}}


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="The name of the input; empty when it is about the whole request.")
    pointer: str | None = Field(description="JSON Pointer into the body; null for what is not in the body.")
    detail: str = Field(description="What is wrong, and how to mend it.")


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(
        description="A reference to the description of this kind of problem, on the documentation page."
    )
    title: str = Field(description="The kind of problem in words; for hidden histories, what is hidden.")
    status: int = Field(description="The status of the response.")
    detail: str = Field(description="What is wrong with this request, and how to mend it.")
    code: str = Field(description="The kind of problem, for programs.")
    errors: list[Fault] = Field(
        description="Everything that is wrong, one by one; empty when `detail` says it all."
    )


class Refused(Exception):
    """A refusal by the API itself, before a service is called."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        field: str = "",
        pointer: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers = kind, detail, headers or {}
        self.faults = [Fault(field=field, pointer=pointer, detail=detail)] if field or pointer else []


def respond(
    kind: ProblemKind,
    detail: str,
    faults: Sequence[Fault] = (),
    *,
    title: str = "",
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    """Return a problem document as a response."""
    problem = Problem(
        type=f"/api/v1/docs#{kind.code}",
        title=title or kind.title,
        status=kind.status,
        detail=detail,
        code=kind.code,
        errors=list(faults),
    )
    return JsonResponse(
        problem.model_dump(),
        status=kind.status,
        content_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def answer_refused(_request: HttpRequest, refusal: Refused | type[Refused]) -> JsonResponse:
    """Return the response to a refusal by the API itself."""
    assert isinstance(refusal, Refused)  # noqa: S101 - ninja's type allows for the class
    return respond(refusal.kind, refusal.detail, refusal.faults, headers=refusal.headers)


def answer_domain_error(request: HttpRequest, error: DomainError | type[DomainError]) -> JsonResponse:
    """Return the response to a refusal by a service, with the service's message."""
    assert isinstance(error, DomainError)  # noqa: S101
    title = error.message if isinstance(error, HistoryHidden) and not error.field else ""
    faults = [fault_of(error, request)] if error.field else []
    return respond(kind_of(error), error.message, faults, title=title)


def answer_validation_error(
    _request: HttpRequest, error: ValidationError | type[ValidationError]
) -> JsonResponse:
    """Return the response to parameters or a body of the wrong shape."""
    assert isinstance(error, ValidationError)  # noqa: S101
    faults = [_shape_fault(each) for each in error.errors[:100]]
    if len(faults) != 1:
        return respond(INVALID, f"{len(error.errors)} inputs are invalid.", faults)

    where = faults[0].field or "The request"
    return respond(INVALID, f"{where}: {faults[0].detail}", faults)


def kind_of(error: DomainError) -> ProblemKind:
    """Return the kind of problem for a service's refusal."""
    if isinstance(error, HistoryHidden):
        return HIDDEN
    if isinstance(error, NotFound):
        return NOT_FOUND
    if isinstance(error, Gone):
        return GONE
    if isinstance(error, Conflict):
        return CONFLICT
    if isinstance(error, InvalidCursor):
        return CURSOR
    by_code = {"forbidden": FORBIDDEN, "suspended": SUSPENDED, "idempotency-key-reused": KEY_REUSED}
    return by_code.get(error.code, INVALID)


def fault_of(error: DomainError, request: HttpRequest) -> Fault:
    """Return the input that a service refused, with its pointer if it is in the body."""
    body: Any = getattr(request, "api_body", None)
    in_body = isinstance(body, dict) and error.field in body
    pointer = f"/{_escape(error.field)}" if in_body else None
    return Fault(field=error.field, pointer=pointer, detail=error.message)


def _shape_fault(error: Mapping[str, Any]) -> Fault:
    source: Literal["body"] | str
    source, *path = error["loc"]
    path = path[1:] if source == "body" else path
    names = [part for part in path if isinstance(part, str)]
    pointer = "".join(f"/{_escape(str(part))}" for part in path) if source == "body" else None
    return Fault(field=names[-1] if names else source, pointer=pointer, detail=error["msg"])


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
