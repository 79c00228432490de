"""Small worlds for hand-computed cases: minutes in, minutes out."""

from types import SimpleNamespace

from scheduler import simulate
from tests.laws.generator import scenario_of

DEMAND = (
    "vcpu", "memory_gib", "gpu", "gpu_memory_gib", "dpu_share", "local_storage_gb", "nodes",
    "gang_within",
)  # fmt: skip
CHIPS = (
    {"name": "x86", "kind": "cpu", "isa": "x86_64", "domestic": False},
    {"name": "arm", "kind": "cpu", "isa": "aarch64", "domestic": True, "safe_reliable": True},
    {"name": "card", "kind": "gpu", "memory_gib": 80},
    {"name": "sliced", "kind": "gpu", "memory_gib": 80, "slices": [125, 250, 500, 1000]},
    {"name": "npu", "kind": "npu", "memory_gib": 64},
    {"name": "dark", "kind": "gpu"},
    {"name": "dpu", "kind": "dpu", "network_gbit_s": 8},
)
COLUMNS = (
    "id", "state", "reason", "pool", "node", "start_s", "end_s", "wait_s", "dispatch_s",
    "transfer_in_s", "transfer_s", "latency_s", "counted",
    "run_s", "lost_s", "preemptions", "deadline_met",
)  # fmt: skip


def host(vcpu=2, **more) -> dict:
    """A server with plenty of memory; named by who uses it."""
    return {"cpu": "x86", "sockets": 1, "vcpu": vcpu, "memory_gib": 1024, **more}


def pool(name="p", nodes=1, *, site="here", cloud="gov", server=None, **more) -> dict:
    """A pool and, in place, its server."""
    row = {"name": name, "site": site, "cloud": cloud, "nodes": nodes, **more}
    return {"row": row, "server": server or host()}


def job(name, *at_min, run_min=10, chips=None, **more) -> dict:
    """One job at each of the minutes; keys of demand are told from those of the workload."""
    demand = {key: more.pop(key) for key in DEMAND if key in more} or {"vcpu": 1}
    work = {"kind": "fixed", "mean_h": run_min / 60} if run_min else {"kind": "forever"}
    declared = more.pop("declared_min", None)
    if declared is not None:
        more["estimate"] = {"kind": "factor", "factor": declared / run_min}
    if chips is not None:
        more["chips"] = chips
    clock = [f"{m // 60:02}:{m % 60:02}" for m in at_min]
    return {
        "name": name,
        "kind": "jobs",
        "arrivals": {"kind": "batch", "at": clock, "jobs": more.pop("jobs", 1)},
        "demand": demand,
        "work": work,
        **more,
    }


def world(*jobs, pools=None, sites=None, clouds=None, horizon_min=120, policies=None, **more):
    """A scenario as plain data. By default one pool of one node of 2 vCPU."""
    pools = pools or [pool()]
    topology = {
        "chips": list(CHIPS),
        "servers": [{"name": f"of {p['row']['name']}", **p["server"]} for p in pools],
        "clouds": clouds or [{"name": "gov"}],
        "sites": sites or [{"name": "here", "tier": "city"}],
        "pools": [{"server": f"of {p['row']['name']}", **p["row"]} for p in pools],
    }
    for key in ("regions", "links"):
        if key in more:
            topology[key] = more.pop(key)
    return {
        "name": "by hand",
        "horizon_h": horizon_min / 60,
        "topology": topology,
        "workloads": list(jobs),
        "policies": policies or {},
        **more,
    }


def policies(dispatch="first-fit", queue="fcfs", packing="first-fit", **options) -> dict:
    """The policies section; `options` are those of the queue."""
    return {
        "dispatch": {"name": dispatch},
        "queue": {"name": queue, **options},
        "packing": {"name": packing},
    }


def run(tree, engine="plain", seed=1):
    """The records of a world."""
    return simulate(scenario_of(tree), seed, engine=engine)


def played(tree, engine="plain", seed=1) -> dict[str, SimpleNamespace]:
    """What became of each job, by id; spans and instants in minutes."""
    records = run(tree, engine, seed)
    found = {}
    columns = {name: records.column(name).tolist() for name in COLUMNS}
    for n in range(records.rows):
        row = {name: values[n] for name, values in columns.items()}
        minutes = {k[:-2]: round(v / 60, 9) for k, v in row.items() if k.endswith("_s")}
        rest = {k: v for k, v in row.items() if not k.endswith("_s")}
        found[row["id"]] = SimpleNamespace(**rest, **minutes)
    return found


def starts(tree, engine="plain", seed=1) -> dict[str, float]:
    """Minute at which each job starts."""
    return {name: one.start for name, one in played(tree, engine, seed).items()}


def where(tree, engine="plain", seed=1) -> dict[str, str]:
    """Pool of each job."""
    return {name: one.pool for name, one in played(tree, engine, seed).items()}


def reasons(tree, engine="plain", seed=1) -> dict[str, str]:
    """Reason of each job."""
    return {name: one.reason for name, one in played(tree, engine, seed).items()}
