"""DeltaCrown's own format, described in docs/reference/interchange-format.md."""

from deltacrown.interchange.format import Format
from deltacrown.interchange.formats.deltacrown.matches import MatchReader
from deltacrown.interchange.formats.deltacrown.tournaments import TournamentReader

FORMAT = Format(
    help="DeltaCrown's own interchange format, CSV or NDJSON.",
    matches=MatchReader,
    tournaments=TournamentReader,
)
