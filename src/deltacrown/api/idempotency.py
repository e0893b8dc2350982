"""``Idempotency-Key``: a request that is sent again is not carried out again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Header

from deltacrown.accounts.services import answer_once
from deltacrown.api.access import Caller
from deltacrown.core.clock import now

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Names this request: 1 to 255 printable ASCII characters. "
        "Sent again within seven days with the same content, "
        "the request is answered as before and not carried out again.",
    ),
]


def answer_idempotently(
    request: HttpRequest,
    response: HttpResponse,
    caller: Caller,
    key: str | None,
    answer: Callable[[], dict[str, Any]],
) -> dict[str, Any]:
    """Call ``answer``, or return the earlier answer to this key.

    The header ``Idempotency-Replayed`` says which.
    """
    if key is None:
        return answer()
    given = answer_once(
        owner=caller.member,
        caller=f"key:{caller.key.pk}" if caller.key else f"user:{caller.member.pk}",
        idempotency_key=key,
        digest=hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest(),
        now=now(),
        answer=answer,
    )
    response["Idempotency-Replayed"] = "true" if given.is_repeated else "false"
    body: dict[str, Any] = given.body
    return body
