"""The jobs that a scenario asks for under a seed: all streams merged in time order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.arrivals import Arrivals, arrivals_of
from scenarios.asks import Ask, ask_of, own_ask
from scenarios.data_sets import with_set_rules
from scenarios.jobs import CHUNK, Ints, JobChunk, Source, merged
from scenarios.problems import ScenarioError
from scenarios.scenario import Scenario
from scenarios.seeds import stream
from scenarios.shapes_of_week import HOUR_US
from scenarios.trace_jobs import blocks_of, sorted_jobs, trace_table
from scenarios.work import FOREVER_US, Work, estimates_us, work_of
from scenarios.workload import Jobs, Replicas, Trace, Workload
from topology import Region, Topology

BLOCK_MIN = 64


@dataclass(frozen=True, slots=True)
class Stream:
    """The jobs of one workload: their mean number before an instant, and the jobs themselves.

    `blocks(seed, until_us, size)` yields blocks of about `size` jobs in time order.
    """

    name: str
    expected: Callable[[int], float]
    blocks: Callable[[int, int, int], Iterator[JobChunk]]
    random: bool


class Demand:
    """What is asked for under one seed; the same for every policy.

    `asks` only grows, and is complete for a chunk before that chunk is yielded.
    """

    def __init__(
        self, streams: Iterable[Stream], asks: list[Ask], seed: int, horizon_us: int
    ) -> None:
        self.asks = asks
        self._streams = sorted(streams, key=lambda one: one.name)
        self._seed = seed
        self._horizon_us = horizon_us
        self._expected = [one.expected(horizon_us) for one in self._streams]

    @property
    def expected_jobs(self) -> float:
        """About how many jobs are submitted within the horizon."""
        return float(sum(self._expected))

    @property
    def random(self) -> bool:
        """Whether anything varies with the seed."""
        return any(one.random for one in self._streams)

    def chunks(self, until_us: int) -> Iterator[JobChunk]:
        """All jobs submitted before `until_us`, in time order; each call starts afresh."""
        sources = [self._source(i, until_us) for i in range(len(self._streams))]
        window_us = int(self._horizon_us * CHUNK / max(self.expected_jobs, 1.0))
        return merged(sources, until_us, max(1, window_us))

    def _source(self, index: int, until_us: int) -> Source:
        # blocks of all streams span about the same time, so that what waits stays small
        share = self._expected[index] / max(self.expected_jobs, 1e-9)
        size = min(CHUNK, max(BLOCK_MIN, int(CHUNK * share)))
        one = self._streams[index]
        return Source(one.name, one.blocks(self._seed, until_us, size))


def demand_of(scenario: Scenario, seed: int) -> Demand:
    """The jobs of one resolved scenario under one seed.

    Raises:
        ScenarioError: a trace has broken rows and `on_bad_rows` refuses them, or a file
            cannot be used.
    """
    asks: list[Ask] = []
    streams = [
        _stream(workload, scenario, asks)
        for workload in sorted(with_set_rules(scenario), key=lambda one: one.name)
    ]
    return Demand(streams, asks, seed, scenario.horizon_us)


def _stream(workload: Workload, scenario: Scenario, asks: list[Ask]) -> Stream:
    if isinstance(workload, Replicas):
        return _replicas(workload, scenario, asks)
    if isinstance(workload, Trace):
        return _trace(workload, scenario, asks)
    return _jobs(workload, scenario, asks)


def _replicas(workload: Replicas, scenario: Scenario, asks: list[Ask]) -> Stream:
    """All of them at the start; they have one ask, which serves all their regions."""
    region = workload.region if isinstance(workload.region, str) else None
    number, count = len(asks), workload.replicas
    asks.append(ask_of(workload, scenario.data_classes, region))

    def blocks(_seed: int, until_us: int, _size: int) -> Iterator[JobChunk]:
        if until_us > 0:
            yield _at_the_start(number, count)

    return Stream(workload.name, lambda _until_us: float(count), blocks, random=False)


def _at_the_start(ask: int, count: int) -> JobChunk:
    forever = np.full(count, FOREVER_US, dtype=np.int64)
    return JobChunk(
        submit_us=np.zeros(count, dtype=np.int64),
        ask=np.full(count, ask, dtype=np.int32),
        work_us=forever,
        estimate_us=forever,
        deadline_us=np.full(count, -1, dtype=np.int64),
        number=np.arange(1, count + 1, dtype=np.int64),
    )


def served_regions(workload: Replicas, topology: Topology) -> list[tuple[str, float]]:
    """The regions that replicas serve, each with its share of the people."""
    if workload.region is None:
        return []
    origin = origin_of(workload, topology, workload.name)
    shares = np.diff(origin.cumulative, prepend=0.0).tolist()
    return [(str(region), share) for region, share in zip(origin.regions, shares, strict=True)]


def _trace(workload: Trace, scenario: Scenario, asks: list[Ask]) -> Stream:
    table = trace_table(workload, scenario)
    problems = table.refusal(workload.on_bad_rows)
    if problems:
        raise ScenarioError(problems, table.file)
    region = workload.region if isinstance(workload.region, str) else None
    base = own_ask(workload, region)
    jobs = sorted_jobs(table, base, scenario.data_classes, asks, workload)
    return Stream(
        workload.name,
        lambda until_us: float(np.searchsorted(jobs.submit_us, until_us)),
        lambda _seed, until_us, size: blocks_of(jobs, until_us, size),
        random=False,
    )


def _jobs(workload: Jobs, scenario: Scenario, asks: list[Ask]) -> Stream:
    name = workload.stream or workload.name
    arrivals = arrivals_of(workload.arrivals, scenario.start, name, scenario.file)
    work = work_of(workload.work, name, scenario.file)
    origin = origin_of(workload, scenario.topology, name)
    first = len(asks)
    asks += [ask_of(workload, scenario.data_classes, region) for region in origin.regions]
    return Stream(
        workload.name,
        arrivals.expected,
        JobStream(workload, arrivals, work, origin, first).blocks,
        random=arrivals.random or work.random or origin.random,
    )


@dataclass(frozen=True, slots=True)
class JobStream:
    """Draws the jobs of a workload of kind `jobs`; `first_ask` is its first region's ask."""

    workload: Jobs
    arrivals: Arrivals
    work: Work
    origin: "Origin"
    first_ask: int

    def blocks(self, seed: int, until_us: int, size: int) -> Iterator[JobChunk]:
        """The jobs submitted before `until_us`, about `size` at a time."""
        work, region = self.work.drawer(seed), self.origin.drawer(seed)
        number = 1
        for submit_us in self.arrivals.blocks(seed, until_us, size):
            n = len(submit_us)
            yield self._block(submit_us, work(n), region(n), number)
            number += n

    def _block(
        self, submit_us: Ints, work_us: Ints, region: NDArray[np.int32], number: int
    ) -> JobChunk:
        n = len(submit_us)
        return JobChunk(
            submit_us=submit_us,
            ask=region + np.int32(self.first_ask),
            work_us=work_us,
            estimate_us=estimates_us(self.workload.estimate, work_us, self.work.mean_us),
            deadline_us=np.full(n, deadline_us(self.workload), dtype=np.int64),
            number=np.arange(number, number + n, dtype=np.int64),
        )


