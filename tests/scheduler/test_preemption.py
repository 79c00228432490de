"""Preemption by priority (contracts §3.3), each rule in the smallest world, worked out by hand.

Nodes have 2 vCPU where nothing else is said; all times are minutes.
"""

from math import isnan

import numpy as np
import pytest

from tests.scheduler.test_speed import a100, ascend, tuning
from tests.scheduler.worlds import host, job, played, policies, pool, run, world

HOUR = 60
NONE = {"preemption": {"name": "none"}}


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


def by_priority(**options) -> dict:
    return {**policies(**options), "preemption": {"name": "priority"}}


def low(name, *at_min, checkpoint_min=None, **more) -> dict:
    """A job that may be stopped."""
    if checkpoint_min:
        more["checkpoint_every_h"] = checkpoint_min / HOUR
    return job(name, *at_min, preemptible=True, **{"vcpu": 2, **more})


def high(name, *at_min, **more) -> dict:
    return job(name, *at_min, **{"vcpu": 2, "priority": 5, **more})


def the(tree, engine):
    """What became of each job, by the name of its workload where that has one job."""
    return {name.removesuffix("-1"): one for name, one in played(tree, engine).items()}


def spans(one) -> dict:
    names = ("start", "end", "wait", "run", "lost")
    return {name: getattr(one, name) for name in names} | {"stops": one.preemptions}


def adds_up(one) -> bool:
    out = one.transfer - one.transfer_in
    parts = one.dispatch + one.transfer_in + one.wait + one.run + out
    return abs(one.latency - parts) * 60 < 1e-6


# -- what a stop costs -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("checkpoint", "end", "lost"),
    [
        pytest.param(None, 65, 25, id="without checkpoints all is lost"),
        pytest.param(10, 45, 5, id="work up to the last checkpoint is kept"),
        pytest.param(5, 40, 0, id="stopped at a checkpoint nothing is lost"),
        pytest.param(26, 65, 25, id="before the first checkpoint all is lost"),
    ],
)
def test_a_victim_keeps_its_work_up_to_the_last_checkpoint(checkpoint, end, lost, engine):
    tree = world(
        low("a", 0, run_min=30, checkpoint_min=checkpoint), high("b", 25, run_min=10),
        policies=by_priority(),
    )  # fmt: skip
    found = the(tree, engine)
    assert spans(found["b"]) == {
        "start": 25, "end": 35, "wait": 0, "run": 10, "lost": 0, "stops": 0
    }  # fmt: skip
    assert spans(found["a"]) == {
        "start": 0, "end": end, "wait": 10, "run": 30 + lost, "lost": lost, "stops": 1
    }  # fmt: skip
    assert (found["a"].state, found["a"].reason) == ("finished", "no-capacity")
    assert all(map(adds_up, found.values()))


def test_checkpoints_are_counted_from_each_start(engine):
    """Stopped at 25 (20 kept), back at 35; stopped again at 47, after 12 more (10 kept)."""
    tree = world(
        low("a", 0, run_min=40, checkpoint_min=10),
        high("b", 25, 47, run_min=10),
        policies=by_priority(),
    )
    found = the(tree, engine)["a"]
    assert spans(found) == {
        "start": 0, "end": 67, "wait": 20, "run": 47, "lost": 7, "stops": 2
    }  # fmt: skip
    assert adds_up(found)


def test_without_the_policy_nobody_is_stopped(engine):
    tree = world(
        low("a", 0, run_min=30), high("b", 25),
        policies=policies() | NONE,
    )  # fmt: skip
    assert the(tree, engine)["b"].start == 30


def test_a_job_is_on_time_or_not_by_all_its_spans(engine):
    def met(deadline_min):
        tree = world(
            low("a", 0, run_min=30, deadline_h=deadline_min / HOUR), high("b", 25),
            policies=by_priority(),
        )  # fmt: skip
        return the(tree, engine)["a"].deadline_met

    assert (met(65), met(64)) == (1.0, 0.0)


