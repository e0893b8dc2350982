"""Requests with an ``Idempotency-Key``: the first is carried out, repetitions get the same answer.

The answer is stored in the transaction that did the work, so neither exists without the other. A
request that is refused changes nothing and is not remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from deltacrown.accounts.models import AnsweredRequest, User
from deltacrown.core.errors import InvalidInput
from deltacrown.core.races import find_or_insert
from django_tally.transactions import atomic_service

LONGEST_KEY = 255
#: How long an answer is kept; clients do not retry later than that.
REMEMBERED_FOR = timedelta(days=7)


class InvalidIdempotencyKey(InvalidInput):
    """The key is empty, too long, or not printable ASCII."""


class KeyReused(InvalidInput):
    """The key was used before, for a different request."""

    code = "idempotency-key-reused"


@dataclass(frozen=True)
class Answer:
    """The answer to a request.

    :param body: plain JSON.
    :param is_repeated: True when an earlier request with this key did the work.
    """

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
    """Carry out a request once; return the stored answer when it was carried out before.

    When two requests with one key arrive together, the second waits for the first and gets its answer.

    :param caller: the scope of the key: identifies the API key or the person that sends the request.
    :param digest: a digest of the request, at most 64 characters.
    :param answer: does the work, in this transaction, and returns the answer as plain JSON.
    :raises InvalidIdempotencyKey: the key is empty, too long or not printable ASCII.
    :raises KeyReused: the key was used before, for a different request.
    """
    is_valid_length = 1 <= len(idempotency_key) <= LONGEST_KEY
    if not (is_valid_length and idempotency_key.isascii() and idempotency_key.isprintable()):
        message = _("Idempotency-Key must be 1 to %(most)s printable ASCII characters.")
        raise InvalidIdempotencyKey(message % {"most": LONGEST_KEY}, field="Idempotency-Key")

    request, is_new = find_or_insert(lambda: _find_or_claim(owner, caller, idempotency_key, digest, now))
    if request.digest != digest:
        raise KeyReused(
            _("This Idempotency-Key was used before for a different request; use a new one."),
            field="Idempotency-Key",
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

    claimed = AnsweredRequest.objects.create(
        owner=owner, caller=caller, idempotency_key=key, digest=digest, answered_at=now
    )
    return claimed, True
