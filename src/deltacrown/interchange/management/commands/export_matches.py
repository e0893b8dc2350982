from __future__ import annotations

from typing import Any

from deltacrown.interchange.export_command import ExportCommand
from deltacrown.interchange.exporting import count_lines, export_matches


class Command(ExportCommand):
    """``export_matches FILE``: writes every match to a file, or those of one season."""

    help = (
        "Export every match of the site, or of one season, to a file that import_matches reads: "
        "CSV, or NDJSON by .ndjson or .jsonl; either may be gzipped (.gz). "
        "The file holds usernames: it is for the operator."
    )

    of_season = "matches played"

    def count(self, **narrowed: Any) -> int:
        """Return how many lines there are to write."""
        return count_lines(**narrowed)

    def export(self, **arguments: Any) -> int:
        """Write the file, and return how many lines it has."""
        return export_matches(**arguments)
