"""What the numbers rest on unmeasured: weak catalogue rows, defaults, perfect guesses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.tables import Findings
from bench.view import RunView
from topology import Chip, Server, catalogue_chips, catalogue_servers

WEAKEST_FIRST = (
    "missing",
    "unverified",
    "estimate",
    "mixed",
    "derived",
    "secondary",
    "published",
)
DEFAULT_CLASSES = {"core": ("site", 4), "important": ("province", 3), "general": ("nation", 1)}


@dataclass(frozen=True, slots=True)
class WeakRow:
    """A row of the catalogue in use whose source is less than published, and its pools."""

    name: str
    confidence: str
    source: str
    pools: tuple[str, ...]


def weak_rows(view: RunView) -> list[WeakRow]:
    """Rows of the catalogue that pools stand on and that are not 'published', weakest first."""
    users: dict[str, list[str]] = {}
    rows: dict[str, Server | Chip] = {}
    for pool, row in _rows_in_use(view):
        rows[row.name] = row
        users.setdefault(row.name, []).append(pool)
    weak = [
        WeakRow(
            name,
            row.confidence or "missing",
            row.source or "",
            tuple(dict.fromkeys(users[name])),
        )
        for name, row in rows.items()
        if row.confidence != "published"
    ]
    return sorted(weak, key=lambda row: (_rank(row.confidence), row.name))


def _rank(confidence: str) -> int:
    return WEAKEST_FIRST.index(confidence) if confidence in WEAKEST_FIRST else 0


def _rows_in_use(view: RunView) -> Iterator[tuple[str, Server | Chip]]:
    for resolved in view.resolved.values():
        topology = resolved.get("topology") or {}
        own = _own_rows(topology)
        for pool in topology.get("pools") or ():
            for row in _rows_of(pool, own):
                yield pool["name"], row


def _own_rows(topology: Mapping[str, Any]) -> frozenset[str]:
    """Rows that the scenario writes in place: the planner's numbers, not the catalogue's."""
    parts = [*(topology.get("servers") or ()), *(topology.get("chips") or ())]
    return frozenset(row["name"] for row in parts if not row.get("source"))


def _rows_of(pool: Mapping[str, Any], own: frozenset[str]) -> Iterator[Server | Chip]:
    server = catalogue_servers().get(pool.get("server", ""))
    if server is None or server.name in own:
        return
    yield server
    for name in (server.cpu, server.accelerator, pool.get("dpu") or server.dpu):
        chip = catalogue_chips().get(name or "")
        if chip is not None and chip.name not in own:
            yield chip


def perfect_estimates(findings: Findings) -> list[str]:
    """Workloads whose jobs all declared their true duration, in every run."""
    exact: dict[str, bool] = {}
    for run in findings.tallies.values():
        for name, true in run.exact.items():
            exact[name] = exact.get(name, True) and true
    return sorted(name for name, true in exact.items() if true)


def fully_used(view: RunView) -> list[str]:
    """Workloads without a `use`: whatever they are allocated counts as busy."""
    return sorted(
        {
            workload["name"]
            for resolved in view.resolved.values()
            for workload in resolved.get("workloads") or ()
            if workload.get("use", 1.0) in (None, 1, 1.0)
        }
    )


def data_classes(view: RunView) -> tuple[list[tuple[str, str, int]], bool]:
    """Name, how far it may go and security level of each class; True if all are defaults."""
    resolved = view.resolved.get(view.variants[0], {})
    rows = [
        (row["name"], row["stays_within"], row["security_level"])
        for row in resolved.get("data_classes") or ()
    ]
    return rows, all(DEFAULT_CLASSES.get(name) == (*rest,) for name, *rest in rows)
