"""A run written by hand: the face of Records over plain lists, and a scenario to stand on."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scenarios import Scenario, read
from scheduler import Levels, StayTable
from topology import RESOURCES

TEXT = """\
name: two-rooms
question: Is one room enough?
horizon_h: 1
topology:
  chips:
    - {name: plain, kind: cpu, isa: x86_64, cores: 16}
    - {name: card, kind: gpu, memory_gib: 80}
  servers:
    - {name: host, cpu: plain, sockets: 1, vcpu: 16, memory_gib: 64}
    - {name: carded, cpu: plain, accelerator: card, accelerators: 2, sockets: 1, vcpu: 16,
       memory_gib: 64}
  clouds:
    - {name: gov-a}
  regions:
    - {name: province, level: province}
    - {name: town, level: city, parent: province}
  sites:
    - {name: core, region: province, tier: province}
    - {name: edge, region: town, tier: city, parent: core}
  pools:
    - {name: core-cpu, site: core, cloud: gov-a, server: host, nodes: 4}
    - {name: edge-gpu, site: edge, cloud: gov-a, server: carded, nodes: 2}
  links:
    - {a: core, b: edge, delay_ms: 1, capacity_gbit_s: 10}
workloads:
  - name: batch
    kind: jobs
    region: town
    arrivals: {kind: poisson, per_h: 100}
    demand: {vcpu: 1}
    work: {kind: exponential, mean_h: 0.1}
    data: {input_gb: 3, output_gb: 2, data_class: general}
  - name: desk
    kind: jobs
    arrivals: {kind: fixed, every_s: 600}
    demand: {vcpu: 1, gpu: 0.5}
    work: {kind: forever}
"""

NAN = float("nan")
JOB = {
    "variant": "base",
    "workload": "batch",
    "tenant": "default",
    "region": "town",
    "class": None,
    "chip": "plain",
    "site": "core",
    "pool": "core-cpu",
    "cloud": "gov-a",
    "tier": "province",
    "state": "finished",
    "reason": "",
    "id": "batch-1",
    "seed": 1,
    "nodes": 1,
    "priority": 0,
    "preemptions": 0,
    "node": 0,
    "counted": True,
    "deadline_met": NAN,
    "submit_s": 0.0,
    "start_s": 0.0,
    "end_s": 10.0,
    "dispatch_s": 0.0,
    "transfer_in_s": 0.0,
    "transfer_s": 0.0,
    "wait_s": 0.0,
    "run_s": 10.0,
    "latency_s": 10.0,
    "estimate_s": 10.0,
    "lost_s": 0.0,
    "vcpu": 1.0,
    "memory_gib": 0.0,
    "gpu": 0.0,
}
NOWHERE = {"chip": None, "site": None, "pool": None, "cloud": None, "tier": None, "node": -1}
SPANS = ["start_s", "end_s", "dispatch_s", "transfer_in_s", "transfer_s", "run_s", "latency_s"]
UNSTARTED = NOWHERE | dict.fromkeys(SPANS, NAN)
WAITING = UNSTARTED | {"state": "waiting"}
REFUSED = UNSTARTED | {"state": "refused", "reason": "too-big", "wait_s": NAN}
RUNNING = {"state": "running", "end_s": NAN, "run_s": NAN, "latency_s": NAN, "transfer_s": NAN}
EDGE = {"chip": "card", "site": "edge", "pool": "edge-gpu", "tier": "city"}
DTYPES = {int: np.int32, bool: np.bool_, float: np.float64}


def a_scenario(folder: Path, text: str = TEXT, **more: Any) -> Scenario:
    """The small scenario, read from a file of its own."""
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return read(path, **more)


def a_job(**changes: Any) -> dict[str, Any]:
    """A job that ran ten seconds on the core at once, but for the changes."""
    assert not changes.keys() - JOB.keys()
    return {**JOB, **changes}


def some_levels(steps: int = 2, **arrays: Any) -> Levels:
    """Levels of the two pools over an hour: all zero, but for the arrays given."""
    pools, n = ("core-cpu", "edge-gpu"), len(RESOURCES)
    capacity = np.zeros((2, n))
    capacity[0, :2] = (64, 256)
    capacity[1, :4] = (32, 128, 4, 320)
    shapes = {"allocated": (steps, 2, n), "used": (steps, 2, n), "queued": (steps, 2, n)}
    given = {
        "time_s": np.arange(steps) * 3600.0 / max(steps, 1),
        "length_s": np.full(steps, 3600.0 / max(steps, 1)),
        "installed": capacity,
        "capacity": capacity,
        "pools": pools,
        "lines": pools,
    }
    zeros = {name: np.zeros(shape) for name, shape in shapes.items()}
    return Levels(resources=RESOURCES, **{**given, **zeros, **arrays})


@dataclass
class FakeTable:
    """Some jobs, column by column."""

    jobs: list[dict[str, Any]]

    @property
    def rows(self) -> int:
        return len(self.jobs)

    def column(self, name: str) -> np.ndarray:
        values = [job[name] for job in self.jobs]
        if isinstance(JOB[name], str) or name == "class":
            return np.array(values, dtype=object)
        return np.array(values, dtype=DTYPES[type(JOB[name])])

    def stays(self) -> StayTable:
        """One stay of each job that was stopped, as its row tells it."""
        rows = [n for n, job in enumerate(self.jobs) if job["preemptions"]]
        pool, pools = self.coded("pool")
        ends = self.column("end_s")[rows]
        begins = ends - self.column("run_s")[rows]
        return StayTable(np.array(rows), pool[rows], begins, ends, pools)

    def coded(self, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
        """Codes in the order in which names are met."""
        values = [job[name] for job in self.jobs]
        names = [name for name in dict.fromkeys(values) if name is not None]
        codes = [-1 if value is None else names.index(value) for value in values]
        return np.array(codes, dtype=np.int32), tuple(names)


@dataclass
class FakeRecords(FakeTable):
    """A whole run in memory."""

    scenario: Any = None
    levels: Levels = field(default_factory=some_levels)
    variant: str = "base"
    seed: int = 1
    cut: int = 1_000_000
    plans: tuple = ()

    def chunks(self):
        """Parts of `cut` jobs; names are met anew in each."""
        for start in range(0, max(len(self.jobs), 1), self.cut):
            yield FakeTable(self.jobs[start : start + self.cut])

    flows = None

    def level_chunks(self):
        yield self.levels
