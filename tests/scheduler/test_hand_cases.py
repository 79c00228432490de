"""The rules of contracts §3.3 and §4, each in the smallest world, worked out by hand.

Nodes have 2 vCPU where nothing else is said, jobs ask for 1 and run 10 minutes; all times are
minutes. Every case holds under both engines.
"""

from math import isnan

import pytest

from scenarios import read
from scheduler import simulate
from tests.laws.generator import text_of
from tests.scheduler.worlds import (
    host,
    job,
    played,
    policies,
    pool,
    reasons,
    run,
    starts,
    where,
    world,
)


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


# -- dispatch ----------------------------------------------------------------------------------

TWO = [pool("b", server=host(1)), pool("a", server=host(1))]


@pytest.mark.parametrize(
    ("dispatch", "expected"),
    [
        pytest.param("first-fit", ["b", "a", "b"], id="first-fit: file order"),
        pytest.param("local-first", ["a", "b", "a"], id="local-first: names, without a region"),
        pytest.param("nearest", ["a", "b", "a"], id="nearest: names, without a region"),
        pytest.param("least-loaded", ["a", "b", "a"], id="least-loaded: ties by name"),
        pytest.param("round-robin", ["b", "a", "b"], id="round-robin: file order"),
        pytest.param(
            "by-node", ["a", "b", "b"], id="by-node: ties by name; waits in file order"
        ),
    ],
)
def test_order_of_pools(engine, dispatch, expected):
    tree = world(job("j", 0, 1, 2), pools=TWO, policies=policies(dispatch))
    assert list(where(tree, engine).values()) == expected


FAR = {
    "sites": [
        {"name": "core", "tier": "province"},
        {"name": "near", "tier": "city", "parent": "core"},
        {"name": "other", "tier": "city", "parent": "core"},
    ],
    "links": [
        {"a": "core", "b": "near", "delay_ms": 5},
        {"a": "near", "b": "other", "delay_ms": 1},
    ],
    "pools": [
        pool("core-p", site="core", server=host(1)),
        pool("near-p", site="near", server=host(1)),
        pool("other-p", site="other", server=host(1)),
    ],
}


def test_nearest_goes_by_delay_one_way(engine):
    tree = world(job("j", 0, 1, 2, region="near"), policies=policies("nearest"), **FAR)
    assert list(where(tree, engine).values()) == ["near-p", "other-p", "core-p"]


def test_local_first_goes_up_and_never_across(engine):
    tree = world(job("j", 0, 1, 2, region="near"), policies=policies("local-first"), **FAR)
    found = played(tree, engine)
    assert [one.pool for one in found.values()] == ["near-p", "core-p", "near-p"]
    assert found["j-3"].wait == 8


def test_local_first_leaves_the_path_only_where_nobody_on_it_could_ever(engine):
    far = FAR | {"pools": [*FAR["pools"][:2], pool("other-p", site="other", server=host(4))]}
    tree = world(job("big", 0, vcpu=3, region="near"), policies=policies("local-first"), **far)
    assert where(tree, engine) == {"big-1": "other-p"}


def test_local_first_of_a_region_without_a_site_begins_at_its_ancestors(engine):
    regions = [
        {"name": "province", "level": "province"},
        {"name": "town", "level": "city", "parent": "province"},
    ]
    sites = [
        {"name": "aside", "tier": "city", "region": "elsewhere"},
        {"name": "seat", "tier": "province", "region": "province"},
    ]
    tree = world(
        job("j", 0, region="town"),
        regions=[*regions, {"name": "elsewhere", "level": "city"}],
        sites=sites,
        pools=[pool("a", site="aside"), pool("b", site="seat")],
        policies=policies("local-first"),
    )
    assert where(tree, engine) == {"j-1": "b"}


def test_least_loaded_counts_allocated_and_queued_over_sellable(engine):
    pools = [pool("a", server=host(8)), pool("b", server=host(4))]
    tree = world(job("j", 0, 1, 2, 3, 4, run_min=60), pools=pools,
                 policies=policies("least-loaded"))  # fmt: skip
    # loads before each: 0 0, 1/8 0, 1/8 1/4, 2/8 1/4, 3/8 1/4
    assert list(where(tree, engine).values()) == ["a", "b", "a", "a", "b"]


