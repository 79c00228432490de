"""One column of numbers from a file: gaps between arrivals or spans of work."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenarios.cells import decoded, numbers_of
from scenarios.job_table import Faults
from scenarios.problems import Problem, ScenarioError, guess
from scenarios.sheets import read_sheet, titles_of

_SECONDS = {"_s": 1.0, "_ms": 1e-3, "_us": 1e-6, "_min": 60.0, "_h": 3600.0}
MOST_S = 1e9  # a longer span is a unit mistaken


def sample_s(path: Path, column: str) -> NDArray[np.float64]:
    """The spans of a column in seconds; its name's ending (`_s _ms _us _min _h`) is the unit.

    Without such an ending the numbers are seconds.

    Raises:
        ScenarioError: no such column, no row, or cells that are no number of at least 0.
    """
    titles = titles_of(path)
    if titles.count(column) != 1:
        message = "column appears more than once" if column in titles else "no such column"
        meant = None if column in titles else guess(column, titles)
        raise ScenarioError([Problem(path.name, 1, 1, column, message, None, meant)])
    sheet = read_sheet(path, titles, [column])
    faults = Faults(sheet.file, sheet.lines, sheet.broken)
    values = numbers_of(decoded(sheet.cells[column], column, faults), column, faults)
    values = values * _SECONDS.get("_" + column.rpartition("_")[2], 1.0)
    for wrong, message in (
        (~(values >= 0), "expected a number of at least 0"),
        (values > MOST_S, f"expected a span of at most {MOST_S:g} s"),
    ):
        rows = wrong & ~faults.bad
        faults.add(rows, column, message, lambda i: _written(sheet.cells[column][i].as_py()))
    if not faults.problems and not values.any():
        message = "expected a number above 0 in this column"
        faults.problems.append(Problem(path.name, 0, 0, column, message))
    if faults.problems:
        raise ScenarioError(faults.problems)
    return values


def _written(cell: object) -> str:
    return cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell or "")
