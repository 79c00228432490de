"""Small random scenarios: random subsets of everything that a scenario may say today.

`scenario_tree(seed)` is plain data, the same for the same seed; `scenario_of(tree)` checks it
as the reader would and gives the resolved scenario, without the way over a file.
"""

import json
from dataclasses import dataclass

import numpy as np

from scenarios import Scenario
from scenarios.checks import check
from topology import complete

CHIPS = [
    {"name": "cpu-x", "kind": "cpu", "isa": "x86_64", "cores": 32, "domestic": False},
    {"name": "cpu-k", "kind": "cpu", "isa": "aarch64", "cores": 64, "domestic": True,
     "safe_reliable": True},
    {"name": "card-40", "kind": "gpu", "memory_gib": 40, "domestic": False},
    {"name": "card-80", "kind": "gpu", "memory_gib": 80, "slices": [125, 250, 500, 1000],
     "domestic": False},
    {"name": "npu-64", "kind": "npu", "memory_gib": 64, "domestic": True},
    {"name": "npu-unknown", "kind": "npu", "domestic": True},
    {"name": "dpu-1", "kind": "dpu", "network_gbit_s": 100},
]  # fmt: skip
SERVERS = [
    {"name": "host-16", "cpu": "cpu-x", "sockets": 1, "vcpu": 16, "memory_gib": 64,
     "local_storage_gb": 1000, "nic_gbit_s": 25, "infrastructure_vcpu": 2},
    {"name": "host-64", "cpu": "cpu-k", "sockets": 2, "vcpu": 64, "memory_gib": 256,
     "nic_gbit_s": 10},
    {"name": "host-small", "cpu": "cpu-k", "sockets": 1, "vcpu": 4, "memory_gib": 16,
     "local_storage_gb": 100},
    {"name": "host-odd", "cpu": "cpu-x", "sockets": 1, "vcpu": 7.5, "local_storage_gb": 200},
    {"name": "gpu-40x2", "cpu": "cpu-x", "accelerator": "card-40", "accelerators": 2,
     "sockets": 1, "vcpu": 32, "memory_gib": 128, "nic_gbit_s": 100},
    {"name": "gpu-80x4", "cpu": "cpu-x", "accelerator": "card-80", "accelerators": 4,
     "dpu": "dpu-1", "sockets": 2, "vcpu": 64, "memory_gib": 512, "local_storage_gb": 2000},
    {"name": "npu-x8", "cpu": "cpu-k", "accelerator": "npu-64", "accelerators": 8, "sockets": 2,
     "vcpu": 96, "memory_gib": 768, "infrastructure_vcpu": 12},
    {"name": "npu-dark", "cpu": "cpu-k", "accelerator": "npu-unknown", "accelerators": 2,
     "sockets": 1, "vcpu": 48, "memory_gib": 192},
]  # fmt: skip
DISPATCH = (
    "local-first", "first-fit", "nearest", "least-loaded", "random", "round-robin", "by-node",
    "cheapest", "fastest",
)  # fmt: skip
QUEUES = (
    "fcfs", "priority", "shortest-first", "easy-backfill", "easy-backfill", "drf",
    "conservative-backfill",
)  # fmt: skip
LINES = ("pool", "site", "cloud", "platform")
PACKINGS = (
    "best-fit", "first-fit", "worst-fit", "dot-product", "gpu-packing", "gpu-clustering", "fgd",
    "random",
)  # fmt: skip
TENANTS = ("alpha", "beta", "delta")
LEVELS = ("nation", "province", "city", "county")


@dataclass(frozen=True)
class Dice:
    """Draws of plain Python values."""

    rng: np.random.Generator

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def pick(self, values):
        return values[int(self.rng.integers(len(values)))]

    def some(self, values, least: int = 1):
        count = self.whole(least, len(values))
        chosen = sorted(self.rng.permutation(len(values))[:count].tolist())
        return [values[i] for i in chosen]