def test_round_robin_goes_on_after_each_workloads_own_last(engine):
    pools = [pool(name, server=host(8)) for name in ("c", "a", "b")]
    tree = world(job("one", 0, 1, 2, 3), job("two", 4, 5), pools=pools,
                 policies=policies("round-robin"))  # fmt: skip
    assert list(where(tree, engine).values()) == ["c", "a", "b", "c", "c", "a"]


def test_round_robin_passes_over_the_full(engine):
    pools = [pool("a", server=host(1)), pool("b", server=host(8))]
    tree = world(job("j", 0, 1, 2), pools=pools, policies=policies("round-robin"))
    assert list(where(tree, engine).values()) == ["a", "b", "b"]


def test_random_takes_any_with_room_and_only_those(engine):
    pools = [pool("a", server=host(1)), pool("b", server=host(9)), pool("c", server=host(9))]
    tree = world(job("j", 0, 1, 2, 3, 4, 5, 6, 7), pools=pools, policies=policies("random"))
    runs = [where(tree, engine, seed) for seed in range(20)]
    assert all(list(one.values()).count("a") <= 1 for one in runs)
    assert {p for one in runs for p in one.values()} == {"a", "b", "c"}
    assert where(tree, engine, 3) == where(tree, engine, 3)


def test_by_node_lets_packing_choose_among_the_nodes_of_all_pools(engine):
    pools = [pool("a", server=host(16)), pool("b", server=host(4))]
    tree = world(job("j", 0), pools=pools, policies=policies("by-node", packing="best-fit"))
    assert where(tree, engine) == {"j-1": "b"}


def test_who_joined_a_line_at_the_same_instant_counts_as_in_it(engine):
    pools = [pool("a", server=host(1)), pool("b", server=host(1))]
    tree = world(job("j", 0, jobs=2), pools=pools, policies=policies())
    assert where(tree, engine) == {"j-1": "a", "j-2": "b"}


# -- lines -------------------------------------------------------------------------------------


def test_first_come_is_strict(engine):
    tree = world(job("a", 0), job("b", 1, vcpu=2, run_min=5), job("c", 2), policies=policies())
    found = played(tree, engine)
    assert {k: v.start for k, v in found.items()} == {"a-1": 0, "b-1": 10, "c-1": 15}
    assert found["b-1"].reason == "no-capacity"
    assert found["c-1"].reason == "head-of-line"


QUOTA = [{"name": "poor", "quota": {"vcpu": 1}}, {"name": "rich"}]


@pytest.mark.parametrize("queue", ["fcfs", "priority", "shortest-first", "easy-backfill"])
def test_who_is_held_by_his_own_quota_steps_aside_and_blocks_nobody(engine, queue):
    tree = world(
        job("a", 0, tenant="poor"),
        job("b", 1, tenant="poor"),
        job("c", 2, tenant="rich"),
        tenants=QUOTA,
        policies=policies(queue=queue),
    )
    found = played(tree, engine)
    assert {k: v.start for k, v in found.items()} == {"a-1": 0, "b-1": 10, "c-1": 2}
    assert found["b-1"].reason == "quota"


def test_a_quota_counts_over_all_pools_and_frees_lines_in_name_order(engine):
    tree = world(
        job("a", 0, tenant="poor", chips={"any_of": ["arm"]}),
        job("b", 1, tenant="poor", chips={"any_of": ["arm"]}),
        job("c", 2, tenant="poor", chips={"any_of": ["x86"]}),
        pools=[pool("zz", server=host(cpu="arm")), pool("aa")],
        tenants=QUOTA,
        policies=policies(),
    )
    assert starts(tree, engine) == {"a-1": 0, "b-1": 20, "c-1": 10}


def test_priority_goes_first_then_submit_then_id(engine):
    tree = world(
        job("a", 0, vcpu=2),
        job("b", 1, vcpu=2),
        job("c", 2, vcpu=2, priority=5),
        job("d", 2, vcpu=2, priority=5),
        job("e", 3, vcpu=2, priority=9, run_min=1),
        policies=policies(queue="priority"),
    )
    expected = {"a-1": 0, "b-1": 31, "c-1": 11, "d-1": 21, "e-1": 10}
    assert starts(tree, engine) == expected


def test_a_head_that_is_overtaken_is_held_by_the_line_from_then_on(engine):
    tree = world(
        job("a", 0, vcpu=2, run_min=100),
        job("b", 1, vcpu=2),
        job("c", 2, vcpu=2, priority=1),
        policies=policies(queue="priority"),
    )
    assert reasons(tree, engine) == {"a-1": "", "b-1": "head-of-line", "c-1": "no-capacity"}


