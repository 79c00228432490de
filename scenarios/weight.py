"""How much a table is, told block by block before anything of it is kept."""

import codecs
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLOCK = 1 << 20
MOST_LINE = 1_000_000  # bytes of one line
MOST_LINES = 100_000_001  # the jobs of a run and a line of titles
MOST_COLUMNS = 1_000


class TooMuchError(OSError):
    """There is more in a file than a scenario may hold."""


@dataclass(slots=True)
class Weight:
    """What was seen of a file so far: bytes, lines, and whether all of it is UTF-8."""

    most_bytes: int
    count: int = 0
    lines: int = 0
    line: int = 0  # bytes since the last end of a line
    is_utf8: bool = True

    def add(self, block: bytes) -> None:
        """Take one more block into account.

        Raises:
            TooMuchError: that is too much.
        """
        self.count += len(block)
        if self.count > self.most_bytes:
            raise TooMuchError(too_large(self.most_bytes))
        ends = block.count(b"\n")
        self.lines += ends
        if self.lines > MOST_LINES:
            raise TooMuchError(f"expected at most {MOST_LINES - 1:,} rows")
        self.line = len(block) - block.rfind(b"\n") - 1 if ends else self.line + len(block)
        if self.line > MOST_LINE:
            message = f"line {self.lines + 1}: expected at most {MOST_LINE:,} bytes in a line"
            raise TooMuchError(message)


def too_large(most_bytes: int) -> str:
    """What is said of a file of more bytes than that."""
    return f"expected at most {most_bytes // 1_000_000_000} GB after decompression"


def weighed(path: Path, most_bytes: int) -> Weight:
    """The weight of a plain or gzipped table; reads all of it, keeps nothing.

    Raises:
        TooMuchError: it has too many bytes or lines, or too long a line.
        OSError, EOFError, zlib.error: it cannot be read.
    """
    if path.stat().st_size > most_bytes:
        raise TooMuchError(too_large(most_bytes))
    weight = Weight(most_bytes)
    decoder = codecs.getincrementaldecoder("utf-8")()
    for block in blocks(path):
        weight.add(block)
        weight.is_utf8 = weight.is_utf8 and _takes(decoder, block)
    weight.is_utf8 = weight.is_utf8 and _takes(decoder, b"", final=True)
    return weight


def blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a plain or gzipped file, block by block."""
    with raw(path) as file:
        while block := file.read(BLOCK):
            yield block


def raw(path: Path) -> Any:
    """A plain or gzipped file, opened for its bytes after decompression."""
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _takes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True
