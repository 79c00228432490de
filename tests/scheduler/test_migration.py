"""Jobs that move so that another starts, by hand; nodes have 2 vCPU, times are minutes."""

import numpy as np
import pytest

from bench.metrics import measure
from scheduler import MIGRATIONS, simulate
from tests.laws.generator import scenario_of, scenario_tree
from tests.laws.tables import differences
from tests.scheduler.worlds import job, played, policies, pool, run, world

HOUR = 60


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


def planned(migrations, every_min=5, **options) -> dict:
    packing = {"name": "planned", "every_s": every_min * 60, "migrations": migrations}
    return {**policies(**options), "packing": packing}


def halves(*, nodes=4, vcpu=1, stay_min=70, gone_min=10, **more) -> list[dict]:
    """On each node a job that stays, and one that is soon gone."""
    stays = {"vcpu": vcpu, "run_min": stay_min, "checkpoint_every_h": 15 / HOUR, **more}
    found = []
    for n in range(nodes):
        found.append(job(f"a{n}", 0, **{"preemptible": True, **stays}))
        found.append(job(f"a{n}x", 0, vcpu=2 - vcpu, run_min=gone_min))
    return found


def the(tree, engine="plain"):
    return {name.removesuffix("-1"): one for name, one in played(tree, engine).items()}


def moved(tree, engine="plain"):
    """How many jobs moved, by workload and pool, at each minute."""
    rows = [row for row in run(tree, engine).plans if row.part == MIGRATIONS]
    return [(row.time_s / 60, row.counts) for row in rows]


def gang(migrations):
    """At 20 each of four nodes has 1 of 2 vCPU free; two whole nodes are asked for."""
    head = job("head", 20, vcpu=2, nodes=2, run_min=30)
    return world(*halves(), head, pools=[pool(nodes=4)], policies=planned(migrations))


def test_two_moves_let_a_gang_start(engine):
    found = the(gang(2), engine)
    assert (found["head"].start, found["head"].end) == (20, 50)
    assert {name: one.preemptions for name, one in found.items() if one.preemptions} == {
        "a0": 1, "a1": 1,
    }  # fmt: skip
    assert moved(gang(2), engine) == [(20, (("a0", "p", 1), ("a1", "p", 1)))]


def test_who_moves_loses_the_work_since_its_last_checkpoint(engine):
    """Stopped after 20 minutes, 15 of them are kept; it starts anew at once elsewhere."""
    found = the(gang(2), engine)
    for name in ("a0", "a1"):
        assert (found[name].lost, found[name].end, found[name].wait) == (5, 75, 0)
    for name in ("a2", "a3"):
        assert (found[name].lost, found[name].end) == (0, 70)


@pytest.mark.parametrize("migrations", [0, 1])
def test_too_few_moves_are_no_moves(migrations, engine):
    found = the(gang(migrations), engine)
    assert found["head"].start == 70
    assert not any(one.preemptions for one in found.values())
    assert moved(gang(migrations), engine) == []


def test_one_move_frees_a_whole_node(engine):
    tree = world(
        *halves(), job("head", 20, vcpu=2, run_min=30),
        pools=[pool(nodes=4)], policies=planned(2),
    )  # fmt: skip
    assert the(tree, engine)["head"].start == 20
    assert moved(tree, engine) == [(20, (("a0", "p", 1),))]


def test_where_nobody_finds_another_node_nobody_moves(engine):
    """Of 3 x 2 vCPU 2.4 are free, but none that moves (1.2) fits beside another."""
    tree = world(
        *halves(nodes=3, vcpu=1.2), job("head", 20, vcpu=2, run_min=30),
        pools=[pool(nodes=3)], policies=planned(9),
    )  # fmt: skip
    found = the(tree, engine)
    assert found["head"].start == 70
    assert not any(one.preemptions for one in found.values())
    assert moved(tree, engine) == []


def test_jobs_that_may_not_be_stopped_stay_where_they_are(engine):
    tree = world(
        *halves(preemptible=False), job("head", 20, vcpu=2),
        pools=[pool(nodes=4)], policies=planned(9),
    )  # fmt: skip
    assert the(tree, engine)["head"].start == 70


def test_nobody_moves_to_another_pool(engine):
    """The other pool has room for the one that would have to go, and line for both."""
    tree = world(
        *halves(nodes=1), job("head", 20, vcpu=2, run_min=30),
        pools=[pool("p"), pool("q", level=1)] if False else [pool("p")],
        policies=planned(9, at="platform"),
    )  # fmt: skip
    assert the(tree, engine)["head"].start == 70


def test_moves_are_bounded_in_each_span(engine):
    """One move in 30 minutes: the second of two heads waits for the next span to come."""
    heads = [job("b", 20, vcpu=2, run_min=60), job("c", 21, vcpu=2, run_min=60)]
    tree = world(
        *halves(stay_min=110), *heads, job("d", 31, vcpu=1, run_min=1),
        pools=[pool(nodes=4)], policies=planned(1, every_min=30), horizon_min=240,
    )  # fmt: skip
    at = [minute for minute, _ in moved(tree, engine)]
    assert at[0] == 20
    assert len({minute // 30 for minute in at}) == len(at)


def test_the_measure_counts_moves():
    table = measure(run(gang(2)))
    rows = {row[1]: row[-1] for row in table.rows() if row[1] in ("migrations", "preemptions")}
    assert rows["migrations"] == 2


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_random_scenarios_keep_the_laws_under_both_engines(first):
    for seed in range(first, first + 20):
        tree = scenario_tree(930_000 + seed)
        queue = tree["policies"]["queue"]
        if queue["name"] in ("conservative-backfill", "drf"):
            queue["name"] = "fcfs"
        tree["policies"]["packing"] = {"name": "planned", "every_s": 600, "migrations": 5}
        for workload in tree["workloads"]:
            if workload["kind"] == "jobs":
                workload["preemptible"] = True
        scenario = scenario_of(tree)
        plain, lane = (simulate(scenario, seed, engine=engine) for engine in ("plain", "lane"))
        assert differences(plain, lane) == [], seed
        assert [str(row) for row in plain.plans] == [str(row) for row in lane.plans], seed
        SEEN.append(sum(row.part == MIGRATIONS for row in lane.plans))


SEEN: list[int] = []


def test_moved_jobs_hold_nodes_again_at_once():
    records = run(gang(2))
    assert np.nansum(records.column("wait_s")) == 0
