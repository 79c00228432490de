"""Traces: job tables from CSV (also .gz) and Parquet, and back to files.

The one door to pyarrow in this room.
"""

import csv
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from scenarios.job_table import (
    COLUMNS,
    Bools,
    Faults,
    Floats,
    Ints,
    JobTable,
    Texts,
    check_numbers,
    check_texts,
    no_table,
)
from scenarios.problems import Problem, ScenarioError, guess, seen
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
MOST_LETTERS = 255  # of a name in a cell


@dataclass(slots=True)
class Sheet:
    """Columns of a file as it has them (title to cells), before they get their meaning."""

    file: str
    titles: tuple[str, ...]
    cells: dict[str, Any]  # pyarrow arrays: text, numbers or flags
    lines: Ints
    broken: list[Problem]  # rows that could not even be split into cells


def read_table(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    known: Mapping[str, Iterable[str]] | None = None,
) -> JobTable:
    """The job table that a CSV or Parquet file holds; it never raises for what the file holds.

    `columns` renames ours to theirs; `known` gives the words allowed in a column of names.
    """
    renames = dict(columns or {})
    try:
        titles = titles_of(path)
        problems, notes, wanted = _header(path.name, titles, renames)
        if problems:
            return no_table(path.name, problems, notes)
        sheet = read_sheet(path, titles, list(wanted.values()))
    except ScenarioError as error:
        return no_table(path.name, error.problems)
    return _meaning(sheet, wanted, notes, known or {})


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


def _header(
    file: str, titles: tuple[str, ...], renames: dict[str, str]
) -> tuple[list[Problem], list[str], dict[str, str]]:
    """Problems and notes of the titles, and ours to theirs for the columns that are there."""
    problems = [
        Problem(file, 1, 1, title, "column appears more than once")
        for title, count in Counter(titles).items()
        if count > 1
    ]
    wanted = {ours: renames.get(ours, ours) for ours in COLUMNS}
    # a title that was renamed to one of ours no longer stands for itself
    taken = set(renames.values())
    wanted = {
        o: t for o, t in wanted.items() if t in titles and (o in renames or t not in taken)
    }
    problems += [
        Problem(
            file, 1, 1, theirs, f"no such column, wanted as {ours}", None, guess(theirs, titles)
        )
        for ours, theirs in renames.items()
        if ours in COLUMNS and theirs not in titles
    ]
    strangers = [t for t in titles if t not in wanted.values()]
    problems += _nearly(file, strangers, wanted)
    if "submit_s" not in wanted and "submit_s" not in renames:
        problems.append(Problem(file, 1, 1, "submit_s", "this column is required"))
    listed = seen(", ".join(title for title in strangers))
    notes = [f"{file}: columns not used: {listed}"] if strangers else []
    return problems, notes, wanted


def _nearly(file: str, strangers: list[str], wanted: dict[str, str]) -> list[Problem]:
    absent = [name for name in COLUMNS if name not in wanted]
    close = [(title, _near(title, absent)) for title in strangers]
    return [
        Problem(file, 1, 1, title, "unknown column", None, ours)
        for title, ours in close
        if ours
    ]