def test_a_victim_that_still_waits_when_the_run_stops(engine):
    tree = world(
        low("a", 0, run_min=30, checkpoint_min=10), high("b", 25, run_min=400),
        policies=by_priority(), horizon_min=120, drain_h=0,
    )  # fmt: skip
    one = the(tree, engine)["a"]
    assert (one.state, one.start, one.wait, one.lost) == ("waiting", 0, 95, 5)
    assert (one.pool, one.node, one.preemptions) == ("p", 0, 1)
    assert all(map(isnan, (one.end, one.run, one.latency)))


# -- who is stopped ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("victim", "stopped"),
    [
        pytest.param({"priority": 4}, 1, id="a lower one"),
        pytest.param({"priority": 5}, 0, id="never an equal"),
        pytest.param({"priority": 6}, 0, id="never a higher one"),
        pytest.param({"preemptible": False}, 0, id="never one that may not be"),
    ],
)
def test_only_preemptible_jobs_of_lower_priority_are_stopped(victim, stopped, engine):
    tree = world(low("a", 0, run_min=30) | victim, high("b", 5), policies=by_priority())
    assert the(tree, engine)["a"].preemptions == stopped


def stops(tree, engine) -> dict[str, int]:
    return {name: one.preemptions for name, one in the(tree, engine).items() if one.preemptions}


def test_the_lowest_priority_goes_first(engine):
    tree = world(
        low("a", 0, vcpu=1, priority=1, run_min=60),
        low("b", 1, vcpu=1, priority=2, run_min=60),
        high("c", 10, vcpu=1), policies=by_priority(),
    )  # fmt: skip
    assert stops(tree, engine) == {"a": 1}


def test_then_the_latest_start_then_the_first_of_equals(engine):
    late = world(
        low("a", 0, vcpu=1, run_min=60), low("b", 1, vcpu=1, run_min=60),
        high("c", 10, vcpu=1), policies=by_priority(),
    )  # fmt: skip
    equal = world(
        low("a", 0, vcpu=1, run_min=60), low("b", 0, vcpu=1, run_min=60),
        high("c", 10, vcpu=1), policies=by_priority(),
    )  # fmt: skip
    assert stops(late, engine) == {"b": 1}
    assert stops(equal, engine) == {"a": 1}


def test_victims_that_are_not_needed_are_spared(engine):
    """On the way to `wide`, taken in this order: c (1 vCPU), b (1), a (3). Only a is needed."""
    tree = world(
        low("a", 0, vcpu=3, run_min=60), low("b", 1, vcpu=1, run_min=60),
        low("c", 2, vcpu=1, run_min=60), high("wide", 10, vcpu=3),
        pools=[pool(server=host(3)), pool("q", server=host(2))],
        policies=by_priority(at="platform"),
    )  # fmt: skip
    assert stops(tree, engine) == {"a": 1}
    one_node = world(
        low("a", 0, vcpu=3, run_min=60), low("b", 1, vcpu=1, run_min=60),
        low("c", 2, vcpu=1, run_min=60), high("wide", 10, vcpu=3),
        pools=[pool(server=host(5))], policies=by_priority(),
    )  # fmt: skip
    assert stops(one_node, engine) == {"a": 1}


def test_the_last_taken_is_spared_first(engine):
    """Latest first: d (1), c (1), b (2) make 4 of 4 wanted with 1 free; d may be spared."""
    tree = world(
        low("a", 0, vcpu=1, run_min=60) | {"preemptible": False},
        low("b", 1, vcpu=2, run_min=60), low("c", 2, vcpu=1, run_min=60),
        low("d", 3, vcpu=1, run_min=60), high("wide", 10, vcpu=4),
        pools=[pool(server=host(6))], policies=by_priority(),
    )  # fmt: skip
    # free 1; d, c, b free 5 in all and 4 are wanted: c, taken last but b, is spared
    assert stops(tree, engine) == {"b": 1, "d": 1}


