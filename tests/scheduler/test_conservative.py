"""Conservative backfill by hand: minutes at which jobs start, in both engines."""

import pytest

from tests.scheduler.worlds import host, job, policies, pool, reasons, starts, where, world

ENGINES = pytest.mark.parametrize("engine", ["plain", "lane"])
GPU = {"accelerator": "card", "accelerators": 2}


def lined(*jobs, pools=None, queue="conservative-backfill", at="pool", **more):
    return world(*jobs, pools=pools, policies=policies(queue=queue, at=at), **more)


def three_in_line(queue, last_min):
    """2 vCPU: one runs till 30; the head wants both, the second too, the last one of them."""
    return lined(
        job("a", 0, run_min=30),
        job("b", 1, vcpu=2, run_min=10),
        job("c", 2, vcpu=2, run_min=10),
        job("d", 3, run_min=last_min),
        queue=queue,
    )


@ENGINES
def test_who_ends_before_the_head_begins_may_pass(engine):
    found = starts(three_in_line("conservative-backfill", 27), engine)
    assert found == {"a-1": 0, "b-1": 30, "c-1": 40, "d-1": 3}


@ENGINES
def test_who_would_be_in_the_way_stands_behind_all(engine):
    tree = three_in_line("conservative-backfill", 28)
    assert starts(tree, engine) == {"a-1": 0, "b-1": 30, "c-1": 40, "d-1": 50}
    assert reasons(tree, engine)["d-1"] == "backfill-reservation"


def beside_the_head():
    """4 vCPU: the head leaves one free from 10 on; the second is promised all four at 20."""
    return (
        job("a", 0, vcpu=3, run_min=10),
        job("b", 1, vcpu=3, run_min=10),
        job("c", 2, vcpu=4, run_min=10),
        job("d", 3, vcpu=1, run_min=40),
    )


@ENGINES
@pytest.mark.parametrize(
    ("queue", "c", "d"), [("easy-backfill", 43, 3), ("conservative-backfill", 20, 30)]
)
def test_easy_delays_the_second_in_line_and_conservative_does_not(queue, c, d, engine):
    tree = lined(*beside_the_head(), pools=[pool(server=host(4))], queue=queue)
    assert starts(tree, engine) == {"a-1": 0, "b-1": 10, "c-1": c, "d-1": d}


@ENGINES
def test_an_early_end_moves_promises_up_in_order(engine):
    tree = lined(
        job("a", 0, run_min=10, declared_min=60, vcpu=2),
        job("b", 1, run_min=10, vcpu=2),
        job("c", 2, run_min=10),
    )
    assert starts(tree, engine) == {"a-1": 0, "b-1": 10, "c-1": 20}


@ENGINES
def test_an_early_end_lets_a_short_job_pass_a_gang_that_must_wait_on(engine):
    """At 10 `a` leaves, 5 early; the gang needs the other node too, which is busy until 20."""
    tree = lined(
        job("a", 0, run_min=10, declared_min=15, vcpu=2),
        job("k", 0, run_min=20, vcpu=2),
        job("b", 1, run_min=30, vcpu=2, nodes=2),
        job("c", 2, run_min=5, vcpu=1),
        pools=[pool(nodes=2)],
    )
    assert starts(tree, engine) == {"a-1": 0, "k-1": 0, "b-1": 20, "c-1": 10}


@ENGINES
def test_a_job_past_its_estimate_breaks_promises_which_are_made_anew_in_order(engine):
    tree = lined(
        job("a", 0, run_min=30, declared_min=10, vcpu=2),
        job("b", 1, vcpu=2, run_min=10),
        job("c", 2, run_min=10),
    )
    assert starts(tree, engine) == {"a-1": 0, "b-1": 30, "c-1": 40}


@ENGINES
@pytest.mark.parametrize(
    ("at", "run_min", "short", "head"),
    [(12, 8, 12, 30), (12, 9, 40, 30), (21, 19, 21, 40), (21, 20, 40, 30)],
)
def test_who_outlasts_the_estimate_is_expected_after_twice_as_long(
    at, run_min, short, head, engine
):
    """`a` said 10 and runs 30: from 10 on it is expected at 20, from 20 on at 40."""
    tree = lined(
        job("a", 0, run_min=30, declared_min=10),
        job("head", 1, vcpu=2, run_min=10),
        job("short", at, run_min=run_min),
    )
    assert starts(tree, engine) == {"a-1": 0, "head-1": head, "short-1": short}


