"""The OpenAPI description is served, valid, complete and the same as in docs; the page shows all of it."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest
from django.core.management import call_command

from deltacrown.api.problems import KINDS
from deltacrown.api.reference import render_description
from tests.docs.pages import ROOT

DESCRIPTION = json.loads(render_description())
OPERATIONS = [
    pytest.param(operation, id=operation["operationId"])
    for methods in DESCRIPTION["paths"].values()
    for operation in methods.values()
]


def test_the_file_says_what_the_code_says(tmp_path):
    kept = (ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8")
    call_command("document_api", write=tmp_path / "now.json")

    assert (tmp_path / "now.json").read_text(encoding="utf-8") == kept, "run `make docs`"


@pytest.mark.django_db
def test_it_is_served(visitor):
    answer = visitor.get("/openapi.json")

    assert answer.json() == DESCRIPTION
    assert answer["Cache-Control"] == "public, max-age=15"
    assert DESCRIPTION["openapi"] == "3.1.0"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_described_whole(operation):
    assert operation["summary"]
    assert "Access: " in operation["description"]
    assert operation["security"]
    assert {"400", "401", "422", "429", "500"} <= operation["responses"].keys()
    refusals = {
        response["$ref"].rpartition("/")[2]: int(status)
        for status, response in operation["responses"].items()
        if status >= "400"
    }
    for name, status in refusals.items():
        examples = DESCRIPTION["components"]["responses"][name]["content"]["application/problem+json"][
            "examples"
        ]
        assert {example["value"]["status"] for example in examples.values()} == {status}
    for parameter in operation["parameters"]:
        assert "anyOf" not in parameter["schema"]
        assert parameter["schema"].get("description") or "enum" in parameter["schema"], parameter["name"]


def test_every_reference_leads_somewhere():
    text = json.dumps(DESCRIPTION)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))

    assert named == DESCRIPTION["components"]["schemas"].keys()


@pytest.mark.django_db
def test_the_page_shows_every_operation_and_problem_and_loads_its_style_alone(visitor):
    answer = visitor.get("/docs")
    page = answer.content.decode()

    assert answer["Content-Type"].startswith("text/html")
    for operation in OPERATIONS:
        assert f'id="{operation.id}"' in page
    for kind in KINDS:
        assert f'id="{kind.code}"' in page
    assert re.findall(r"<link[^>]*>", page) == ['<link rel="stylesheet" href="/static/api/docs.css">']
    assert not re.search(r"<script|src=|@import|url\(", page)
    anchors = set(re.findall(r'href="#([^"]+)"', page))
    assert anchors <= set(re.findall(r'id="([^"]+)"', page))


def examples():
    """Operation and status, or ``body`` → a media type of it."""
    for parameters in OPERATIONS:
        operation = parameters.values[0]
        yield f"{parameters.id}-body", operation.get("requestBody", {}).get("content", {})
        for status, answer in operation["responses"].items():
            yield f"{parameters.id}-{status}", answer.get("content", {})


@pytest.mark.parametrize(
    "content", [pytest.param(content, id=name) for name, content in examples() if content]
)
def test_every_body_and_answer_has_an_example_that_has_its_shape(content):
    for shown in content.values():
        schema = {**shown["schema"], "components": DESCRIPTION["components"]}
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(shown["example"])


def test_an_example_of_another_shape_is_noticed():
    content = DESCRIPTION["paths"]["/api/v1/matches"]["post"]["requestBody"]["content"]["application/json"]
    schema = {**content["schema"], "components": DESCRIPTION["components"]}

    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(schema, {"matches": [{**content["example"]["matches"][0], "players": 1}]})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_declares_the_headers_of_its_answers(operation):
    for status, answer in operation["responses"].items():
        if status < "300":
            assert {"Cache-Control", "RateLimit", "RateLimit-Policy"} <= answer["headers"].keys()
    is_json_read = (
        "304" in operation["responses"] and "application/json" in operation["responses"]["200"]["content"]
    )
    assert is_json_read == any(
        "ETag" in answer.get("headers", {}) for answer in operation["responses"].values()
    )
    assert "Retry-After" in DESCRIPTION["components"]["responses"]["TooManyRequests"]["headers"]
    assert "WWW-Authenticate" in DESCRIPTION["components"]["responses"]["Unauthorized"]["headers"]
