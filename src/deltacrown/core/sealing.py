"""Values handed out that say nothing to whoever holds them, and that nobody else can make.

Signing alone keeps a value from being changed, not from being read: a cursor would tell the database key
of the last row of its page. Sealing encrypts as well. The same value under the same name is sealed the same way,
always, so that the ETag of an answer that carries it holds.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature
from django.utils.crypto import salted_hmac

TAG_BYTES = 16
BLOCK_BYTES = sha256().digest_size


def seal(value: Any, *, name: str) -> str:
    """Return ``value``, which JSON can say, as text for URLs; it opens under the same ``name`` alone."""
    plain = json.dumps(value, separators=(",", ":")).encode()
    return _encode(_encrypt(plain, name, settings.SECRET_KEY))


def unseal(token: str, *, name: str) -> Any:
    """Return what was sealed under ``name``, with the secret key or one of ``SECRET_KEY_FALLBACKS``.

    :raises BadSignature: it was not sealed here, or not under this name, or was changed.
    """
    try:
        sealed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError as error:
        raise BadSignature("no sealed value") from error
    if _encode(sealed) == token:  # else another spelling of the same bytes
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            plain = _apply_keystream(sealed[TAG_BYTES:], sealed[:TAG_BYTES], name, secret)
            if hmac.compare_digest(_tag(plain, name, secret), sealed[:TAG_BYTES]):
                return json.loads(plain)
    raise BadSignature("changed, or sealed elsewhere")


def _encode(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _encrypt(plain: bytes, name: str, secret: str) -> bytes:
    """The tag, which begins the keystream as well, and the text under that keystream: a synthetic IV, as in RFC 5297."""
    tag = _tag(plain, name, secret)
    return tag + _apply_keystream(plain, tag, name, secret)


def _tag(plain: bytes, name: str, secret: str) -> bytes:
    return _hmac("tag", name, plain, secret)[:TAG_BYTES]


def _apply_keystream(text: bytes, tag: bytes, name: str, secret: str) -> bytes:
    return bytes(one ^ other for one, other in zip(text, _keystream(len(text), tag, name, secret), strict=False))


def _keystream(length: int, tag: bytes, name: str, secret: str) -> Iterator[int]:
    for block in range(-(-length // BLOCK_BYTES)):
        yield from _hmac("keystream", name, tag + block.to_bytes(4, "big"), secret)


def _hmac(use: str, name: str, text: bytes, secret: str) -> bytes:
    return salted_hmac(f"deltacrown.sealing/{use}/{name}", text, secret=secret, algorithm="sha256").digest()
