"""Changes of a scenario that change nothing that happens, over random scenarios."""

import copy

import pytest

from scheduler import simulate
from tests.laws.generator import scenario_of, scenario_tree
from tests.laws.tables import differences

COUNT, BATCH, FIRST = 200, 50, 800_000
NAMED = ("pools", "sites", "clouds", "regions", "servers")


def whole(seed: int) -> dict:
    """A random scenario whose streams keep their names whatever is renamed."""
    tree = copy.deepcopy(scenario_tree(FIRST + seed))
    for workload in tree["workloads"]:
        workload["stream"] = workload["name"]
    return tree


def played(tree: dict, engine: str = "lane"):
    return simulate(scenario_of(tree), 7, engine=engine)


def batches():
    rest = [pytest.param(n, marks=pytest.mark.wide) for n in range(BATCH, COUNT, BATCH)]
    return pytest.mark.parametrize("first", [0, *rest])


# -- names -------------------------------------------------------------------------------------


def renamed(tree: dict) -> dict:
    """Every name longer by the same beginning, which keeps their order."""
    names = {row["name"] for key in NAMED for row in tree["topology"].get(key, [])}
    names |= {row["name"] for key in ("workloads", "tenants") for row in tree.get(key, [])}
    told = {k: v for k, v in tree.items() if k not in ("name", "workloads")}
    loads = [
        {**_told(load, names), "stream": load["stream"], "kind": "jobs"}
        for load in tree["workloads"]
    ]
    return {**_told(told, names), "name": tree["name"], "workloads": loads}


