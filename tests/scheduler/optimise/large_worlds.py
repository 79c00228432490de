"""Seeded worlds as large as a province in which something that must be served cannot be."""

import numpy as np

KINDS = (
    "memory",
    "one-chip",
    "residency",
    "delay",
    "apart",
    "quota",
    "security",
    "size",
    "two-together",
    "everywhere",
    "jobs",
    "one-city",
)

TOP = """name: large-{seed}
horizon_h: 1
drain_h: 1
topology: {{extends: zhejiang}}
tenants:
  - {{name: bureau, quota: {{vcpu: {quota}}}}}
  - {{name: office}}
workloads:
"""
POLICY = "policies: {placement: {name: planned, opening_cny_h: 1}}\n"


def large(seed):
    """The text of a scenario file of some 2,000 replicas, and what is wrong with it."""
    rng = np.random.default_rng(seed)

    def pick(*choices):
        return choices[int(rng.integers(len(choices)))]

    kind = KINDS[seed % len(KINDS)]
    quota = pick(4_096, 8_192)
    city = pick("hangzhou", "ningbo", "wenzhou", "jinhua")
    wrong = {
        # more than all nodes of the province and of both hubs hold
        "memory": replicas(
            pick(2_600, 3_000), "vcpu: 4, memory_gib: 200", "region: {weights: population}"
        ),
        "one-chip": replicas(
            pick(650, 800),
            "vcpu: 8, memory_gib: 64, gpu: 1",
            "chips: {any_of: [ascend-910b3]}, region: zhejiang",
        ),
        "residency": replicas(
            pick(300, 400),
            "vcpu: 32, memory_gib: 96",
            f"region: {city}, data: {{stays_within: city}}",
        ),
        "delay": replicas(
            pick(40, 80),
            "vcpu: 8, memory_gib: 32, gpu: 8",
            f"region: {{weights: population}}, max_delay_ms: {pick(1, 2)}",
        ),
        "apart": replicas(pick(180, 220), "vcpu: 8", f"anti_affinity: site, region: {city}"),
        "quota": replicas(
            quota // 16 + pick(1, 200),
            "vcpu: 16",
            f"tenant: bureau, region: {city}",
            tenant=False,
        ),
        "security": replicas(
            pick(250, 400), "vcpu: 64, memory_gib: 64", f"security_level: 4, region: {city}"
        ),
        "size": replicas(pick(2, 30), "vcpu: 4, memory_gib: 2000", f"region: {city}"),
        "two-together": replicas(
            pick(300, 350),
            "vcpu: 16, memory_gib: 96, gpu: 1",
            "chips: {any_of: [ascend-910b3]}, region: zhejiang",
        )
        + replicas(
            pick(40, 50),
            "vcpu: 96, memory_gib: 512, gpu: 8",
            "chips: {any_of: [ascend-910b3]}, region: zhejiang",
            name="models",
        ),
        "everywhere": replicas(
            pick(9_000, 9_900), "vcpu: 16, memory_gib: 24", "region: {weights: population}"
        ),
        "jobs": jobs(pick("vcpu: 8, gpu: 16", "vcpu: 8, nodes: 400", "vcpu: 300")),
        "one-city": replicas(
            pick(700, 900),
            "vcpu: 12, memory_gib: 40, local_storage_gb: 900",
            f"region: {city}, data: {{stays_within: city}}",
        ),
    }
    beside = replicas(
        pick(800, 900),
        "vcpu: 8, memory_gib: 24",
        "region: {weights: population}",
        name="beside",
    ) + replicas(
        pick(600, 700),
        "vcpu: 4, memory_gib: 16, local_storage_gb: 100",
        "region: {weights: population, level: city}, max_delay_ms: 20",
        name="near",
    )
    text = TOP.format(seed=seed, quota=quota)
    return text + wrong[kind] + beside + POLICY, kind


def replicas(count, demand, more, *, name="web", tenant=True):
    """A workload of replicas, in a row."""
    who = ", tenant: office" if tenant else ""
    keys = f"name: {name}, kind: replicas, replicas: {count}, must_serve: true{who}"
    return f"  - {{{keys}, demand: {{{demand}}}, {more}}}\n"


def jobs(demand):
    """A workload of jobs that no pool could ever take."""
    keys = "name: web, kind: jobs, tenant: office, must_serve: true, region: zhejiang"
    work = "arrivals: {kind: fixed, every_s: 1200}, work: {kind: fixed, mean_h: 0.1}"
    return f"  - {{{keys}, {work}, demand: {{{demand}}}}}\n"
