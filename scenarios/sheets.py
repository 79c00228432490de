"""Files of rows as they are: titles and cells of CSV (also .gz) and Parquet, weighed first."""

import csv
import io
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from scenarios.job_table import (
    Bools,
    Ints,
)
from scenarios.problems import Problem, ScenarioError, guess
from scenarios.weight import (
    MOST_COLUMNS,
    MOST_LINE,
    MOST_LINES,
    TooMuchError,
    raw,
    too_large,
    weighed,
)

MAX_BYTES = 2_000_000_000
UNREADABLE = (OSError, EOFError, zlib.error)  # a disk's fault, or a broken gzip's
MOST_UNSPLIT = 100_000  # rows with another number of cells than there are titles


@dataclass(slots=True)
class Sheet:
    """Columns of a file as it has them (title to cells), before they get their meaning."""

    file: str
    titles: tuple[str, ...]
    cells: dict[str, Any]  # pyarrow arrays: text, numbers or flags
    lines: Ints
    broken: list[Problem]  # rows that could not even be split into cells


def titles_of(path: Path) -> tuple[str, ...]:
    """The titles of a file's columns.

    Raises:
        ScenarioError: the file is empty or no text.
    """
    if path.suffix == ".parquet":
        titles = tuple(_parquet(path).schema_arrow.names)
    else:
        titles = _titles_of_text(_first_line(path), path.name)
    if not titles:
        raise _unusable(path.name, "expected a line of column names first")
    if len(titles) > MOST_COLUMNS:
        raise _unusable(path.name, f"expected at most {MOST_COLUMNS:,} columns")
    return titles


def _first_line(path: Path) -> str:
    with opened(path) as file:
        try:
            return file.readline(MOST_LINE).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise _unusable(path.name, "expected UTF-8 text or Parquet") from None
        except UNREADABLE as error:
            raise _unusable(path.name, f"cannot be read: {error}") from None


def _titles_of_text(line: str, file: str) -> tuple[str, ...]:
    try:
        return tuple(title.strip() for title in next(csv.reader([line]), []))
    except csv.Error as error:
        raise _unusable(file, f"cannot be read: {error}") from None


def _unusable(file: str, message: str) -> ScenarioError:
    return ScenarioError([Problem(file, message=message)])


def read_sheet(path: Path, titles: tuple[str, ...], wanted: list[str]) -> Sheet:
    """The cells of the wanted columns, unread rows apart.

    Raises:
        ScenarioError: the file cannot be read at all, or is too large.
    """
    try:
        if path.suffix == ".parquet":
            return _parquet_sheet(path, wanted)
        return _csv_sheet(path, titles, wanted)
    except TooMuchError as error:
        raise _unusable(path.name, str(error)) from None
    except (pa.ArrowInvalid, *UNREADABLE) as error:
        text = str(error).splitlines()[0]
        raise _unusable(path.name, f"cannot be read: {text}") from None


def read_columns(path: Path, required: Iterable[str], others: Iterable[str]) -> Sheet:
    """The cells of these columns of a CSV or Parquet file.

    Raises:
        ScenarioError: a required column is missing, or the file cannot be read.
    """
    titles = titles_of(path)
    missing = [name for name in required if name not in titles]
    twice = [name for name in dict.fromkeys((*required, *others)) if titles.count(name) > 1]
    problems = [
        *(
            Problem(path.name, 1, 1, name, "this column is required", None, guess(name, titles))
            for name in missing
        ),
        *(Problem(path.name, 1, 1, name, "column appears more than once") for name in twice),
    ]
    if problems:
        raise ScenarioError(problems, path.name)
    return read_sheet(path, titles, [name for name in (*required, *others) if name in titles])


def _parquet(path: Path, words: list[str] | None = None) -> Any:
    try:
        return pyarrow.parquet.ParquetFile(path, read_dictionary=words)
    except (pa.ArrowException, OSError):
        raise _unusable(path.name, "expected a Parquet file") from None


def _parquet_sheet(path: Path, wanted: list[str]) -> Sheet:
    """The cells; text stays in its dictionary, which a small file may have a huge one of."""
    schema = _parquet(path).schema_arrow
    fields = {title: schema.field(title).type for title in wanted}
    file = _parquet(path, [title for title, type_ in fields.items() if _is_words(type_)])
    _weigh_parquet(file, set(wanted))
    batches, size = [], 0
    for batch in file.iter_batches(columns=wanted):
        size += sum(_unfolded(column) for column in batch.columns)
        if size > MAX_BYTES:
            raise TooMuchError(too_large(MAX_BYTES))
        batches.append(batch)
    kept = pa.schema([file.schema_arrow.field(title) for title in wanted])
    table = pa.Table.from_batches(batches, schema=kept if not batches else None)
    cells = {title: table.column(title).combine_chunks() for title in wanted}
    return Sheet(path.name, tuple(schema.names), cells, np.arange(1, table.num_rows + 1), [])


