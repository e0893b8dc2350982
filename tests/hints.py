"""Run what the hints of Django checks ask an operator to run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

COMMAND = re.compile(r"`manage\.py ([^`]+)`")


def run_hinted_commands(messages: Sequence[Any]) -> int:
    """Run the commands that the hints of check messages name, in order. Return the number of messages."""
    from django.core.management import call_command

    for message in messages:
        for command in COMMAND.findall(message.hint):
            call_command(*command.split(), verbosity=0)
    return len(messages)
