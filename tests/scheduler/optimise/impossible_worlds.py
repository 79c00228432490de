"""Seeded worlds in which something that must be served cannot be, one kind of reason each."""

import numpy as np

KINDS = (
    "room",
    "far",
    "apart",
    "residency",
    "security",
    "chips",
    "quota",
    "size",
    "gpu",
    "jobs",
)

TOPOLOGY = """name: impossible-{seed}
horizon_h: 1
drain_h: 1
topology:
  chips:
    - {{name: plain, kind: cpu, isa: x86_64, cores: 64}}
    - {{name: other, kind: cpu, isa: aarch64, cores: 64}}
    - {{name: card, kind: gpu, memory_gib: 64}}
  servers:
    - name: host
      cpu: plain
      vcpu: {vcpu}
      memory_gib: {memory}
      price_cny: 95000
      life_years: 5
      maintenance_share_year: 0.05
    - name: box
      cpu: other
      vcpu: 64
      memory_gib: 512
      accelerator: card
      accelerators: 4
      price_cny: 800000
      life_years: 5
      maintenance_share_year: 0.05
  clouds: [{{name: gov}}]
  regions:
    - {{name: prov, level: province}}
    - {{name: c1, level: city, parent: prov, population: {p1}}}
    - {{name: c2, level: city, parent: prov, population: {p2}}}
    - {{name: c3, level: city, parent: prov, population: {p3}}}
  sites:
    - {{name: core, region: prov, tier: province}}
    - {{name: s1, region: c1, tier: city, parent: core}}
    - {{name: s2, region: c2, tier: city, parent: core}}
    - {{name: s3, region: c3, tier: city, parent: core}}
  links:
    - {{a: core, b: s1, delay_ms: {d1}}}
    - {{a: core, b: s2, delay_ms: {d2}}}
    - {{a: core, b: s3, delay_ms: {d3}}}
  pools:
    - {{name: core-host, site: core, cloud: gov, server: host, nodes: {n0}, security_level: 3}}
    - {{name: core-box, site: core, cloud: gov, server: box, nodes: 1}}
    - {{name: p1, site: s1, cloud: gov, server: host, nodes: {n1}}}
    - {{name: p2, site: s2, cloud: gov, server: host, nodes: {n2}, reserve_share: {reserve}}}
    - {{name: p3, site: s3, cloud: gov, server: host, nodes: 1, security_level: 2}}
tenants:
  - {{name: bureau, quota: {{vcpu: {quota}}}}}
  - {{name: office}}
workloads:
"""


def impossible(seed):
    """The text of a scenario file, and what is wrong with it."""
    rng = np.random.default_rng(seed)

    def pick(*choices):
        return choices[int(rng.integers(len(choices)))]

    kind = KINDS[seed % len(KINDS)]
    vcpu, memory = pick(32, 48, 64), pick(128, 256)
    n0, n1, n2 = pick(1, 2, 3), pick(1, 2), pick(1, 2, 3)
    d1, d2, d3 = pick(1, 1.5, 2), pick(2, 3), pick(4, 6)
    reserve = pick(0, 0, 0.1)
    text = TOPOLOGY.format(
        seed=seed,
        vcpu=vcpu,
        memory=memory,
        n0=n0,
        n1=n1,
        n2=n2,
        d1=d1,
        d2=d2,
        d3=d3,
        p1=pick(100, 500),
        p2=pick(200, 800),
        p3=pick(50, 900),
        reserve=reserve,
        quota=pick(40, 80),
    )
    hosts = n0 + n1 + n2 + 1
    rows = {
        # more than all nodes hold, each replica alone on one
        "room": replicas(
            hosts + pick(1, 3),
            f"vcpu: {vcpu // 2 + 4}, memory_gib: {memory // 2 + 8}",
            f"chips: {{any_of: [plain]}}, region: {pick('c1', 'c2')}",
        ),
        "far": replicas(
            2,
            f"vcpu: {pick(2, 4)}",
            f"region: c3, max_delay_ms: {d3 + 0.5}, security_level: 5"
            if pick(0, 1)
            else f"region: c3, max_delay_ms: {d3 - 1}, chips: {{any_of: [other]}}",
        ),
        "apart": replicas(pick(5, 6), "vcpu: 4", "anti_affinity: site, region: c1"),
        "residency": replicas(
            2 * n1 + pick(1, 2),
            f"vcpu: {vcpu // 2}",
            "region: c1, data: {stays_within: city}",
        ),
        "security": replicas(
            n0 + pick(1, 2), f"vcpu: {vcpu // 2 + 1}", "security_level: 3, region: c2"
        ),
        "chips": replicas(
            pick(5, 7), "vcpu: 16", "chips: {isa: [aarch64]}, region: {weights: population}"
        ),
        "quota": replicas(pick(6, 8), "vcpu: 16", "tenant: bureau, region: c1", tenant=False),
        "size": replicas(
            pick(2, 3),
            f"vcpu: 4, memory_gib: {memory + pick(1, 64)}",
            "chips: {any_of: [plain]}, region: c2",
        ),
        "gpu": replicas(pick(3, 5), "vcpu: 4, gpu: 2", "region: {weights: population}"),
        "jobs": jobs(pick("vcpu: 90", "vcpu: 8, gpu: 8", "vcpu: 8, nodes: 30"), pick(0, 1)),
    }
    others = replicas(pick(1, 2), "vcpu: 2, memory_gib: 4", "region: c2", name="beside")
    policy = "policies: {placement: {name: planned, opening_cny_h: 1}}\n"
    beside = others if pick(0, 1) and kind != "jobs" else ""
    return text + rows[kind] + beside + policy, kind


def replicas(count, demand, more, *, name="web", tenant=True):
    """A workload of replicas, a key a line."""
    lines = [f"name: {name}", "kind: replicas", f"replicas: {count}", f"demand: {{{demand}}}"]
    lines += ["tenant: office"] * tenant + ["must_serve: true"]
    return row([*lines, *split(more)])


def jobs(demand, within):
    """A workload of jobs that no pool could ever take."""
    lines = ["name: batch", "kind: jobs", "tenant: office", "must_serve: true", "region: c1"]
    lines += ["arrivals: {kind: fixed, every_s: 1200}", f"demand: {{{demand}}}"]
    lines += ["data: {stays_within: province}"] * within
    return row([*lines, "work: {kind: fixed, mean_h: 0.1}"])


def split(more):
    """Keys of one line, each on a line of its own; maps in braces stay whole."""
    found, depth, start = [], 0, 0
    for at, letter in enumerate(more):
        depth += (letter in "{[") - (letter in "}]")
        if letter == "," and not depth:
            found.append(more[start:at].strip())
            start = at + 1
    return [*found, more[start:].strip()]


def row(lines):
    """One item of the list of workloads."""
    return "".join(f"  {'-' if n == 0 else ' '} {line}\n" for n, line in enumerate(lines))
