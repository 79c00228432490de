"""Hand-written experiments for reports: small, seeded, with the faces that a run has."""

from dataclasses import dataclass, field

import numpy as np

from bench.view import MeasureRow, RunView

RESOURCES = ("vcpu", "memory", "gpu")
HORIZON_S = 7 * 86_400.0


@dataclass(frozen=True)
class FakeJobs:
    columns: dict
    texts: dict = field(default_factory=dict)

    @property
    def rows(self):
        return len(self.columns["submit_s"])

    def column(self, name):
        return self.columns[name]

    def coded(self, name):
        values = self.texts[name]
        names = tuple(sorted({value for value in values if value is not None}))
        codes = [names.index(value) if value is not None else -1 for value in values]
        return np.array(codes, dtype=np.int32), names

    def chunks(self):
        yield self


@dataclass(frozen=True)
class FakeLevels:
    time_s: np.ndarray
    length_s: np.ndarray
    pools: tuple
    lines: tuple
    installed: np.ndarray
    capacity: np.ndarray
    allocated: np.ndarray
    used: np.ndarray
    queued: np.ndarray
    resources: tuple = RESOURCES
    fragmented: np.ndarray | None = None

    def lengths_s(self):
        return self.length_s

    def chunks(self):
        yield self


def some_jobs(
    seed,
    *,
    scale=1.0,
    count=400,
    exact=False,
    refused=12,
    waiting=0,
    pools=("hz-gpu", "core-gpu"),
):
    rng = np.random.default_rng(seed)
    wait_s = np.where(rng.random(count) < 0.55, 0.0, rng.lognormal(7.5, 1.5, count) * scale)
    run_s = rng.lognormal(9, 1, count)
    state = np.array(["finished"] * count, dtype=object)
    state[:refused] = "refused"
    state[refused : refused + waiting] = "waiting"
    reason = np.where(
        wait_s > 0,
        rng.choice(["no-capacity", "head-of-line", "fragmented"], count, p=[0.5, 0.4, 0.1]),
        "",
    ).astype(object)
    reason[:refused] = rng.choice(["too-big", "residency"], refused) if refused else ()
    pool = rng.choice(pools, count).astype(object)
    pool[: refused + waiting] = None
    wait_s[:refused] = np.nan
    return FakeJobs(
        {
            "submit_s": np.sort(rng.random(count)) * HORIZON_S,
            "wait_s": wait_s,
            "run_s": run_s,
            "lost_s": np.zeros(count),
            "preemptions": np.zeros(count, dtype=np.int32),
            "estimate_s": run_s if exact else np.full(count, 8000.0),
            "counted": np.ones(count, dtype=bool),
            **some_demand(count),
            **some_spans(seed, state, wait_s, run_s),
        },
        {
            "tier": [pool and ("city" if pool == pools[0] else "province") for pool in pool],
            "tenant": list(
                np.random.default_rng(seed + 7).choice(["health", "traffic"], count)
            ),
            "region": list(np.random.default_rng(seed + 8).choice(["xihu", "binjiang"], count)),
            "state": list(state),
            "reason": list(reason),
            "pool": list(pool),
            "workload": list(rng.choice(["fine-tune", "night-batch"], count)),
        },
    )


def some_demand(count):
    """What each job asks for; nobody is said to have started."""
    amounts = {"vcpu": 8.0, "memory_gib": 32.0, "gpu": 1.0, "nodes": 1}
    nothing = {"start_s": np.nan, "end_s": np.nan}
    return {name: np.full(count, value) for name, value in (amounts | nothing).items()}


def some_spans(seed, state, wait_s, run_s):
    """Dispatch and transfers of finished jobs, and the latency that they add up to."""
    rng = np.random.default_rng(seed + 9)
    ended = np.where(state == "finished", 1.0, np.nan)
    dispatch_s, transfer_in_s = ended * 0.08, ended * rng.exponential(300, len(state))
    transfer_out_s = ended * rng.exponential(60, len(state))
    return {
        "dispatch_s": dispatch_s,
        "transfer_in_s": transfer_in_s,
        "transfer_s": transfer_in_s + transfer_out_s,
        "latency_s": dispatch_s + transfer_in_s + wait_s + run_s + transfer_out_s,
    }