def scenario_tree(seed: int) -> dict:
    """A scenario as plain data. At most 60 nodes and about 300 jobs."""
    dice = Dice(np.random.default_rng(seed))
    horizon_h = dice.pick([1, 1, 2, 2.5])
    topology = _topology(dice)
    at = dice.pick(LINES)
    tenants = _tenants(dice) if dice.chance(0.5) else []
    if tenants:
        for pool in topology["pools"]:
            if dice.chance(0.2):
                pool["reserved_for"] = dice.some(TENANTS)
    _keep_some_for_gpu_jobs(dice, topology)
    instants = dice.chance(0.5)  # everything on whole minutes, so that much happens at once
    workloads = [
        _workload(dice, f"load-{n}", topology, at, horizon_h, tenants, instants=instants)
        for n in range(dice.whole(1, 4))
    ]
    tree = {
        "name": f"laws-{seed}",
        "horizon_h": horizon_h,
        "warmup_h": dice.pick([0, 0, 0.25, 0.5]),
        "drain_h": dice.pick([0, 0.5, 1, horizon_h]),
        "levels_every_s": dice.pick([300, 60, 700]),
        "topology": topology,
        "workloads": workloads,
        "policies": _policies(dice, at),
    }
    if tenants:
        tree["tenants"] = tenants
    if dice.chance(0.2):
        tree["data_classes"] = {
            "core": {"stays_within": "city", "security_level": 2},
            "secret": {"stays_within": "county", "security_level": 3},
        }
    return _crowded(dice, tree) if dice.chance(0.4) else tree


def _keep_some_for_gpu_jobs(dice: Dice, topology: dict) -> None:
    cards = {server["name"] for server in SERVERS if server.get("accelerators")}
    for pool in topology["pools"]:
        if pool["server"] in cards and dice.chance(0.15):
            pool["gpu_jobs_only"] = True


def _crowded(dice: Dice, tree: dict) -> dict:
    """Few nodes that nearly everyone may use, and more work than they can do: long lines."""
    topology = tree["topology"]
    topology["pools"] = topology["pools"][: dice.whole(1, 3)]
    for pool in topology["pools"]:
        pool["nodes"] = min(pool["nodes"], 3)
        for key in ("stack", "security_level"):
            pool.pop(key, None)
    used = {pool["server"] for pool in topology["pools"]}
    topology["servers"] = [server for server in SERVERS if server["name"] in used]
    for workload in tree["workloads"]:
        for key in ("chips", "security_level"):
            workload.pop(key, None)
        for key in ("stays_within", "data_class"):
            workload.get("data", {}).pop(key, None)
        demand = workload["demand"]
        for key in ("dpu_share", "local_storage_gb"):
            demand.pop(key, None)
        demand["vcpu"] = dice.pick([0.5, 1, 2, 3])
        if all("accelerator" not in server for server in topology["servers"]):
            demand.pop("gpu", None)
            demand.pop("gpu_memory_gib", None)
        if demand.get("nodes", 1) > 2:
            demand["nodes"] = 2
        workload["work"]["mean_h"] = dice.pick([0.25, 0.5, 1])
        if workload["work"]["kind"] == "forever":
            workload["work"]["kind"] = "fixed"
    return tree


def _policies(dice: Dice, at: str) -> dict:
    queue = {"name": dice.pick(QUEUES), "at": at}
    if dice.chance(0.3):
        queue["max_waiting"] = dice.pick([0, 0, 1, 2, 5])
    packing = {"name": dice.pick(PACKINGS)}
    if dice.chance(0.2):
        packing["ties"] = "shuffled"
    found = {"dispatch": {"name": dice.pick(DISPATCH)}, "queue": queue, "packing": packing}
    if dice.chance(0.05):
        found["silos"] = {"name": "tenant"}
    return found


def _topology(dice: Dice) -> dict:
    clouds = [
        {"name": name, "control_plane_delay_ms": dice.pick([0, 0, 80, 1000, 60000])}
        for name in ("gov-a", "gov-b", "public")[: dice.whole(1, 3)]
    ]
    for cloud in clouds:
        if dice.chance(0.4):
            prices = {"vcpu": dice.pick([0.1, 0.3]), "memory_gib": 0.02, "gpu": 9.0}
            cloud |= {"on_demand": True, "price_cny_h": prices, "egress_cny_per_gb": 0.5}
    sites = _sites(dice)
    regions = _regions(dice, sites) if dice.chance(0.6) else []
    pools = _pools(dice, sites, clouds)
    used = {pool["server"] for pool in pools}
    topology = {
        "chips": CHIPS,
        "servers": [server for server in SERVERS if server["name"] in used],
        "clouds": clouds,
        "sites": sites,
        "pools": pools,
    }
    if regions:
        topology["regions"] = regions
    links = _links(dice, sites) if dice.chance(0.7) else []
    if links:
        topology["links"] = links
    return topology


def _sites(dice: Dice) -> list[dict]:
    sites = []
    for n in range(dice.whole(1, 5)):
        site = {"name": f"site-{'dbace'[n]}", "tier": dice.pick(["province", "city", "county"])}
        if sites and dice.chance(0.7):
            site["parent"] = dice.pick(sites)["name"]
        sites.append(site)
    return sites