def test_if_all_would_not_do_none_is_touched(engine):
    tree = world(
        low("a", 0, vcpu=1, run_min=60), low("b", 0, vcpu=1, run_min=60, priority=7),
        high("wide", 10), policies=by_priority(),
    )  # fmt: skip
    found = the(tree, engine)
    assert stops(tree, engine) == {}
    assert (found["wide"].start, found["wide"].reason) == (60, "no-capacity")


def test_pool_by_pool_in_rank(engine):
    """In the first pool nobody may be stopped; in the second one will do, in the third too."""
    pools = [pool("p"), pool("q"), pool("r")]
    tree = world(
        high("firm", 0, run_min=60), low("a", 1, run_min=60), low("b", 2, run_min=60),
        high("c", 10), pools=pools, policies=by_priority(at="platform"),
    )  # fmt: skip
    found = the(tree, engine)
    assert stops(tree, engine) == {"a": 1}
    assert (found["c"].pool, found["c"].start) == ("q", 10)


def test_only_who_finds_no_room_anywhere_stops_others(engine):
    for at in ("pool", "platform"):
        tree = world(
            low("a", 0, run_min=60), high("b", 10), pools=[pool("p"), pool("q")],
            policies=by_priority(at=at),
        )  # fmt: skip
        found = the(tree, engine)
        assert (found["b"].pool, found["b"].start, found["a"].preemptions) == ("q", 10, 0)


def test_only_the_head_of_a_line_stops_others(engine):
    """`firm` heads the line and may stop nobody; who stands behind it stops nobody either."""
    tree = world(
        low("a", 0, run_min=60), job("firm", 1, vcpu=2), high("b", 10),
        policies=by_priority(),
    )  # fmt: skip
    assert stops(tree, engine) == {}
    assert the(tree, engine)["b"].start == 70
    tree["policies"]["queue"]["name"] = "priority"
    assert stops(tree, engine) == {"a": 1}


def test_a_head_held_by_its_quota_stops_nobody(engine):
    tree = world(
        low("a", 0, vcpu=1, run_min=60, tenant="free"),
        high("mine", 0, vcpu=1, run_min=60, tenant="poor"),
        high("b", 10, vcpu=1, tenant="poor"),
        tenants=[{"name": "poor", "quota": {"vcpu": 1}}, {"name": "free"}],
        policies=by_priority(),
    )
    assert stops(tree, engine) == {}
    assert the(tree, engine)["b"].reason == "quota"


def test_quota_that_a_victim_gives_back_goes_to_its_tenant(engine):
    """The victim's line is the other's, but the quota that it frees lets `more` start there."""
    tree = world(
        low("a", 0, run_min=60, tenant="poor", chips={"any_of": ["arm"]}),
        job("more", 1, vcpu=2, tenant="poor", chips={"any_of": ["x86"]}),
        high("b", 10, run_min=20, chips={"any_of": ["arm"]}, tenant="rich"),
        pools=[pool("p"), pool("q", server=host(cpu="arm"))],
        tenants=[{"name": "poor", "quota": {"vcpu": 2}}, {"name": "rich"}],
        policies=by_priority(),
    )
    found = the(tree, engine)
    assert (found["more"].start, found["b"].start, found["a"].preemptions) == (10, 10, 1)


def test_a_gang_stops_as_many_as_it_needs(engine):
    tree = world(
        low("a", 0, run_min=60), low("b", 1, run_min=60), low("c", 2, run_min=60),
        high("gang", 10, nodes=2), pools=[pool(nodes=3)], policies=by_priority(),
    )  # fmt: skip
    found = the(tree, engine)
    assert stops(tree, engine) == {"b": 1, "c": 1}
    assert (found["gang"].start, found["a"].end) == (10, 60)
    assert (found["b"].start, found["b"].end, found["c"].end) == (1, 80, 80)


