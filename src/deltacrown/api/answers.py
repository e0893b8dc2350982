"""Answers in JSON: checked against their shape, and written by it, in one go each.

ninja would check an answer against a second model around the shape, make dictionaries of it, and have these
written by Python. The shape is still what it takes for the description.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from pydantic import TypeAdapter

View = TypeVar("View", bound=Callable[..., Any])

MEDIA_TYPE = "application/json; charset=utf-8"
_write_other = DjangoJSONEncoder().default


class Writer:
    """Writes values of one shape, anything that pydantic can read from the attributes of a value."""

    def __init__(self, shape: Any) -> None:
        self._adapter: TypeAdapter[Any] = TypeAdapter(shape)

    def write(self, value: Any) -> bytes:
        """Return the JSON.

        :raises ValidationError: of pydantic: the value does not fit the shape.
        """
        fitting = self._adapter.validate_python(value, from_attributes=True)
        return self._adapter.dump_json(fitting, fallback=_write_other)


def answer_json(body: bytes, status: int = 200) -> HttpResponse:
    """Return an answer with this body."""
    return HttpResponse(body, status=status, content_type=MEDIA_TYPE)


def answering(view: View, shape: Any, status: int) -> View:
    """Let a view answer with what it returns in this shape; a response passes as it is.

    Of a view that takes the response, to set headers, it is that response.
    """
    writer = Writer(shape)

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponseBase:
        found = view(*args, **kwargs)
        if isinstance(found, HttpResponseBase):
            return found
        body = writer.write(found)
        taken = next((each for each in kwargs.values() if isinstance(each, HttpResponse)), None)
        if taken is None:
            return answer_json(body, status)
        taken.content, taken.status_code = body, status
        return taken

    # ninja would look for the names of its annotations in this module.
    answer.__signature__ = inspect.signature(view, eval_str=True)  # type: ignore[attr-defined]
    return answer  # type: ignore[return-value] # it takes what the view takes
