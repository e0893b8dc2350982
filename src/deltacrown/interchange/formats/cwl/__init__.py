"""The Call of Duty World League's published files: a row per player and game, a file per tournament.

What the files leave open, and how it is read, is in docs/decisions/0005-cwl-files.md.
"""

from deltacrown.interchange.format import Format
from deltacrown.interchange.formats.cwl.reading import CwlReader

FORMAT = Format(
    help="A file of the Call of Duty World League's data; its tournament, teams and players are created.",
    matches=CwlReader,
)
