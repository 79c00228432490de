"""The jobs of a trace: its table turned into asks and blocks in time order."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.asks import Ask, ClassRules, under_class
from scenarios.cells import codes_of
from scenarios.distributions import ExactEstimate
from scenarios.job_table import LISTS, Floats, Ints, JobTable, listed
from scenarios.jobs import JobChunk
from scenarios.scenario import Scenario
from scenarios.trace_formats import READERS
from scenarios.traces import read_table
from scenarios.work import FOREVER_US, estimates_us
from scenarios.workload import Trace
from topology import speed_classes

UP = 1  # scales of whole numbers
# column of the table: field of the ask, scale to its whole number
_NUMBERS: Mapping[str, tuple[str, int]] = {
    "vcpu": ("vcpu_m", 1000),
    "memory_gib": ("memory_mib", 1024),
    "gpu": ("gpu_m", 1000),
    "gpu_memory_gib": ("gpu_memory_mib", 1024),
    "dpu_share": ("dpu_m", 1000),
    "local_storage_gb": ("local_storage_mb", 1000),
    "nodes": ("nodes", UP),
    "priority": ("priority", UP),
    "preemptible": ("preemptible", UP),
    "security_level": ("security_level", UP),
    "input_gb": ("input_mb", 1000),
    "output_gb": ("output_mb", 1000),
}
_TEXTS = {
    "tenant": "tenant",
    "region": "region",
    "class": "klass",
    "on": "on",
    "chips": "chips",
    "isa": "isa",
    "input_at": "data_at",
    "data_class": "data_class",
    "stays_within": "stays_within",
}
_MISSING = -(2**62)  # an empty cell among whole numbers


def trace_table(workload: Trace, scenario: Scenario) -> JobTable:
    """The job table that a workload of kind `trace` reads, with all its problems.

    Raises:
        ScenarioError: the scenario may not read that file, or it does not exist.
    """
    path = scenario.file(workload.file)
    stat = path.stat()
    return _read(
        path,
        (stat.st_mtime_ns, stat.st_size),
        workload.format,
        workload.submit,
        tuple(sorted(workload.columns.items())),
        _known(scenario),
    )


Words = tuple[tuple[str, tuple[str, ...]], ...]
Pairs = tuple[tuple[str, str], ...]


@lru_cache(maxsize=4)  # seeds and variants share the file; the key holds its time and size
def _read(
    path: Path, _state: object, name: str, submit: str, columns: Pairs, known: Words
) -> JobTable:
    if name == "table":
        return read_table(path, columns=dict(columns), known=dict(known))
    return READERS[name](path, submit)


def _known(scenario: Scenario) -> Words:
    """The words that the scenario allows in a column of names."""
    places, tenants = scenario.topology, scenario.tenants
    chips = places.chips_by_name
    rows: dict[str, Iterable[Any]] = {
        "data_class": scenario.data_classes,
        "input_at": places.sites,
        "region": places.regions or places.sites,
        **({"tenant": tenants} if tenants else {}),
    }
    words: dict[str, Iterable[str]] = {
        "chips": chips,
        "class": speed_classes(),
        "isa": {chip.isa for chip in chips.values() if chip.isa and chip.kind == "cpu"},
        "on": chips,
        **{name: [one.name for one in named] for name, named in rows.items()},
    }
    return tuple((name, tuple(known)) for name, known in words.items())


def sorted_jobs(
    table: JobTable,
    base: Ask,
    data_classes: Iterable[ClassRules],
    asks: list[Ask],
    workload: Trace,
) -> JobChunk:
    """All jobs of the trace in time order (ties by row); appends the asks they need.

    `base` is the workload's own ask, which empty cells take; `workload` gives estimate and
    deadline. Rows without a run time or work run for ever; broken rows are submitted at their
    instant, or at 0 where that is what is broken.
    """
    order = np.argsort(np.nan_to_num(table.numbers["submit_s"]), kind="stable")
    work_us = _work_us(table)[order]
    estimate_s = _numbers(table, "estimate_s")[order]
    declared = estimates_us(workload.estimate or ExactEstimate(kind="exact"), work_us, 0)
    deadline_s = _numbers(table, "deadline_s")[order]
    usual_us = -1 if workload.deadline_h is None else round(workload.deadline_h * 3.6e9)
    return JobChunk(
        submit_us=_us(np.nan_to_num(table.numbers["submit_s"])[order]),
        ask=_asks(table, base, tuple(data_classes), asks)[order],
        work_us=work_us,
        estimate_us=np.where(np.isnan(estimate_s), declared, _us(np.nan_to_num(estimate_s))),
        deadline_us=np.where(np.isnan(deadline_s), usual_us, _us(np.nan_to_num(deadline_s))),
        number=order.astype(np.int64) + 1,
        ids=_ids(table, base.workload, order),
        bad=table.bad[order] if table.bad.any() else None,
    )


def blocks_of(jobs: JobChunk, until_us: int, size: int) -> Iterator[JobChunk]:
    """The jobs submitted before `until_us`, `size` at a time."""
    last = int(np.searchsorted(jobs.submit_us, until_us))
    for first in range(0, last, size):
        yield jobs.part(first, min(first + size, last))


def _numbers(table: JobTable, name: str) -> Floats:
    return table.numbers.get(name, np.full(table.rows, np.nan))


def _us(seconds: Floats) -> Ints:
    return np.rint(seconds * 1e6).astype(np.int64)


def _work_us(table: JobTable) -> Ints:
    """Run times, else hours of work; 0 where the trace says so, for ever where it is silent."""
    run_s, work_s = _numbers(table, "run_s"), _numbers(table, "work_h") * 3600
    span_s = np.where(np.isnan(run_s), work_s, run_s)
    return np.where(np.isnan(span_s), FOREVER_US, _us(np.nan_to_num(span_s)))


def _ids(table: JobTable, workload: str, order: Ints) -> list[str] | None:
    if table.ids is None:
        return None
    return [table.ids[i] or f"{workload}-{i + 1}" for i in order.tolist()]


def _asks(
    table: JobTable, base: Ask, data_classes: tuple[ClassRules, ...], asks: list[Ask]
) -> NDArray[np.int32]:
    """Each row's index among `asks`, to which one ask a distinct row is appended."""
    columns = _varying(table)
    codes, firsts = distinct_rows([values for _, values, _ in columns], table.rows)
    offset = len(asks)
    for row in firsts.tolist():
        given = {field: read(values[row]) for field, values, read in columns}
        ask = replace(
            base, **{field: value for field, value in given.items() if value is not None}
        )
        asks.append(under_class(ask, data_classes))
    return (codes + offset).astype(np.int32)