def test_a_gang_is_stopped_whole(engine):
    tree = world(
        low("gang", 0, run_min=60, nodes=2, checkpoint_min=5), high("b", 10, run_min=20),
        pools=[pool(nodes=2)], policies=by_priority(),
    )  # fmt: skip
    found = the(tree, engine)
    assert spans(found["gang"]) == {
        "start": 0, "end": 80, "wait": 20, "run": 60, "lost": 0, "stops": 1
    }  # fmt: skip
    assert found["b"].start == 10


# -- the way back ------------------------------------------------------------------------------


def test_a_victim_stands_where_its_first_submit_says(engine):
    """First come, first served: the victim comes back before `waits`, which came before b."""
    tree = world(
        low("a", 0, run_min=30), job("waits", 5, vcpu=2), high("b", 10),
        policies=by_priority(queue="fcfs"),
    )  # fmt: skip
    assert stops(tree, engine) == {}  # b is not the head
    tree = world(
        low("a", 0, run_min=30), high("b", 10), job("waits", 15, vcpu=2),
        policies=by_priority(queue="fcfs"),
    )  # fmt: skip
    found = the(tree, engine)
    assert (found["a"].end, found["waits"].start) == (50, 50)


def test_a_victim_that_heads_its_line_blocks_who_would_fit_beside(engine):
    """c stops b: 1 vCPU is free then, but the victim of 2 stands before `small`."""
    tree = world(
        low("b", 1, run_min=30), high("c", 10, vcpu=1, run_min=20), job("small", 10, vcpu=1),
        policies=by_priority(queue="fcfs"),
    )  # fmt: skip
    found = the(tree, engine)
    assert (found["c"].start, found["b"].end, found["small"].start) == (10, 60, 60)


def test_victims_may_stop_others_in_their_turn(engine):
    """9 stops 5 in its pool, and 5, head of the line again, stops 1 in the other."""
    tree = world(
        low("five", 0, priority=5, run_min=30, checkpoint_min=1), low("one", 1, run_min=30),
        job("nine", 10, vcpu=2, priority=9, run_min=30, chips={"any_of": ["x86"]}),
        pools=[pool("p"), pool("q", server=host(cpu="arm"))],
        policies=by_priority(at="platform", queue="priority"), horizon_min=240,
    )  # fmt: skip
    found = the(tree, engine)
    assert (found["nine"].pool, found["nine"].start) == ("p", 10)
    assert spans(found["five"]) == {
        "start": 0, "end": 30, "wait": 0, "run": 30, "lost": 0, "stops": 1
    }  # fmt: skip
    assert (found["five"].pool, found["five"].reason) == ("q", "")
    assert (found["one"].preemptions, found["one"].start) == (1, 1)
    assert (found["one"].wait, found["one"].run, found["one"].lost) == (20, 39, 9)


def test_who_starts_and_is_stopped_at_one_instant_loses_nothing(engine):
    """At 10 room comes free for a, which is before b; then b, the head, stops it at once."""
    tree = world(
        job("first", 0, vcpu=2, run_min=10), low("a", 1, run_min=30), high("b", 2, run_min=20),
        policies=by_priority(queue="fcfs"),
    )  # fmt: skip
    found = the(tree, engine)
    assert found["b"].start == 10
    assert spans(found["a"]) == {
        "start": 10, "end": 60, "wait": 29, "run": 30, "lost": 0, "stops": 1
    }  # fmt: skip


def test_a_full_line_takes_its_victims_back(engine):
    tree = world(
        low("a", 0, run_min=30), high("b", 10), job("late", 12, vcpu=2),
        policies=by_priority(max_waiting=0),
    )  # fmt: skip
    found = the(tree, engine)
    assert (found["b"].start, found["a"].end) == (10, 50)
    assert (found["late"].state, found["late"].reason) == ("refused", "queue-full")


# -- dispatch and transfer ---------------------------------------------------------------------


