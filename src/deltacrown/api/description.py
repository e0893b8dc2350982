"""The OpenAPI description beyond what ninja derives: access, refusals, headers and examples."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from pydantic.json_schema import models_json_schema

from deltacrown.api.access import Access
from deltacrown.api.examples import example_of_answer, example_of_body
from deltacrown.api.problems import KINDS, MEDIA_TYPE, Fault, Problem
from deltacrown.api.resource import ALWAYS, WITH_BODY

#: The headers of answers: name → description and schema.
HEADERS: dict[str, tuple[str, dict[str, Any]]] = {
    "RateLimit": (
        "How many requests are left, and the seconds until counting starts anew.",
        {"type": "string", "examples": ['"key";r=1199;t=42']},
    ),
    "RateLimit-Policy": (
        "How many requests are allowed in how many seconds.",
        {"type": "string", "examples": ['"key";q=1200;w=60']},
    ),
    "ETag": (
        "Names this content, for If-None-Match.",
        {"type": "string", "examples": ['"827ba15155499b06bca20133bfb35d71"']},
    ),
    "Cache-Control": (
        "Who may keep the answer, and how long.",
        {"type": "string", "examples": ["private, no-store"]},
    ),
    "Idempotency-Replayed": (
        "Whether this is the answer to an earlier, same request.",
        {"type": "string", "enum": ["true", "false"]},
    ),
    "Retry-After": ("Seconds to wait.", {"type": "integer", "minimum": 1, "examples": [42]}),
    "WWW-Authenticate": ("How to say who calls.", {"type": "string", "examples": ["Bearer"]}),
}
OF_REFUSALS = {401: ["WWW-Authenticate"], 429: ["Retry-After", "RateLimit", "RateLimit-Policy"]}

SECURITY = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "A person, signed in. Writes send X-CSRFToken too.",
    },
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A program's key, made at /api/v1/me/api-keys.",
    },
}


def complete(schema: Any) -> Any:
    """Add access, refusals, headers and examples to every operation of ``schema``, and return it."""
    _, definitions = models_json_schema(
        [(Fault, "serialization"), (Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schema["components"]["schemas"].update(definitions["$defs"])
    schema["components"]["securitySchemes"] = SECURITY
    headers = {name: {"description": text, "schema": shape} for name, (text, shape) in HEADERS.items()}
    schema["components"]["headers"] = headers
    schema["components"]["responses"] = {
        _name(status): _refusal(status) for status in sorted({kind.status for kind in KINDS})
    }
    for methods in schema["paths"].values():
        methods.pop("head", None)
        for method, operation in methods.items():
            _complete_operation(method, operation)
            _show_examples(operation, schema["components"]["schemas"])
    _prune(schema)
    return schema


def _prune(schema: Any) -> None:
    """Remove the shapes that nothing refers to: those of queries, whose fields are parameters."""
    shapes = schema["components"]["schemas"]
    while unused := _list_unused(schema):
        for name in unused:
            del shapes[name]


def _list_unused(schema: Any) -> list[str]:
    text = json.dumps([schema["paths"], schema["components"]])
    return [name for name in schema["components"]["schemas"] if f'"#/components/schemas/{name}"' not in text]


def _complete_operation(method: str, operation: dict[str, Any]) -> None:
    access: Access = operation.pop("x-access")
    refuses = {*operation.pop("x-refuses"), *ALWAYS, *(WITH_BODY if "requestBody" in operation else ())}
    if access.people != "anyone":
        refuses.add(403)
    operation["security"] = _security_of(access)
    operation["description"] = f"{operation.get('description', '')}\n\n{_who(access, method)}".strip()
    responses = operation["responses"]
    for answer in responses.values():
        answer["headers"] = _headers(
            ["Cache-Control", "RateLimit", "RateLimit-Policy", *_own_headers(method, operation, answer)]
        )
    if method == "get":
        responses[304] = {
            "description": "Not modified: the caller's copy, named in If-None-Match, is the current one."
        }
        refuses.add(412)
    for status in sorted(refuses):
        responses[status] = {"$ref": f"#/components/responses/{_name(status)}"}
    for parameter in operation.get("parameters", ()):
        _tidy_parameter(parameter)
    operation["responses"] = {str(status): responses[status] for status in sorted(responses, key=int)}


def _own_headers(method: str, operation: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ())):
        return ["Idempotency-Replayed"]
    return ["ETag"] if method == "get" and "application/json" in answer.get("content", {}) else []


def _headers(names: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _show_examples(operation: dict[str, Any], shapes: dict[str, Any]) -> None:
    """Add an example to every body and every JSON answer; a stream has its own."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["example"] = example_of_body(content["schema"])
    for answer in operation["responses"].values():
        if shown := answer.get("content", {}).get("application/json"):
            shown["example"] = example_of_answer(shown["schema"], shapes)


def _tidy_parameter(parameter: dict[str, Any]) -> None:
    """Remove null from the types of a parameter, and move its examples into the schema."""
    shape, examples = parameter["schema"], parameter.pop("examples", None)
    if isinstance(examples, dict):
        shape["examples"] = [each["value"] for each in examples.values()]
    if "anyOf" in shape:
        (real,) = [each for each in shape.pop("anyOf") if each != {"type": "null"}]
        shape.update(real)


def _security_of(access: Access) -> list[dict[str, list[str]]]:
    key: list[dict[str, list[str]]] = [{"key": []}] if access.scope else []
    session: list[dict[str, list[str]]] = [] if access.is_shared else [{"session": []}]
    return [*([{}] if access.people == "anyone" else []), *session, *key]


def _who(access: Access, method: str) -> str:
    if access.is_shared:
        return "Access: everybody; the answer is the same for all, and caches may share it."
    people = {"anyone": "everybody, as far as each may see", "member": "whoever is signed in"}.get(
        access.people, f"staff with the permission `{access.people}`"
    )
    if access.scope is None:
        return f"Access: {people}; no keys."
    by = "on behalf of their owner"
    if method == "get" and access.people == "anyone":
        by = "which read as their owner"
    return f"Access: {people}; keys with the scope `{access.scope}`, {by}."


def _name(status: int) -> str:
    return HTTPStatus(status).name.title().replace("_", "")


def _refusal(status: int) -> dict[str, Any]:
    kinds = [kind for kind in KINDS if kind.status == status]
    examples = {
        kind.code: {
            "value": {
                "type": f"/api/v1/docs#{kind.code}",
                "title": kind.title,
                "status": kind.status,
                "detail": kind.remedy,
                "code": kind.code,
                "errors": [],
            }
        }
        for kind in kinds
    }
    return {
        "description": f"{HTTPStatus(status).phrase}: {' '.join(kind.remedy for kind in kinds)}",
        **({"headers": _headers(OF_REFUSALS[status])} if status in OF_REFUSALS else {}),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    }