def _near(title: str, names: list[str]) -> str | None:
    """One of ours, if `title` is it but for case, spaces or a letter."""
    plain = title.casefold().replace(" ", "_").replace("-", "_")
    return next(
        (n for n in names if plain in (n, f"{n}s") or (len(n) > 3 and _one_apart(plain, n))),
        None,
    )


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter added, dropped, changed or swapped with the next makes them equal."""
    if abs(len(one) - len(other)) > 1:
        return False
    i = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if i is None:
        return True
    swapped = one[:i] + one[i : i + 2][::-1] + one[i + 2 :]
    return other in (swapped, one[:i] + other[i] + one[i + 1 :], one[:i] + one[i + 1 :]) or (
        one == other[:i] + other[i + 1 :]
    )


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


def _meaning(
    sheet: Sheet,
    wanted: Mapping[str, str],
    notes: list[str],
    known: Mapping[str, Iterable[str]],
) -> JobTable:
    """Cells as numbers, flags and words, with everything wrong among them."""
    faults = Faults(sheet.file, sheet.lines, sheet.broken)
    numbers: dict[str, Floats] = {}
    texts: dict[str, Texts] = {}
    ids: list[str] | None = None
    for ours, theirs in wanted.items():
        cells = decoded(sheet.cells[theirs], theirs, faults)
        if ours == "id":
            ids = ids_of(cells, theirs, faults)
        elif COLUMNS[ours].kind == "text":
            texts[ours] = texts_of(cells, theirs, faults)
        elif COLUMNS[ours].kind == "flag":
            numbers[ours] = flags_of(cells, theirs, faults)
        else:
            numbers[ours] = numbers_of(cells, theirs, faults)
    return finished(numbers, texts, ids, faults, notes, said=wanted, known=known)


def finished(
    numbers: dict[str, Floats],
    texts: dict[str, Texts],
    ids: list[str] | None,
    faults: Faults,
    notes: Iterable[str] = (),
    *,
    said: Mapping[str, str] | None = None,
    known: Mapping[str, Iterable[str]] | None = None,
) -> JobTable:
    """The job table of these columns, checked; rows that could not be split come last."""
    check_numbers(numbers, said or {}, faults)
    check_texts(texts, said or {}, known or {}, faults)
    lost = np.array([problem.line for problem in faults.cut], dtype=np.int64)
    n = len(lost)
    table = JobTable(
        faults.file,
        {name: np.append(values, np.full(n, np.nan)) for name, values in numbers.items()},
        {
            name: Texts(np.append(text.codes, np.full(n, -1, dtype=np.int32)), text.names)
            for name, text in texts.items()
        },
        np.append(faults.lines, lost),
        np.append(faults.bad, np.ones(n, dtype=np.bool_)),
        None if ids is None else ids + [""] * n,
        tuple(sorted(faults.problems, key=lambda problem: problem.line)),
        tuple(notes),
    )
    if not table.rows:
        return no_table(
            faults.file, [Problem(faults.file, message="expected at least one row")]
        )
    return table


def decoded(cells: Any, title: str, faults: Faults) -> Any:
    """Bytes as trimmed text; rows that are no UTF-8 are marked and emptied."""
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if not pa.types.is_binary(cells.type) and not pa.types.is_large_binary(cells.type):
        return cells
    try:
        return pyarrow.compute.utf8_trim_whitespace(cells.cast(pa.large_string()))
    except pa.ArrowInvalid:
        words = [_text(cell) for cell in cells.to_pylist()]
    strange = np.array([word is False for word in words], dtype=np.bool_)
    faults.add(strange, title, "expected UTF-8 text", lambda i: None)
    return pa.array([word or None for word in words], type=pa.large_string())


def _text(cell: bytes | None) -> str | bool | None:
    try:
        return None if cell is None else cell.decode().strip()
    except UnicodeDecodeError:
        return False


def numbers_of(cells: Any, title: str, faults: Faults) -> Floats:
    """Cells as float64, nan where empty; rows with anything else are marked."""
    if _is_text(cells):
        return _numbers_of_text(cells, title, faults)
    try:
        numbers = cells.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _all_wrong(cells, title, "expected a number", faults)
    return _finite(numbers, title, faults, lambda i: cells[i].as_py())


def _is_text(cells: Any) -> bool:
    return bool(pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type))


def _numbers_of_text(cells: Any, title: str, faults: Faults) -> Floats:
    try:
        numbers = cells.cast(pa.float64())
    except pa.ArrowInvalid:
        right = pyarrow.compute.match_substring_regex(
            cells, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
        )
        wrong = ~_flags(right, True)
        faults.add(wrong, title, "expected a number", lambda i: cells[i].as_py())
        blanked = pyarrow.compute.if_else(pa.array(~wrong), cells, None)
        numbers = pyarrow.compute.replace_substring_regex(blanked, r"^\+", "").cast(
            pa.float64()
        )
    return _finite(numbers, title, faults, lambda i: cells[i].as_py())


def _flags(cells: Any, empty: bool) -> Bools:
    return np.asarray(cells.fill_null(empty)).astype(np.bool_)


def _finite(numbers: Any, title: str, faults: Faults, got: Callable[[int], Any]) -> Floats:
    """Numbers as an array; an infinite one, or a written nan, is no number."""
    given = np.asarray(numbers.is_valid())
    values = np.array(numbers.fill_null(np.nan), dtype=np.float64)
    wrong = given & ~np.isfinite(values)
    faults.add(wrong, title, "expected a number", lambda i: str(got(i)))
    return np.where(wrong, np.nan, values)


def _all_wrong(cells: Any, title: str, message: str, faults: Faults) -> Floats:
    given = np.asarray(cells.is_valid())
    faults.add(given, title, message, lambda i: str(cells[i].as_py()))
    return np.full(len(cells), np.nan)


_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")


def flags_of(cells: Any, title: str, faults: Faults) -> Floats:
    """True and false as 1 and 0, nan where empty."""
    message = "expected true or false"
    if pa.types.is_boolean(cells.type):
        return np.array(cells.cast(pa.float64()).fill_null(np.nan), dtype=np.float64)
    if not _is_text(cells):
        return _all_wrong(cells, title, message, faults)
    words = pyarrow.compute.utf8_lower(cells)
    yes, no = (
        _flags(pyarrow.compute.is_in(words, pa.array(said, type=words.type)), False)
        for said in (_TRUE, _FALSE)
    )
    faults.add(
        np.asarray(cells.is_valid()) & ~yes & ~no, title, message, lambda i: cells[i].as_py()
    )
    return np.where(yes, 1.0, np.where(no, 0.0, np.nan))


# what `decode.UNSEEN` refuses, tabs and line ends too; lone surrogates are no UTF-8
_UNSEEN = (
    r"[\x00-\x1f\x7f-\x9f\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}"
    r"\x{feff}\x{fff0}-\x{ffff}]"
)


def texts_of(cells: Any, title: str, faults: Faults) -> Texts:
    """Words as codes in order of first appearance; control characters mark the row."""
    cells = _words(cells, title, faults)
    coded = cells.dictionary_encode()
    codes = np.array(coded.indices.fill_null(-1), dtype=np.int32)
    return Texts(codes, tuple(coded.dictionary.to_pylist()))


def ids_of(cells: Any, title: str, faults: Faults) -> list[str]:
    """The names of the jobs; an empty cell is an empty name."""
    names: list[str] = _words(cells, title, faults).fill_null("").to_pylist()
    return names


def _words(cells: Any, title: str, faults: Faults) -> Any:
    try:
        cells = cells.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        _all_wrong(cells, title, "expected text", faults)
        return pa.nulls(len(cells), type=pa.large_string())
    strange = _flags(pyarrow.compute.match_substring_regex(cells, _UNSEEN), False)
    long = _flags(
        pyarrow.compute.greater(pyarrow.compute.utf8_length(cells), MOST_LETTERS), False
    )
    message = f"expected at most {MOST_LETTERS} characters"
    faults.add(strange, title, "expected text without control characters", lambda i: None)
    faults.add(long & ~strange, title, message, lambda i: cells[i].as_py())
    wrong = strange | long
    return pyarrow.compute.if_else(pa.array(~wrong), cells, None) if wrong.any() else cells


def codes_of(values: NDArray[Any]) -> tuple[Ints, NDArray[Any]]:
    """Each value's index among the distinct ones, and those, in order of first appearance."""
    coded = pa.array(values).dictionary_encode()
    return np.asarray(coded.indices, dtype=np.int64), np.asarray(coded.dictionary)


