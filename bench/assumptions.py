"""What the numbers rest on unmeasured: defaults, perfect guesses, prices nobody knows."""

from collections.abc import Mapping
from typing import Any

from bench.tables import Findings
from bench.view import RunView
from topology import catalogue_servers

UNKNOWN = ("price", "watts", "tariff", "egress")
DEFAULT_CLASSES = {"core": ("site", 4), "important": ("province", 3), "general": ("nation", 1)}


def perfect_estimates(findings: Findings) -> list[str]:
    """Workloads whose jobs all declared their true duration, in every run.

    The job table tells estimates in hours of the chip that the work was measured on, so for
    work that runs slower or faster elsewhere the scenario's own word counts.
    """
    exact: dict[str, bool] = {}
    for run in findings.tallies.values():
        for name, true in run.exact.items():
            exact[name] = exact.get(name, True) and true
    declared = {
        str(row["name"])
        for resolved in findings.view.resolved.values()
        for row in resolved.get("workloads") or ()
        if row.get("name") in exact and _declared_exactly(row)
    }
    return sorted(declared | {name for name, true in exact.items() if true})


def _declared_exactly(workload: Mapping[str, Any]) -> bool:
    estimate = workload.get("estimate") or {}
    exact = estimate.get("kind") == "exact" or estimate.get("factor") == 1
    fixed = (workload.get("work") or {}).get("kind") == "fixed"
    return exact or (fixed and not estimate)


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


def unknown_amounts(view: RunView) -> dict[str, list[str]]:
    """What keeps money or energy undefined: its kind -> names, of all variants.

    `price` and `watts` name servers in use, `tariff` sites with pools, `egress` clouds that
    jobs with output run in.
    """
    found: dict[str, dict[str, None]] = {kind: {} for kind in UNKNOWN}
    for resolved in view.resolved.values():
        topology = resolved.get("topology") or {}
        own = {row["name"]: row for row in topology.get("servers") or ()}
        rented = {c["name"] for c in topology.get("clouds") or () if c.get("on_demand")}
        tariffs = {site["name"]: site.get("tariff") for site in topology.get("sites") or ()}
        for cloud in _unpriced(resolved):
            found["egress"][cloud] = None
        for pool in topology.get("pools") or ():
            server = _server(str(pool.get("server", "")), own)
            if pool.get("cloud") not in rented and server.get("price_cny") is None:
                found["price"][str(pool.get("server"))] = None
            if server.get("idle_w") is None or server.get("peak_w") is None:
                found["watts"][str(pool.get("server"))] = None
            if pool.get("cloud") not in rented and not tariffs.get(pool.get("site")):
                found["tariff"][str(pool.get("site"))] = None
    return {kind: sorted(names) for kind, names in found.items() if names}


def _unpriced(resolved: Mapping[str, Any]) -> list[str]:
    """Clouds with pools and without a price of egress, where any workload has a result."""
    topology = resolved.get("topology") or {}
    used = {pool.get("cloud") for pool in topology.get("pools") or ()}
    works = resolved.get("workloads") or ()
    if not any((work.get("data") or {}).get("output_gb") for work in works):
        return []
    clouds = topology.get("clouds") or ()
    return [
        c["name"] for c in clouds if c["name"] in used and c.get("egress_cny_per_gb") is None
    ]


def _server(name: str, own: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    row = catalogue_servers().get(name)
    return own.get(name) or (row.model_dump() if row is not None else {})
