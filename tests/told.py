"""Doing what a check tells an operator to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

COMMAND = re.compile(r"`manage\.py ([^`]+)`")


def do_as_told(messages: Sequence[Any]) -> int:
    """Run the commands that the hints of checks name, in their order; return how many messages there were."""
    from django.core.management import call_command

    for message in messages:
        for command in COMMAND.findall(message.hint):
            call_command(*command.split(), verbosity=0)
    return len(messages)
