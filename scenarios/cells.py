"""Cells of a column as numbers, flags, names and texts, with everything wrong among them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from scenarios.job_table import (
    Bools,
    Faults,
    Floats,
    Ints,
    Texts,
)

MOST_LETTERS = 255  # of a name in a cell
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")
# what `decode.UNSEEN` refuses, tabs and line ends too; lone surrogates are no UTF-8
_UNSEEN = (
    r"[\x00-\x1f\x7f-\x9f\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}"
    r"\x{feff}\x{fff0}-\x{ffff}]"
)


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
