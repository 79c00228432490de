"""What a scenario that is right still lacks: its times, its notes and its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scenarios.arrivals import arrivals_of
from scenarios.decode import Node, Steps, path_text
from scenarios.limits import MOST_JOBS
from scenarios.notes import notes
from scenarios.scenario import MOST_HOURS, Scenario
from scenarios.trace_jobs import trace_table
from scenarios.workload import Jobs, Trace
from topology import Fault

DEFAULT_HORIZON_H = 168.0


def timed(scenario: Scenario) -> Scenario:
    """The scenario with numbers for horizon and drain."""
    horizon_h = scenario.horizon_h
    if horizon_h is None:
        horizon_h = _last_submit_h(scenario)
    drain_h = horizon_h if scenario.drain_h is None else scenario.drain_h
    return scenario.model_copy(update={"horizon_h": horizon_h, "drain_h": drain_h})


def _last_submit_h(scenario: Scenario) -> float:
    """Just after the last submit of the traces; a week without traces."""
    read = traces(scenario)
    if not read:
        return DEFAULT_HORIZON_H
    last_us = max(trace_table(workload, scenario).last_submit_us for workload in read)
    return (last_us + 1) / 3.6e9


def traces(scenario: Scenario) -> list[Trace]:
    """Its workloads that are read from files."""
    return [workload for workload in scenario.workloads if isinstance(workload, Trace)]


def late_faults(scenario: Scenario) -> Iterator[Fault]:
    """What can be judged only when the horizon is known."""
    horizon_h = scenario.horizon_h or 0.0
    if horizon_h > MOST_HOURS:
        i = scenario.workloads.index(traces(scenario)[0])
        message = f"expected a last submit within {MOST_HOURS:,} h"
        yield Fault(("workloads", i, "file"), message, round(horizon_h))
    elif scenario.warmup_us >= scenario.horizon_us:
        message = f"expected less than the horizon ({horizon_h:g} h)"
        yield Fault(("warmup_h",), message, scenario.warmup_h)
    else:
        yield from _too_many_jobs(scenario)


def _too_many_jobs(scenario: Scenario) -> Iterator[Fault]:
    """Jobs whose number a file or bursts decide; the rest was counted before."""
    for i, workload in enumerate(scenario.workloads):
        if isinstance(workload, Jobs):
            name = workload.stream or workload.name
            arrivals = arrivals_of(workload.arrivals, scenario.start, name, scenario.file)
            jobs = arrivals.expected(scenario.horizon_us)
            if not jobs <= MOST_JOBS:
                message = f"expected at most {MOST_JOBS:,} jobs a run, and this is {jobs:,.0f}"
                yield Fault(("workloads", i, "arrivals"), message)


def notes_of(scenario: Scenario, root: Node) -> tuple[str, ...]:
    """What is no problem but worth knowing, each as a line."""
    told = [f"{path_text(root, one.path)}: {one.message}" for one in notes(scenario)]
    for workload in traces(scenario):
        told += trace_table(workload, scenario).notes
    return tuple(dict.fromkeys(told))


def common_notes(variants: tuple[Scenario, ...]) -> tuple[str, ...]:
    """What is true of every variant: a row that one of them uses is used."""
    others = [set(variant.notes) for variant in variants[1:]]
    return tuple(note for note in variants[0].notes if all(note in told for told in others))


def digest_of(
    values: Mapping[str, Any],
    files: Iterable[tuple[Steps, Node]],
    file: Callable[[str], Path],
) -> str:
    """SHA-256 of the values, whose variants have an order, and of the files they name."""
    ordered = {**values, "variants": list(values.get("variants", {}).items())}
    names = sorted({str(node.value) for _, node in files})
    digests = {name: _file_digest(file(name)) for name in names}
    text = json.dumps({"scenario": ordered, "files": digests}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