@ENGINES
def test_an_overrun_that_is_in_no_promises_way_leaves_all_as_they_are(engine):
    """`k` on the last node said 10; the gang waits for those on the other two until 20."""
    tree = lined(
        job("a", 0, run_min=20, vcpu=2, nodes=2),
        job("k", 0, run_min=15, declared_min=10, vcpu=2),
        job("g", 1, run_min=10, vcpu=2, nodes=2),
        job("last", 12, run_min=9, vcpu=1),
        pools=[pool(nodes=3)],
    )
    assert starts(tree, engine) == {"a-1": 0, "k-1": 0, "g-1": 20, "last-1": 15}


@ENGINES
def test_above_the_pool_a_promise_is_on_the_pool_where_it_is_soonest(engine):
    tree = lined(
        job("a", 0, vcpu=2, run_min=30),
        job("b", 0, vcpu=2, run_min=20),
        job("c", 1, vcpu=2, run_min=10),
        job("d", 2, vcpu=2, run_min=10),
        pools=[pool("p"), pool("q")],
        at="platform",
    )
    assert starts(tree, engine) == {"a-1": 0, "b-1": 0, "c-1": 20, "d-1": 30}
    assert where(tree, engine) == {"a-1": "p", "b-1": "q", "c-1": "q", "d-1": "p"}


@ENGINES
def test_promises_name_devices(engine):
    """Two cards: a whole one is promised at 10, so a share of 20 minutes goes to the other."""
    tree = lined(
        job("a", 0, gpu=1, vcpu=1, run_min=10),
        job("s", 0, gpu=0.5, vcpu=1, run_min=30),
        job("w", 1, gpu=1, vcpu=1, run_min=30),
        job("x", 2, gpu=0.5, vcpu=1, run_min=20),
        job("y", 3, gpu=0.5, vcpu=1, run_min=20),
        pools=[pool(server=host(16, **GPU))],
    )
    assert starts(tree, engine) == {"a-1": 0, "s-1": 0, "w-1": 10, "x-1": 2, "y-1": 22}


@ENGINES
def test_a_gang_is_promised_all_its_nodes(engine):
    tree = lined(
        job("a", 0, vcpu=2, run_min=30),
        job("g", 1, vcpu=2, nodes=2, run_min=10),
        job("long", 2, run_min=60),
        job("short", 3, run_min=20),
        pools=[pool(nodes=2)],
    )
    assert starts(tree, engine) == {"a-1": 0, "g-1": 30, "long-1": 40, "short-1": 3}


@ENGINES
def test_who_lacks_quota_steps_aside(engine):
    tree = lined(
        job("a", 0, run_min=30, tenant="poor"),
        job("b", 1, run_min=10, tenant="poor"),
        job("c", 2, run_min=10, tenant="rich"),
        tenants=[{"name": "poor", "quota": {"vcpu": 1}}, {"name": "rich"}],
    )
    assert starts(tree, engine) == {"a-1": 0, "b-1": 30, "c-1": 2}
    assert reasons(tree, engine)["b-1"] == "quota"


@ENGINES
def test_sellable_sums_are_part_of_a_promise(engine):
    """Half of 2 x 4 vCPU may be sold: the head takes all of it at 10."""
    tree = lined(
        job("a", 0, vcpu=2, run_min=10),
        job("b", 1, vcpu=4, run_min=10),
        job("c", 2, vcpu=2, run_min=9),
        job("d", 2, vcpu=1, run_min=8),
        pools=[pool(nodes=2, server=host(4), reserve_share=0.5)],
    )
    assert starts(tree, engine) == {"a-1": 0, "b-1": 10, "c-1": 20, "d-1": 2}


@ENGINES
def test_a_full_line_turns_away_who_would_wait(engine):
    tree = lined(
        job("a", 0, run_min=30),
        job("b", 1, vcpu=2, run_min=10),
        job("c", 2, run_min=60),
        job("d", 3, run_min=10),
        pools=[pool()],
    )
    tree["policies"]["queue"]["max_waiting"] = 1
    assert reasons(tree, engine) == {
        "a-1": "", "b-1": "no-capacity", "c-1": "queue-full", "d-1": "",
    }  # fmt: skip
