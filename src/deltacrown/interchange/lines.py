"""The physical lines of an import file, plain or gzipped, whatever state the file is in."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from deltacrown.core.errors import DomainError

#: No line of a real file is longer; a longer one is refused without being held in memory whole.
LONGEST_LINE = 1 << 20
#: How many lines pass between two reports of progress.
LINES_PER_REPORT = 1000


class FileRefused(DomainError):
    """A file of which nothing can be taken; nothing was changed."""

    code = "file-refused"


class Line(NamedTuple):
    """One physical line without its end; ``problem`` says why its text cannot be trusted."""

    number: int
    text: str
    problem: str


class TolerantGzip(io.RawIOBase):
    """A gzip stream that is read as far as it goes, and then marked as cut off."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._gzip = gzip.GzipFile(fileobj=stream, mode="rb")
        self.was_cut_off = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._gzip.read1(len(buffer))
        except EOFError:
            self.was_cut_off = True
            return 0
        buffer[: len(data)] = data
        return len(data)


class SourceFile:
    """An import file: whether its name says gzip and NDJSON, and its lines as often as they are asked for.

    After ``lines`` was read to its end, ``was_cut_off`` is set when a gzip stream stops in the middle,
    and ``lacks_final_newline`` that the last line was not ended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        name = path.name.lower()
        self.is_gzip = name.endswith(".gz")
        self.is_ndjson = name.removesuffix(".gz").endswith((".ndjson", ".jsonl"))
        self.was_cut_off = False
        self.lacks_final_newline = False
        if not path.exists():
            raise FileRefused(f"{path}: there is no such file.")
        if not path.is_file():
            raise FileRefused(
                f"{path}: this is not a regular file; it is read twice, so save it to disk first."
            )
        self._state = self._look()

    @property
    def size(self) -> int:
        """Return its bytes on disk."""
        return self._state[0]

    def has_changed(self) -> bool:
        """Return whether the file was written to since this object was made."""
        return self._look() != self._state

    def lines(self, report: Callable[[int], None]) -> Iterator[Line]:
        """Yield every physical line, and call ``report`` now and then with the bytes read from disk so far.

        :raises FileRefused: it cannot be opened, is not gzip though its name says so, or is damaged inside.
        """
        try:
            with self.path.open("rb") as stream:
                yield from self._decode(stream, report)
        except (gzip.BadGzipFile, zlib.error) as error:
            raise FileRefused(
                f"{self.path}: the gzip data is damaged ({error}), so none of it can be trusted; "
                "fetch it again."
            ) from error
        except OSError as error:
            raise FileRefused(f"{self.path}: cannot be read: {error.strerror or error}.") from error

    def _look(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_size, status.st_mtime_ns

    def _decode(self, stream: IO[bytes], report: Callable[[int], None]) -> Iterator[Line]:
        unpacked = TolerantGzip(stream) if self.is_gzip else None
        content = io.BufferedReader(unpacked, 1 << 16) if unpacked else stream
        raw = b"\n"
        for number, raw in enumerate(raw_lines(content), start=1):
            if number % LINES_PER_REPORT == 0:
                report(stream.tell())
            if number == 1:
                raw = self._without_mark(raw)  # noqa: PLW2901
            yield decode(number, raw)
        self.lacks_final_newline = not raw.endswith((b"\n", b"\r"))
        self.was_cut_off = unpacked is not None and unpacked.was_cut_off
        report(self.size)

    def _without_mark(self, raw: bytes) -> bytes:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FileRefused(f"{self.path}: this is UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”).")
        return raw.removeprefix(b"\xef\xbb\xbf")


def raw_lines(content: IO[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends, which are LF, CR LF or CR alone, as old programs write it.

    Of a line past ``LONGEST_LINE`` only a beginning of just more than that is yielded.
    """
    begun = b""
    while raw := begun + content.readline(LONGEST_LINE + 1 - len(begun)):
        is_cut = len(raw) > LONGEST_LINE and not raw.endswith(b"\n")
        has_several = begun or b"\r" in raw.rstrip(b"\r\n")
        lines = raw.splitlines(keepends=True) if has_several else [raw]
        begun = b""

        if is_cut and len(lines) > 1:
            begun = lines.pop()
        elif is_cut:
            begun = skip_rest_of_line(content)
            lines = [raw + b"\n"]
        yield from lines


def skip_rest_of_line(content: IO[bytes]) -> bytes:
    """Read on to just after the next line end, and return what was read after it."""
    while rest := content.readline(LONGEST_LINE // 2):
        if len(lines := rest.splitlines(keepends=True)) > 1:
            return rest[len(lines[0]) :]
        if rest.endswith((b"\n", b"\r")):
            break
    return b""


def decode(number: int, raw: bytes) -> Line:
    """Decode a line, with its problem when it has one."""
    problem = ""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        text = raw.decode(errors="replace")
        problem = f"byte {error.start + 1} of the line is not UTF-8; save the file as UTF-8"
    if len(raw) > LONGEST_LINE:
        text, problem = text[:1000], f"it is longer than {LONGEST_LINE:,} bytes; a line end is missing"
    elif "\0" in text:
        problem = "it contains a NUL byte; the file is damaged or is not text"
    return Line(number, text.rstrip("\r\n"), problem)
