"""Requests that carry an Idempotency-Key: the first is carried out, its repetitions are told what came of it.

The answer is stored in the transaction that did the work, so that there is never one without the
other. A request that is refused changes nothing and is not remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from deltacrown.accounts.models import AnsweredRequest, User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.races import find_or_insert
from django_tally.transactions import atomic_service

LONGEST_KEY = 255
#: How long an answer is remembered; nobody repeats a delivery later than that.
REMEMBERED_FOR = timedelta(days=7)


class InvalidIdempotencyKey(InvalidInput):
    """The key is empty, too long, or not printable ASCII."""


class KeyReused(InvalidInput):
    """The key came with another request before."""

    code = "idempotency-key-reused"


@dataclass(frozen=True)
class Answer:
    """What a request is answered, and whether it was carried out before."""

    body: Any
    is_repeated: bool


@atomic_service
def answer_once(
    *,
    owner: User,
    caller: str,
    idempotency_key: str,
    digest: str,
    now: datetime,
    answer: Callable[[], dict[str, Any]],
) -> Answer:
    """Carry out a request, or tell what came of it when it was carried out before.

    Of two at the same moment the second waits for the first, and is told its answer.

    :param caller: whose keys these are: an API key's or a person's name for us.
    :param digest: tells one request from another, 64 characters at most.
    :param answer: does the work, in this transaction, and returns the answer as plain JSON.
    :raises InvalidIdempotencyKey: the key cannot be one.
    :raises KeyReused: it came with another request before.
    """
    if not (
        1 <= len(idempotency_key) <= LONGEST_KEY
        and idempotency_key.isascii()
        and idempotency_key.isprintable()
    ):
        raise InvalidIdempotencyKey(
            f"Idempotency-Key is 1 to {LONGEST_KEY} printable ASCII characters.", field="Idempotency-Key"
        )
    request, is_new = find_or_insert(lambda: _find_or_claim(owner, caller, idempotency_key, digest, now))
    if request.digest != digest:
        raise KeyReused(
            "This Idempotency-Key came with another request before; use a new one.", field="Idempotency-Key"
        )
    if not is_new:
        return Answer(request.body, is_repeated=True)
    AnsweredRequest.objects.filter(owner=owner, answered_at__lt=now - REMEMBERED_FOR).delete()
    request.body = answer()
    request.save(update_fields=["body"])
    return Answer(request.body, is_repeated=False)


def _find_or_claim(
    owner: User, caller: str, key: str, digest: str, now: datetime
) -> tuple[AnsweredRequest, bool]:
    found = AnsweredRequest.objects.filter(caller=caller, idempotency_key=key).first()
    if found is not None:
        return found, False
    return AnsweredRequest.objects.create(
        owner=owner, caller=caller, idempotency_key=key, digest=digest, answered_at=now
    ), True