def test_shortest_first_sees_only_what_is_declared(engine):
    tree = world(
        job("a", 0, vcpu=2),
        job("b", 1, vcpu=2, run_min=5, declared_min=30),
        job("c", 2, vcpu=2, run_min=20, declared_min=10),
        policies=policies(queue="shortest-first"),
    )
    assert starts(tree, engine) == {"a-1": 0, "b-1": 30, "c-1": 10}


BACKFILL = policies(queue="easy-backfill")


def test_backfill_passes_who_ends_before_the_heads_reservation(engine):
    tree = world(
        job("a", 0, run_min=30),
        job("head", 1, vcpu=2),
        job("long", 2, run_min=40),
        job("short", 3, run_min=20),
        policies=BACKFILL,
    )
    found = played(tree, engine)
    expected = {"a-1": 0, "head-1": 30, "long-1": 40, "short-1": 3}
    assert {k: v.start for k, v in found.items()} == expected
    assert found["long-1"].reason == "backfill-reservation"
    assert found["head-1"].reason == "no-capacity"


def test_backfill_passes_who_leaves_room_beside_the_head(engine):
    tree = world(
        job("a", 0, vcpu=3, run_min=30),
        job("head", 1, vcpu=2),
        job("long", 2, run_min=90),
        pools=[pool(server=host(4))],
        policies=BACKFILL,
    )
    assert starts(tree, engine) == {"a-1": 0, "head-1": 30, "long-1": 2}


def test_backfill_counts_on_those_who_start_at_the_same_instant(engine):
    tree = world(
        job("a", 0, run_min=30),
        job("head", 0, vcpu=2),
        job("long", 0, run_min=90),
        job("short", 0, run_min=30),
        policies=BACKFILL,
    )
    expected = {"a-1": 0, "head-1": 30, "long-1": 40, "short-1": 0}
    assert starts(tree, engine) == expected


def test_a_quota_is_kept_for_the_head_too(engine):
    tree = world(
        job("a", 0, vcpu=3, run_min=30, tenant="rich"),
        job("head", 1, vcpu=2, tenant="poor"),
        job("long", 2, run_min=90, tenant="poor"),
        pools=[pool(server=host(4))],
        tenants=[{"name": "poor", "quota": {"vcpu": 2}}, {"name": "rich"}],
        policies=BACKFILL,
    )
    assert starts(tree, engine) == {"a-1": 0, "head-1": 30, "long-1": 40}


def test_above_pool_the_reservation_is_in_one_pool(engine):
    tree = world(
        job("a", 0, run_min=10),
        job("b", 0, run_min=20, vcpu=1, chips={"any_of": ["arm"]}),
        job("head", 1, vcpu=2),
        job("long", 2, run_min=60),
        pools=[pool("first"), pool("second", server=host(cpu="arm"))],
        policies=policies(queue="easy-backfill", at="platform"),
    )
    found = played(tree, engine)
    assert (found["head-1"].start, found["head-1"].pool) == (10, "first")
    assert (found["long-1"].start, found["long-1"].pool) == (2, "second")


def test_who_is_past_his_estimate_is_expected_to_end_now(engine):
    tree = world(
        job("a", 0, run_min=20, declared_min=5),
        job("head", 1, vcpu=2),
        job("early", 2, run_min=3),
        job("late", 6, run_min=1),
        policies=BACKFILL,
    )
    assert starts(tree, engine) == {"a-1": 0, "head-1": 20, "early-1": 2, "late-1": 30}


def test_an_endless_job_is_never_expected_to_end(engine):
    tree = world(
        job("a", 0, run_min=0),
        job("head", 1, vcpu=2),
        job("any", 2, run_min=50),
        policies=BACKFILL,
        horizon_min=30,
    )
    found = played(tree, engine)
    assert found["any-1"].start == 2
    assert found["head-1"].state == "waiting"


# -- one instant -------------------------------------------------------------------------------


def test_completions_come_before_arrivals(engine):
    tree = world(job("j", 0, 10, vcpu=2), policies=policies(max_waiting=0))
    assert starts(tree, engine) == {"j-1": 0, "j-2": 10}


def test_arrivals_of_one_instant_go_by_workload_then_number(engine):
    tree = world(job("b", 0, vcpu=2), job("a", 0, vcpu=2, jobs=2), policies=policies())
    assert starts(tree, engine) == {"a-1": 0, "a-2": 10, "b-1": 20}


