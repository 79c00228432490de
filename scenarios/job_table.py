"""The job table: what a trace says of each job, as columns, and the rules its cells obey."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scenarios.asks import STRICTNESS
from scenarios.problems import Problem, either
from scenarios.problems import guess as nearest

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Kind = Literal["number", "count", "flag", "text"]
MOST_TOLD = 10_000  # rows told one by one; a million of them would fill the memory


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the job table: its kind and the least and largest value of a number."""

    kind: Kind
    least: float = 0.0
    most: float = np.inf


COLUMNS: dict[str, Column] = {
    # a span beyond 10^9 s (30 years) is a unit mistaken, not a job
    "submit_s": Column("number", most=1e9),
    "run_s": Column("number", most=1e9),
    "work_h": Column("number", most=1e6),
    "estimate_s": Column("number", most=1e9),
    "vcpu": Column("number", most=1e7),
    "memory_gib": Column("number", most=1e9),
    "gpu": Column("number", most=1e7),
    "gpu_memory_gib": Column("number", most=1e9),
    "dpu_share": Column("number", most=1e7),
    "local_storage_gb": Column("number", most=1e12),
    "nodes": Column("count", least=1, most=1e7),
    "id": Column("text"),
    "tenant": Column("text"),
    "region": Column("text"),
    "class": Column("text"),
    "on": Column("text"),
    "chips": Column("text"),
    "isa": Column("text"),
    "priority": Column("count", least=-1e9, most=1e9),
    "deadline_s": Column("number", most=1e9),
    "preemptible": Column("flag"),
    "security_level": Column("count", least=1, most=5),
    "input_gb": Column("number", most=1e12),
    "input_at": Column("text"),
    "output_gb": Column("number", most=1e12),
    "data_class": Column("text"),
    "stays_within": Column("text"),
}


LISTS = ("chips", "isa")
"""Columns whose cells hold several names, joined by bars."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of words: `codes` index `names`, -1 where the cell is empty."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    def values(self) -> list[str | None]:
        """The words, row by row."""
        names: tuple[str | None, ...] = (*self.names, None)
        return [names[code] for code in self.codes.tolist()]


@dataclass(frozen=True, slots=True)
class JobTable:
    """A trace as columns, in the order of its file.

    `numbers` hold nan where a cell is empty (flags are 0 and 1); `ids` are None where no job
    has a name. `lines` is each row's line in `file` (rows of Parquet count from 1), `bad` marks
    broken rows, all of whose faults are in `problems`. Where `fatal`, the file as a whole
    cannot be used and there are no rows.
    """

    file: str
    numbers: Mapping[str, Floats]
    texts: Mapping[str, Texts]
    lines: Ints
    bad: Bools
    ids: list[str] | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    fatal: bool = False

    @property
    def rows(self) -> int:
        """The number of jobs, broken ones included."""
        return len(self.lines)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that the trace has, in the table's order."""
        have = {*self.numbers, *self.texts, *(("id",) if self.ids is not None else ())}
        return tuple(name for name in COLUMNS if name in have)

    @property
    def last_submit_us(self) -> int:
        """The latest submit, microseconds after the start; 0 without rows."""
        submit_s = self.numbers.get("submit_s", np.zeros(0))
        known = submit_s[np.isfinite(submit_s)]
        return round(float(known.max()) * 1e6) if len(known) else 0

    @property
    def perfect_estimates(self) -> bool:
        """Whether what users declared is unknown, so that the true run is taken for it."""
        return "estimate_s" not in self.numbers

    def refusal(self, on_bad_rows: str) -> tuple[Problem, ...]:
        """The problems that stop a run: all, or under `skip` those of the whole file."""
        return self.problems if self.fatal or on_bad_rows != "skip" else ()


def no_table(file: str, problems: Iterable[Problem], notes: Iterable[str] = ()) -> JobTable:
    """The table of a file that cannot be used."""
    return JobTable(
        file,
        {},
        {},
        np.zeros(0, dtype=np.int64),
        np.zeros(0, dtype=np.bool_),
        problems=tuple(problems),
        notes=tuple(notes),
        fatal=True,
    )


