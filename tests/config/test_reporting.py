"""What is sent to others of errors and of requests: where and what kind, and nothing of people."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT

pytestmark = pytest.mark.once

#: Sends errors to a list, asks for pages that break, and writes the list.
ERRORS = """
import json, logging
from sentry_sdk.transport import Transport
from deltacrown.config.starting import read_settings
read_settings()
sent = []

class Kept(Transport):
    def capture_envelope(self, envelope):
        sent.extend(item.get_event() or item.type for item in envelope.items)

from deltacrown.config.error_reports import start_reporting
start_reporting("https://key@example.org/1", transport=Kept)
import django
django.setup()
from django.test import Client
from deltacrown.web.views import seasons

def fail(*args, **kwargs):
    anna = "anna-kournikova"
    raise ZeroDivisionError(f"the mistake of {anna}")

seasons.season_boards.list_season_items = fail
client = Client(raise_request_exception=False, headers={"Host": "localhost", "User-Agent": "kournikova"})
client.cookies["sessionid"] = "kournikova"
answer = client.get("/seasons/?q=kournikova", REMOTE_ADDR="203.0.113.7")
logging.getLogger("deltacrown.x").error("hello %s", "kournikova")
logging.getLogger("deltacrown.x").error("hello kournikova")
print(json.dumps({"status": answer.status_code, "id": answer["X-Request-ID"], "sent": sent}))
"""
#: Hands spans to a list, asks for pages, and writes the list.
SPANS = """
import json
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from deltacrown.config.starting import read_settings
read_settings()
from deltacrown.config.tracing import start_tracing
kept = InMemorySpanExporter()
start_tracing(kept)
import django
django.setup()
from django.test import Client
client = Client(headers={"Host": "localhost", "User-Agent": "kournikova"})
client.get("/healthz?q=kournikova", REMOTE_ADDR="203.0.113.7")
with trace.get_tracer("x").start_as_current_span("SELECT 'kournikova'") as span:
    span.set_attribute("db.statement", "SELECT 'kournikova'")
    span.set_attribute("db.system", "postgresql")
    span.record_exception(ValueError("kournikova"))
with trace.get_tracer("x").start_as_current_span("/players/kournikova/"):
    pass
trace.get_tracer_provider().force_flush()
print(json.dumps([json.loads(span.to_json()) for span in kept.get_finished_spans()]))
"""


def run(code, tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "DELTACROWN_HOME": str(tmp_path),
        "LOG_LEVEL": "ERROR",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_errors_are_sent_without_people(tmp_path):
    told = run(ERRORS, tmp_path)
    text = json.dumps(told["sent"])
    [broke, template, plain] = told["sent"]

    assert told["status"] == 500
    assert [
        each for each in ("kournikova", "203.0.113", "localhost", "Cookie", "sessionid") if each in text
    ] == []
    [error] = broke["exception"]["values"]
    assert (error["type"], error["value"]) == ("ZeroDivisionError", "ZeroDivisionError")
    assert error["stacktrace"]["frames"][-1]["function"] == "fail"
    assert broke["tags"]["request_id"] == told["id"]
    assert broke["transaction"].strip("/") == "seasons"
    assert set(broke) & {"request", "user", "breadcrumbs", "extra", "contexts", "server_name"} == set()
    assert template["logentry"]["message"] == "hello %s"
    assert plain["logentry"]["message"] == "deltacrown.x"


def test_spans_are_sent_without_people(tmp_path):
    spans = run(SPANS, tmp_path)
    text = json.dumps(spans)

    assert [each for each in ("kournikova", "203.0.113", "127.0.0.1") if each in text] == []
    request, statement, other = spans
    assert (request["name"], request["attributes"]["http.route"]) == ("GET healthz", "healthz")
    assert request["attributes"]["http.status_code"] == 200
    assert (statement["name"], statement["attributes"]) == ("SELECT", {"db.system": "postgresql"})
    assert statement["events"][0]["attributes"] == {"exception.type": "ValueError"}
    assert (other["name"], other["attributes"]) == ("span", {})
    assert request["resource"]["attributes"]["service.name"] == "deltacrown"
