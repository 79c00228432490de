"""Traces: job tables from CSV (also .gz) and Parquet, and back to files."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from scenarios.cells import decoded, flags_of, ids_of, numbers_of, texts_of
from scenarios.job_table import (
    COLUMNS,
    Faults,
    Floats,
    JobTable,
    Texts,
    check_numbers,
    check_texts,
    no_table,
)
from scenarios.problems import Problem, ScenarioError, guess, seen
from scenarios.sheets import Sheet, read_sheet, titles_of


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
