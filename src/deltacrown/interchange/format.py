"""What an import format is, and finding the installed ones.

A format says what its files look like and makes drafts of their lines. Reading the file, recording the
drafts, rejects and progress are the same for all and are done for it.

The formats are the entry points of the group ``deltacrown.formats``, whatever package declares them, and
those in ``formats.BUILT_IN``, which need no installation (a checkout on ``PYTHONPATH``, an old ``.venv``).
A name that two packages give to different objects belongs to neither.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from deltacrown.core.errors import DomainError
from deltacrown.interchange.columns import Columns
from deltacrown.interchange.drafts import Draft, MatchDraft, TournamentDraft
from deltacrown.interchange.formats import BUILT_IN
from deltacrown.interchange.groups import Group
from deltacrown.interchange.lines import SourceFile
from deltacrown.interchange.rows import Row, open_rows

GROUP = "deltacrown.formats"
DEFAULT = "deltacrown"
#: What a file can be a list of; the names of the fields of ``Format``.
Kind = Literal["matches", "tournaments"]

D = TypeVar("D", bound=Draft)


class FormatRefused(DomainError):
    """A format that is not installed, cannot be loaded, or does not read this kind of file."""

    code = "format-refused"


class FileReader(ABC, Generic[D]):
    """Reads one file of a format. A new one is made for every file.

    The file is read twice, so that memory holds only what is begun and not yet complete. In the first pass
    ``look`` is given every row. Then ``begin`` is called, ``read`` for every group of rows, and ``finish``.
    Only ``columns`` and ``read`` must be there.
    """

    columns: Columns
    #: Create what is unknown, as ``--create-missing`` does.
    creates_missing = False

    def __init__(self, path: Path) -> None:
        """Prepare to read a file.

        :raises FileRefused: its name rules it out.
        """
        self.path = path

    def rows(self, source: SourceFile, report: Callable[[int], None]) -> Iterator[Row]:
        """Yield every row of the file in order, broken ones too: of CSV or NDJSON, by the file's name.

        A format of other files overrides this. It makes a ``Row`` of each part that belongs to one match.
        """
        return open_rows(source, self.columns, report).rows()

    def look(self, row: Row) -> None:
        """Take note of a row in the first pass."""

    def begin(self, *, whole: bool, now: datetime) -> None:
        """Record what must be there before the first group; ``whole`` when every line could be read."""

    def split(self, group: Group) -> list[Group]:
        """Return the matches or tournaments that a group of rows with one key is; most often itself."""
        return [group]

    @abstractmethod
    def read(self, group: Group) -> D:
        """Convert all rows of one match or tournament into a draft.

        It is called in a thread of its own while others are recorded, as ``split`` is: both ask no database.

        :raises GroupRefused: naming every line that is wrong and how to mend it.
        """

    def finish(self, *, whole: bool, now: datetime) -> list[str]:
        """Record what is known only at the end, and return remarks; ``whole`` when nothing was refused."""
        return []


@dataclass(frozen=True, kw_only=True)
class Format:
    """An import format, under the name of the entry point that names it.

    :param help: one sentence for ``--help``: what the files are.
    :param matches: makes the reader of a file of matches; None when the format has no such files.
    :param tournaments: the same for a file of tournaments.
    """

    help: str
    matches: Callable[[Path], FileReader[MatchDraft]] | None = None
    tournaments: Callable[[Path], FileReader[TournamentDraft]] | None = None


def list_formats() -> dict[str, list[EntryPoint]]:
    """Return what each format's name stands for: one entry point, or several that contradict each other."""
    built_in = [EntryPoint(name, value, GROUP) for name, value in BUILT_IN.items()]
    formats: dict[str, list[EntryPoint]] = {}
    for entry_point in [*built_in, *entry_points(group=GROUP)]:
        known = formats.setdefault(entry_point.name, [])
        if all(other.value != entry_point.value for other in known):
            known.append(entry_point)

    return dict(sorted(formats.items()))


def load_format(name: str) -> Format:
    """Return the format of that name.

    :raises FormatRefused: it is not installed, two packages give that name, or it cannot be loaded.
    """
    formats = list_formats()
    if name not in formats:
        raise FormatRefused(f"There is no format {name!r}; installed are {', '.join(formats)}.")

    first, *others = formats[name]
    if others:
        values = " and ".join(each.value for each in [first, *others])
        raise FormatRefused(
            f"The format {name} is given by two packages, as {values}; uninstall one of them."
        )
    return _load(first)


def find_reader(name: str, kind: Kind) -> Callable[[Path], FileReader[Any]]:
    """Return what makes the readers of a format's files of one kind.

    :raises FormatRefused: there is no such format, or it has no files of that kind.
    """
    reader: Callable[[Path], FileReader[Any]] | None = getattr(load_format(name), kind)
    if reader is None:
        raise FormatRefused(f"The format {name} has no files of {kind}.")
    return reader


def describe_formats(kind: Kind) -> Mapping[str, str]:
    """Return name → help of the formats with files of one kind; of one that cannot be loaded, why not."""
    described: dict[str, str] = {}
    for name in list_formats():
        try:
            loaded = load_format(name)
        except FormatRefused as refusal:
            described[name] = refusal.message
        else:
            described |= {name: loaded.help} if getattr(loaded, kind) else {}
    return described


def _load(entry_point: EntryPoint) -> Format:
    try:
        loaded = entry_point.load()
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise FormatRefused(
            f"The format {entry_point.name} ({entry_point.value}) cannot be loaded: {what}"
        ) from error

    if not isinstance(loaded, Format):
        what = "its entry point must name a deltacrown.interchange.format.Format"
        raise FormatRefused(f"The format {entry_point.name} ({entry_point.value}) is none: {what}.")
    return loaded