def _is_words(type_: Any) -> bool:
    return bool(
        pa.types.is_string(type_)
        or pa.types.is_large_string(type_)
        or pa.types.is_binary(type_)
        or pa.types.is_large_binary(type_)
    )


def _weigh_parquet(file: Any, wanted: set[str]) -> None:
    """Refuses what the file says to be too much, before any of it is unpacked."""
    about = file.metadata
    if about.num_rows >= MOST_LINES:
        raise TooMuchError(f"expected at most {MOST_LINES - 1:,} rows")
    size = 0
    for number in range(about.num_row_groups):
        group = about.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            if column.path_in_schema.split(".")[0] in wanted:
                size += column.total_uncompressed_size
                if column.total_uncompressed_size > MOST_LINE * (group.num_rows + 1):
                    raise TooMuchError(f"expected at most {MOST_LINE:,} bytes in a cell")
    if size > MAX_BYTES:
        raise TooMuchError(too_large(MAX_BYTES))


def _unfolded(column: Any) -> int:
    """Bytes of a column with each cell written out."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = np.asarray(pyarrow.compute.binary_length(column.dictionary).fill_null(0))
    codes = np.asarray(column.indices.drop_null())
    return int(lengths[codes].sum(dtype=np.int64)) + 8 * len(column)


def _csv_sheet(path: Path, titles: tuple[str, ...], wanted: list[str]) -> Sheet:
    weight = weighed(path, MAX_BYTES)
    broken: list[Problem] = []

    def keep(row: Any) -> str:
        message = f"expected {row.expected_columns} columns; got {row.actual_columns}"
        broken.append(Problem(path.name, row.number, 1, "", message))
        return "skip" if len(broken) < MOST_UNSPLIT else "error"

    labels = [f"c{i}" for i in range(len(titles))]
    labels_of = dict(zip(titles, labels, strict=True))
    encoding = "utf8" if weight.is_utf8 else "latin-1"  # a row that cannot be split is text
    with opened(path) as file:
        table = pyarrow.csv.read_csv(
            pa.PythonFile(file, mode="r"),
            pyarrow.csv.ReadOptions(
                use_threads=False, column_names=labels, skip_rows=1, encoding=encoding
            ),
            pyarrow.csv.ParseOptions(invalid_row_handler=keep, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types={label: pa.large_binary() for label in labels},
                include_columns=[labels_of[title] for title in wanted],
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    broken_lines = [problem.line for problem in broken]
    lines = _lines(table.num_rows, broken_lines)
    cells = {title: table.column(labels_of[title]).combine_chunks() for title in wanted}
    filled = ~_blank(path, cells, lines)
    cells = {title: cell.filter(pa.array(filled)) for title, cell in cells.items()}
    if not weight.is_utf8:
        cells = {title: _as_written(cell) for title, cell in cells.items()}
    return Sheet(path.name, titles, cells, lines[filled], broken)


def _as_written(cells: Any) -> Any:
    """The bytes of cells that were read as latin-1, whose letters are the 256 bytes."""
    words = [cell and cell.decode().encode("latin-1") for cell in cells.to_pylist()]
    return pa.array(words, type=pa.large_binary())


def _lines(rows: int, broken_lines: list[int]) -> Ints:
    """The lines of the rows that were split; the first row of data is on line 2."""
    lines = np.arange(2, 2 + rows + len(broken_lines), dtype=np.int64)
    return np.delete(lines, np.array(broken_lines, dtype=np.int64) - 2)


def _blank(path: Path, cells: Mapping[str, Any], lines: Ints) -> Bools:
    """Rows that are nothing but an empty line (a row of commas is no such line)."""
    empty = np.ones(len(lines), dtype=np.bool_)
    for cell in cells.values():
        empty &= np.asarray(cell.is_null())
    if not empty.any():
        return empty
    with opened(path) as file:
        blank = {n for n, line in enumerate(file, 1) if not line.strip()}
    return empty & np.isin(lines, np.array(sorted(blank), dtype=np.int64))


class _Counted(io.RawIOBase):
    """Reads through to another file and stops after `MAX_BYTES`."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._left = MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise TooMuchError(too_large(MAX_BYTES))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def opened(path: Path) -> io.BufferedReader:
    """The bytes of a plain or gzipped file, after decompression."""
    return io.BufferedReader(_Counted(raw(path)), buffer_size=1 << 20)
