"""The base of our management commands: what they need, how they end, and numbers among their options."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from deltacrown.core.garbage import leave_loaded_alone
from deltacrown.core.words import in_english

EXIT_WRONG_CALL, EXIT_INTERRUPTED = 2, 130


class SaysExits(BaseCommand):
    """A command that says in ``--help`` how it ends.

    :cvar exits: exit code → when; those of a wrong call and of an interruption are added.
    """

    exits: ClassVar[Mapping[int, str]] = {0: "when it is done"}

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser, whose help ends with the exit codes."""
        return super().create_parser(prog_name, subcommand, epilog=describe_exits(self.exits), **kwargs)


class OwnCommand(SaysExits):
    """A command of ours, which ends in one line when it is interrupted.

    :cvar interrupted: what became of the work of an interrupted command.
    :cvar needs_tables: whether it needs a database that was migrated.
    """

    interrupted: ClassVar[str] = "What was done stays; run the same command again for the rest."
    needs_tables: ClassVar[bool] = True

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command as that of its process; others call it by ``call_command``."""
        leave_loaded_alone()
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; end the process with the exit code 130 when it is interrupted."""
        try:
            if self.needs_tables:
                require_tables()
            with in_english():
                return super().execute(*args, **options)
        except KeyboardInterrupt:
            self.say_interrupted()

    def say_interrupted(self) -> NoReturn:
        """Write what became of the work, and end the process."""
        self.stdout.write(f"Interrupted. {self.interrupted}")
        sys.exit(EXIT_INTERRUPTED)


def describe_exits(exits: Mapping[int, str]) -> str:
    """Return a sentence with all exit codes."""
    every = {**exits, EXIT_WRONG_CALL: exits.get(EXIT_WRONG_CALL, "for a wrong call")}
    every[EXIT_INTERRUPTED] = "when interrupted"
    return f"Exit code: {', '.join(f'{code} {when}' for code, when in sorted(every.items()))}."


def require_tables() -> None:
    """Refuse a database that was not migrated; one on SQLite that is not there is not created.

    :raises CommandError: there are no tables, which is what a forgotten ``DATABASE_URL`` looks like.
    """
    name = str(connection.settings_dict["NAME"])
    is_file = connection.vendor == "sqlite" and not name.startswith("file:") and ":memory:" not in name
    if (is_file and not Path(name).exists()) or not MigrationRecorder(connection).has_table():
        raise CommandError(
            f"The database {name} has no tables. Is DATABASE_URL the one of the site? "
            "If it is, create them with manage.py migrate.",
            returncode=EXIT_WRONG_CALL,
        )


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return the type of an option that is a whole number between ``least`` and ``most``."""

    def parse(text: str) -> int:
        digits = text.removeprefix("-")
        is_number = digits.isascii() and digits.isdecimal() and len(digits) <= 18
        if not is_number or not least <= int(text) <= most:
            raise ArgumentTypeError(f"{text[:40]!r} is not a whole number from {least:,} to {most:,}")
        return int(text)

    return parse


def read_variable(name: str, default: str) -> str:
    """Return a variable of the environment; one that is set to nothing counts as not set."""
    return os.environ.get(name, "").strip() or default
