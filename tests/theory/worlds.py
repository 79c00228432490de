"""Queues of the textbook, written as ordinary scenarios and run by the ordinary engine."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.metrics import measure
from scenarios import read
from scheduler import simulate

SEEDS = range(1, 21)

QUEUE = """
name: theory
horizon_h: {horizon_h}
warmup_h: {warmup_h}
drain_h: {horizon_h}
topology:
  chips: [{{name: plain, kind: cpu}}]
  servers: [{{name: host, cpu: plain, vcpu: {vcpu}}}]
  clouds: [{{name: c}}]
  sites: [{{name: s, tier: city}}]
  pools: [{{name: p, site: s, cloud: c, server: host, nodes: {nodes}}}]
workloads:
  - name: w
    kind: jobs
    arrivals: {arrivals}
    demand: {{vcpu: 1}}
    work: {work}
policies:
  dispatch: {{name: first-fit}}
  queue: {queue}
  packing: {{name: first-fit}}
"""


def scenario_of(text, data=()):
    """A scenario read from its text."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.yaml"
        file.write_text(text, encoding="utf-8")
        return read(file, data=data)


def queue(
    *,
    arrivals,
    work,
    horizon_h,
    nodes=1,
    vcpu=1,
    queue="{name: fcfs}",
    warmup_h=None,
):
    """A single line before `nodes` x `vcpu` servers; a tenth of the horizon is warm-up."""
    return scenario_of(
        QUEUE.format(
            arrivals=arrivals,
            work=work,
            horizon_h=horizon_h,
            warmup_h=horizon_h / 10 if warmup_h is None else warmup_h,
            nodes=nodes,
            vcpu=vcpu,
            queue=queue,
        )
    )


POISSON = "{{kind: poisson, per_h: {}}}".format
EXPONENTIAL = "{kind: exponential, mean_h: 1}"
FIXED = "{kind: fixed, mean_h: 1}"
LOGNORMAL = "{kind: lognormal, mean_h: 1, sigma: 0.6}"
LOSS = "{name: fcfs, max_waiting: 0}"

# Work is one hour in the mean, so loads are arrivals an hour over servers, waits are in hours.
WORLDS = {
    "M/M/1": {"arrivals": POISSON(0.6), "work": EXPONENTIAL, "horizon_h": 1500},
    "M/M/5 on five nodes": {
        "arrivals": POISSON(3.5),
        "work": EXPONENTIAL,
        "horizon_h": 300,
        "nodes": 5,
    },
    "M/M/8 on one node": {
        "arrivals": POISSON(6.0),
        "work": EXPONENTIAL,
        "horizon_h": 200,
        "vcpu": 8,
    },
    "M/D/1": {"arrivals": POISSON(0.7), "work": FIXED, "horizon_h": 1500},
    "M/G/1": {"arrivals": POISSON(0.6), "work": LOGNORMAL, "horizon_h": 3000},
    "D/M/1": {
        "arrivals": "{kind: fixed, every_s: 4500}",
        "work": EXPONENTIAL,
        "horizon_h": 1000,
    },
    "M/M/4 loss": {
        "arrivals": POISSON(3.0),
        "work": EXPONENTIAL,
        "horizon_h": 400,
        "nodes": 4,
        "queue": LOSS,
    },
    "M/G/6 loss": {
        "arrivals": POISSON(6.0),
        "work": LOGNORMAL,
        "horizon_h": 250,
        "vcpu": 6,
        "queue": LOSS,
    },
}
LOADS = {
    "M/M/1": 0.6,
    "M/M/5 on five nodes": 0.7,
    "M/M/8 on one node": 0.75,
    "M/D/1": 0.7,
    "D/M/1": 0.8,
}
"""Offered load over servers, of the worlds whose line is long enough for all."""


@cache
def scenario(name):
    """The scenario of a world."""
    return queue(**WORLDS[name])


@cache
def runs(name, engine):
    """What each seed measured over all, with shares that waited and were lost."""
    return [measured(simulate(scenario(name), seed, engine=engine)) for seed in SEEDS]


def measured(records):
    """The measures over all, by name, and three of theory."""
    found = {m: v for _, m, _, scope, _, _, v in measure(records).rows() if scope == "all"}
    waits_s = records.column("wait_s")[records.column("counted")]
    found["waited_share"] = float(np.mean(waits_s > 0))
    found["wait_mean_h"] = found["wait_mean_s"] / 3600
    found["lost_share"] = found["jobs_refused"] / found["jobs_submitted"]
    return found
