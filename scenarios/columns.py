"""One column of numbers from a CSV file: gaps between arrivals or spans of work."""

import csv
import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.problems import Problem, ScenarioError, guess

_SECONDS = {"_s": 1.0, "_ms": 1e-3, "_us": 1e-6, "_min": 60.0, "_h": 3600.0}


def sample_s(path: Path, column: str) -> NDArray[np.float64]:
    """The spans of a column in seconds; its name's ending (`_s _ms _us _min _h`) is the unit.

    Without such an ending the numbers are seconds.

    Raises:
        ScenarioError: no such column, no row, or a cell that is no finite number of at least 0.
    """
    values = np.array(_cells(path, column), dtype=np.float64)
    if not values.any():
        raise _problem(path, 0, column, "expected a number above 0 in this column")
    ending = "_" + column.rpartition("_")[2]
    return values * _SECONDS.get(ending, 1.0)


def _problem(
    path: Path, line: int, column: str, message: str, got: str | None = None
) -> ScenarioError:
    return ScenarioError([Problem(path.name, line, 1 if line else 0, column, message, got)])


def _cells(path: Path, column: str) -> list[float]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text)
            header = next(rows, [])
            if column not in header:
                raise ScenarioError(
                    [
                        Problem(
                            path.name,
                            1,
                            1,
                            column,
                            "no such column",
                            None,
                            guess(column, header),
                        )
                    ]
                )
            at = header.index(column)
            return [_number(path, row, at, column, n) for n, row in enumerate(rows, 2) if row]
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error, csv.Error):
        raise _problem(path, 0, "", "expected a CSV file in UTF-8") from None


def _number(path: Path, row: list[str], at: int, column: str, line: int) -> float:
    cell = row[at] if at < len(row) else ""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise _problem(path, line, column, "expected a number of at least 0", cell)
    return value
