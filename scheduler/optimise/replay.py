"""What one more of something would have saved the jobs of a run, which are sent again for it.

A plan sees its own hour and calls a job lost that waits for the next. Here the jobs of a seed
come in their order and each goes where its own cost, the worth of its room to others (by plans
for each hour as it is declared) and its wait are least, by its true work and by all that went
before; who waits is in the way of whoever comes later. Beside the room as
it is stand worlds that have one more of one thing each, from the instant on at which somebody
first finds it full. A world keeps stations of its own only where it has come to differ.

Pools that every kind of job sees alike are one station, served in the order of submission;
whoever fits before the others passes them, unless the queue is strict. What runs for ever
stays where it came to stand. Nobody is stopped for another, and transfers take as long as
alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

import scheduler.flows  # it may be what loads this file: its names are looked up later
from scenarios import JobChunk, Scenario, demand_of
from scheduler.dispatch import Nearest
from scheduler.optimise.replay_parts import Answer, Job, Sent, Ways, World, Worth
from scheduler.optimise.replay_rooms import Prices, Rooms, sight_of
from scheduler.optimise.stations import Hold, Station
from scheduler.outlook import FAR
from scheduler.own_cost import US_H, worth_to_others
from scheduler.records import Keep, Records
from scheduler.shapes import Shape
from scheduler.simulation import assembled
from topology import RESOURCES

Floats = npt.NDArray[np.float64]
Key = tuple[str, str]
Own = Mapping[int, Station]


def worths(
    scenario: Scenario,
    seed: int,
    *,
    only: Collection[Key] | None = None,
    allow_code: bool = False,
) -> list[Worth]:
    """What one more of each node and quota that was ever full would have saved.

    In the order of kinds and names; with `only`, of these kinds and names.
    """
    replay = Replay(scenario, seed, only=only, allow_code=allow_code)
    for job in replay.jobs():
        replay.send(job)
    found = [Worth(w.kind, w.name, w.like, w.saved_cny) for w in replay.worlds.values()]
    return sorted(found, key=lambda row: (row.kind, row.name))


class Replay:
    """The jobs of one seed, the room that they find, and the worlds beside it."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        only: Collection[Key] | None = None,
        allow_code: bool = False,
    ) -> None:
        sink = Keep(Records(scenario, seed))
        rules = assembled(scenario, seed, "plain", sink, allow_code=allow_code).rules
        policy: Any = rules.dispatch  # one that plans
        demand = demand_of(scenario, seed)
        shapes, self._above = policy.given.shapes, rules.settings.above_pool
        self._chunks: list[JobChunk] = list(demand.chunks(scenario.horizon_us))
        shapes.add(demand.asks[len(shapes.all) :])
        self._scenario, self._shapes, self._tenants = scenario, shapes.all, shapes.tenants
        weights = scenario.objective.model_copy(update=dict(policy.weights))
        self._sight = sight_of(scenario, weights, shapes.all, rules.view)
        limits = {
            shapes.tenants.index(t.name): dict(scheduler.flows.quota_limits(t.quota))
            for t in scenario.tenants
            if t.quota
        }
        self._rooms = Rooms(self._sight, limits, scenario.policies.queue.name == "fcfs")
        self._prices = Prices(self._sight)
        self._ways: dict[int, Ways] = {}
        self._only = only
        self.worlds: dict[Key, World] = {}

    # -- jobs --------------------------------------------------------------------------------

    def jobs(self) -> Iterator[Job]:
        """Those submitted within the horizon, in their order; those that stand are settled."""
        first_us = self._scenario.warmup_us
        for chunk in self._chunks:
            bad = np.zeros(len(chunk.ask), bool) if chunk.bad is None else chunk.bad
            columns = (chunk.submit_us, chunk.ask, chunk.work_us, bad)
            for submit_us, ask, work_us, skipped in zip(
                *(column.tolist() for column in columns), strict=True
            ):
                shape = self._shapes[ask]
                if skipped or not shape.allowed:
                    continue
                if shape.endless:
                    self._settle(shape, submit_us)
                else:
                    yield self._job(shape, submit_us, work_us, counted=submit_us >= first_us)

    def _job(self, shape: Shape, submit_us: int, work_us: int, *, counted: bool) -> Job:
        if shape.number not in self._ways:
            self._ways[shape.number] = self._made(shape)
        ways, weights = self._ways[shape.number], self._sight.weights
        hours = ways.factor * (work_us / US_H)
        own = ways.hour_cny * hours + ways.once + weights.latency * hours
        price = own + self._worth_to_others(ways, hours, submit_us)
        before_us = [stand.dispatch_us + stand.transfer_in_us for stand in ways.stands]
        takes_us = [stand.takes_us(work_us) for stand in ways.stands]
        ready_us = [submit_us] * len(before_us)
        if self._above:  # nodes are held on the way
            takes_us = [a + b for a, b in zip(takes_us, before_us, strict=True)]
        else:
            ready_us = [submit_us + each for each in before_us]
        return Job(
            ways=ways,
            submit_us=submit_us,
            counted=counted,
            order=np.argsort(price, kind="stable").tolist(),
            price_cny=price.tolist(),
            own_cny=own.tolist(),
            ready_us=ready_us,
            span_us=[max(1, each) for each in takes_us],
        )

    def _worth_to_others(self, ways: Ways, hours: Floats, now_us: int) -> Floats:
        """As a plan would price it: the hour by itself, those after it by their mean."""
        now, later = self._prices.at(now_us)
        stations = list(ways.stations)
        return worth_to_others(ways.amounts, now[stations], later[stations], hours, 1.0)

    def _made(self, shape: Shape) -> Ways:
        kind, once = self._sight.kinds.of(shape, self._sight.view)
        group_of, best = self._sight.flows.frame().group_of, dict[int, int]()
        for place, pool in enumerate(kind.pools):
            group = int(group_of[pool])
            if group not in best or once[place] < once[best[group]]:
                best[group] = place
        places, quota = list(best.values()), self._rooms.quota(shape)
        return Ways(
            shape=shape,
            stations=tuple(best),
            stands=tuple(shape.stand(kind.pools[place]) for place in places),
            hour_cny=kind.hour_cny[places],
            once=once[places],
            factor=kind.factor[places],
            amounts=kind.amounts[places] * kind.nodes,
            quota=quota,
            touched=frozenset((*best, quota)) - {-1},
        )

    def _settle(self, shape: Shape, now_us: int) -> None:
        """The nearest pool with room, in every world, and for ever."""
        for pool in Nearest().rank(shape, self._sight.view, 0):
            number, nodes = self._rooms.nodes(pool)
            station, amounts = self._rooms[number], shape.stand(pool).amounts
            chosen = station.with_room(nodes, amounts, shape.nodes)
            if chosen:
                own = [w.own[number] for w in self.worlds.values() if number in w.own]
                for each in (station, *own):
                    each.stands(chosen, amounts, now_us)
                return

    # -- worlds ------------------------------------------------------------------------------

    def _full(self, number: int, now_us: int) -> None:
        """Somebody finds a station full: from now on there are worlds with one more of it."""
        groups, view = self._rooms.groups, self._sight.view
        if number >= len(groups):
            self._full_quota(number, now_us)
            return
        first, *others = (view.name(pool) for pool in groups[number])
        facts = view.estate.pools[groups[number][0]]
        if facts.nodes and self._wanted(("node", first)):
            node = tuple(max(amount, 0) // facts.nodes for amount in facts.sellable)
            more = self._rooms[number].with_node(now_us, node)
            self.worlds["node", first] = World("node", first, tuple(others), {number: more})

    def _full_quota(self, number: int, now_us: int) -> None:
        tenant = number - len(self._rooms.groups)
        for resource in self._rooms.limits[tenant]:
            word = RESOURCES[resource]
            name = f"{self._tenants[tenant]} {word}"
            if self._wanted(("quota", name)):
                unit = tuple(
                    scheduler.flows.QUOTA_UNITS[word] * (other == word) for other in RESOURCES
                )
                more = self._rooms[number].wider(now_us, unit)
                self.worlds["quota", name] = World("quota", name, (), {number: more})

    def _wanted(self, key: Key) -> bool:
        return key not in self.worlds and (self._only is None or key in self._only)

    # -- sending -----------------------------------------------------------------------------

    def send(self, job: Job) -> None:
        """Sends a job, and again in every world that differs where it may go."""
        answers: dict[int, Answer] = {}
        sent = self._cheapest(job, {}, answers)
        for world in self.worlds.values():
            if not job.ways.touched.isdisjoint(world.own):
                there = self._cheapest(job, world.own, answers)
                if sent and there and job.counted:
                    world.saved_cny += sent.cny - there.cny
                self._apart(job, world, sent, there)
        for number, hold in (sent.holds if sent else {}).items():
            self._rooms[number].take(hold)

    def _apart(self, job: Job, world: World, sent: Sent | None, there: Sent | None) -> None:
        """What the job holds in a world, whose stations are its own where that differs."""
        before, after = sent.holds if sent else {}, there.holds if there else {}
        for number in sorted({*before, *after}):
            if number not in world.own:
                if before.get(number) == after.get(number):
                    continue
                world.own[number] = self._rooms[number].since(job.submit_us)
            if number in after:
                world.own[number].take(after[number])

    def _cheapest(self, job: Job, own: Own, answers: dict[int, Answer]) -> Sent | None:
        """Looks at stations from the cheapest on until none can be cheaper."""
        weights = self._sight.weights
        per_us = (weights.wait + weights.latency) / US_H
        least, best, found = float("inf"), -1, Answer(FAR, ())
        for place in job.order:
            price_cny = job.price_cny[place]
            if price_cny >= least:
                break
            answer = self._answer(job, place, own, answers)
            cost = price_cny + per_us * (answer.at_us - job.ready_us[place])
            if answer.at_us < FAR and cost < least:
                least, best, found = cost, place, answer
        return self._sent(job, best, found) if best >= 0 else None

    def _sent(self, job: Job, place: int, answer: Answer) -> Sent:
        ways, at_us, span_us = job.ways, answer.at_us, job.span_us[place]
        holds = {
            ways.stations[place]: Hold(at_us, span_us, answer.nodes, ways.stands[place].amounts)
        }
        if ways.quota >= 0:
            holds[ways.quota] = Hold(at_us, span_us, (0,), ways.shape.quota)
        return Sent(holds, self._counts(job, place, at_us))

    def _counts(self, job: Job, place: int, at_us: int) -> float:
        """CNY by the yardstick of a run: of a job that does not end, its wait so far."""
        until_us = self._scenario.horizon_us + self._scenario.drain_us
        weights = self._sight.weights
        wait_h = (min(at_us, until_us) - job.ready_us[place]) / US_H
        if at_us + job.span_us[place] > until_us:
            return weights.wait * wait_h
        return job.own_cny[place] + (weights.wait + weights.latency) * wait_h

    def _answer(self, job: Job, place: int, own: Own, answers: dict[int, Answer]) -> Answer:
        """When a job could begin there; without one more it is worked out once a job."""
        number, quota = job.ways.stations[place], job.ways.quota
        if number in own or quota in own:
            return self._asked(job, place, own)[0]
        if number not in answers:
            answers[number], full = self._asked(job, place, {})
            for each in full:
                self._full(each, job.submit_us)
        return answers[number]

    def _asked(self, job: Job, place: int, own: Own) -> tuple[Answer, set[int]]:
        """When a job could begin there, and whether station or quota make it wait."""
        ways, number = job.ways, job.ways.stations[place]
        station = own[number] if number in own else self._rooms[number]
        amounts, span_us = ways.stands[place].amounts, job.span_us[place]
        now_us, first_us, full = job.submit_us, job.ready_us[place], set[int]()
        while True:
            at_us, nodes = station.earliest(
                amounts, span_us, now_us, first_us, ways.shape.nodes
            )
            if at_us > first_us:
                full.add(number)
            if ways.quota < 0 or at_us >= FAR:
                break
            quota = own[ways.quota] if ways.quota in own else self._rooms[ways.quota]
            first_us, _ = quota.earliest(ways.shape.quota, span_us, now_us, at_us)
            if first_us <= at_us:
                break
            full.add(ways.quota)
        return Answer(at_us, tuple(nodes)), full
