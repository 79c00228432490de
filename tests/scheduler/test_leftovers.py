"""Free GPUs that no job to come can use: by hand, and against the engine's own room."""

import os

import numpy as np
import pytest

from scheduler.leftovers import WEIGHT_SUM, kinds_of
from scheduler.needs import need_of
from scheduler.records import Keep, Records
from scheduler.room import WHOLE_M, Need
from scheduler.simulation import assembled
from tests.laws.generator import scenario_of, scenario_tree
from tests.scheduler.worlds import host, job, pool, run, world

COUNT = max(60, int(os.environ.get("SUANLI_AGREE", "1000")) // 4)


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


def cards(vcpu=8, count=4, **more):
    """A server with accelerators."""
    return host(vcpu, accelerator="card", accelerators=count, **more)


def pieces(tree, engine):
    """Mean GPUs in pieces over the horizon, by pool."""
    levels = run(tree, engine).levels
    weight = levels.length_s / levels.length_s.sum()
    return dict(zip(levels.pools, (weight @ levels.fragmented).tolist(), strict=True))


def test_shares_beside_pairs(engine):
    """10 min with (0, 0, 0.5, 1) free: the pair can use none of 1.5, the share all of it.

    Then 10 min with (1, 1, 0.5, 1): the pair can use 3 of 3.5. Both come equally often.
    """
    jobs = job("pair", 0, vcpu=1, gpu=2), job("share", 0, run_min=20, vcpu=1, gpu=0.5)
    tree = world(*jobs, pools=[pool(server=cards())], horizon_min=60)
    expected = (10 * 1.5 / 2 + 10 * 0.5 / 2) / 60
    assert pieces(tree, engine) == {"p": pytest.approx(expected, abs=1e-9)}


def test_without_vcpu_the_rest_of_the_node_is_of_no_use(engine):
    tree = world(
        job("j", 0, run_min=30, vcpu=2, gpu=1),
        pools=[pool(server=cards(vcpu=2))],
        horizon_min=60,
    )
    assert pieces(tree, engine) == {"p": pytest.approx(3 * 30 / 60)}


def test_what_is_kept_in_reserve_is_not_in_pieces(engine):
    """Of 8 GPUs 6 may be sold; on one node 3 are of no use, on the other none is."""
    tree = world(
        job("j", 0, run_min=60, jobs=2, vcpu=2, gpu=1),
        pools=[pool(nodes=2, server=cards(vcpu=2), reserve_share=0.25)],
        horizon_min=60,
    )
    tree["topology"]["pools"][0]["reserve_share"] = 0.25
    levels = run(tree, engine).levels
    left = levels.capacity[0, 2] - levels.allocated[0, 0, 2]
    assert levels.fragmented.max() <= left


def test_a_pool_that_no_job_may_use_is_free_but_not_in_pieces(engine):
    tree = world(
        job("j", 0, run_min=60, vcpu=1, gpu=1, chips={"any_of": ["card"]}),
        job("k", 0, run_min=60, vcpu=1),
        pools=[
            pool(server=cards()),
            pool("other", server=host(8, accelerator="npu", accelerators=8)),
        ],
        horizon_min=60,
    )
    assert pieces(tree, engine) == {"p": 0.0, "other": 0.0}


def test_without_gpus_levels_say_nothing(engine):
    assert run(world(job("j", 0)), engine).levels.fragmented is None


def test_gangs_by_node(engine):
    """Two members of 3 of 4 GPUs: on each of two nodes one is left, too few for a member."""
    tree = world(
        job("g", 0, run_min=60, vcpu=1, gpu=3, nodes=2),
        pools=[pool(nodes=2, server=cards())],
        horizon_min=60,
    )
    assert pieces(tree, engine) == {"p": 2.0}


def test_a_stopped_job_gives_its_pieces_back(engine):
    """3 of 4 GPUs until minute 10, all until 20, and 3 again for all of 20 min."""
    tree = world(
        job("low", 0, run_min=20, vcpu=1, gpu=3, preemptible=True),
        job("high", 10, run_min=10, vcpu=1, gpu=4, priority=5),
        pools=[pool(server=cards())],
        horizon_min=60,
    )
    tree["policies"] = {"queue": {"name": "priority"}, "preemption": {"name": "priority"}}
    assert pieces(tree, engine) == {"p": pytest.approx((10 + 20) / 60)}


def test_the_commonest_kinds_stand_for_all():
    counts = {Need(gpu_m=1000): 90, Need(gpu_m=2000): 8, Need(gpu_m=4000): 2}
    kinds = kinds_of(counts)
    assert [need.gpu_m for need in kinds.needs] == [1000, 2000]
    assert sum(kinds.weights) == WEIGHT_SUM
    assert kinds.weights[1] == 8 * WEIGHT_SUM // 98
    assert kinds_of({}).needs == ()


# -- against the state of the plain engine -----------------------------------------------------


def watched(tree, seed):
    """Levels of a run, and GPU-us in pieces by pool as the engine's own room tells them."""
    scenario = scenario_of(tree)
    records = Records(scenario, seed)
    run_ = assembled(scenario, seed, "plain", Keep(records))
    state, estate = run_.rules.state, run_.rules.estate
    total, since = [0] * len(estate.pools), [scenario.warmup_us]
    handle = run_._handle

    def pieces_now(number):
        facts = estate.pools[number]
        needs = usual(run_.book.leftovers, number, facts)
        nodes = range(facts.first_node, facts.first_node + facts.nodes)
        return sum(lost(state, needs, node) for node in nodes)

    last = [0] * len(estate.pools)

    def watching(now_us):
        until = min(max(now_us, scenario.warmup_us), scenario.horizon_us)
        for number, amount in enumerate(last):
            total[number] += amount * (until - since[0])
        since[0] = until
        handle(now_us)
        last[:] = [pieces_now(number) for number in range(len(estate.pools))]

    run_._handle = watching
    run_.run(None)
    for number, amount in enumerate(last):
        total[number] += amount * (scenario.horizon_us - since[0])
    return records.levels, total, estate


def usual(leftovers, number, facts):
    """Needs of the jobs that come there and their weights, counted here once more."""
    counts = {}
    for shape, count in (leftovers.asked if leftovers else {}).values():
        if number in shape.allowed:
            need = need_of(shape.ask, facts)
            counts[need] = counts.get(need, 0) + count
    kinds = kinds_of(counts)
    return list(zip(kinds.needs, kinds.weights, strict=True))


def lost(state, needs, node):
    """Thousandths of GPU on a node that the mean job cannot take."""
    idle = sum(state.gpu[node])
    usable = 0
    for need, weight in needs:
        if state.fits(need, node):
            usable += weight * sum(
                free
                for free, memory in zip(state.gpu[node], state.gpu_memory[node], strict=True)
                if free >= min(need.gpu_m, WHOLE_M) and memory >= need.gpu_memory_mib
            )
    return idle - -(-usable // WEIGHT_SUM) if needs else 0


def test_the_journal_tells_what_the_room_was():
    seen = 0
    for seed in range(COUNT):
        tree = scenario_tree(700_000 + seed)
        for pool_ in tree["topology"]["pools"]:
            pool_.pop("reserve_share", None)  # what caps it is looked at above
        levels, total, estate = watched(tree, seed)
        if levels.fragmented is None or not len(levels.length_s):
            continue
        found = (levels.length_s @ levels.fragmented) / levels.length_s.sum()
        span_us = levels.length_s.sum() * 1e6
        left = np.array([t / span_us / 1000 for t in total])
        met = np.array([p.devices > 0 for p in estate.pools])
        assert found[met] == pytest.approx(left[met], abs=1e-6), seed
        seen += bool(left.any())
    assert seen >= COUNT // 10