def test_all_completions_of_an_instant_come_before_anyone_starts(engine):
    tree = world(
        job("a", 0, vcpu=2),
        job("b", 0, vcpu=1),
        job("c", 0, vcpu=1, run_min=60),
        job("d", 1),
        job("e", 2, vcpu=2),
        pools=[pool(nodes=2)],
        policies=policies(packing="best-fit"),
    )
    found = played(tree, engine)
    # at 10 both nodes have room for d, and the second is the better fit
    assert (found["d-1"].node, found["d-1"].start) == (1, 10)
    assert (found["e-1"].node, found["e-1"].start) == (0, 10)


# -- on the way --------------------------------------------------------------------------------

SLOW = {
    "sites": [{"name": "here", "tier": "city"}, {"name": "there", "tier": "city"}],
    "links": [
        {"a": "here", "b": "there", "delay_ms": 1000, "capacity_gbit_s": 2, "share": 0.5}
    ],
    "clouds": [{"name": "gov", "control_plane_delay_ms": 60_000}],
}
MOVED_MIN = (1 + 7.375 * 8 / 1) / 60  # one second and 59 s at 1 Gbit/s


def test_at_pool_the_way_comes_before_the_wait_and_holds_nothing(engine):
    data = {"input_gb": 7.375, "output_gb": 7.375}
    tree = world(
        job("a", 0, vcpu=2, region="there", data=data),
        job("b", 0, vcpu=2, region="there", data=data),
        job("c", 1, vcpu=2, run_min=3),
        policies=policies(),
        **SLOW,
    )
    found = played(tree, engine)
    before = 1 + MOVED_MIN
    assert before == 2
    one = found["a-1"]
    assert (one.wait, one.start, one.end) == (0, 2, 12)
    assert (one.dispatch, one.transfer_in, one.transfer) == (1, 1, 2)
    assert one.latency == 13  # the output goes back over the same link and holds no node
    # c comes at 2 too, after b, which was submitted before it
    assert (found["b-1"].wait, found["b-1"].start) == (10, 12)
    assert (found["c-1"].wait, found["c-1"].start) == (20, 22)


def test_on_the_way_a_job_counts_as_queued_at_its_pool():
    tree = world(
        job("a", 0, region="there", data={"input_gb": 7.375}), policies=policies(), **SLOW,
        levels_every_s=60,
    )  # fmt: skip
    levels = run(tree).levels
    assert levels.queued[:3, 0, 0].tolist() == [1, 1, 0]
    assert levels.allocated[:3, 0, 0].tolist() == [0, 0, 1]


def test_above_pool_nodes_are_held_on_the_way(engine):
    tree = world(
        job("a", 0, vcpu=2, region="there", data={"input_gb": 7.375}),
        job("b", 1, vcpu=2),
        policies=policies(at="platform"),
        **SLOW,
        levels_every_s=60,
    )
    found = played(tree, engine)
    assert (found["a-1"].wait, found["a-1"].start, found["a-1"].end) == (0, 2, 12)
    assert (found["b-1"].wait, found["b-1"].start) == (11, 13)
    assert run(tree, engine).levels.allocated[:3, 0, 0].tolist() == [2, 2, 2]


def test_a_job_on_the_way_runs_without_having_started(engine):
    tree = world(
        job("a", 29, run_min=5), policies=policies(at="platform"), horizon_min=30, drain_h=0,
        clouds=[{"name": "gov", "control_plane_delay_ms": 120_000}],
    )  # fmt: skip
    one = played(tree, engine)["a-1"]
    assert (one.state, one.wait, one.pool, one.dispatch) == ("running", 0, "p", 2)
    assert isnan(one.start)


def test_inside_a_site_only_the_line_rate_counts(engine):
    tree = world(
        job("a", 0, region="here", data={"input_gb": 60}),
        pools=[pool(server=host(nic_gbit_s=8))],
        policies=policies(),
    )
    assert played(tree, engine)["a-1"].transfer_in == 1


def test_a_dpus_rate_is_that_of_its_node(engine):
    tree = world(
        job("a", 0, region="here", data={"input_gb": 60}),
        pools=[pool(server=host(nic_gbit_s=100), dpu="dpu")],
        policies=policies(),
    )
    assert played(tree, engine)["a-1"].transfer_in == 1


