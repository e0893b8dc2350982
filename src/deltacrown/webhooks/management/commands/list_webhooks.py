from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from deltacrown.core import clock
from deltacrown.core.commands import OwnCommand
from deltacrown.webhooks.services import EndpointState, list_endpoint_states


class Command(OwnCommand):
    help = "Show every endpoint of webhooks, and how it fares."
    exits = {0: "when there is no problem", 1: "when events were given up, wait too long, or one is off"}
    interrupted = "Nothing was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        states = list_endpoint_states(now=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps([_as_dict(state) for state in states], indent=2))
        else:
            self.stdout.write("\n".join(map(_as_line, states)) or "There is no endpoint.")
        if any(state.problem for state in states):
            sys.exit(1)


def _as_dict(state: EndpointState) -> dict[str, object]:
    return {
        "id": state.endpoint.pk,
        "name": state.endpoint.name,
        "url": state.endpoint.url,
        "is_active": state.endpoint.is_active,
        "waiting": state.waiting,
        "delivered": state.delivered,
        "given_up": state.dead,
        "latest": state.latest and state.latest.isoformat(),
        "problem": state.problem,
    }


def _as_line(state: EndpointState) -> str:
    endpoint = state.endpoint
    is_off = "" if endpoint.is_active else ", off"
    problem = f". PROBLEM: {state.problem}" if state.problem else ""
    figures = f"{state.waiting:,} wait, {state.delivered:,} delivered, {state.dead:,} given up"
    return f"{endpoint.pk} {endpoint.name} ({endpoint.url}{is_off}): {figures}{problem}"
