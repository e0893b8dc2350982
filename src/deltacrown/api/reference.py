"""The reference of the API, generated from the code: OpenAPI for programs, a page for people."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from deltacrown.accounts.services import SCOPES
from deltacrown.api.application import api
from deltacrown.api.problems import KINDS


@cache
def render_description() -> str:
    """Return the OpenAPI description as JSON."""
    return json.dumps(api.get_openapi_schema(), indent=1, ensure_ascii=False) + "\n"


@csrf_exempt
@require_safe
def show_description(request: HttpRequest) -> HttpResponse:
    """Answer with the OpenAPI description."""
    request.api_shared = True  # type: ignore[attr-defined]
    return HttpResponse(render_description(), content_type="application/json")


@csrf_exempt
@require_safe
def show_docs(request: HttpRequest) -> HttpResponse:
    """Answer with the page, which has no scripts and loads nothing from other sites."""
    request.api_shared = True  # type: ignore[attr-defined]
    return render(request, "api/docs.html", {"groups": list_operations(), "kinds": KINDS, "scopes": SCOPES})


@cache
def list_operations() -> dict[str, list[dict[str, Any]]]:
    """Return tag → its operations, as the page shows them."""
    schema = json.loads(render_description())
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(
                _show(path, method, operation, schema["components"]["schemas"])
            )
    return dict(groups)


def _show(path: str, method: str, operation: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    paragraphs = operation["description"].split("\n\n")
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "paragraphs": [part for part in paragraphs if part.rstrip(".") != operation["summary"]],
        "parameters": [
            _field(each["name"], each["schema"], each["in"], each["required"])
            for each in operation["parameters"]
        ],
        "body": _fields(body, shapes) if body else [],
        "statuses": list(operation["responses"]),
    }


def _fields(shape: dict[str, Any], shapes: dict[str, Any]) -> list[dict[str, Any]]:
    shape = shapes[shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
    required = shape.get("required", [])
    properties = shape.get("properties", {})
    return [_field(name, each, "body", name in required) for name, each in properties.items()]


def _field(name: str, shape: dict[str, Any], place: str, required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "place": place,
        "required": required,
        "type": _type(shape),
        "description": shape.get("description", ""),
    }


def _type(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"].rpartition("/")[2])
    if "anyOf" in shape:
        return " or ".join(_type(each) for each in shape["anyOf"])
    if "enum" in shape:
        return ", ".join(map(str, shape["enum"]))
    if shape.get("type") == "array":
        return f"list of {_type(shape.get('items', {}))}"
    return str(shape.get("format") or shape.get("type", "anything"))