def test_without_a_region_nothing_is_transferred(engine):
    tree = world(
        job("a", 0, data={"input_gb": 60, "at": "there", "output_gb": 5}), policies=policies(),
        **SLOW,
    )  # fmt: skip
    one = played(tree, engine)["a-1"]
    assert (one.dispatch, one.transfer_in, one.transfer) == (1, 0, 0)


# -- loss lines --------------------------------------------------------------------------------


def test_a_loss_system_has_no_room_to_wait(engine):
    tree = world(job("j", 0, 1, 10, vcpu=2), policies=policies(max_waiting=0))
    found = played(tree, engine)
    assert [one.state for one in found.values()] == ["finished", "refused", "finished"]
    assert found["j-2"].reason == "queue-full"
    assert isnan(found["j-2"].wait)


def test_the_last_to_come_is_turned_away(engine):
    tree = world(job("j", 0, 1, 2, 11, vcpu=2), policies=policies(max_waiting=1))
    found = played(tree, engine)
    assert [one.state for one in found.values()] == [
        "finished", "finished", "refused", "finished",
    ]  # fmt: skip


def test_at_pool_a_full_line_is_met_on_arrival(engine):
    tree = world(
        job("a", 0, vcpu=2, run_min=2),
        job("b", 1, 2, vcpu=2),
        policies=policies(max_waiting=0),
        clouds=[{"name": "gov", "control_plane_delay_ms": 120_000}],
    )
    found = played(tree, engine)
    assert found["b-1"].state == "refused"  # there at 3, when a runs from 2 to 4
    assert (found["b-2"].start, found["b-2"].wait) == (4, 0)


def test_who_is_turned_away_blocks_nobody(engine):
    """At 10 b fits beside c; d would have been before it, and is turned away."""
    tree = world(
        job("a", 0),
        job("b", 1, vcpu=1),
        job("c", 0, run_min=60),
        job("d", 10, vcpu=2, priority=1),
        policies=policies(queue="priority", max_waiting=1),
    )
    found = played(tree, engine)
    assert found["d-1"].reason == "queue-full"
    assert found["b-1"].start == 10


# -- gangs -------------------------------------------------------------------------------------


def test_a_gang_starts_all_together_on_distinct_nodes(engine):
    tree = world(
        job("a", 0, run_min=5, vcpu=2),
        job("gang", 1, nodes=2, vcpu=1),
        pools=[pool(nodes=2)],
        policies=policies(),
        levels_every_s=60,
    )
    found = played(tree, engine)
    assert (found["gang-1"].start, found["gang-1"].reason) == (5, "gang")
    allocated = run(tree, engine).levels.allocated[:16, 0, 0].tolist()
    assert allocated == [2] * 15 + [0]


def test_a_gang_within_a_site_fills_its_ranked_pools_in_order(engine):
    sites = [{"name": "here", "tier": "city"}, {"name": "aside", "tier": "city"}]
    tree = world(
        job("gang", 0, nodes=3, vcpu=2, gang_within="site"),
        sites=sites,
        pools=[pool("z"), pool("x", site="aside", nodes=2), pool("y", nodes=2)],
        policies=policies(at="site"),
        levels_every_s=60,
    )
    one = played(tree, engine)["gang-1"]
    assert (one.pool, one.node, one.start, one.end) == ("z", 0, 0, 10)
    assert run(tree, engine).levels.allocated[0, :, 0].tolist() == [2, 0, 4]


def test_parts_of_a_wide_gang_are_the_largest(engine):
    tree = world(
        job("gang", 0, nodes=2, vcpu=2, gang_within="site"),
        pools=[pool("a"), pool("b", cloud="slow")],
        clouds=[{"name": "gov"}, {"name": "slow", "control_plane_delay_ms": 60_000}],
        policies=policies(at="site"),
    )
    one = played(tree, engine)["gang-1"]
    assert (one.pool, one.dispatch, one.start, one.end) == ("a", 1, 1, 11)


def test_a_gang_within_a_province_spreads_over_its_sites(engine):
    regions = [
        {"name": "zj", "level": "province"},
        {"name": "js", "level": "province"},
        {"name": "hz", "level": "city", "parent": "zj"},
    ]
    sites = [
        {"name": "s1", "tier": "city", "region": "hz"},
        {"name": "s2", "tier": "city", "region": "js"},
        {"name": "s3", "tier": "province", "region": "zj"},
    ]
    tree = world(
        job("gang", 0, nodes=2, vcpu=2, gang_within="province"),
        regions=regions,
        sites=sites,
        pools=[pool("a", site="s1"), pool("b", site="s2"), pool("c", site="s3")],
        policies=policies(at="platform"),
        levels_every_s=60,
    )
    assert where(tree, engine) == {"gang-1": "a"}
    assert run(tree, engine).levels.allocated[0, :, 0].tolist() == [2, 0, 2]