@dataclass(slots=True)
class Faults:
    """Collects what is wrong with the rows of one file; `cut` are rows that have no cells."""

    file: str
    lines: Ints
    cut: list[Problem] = field(default_factory=list)
    bad: Bools = field(init=False)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bad = np.zeros(len(self.lines), dtype=np.bool_)
        self.problems += self.cut

    def add(
        self,
        rows: Bools,
        column: str,
        message: str,
        got: Callable[[int], str | float | int | None],
        guess: Callable[[int], str | None] | None = None,
    ) -> None:
        """Mark these rows broken; `got` and `guess` look a row's cell up."""
        self.bad |= rows
        found = np.flatnonzero(rows).tolist()
        self.problems += [
            Problem(
                self.file,
                int(self.lines[i]),
                1,
                column,
                message,
                got(i),
                guess(i) if guess else None,
            )
            for i in found[:MOST_TOLD]
        ]
        if len(found) > MOST_TOLD:
            more = f"{message}; {len(found) - MOST_TOLD:,} more rows are as wrong"
            self.problems.append(Problem(self.file, path=column, message=more))


def check_numbers(numbers: dict[str, Floats], said: Mapping[str, str], faults: Faults) -> None:
    """Marks rows out of bounds and blanks the cells; `said` is the file's title of a column."""
    for name, values in numbers.items():
        title, wrong = said.get(name, name), np.zeros(len(values), dtype=np.bool_)
        for broken, message in _number_rules(name, values):
            fresh = broken & ~wrong
            faults.add(fresh, title, message, lambda i, v=values: _tidy(v[i]))  # type: ignore[misc]
            wrong |= fresh
        numbers[name] = np.where(wrong, np.nan, values)
    missing = np.isnan(numbers["submit_s"]) & ~faults.bad
    faults.add(
        missing, said.get("submit_s", "submit_s"), "expected a number", lambda i: "nothing"
    )


def _number_rules(name: str, values: Floats) -> Iterator[tuple[Bools, str]]:
    """Which rows break a rule of the column; empty cells (nan) break none."""
    column = COLUMNS[name]
    yield (values < column.least) | (values > column.most), _bounds(column)
    parts = np.isfinite(values) & (values != np.rint(values))
    if column.kind == "count":
        yield parts, "expected a whole number"
    if name == "gpu":
        yield parts & (values > 1), "expected a share up to 1 or a whole number"


def _bounds(column: Column) -> str:
    if np.isinf(column.most):
        return f"expected at least {column.least:g}"
    return f"expected {column.least:g} to {column.most:g}"


def _tidy(value: float) -> float | int:
    return int(value) if value == np.rint(value) else float(value)


def check_texts(
    texts: dict[str, Texts],
    said: Mapping[str, str],
    known: Mapping[str, Iterable[str]],
    faults: Faults,
) -> None:
    """Marks rows with words that the scenario does not know, and blanks those cells.

    `known` gives the allowed words of a column; columns not in it take any word.
    """
    allowed = {"stays_within": STRICTNESS, **known}
    for name in [name for name in texts if name in allowed]:
        words, column = sorted(allowed[name]), texts[name]
        lists = name in LISTS
        strange = np.array(
            [not _is_known(word, words, lists=lists) for word in column.names], dtype=np.bool_
        )
        if not strange.any():
            continue
        wrong = (column.codes >= 0) & strange[column.codes]
        faults.add(
            wrong,
            said.get(name, name),
            f"expected {_one_of(words)}",
            lambda i, c=column: c.names[c.codes[i]],  # type: ignore[misc]
            lambda i, c=column, w=words, o=lists: _meant(  # type: ignore[misc]
                c.names[c.codes[i]], w, lists=o
            ),
        )
        texts[name] = Texts(np.where(wrong, np.int32(-1), column.codes), column.names)


def listed(cell: str) -> tuple[str, ...]:
    """The names of a cell that holds several, joined by bars."""
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def matches(pattern: str, name: str) -> bool:
    """Whether a chip is the one named, or of the family (`ascend-910b*`)."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _is_known(cell: str, words: list[str], *, lists: bool) -> bool:
    parts = listed(cell) if lists else (cell,)
    return all(
        any(matches(part, word) for word in words) if lists else part in words for part in parts
    )


def _meant(cell: str, words: list[str], *, lists: bool) -> str | None:
    """What the first unknown name of a cell was probably meant to be."""
    parts = listed(cell) if lists else (cell,)
    unknown = [part for part in parts if not _is_known(part, words, lists=lists)]
    return nearest(unknown[0], words)


def _one_of(words: list[str]) -> str:
    return either(words) if len(words) <= 8 else "a name that the scenario has"
