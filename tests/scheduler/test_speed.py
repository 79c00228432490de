"""Work in hours of one chip, run on another: exact, in both engines, with estimates."""

import pytest

from tests.scheduler.worlds import job, played, policies, pool, starts, world

ENGINES = pytest.mark.parametrize("engine", ["plain", "lane"])
KUNPENG = {"cpu": "kunpeng-920-7260", "sockets": 2, "vcpu": 128, "memory_gib": 512}
XEON = {"cpu": "intel-8380", "sockets": 2, "vcpu": 160, "memory_gib": 512}


def ascend(**more):
    return {**KUNPENG, "accelerator": "ascend-910b3", "accelerators": 8, **more}


def a100(**more):
    return {**XEON, "accelerator": "nvidia-a100-sxm-80", "accelerators": 8, **more}


def tuning(name, *at_min, on=None, **more):
    row = job(name, *at_min, **{"gpu": 1, "vcpu": 1, "class": "llm_fine_tuning", **more})
    row["work"] = {**row["work"], **({"on": on} if on else {})}
    return row


@ENGINES
def test_ten_minutes_of_the_reference_are_twelve_and_a_half_on_ascend(engine):
    tree = world(tuning("t", 0), pools=[pool(server=ascend())])
    assert played(tree, engine)["t-1"].end == 12.5


@ENGINES
def test_hours_may_be_of_another_chip_than_the_reference(engine):
    tree = world(tuning("t", 0, on="nvidia-h100-sxm"), pools=[pool(server=ascend())])
    assert played(tree, engine)["t-1"].end == pytest.approx(10 * 2.19 / 0.8, abs=1e-8)


@ENGINES
def test_a_share_of_a_device_is_work_with_that_share(engine):
    half = tuning("t", 0, gpu=0.5)
    tree = world(half, pools=[pool(server=a100())])
    assert played(tree, engine)["t-1"].end == 10


@ENGINES
def test_a_factor_of_a_socket_counts_per_hardware_thread(engine):
    row = job("b", 0, vcpu=4, **{"class": "batch_analytics"})
    tree = world(row, pools=[pool(server=KUNPENG)])
    expected_us = round(600e6 * (64 / 80) / 0.747)
    assert played(tree, engine)["b-1"].end == pytest.approx(expected_us / 60e6, abs=1e-9)


@ENGINES
def test_without_a_class_every_chip_takes_equally_long(engine):
    tree = world(job("j", 0, gpu=1), pools=[pool(server=ascend())])
    assert played(tree, engine)["j-1"].end == 10


@ENGINES
def test_no_factor_is_refused_never_made_up(engine):
    cpu = job("v", 0, vcpu=1, **{"class": "video_ai"})
    tree = world(cpu, pools=[pool(server=KUNPENG), pool("q", server=ascend())])
    assert played(tree, engine)["v-1"].reason == "no-speed"


def test_what_is_missing_is_told_in_the_order_of_the_contract():
    listed = job("v", 0, vcpu=1, chips={"any_of": ["hygon-7285"]}, **{"class": "video_ai"})
    no_gpu = job("g", 0, gpu=1, **{"class": "video_ai"})
    found = played(world(listed, no_gpu, pools=[pool(server=KUNPENG)]))
    assert (found["v-1"].reason, found["g-1"].reason) == ("no-chip", "too-big")


@ENGINES
def test_a_pool_without_speed_is_not_in_the_way_of_one_that_has_it(engine):
    pools = [pool("no", server=ascend(accelerator="metax-c500")), pool("yes", server=ascend())]
    assert played(world(tuning("t", 0), pools=pools), engine)["t-1"].pool == "yes"


@ENGINES
def test_the_stack_of_the_pool_divides(engine):
    decode = job("d", 0, gpu=1, **{"class": "llm_decode"})
    tree = world(decode, pools=[pool(server=ascend(), stack="mindie")])
    expected_us = round(600e6 / 0.63 / 1.99)
    assert played(tree, engine)["d-1"].end == pytest.approx(expected_us / 60e6, abs=1e-9)


@ENGINES
def test_a_gang_runs_at_the_pace_of_its_slowest_member(engine):
    wide = tuning("t", 0, gpu=8, nodes=2, gang_within="site")
    pools = [pool("fast", server=a100()), pool("slow", server=ascend())]
    tree = world(wide, pools=pools, policies=policies(at="site"))
    assert played(tree, engine)["t-1"].end == 12.5


@ENGINES
def test_shortest_first_knows_how_long_it_takes_here(engine):
    """Two wait: 10 min of analytics, which are 10.7 here, and 10.5 min of no class."""
    first = job("a", 0, vcpu=128, run_min=30)
    classed = job("b", 1, vcpu=128, run_min=10, **{"class": "batch_analytics"})
    plain = job("c", 2, vcpu=128, run_min=10.5)
    tree = world(
        first, classed, plain,
        pools=[pool(server=KUNPENG)],
        policies=policies(queue="shortest-first"),
    )  # fmt: skip
    assert starts(tree, engine)["c-1"] == 30


@ENGINES
def test_backfill_believes_the_estimate_of_this_chip(engine):
    """Beside a runner until 30 the head wants all; 24 min of Ascend are 30, 25 are 31.25."""
    runner = job("a", 0, vcpu=64, run_min=30)
    head = job("b", 1, vcpu=128, run_min=10)
    fits = tuning("c", 5, run_min=20)
    late = tuning("d", 5, run_min=21)
    tree = world(
        runner, head, fits, late,
        pools=[pool(server=ascend())],
        policies=policies(queue="easy-backfill"),
    )  # fmt: skip
    found = starts(tree, engine)
    assert (found["c-1"], found["b-1"]) == (5, 30)
    assert found["d-1"] >= 30
