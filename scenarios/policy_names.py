"""The policies that a scenario may name: by kind, with their options.

What they do is known in the next room; here are the words, so that a wrong one is found
before a run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

POLICY_DEFAULTS: Mapping[str, str] = {
    "dispatch": "local-first",
    "queue": "fcfs",
    "packing": "best-fit",
    "preemption": "none",
    "silos": "none",
    "placement": "greedy",
    "network": "alone",
}
POLICY_NAMES: Mapping[str, tuple[str, ...]] = {
    "dispatch": (
        "local-first",
        "first-fit",
        "nearest",
        "least-loaded",
        "random",
        "round-robin",
        "by-node",
        "cheapest",
        "fastest",
        "planned",
    ),
    "queue": (
        "fcfs",
        "priority",
        "shortest-first",
        "easy-backfill",
        "conservative-backfill",
        "drf",
    ),
    "packing": (
        "best-fit",
        "first-fit",
        "worst-fit",
        "dot-product",
        "gpu-packing",
        "gpu-clustering",
        "fgd",
        "random",
        "planned",
    ),
    "preemption": ("none", "priority"),
    "silos": ("none", "tenant"),
    "placement": ("greedy", "planned"),
    "network": ("alone", "shared"),
}
LINES = ("pool", "site", "cloud", "platform")  # from narrow to wide
TIES = ("name", "shuffled")
# Options that every policy of a kind takes, and the words allowed (None: a count).
POLICY_OPTIONS: Mapping[str, Mapping[str, tuple[str, ...] | None]] = {
    "queue": {"at": LINES, "max_waiting": None},
    "packing": {"ties": TIES},
}
# Options of a policy of its own, by kind and name.
PLANNERS = ("auto", "glop", "pdlp", "cp-sat", "scip", "highs")
WEIGHTS = (
    "wait",
    "latency",
    "transfer",
    "money",
    "energy",
    "carbon",
    "fairness",
    "cross_region",
    "fragmentation",
)
MOST_MIGRATIONS = 1000  # of one plan
OWN_OPTIONS: Mapping[tuple[str, str], Mapping[str, tuple[str, ...] | str]] = {
    ("dispatch", "planned"): {
        "every_s": "above 0",
        "horizon_s": "above 0",
        "fallback": tuple(name for name in POLICY_NAMES["dispatch"] if name != "planned"),
        "solver": PLANNERS,
        "work_limit": "above 0",
        "weights": "weights",
    },
    ("packing", "planned"): {
        "every_s": "above 0",
        "fallback": tuple(
            name for name in POLICY_NAMES["packing"] if name not in ("planned", "random")
        ),
        "migrations": "count",
    },
}
# Likewise for every policy of a kind, but amounts of at least 0, with their default.
POLICY_AMOUNTS: Mapping[str, Mapping[str, float]] = {
    "placement": {"opening_cny_h": 0.0, "delay_cny_h_ms": 1.0},
}
OWN_CODE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


def options_of(kind: str, name: str) -> tuple[str, ...]:
    """The options that a policy of a kind takes."""
    every = (*POLICY_OPTIONS.get(kind, ()), *POLICY_AMOUNTS.get(kind, ()))
    return (*every, *OWN_OPTIONS.get((kind, name), ()))
