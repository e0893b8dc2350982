"""Send spans of requests, statements and tasks by OpenTelemetry (``OTEL_EXPORTER_OTLP_ENDPOINT``).

The library reads its other variables itself (``OTEL_SERVICE_NAME``, ``OTEL_EXPORTER_OTLP_HEADERS``,
``OTEL_TRACES_SAMPLER``). Deny by default: its instruments note addresses, parameters, who asked from where,
and whole statements; of a span's attributes those of ``SENT`` leave this process.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

#: What is told of a span. None of these has a value that people chose.
SENT = frozenset(
    {
        *(
            "http.method",
            "http.request.method",
            "http.route",
            "http.status_code",
            "http.response.status_code",
        ),
        *("db.system", "db.system.name", "db.name", "db.namespace", "db.operation", "db.operation.name"),
        *(
            "celery.action",
            "celery.state",
            "celery.task_name",
            "messaging.operation",
            "messaging.destination",
        ),
        *("exception.type", "error.type"),
    }
)
#: The name of a span that is neither of a request, nor of a statement, nor of a task.
UNNAMED = "span"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "EXECUTE", "PREPARE", "SAVEPOINT", "RELEASE")


def start_tracing(exporter: SpanExporter | None = None) -> None:
    """Begin to send spans.

    :param exporter: takes them in place of the network; for tests.
    """
    os.environ.setdefault("OTEL_SERVICE_NAME", "deltacrown")
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(UnpeopledExporter(exporter or OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(tracer_provider=provider)
    PsycopgInstrumentor().instrument(tracer_provider=provider, enable_commenter=False)
    CeleryInstrumentor().instrument(tracer_provider=provider)  # type: ignore[no-untyped-call]


class UnpeopledExporter(SpanExporter):
    """Hands on copies of spans that tell nothing of people."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand on spans."""
        return self._inner.export([without_people(span) for span in spans])

    def shutdown(self) -> None:
        """End the inner exporter."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have the inner exporter send what it has."""
        return self._inner.force_flush(timeout_millis)


def without_people(span: ReadableSpan) -> ReadableSpan:
    """Return a copy of a span with its times and relations, and with the attributes that may leave."""
    attributes = _keep(span.attributes)
    return ReadableSpan(
        name=_name(span, attributes),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=[Event(event.name, _keep(event.attributes), event.timestamp) for event in span.events],
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _keep(attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in SENT}


def _name(span: ReadableSpan, attributes: dict[str, Any]) -> str:
    """Return a name made of what may leave: instruments make it of addresses and of whole statements."""
    method = attributes.get("http.method") or attributes.get("http.request.method")
    if method:
        method = method if method in _METHODS else "OTHER"
        return f"{method} {attributes.get('http.route', '')}".strip()
    if "celery.task_name" in attributes:
        return f"{attributes.get('celery.action', 'run')} {attributes['celery.task_name']}"
    first = span.name.partition(" ")[0].upper()
    return first if first in _STATEMENTS else UNNAMED
