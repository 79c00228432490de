"""The ledger and the bill of generated scenarios: every sum is that of its leaves.

Scenarios of the generator are given prices, watts, tariffs and PUE. Amounts of jobs are worked
out anew from the job table and the scenario as plain data.
"""

import copy
import math
import os
from functools import cache
from itertools import pairwise

import pytest

from bench import measure
from scheduler import simulate
from tests.laws.generator import scenario_of, scenario_tree

COUNT = int(os.environ.get("SUANLI_LEDGER", "100"))
BATCH, FIRST = 20, 400_000
LEAVES = ("tier", "cloud", "site", "pool", "chip")
RESOURCES = (
    "vcpu", "memory_gib", "gpu", "gpu_memory_gib", "dpu", "local_storage_gb",
)  # fmt: skip
KINDS = ("installed", "sellable", "allocated", "used", "idle", "unallocated")
HELD = ("allocated", "used", "idle")
MONEY = (
    "energy_kwh", "energy_allocated_kwh", "energy_idle_kwh", "energy_unallocated_kwh",
    "carbon_kg", "cost_capex_cny", "cost_energy_cny", "cost_network_cny", "cost_cloud_cny",
    "cost_total_cny", "cost_allocated_cny", "cost_idle_cny", "cost_unallocated_cny",
)  # fmt: skip
OF_JOBS = (
    "energy_allocated_kwh", "energy_idle_kwh", "cost_allocated_cny", "cost_idle_cny",
    "cost_network_cny", "cost_cloud_cny",
)  # fmt: skip
PARTS = (
    ("energy_kwh", "energy_allocated_kwh", "energy_unallocated_kwh"),
    ("cost_total_cny", "cost_allocated_cny", "cost_unallocated_cny"),
)


def priced(seed: int) -> dict:
    """A random scenario in which all that money needs is known."""
    tree = copy.deepcopy(scenario_tree(FIRST + seed))
    for n, server in enumerate(tree["topology"]["servers"]):
        server |= {"idle_w": 90 + 7 * n, "peak_w": 400 + 31 * n, "price_cny": 50_000 + 999 * n}
    for n, site in enumerate(tree["topology"]["sites"]):
        site |= {"pue": 1.2 + 0.05 * n, "tariff": ("zhejiang", "shanghai", "hunan")[n % 3]}
    for cloud in tree["topology"]["clouds"]:
        cloud.setdefault("egress_cny_per_gb", 0.25)
    for chip in tree["topology"]["chips"]:
        if chip["kind"] == "dpu":
            chip |= {"idle_w": 30, "tdp_w": 60, "price_cny": 9000}
    return tree


@cache
def told(seed: int) -> tuple[dict, object, dict]:
    """The scenario, its run, and its measures by scope, key and name."""
    tree = priced(seed)
    records = simulate(scenario_of(tree), seed)
    found: dict = {}
    for _, name, _, scope, key, _, value in measure(records).rows():
        found.setdefault(scope, {}).setdefault(key, {})[name] = value
    return tree, records, found


def near(one: float, other: float) -> bool:
    both_unknown = math.isnan(one) and math.isnan(other)
    return both_unknown or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def batches():
    return pytest.mark.parametrize("first", range(0, COUNT, BATCH))


def lines(name: str) -> list[str]:
    return [f"{kind}_{name}" for kind in KINDS]


@batches()
def test_every_roll_up_is_the_sum_of_its_leaves(first):
    broken = {}
    for seed in range(first, min(first + BATCH, COUNT)):
        _, _, found = told(seed)
        whole = found["all"][""]
        names = [n for r in RESOURCES for n in lines(r) if n in whole] + list(MONEY)
        sums = {
            (scope, name): math.fsum(row[name] for row in found.get(scope, {}).values())
            for scope in LEAVES
            for name in names
        }
        names = [f"{kind}_{r}" for r in RESOURCES for kind in HELD]
        sums |= {
            ("tenant", name): math.fsum(row[name] for row in found.get("tenant", {}).values())
            for name in names
            if name in whole
        }
        sums |= {
            (scope, name): math.fsum(row[name] for row in found.get(scope, {}).values())
            for scope in ("tenant", "workload")
            for name in OF_JOBS
        }
        broken |= {
            (seed, *key): (value, whole[key[1]])
            for key, value in sums.items()
            if not near(value, whole[key[1]])
        }
    assert broken == {}


