"""What code counts as it happens."""

from __future__ import annotations

from deltacrown.core.metrics.families import Counted, Level, Timed

#: Of a page that is at hand it takes 1 ms, of an import by the API seconds.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counted(
    "deltacrown_requests_total",
    "Requests that were answered, by the name of the route, method and status.",
    "route",
    "method",
    "status",
    counts_often=True,
)
REQUEST_SECONDS = Timed(
    "deltacrown_request_seconds",
    "Seconds until an answer was ready to be sent, by the name of the route.",
    "route",
    bounds=SECONDS,
)
STATEMENTS = Counted(
    "deltacrown_statements_total", "Statements that requests asked the database.", "route", counts_often=True
)
STATEMENT_SECONDS = Counted(
    "deltacrown_statement_seconds_total",
    "Seconds that requests waited for the database.",
    "route",
    counts_often=True,
)
KEPT_ANSWERS = Counted(
    "deltacrown_kept_answers_total",
    "Answers to visitors as they were rendered, by kind and by where they were found: at_hand in the "
    "process, kept in the cache, or made anew.",
    "kind",
    "found",
    counts_often=True,
)
KEPT_VALUES = Counted(
    "deltacrown_kept_values_total",
    "Pages as they are kept before they are rendered, by kind and by whether they were kept or made anew.",
    "kind",
    "found",
    counts_often=True,
)
REFUSALS = Counted(
    "deltacrown_rate_limited_total", "Requests and attempts that a rate limit refused, by limit.", "limit"
)
RETRIES = Counted(
    "deltacrown_retries_total",
    "Transactions that were run again, by cause: deadlock, serialisation, or another writer of the same row.",
    "cause",
)
POOL_CONNECTIONS = Level(
    "deltacrown_pool_connections",
    "Connections to the database in the pools of all server processes, by state: used or free.",
    "state",
)
POOL_WAITING = Level("deltacrown_pool_waiting", "Requests that wait for a connection of a pool.")
POOL_TIMEOUTS = Counted(
    "deltacrown_pool_timeouts_total",
    "Requests that got no connection of a pool in time, or were refused one.",
)