def far(at, *jobs, **more):
    """Two pools with dispatch of a minute and of two; 60 GB take 8 minutes to either."""
    sites = [{"name": "one", "tier": "city"}, {"name": "two", "tier": "city"}]
    clouds = [
        {"name": "quick", "control_plane_delay_ms": 60_000},
        {"name": "slow", "control_plane_delay_ms": 120_000},
    ]
    pools = [
        pool("p", site="one", cloud="quick", server=host(nic_gbit_s=1)),
        pool("q", site="one", cloud="slow", server=host(nic_gbit_s=1, cpu="arm")),
    ]
    return world(
        *jobs, pools=pools, sites=sites, clouds=clouds, horizon_min=300,
        policies=by_priority(at=at, **more),
    )  # fmt: skip


DATA = {"region": "one", "data": {"input_gb": 60, "at": "one"}}
QUICK, SLOW = {"any_of": ["x86"]}, {"any_of": ["arm"]}


def test_back_in_the_same_pool_nothing_is_paid_again(engine):
    """Dispatch 1, transfer 8, run from 9; stopped at 20; b holds the node for 1 and 10."""
    for at in ("pool", "platform"):
        tree = far(
            at, low("a", 0, run_min=30, checkpoint_min=10, chips=QUICK, **DATA),
            high("b", 20 if at == "platform" else 19, chips=QUICK, region="one"),
        )  # fmt: skip
        one = the(tree, engine)["a"]
        end = 51 if at == "platform" else 50
        waited = 11 if at == "platform" else 10
        assert (one.dispatch, one.transfer_in, one.start) == (1, 8, 9)
        assert (one.wait, one.run, one.lost, one.end) == (waited, 31, 1, end)
        assert adds_up(one)


def test_in_another_pool_both_are_paid_again(engine):
    tree = far(
        "platform", low("a", 0, run_min=30, checkpoint_min=10, **DATA),
        high("b", 20, chips=QUICK),
    )  # fmt: skip
    one = the(tree, engine)["a"]
    assert (one.pool, one.dispatch, one.transfer_in) == ("q", 3, 16)
    assert (one.start, one.wait, one.run, one.lost, one.end) == (9, 0, 31, 1, 50)
    assert adds_up(one)


def test_a_stop_on_the_way_loses_no_work_and_the_rest_is_paid_on_return(engine):
    """Dispatch until 1, transfer until 9; stopped at 5, back at 16, 4 more minutes of it."""
    tree = far(
        "platform", low("a", 0, run_min=30, chips=QUICK, **DATA), high("b", 5, chips=QUICK)
    )
    one = the(tree, engine)["a"]
    assert (one.dispatch, one.transfer_in, one.wait) == (1, 8, 11)
    assert (one.start, one.run, one.lost, one.end) == (20, 30, 0, 50)
    assert adds_up(one)


# -- other chips and estimates -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "stopped", "checkpoint", "end", "lost"),
    [
        pytest.param(a100(), 30, 10, 30 + 37.5, 0, id="half is left, of 75 there"),
        pytest.param(a100(), 30, 20, 30 + 50, 10, id="two thirds are left, of 75 there"),
        pytest.param(ascend(), 25, 12.5, 25 + 40, 0, id="two thirds are left, of 60 there"),
    ],
)
def test_the_rest_is_done_at_the_pace_of_another_chip(
    first, stopped, checkpoint, end, lost, engine
):
    """60 minutes of the A100 are 75 of the Ascend; what is left is work, not time."""
    second = ascend() if first == a100() else a100()
    often = checkpoint / HOUR
    tree = world(
        tuning("a", 0, gpu=8, run_min=60, preemptible=True, checkpoint_every_h=often),
        high("b", stopped, gpu=8, run_min=90, chips={"any_of": [first["accelerator"]]}),
        pools=[pool("p", server=first), pool("q", server=second)],
        policies=by_priority(at="platform"),
    )  # fmt: skip
    one = the(tree, engine)["a"]
    assert (one.pool, one.start, one.end, one.lost) == ("q", 0, end, lost)
    assert (one.wait, one.run, adds_up(one)) == (0, end, True)


