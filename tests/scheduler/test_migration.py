"""Jobs that move so that another starts, by hand; nodes have 2 vCPU, times are minutes."""

import numpy as np
import pytest

from bench.metrics import measure
from scheduler import MIGRATIONS, simulate
from scheduler.rules import Rules
from tests.laws.generator import scenario_of, scenario_tree
from tests.laws.judge import faults
from tests.laws.tables import differences
from tests.scheduler.worlds import job, played, policies, pool, run, world

HOUR = 60
STOPS = ("for nobody", "nobody may")  # the laws know of no stops but those by priority


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
    """Only `a` could leave its node, and only the other pool has room for it."""
    one, more = {"run_min": 70, "preemptible": True}, {"run_min": 10}
    tree = world(
        job("a", 0, vcpu=1, **one), job("ax", 0, vcpu=1, **more),
        job("b", 0, vcpu=1.2, **one), job("bx", 0, vcpu=0.8, **more),
        job("c", 0, vcpu=1.2, **one), job("cx", 0, vcpu=0.8, **more),
        job("d", 0, vcpu=1, **one), job("dx", 0, vcpu=1, **more),
        job("head", 20, vcpu=2, run_min=30),
        pools=[pool("p", nodes=3), pool("q")],
        policies=planned(9, at="platform", dispatch="by-node"),
    )  # fmt: skip
    found = the(tree, engine)
    assert [found[name].pool for name in ("a", "b", "c", "d")] == ["p", "p", "p", "q"]
    assert found["head"].start == 70
    assert moved(tree, engine) == []


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


def crowded(seed):
    """Few nodes, many jobs that may move, now and then one that wants whole nodes."""
    random = np.random.default_rng(seed)
    server = {"cpu": "x86", "sockets": 1, "vcpu": 8, "memory_gib": 64}
    server |= {"accelerator": "card", "accelerators": 2}
    jobs = []
    for n in range(30):
        kind = int(random.integers(5))
        demand = (
            {"vcpu": int(random.integers(1, 5))},
            {"vcpu": 1, "gpu": float(random.choice([0.25, 0.5, 0.75]))},
            {"vcpu": 2, "gpu": 1.0},
            {"vcpu": 1, "gpu": 2.0},
            {"vcpu": 6, "nodes": 2},
        )[kind]
        jobs.append(
            job(
                f"j{n:02}", int(random.integers(0, 60)), run_min=int(random.integers(5, 60)),
                preemptible=bool(random.integers(4)),
                checkpoint_every_h=0.1, priority=int(random.integers(3)), **demand,
            )
        )  # fmt: skip
    queue = str(random.choice(["fcfs", "priority", "easy-backfill", "shortest-first"]))
    chosen = planned(int(random.integers(1, 5)), queue=queue, at="pool")
    if random.integers(2):
        chosen["preemption"] = {"name": "priority"}
    pools = [pool("p", nodes=4, server=server)]
    return world(*jobs, pools=pools, policies=chosen, horizon_min=600)


@pytest.mark.wide
def test_crowded_worlds_keep_the_laws_under_both_engines_and_jobs_do_move():
    moves = 0
    for seed in range(80):
        plain, lane = (run(crowded(seed), engine) for engine in ("plain", "lane"))
        assert differences(plain, lane) == [], seed
        assert [str(row) for row in plain.plans] == [str(row) for row in lane.plans], seed
        broken = faults(crowded(seed), lane)
        assert [told for told in broken if not told.endswith(STOPS)] == [], seed
        moves += sum(row.part == MIGRATIONS for row in lane.plans)
    assert moves > 40


@pytest.mark.wide
def test_who_moves_holds_nodes_of_its_pool_again_at_once(monkeypatch):
    gone, seen = [], []
    stop, settle = Rules.stop_stay, Rules.settle

    def stopped(rules, stay, now_us):
        gone.append((stay.index, stay.held.placement[0][0]))
        stop(rules, stay, now_us)

    def settled(rules, now_us):
        settle(rules, now_us)
        for index, pool_number in gone:
            stay = rules.stays.of[index]
            assert stay.placed_us == now_us
            assert {p for p, _, _ in stay.held.placement} == {pool_number}
            seen.append(index)
        gone.clear()

    monkeypatch.setattr(Rules, "stop_stay", stopped)
    monkeypatch.setattr(Rules, "settle", settled)
    for seed in range(80):
        tree = crowded(seed)
        tree["policies"].pop("preemption", None)
        run(tree)
    assert len(seen) > 40


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.wide) for n in (20, 40, 60))]
)
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
