"""Keep what was built out of an owner's rows for as long as it is true.

A value is kept under the content token that was read *before* it was built, and only if it is still the token
afterwards: it then shows exactly what is committed under that token. Who reads another token is not shown it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

import django
from django.db.models import Model
from django.utils.translation import get_language

from deltacrown.core.metrics.catalogue import KEPT_VALUES
from deltacrown.freshness import cache_store
from deltacrown.freshness.tokens import get_token

Value = TypeVar("Value")

#: Begins the key of everything that is kept.
PREFIX = "page/"


def get_or_build(
    kind: type[Value],
    *,
    owner: int,
    token: int,
    audience: str,
    seconds: int,
    build: Callable[[], Value],
) -> Value:
    """Return the value kept for ``owner`` and ``audience`` under ``token``, or else build and keep it.

    As ``get_dated`` takes it.
    """
    value, _ = get_dated(kind, owner=owner, token=token, audience=audience, seconds=seconds, build=build)
    return value


def get_dated(
    kind: type[Value],
    *,
    owner: int,
    token: int,
    audience: str,
    seconds: int,
    build: Callable[[], Value],
) -> tuple[Value, bool]:
    """Return the value kept for ``owner`` and ``audience`` under ``token``, or else built and kept now.

    And whether it shows exactly what is committed under that token: only then what is made of it may be kept.

    :param kind: the type of the value, a dataclass.
    :param token: the owner's token, read before this call; an owner who has none can have nothing kept.
    :param audience: everybody of one audience is shown the same value.
    :param seconds: how long the value is kept at most.
    """
    shape = _shape_of(kind)  # type: ignore[arg-type] # mypy takes the class for an instance of it
    # What is kept holds words, and they are in the language of the one who asked first.
    key = f"{PREFIX}{kind.__name__}/{shape}/{owner}/{token}/{get_language()}/{audience}"
    kept = cache_store.read(key)
    if isinstance(kept, kind):
        KEPT_VALUES.add(kind.__name__, "kept")
        return kept, True

    KEPT_VALUES.add(kind.__name__, "made")
    built = build()
    # What was committed while it was built may be in one half of it and not in the other, or may have made
    # this reader another audience: such a value is for this reader only.
    is_current = get_token(owner) == token
    if is_current:
        cache_store.write(key, built, seconds=seconds)
    return built, is_current


@cache
def _shape_of(kind: type[object]) -> str:
    """Return a digest of every field in a value, so that no release is given what another one kept."""
    described = ";".join([django.get_version(), *sorted(set(_describe(kind, set())))])
    return hashlib.sha256(described.encode()).hexdigest()[:12]


def _describe(kind: Any, seen: set[Any]) -> Iterator[str]:
    if kind in seen:
        return
    seen.add(kind)

    if isinstance(kind, type) and issubclass(kind, Model):
        yield f"{kind._meta.label}: {', '.join(field.attname for field in kind._meta.concrete_fields)}"
    elif is_dataclass(kind):
        yield f"{kind}: {', '.join(f'{field.name} {field.type}' for field in fields(kind))}"
        for hint in get_type_hints(kind).values():
            yield from _describe(hint, seen)

    for part in get_args(kind):
        yield from _describe(part, seen)