def _told(value, names: set[str]):
    if isinstance(value, dict):
        return {key: _told(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_told(inner, names) for inner in value]
    return f"new {value}" if isinstance(value, str) and value in names else value


NAMES = ("id", "workload", "tenant", "region", "site", "pool", "cloud")


@pytest.mark.wide
@batches()
def test_names_in_the_same_order_change_nothing(first):
    found = {}
    for seed in range(first, first + BATCH):
        tree = whole(seed)
        one, other = played(tree), played(renamed(tree))
        differ = differences(one, other, leave_out=NAMES)
        for name in NAMES:
            old, new = one.column(name).tolist(), other.column(name).tolist()
            same = all(b == (a if a is None else f"new {a}") for a, b in _known(name, old, new))
            differ += [] if same else [name]
        if differ:
            found[seed] = differ
    assert found == {}


def _known(name, old, new):
    """Without tenants in the file the tenant is `default`, which nobody renamed."""
    return [
        (a, b)
        for a, b in zip(old, new, strict=True)
        if not (name == "tenant" and a == "default")
    ]


# -- a pool in two -----------------------------------------------------------------------------


def one_cluster(seed: int) -> dict:
    """A random scenario under platform, first-fit and first-fit, without gangs."""
    tree = whole(seed)
    queue = tree["policies"]["queue"]
    queue["at"] = "platform"
    if queue["name"].endswith("backfill"):
        queue["name"] = "fcfs"  # a reservation is in one pool, so there cutting matters
    tree["policies"]["dispatch"] = {"name": "first-fit"}
    tree["policies"]["packing"] = {"name": "first-fit"}
    tree["policies"].pop("preemption", None)  # victims are looked for pool by pool
    for workload in tree["workloads"]:
        workload["demand"].pop("nodes", None)
        workload["demand"].pop("gang_within", None)
    for pool in tree["topology"]["pools"]:
        pool.pop("reserve_share", None)  # a cap on the sum of a pool
        pool["nodes"] += 1
    return tree


def cut(tree: dict) -> tuple[dict, dict[str, tuple[str, int]]]:
    """Each pool as two neighbours; new names to the old one and the nodes before."""
    other = copy.deepcopy(tree)
    pools, back = [], {}
    for pool in tree["topology"]["pools"]:
        some = pool["nodes"] // 2
        left = {**pool, "nodes": some}
        right = {**pool, "name": f"{pool['name']} right", "nodes": pool["nodes"] - some}
        pools += [left, right]
        back[left["name"]], back[right["name"]] = (pool["name"], 0), (pool["name"], some)
    other["topology"]["pools"] = pools
    return other, back


@batches()
def test_a_pool_cut_in_two_neighbours_changes_nothing(first):
    found = {}
    for seed in range(first, first + BATCH):
        tree = one_cluster(seed)
        other, back = cut(tree)
        one, two = played(tree), played(other)
        # of pools it is said which has room, so the reason of a hold may change
        differ = differences(one, two, leave_out=("pool", "node", "reason"), levels=False)
        stood = list(zip(one.column("pool").tolist(), one.column("node").tolist(), strict=True))
        stands = [
            (None, -1) if pool is None else (back[pool][0], back[pool][1] + node)
            for pool, node in zip(
                two.column("pool").tolist(), two.column("node").tolist(), strict=True
            )
        ]
        if differ or stood != stands:
            found[seed] = differ or "nodes"
    assert found == {}


# -- units -------------------------------------------------------------------------------------

SCALES = {"vcpu": 4, "infrastructure_vcpu": 4, "memory_gib": 2, "local_storage_gb": 8}


def scaled(tree: dict) -> dict:
    """vCPU, memory and disks in other units; those of devices stay."""
    other = copy.deepcopy(tree)
    other["topology"]["servers"] = [_scaled(s) for s in tree["topology"]["servers"]]
    for workload in other["workloads"]:
        workload["demand"] = _scaled(workload["demand"])
    for tenant in other.get("tenants", []):
        if "quota" in tenant:
            tenant["quota"] = _scaled(tenant["quota"])
    return other


def _scaled(row: dict) -> dict:
    return {key: value * SCALES[key] if key in SCALES else value for key, value in row.items()}


@pytest.mark.wide
@batches()
def test_units_scaled_by_powers_of_two_change_nothing(first):
    found = {}
    for seed in range(first, first + BATCH):
        tree = whole(seed)
        one, other = played(tree), played(scaled(tree))
        differ = differences(one, other, leave_out=("vcpu", "memory_gib"), levels=False)
        if differ:
            found[seed] = differ
    assert found == {}


# -- what nobody uses --------------------------------------------------------------------------


@batches()
def test_a_site_that_nobody_uses_changes_nothing(first):
    found = {}
    for seed in range(first, first + BATCH):
        tree = whole(seed)
        other = copy.deepcopy(tree)
        top = other["topology"]
        idle = {"name": "a quiet site", "tier": "county", "parent": top["sites"][0]["name"]}
        if "regions" in top:
            top["regions"].append({"name": "quiet", "level": "county", "parent": "cn"})
            idle["region"] = "quiet"
        if "links" in top:
            top["links"].insert(
                0, {"a": idle["name"], "b": top["sites"][0]["name"], "delay_ms": 3}
            )
        top["sites"].insert(0, idle)
        differ = differences(played(tree), played(other))
        if differ:
            found[seed] = differ
    assert found == {}


@pytest.mark.parametrize("engine", [pytest.param("plain", marks=pytest.mark.wide), "lane"])
def test_the_same_scenario_again_is_the_same(engine):
    for seed in range(40):
        tree = whole(seed)
        assert differences(played(tree, engine), played(tree, engine)) == []


@pytest.mark.wide
def test_the_order_of_rows_that_have_none_changes_nothing():
    """Sites, clouds, regions, links, tenants, servers and workloads are found by name."""
    found = {}
    for seed in range(100):
        tree = whole(seed)
        other = copy.deepcopy(tree)
        for key in ("sites", "clouds", "regions", "links", "servers", "chips"):
            if key in other["topology"]:
                other["topology"][key] = other["topology"][key][::-1]
        for key in ("tenants", "workloads"):
            if key in other:
                other[key] = other[key][::-1]
        differ = differences(played(tree), played(other))
        if differ:
            found[seed] = differ
    assert found == {}
