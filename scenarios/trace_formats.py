"""Public traces as job tables, units converted: openb, SWF, philly."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from scenarios.cells import decoded, ids_of, numbers_of, texts_of
from scenarios.inventories import openb_topology
from scenarios.job_table import Faults, Floats, Ints, JobTable, Texts, no_table
from scenarios.problems import Problem, ScenarioError
from scenarios.sheets import MAX_BYTES, UNREADABLE, Sheet, opened, read_columns
from scenarios.traces import finished, read_table
from scenarios.weight import weighed

Submit = Literal["created", "scheduled"]
KIB_PER_GIB = 1024 * 1024

_OPENB_SIZES = ("cpu_milli", "memory_mib", "num_gpu", "gpu_milli")
_OPENB_TIMES = ("creation_time", "deletion_time", "scheduled_time")


def import_openb(
    pods: Path, nodes: Path | None = None, submit: Submit = "created"
) -> tuple[JobTable, dict[str, Any]]:
    """The pods of a production GPU cluster, and its nodes as a `topology` section ({} without).

    `created`: pods are submitted when created and run as long as they ran. `scheduled`: pods
    that were placed are submitted when that happened, so that nothing should wait. Lists
    without times have all pods at 0, running for ever.
    """
    topology = openb_topology(nodes) if nodes else {}
    try:
        sheet = read_columns(pods, _OPENB_SIZES, ("name", "gpu_spec", *_OPENB_TIMES))
    except ScenarioError as error:
        return no_table(pods.name, error.problems), topology
    return _openb(sheet, submit), topology


def _openb(sheet: Sheet, submit: Submit) -> JobTable:
    faults = Faults(sheet.file, sheet.lines, sheet.broken)
    raw = {
        title: numbers_of(decoded(sheet.cells[title], title, faults), title, faults)
        for title in (*_OPENB_SIZES, *_OPENB_TIMES)
        if title in sheet.cells
    }
    for title in _OPENB_SIZES:
        missing = np.isnan(raw[title]) & ~faults.bad
        faults.add(missing, title, "expected a number", lambda i: "nothing")
    numbers, placed = _openb_numbers(raw, submit)
    texts, ids = _openb_words(sheet, faults)
    notes = [] if "creation_time" in raw else [f"{sheet.file}: no times: all at 0, for ever"]
    table = finished(numbers, texts, ids, faults, notes, said=_OPENB_SAID)
    if submit == "created" or "scheduled_time" not in raw:
        return table
    return _only(table, np.append(placed, np.ones(len(sheet.broken), dtype=np.bool_)), "placed")


_OPENB_SAID = {
    "vcpu": "cpu_milli",
    "memory_gib": "memory_mib",
    "gpu": "num_gpu",
    "run_s": "deletion_time",
    "submit_s": "creation_time",
}


def _openb_numbers(raw: Mapping[str, Floats], submit: Submit) -> tuple[dict[str, Floats], Any]:
    """Our columns, and which pods were ever placed."""
    count = raw["num_gpu"]
    # gpu_milli is a share of one device; pods with several devices have them whole
    numbers = {
        "vcpu": raw["cpu_milli"] / 1000,
        "memory_gib": raw["memory_mib"] / 1024,
        "gpu": np.where(count == 0, 0.0, count * raw["gpu_milli"] / 1000),
    }
    nothing = np.full(len(count), np.nan)
    if "creation_time" not in raw:
        return {"submit_s": np.zeros(len(count)), "run_s": nothing, **numbers}, None
    placed_s = raw.get("scheduled_time", nothing)
    began_s = np.where(np.isnan(placed_s), raw["creation_time"], placed_s)
    submit_s = raw["creation_time"] if submit == "created" else began_s
    run_s = raw.get("deletion_time", nothing) - began_s
    return {"submit_s": submit_s, "run_s": run_s, **numbers}, ~np.isnan(placed_s)


def _openb_words(sheet: Sheet, faults: Faults) -> tuple[dict[str, Texts], list[str] | None]:
    cells = sheet.cells
    texts: dict[str, Texts] = {}
    if "gpu_spec" in cells:  # models joined by a bar, as in our own column
        texts["chips"] = texts_of(
            decoded(cells["gpu_spec"], "gpu_spec", faults), "gpu_spec", faults
        )
    if "name" not in cells:
        return texts, None
    return texts, ids_of(decoded(cells["name"], "name", faults), "name", faults)


def _only(table: JobTable, kept: Any, what: str) -> JobTable:
    """The rows that are kept or broken; a note tells how many are left out."""
    kept = kept | table.bad
    left_out = int((~kept).sum())
    notes = [f"{table.file}: {left_out} rows left out, never {what}"] if left_out else []
    return JobTable(
        table.file,
        {name: values[kept] for name, values in table.numbers.items()},
        {name: Texts(text.codes[kept], text.names) for name, text in table.texts.items()},
        table.lines[kept],
        table.bad[kept],
        None if table.ids is None else [table.ids[i] for i in np.flatnonzero(kept).tolist()],
        table.problems,
        (*table.notes, *notes),
    )


_SWF_FIELDS = 18
_SWF_TITLES = {1: "submit", 3: "run", 4: "processors", 8: "requested time", 15: "partition"}


def import_swf(path: Path, partition: Literal["region", "tenant"] | None = None) -> JobTable:
    """A log in the standard workload format; -1 is unknown there.

    Processors become vCPUs of one node, memory per processor is multiplied by them. Where
    asked, the partition (a site) becomes the jobs' region or tenant, by the header's name
    for it or else its number. Jobs whose run or size is unknown are broken rows.
    """
    try:
        fields, lines, broken, header = _swf_lines(path)
    except ScenarioError as error:
        return no_table(path.name, error.problems)
    faults = Faults(path.name, lines, broken)
    numbers = _swf_numbers(fields, faults)
    texts: dict[str, Texts] = {}
    if partition:
        texts[partition] = _swf_partition(fields[:, 15], header)
    ids = [str(number) for number in fields[:, 0].astype(np.int64).tolist()]
    return finished(numbers, texts, ids, faults)


def _swf_lines(path: Path) -> tuple[Floats, Ints, list[Problem], list[str]]:
    """The 18 numbers of each line, its number, lines that have none, and the header."""
    try:
        weighed(path, MAX_BYTES)
        with opened(path) as file:
            text = [line.strip() for line in file]
    except UNREADABLE as error:
        raise ScenarioError([Problem(path.name, message=f"cannot be read: {error}")]) from None
    header = [line[1:].decode("utf-8", "replace") for line in text if line.startswith(b";")]
    rows = [(n, line) for n, line in enumerate(text, 1) if line and not line.startswith(b";")]
    good = [row for row in rows if _is_swf(row[1])]
    right = {n for n, _ in good}
    message = f"expected {_SWF_FIELDS} numbers"
    broken = [Problem(path.name, n, 1, "", message) for n, _ in rows if n not in right]
    flat = np.array(b" ".join(line for _, line in good).split(), dtype=np.float64)
    lines = np.array([n for n, _ in good], dtype=np.int64)
    return flat.reshape(-1, _SWF_FIELDS), lines, broken, header


_NUMBER = rb"[+-]?(?:\d+\.?\d*|\.\d+)"
_SWF_LINE = re.compile(rb"%b(?:\s+%b){%d}" % (_NUMBER, _NUMBER, _SWF_FIELDS - 1))


def _is_swf(line: bytes) -> bool:
    return _SWF_LINE.fullmatch(line) is not None


def _swf_numbers(fields: Floats, faults: Faults) -> dict[str, Floats]:
    processors = np.where(fields[:, 4] > 0, fields[:, 4], fields[:, 7])
    memory_kib = np.where(fields[:, 9] > 0, fields[:, 9], fields[:, 6])
    run_s = fields[:, 3]
    faults.add(run_s < 0, "run time", "expected at least 0", lambda i: int(run_s[i]))
    faults.add(
        processors <= 0, "processors", "expected at least 1", lambda i: int(processors[i])
    )
    numbers = {
        "submit_s": fields[:, 1],
        "run_s": np.where(run_s < 0, np.nan, run_s),
        "vcpu": np.maximum(processors, 0),
        "memory_gib": np.maximum(memory_kib, 0) * np.maximum(processors, 0) / KIB_PER_GIB,
    }
    if (fields[:, 8] > 0).any():
        numbers["estimate_s"] = np.where(fields[:, 8] > 0, fields[:, 8], np.nan)
    return numbers


def _swf_partition(numbers: Floats, header: list[str]) -> Texts:
    found = [re.match(r"\s*Partition:\s*(\d+)\s+(\S+)", line) for line in header]
    names = {int(match[1]): match[2] for match in found if match}
    known, codes = np.unique(numbers.astype(np.int64), return_inverse=True)
    words = tuple(names.get(number, str(number)) for number in known.tolist())
    coded = np.where(known[codes] < 0, -1, codes)
    return Texts(coded.astype(np.int32), words)


def import_philly(path: Path) -> JobTable:
    """GPU jobs of a cluster with the local time of submission and the run in seconds.

    Instants count from midnight of the first day, which a note names for `start`; more than 8
    GPUs become a gang of nodes with 8 each. The virtual cluster is the tenant.
    """
    try:
        sheet = read_columns(path, ("timestamp", "duration", "num_gpus"), ("cluster",))
    except ScenarioError as error:
        return no_table(path.name, error.problems)
    faults = Faults(sheet.file, sheet.lines, sheet.broken)
    instants_s = _instants_s(sheet, faults)
    first_s = np.nanmin(instants_s) // 86_400 * 86_400 if np.isfinite(instants_s).any() else 0.0
    gpus = _philly_number(sheet, "num_gpus", faults)
    wide = (gpus > _PHILLY_NODE) & (gpus % _PHILLY_NODE == 0)
    numbers = {
        "submit_s": instants_s - first_s,
        "run_s": _philly_number(sheet, "duration", faults),
        "gpu": np.where(wide, _PHILLY_NODE, gpus),
        "nodes": np.where(wide, gpus / _PHILLY_NODE, 1.0),
    }
    texts = {}
    if "cluster" in sheet.cells:
        cells = decoded(sheet.cells["cluster"], "cluster", faults)
        texts["tenant"] = texts_of(cells, "cluster", faults)
    start = np.datetime64(int(first_s), "s").astype(datetime).isoformat(timespec="minutes")
    said = {"submit_s": "timestamp", "run_s": "duration", "gpu": "num_gpus"}
    notes = [f"{path.name}: starts on {start}"]
    return finished(numbers, texts, None, faults, notes, said=said)


_PHILLY_NODE = 8


def _philly_number(sheet: Sheet, title: str, faults: Faults) -> Floats:
    values = numbers_of(decoded(sheet.cells[title], title, faults), title, faults)
    missing = np.isnan(values) & ~faults.bad
    faults.add(missing, title, "expected a number", lambda i: "nothing")
    return values


def _instants_s(sheet: Sheet, faults: Faults) -> Floats:
    """Local times as seconds since 1970 began (without a zone: only differences count)."""
    words = texts_of(
        decoded(sheet.cells["timestamp"], "timestamp", faults), "timestamp", faults
    )
    seconds = np.array([_seconds(name) for name in words.names] + [np.nan])
    values = seconds[words.codes]
    wrong = np.isnan(values) & ~faults.bad
    names = (*words.names, "nothing")
    message = "expected a local time, as 2026-03-02 08:30:00"
    faults.add(wrong, "timestamp", message, lambda i: names[words.codes[i]])
    return values


def _seconds(text: str) -> float:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return float("nan")
    if instant.tzinfo is not None:
        return float("nan")
    return (instant - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001 - local on both sides


def import_table(path: Path, columns: Mapping[str, str] | None = None) -> JobTable:
    """Our own table, read and checked."""
    return read_table(path, columns=columns)


READERS: dict[str, Callable[..., JobTable]] = {
    "openb": lambda path, submit: import_openb(path, None, submit)[0],
    "swf": lambda path, submit: import_swf(path),
    "philly": lambda path, submit: import_philly(path),
}
"""Readers of public formats, by their name in a scenario."""
