"""What a job that still waits when the run stops says of its wait so far."""

import pytest

from tests.scheduler.worlds import host, job, played, policies, pool, world


@pytest.mark.parametrize("engine", ["plain", "lane"])
@pytest.mark.parametrize("queue", ["fcfs", "easy-backfill"])
def test_the_hold_so_far_is_told(engine, queue):
    tree = world(
        job("a", 0, run_min=0),
        job("head", 1, vcpu=2),
        job("next", 2, vcpu=2),
        policies=policies(queue=queue),
        horizon_min=30,
        drain_h=0,
    )
    found = played(tree, engine)
    behind = "head-of-line" if queue == "fcfs" else "no-capacity"
    assert (found["head-1"].state, found["head-1"].reason) == ("waiting", "no-capacity")
    assert (found["next-1"].state, found["next-1"].reason) == ("waiting", behind)
    assert found["a-1"].reason == ""


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_it_is_the_hold_that_lasted_longest_until_the_stop(engine):
    """Until 20 it stands behind the head, then it lacks nodes; the run ends at 30 or 60."""
    jobs = (
        job("a", 0, vcpu=2, run_min=20),
        job("head", 1, vcpu=2, run_min=0),
        job("next", 2, vcpu=2),
    )
    reasons = [
        played(world(*jobs, policies=policies(), horizon_min=end, drain_h=0), engine)[
            "next-1"
        ].reason
        for end in (30, 60)
    ]
    assert reasons == ["head-of-line", "no-capacity"]


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_a_quota_that_holds_to_the_end_is_told(engine):
    tree = world(
        job("a", 0, run_min=0, tenant="poor"),
        job("b", 1, tenant="poor"),
        pools=[pool(server=host(4))],
        tenants=[{"name": "poor", "quota": {"vcpu": 1}}],
        policies=policies(),
        horizon_min=30,
        drain_h=0,
    )
    assert played(tree, engine)["b-1"].reason == "quota"
