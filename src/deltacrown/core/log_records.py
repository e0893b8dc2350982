"""Records of the log as they are written: alike whoever logged, with the ids they belong to, without people.

Deny by default. Of a record's additional fields those of ``FIELDS`` are written. An error is written as its
type and where it was raised, never with its text, which may quote what somebody typed or a row of the
database; so is an error among the arguments of a message. Django's own records of requests name the address,
which people make up, and are told with the name of the route. At last whatever looks like a mail address,
a network address, a key or the parameters of an address is struck out. The audit log is written as it is.
"""

from __future__ import annotations

import copy
import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Any

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from deltacrown.core.request_facts import name_method, name_route, read_request_id

AUDIT = "deltacrown.audit"
#: What a record may tell besides its message, in the order in which it is written.
FIELDS = ("request_id", "job", "run", "method", "route", "status", "ms", "statements")
#: The message of an access record says these already.
_IN_MESSAGE = {"method", "route", "status", "ms", "statements"}

_REQUEST_LOGGERS = ("django.request", "django.security")
_TASK_LOGGER = "celery.app.trace"

_MAIL = re.compile(r"[^\s@<>\"'(),;:=/]+@[^\s@<>\"'(),;]+")
_KEY = re.compile(r"\b(dck_[0-9a-f]{12})_[\w-]+")
_QUERY = re.compile(r"(?<=[\w/])\?[^\s\"'?][^\s\"']*")
_ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*(?::[0-9A-Fa-f.]*){2,})(?![\w.:])")

Event = MutableMapping[str, Any]


def make_formatter(form: str, *, tells_errors: bool) -> logging.Formatter:
    """Return what writes records.

    :param form: ``line`` for people, ``json`` for one object a line.
    :param tells_errors: whether errors are written with their texts, as a developer wants it.
    """
    write = _write_json if form == "json" else _write_line
    return _Formatter(tells_errors, write)


class _Formatter(ProcessorFormatter):
    def __init__(self, tells_errors: bool, write: Any) -> None:
        self._tells_errors = tells_errors
        super().__init__(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                add_log_level,
                add_logger_name,
                ExtraAdder(allow=FIELDS),
            ],
            processors=[self._finish, write],
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as it is written; the record itself stays as it is, for other handlers."""
        told = copy.copy(record) if self._tells_errors else _without_people(record)
        # Written here and not by the library, which would write the text of the error.
        told.raised = record.exc_info[1] if record.exc_info else None
        told.exc_info = told.exc_text = None
        return super().format(told)

    def _finish(self, _logger: Any, _method: str, event: Event) -> Event:
        record: logging.LogRecord = event.pop("_record")
        event.pop("_from_structlog", None)
        if "request_id" not in event and (request_id := read_request_id(getattr(record, "request", None))):
            event["request_id"] = request_id
        event["time"] = datetime.fromtimestamp(record.created, UTC)
        told = str(event["event"])
        if record.name != AUDIT and not self._tells_errors:
            told = strike_out(told)
        event["event"] = "".join(each if each.isprintable() else _escape(each) for each in told)
        raised: BaseException | None = record.raised  # type: ignore[attr-defined] # see format
        if raised is not None:
            event["exception"] = write_error(raised, with_text=self._tells_errors)
        return event


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _write_json(_logger: Any, _method: str, event: Event) -> str:
    told: dict[str, Any] = {"time": event["time"].isoformat(timespec="milliseconds")}
    told |= {
        name: event[name] for name in ("level", "logger", "event", *FIELDS, "exception") if name in event
    }
    return json.dumps(told, ensure_ascii=False, default=str)


def _write_line(_logger: Any, _method: str, event: Event) -> str:
    time = event["time"].astimezone().strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    line = f"{time} {event['level'].upper()} {event['logger']}: {event['event']}"
    if event["logger"] != AUDIT:
        ids = [f"{name}={event[name]}" for name in FIELDS if name in event and name not in _IN_MESSAGE]
        line = " ".join([line, *ids])
    return f"{line}\n{event['exception']}" if "exception" in event else line


def strike_out(text: str) -> str:
    """Return a text without what looks like addresses, keys and parameters."""
    text = _KEY.sub(r"\1_…", text)
    if "@" in text:
        text = _MAIL.sub("[mail]", text)
    if "?" in text:
        text = _QUERY.sub("?…", text)
    return _ADDRESS.sub(_strike_address, text)


def _strike_address(found: re.Match[str]) -> str:
    try:
        ip_address(found[0])
    except ValueError:  # a time of day, a version
        return found[0]
    return "[address]"


def describe_error(error: BaseException) -> str:
    """Return what kind of error it is, without its text: its type, its SQLSTATE, its number in the system."""
    cause = error.__cause__
    state = getattr(error, "sqlstate", None) or getattr(cause, "sqlstate", None)
    number = error.strerror if isinstance(error, OSError) else getattr(cause, "sqlite_errorname", None)
    told = ", ".join(str(each) for each in (state, number) if each)
    name = type(error).__qualname__
    return f"{name} ({told})" if told else name


def write_error(error: BaseException, *, with_text: bool = False) -> str:
    """Return where an error was raised, and those that led to it; without their texts if not asked for."""
    if with_text:
        return "".join(traceback.format_exception(error)).rstrip()
    return "\n".join(_list_lines(error, set()))


def _list_lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None and id(earlier) not in seen:
        yield from _list_lines(earlier, seen)
        yield "which led to:"
    yield from _list_frames(error.__traceback__)
    yield describe_error(error)


def _list_frames(raised: TracebackType | None) -> Iterator[str]:
    if raised is None:
        return
    yield "Traceback (most recent call last):"
    for frame in traceback.extract_tb(raised):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        if frame.line:
            yield f"    {frame.line}"


def _without_people(record: logging.LogRecord) -> logging.LogRecord:
    """Return a record whose message quotes no error and no address of a request."""
    told = copy.copy(record)
    if record.name.startswith(_REQUEST_LOGGERS):
        told.msg, told.args = _tell_request(record), ()
    elif record.name == _TASK_LOGGER and isinstance(record.args, Mapping) and "exc" in record.args:
        told.msg, told.args = f"task {record.args.get('name')} failed", ()
    elif isinstance(record.msg, BaseException):
        told.msg = describe_error(record.msg)
    elif isinstance(record.args, tuple):
        told.args = tuple(_without_text(value) for value in record.args)
    elif isinstance(record.args, Mapping):
        told.args = {name: _without_text(value) for name, value in record.args.items()}
    return told


def _without_text(value: object) -> object:
    return describe_error(value) if isinstance(value, BaseException) else value


def _tell_request(record: logging.LogRecord) -> str:
    """Return what Django says of a request, with its route in place of its address."""
    request = getattr(record, "request", None)
    status = getattr(record, "status_code", None)
    if request is None or status is None:
        return record.name.rpartition(".")[2]  # of security: the name of what was refused
    return f"{status} {name_method(request)} {name_route(request)}"