def write_table(path: Path, table: JobTable) -> None:
    """Writes the job table as Parquet, else as CSV by the path's ending; no broken rows.

    In CSV a word that starts as a formula does gets a ' before it: spreadsheets run those.
    """
    arrow = _arrow(table)
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(arrow, path, compression="zstd", row_group_size=1 << 17)
    else:
        pyarrow.csv.write_csv(_without_formulas(arrow), path)


def _without_formulas(table: Any) -> Any:
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            safe = pyarrow.compute.replace_substring_regex(
                table.column(place), r"^([=+@\t\r-])", r"'\1"
            )
            table = table.set_column(place, field, safe)
    return table


def _arrow(table: JobTable) -> Any:
    good = ~table.bad
    columns: dict[str, Any] = {}
    for name in table.columns:
        if name == "id" and table.ids is not None:
            columns[name] = pa.array(table.ids, type=pa.string()).filter(pa.array(good))
        elif name in table.texts:
            columns[name] = pa.array(table.texts[name].values(), type=pa.string()).filter(
                pa.array(good)
            )
        else:
            columns[name] = _arrow_numbers(name, table.numbers[name][good])
    return pa.table(columns)


def _arrow_numbers(name: str, values: Floats) -> Any:
    kinds = {"number": pa.float64(), "count": pa.int64(), "flag": pa.bool_()}
    return pa.array(values, mask=np.isnan(values)).cast(kinds[COLUMNS[name].kind])