Field = tuple[str, Ints, Callable[[Any], Any]]


def _varying(table: JobTable) -> list[Field]:
    """Fields of an ask that rows give: whole numbers, and how to read one (None if empty)."""
    found: list[Field] = [
        (field, _whole(table.numbers[name], scale), _flag if name == "preemptible" else _number)
        for name, (field, scale) in _NUMBERS.items()
        if name in table.numbers
    ]
    for name, field in _TEXTS.items():
        if name in table.texts:
            text = table.texts[name]
            words = [listed(word) if name in LISTS else word for word in text.names]
            found.append((field, text.codes.astype(np.int64), _reader(words)))
    runs, works = (~np.isnan(_numbers(table, name)) for name in ("run_s", "work_h"))
    found.append(("forever", (~runs & ~works).astype(np.int64), bool))
    found.append(("run_is_fixed", runs.astype(np.int64), bool))
    return found


def _whole(values: Floats, scale: int) -> Ints:
    """Rounded up, once; noise below 1e-6 of a unit adds nothing."""
    up = np.ceil(np.round(np.nan_to_num(values) * scale, 6)).astype(np.int64)
    return np.where(np.isnan(values), _MISSING, up)


def _number(value: Any) -> int | None:
    return None if value == _MISSING else int(value)


def _flag(value: Any) -> bool | None:
    return None if value == _MISSING else bool(value)


def _reader(words: list[Any]) -> Callable[[Any], Any]:
    return lambda code: None if code < 0 else words[code]


def distinct_rows(columns: list[Ints], rows: int) -> tuple[Ints, Ints]:
    """Each row's index among the distinct rows, and the first row of each, in order."""
    codes = np.zeros(rows, dtype=np.int64)
    for values in columns:
        if (values == values[0]).all():
            continue
        own, kinds = codes_of(values)
        codes, _ = codes_of(codes * len(kinds) + own)
    firsts = np.full(int(codes.max()) + 1, -1, dtype=np.int64)
    firsts[codes[::-1]] = np.arange(rows - 1, -1, -1)  # of equal codes the last write wins
    return codes, firsts
