"""The rules that rows of a trace carry, read from the trace again: the job table lacks them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.view import Jobs
from scenarios import Ask, Scenario, demand_of

MOST_ROWS = 500_000  # a longer trace whose rows differ is left to the engine
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OwnRules:
    """The rules of a trace's rows: `rows` are the different ones, written as a workload's.

    `of` maps the id of a job to its row; empty where all jobs share the one row.
    """

    rows: tuple[Row, ...]
    of: Mapping[str, int]


def own_rules(scenario: Scenario) -> dict[str, OwnRules]:
    """Workload -> the rules of its rows, for every trace that can be told job by job."""
    traces = tuple(one for one in scenario.workloads if one.kind == "trace")
    found = {}
    for trace in traces:
        rules = _rules_of(scenario.model_copy(update={"workloads": (trace,)}))
        if rules is not None:
            found[trace.name] = rules
    return found


def _rules_of(scenario: Scenario) -> OwnRules | None:
    demand = demand_of(scenario, 1)
    if demand.expected_jobs > MOST_ROWS:
        return None
    rows = [_row(ask) for ask in demand.asks]  # a trace has all its asks from the start
    keys = [str(row) for row in rows]
    first = dict(reversed([*zip(keys, rows, strict=True)]))
    number = {key: at for at, key in enumerate(first)}
    ids: dict[str, int] = {}
    name = scenario.workloads[0].name
    for chunk in demand.chunks(scenario.horizon_us + scenario.drain_us):
        named = chunk.ids or [f"{name}-{n}" for n in chunk.number.tolist()]
        for job, ask in zip(named, chunk.ask.tolist(), strict=True):
            if ids.setdefault(job, number[keys[ask]]) != number[keys[ask]]:
                return None  # two jobs of one id under different rules
    return OwnRules(tuple(first.values()), ids if len(first) > 1 else {})


def _row(ask: Ask) -> Row:
    """The rules of an ask with a workload's keys; its class is already in them."""
    return {
        "security_level": ask.security_level,
        "data": {"at": ask.data_at, "stays_within": ask.stays_within},
        "demand": {"gpu": ask.gpu_m > 0},
        "chips": {
            "any_of": list(ask.chips),
            "isa": list(ask.isa),
            "stack": list(ask.stack),
            "domestic_only": ask.domestic_only,
            "safe_reliable_only": ask.safe_reliable_only,
        },
    }


def own_rows(jobs: Jobs, own: Mapping[str, OwnRules]) -> NDArray[np.int64]:
    """Of each job the number of its row of rules; 0 where its workload has one for all."""
    found = np.zeros(jobs.rows, dtype=np.int64)
    many = {name: rules for name, rules in own.items() if rules.of}
    if not many:
        return found
    codes, names = jobs.coded("workload")
    ids = jobs.column("id")
    for code, name in enumerate(names):
        if name in many:
            at = np.flatnonzero(codes == code)
            found[at] = [many[name].of.get(str(ids[i]), 0) for i in at.tolist()]
    return found