def some_levels(
    seed,
    *,
    load=0.8,
    pools=("hz-gpu", "core-gpu", "xihu-edge"),
    queue=True,
    steps=None,
    step_s=300.0,
):
    rng = np.random.default_rng(seed + 100)
    steps = int(HORIZON_S / step_s) if steps is None else steps
    time_s = np.arange(steps) * step_s
    hour = (time_s / 3600) % 24
    weekend = (time_s // 86_400) % 7 >= 5
    shape = np.clip(0.25 + 0.9 * np.exp(-(((hour - 14) / 4.5) ** 2)), 0, 1) * np.where(
        weekend, 0.5, 1
    )
    installed = np.array([[2048.0, 8192.0, 64.0 if i != 2 else 0.0] for i in range(len(pools))])
    installed[1] *= 3
    shares = np.array([1.1, 0.75, 0.4, *rng.random(max(len(pools) - 3, 0))])[: len(pools)]
    parts = np.array([0.6, 0.5, 1.0])
    noise = 1 + 0.06 * rng.standard_normal((steps, len(pools), 1))
    level = np.clip(
        shape[:, None, None] * shares[None, :, None] * parts * load * 1.3 * noise, 0, 1
    )
    allocated = installed * 0.9 * level
    queued = np.zeros((steps, len(pools), 3))
    if queue:
        burst = np.clip(shape - 0.8, 0, None)[:, None] * np.array([900.0, 3000.0, 90.0]) * load
        queued[:, 0] = burst * (1 + 0.2 * rng.standard_normal((steps, 1)))
        queued[:, 1] = burst * 0.3
    return FakeLevels(
        time_s,
        np.full(steps, step_s),
        tuple(pools),
        tuple(pools),
        installed,
        installed * 0.9,
        allocated,
        allocated * 0.45,
        np.clip(queued, 0, None),
    )


def measures_of(variant, seed, jobs, levels, *, drop=()):
    """The measures that the report reads, from the fakes (not the project's own arithmetic)."""
    wait = jobs.columns["wait_s"][np.isfinite(jobs.columns["wait_s"])]
    state = np.array(jobs.texts["state"])
    values = {
        "jobs_submitted": ("jobs", float(len(state))),
        "jobs_finished": ("jobs", float((state == "finished").sum())),
        "jobs_refused": ("jobs", float((state == "refused").sum())),
        "wait_mean_s": ("s", float(wait.mean())),
        "wait_p95_s": ("s", float(np.quantile(wait, 0.95))),
        "deadline_met_share": ("share", None),
        "censored_share": ("share", float((state == "waiting").mean())),
    }
    for r, name in enumerate(levels.resources):
        share = (
            levels.allocated[:, :, r].sum(axis=1).mean() / levels.capacity[:, r].sum()
            if len(levels.time_s)
            else None
        )
        values[f"allocated_share_{name}"] = ("share", None if share is None else float(share))
        values[f"used_share_{name}"] = ("share", None if share is None else float(share) * 0.45)
    return [
        MeasureRow(variant, m, u, "all", "", seed, v)
        for m, (u, v) in values.items()
        if m not in drop
    ] + [
        row for scope in ("workload", "tenant") for row in waits_of(variant, seed, jobs, scope)
    ]


def waits_of(variant, seed, jobs, scope):
    """Mean and 95th percentile of the waits of each workload or tenant."""
    wait, names = jobs.columns["wait_s"], np.array(jobs.texts[scope])
    rows = []
    for key in sorted(set(names)):
        own = wait[(names == key) & np.isfinite(wait)]
        found = (
            {"wait_mean_s": own.mean(), "wait_p95_s": np.quantile(own, 0.95)}
            if len(own)
            else {}
        )
        rows += [
            MeasureRow(variant, m, "s", scope, key, seed, float(v)) for m, v in found.items()
        ]
    return rows


def resolved(pools=("hz-gpu", "core-gpu", "xihu-edge"), *, classes=None, workloads=None):
    return {
        "start": "2026-03-02T00:00",
        "horizon_h": 168,
        "warmup_h": 24,
        "drain_h": 168,
        "levels_every_s": 300,
        "topology": {
            "tiers": ["province", "city", "county"],
            "regions": [
                {"name": "zhejiang", "level": "province", "lat": 30.2, "lon": 120.2},
                {"name": "hangzhou", "level": "city", "parent": "zhejiang"},
                {"name": "xihu", "level": "county", "parent": "hangzhou"},
                {"name": "binjiang", "level": "county", "parent": "hangzhou"},
            ],
            "sites": [
                {"name": "site-0", "region": "hangzhou", "lat": 30.25, "lon": 120.17},
                {"name": "site-1", "region": "zhejiang", "lat": 30.18, "lon": 120.36},
                {"name": "site-2", "region": "xihu", "lat": 30.26, "lon": 120.13},
            ],
            "links": [{"a": "site-0", "b": "site-1"}, {"a": "site-2", "b": "site-0"}],
            "pools": [
                {
                    "name": name,
                    "site": f"site-{i}",
                    "cloud": "gov-a",
                    "server": "srv-910b-8",
                    "nodes": 8 * (i + 1),
                }
                for i, name in enumerate(pools)
            ],
        },
        "data_classes": classes
        or [
            {"name": "core", "stays_within": "site", "security_level": 4},
            {"name": "important", "stays_within": "province", "security_level": 3},
            {"name": "general", "stays_within": "nation", "security_level": 1},
        ],
        "workloads": workloads
        or [
            {"name": "fine-tune", "kind": "jobs"},
            {"name": "night-batch", "kind": "jobs", "use": 0.4},
        ],
        "policies": {
            "dispatch": {"name": "local-first"},
            "queue": {"name": "fcfs", "options": {"at": "pool"}},
            "packing": {"name": "best-fit"},
        },
    }


def a_view(
    variants=("borrow", "own-gpus"),
    seeds=(1, 2, 3, 4, 5),
    *,
    scales=None,
    loads=None,
    pools=("hz-gpu", "core-gpu", "xihu-edge"),
    jobs=None,
    levels=None,
    jobs_door=None,
    levels_door=None,
    **kwargs,
):
    """A week of two pools with GPUs and one without; the second variant waits less."""
    scales = scales or [1.0 / (1 + 1.5 * i) for i in range(len(variants))]
    loads = loads or [1.0 / (1 + 0.3 * i) for i in range(len(variants))]
    jobs_kwargs, levels_kwargs = jobs or {}, levels or {}

    def jobs_of(variant, seed):
        return some_jobs(
            seed, scale=scales[variants.index(variant)], pools=pools[:2], **jobs_kwargs
        )

    def levels_of(variant, seed):
        return some_levels(
            seed, load=loads[variants.index(variant)], pools=pools, **levels_kwargs
        )

    jobs_of, levels_of = jobs_door or jobs_of, levels_door or levels_of
    rows = [
        row
        for v in variants
        for s in seeds
        for row in measures_of(v, s, jobs_of(v, s), levels_of(v, s))
    ]
    return RunView(
        **{
            "name": "two-tiers",
            "digest": "0f" * 32,
            "variants": tuple(variants),
            "seeds": tuple(seeds),
            "measures": tuple(rows),
            "resolved": {variant: resolved(pools) for variant in variants},
            "jobs": jobs_of,
            "levels": levels_of,
            "question": "Does the city need its own GPUs, or can it borrow the province's?",
            "versions": {"suanli": "0.1.0", "python": "3.11.7", "simpy": "4.1.2"},
            **kwargs,
        }
    )
