"""Send errors to a service that takes those of Sentry's clients (``SENTRY_DSN``), without people in them.

Deny by default: of an event that the client made, what is listed here is sent, and nothing else.
"""

from __future__ import annotations

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger
from structlog.contextvars import get_contextvars

from deltacrown.core.log_records import describe_error
from deltacrown.core.release import get_release
from deltacrown.core.request_facts import UNROUTED

#: Of an event.
SENT = (
    *("event_id", "timestamp", "platform", "level", "logger", "release", "environment"),
    *("exception", "sdk", "fingerprint"),
)
#: Of one error, and of one frame: no values of variables, and no text of the error.
SENT_OF_ERROR = ("type", "module", "mechanism", "stacktrace", "thread_id")
SENT_OF_FRAME = (
    *("filename", "abs_path", "function", "module", "lineno", "in_app"),
    *("context_line", "pre_context", "post_context"),
)
SENT_OF_MECHANISM = ("type", "handled", "exception_id", "parent_id", "source", "is_exception_group")
#: What is known of where it was, as the log has it.
TAGS = ("request_id", "job", "run")


def start_reporting(dsn: str, *, transport: Any = None) -> None:
    """Begin to send errors.

    :param transport: takes events in place of the network; for tests.
    """
    ignore_logger("django.security.DisallowedHost")
    sentry_sdk.init(
        dsn=dsn,
        transport=transport,
        release=get_release(),
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        send_client_reports=False,
        auto_session_tracking=False,
        before_send=keep_what_may_leave,
        before_send_transaction=lambda _event, _hint: None,
        before_breadcrumb=lambda _crumb, _hint: None,
    )


def keep_what_may_leave(event: Any, hint: dict[str, Any]) -> Any:
    """Return an event without bodies, cookies, headers, addresses, users, and texts of errors."""
    kept = {name: event[name] for name in SENT if name in event}
    if "exception" in event:
        errors = event["exception"].get("values") or []
        kept["exception"] = {"values": [_keep_error(error) for error in errors]}
        raised = (hint.get("exc_info") or (None, None))[1]
        if errors and raised is not None:
            kept["exception"]["values"][-1]["value"] = describe_error(raised)
    template = (event.get("logentry") or {}).get("message")
    if template and "exception" not in event:
        # The message before values were put in.
        kept["logentry"] = {"message": template if "%" in template else str(event.get("logger", ""))}
    context = get_contextvars()
    kept["tags"] = {name: str(context[name]) for name in TAGS if name in context}
    route = str(context.get("route", "")) or _find_route(event)
    kept["transaction"] = route
    return kept


def _find_route(event: Any) -> str:
    """Return the pattern that the client found for the address; never the address itself."""
    source = (event.get("transaction_info") or {}).get("source")
    return str(event.get("transaction", UNROUTED)) if source in {"route", "component", "task"} else UNROUTED


def _keep_error(error: Any) -> dict[str, Any]:
    kept = {name: error[name] for name in SENT_OF_ERROR if name in error}
    if "mechanism" in kept:
        given = kept["mechanism"] or {}
        kept["mechanism"] = {name: given[name] for name in SENT_OF_MECHANISM if name in given}
    frames = (kept.get("stacktrace") or {}).get("frames") or []
    told = [{name: frame[name] for name in SENT_OF_FRAME if name in frame} for frame in frames]
    kept["stacktrace"] = {"frames": told}
    return kept