# -- devices -----------------------------------------------------------------------------------


def cards(count=2, chip="card", **more):
    return pool(server=host(64, accelerator=chip, accelerators=count), **more)


def test_a_share_is_of_one_device(engine):
    tree = world(job("j", 0, 1, 2, gpu=0.6), pools=[cards(2)], policies=policies())
    found = played(tree, engine)
    assert [one.start for one in found.values()] == [0, 1, 10]
    assert found["j-3"].reason == "fragmented"  # 0.8 is free, and on no device


def test_a_share_goes_to_the_fullest_device_that_has_room(engine):
    tree = world(
        job("a", 0, gpu=0.6), job("b", 1, gpu=0.4), job("c", 2, gpu=1),
        pools=[cards(2)], policies=policies(),
    )  # fmt: skip
    assert starts(tree, engine) == {"a-1": 0, "b-1": 1, "c-1": 2}


def test_several_gpus_are_whole_devices(engine):
    tree = world(
        job("a", 0, gpu=0.1), job("b", 1, gpu=2), pools=[cards(2)], policies=policies()
    )
    found = played(tree, engine)
    assert found["b-1"].start == 10
    assert found["b-1"].reason == "no-capacity"


def test_slices_round_a_request_up(engine):
    tree = world(
        job("j", 0, 1, 2, gpu=0.3), pools=[cards(1, "sliced")], policies=policies(),
        levels_every_s=60,
    )  # fmt: skip
    assert list(starts(tree, engine).values()) == [0, 1, 10]
    assert run(tree, engine).levels.allocated[0, 0, 2] == 0.5


def test_device_memory_is_of_the_same_device(engine):
    tree = world(
        job("j", 0, 1, 2, gpu=0.25, gpu_memory_gib=50), pools=[cards(2)], policies=policies()
    )
    assert list(starts(tree, engine).values()) == [0, 1, 10]


def test_a_share_takes_its_part_of_the_memory_and_a_device_all_of_it(engine):
    tree = world(
        job("a", 0, gpu=0.25), job("b", 1, gpu=1), pools=[cards(2)], policies=policies(),
        levels_every_s=60,
    )  # fmt: skip
    memory = run(tree, engine).levels.allocated[:2, 0, 3].tolist()
    assert memory == [20, 100]


def test_shares_that_fill_a_device_fit_into_its_memory(engine):
    """A tenth of 65,536 MiB is no whole number; ten tenths stand on one device all the same."""
    tree = world(job("j", 0, jobs=11, gpu=0.1), pools=[cards(1, "npu")], policies=policies())
    assert list(starts(tree, engine).values()) == [0] * 10 + [10]


# -- what is sold ------------------------------------------------------------------------------


def test_without_a_dpu_a_node_loses_its_infrastructure(engine):
    plain = world(
        job("j", 0, 1, vcpu=4), policies=policies(),
        pools=[pool(server=host(8, infrastructure_vcpu=1))],
    )  # fmt: skip
    assert list(starts(plain, engine).values()) == [0, 10]
    served = world(
        job("j", 0, 1, vcpu=4), policies=policies(),
        pools=[pool(server=host(8, infrastructure_vcpu=1), dpu="dpu")],
    )  # fmt: skip
    assert list(starts(served, engine).values()) == [0, 1]
    levels = run(plain).levels
    assert (levels.installed[0, 0], levels.capacity[0, 0]) == (8, 7)


def test_a_reserve_is_never_sold(engine):
    tree = world(
        job("j", 0, 1, 2, vcpu=2), pools=[pool(nodes=3, reserve_share=0.2)], policies=policies()
    )
    found = played(tree, engine)
    assert [one.start for one in found.values()] == [0, 1, 10]  # 4.8 of 6 vCPU
    assert found["j-3"].reason == "no-capacity"


def test_a_reserve_leaves_whole_devices(engine):
    tree = world(
        job("j", 0, 1, 2, 3, gpu=1), pools=[cards(4, reserve_share=0.1)], policies=policies()
    )
    assert list(starts(tree, engine).values()) == [0, 1, 2, 10]  # 3.6 is 3
    assert run(tree).levels.capacity[0, 2] == 3