def deadline_us(workload: Jobs) -> int:
    """The span within which jobs of this workload should end, -1 without one."""
    return -1 if workload.deadline_h is None else round(workload.deadline_h * HOUR_US)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the jobs of a workload come from: one region, none, or a draw among several."""

    regions: tuple[str | None, ...]
    cumulative: NDArray[np.float64]  # shares up to and including each region; the last is 1
    stream: str

    @property
    def random(self) -> bool:
        """Whether a region is drawn at all."""
        return len(self.regions) > 1

    def drawer(self, seed: int) -> Callable[[int], NDArray[np.int32]]:
        """A function that draws the next n region indices."""
        if not self.random:
            return lambda n: np.zeros(n, dtype=np.int32)
        rng = stream(seed, f"{self.stream}/region")
        inner = self.cumulative[:-1]
        return lambda n: np.searchsorted(inner, rng.random(n), side="right").astype(np.int32)


def origin_of(workload: Jobs | Replicas, topology: Topology, name: str) -> Origin:
    """The region of the workload, or those of its level with people, weighted by them."""
    region = workload.region
    if region is None or isinstance(region, str):
        return Origin((region,), np.ones(1), name)
    peopled = with_people(topology.regions, region.level)
    people = np.array([float(one.population or 0) for one in peopled])
    cumulative = np.cumsum(people) / people.sum()
    return Origin(tuple(one.name for one in peopled), cumulative, name)


def with_people(regions: Sequence[Region], level: str | None) -> list[Region]:
    """Regions of a level with a population, by name; without a level the lowest ones."""
    if level is None:
        return lowest_with_people(regions)
    found = (one for one in regions if one.population and one.level == level)
    return sorted(found, key=lambda one: one.name)


def lowest_with_people(regions: Iterable[Region]) -> list[Region]:
    """Regions with a population below which no other has one, by name."""
    peopled = [one for one in regions if one.population]
    above = _ancestors_of({one.name: one.parent for one in regions}, peopled)
    return sorted((one for one in peopled if one.name not in above), key=lambda one: one.name)


def _ancestors_of(parents: dict[str, str | None], regions: Iterable[Region]) -> set[str]:
    above: set[str] = set()
    for region in regions:
        parent = region.parent
        while parent is not None and parent not in above:
            above.add(parent)
            parent = parents.get(parent)
    return above