@batches()
def test_each_line_balances(first):
    """Installed >= sellable >= allocated >= used >= 0; what is left is idle and unallocated."""
    broken = []
    for seed in range(first, min(first + BATCH, COUNT)):
        _, _, found = told(seed)
        for scope in ("all", *LEAVES):
            for key, row in found[scope].items():
                for resource in RESOURCES:
                    if f"installed_{resource}" not in row:
                        continue
                    installed, sold, held, used, idle, left = (
                        row[name] for name in lines(resource)
                    )
                    order = [installed, sold, held, used, 0.0]
                    known = [amount for amount in order if not math.isnan(amount)]
                    falls = all(a >= b - 1e-9 for a, b in pairwise(known))
                    if not (falls and near(held, used + idle) and near(sold - held, left)):
                        broken.append((seed, scope, key, resource, order))
    assert broken == []


@batches()
def test_allocated_and_unallocated_are_the_total_bit_by_bit(first):
    broken = []
    for seed in range(first, min(first + BATCH, COUNT)):
        _, _, found = told(seed)
        for scope, rows in found.items():
            for key, row in rows.items():
                for whole, held, rest in PARTS:
                    total, part, left = row[whole], row[held], row[rest]
                    fits = total == part + left and part >= 0 and left >= 0
                    if not (fits or (math.isnan(total) and math.isnan(part + left))):
                        broken.append((seed, scope, key, whole, total, part, left))
    assert broken == []


def window(tree: dict) -> tuple[float, float]:
    return tree.get("warmup_h", 0) * 3600, tree["horizon_h"] * 3600


def held_h(tree: dict, records, column: str) -> dict[str, float]:
    """Unit-hours of a column that jobs of each tenant held inside the window."""
    at = tree["policies"]["queue"]["at"]
    begin_s, end_s = window(tree)
    names = (
        "tenant", "state", "pool", "start_s", "end_s", "submit_s", "wait_s", "dispatch_s",
        "transfer_in_s", "nodes", column,
    )  # fmt: skip
    found: dict[str, float] = {}
    for row in zip(*(records.column(name).tolist() for name in names), strict=True):
        tenant, state, pool, start, end, submit, wait, dispatch, moved, nodes, amount = row
        if pool is None or state not in ("finished", "running"):
            continue
        on_the_way = dispatch + moved
        since = submit + wait if at != "pool" else (start if start == start else math.inf)
        if at == "pool" and state == "running" and start != start:
            since = submit + wait + on_the_way
        until = end if state == "finished" else math.inf
        span = min(until, end_s) - max(since, begin_s)
        found[tenant] = found.get(tenant, 0.0) + max(span, 0) / 3600 * amount * nodes
    return found


@batches()
@pytest.mark.parametrize("column", ["vcpu", "memory_gib"])
def test_what_tenants_hold_is_what_their_jobs_held(first, column):
    broken = {}
    for seed in range(first, min(first + BATCH, COUNT)):
        tree, records, found = told(seed)
        name = f"allocated_{column}"
        begin_s, end_s = window(tree)
        hours = (end_s - begin_s) / 3600
        expected = held_h(tree, records, column)
        whole = math.fsum(expected.values()) / hours
        if not math.isclose(found["all"][""][name], whole, rel_tol=1e-6, abs_tol=1e-6):
            broken[seed] = (found["all"][""][name], whole)
        for tenant, row in found.get("tenant", {}).items():
            mean = expected.get(tenant, 0.0) / hours
            if not math.isclose(row[name], mean, rel_tol=1e-6, abs_tol=1e-6):
                broken[seed, tenant] = (row[name], mean)
    assert broken == {}


@batches()
def test_power_of_own_pools_is_idle_and_what_was_used(first):
    """Idle power of all nodes, and (peak - idle) x the used share of vCPU or of devices."""
    broken = {}
    for seed in range(first, min(first + BATCH, COUNT)):
        tree, _, found = told(seed)
        top = tree["topology"]
        servers = {s["name"]: s for s in top["servers"]}
        rented = {c["name"] for c in top["clouds"] if c.get("on_demand")}
        site = {s["name"]: s for s in top["sites"]}
        begin_s, end_s = window(tree)
        for pool in top["pools"]:
            if pool["cloud"] in rented:
                continue
            server, row = servers[pool["server"]], found["pool"][pool["name"]]
            driver = "gpu" if server.get("accelerators") else "vcpu"
            own = pool.get("dpu") and pool["dpu"] != server.get("dpu")
            idle_w = server["idle_w"] + (30 if own else 0)
            peak_w = server["peak_w"] + (60 if own else 0)
            busy = row[f"used_{driver}"] / row[f"installed_{driver}"]
            watts = pool["nodes"] * (idle_w + (peak_w - idle_w) * busy)
            kwh = watts / 1000 * (end_s - begin_s) / 3600 * site[pool["site"]]["pue"]
            if not near(kwh, row["energy_kwh"]):
                broken[seed, pool["name"]] = (kwh, row["energy_kwh"])
    assert broken == {}