def _regions(dice: Dice, sites: list[dict]) -> list[dict]:
    """Two provinces, their cities and a county; sites stand in some of them."""
    regions = [
        {"name": "cn", "level": "nation"},
        {"name": "zj", "level": "province", "parent": "cn"},
        {"name": "js", "level": "province", "parent": "cn"},
        {"name": "hz", "level": "city", "parent": "zj", "population": 300},
        {"name": "nb", "level": "city", "parent": "zj", "population": 100},
        {"name": "nj", "level": "city", "parent": "js"},
        {"name": "xihu", "level": "county", "parent": "hz", "population": 50},
    ]
    for site in sites:
        site["region"] = dice.pick([region["name"] for region in regions])
    sites[0]["region"] = "cn"  # so that every region finds a home
    return regions


def _links(dice: Dice, sites: list[dict]) -> list[dict]:
    """A tree, so that each path is the only one."""
    links = []
    for n, site in enumerate(sites[1:], 1):
        link = {
            "a": site["name"],
            "b": dice.pick(sites[:n])["name"],
            "delay_ms": dice.pick([0, 1.25, 2.5, 7]),
        }
        if dice.chance(0.7):
            link["capacity_gbit_s"] = dice.pick([1, 10, 40])
            link["share"] = dice.pick([1.0, 0.5, 0.25])
        links.append(link)
    return links


def _pools(dice: Dice, sites: list[dict], clouds: list[dict]) -> list[dict]:
    left, pools = 60, []
    for n in range(dice.whole(1, 6)):
        nodes = min(dice.pick([1, 1, 2, 2, 3, 5, 9]), left)
        left -= nodes
        pool = {
            "name": f"pool-{'qmzakt'[n]}",
            "site": dice.pick(sites)["name"],
            "cloud": dice.pick(clouds)["name"],
            "server": dice.pick(SERVERS)["name"],
            "nodes": nodes,
        }
        if dice.chance(0.2):
            pool["reserve_share"] = dice.pick([0.1, 0.25, 0.5])
        if dice.chance(0.4):
            pool["security_level"] = dice.whole(2, 5)
        if dice.chance(0.3):
            pool["stack"] = dice.pick(["cuda", "mindie"])
        if dice.chance(0.2):
            pool["dpu"] = "dpu-1"
        pools.append(pool)
    return pools


def _tenants(dice: Dice) -> list[dict]:
    tenants = []
    for name in TENANTS:
        tenant = {"name": name}
        if dice.chance(0.4):
            tenant["weight"] = dice.pick([0.5, 1, 2, 3])
        if dice.chance(0.6):
            quota = {}
            if dice.chance(0.7):
                quota["vcpu"] = dice.pick([2, 8, 16.5, 40])
            if dice.chance(0.4):
                quota["gpu"] = dice.pick([0.5, 1, 3, 8])
            if dice.chance(0.3):
                quota["memory_gib"] = dice.pick([16, 64, 200])
            if quota:
                tenant["quota"] = quota
        tenants.append(tenant)
    return tenants


def _workload(
    dice: Dice,
    name: str,
    topology: dict,
    at: str,
    horizon_h: float,
    tenants: list[dict],
    *,
    instants: bool,
) -> dict:
    workload = {
        "name": name,
        "kind": "jobs",
        "arrivals": _arrivals(dice, horizon_h, instants=instants),
        "demand": _demand(dice, at),
        "work": _work(dice, instants=instants),
    }
    if tenants:
        workload["tenant"] = dice.pick(TENANTS)
    places = [place["name"] for place in topology.get("regions", topology["sites"])]
    if dice.chance(0.7):
        workload["region"] = dice.pick(places)
        if "regions" in topology and dice.chance(0.2):
            workload["region"] = {"weights": "population"}
    if dice.chance(0.5):
        workload["data"] = _data(dice, topology, known="region" in workload)
    if dice.chance(0.15):
        workload["chips"] = _chips(dice, topology)
    if dice.chance(0.4):
        workload["priority"] = dice.whole(-2, 3)
    if dice.chance(0.12):
        workload["security_level"] = dice.whole(1, 4)
    if dice.chance(0.5):
        workload["estimate"] = dice.pick([{"kind": "exact"}, {"kind": "factor", "factor": 0.5},
                                          {"kind": "factor", "factor": 3}])  # fmt: skip
    if dice.chance(0.3):
        workload["use"] = dice.pick([0.35, {"mean": 0.5, "p95": 0.9}, {"vcpu": 0.25}])
    if dice.chance(0.3):
        workload["deadline_h"] = dice.pick([0.1, 1])
    return workload


