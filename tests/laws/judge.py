"""A second opinion on a run: what its tables say, held against the scenario's own words.

It reads the scenario as plain data and the public columns of the records, and shares no code
with the engine: capacities, who may go where, delays and transfers are worked out anew.
`faults(tree, records)` lists every law that is broken; an empty list is the verdict wanted.

Amounts are integers as in contracts §4: vCPU, GPU and DPU in thousandths, memory in MiB, disks
in MB. Resources stand in this order: vcpu memory gpu gpu_memory dpu local_storage.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

UNKNOWN = None
ORDER = ("site", "township", "county", "city", "province", "nation")
CLASSES = {"core": ("site", 4), "important": ("province", 3), "general": ("nation", 1)}
SCALES = (1000, 1024, 1000, 1024, 1000, 1000)
COLUMNS = (
    "workload", "tenant", "region", "chip", "site", "pool", "cloud", "tier", "state", "reason",
    "id", "nodes", "node", "counted", "submit_s", "start_s", "end_s", "dispatch_s",
    "transfer_in_s", "transfer_s", "wait_s", "run_s", "latency_s", "estimate_s", "priority",
    "vcpu", "memory_gib", "gpu", "deadline_met",
)  # fmt: skip
BACKFILLS = ("easy-backfill", "conservative-backfill")
STATES = ("finished", "running", "waiting", "refused", "failed")
HOLDS = (
    "", "batch-window", "network", "quota", "head-of-line", "backfill-reservation", "gang",
    "fragmented", "no-capacity",
)  # fmt: skip


def up(amount: float, scale: int) -> int:
    return math.ceil(round(amount * scale, 6))


def down(amount: float | None, scale: int) -> int | None:
    return UNKNOWN if amount is None else math.floor(round(amount * scale, 6))


def us(seconds: float) -> int:
    return round(seconds * 1e6)


# -- the scenario, worked out anew -------------------------------------------------------------


@dataclass
class Place:
    """One pool: what a node has, what the pool may sell, who may enter."""

    raw: dict
    server: dict
    cpu: dict
    card: dict | None
    dpu: dict | None
    site: dict
    delay_us: int

    @property
    def name(self) -> str:
        return self.raw["name"]

    @cached_property
    def node(self) -> tuple:
        """Of one node, infrastructure taken off; None is unknown."""
        lost = 0 if self.dpu else self.server.get("infrastructure_vcpu", 0)
        cards = self.server.get("accelerators", 0)
        memory = down(self.card.get("memory_gib"), 1024) if self.card else 0
        return (
            down(self.server["vcpu"] - lost, 1000),
            down(self.server.get("memory_gib"), 1024),
            cards * 1000,
            UNKNOWN if memory is UNKNOWN else memory * cards,
            1000 if self.dpu else 0,
            down(self.server.get("local_storage_gb"), 1000),
        )

    @cached_property
    def card_memory(self) -> int | None:
        return down(self.card.get("memory_gib"), 1024) if self.card else 0

    @cached_property
    def sellable(self) -> tuple:
        keep = 1 - self.raw.get("reserve_share", 0)
        nodes = self.raw["nodes"]
        sums = [
            None if r is None else math.floor(round(r * nodes * keep, 6)) for r in self.node
        ]
        sums[2] = sums[2] // 1000 * 1000
        return tuple(sums)

    @property
    def rate_gbit_s(self) -> float | None:
        if self.dpu and self.dpu.get("network_gbit_s"):
            return self.dpu["network_gbit_s"]
        return self.server.get("nic_gbit_s")


class World:
    """Lookups over the plain scenario."""

    def __init__(self, tree: dict) -> None:
        self.tree = tree
        top = tree["topology"]
        chips = {c["name"]: c for c in top.get("chips", [])}
        servers = {s["name"]: s for s in top.get("servers", [])}
        clouds = {c["name"]: c for c in top["clouds"]}
        self.sites = {s["name"]: s for s in top["sites"]}
        self.regions = {r["name"]: r for r in top.get("regions", [])} or {
            s["name"]: {"name": s["name"], "level": s["tier"], "parent": s.get("parent")}
            for s in top["sites"]
        }
        self.places = {}
        for pool in top["pools"]:
            server = servers[pool["server"]]
            card, dpu = server.get("accelerator"), pool.get("dpu") or server.get("dpu")
            self.places[pool["name"]] = Place(
                raw=pool,
                server=server,
                cpu=chips[server["cpu"]],
                card=chips[card] if card else None,
                dpu=chips[dpu] if dpu else None,
                site=self.sites[pool["site"]],
                delay_us=us(clouds[pool["cloud"]].get("control_plane_delay_ms", 0) / 1e3),
            )
        self.workloads = {w["name"]: w for w in tree["workloads"]}
        self.quotas = {t["name"]: t.get("quota") for t in tree.get("tenants", [])}
        self.classes = dict(CLASSES)
        for name, row in tree.get("data_classes", {}).items():
            within, level = CLASSES.get(name, ("nation", 1))
            self.classes[name] = (
                row.get("stays_within", within), row.get("security_level", level)
            )  # fmt: skip
        policies = tree.get("policies", {})
        self.queue = policies.get("queue", {}).get("name", "fcfs")
        self.silos = policies.get("silos", {}).get("name", "none") == "tenant"
        self.weights = {t["name"]: t.get("weight", 1) for t in tree.get("tenants", [])}
        self.at = policies.get("queue", {}).get("at", "pool")
        self.most = policies.get("queue", {}).get("max_waiting")
        self.dispatch = policies.get("dispatch", {}).get("name", "local-first")
        self.horizon = us(tree["horizon_h"] * 3600)
        self.warmup = us(tree.get("warmup_h", 0) * 3600)
        self.limit = self.horizon + us(tree.get("drain_h", tree["horizon_h"]) * 3600)
        self._routes = {name: self._from(name) for name in self.sites}

    def _from(self, start: str) -> dict[str, tuple[float, float]]:
        """Delay and least rate from a site to each over the tree of links; none: together."""
        links = self.tree["topology"].get("links", [])
        if not links:
            return dict.fromkeys(self.sites, (0.0, math.inf))
        found, todo = {start: (0.0, math.inf)}, [start]
        while todo:
            here = todo.pop()
            delay, rate = found[here]
            for link in links:
                ends = (link["a"], link["b"])
                there = ends[1] if ends[0] == here else ends[0]
                if here in ends and there not in found:
                    own = link.get("capacity_gbit_s", math.inf) * link.get("share", 1)
                    found[there] = (delay + link["delay_ms"], min(rate, own))
                    todo.append(there)
        return found

    def line(self, pool: str) -> str:
        place = self.places[pool]
        names = {"pool": pool, "site": f"site:{place.raw['site']}",
                 "cloud": f"cloud:{place.raw['cloud']}"}  # fmt: skip
        return names.get(self.at, "platform")

    # -- regions ---------------------------------------------------------------------------

    def region_of(self, site: str) -> str:
        return self.sites[site].get("region") or site

    def upward(self, region: str) -> list[str]:
        chain = []
        while region in self.regions and region not in chain:
            chain.append(region)
            region = self.regions[region].get("parent")
        return chain

    def ancestor(self, region: str, level: str) -> str | None:
        found = [r for r in self.upward(region) if self.regions[r].get("level") == level]
        return found[0] if found else None

    def homes(self, region: str) -> list[str]:
        for above in self.upward(region):
            here = [s for s in self.sites if self.region_of(s) == above]
            if here:
                return here
        return []

    def on_path(self, region: str) -> list[str]:
        """Sites from the region's own upwards along their parents."""
        path, here = [], self.homes(region)
        while here:
            path += here
            parents = [self.sites[s].get("parent") for s in here]
            here = [p for p in dict.fromkeys(parents) if p and p not in path]
        return path

    # -- who may go where ------------------------------------------------------------------

    def within(self, workload: dict) -> tuple[str | None, int]:
        """The stricter of the job's own and its data class's rule."""
        data, level = workload.get("data", {}), workload.get("security_level", 1)
        rules = [data["stays_within"]] if "stays_within" in data else []
        if "data_class" in data:
            rule, least = self.classes[data["data_class"]]
            rules.append(rule)
            level = max(level, least)
        return (min(rules, key=ORDER.index) if rules else None), level

    def may_stay(self, workload: dict, region: str | None, site: str) -> bool:
        rule, _ = self.within(workload)
        at = workload.get("data", {}).get("at")
        if rule is None:
            return True
        if rule == "site" and at:
            return site == at
        place = self.region_of(at) if at else region
        if rule == "site":
            return self.region_of(site) == place
        limit, there = self.ancestor(place, rule), self.region_of(site)
        return there == place if limit is None else self.ancestor(there, rule) == limit

    def need(self, workload: dict, place: Place) -> tuple[int, ...]:
        """What one node of the pool gives, all devices together."""
        demand = workload["demand"]
        gpu = up(demand.get("gpu", 0), 1000)
        asked = demand.get("gpu_memory_gib")
        per_card = None if asked is None else up(asked, 1024)
        there = place.card_memory or 0
        if 0 < gpu < 1000 and place.card and place.card.get("slices"):
            gpu = min(s for s in place.card["slices"] if s >= gpu)
        count = -(-gpu // 1000)
        if gpu >= 1000:
            per_card = max(per_card or 0, there)
        elif gpu and per_card is None:
            per_card = there * gpu // 1000
        return (
            up(demand.get("vcpu", 0), 1000),
            up(demand.get("memory_gib", 0), 1024),
            gpu,
            (per_card or 0) * count,
            up(demand.get("dpu_share", 0), 1000),
            up(demand.get("local_storage_gb", 0), 1000),
        )

    def asked(self, workload: dict) -> tuple[int, ...]:
        """The whole job's demand, as quotas and queues count it."""
        demand = workload["demand"]
        gpu, memory = demand.get("gpu", 0), demand.get("gpu_memory_gib")
        devices = max(1, math.ceil(gpu))
        one = (
            up(demand.get("vcpu", 0), 1000),
            up(demand.get("memory_gib", 0), 1024),
            up(gpu, 1000),
            0 if memory is None else up(memory, 1024) * devices,
            up(demand.get("dpu_share", 0), 1000),
            up(demand.get("local_storage_gb", 0), 1000),
        )
        return tuple(a * demand.get("nodes", 1) for a in one)

    def scope(self, workload: dict, place: Place) -> str:
        within = workload["demand"].get("gang_within", "pool")
        if within == "province":
            region = self.region_of(place.raw["site"])
            return self.ancestor(region, "province") or region
        return {"pool": place.name, "site": place.raw["site"], "cloud": place.raw["cloud"]}[
            within
        ]

    def sieve(self, workload: dict, region: str | None) -> tuple[list[str], str]:
        """Pools that could ever take a job, or the first rule that leaves none."""
        chips, demand = workload.get("chips", {}), workload["demand"]
        _, level = self.within(workload)
        tenant = workload.get("tenant", "default")
        nodes, gpu = demand.get("nodes", 1), demand.get("gpu", 0)

        def has_chip(p: Place) -> bool:
            names = [c["name"] for c in (p.cpu, p.card) if c]
            named = any(
                n.startswith(w[:-1]) if w.endswith("*") else n == w
                for n in names
                for w in chips.get("any_of", [])
            )
            return (
                (named or not chips.get("any_of"))
                and (not chips.get("isa") or p.cpu["isa"] in chips["isa"])
                and (not chips.get("stack") or p.raw.get("stack") in chips["stack"])
                and (not demand.get("dpu_share") or p.dpu is not None)
            )

        def may_enter(p: Place) -> bool:
            mine = tenant in p.raw.get("reserved_for", open_to)
            return mine and (gpu > 0 or not p.raw.get("gpu_jobs_only", False))

        def listed(p: Place) -> bool:
            used = [p.cpu] + ([p.card] if gpu and p.card else [])
            if chips.get("domestic_only") and not all(c.get("domestic") for c in used):
                return False
            return not chips.get("safe_reliable_only") or bool(p.cpu.get("safe_reliable"))

        def holds(p: Place) -> bool:
            need, card = self.need(workload, p), p.card_memory
            count = -(-need[2] // 1000)
            if count > p.server.get("accelerators", 0):
                return False
            each = need[3] // count if count else 0
            return (card is None or each <= card) and all(
                there is None or asked <= there
                for r in range(6)
                for asked, there in ((need[r], p.node[r]), (need[r], p.sellable[r]))
            )

        def known(p: Place) -> bool:
            need = self.need(workload, p)
            return all(not a or t is not None for a, t in zip(need, p.node, strict=True))

        def members(p: Place) -> int:
            need = self.need(workload, p)
            return min(
                [p.raw["nodes"]]
                + [s // a for a, s in zip(need, p.sellable, strict=True) if a and s]
            )

        left = list(self.places.values())
        open_to = [] if self.silos else [tenant]
        rules = (
            ("no-chip", has_chip),
            ("not-listed", listed),
            ("residency", lambda p: self.may_stay(workload, region, p.raw["site"])),
            ("security-level", lambda p: p.raw.get("security_level", 1) >= level),
            ("reserved", may_enter),
            ("too-big", holds),
        )
        for reason, keeps in rules:
            left = [p for p in left if keeps(p)]
            if not left:
                return [], reason
        sure = [p for p in left if known(p)]
        room = defaultdict(int)
        for p in sure or left:
            room[self.scope(workload, p)] += members(p)
        wide = [p for p in sure or left if nodes == 1 or room[self.scope(workload, p)] >= nodes]
        if not wide:
            return [], "gang-too-big"
        if not sure:
            return [], "unknown-capacity"
        if not self.within_quota(tenant, self.asked(workload)):
            return [], "quota-too-small"
        return [p.name for p in wide], ""

    def limits(self, tenant: str) -> tuple:
        quota = self.quotas.get(tenant) or {}
        keys = ("vcpu", "memory_gib", "gpu", "gpu_memory_gib", "dpu_share", "local_storage_gb")
        return tuple(
            round(quota[k] * s) if k in quota else math.inf
            for k, s in zip(keys, SCALES, strict=True)
        )

    def within_quota(self, tenant: str, amounts: tuple[int, ...]) -> bool:
        return all(a <= q for a, q in zip(amounts, self.limits(tenant), strict=True))

    # -- transfers -------------------------------------------------------------------------

    def move_us(self, region: str | None, place: Place, gb: float, at: str | None) -> list[int]:
        """How long a transfer may take; several where two home sites are equally near."""
        if not gb or region is None:
            return [0]
        starts = [at] if at else self.homes(region)
        there = place.raw["site"]
        nearest = min(self._routes[s][there][0] for s in starts)
        spans = []
        for start in starts:
            delay, rate = self._routes[start][there]
            if delay <= nearest + 1e-9:
                rate = min(rate, place.rate_gbit_s or math.inf)
                spans.append(us(delay / 1e3 + up(gb, 1000) / 1e3 * 8 / rate))
        return spans


# -- the records -------------------------------------------------------------------------------


@dataclass
class Job:
    """One row, in microseconds; `placed`, `joined`, `freed` are what the row implies."""

    row: dict
    index: int
    workload: dict
    asked: tuple[int, ...]
    allowed: list[str]
    refusal: str
    submit: int
    joined: int | None = None
    placed: int | None = None
    freed: int | None = None  # None: still holds its nodes when the run stops

    @property
    def name(self) -> str:
        return self.row["id"]

    @property
    def wide(self) -> bool:
        demand = self.workload["demand"]
        return demand.get("nodes", 1) > 1 and demand.get("gang_within", "pool") != "pool"


@dataclass
class Judge:
    """Collects what is wrong."""

    world: World
    jobs: list[Job]
    levels: object
    stop: int = 0
    found: list[str] = field(default_factory=list)

    def expect(self, holds: bool, message: str) -> None:
        if not holds:
            self.found.append(message)


def faults(tree: dict, records) -> list[str]:
    """Every law of contracts §4 that the tables break, in words."""
    world = World(tree)
    columns = {name: records.column(name).tolist() for name in COLUMNS}
    sieved: dict = {}
    jobs = []
    for index in range(records.rows):
        row = {name: values[index] for name, values in columns.items()}
        workload = world.workloads[row["workload"]]
        key = (row["workload"], row["region"])
        if key not in sieved:
            sieved[key] = world.sieve(workload, row["region"])
        allowed, refusal = sieved[key]
        jobs.append(
            Job(row, index, workload, world.asked(workload), allowed, refusal,
                us(row["submit_s"]))
        )  # fmt: skip
    judge = Judge(world, jobs, records.levels)
    for job in jobs:
        _row(judge, job)
    judge.stop = _stop(judge)
    for law in LAWS:
        law(judge)
    return judge.found


def _null(value: float) -> bool:
    return value != value


def _row(judge: Judge, job: Job) -> None:
    """What one row says must hold together."""
    row, world, name = job.row, judge.world, job.name
    state, reason = row["state"], row["reason"]
    judge.expect(state in STATES and state != "failed", f"{name}: state {state}")
    counted = world.warmup <= job.submit < world.horizon
    judge.expect(row["counted"] == counted, f"{name}: counted")
    for key, column in (("vcpu", "vcpu"), ("memory_gib", "memory_gib"), ("gpu", "gpu")):
        asked = job.workload["demand"].get(key, 0)
        judge.expect(abs(row[column] - asked) < 1e-3, f"{name}: {column} is not what it asked")
    judge.expect((state == "refused") == (reason not in HOLDS), f"{name}: {state} for {reason}")
    if job.refusal:
        judge.expect(
            state == "refused" and reason == job.refusal,
            f"{name}: {state} {reason}, and {job.refusal} is due",
        )
    elif state == "refused":
        full = reason == "queue-full" and world.most is not None
        judge.expect(full, f"{name}: refused {reason} for nothing")
    times = [row[c] for c in ("wait_s", "run_s", "latency_s", "dispatch_s", "transfer_s")]
    judge.expect(all(_null(t) or 0 <= t < math.inf for t in times), f"{name}: a span below 0")
    if row["pool"] is None:
        judge.expect(
            state in ("waiting", "refused") and row["node"] == -1, f"{name}: {state} nowhere"
        )
        if world.at != "pool" and state == "waiting":
            job.joined = job.submit
        return
    judge.expect(state in ("running", "finished"), f"{name}: {state} with nodes")
    _placed(judge, job)


def _placed(judge: Judge, job: Job) -> None:
    row, world, name = job.row, judge.world, job.name
    place = world.places[row["pool"]]
    judge.expect(row["pool"] in job.allowed, f"{name}: may never run in {row['pool']}")
    judge.expect(0 <= row["node"] < place.raw["nodes"], f"{name}: on node {row['node']}")
    chip = (place.card or place.cpu)["name"]
    told = [row[c] for c in ("site", "cloud", "tier", "chip")]
    true = [place.raw["site"], place.raw["cloud"], place.site["tier"], chip]
    judge.expect(told == true, f"{name}: {told} is not {true}")
    dispatch, transfer_in, wait = (
        us(row[c]) for c in ("dispatch_s", "transfer_in_s", "wait_s")
    )
    before = dispatch + transfer_in
    job.placed = job.submit + wait + (before if world.at == "pool" else 0)
    job.joined = job.submit + (before if world.at == "pool" else 0)
    _spans(judge, job, place)
    if row["state"] == "running":
        judge.expect(
            _null(row["end_s"]) and _null(row["latency_s"]), f"{name}: ended, yet runs"
        )
        return
    job.freed = us(row["end_s"])
    start, run = us(row["start_s"]), us(row["run_s"])
    out = us(row["transfer_s"]) - transfer_in
    judge.expect(abs(start - job.submit - before - wait) <= 1, f"{name}: start is no sum")
    judge.expect(abs(job.freed - start - run) <= 1, f"{name}: end is not start and run")
    parts = before + wait + run + out
    judge.expect(abs(us(row["latency_s"]) - parts) <= 1, f"{name}: latency is not its parts")
    work = job.workload["work"]
    judge.expect(work["kind"] != "forever", f"{name}: ended after all")
    if work["kind"] == "fixed":
        judge.expect(run == us(work["mean_h"] * 3600), f"{name}: ran {run} us")


def _spans(judge: Judge, job: Job, place: Place) -> None:
    """Dispatch and transfers of a job that stands in one pool."""
    if job.wide:
        return
    row, world, name = job.row, judge.world, job.name
    data, region = job.workload.get("data", {}), row["region"]
    judge.expect(us(row["dispatch_s"]) == place.delay_us, f"{name}: dispatch")
    spans = world.move_us(region, place, data.get("input_gb", 0), data.get("at"))
    told = us(row["transfer_in_s"])
    judge.expect(any(abs(told - s) <= 1 for s in spans), f"{name}: transfer in {told} {spans}")
    if row["state"] == "finished":
        spans = world.move_us(region, place, data.get("output_gb", 0), None)
        out = us(row["transfer_s"]) - told
        judge.expect(
            any(abs(out - s) <= 2 for s in spans), f"{name}: transfer out {out} {spans}"
        )


def _stop(judge: Judge) -> int:
    """When the run ended: with the last counted job that can end, at latest after the drain."""
    world = judge.world
    due = [
        j for j in judge.jobs if j.row["counted"] and j.workload["work"]["kind"] != "forever"
    ]
    if any(j.row["state"] in ("running", "waiting") for j in due):
        return world.limit
    # a refusal for a full line happens when its job comes there, which the table does not tell
    known = [j.freed for j in due if j.freed is not None]
    refused = [j.submit for j in due if j.row["state"] == "refused"]
    late = [j.submit for j in judge.jobs] + [j.freed for j in judge.jobs if j.freed is not None]
    if world.at == "pool" and any(j.row["reason"] == "queue-full" for j in due):
        return max([world.horizon, *known, *refused, *late])
    return max([world.horizon, *known, *refused])


# -- laws over all jobs ------------------------------------------------------------------------


def _in_time(judge: Judge) -> None:
    """Nobody comes, starts or ends after the run has stopped; who comes is in order."""
    stop = judge.stop
    for job in judge.jobs:
        instants = [job.submit, job.placed, job.freed]
        judge.expect(
            all(t is None or t <= stop for t in instants), f"{job.name}: after the end"
        )
        judge.expect(job.submit < judge.world.limit, f"{job.name}: came after the drain")
    submits = [job.submit for job in judge.jobs]
    judge.expect(submits == sorted(submits), "jobs are out of order")
    judge.expect(len({j.name for j in judge.jobs}) == len(submits), "two jobs of one id")
    for name, workload in judge.world.workloads.items():
        arrivals = workload["arrivals"]
        if arrivals["kind"] == "fixed" and stop < judge.world.limit:
            count = sum(j.workload is workload for j in judge.jobs)
            due = stop // us(arrivals["every_s"]) + 1
            due -= stop == judge.world.horizon and _ended_before(judge)
            slack = stop % us(arrivals["every_s"]) == 0
            judge.expect(
                due - slack <= count <= due + slack, f"{name}: {count} jobs, not {due}"
            )


def _ended_before(judge: Judge) -> bool:
    ends = [j.freed for j in judge.jobs if j.row["counted"] and j.freed is not None]
    return all(end < judge.world.horizon for end in ends)


def _holds(judge: Judge, of) -> dict:
    """For each key: (instant, change) of what is held, ends before beginnings."""
    jumps = defaultdict(list)
    for job in judge.jobs:
        if job.placed is None or job.freed == job.placed:
            continue
        for key, amount in of(job):
            jumps[key].append((job.placed, 1, amount))
            if job.freed is not None:
                jumps[key].append((job.freed, 0, amount))
    return jumps


def _never_over(judge: Judge, jumps: dict, limit, what: str) -> None:
    for key, rows in jumps.items():
        most = limit(key)
        level = [0] * len(most)
        for _, sign, amount in sorted(rows, key=lambda r: r[:2]):
            level = [a + b * (1 if sign else -1) for a, b in zip(level, amount, strict=True)]
            if sign and any(m is not None and v > m for v, m in zip(level, most, strict=True)):
                judge.expect(False, f"{what} {key} is overdrawn: {level} of {most}")
                break


def _no_pool_overdrawn(judge: Judge) -> None:
    world = judge.world

    def of(job: Job):
        if job.wide:
            return
        place = world.places[job.row["pool"]]
        one = world.need(job.workload, place)
        yield place.name, tuple(a * job.row["nodes"] for a in one)

    _never_over(judge, _holds(judge, of), lambda p: world.places[p].sellable, "pool")


def _no_sum_overdrawn(judge: Judge) -> None:
    """Wide gangs: of what does not hang on the pool, the platform gives no more than it has."""
    world = judge.world

    def of(job: Job):
        yield "all", (job.asked[0], job.asked[1], job.asked[5], job.row["nodes"] * 0)

    total = []
    for r in (0, 1, 5):
        amounts = [p.sellable[r] for p in world.places.values()]
        total.append(None if None in amounts else sum(amounts))
    _never_over(judge, _holds(judge, of), lambda _: (*total, None), "platform")


def _no_node_overdrawn(judge: Judge) -> None:
    """vCPU, memory, GPU, DPU and disks of each node, by the jobs whose node the table names."""
    world = judge.world

    def of(job: Job):
        place = world.places[job.row["pool"]]
        need = world.need(job.workload, place)
        whole = need[2] // 1000 if need[2] >= 1000 else need[2] > 500  # no two share a device
        yield (place.name, job.row["node"]), (*need, int(whole))

    def limit(key):
        place = world.places[key[0]]
        return (*place.node, place.server.get("accelerators", 0))

    _never_over(judge, _holds(judge, of), limit, "node")


def _no_quota_overdrawn(judge: Judge) -> None:
    world = judge.world

    def of(job: Job):
        if world.quotas.get(job.row["tenant"]):
            yield job.row["tenant"], job.asked

    _never_over(judge, _holds(judge, of), world.limits, "quota of")


def _line_of(judge: Judge, job: Job) -> str | None:
    """The line that a job stands in, where the table tells."""
    if judge.world.at == "platform":
        return "platform" if job.joined is not None else None
    return judge.world.line(job.row["pool"]) if job.row["pool"] else None


def _lines(judge: Judge) -> dict[str, list[Job]]:
    lines = defaultdict(list)
    for job in judge.jobs:
        line = _line_of(judge, job)
        if line is not None and job.row["state"] != "refused":
            lines[line].append(job)
    return lines


def _waits_at(job: Job, instant: int) -> bool:
    """The job stands in its line when all of that instant has happened."""
    return job.joined <= instant and (job.placed is None or job.placed > instant)


def _nobody_passes(judge: Judge) -> None:
    """A strict line: nobody starts while one before him, not held by a quota, waits."""
    world = judge.world
    if world.queue in (*BACKFILLS, "drf"):
        return
    for line, jobs in _lines(judge).items():
        before: list[Job] = []  # those who wait at all and whom no quota may hold
        for late in sorted(jobs, key=lambda job: _key(world, job)):
            for early in before if late.placed is not None else ():
                if _waits_at(early, late.placed):
                    judge.expect(False, f"{late.name} passed {early.name} in {line}")
            if late.placed != late.joined and not world.quotas.get(late.row["tenant"]):
                before.append(late)


def _key(world: World, job: Job) -> tuple:
    if world.queue == "priority":
        return (-job.workload.get("priority", 0), job.index)
    if world.queue == "shortest-first":
        return (us(job.row["estimate_s"]), job.index)
    return (job.index,)


def _no_line_too_long(judge: Judge) -> None:
    most = judge.world.most
    if most is None:
        return
    for line, jobs in _lines(judge).items():
        for instant in {j.joined for j in jobs}:
            waiting = sum(_waits_at(j, instant) for j in jobs)
            judge.expect(waiting <= most, f"{waiting} wait in {line} at {instant}")


def _nobody_waits_for_nothing(judge: Judge) -> None:
    """The head of a line, the first whom no quota holds, fits nowhere when an instant is over.

    Asked of jobs of one node without GPU, where all nodes held are known and so is the line.
    """
    world = judge.world
    if world.queue == "conservative-backfill":
        return  # an earlier promise to one who stands behind may keep it waiting
    if any(j.row["nodes"] > 1 and j.placed is not None for j in judge.jobs):
        return
    nowhere = [j for j in judge.jobs if j.row["state"] == "waiting" and j.row["pool"] is None]
    if world.at != "platform" and any(
        world.queue == "drf" or world.quotas.get(j.row["tenant"]) for j in nowhere
    ):
        return
    instants = sorted({t for j in judge.jobs for t in (j.joined, j.placed, j.freed) if t})
    lines = {
        line: sorted(jobs, key=lambda j: _key(world, j)) for line, jobs in _lines(judge).items()
    }
    for instant in instants:
        full = _full_quotas(judge, instant)
        for jobs in lines.values() if instant < judge.stop else ():
            waiting = [j for j in jobs if _waits_at(j, instant) and not full(j)]
            if world.queue == "drf":
                waiting = sorted(waiting, key=_share_at(judge, instant))
            head = next(iter(waiting), None)
            if head is None or head.row["gpu"] or head.row["nodes"] > 1:
                continue
            fits = _fits_somewhere(judge, head, instant)
            judge.expect(fits is None, f"{head.name} waits at {instant}, and {fits} has room")
            if fits is not None:
                return


def _share_at(judge: Judge, instant: int, *, without: frozenset[int] = frozenset()):
    """A key: what the job's tenant holds after that instant / its weight; then by submit."""
    world, held = judge.world, defaultdict(lambda: [0] * 6)
    for job in judge.jobs:
        gone = job.freed is not None and job.freed <= instant
        if (
            job.placed is not None
            and job.placed <= instant
            and not gone
            and job.index not in without
        ):
            tenant = job.row["tenant"]
            held[tenant] = [a + b for a, b in zip(held[tenant], job.asked, strict=True)]
    total = [sum(p.sellable[r] or 0 for p in world.places.values()) for r in range(len(SCALES))]

    def share(job: Job) -> tuple[Fraction, int]:
        tenant = job.row["tenant"]
        parts = [Fraction(h, t) for h, t in zip(held[tenant], total, strict=True) if t]
        weight = Fraction(repr(float(world.weights.get(tenant, 1))))
        return max(parts, default=Fraction(0)) / weight, job.index

    return share


def _shares_are_fair(judge: Judge) -> None:
    """Who starts lay, before, no higher than any tenant that goes on waiting in that line.

    Of several that start at one instant in other lines the order is not told; they are left
    out, which asks less.
    """
    if judge.world.queue != "drf":
        return
    for jobs in _lines(judge).values():
        here = {j.index for j in jobs}
        last = {(j.row["tenant"], j.placed): j for j in jobs if j.placed is not None}
        for (tenant, instant), job in last.items():
            if instant >= judge.stop:
                continue
            others = [j for j in jobs if j.row["tenant"] != tenant and _waits_at(j, instant)]
            full = _full_quotas(judge, instant) if others else None
            others = [j for j in others if not full(j)]
            if not others:
                continue
            apart = frozenset(
                j.index
                for j in judge.jobs
                if j.placed == instant
                and j.row["tenant"] == tenant
                and (j.index not in here or j is job)
            )
            before = _share_at(judge, instant, without=apart)(job)[0]
            after = _share_at(judge, instant)
            for other in others:
                judge.expect(
                    before <= after(other)[0], f"{job.name} starts before {other.name}, unfair"
                )


def _full_quotas(judge: Judge, instant: int):
    """Whether the quota of a job's tenant has no room for it after that instant."""
    held = defaultdict(lambda: [0] * 6)
    for job in judge.jobs:
        gone = job.freed is not None and job.freed <= instant
        if job.placed is not None and job.placed <= instant and not gone:
            held[job.row["tenant"]] = [
                a + b for a, b in zip(held[job.row["tenant"]], job.asked, strict=True)
            ]

    def full(job: Job) -> bool:
        tenant = job.row["tenant"]
        if not judge.world.quotas.get(tenant):
            return False
        sums = tuple(a + b for a, b in zip(held[tenant], job.asked, strict=True))
        return not judge.world.within_quota(tenant, sums)

    return full


def _fits_somewhere(judge: Judge, job: Job, instant: int) -> str | None:
    world = judge.world
    pools = [p for p in _near(world, job) if world.at != "pool" or p == job.row["pool"]]
    if world.at in ("site", "cloud"):
        own = world.line(job.row["pool"])
        pools = [p for p in pools if world.line(p) == own]
    for name in pools:
        place = world.places[name]
        need, held = world.need(job.workload, place), defaultdict(lambda: [0] * 6)
        total = [0] * 6
        for j in judge.jobs:
            if (
                j.row["pool"] == name
                and j.placed <= instant
                and (j.freed is None or j.freed > instant)
            ):
                one = world.need(j.workload, place)
                for r in range(6):
                    held[j.row["node"]][r] += one[r]
                    total[r] += one[r]
        if not _room(total, need, place.sellable):
            continue
        for node in range(place.raw["nodes"]):
            if _room(held[node], need, place.node):
                return f"{name}/{node}"
    return None


def _room(held: list[int], need: tuple, there: tuple) -> bool:
    return all(
        not n or t is None or h + n <= t for h, n, t in zip(held, need, there, strict=True)
    )


# -- levels ------------------------------------------------------------------------------------


def _overlap(judge: Judge, begin: int, end: int | None) -> int:
    """Microseconds of [begin, end) inside the window of the levels."""
    world = judge.world
    end = world.horizon if end is None else min(end, world.horizon)
    return max(0, end - max(begin, world.warmup))


def _levels_add_up(judge: Judge) -> None:
    """Level x time of each resource = what all jobs held x how long, inside the window."""
    levels, world = judge.levels, judge.world
    window = (world.horizon - world.warmup) / 1e6
    judge.expect(abs(levels.length_s.sum() - window) < 1e-6, "steps do not cover the window")
    over = (levels.allocated > np.nan_to_num(levels.capacity, nan=np.inf)[None] + 1e-6).any()
    judge.expect(not over, "a level above what is sellable")
    told = (levels.allocated * levels.length_s[:, None, None]).sum(axis=0)
    busy = (levels.used * levels.length_s[:, None, None]).sum(axis=0)
    true, used = np.zeros_like(told), np.zeros_like(told)
    place_of = {name: n for n, name in enumerate(levels.pools)}
    wide = False
    for job in judge.jobs:
        if job.placed is None:
            continue
        wide |= job.wide
        need = world.need(job.workload, world.places[job.row["pool"]])
        span = _overlap(judge, job.placed, job.freed)
        for r in range(6):
            amount = need[r] * job.row["nodes"] / SCALES[r] * span / 1e6
            true[place_of[job.row["pool"]], r] += amount
            used[place_of[job.row["pool"]], r] += amount * _use(job.workload, r)
    if wide:  # members stand in pools that the table does not name
        told, true = told.sum(axis=0)[[0, 1, 4, 5]], true.sum(axis=0)[[0, 1, 4, 5]]
        busy, used = busy.sum(axis=0)[[0, 1, 4, 5]], used.sum(axis=0)[[0, 1, 4, 5]]
    judge.expect(np.allclose(busy, used, rtol=1e-9, atol=1e-3), f"used {busy} is not {used}")
    judge.expect(
        np.allclose(told, true, rtol=1e-9, atol=1e-3), f"allocated {told} is not {true}"
    )


def _use(workload: dict, resource: int) -> float:
    """The mean busy share of what a job holds of a resource."""
    use = workload.get("use", 1.0)
    if isinstance(use, dict) and "mean" not in use:
        names = ("vcpu", "memory", "gpu", "gpu_memory", "dpu", "local_storage")
        use = use.get(names[resource], 1.0)
    return use["mean"] if isinstance(use, dict) else use


def _holds_have_a_cause(judge: Judge) -> None:
    """Each reason of a hold is one that this job could meet; who never waited has none."""
    world = judge.world
    for job in judge.jobs:
        reason, nodes = job.row["reason"], job.row["nodes"]
        if job.row["state"] == "refused" or not reason:
            waited = job.row["state"] == "finished" and job.row["wait_s"] > 0
            judge.expect(not waited, f"{job.name}: waited for no reason")
            continue
        judge.expect(job.row["wait_s"] > 0, f"{job.name}: {reason}, and never waited")
        possible = {
            "quota": bool(world.quotas.get(job.row["tenant"])),
            "head-of-line": world.queue not in BACKFILLS,
            "backfill-reservation": world.queue in BACKFILLS,
            "gang": nodes > 1,
            "fragmented": True,
            "no-capacity": True,
        }
        judge.expect(possible.get(reason, False), f"{job.name}: held by {reason}")


def _littles_law(judge: Judge) -> None:
    """Mean length of all lines x time = the sum of all waits, inside the window."""
    levels, world = judge.levels, judge.world
    if world.at == "pool" and any(j.row["reason"] == "queue-full" for j in judge.jobs):
        return  # on their way to a line that turned them away; the table does not say how long
    told = (levels.queued * levels.length_s[:, None, None]).sum(axis=(0, 1))
    true = np.zeros(6)
    for job in judge.jobs:
        if job.row["state"] == "refused":
            continue
        span = _overlap(judge, job.submit, job.placed)
        true += np.array(job.asked) / SCALES * span / 1e6
    judge.expect(np.allclose(told, true, rtol=1e-9, atol=1e-3), f"queued {told} is not {true}")


def _local_stays_local(judge: Judge) -> None:
    """Local-first leaves the path up from a region only where nobody on it could ever."""
    world = judge.world
    if world.dispatch != "local-first":
        return
    for job in judge.jobs:
        if job.placed is None or job.row["region"] is None or job.wide:
            continue
        judge.expect(job.row["pool"] in _near(world, job), f"{job.name}: off its path")


def _near(world: World, job: Job) -> list[str]:
    """Pools that the job is offered: local-first keeps to the path where anybody on it can."""
    if world.dispatch != "local-first" or job.row["region"] is None:
        return job.allowed
    path = world.on_path(job.row["region"])
    return [p for p in job.allowed if world.places[p].raw["site"] in path] or job.allowed


LAWS = (
    _in_time,
    _no_pool_overdrawn,
    _no_sum_overdrawn,
    _no_node_overdrawn,
    _no_quota_overdrawn,
    _nobody_passes,
    _shares_are_fair,
    _no_line_too_long,
    _nobody_waits_for_nothing,
    _levels_add_up,
    _holds_have_a_cause,
    _littles_law,
    _local_stays_local,
)