# -- refusals ----------------------------------------------------------------------------------

TENANTS = [{"name": "us", "quota": {"vcpu": 3}}, {"name": "them"}]
WIDE = {
    "regions": [
        {"name": "zj", "level": "province"},
        {"name": "js", "level": "province"},
    ],
    "sites": [{"name": "here", "tier": "city", "region": "zj"}],
}


@pytest.mark.parametrize(
    ("asked", "settings", "reason"),
    [
        pytest.param({"chips": {"any_of": ["arm"]}}, {}, "no-chip", id="chip"),
        pytest.param({"chips": {"isa": ["aarch64"]}}, {}, "no-chip", id="isa"),
        pytest.param({"chips": {"stack": ["cuda"]}}, {}, "no-chip", id="stack"),
        pytest.param({"dpu_share": 0.5}, {}, "no-chip", id="dpu"),
        pytest.param({"chips": {"domestic_only": True}}, {}, "not-listed", id="domestic"),
        pytest.param({"chips": {"safe_reliable_only": True}}, {}, "not-listed", id="list"),
        pytest.param(
            {"region": "js", "data": {"stays_within": "province"}}, WIDE, "residency", id="data"
        ),
        pytest.param(
            {"region": "js", "data": {"data_class": "important"}},
            WIDE | {"pools": [pool(security_level=5)]},
            "residency",
            id="data class",
        ),
        pytest.param({"security_level": 2}, {}, "security-level", id="level"),
        pytest.param(
            {"region": "zj", "data": {"data_class": "important"}},
            WIDE,
            "security-level",
            id="level of the data class",
        ),
        pytest.param(
            {"tenant": "us"},
            {"pools": [pool(reserved_for=["them"])], "tenants": TENANTS},
            "reserved",
            id="reserved",
        ),
        pytest.param(
            {"vcpu": 1}, {"pools": [cards(gpu_jobs_only=True)]}, "reserved", id="no GPU asked"
        ),
        pytest.param({"vcpu": 3}, {}, "too-big", id="bigger than a node"),
        pytest.param({"gpu": 1}, {}, "too-big", id="no GPU anywhere"),
        pytest.param(
            {"gpu": 0.5, "gpu_memory_gib": 100}, {"pools": [cards()]}, "too-big", id="memory"
        ),
        pytest.param(
            {"vcpu": 2}, {"pools": [pool(reserve_share=0.5)]}, "too-big", id="reserve"
        ),
        pytest.param({"nodes": 2, "vcpu": 1}, {}, "gang-too-big", id="gang"),
        pytest.param(
            {"nodes": 2, "vcpu": 2, "tenant": "us"},
            {"pools": [pool(nodes=2)], "tenants": TENANTS},
            "quota-too-small",
            id="quota",
        ),
        pytest.param({"local_storage_gb": 1}, {}, "unknown-capacity", id="unknown disks"),
        pytest.param(
            {"gpu": 0.5, "gpu_memory_gib": 1},
            {"pools": [cards(1, "dark")]},
            "unknown-capacity",
            id="unknown device memory",
        ),
    ],
)
def test_every_reason_to_refuse(engine, asked, settings, reason):
    one = played(world(job("j", 0, **asked), policies=policies(), **settings), engine)["j-1"]
    assert (one.state, one.reason, one.pool, one.node) == ("refused", reason, None, -1)


def test_a_bad_row_is_a_job_refused(engine, tmp_path):
    (tmp_path / "rows.csv").write_text("submit_s,run_s,vcpu\n0,60,1\n5,oops,1\n9,60,1\n")
    tree = world(policies=policies())
    tree["workloads"] = [
        {"name": "t", "kind": "trace", "file": "rows.csv", "on_bad_rows": "skip"}
    ]
    (tmp_path / "s.yaml").write_text(text_of(tree))
    records = simulate(read(tmp_path / "s.yaml"), 1, engine=engine)
    assert records.column("state").tolist() == ["finished", "refused", "finished"]
    assert records.column("reason").tolist() == ["", "bad-row", ""]


def test_a_pool_takes_jobs_of_its_level_or_below(engine):
    tree = world(
        job("j", 0, security_level=2), policies=policies(),
        pools=[pool("a", security_level=1), pool("b", security_level=3)],
    )  # fmt: skip
    assert where(tree, engine) == {"j-1": "b"}