def _arrivals(dice: Dice, horizon_h: float, *, instants: bool) -> dict:
    jobs = dice.pick([5, 15, 40])
    per_h = jobs / horizon_h
    if instants:
        if dice.chance(0.5):
            return {"kind": "fixed", "every_s": dice.pick([60, 120, 300, 600])}
        return {
            "kind": "batch",
            "at": dice.some(["00:00", "00:10", "00:30", "01:00", "01:30"]),
            "jobs": dice.whole(1, 12),
            "over_h": dice.pick([0, 0, 0.5]),
        }
    if dice.chance(0.7):
        return {"kind": "poisson", "per_h": per_h, "shape": dice.pick(["flat", "daily"])}
    return {"kind": "gamma", "per_h": per_h, "cv": dice.pick([0.5, 2])}


def _demand(dice: Dice, at: str) -> dict:
    """One job in six fills a large part of a small node, most are small."""
    demand = {}
    if dice.chance(0.85):
        demand["vcpu"] = dice.pick([0.5, 1, 1, 2, 4, 7.5, 8, 16, 0.125])
    if dice.chance(0.6):
        demand["memory_gib"] = dice.pick([0.5, 1, 4, 16, 30, 60])
    if dice.chance(0.4):
        demand["gpu"] = dice.pick([0.1, 0.25, 0.3, 0.5, 0.6, 1, 1, 2])
        if dice.chance(0.3):
            demand["gpu_memory_gib"] = dice.pick([5, 20, 40, 70])
    if dice.chance(0.07):
        demand["dpu_share"] = dice.pick([0.1, 0.5, 1])
    if dice.chance(0.08):
        demand["local_storage_gb"] = dice.pick([10, 100, 600])
    if not demand:
        demand["vcpu"] = 1
    if dice.chance(0.18):
        demand["nodes"] = dice.pick([2, 2, 2, 3, 5])
        widths = {
            "pool": ["pool"],
            "site": ["pool", "site"],
            "cloud": ["pool", "site", "cloud"],
        }
        demand["gang_within"] = dice.pick(widths.get(at, ["pool", "site", "cloud", "province"]))
    return demand


def _work(dice: Dice, *, instants: bool) -> dict:
    if dice.chance(0.05):
        return {"kind": "forever"}
    if instants or dice.chance(0.3):
        return {"kind": "fixed", "mean_h": dice.pick([60, 120, 300, 600, 1800, 3600]) / 3600}
    mean_h = dice.pick([0.05, 0.3, 1, 2])
    if dice.chance(0.5):
        return {"kind": "exponential", "mean_h": mean_h}
    return {"kind": "lognormal", "mean_h": mean_h, "sigma": dice.pick([0.5, 1.5])}


def _data(dice: Dice, topology: dict, *, known: bool) -> dict:
    data = {}
    if dice.chance(0.7):
        data["input_gb"] = dice.pick([0, 0.1, 8, 100])
    if dice.chance(0.6):
        data["output_gb"] = dice.pick([0, 0.25, 20])
    if dice.chance(0.5):
        data["at"] = dice.pick(topology["sites"])["name"]
    if known or "at" in data:
        if dice.chance(0.2):
            data["stays_within"] = dice.pick(["site", *LEVELS])
        if dice.chance(0.3):
            data["data_class"] = dice.pick(["core", "important", "general", "general"])
    return data


def _chips(dice: Dice, topology: dict) -> dict:
    chips = {}
    if dice.chance(0.5):
        chips["any_of"] = dice.some(["cpu-x", "card-*", "npu-64", "npu*", "cpu*"])
    servers = {server["cpu"] for server in topology["servers"]}
    isas = [isa for cpu, isa in (("cpu-x", "x86_64"), ("cpu-k", "aarch64")) if cpu in servers]
    if dice.chance(0.3):
        chips["isa"] = dice.some(isas)
    if dice.chance(0.2):
        chips["stack"] = dice.some(["cuda", "mindie"])
    if dice.chance(0.15):
        chips["domestic_only"] = True
    if dice.chance(0.1):
        chips["safe_reliable_only"] = True
    return chips


def text_of(tree: dict) -> str:
    """The scenario as a file; JSON is YAML too."""
    return json.dumps(tree, indent=1)


def scenario_of(tree: dict) -> Scenario:
    """The resolved scenario, under the reader's own classes and checks."""
    scenario = Scenario.model_validate(_frozen(tree))
    faults = check(scenario)
    if faults:
        raise ValueError(f"{tree['name']}: {faults}")
    return scenario.model_copy(update={"topology": complete(scenario.topology)})


def _frozen(value):
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_frozen(inner) for inner in value)
    return value
