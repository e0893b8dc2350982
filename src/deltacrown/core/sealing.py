"""Opaque, tamper-proof tokens for cursors and handles (deterministic authenticated encryption).

Signing keeps a value from being changed, but not from being read: a signed cursor would show the database key
of the last row of its page. So values are encrypted too, with AES-SIV (RFC 5297). It needs no random number:
the same value under the same name always gives the same token, so that an answer that has it keeps its ETag.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.core.signing import BadSignature
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_str

#: Tokens hold so many bytes, or twice as many, and so on.
BLOCK = 64


def seal(value: Any, *, name: str) -> str:
    """Return a token for URLs with ``value``, which JSON can hold; it opens under the same ``name`` alone."""
    plain = json.dumps(value, separators=(",", ":")).encode()
    # The length would tell how many digits a database key has, and whether a time has a fraction of a second.
    plain = plain.ljust(-(-len(plain) // BLOCK) * BLOCK)
    return _encode(_cipher(settings.SECRET_KEY).encrypt(plain, [name.encode()]))


def unseal(token: str, *, name: str) -> Any:
    """Return what was sealed under ``name``, with the secret key or one of ``SECRET_KEY_FALLBACKS``.

    :raises BadSignature: it was not sealed here, or not under this name, or was changed.
    """
    try:
        sealed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError as error:
        raise BadSignature("not a sealed value") from error
    if _encode(sealed) != token:
        raise BadSignature("another spelling of the same bytes")

    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return json.loads(_cipher(force_str(secret)).decrypt(sealed, [name.encode()]))
        except InvalidTag:
            continue
    raise BadSignature("changed, or sealed elsewhere")


def _encode(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


@lru_cache(maxsize=8)  # it has no state of its own
def _cipher(secret: str) -> AESSIV:
    return AESSIV(_derive_key(secret))


def _derive_key(secret: str) -> bytes:
    """Return a key derived from ``secret`` for this use only: 64 bytes, AES-256 twice."""
    return salted_hmac("deltacrown.core.sealing", b"AES-SIV", secret=secret, algorithm="sha512").digest()