def test_data_of_a_site_stays_there(engine):
    sites = [{"name": "here", "tier": "city"}, {"name": "there", "tier": "city"}]
    data = {"at": "there", "stays_within": "site"}
    tree = world(
        job("j", 0, data=data), sites=sites, policies=policies(),
        pools=[pool("a"), pool("b", site="there")],
    )  # fmt: skip
    assert where(tree, engine) == {"j-1": "b"}


# -- holds -------------------------------------------------------------------------------------


def test_the_reason_told_is_the_one_that_held_longest(engine):
    """c is behind b for 8 minutes, then lacks room itself for 50."""
    tree = world(
        job("a", 0, vcpu=1),
        job("x", 0, vcpu=1, run_min=60),
        job("b", 1, vcpu=1, run_min=70),
        job("c", 2, vcpu=1),
        policies=policies(),
    )
    found = played(tree, engine)
    assert (found["b-1"].start, found["c-1"].start) == (10, 60)
    assert (found["b-1"].reason, found["c-1"].reason) == ("no-capacity", "no-capacity")


def test_ties_of_reasons_go_to_the_first(engine):
    """c is behind b for 10 minutes and lacks room for 10 more."""
    tree = world(
        job("a", 0),
        job("aa", 0, run_min=30),
        job("b", 0, run_min=10),
        job("c", 0),
        policies=policies(),
    )
    found = played(tree, engine)
    assert (found["b-1"].start, found["c-1"].start) == (10, 20)
    assert found["c-1"].reason == "head-of-line"


def test_who_never_waited_was_held_by_nothing(engine):
    assert reasons(world(job("j", 0), policies=policies()), engine) == {"j-1": ""}


def test_fragmented_over_nodes(engine):
    tree = world(
        job("a", 0, jobs=2, vcpu=1.5), job("b", 1, vcpu=1),
        pools=[pool(nodes=2)], policies=policies(),
    )  # fmt: skip
    assert reasons(tree, engine)["b-1"] == "fragmented"


# -- when a run stops --------------------------------------------------------------------------


def test_arrivals_go_on_until_the_last_counted_job_has_ended(engine):
    fixed = job("j", run_min=25, vcpu=0.1)
    fixed["arrivals"] = {"kind": "fixed", "every_s": 600}
    found = played(world(fixed, policies=policies(), horizon_min=20), engine)
    # 0 and 10 are counted; the second ends at 35; 20 and 30 still come and are not waited for
    assert {k: (v.state, v.counted) for k, v in found.items()} == {
        "j-1": ("finished", True),
        "j-2": ("finished", True),
        "j-3": ("running", False),
        "j-4": ("running", False),
    }


def test_the_drain_is_the_latest_end(engine):
    tree = world(
        job("a", 0, run_min=100, vcpu=2), job("b", 5), policies=policies(), horizon_min=20,
        drain_h=0.5,
    )  # fmt: skip
    found = played(tree, engine)
    assert (found["a-1"].state, found["a-1"].start) == ("running", 0)
    assert isnan(found["a-1"].end)
    assert (found["b-1"].state, found["b-1"].wait) == ("waiting", 45)  # so far


def test_a_job_that_ends_with_the_drain_has_ended(engine):
    tree = world(job("a", 0, run_min=50), policies=policies(), horizon_min=20, drain_h=0.5)
    assert played(tree, engine)["a-1"].state == "finished"


def test_endless_jobs_are_not_waited_for(engine):
    tree = world(job("a", 0, run_min=0), job("b", 1), policies=policies(), horizon_min=8)
    found = played(tree, engine)
    assert (found["a-1"].state, found["b-1"].state) == ("running", "finished")
    assert found["b-1"].end == 11


def test_who_came_in_the_warm_up_is_not_waited_for(engine):
    tree = world(
        job("a", 0, run_min=100), job("b", 10), policies=policies(), horizon_min=30,
        warmup_h=1 / 12,
    )  # fmt: skip
    found = played(tree, engine)
    assert (found["a-1"].counted, found["b-1"].counted) == (False, True)
    assert found["a-1"].state == "running"


def test_a_run_of_no_jobs_has_empty_tables(engine):
    records = run(
        world(job("late", 90), policies=policies(), horizon_min=30, drain_h=0), engine
    )
    assert records.rows == 0
    assert records.column("wait_s").tolist() == []
    assert records.levels.allocated.sum() == 0
