"""The declaration of operations: path, access, answer, refusals."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ninja import Router

from deltacrown.api.access import Access, Gate
from deltacrown.api.answers import answering

View = TypeVar("View", bound=Callable[..., Any])

#: The statuses with which any operation may refuse, and those that only one with a body adds.
ALWAYS, WITH_BODY = (400, 401, 422, 429, 500, 503), (413, 415)
#: The largest body of an operation that does not say otherwise: a page of text, or the names of 200 players.
MOST_BYTES = 64 * 1024


class Resource(Router):
    """The operations of one resource."""

    def __init__(self, tag: str) -> None:
        super().__init__(tags=[tag])

    def read(
        self,
        path: str,
        *,
        answers: Any,
        access: Access,
        refuses: Sequence[int] = (),
        extra: dict[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """Declare a GET, which answers HEAD too."""
        return self._declare(
            ["GET", "HEAD"], path, {200: answers}, access=access, refuses=refuses, extra=extra
        )

    def write(
        self,
        method: str,
        path: str,
        *,
        answers: Any,
        access: Access,
        refuses: Sequence[int] = (),
        status: int = 200,
        extra: dict[str, Any] | None = None,
        most_bytes: int | None = MOST_BYTES,
    ) -> Callable[[View], View]:
        """Declare an operation that changes something.

        :param most_bytes: the largest body; None for ``MAX_BODY_BYTES``.
        """
        return self._declare(
            [method],
            path,
            {status: answers},
            access=access,
            refuses=refuses,
            extra=extra,
            most_bytes=most_bytes,
        )

    def _declare(
        self,
        methods: list[str],
        path: str,
        answers: dict[int, Any],
        *,
        access: Access,
        refuses: Sequence[int],
        extra: dict[str, Any] | None,
        most_bytes: int | None = MOST_BYTES,
    ) -> Callable[[View], View]:
        gate = Gate(access, most_bytes)
        [(status, shape)] = answers.items()

        def declare(view: View) -> View:
            summary, _, description = inspect.cleandoc(view.__doc__ or "").partition("\n")
            self.api_operation(
                methods,
                path,
                auth=gate,
                response=answers,
                operation_id=view.__name__,
                summary=summary.rstrip("."),
                description=description.strip() or summary,
                openapi_extra={"x-access": access, "x-refuses": sorted(refuses), **(extra or {})},
            )(view if shape is None else answering(view, shape, status))
            gate.parameters = frozenset(_query_parameters(self.path_operations[path].operations[-1]))
            return view

        return declare


def _query_parameters(operation: Any) -> list[str]:
    """Return the names of the query parameters of an operation."""
    models = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    return [name for model in models for name in getattr(model, "__ninja_flatten_map__", model.model_fields)]
