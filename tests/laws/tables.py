"""Whole job tables and levels, compared exactly."""

import numpy as np

TEXT = (
    "id", "workload", "tenant", "region", "class", "chip", "site", "pool", "cloud", "tier",
    "state", "reason", "variant",
)  # fmt: skip
NUMBERS = (
    "seed", "nodes", "priority", "preemptions", "node", "counted", "deadline_met", "submit_s",
    "start_s", "end_s", "dispatch_s", "transfer_in_s", "transfer_s", "wait_s", "run_s",
    "latency_s", "estimate_s", "lost_s", "vcpu", "memory_gib", "gpu",
)  # fmt: skip
LEVELS = ("time_s", "length_s", "installed", "capacity", "allocated", "used", "queued")


def differences(one, other, *, leave_out=(), levels=True) -> list[str]:
    """Names of columns and levels that are not the same, with the first row that differs."""
    if one.rows != other.rows:
        return [f"{one.rows} and {other.rows} jobs"]
    found = [
        f"{name}[{_first(one.column(name), other.column(name))}]"
        for name in (*TEXT, *NUMBERS)
        if name not in leave_out and not _same(one.column(name), other.column(name))
    ]
    if levels:
        found += _pieces_differ(one.levels.fragmented, other.levels.fragmented)
        found += [
            name
            for name in LEVELS
            if not _same(getattr(one.levels, name), getattr(other.levels, name))
        ]
    return found


def _pieces_differ(a, b) -> list[str]:
    if a is None or b is None:
        return [] if a is b else ["fragmented"]
    return [] if _same(a, b) else ["fragmented"]


def _same(a, b) -> bool:
    if a.dtype == object or b.dtype == object:
        return a.tolist() == b.tolist()
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _first(a, b) -> str:
    for n, (x, y) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        if x != y and not (x != x and y != y):
            return f"{n}: {x} {y}"
    return ""