def test_backfill_counts_on_what_is_left_of_the_estimate(engine):
    """a declares 40, runs 20 of them, is stopped and is back at 30: expected to end at 50.

    Behind the head `wide` (both nodes), `fits` is declared to end by then, `longer` is not.
    """
    tree = world(
        low("a", 0, run_min=40, declared_min=40, checkpoint_min=10, vcpu=2),
        high("b", 20, run_min=10, priority=5),
        job("wide", 31, vcpu=2, nodes=2, run_min=5),
        job("longer", 32, vcpu=2, run_min=19),
        job("fits", 33, vcpu=2, run_min=17),
        pools=[pool(nodes=2)], policies=by_priority(queue="easy-backfill"),
    )  # fmt: skip
    tree["workloads"].insert(0, job("other", 0, vcpu=2, run_min=30))
    found = the(tree, engine)
    assert spans(found["a"])["end"] == 50
    assert (found["fits"].start, found["wide"].start, found["longer"].start) == (33, 50, 55)


def test_shortest_first_sees_what_is_left(engine):
    """Of 60 declared 50 are done: the victim is shorter than `short`, and starts before it."""
    tree = world(
        low("a", 0, run_min=60, checkpoint_min=10), high("b", 50, run_min=10),
        job("short", 51, vcpu=2, run_min=20), policies=by_priority(queue="shortest-first"),
    )  # fmt: skip
    found = the(tree, engine)
    assert (found["a"].end, found["short"].start) == (70, 70)


# -- fair shares -------------------------------------------------------------------------------


def test_under_fair_shares_the_head_of_the_line_stops_others(engine):
    tree = world(
        low("a", 0, run_min=30, checkpoint_min=10, tenant="x"), high("b", 10, tenant="y"),
        policies=by_priority(queue="drf"),
    )  # fmt: skip
    found = the(tree, engine)
    assert (found["b"].start, found["a"].end, found["a"].preemptions) == (10, 40, 1)


# -- levels ------------------------------------------------------------------------------------


def test_levels_count_each_stay_in_its_own_pool(engine):
    """a: p 0..10, q 10..30; b: p 10..20. Steps of 5 minutes, 2 vCPU each."""
    tree = world(
        low("a", 0, run_min=30, checkpoint_min=10),
        high("b", 10, chips={"any_of": ["x86"]}),
        pools=[pool("p"), pool("q", server=host(cpu="arm"))], horizon_min=40,
        policies=by_priority(at="platform"), levels_every_s=300,
    )  # fmt: skip
    levels = run(tree, engine).levels
    assert levels.allocated[:, 0, 0].tolist() == [2] * 4 + [0] * 4
    assert levels.allocated[:, 1, 0].tolist() == [0] * 2 + [2] * 4 + [0] * 2
    assert not levels.queued.any()


def test_a_victim_that_waits_counts_as_queued(engine):
    tree = world(
        low("a", 0, run_min=30), high("b", 25, run_min=10), horizon_min=70,
        policies=by_priority(), levels_every_s=300,
    )  # fmt: skip
    levels = run(tree, engine).levels
    assert levels.queued[:, 0, 0].tolist() == [0] * 5 + [2] * 2 + [0] * 7
    assert levels.allocated[:, 0, 0].tolist() == [2] * 13 + [0]


def test_stays_of_a_run(engine):
    tree = world(
        low("a", 0, run_min=30, checkpoint_min=10),
        high("b", 10, chips={"any_of": ["x86"]}),
        pools=[pool("p"), pool("q", server=host(cpu="arm"))],
        policies=by_priority(at="platform"),
    )
    (table,) = list(run(tree, engine).chunks())
    stays = table.stays()
    assert stays.row.tolist() == [0, 0]
    assert np.array(stays.pools)[stays.pool].tolist() == ["p", "q"]
    assert (stays.begin_s / 60).tolist() == [0, 10]
    assert (stays.end_s / 60).tolist() == [10, 30]
