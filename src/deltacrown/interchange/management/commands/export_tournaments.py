from __future__ import annotations

from typing import Any

from deltacrown.interchange.export_command import ExportCommand
from deltacrown.interchange.exporting_tournaments import count_lines, export_tournaments


class Command(ExportCommand):
    """``export_tournaments FILE``: writes every tournament to a file, or those of one season."""

    help = (
        "Export every tournament of the site, or of one season, with entrants and results, to a file that "
        "import_tournaments reads: CSV, or NDJSON by .ndjson or .jsonl; either may be gzipped (.gz). "
        "The file holds usernames: it is for the operator."
    )

    of_season = "tournaments that start"

    def count(self, **narrowed: Any) -> int:
        """Return how many lines there are to write."""
        return count_lines(**narrowed)

    def export(self, **arguments: Any) -> int:
        """Write the file, and return how many lines it has."""
        return export_tournaments(**arguments)
