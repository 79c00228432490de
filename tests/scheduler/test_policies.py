"""Fair shares, prices, speeds and silos, each in the smallest world, worked out by hand."""

import pytest

from scheduler.costs import electricity_cny_kwh
from scheduler.fairness import Shares
from tests.laws.generator import scenario_of
from tests.scheduler.worlds import (
    host,
    job,
    played,
    policies,
    pool,
    reasons,
    starts,
    where,
    world,
)

SITES = [{"name": name, "tier": "city"} for name in ("here", "away")]


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


# -- drf ---------------------------------------------------------------------------------------


def shared(*jobs, tenants=("a", "b"), at="pool", **more):
    tenants = [name if isinstance(name, dict) else {"name": name} for name in tenants]
    return world(*jobs, tenants=tenants, policies=policies(queue="drf", at=at), **more)


def test_the_textbook_case(engine):
    """9 CPU and 18 GB; A asks <1, 4>, B <3, 1>: both get two thirds of something."""
    tree = shared(
        job("a", 0, jobs=10, memory_gib=4, vcpu=1, tenant="a"),
        job("b", 0, jobs=10, memory_gib=1, vcpu=3, tenant="b"),
        pools=[pool(server=host(9, memory_gib=18))],
    )
    at_once = [name[0] for name, at in starts(tree, engine).items() if at == 0]
    assert (at_once.count("a"), at_once.count("b")) == (3, 2)


def test_a_weight_of_two_gets_twice_the_share(engine):
    tree = shared(
        job("a", 0, jobs=10, tenant="a"),
        job("b", 0, jobs=10, tenant="b"),
        tenants=({"name": "a", "weight": 2}, {"name": "b"}),
        pools=[pool(server=host(6))],
    )
    at_once = [name[0] for name, at in starts(tree, engine).items() if at == 0]
    assert (at_once.count("a"), at_once.count("b")) == (4, 2)


def test_the_head_of_fair_shares_blocks_its_line(engine):
    tree = shared(
        job("a", 0, jobs=2, run_min=30, tenant="a"),
        job("big", 1, vcpu=3, tenant="b"),
        job("c", 2, tenant="a"),
        pools=[pool(server=host(4))],
    )
    assert starts(tree, engine) == {"a-1": 0, "a-2": 0, "big-1": 30, "c-1": 30}
    assert reasons(tree, engine)["c-1"] == "head-of-line"
    assert reasons(tree, engine)["big-1"] == "no-capacity"


def test_what_a_tenant_holds_elsewhere_counts(engine):
    """At x both wait for the node; a holds one at y already, so b goes first."""
    arm = {"any_of": ["arm"]}
    tree = shared(
        job("a", 2, tenant="a", vcpu=2, chips={"any_of": ["x86"]}),
        job("b", 3, tenant="b", vcpu=2, chips={"any_of": ["x86"]}),
        job("first", 0, tenant="c", vcpu=2, run_min=10, chips={"any_of": ["x86"]}),
        job("there", 1, tenant="a", vcpu=2, run_min=60, chips=arm),
        tenants=("a", "b", "c"),
        pools=[pool("x"), pool("y", server=host(cpu="arm"))],
    )
    assert starts(tree, engine) == {"first-1": 0, "there-1": 1, "b-1": 10, "a-1": 20}


def test_who_lacks_quota_steps_aside_under_fair_shares(engine):
    tree = shared(
        job("a", 0, jobs=2, tenant="a"),
        job("b", 1, jobs=2, tenant="b", vcpu=0.5),
        tenants=({"name": "a", "quota": {"vcpu": 1}}, "b"),
    )
    found = played(tree, engine)
    assert {name: one.start for name, one in found.items()} == {
        "a-1": 0, "a-2": 10, "b-1": 1, "b-2": 1,
    }  # fmt: skip
    assert found["a-2"].reason == "quota"


def test_tenants_that_no_list_names_weigh_one(engine):
    tree = world(
        job("a", 0, jobs=3, tenant="x"),
        job("b", 0, jobs=3, tenant="y"),
        policies=policies(queue="drf"),
    )
    assert [name for name, at in starts(tree, engine).items() if at == 0] == ["a-1", "b-1"]


def test_equal_shares_are_equal():
    shares = Shares((9000, 0, 3000, 0, 0, 0), {"light": 0.1, "heavy": 3.0})
    third = shares.of("other", (3000, 5, 0, 0, 0, 0))
    assert third == shares.of("other", (0, 0, 1000, 0, 0, 0)) > 0
    assert shares.of("heavy", (9000, 0, 0, 0, 0, 0)) == third
    assert shares.of("light", (300, 0, 0, 0, 0, 0)) == third


# -- fastest and cheapest ----------------------------------------------------------------------


def test_fastest_goes_by_name_where_the_work_takes_equally_long(engine):
    tree = world(
        job("j", 0, jobs=3), pools=[pool("b"), pool("a")], policies=policies("fastest")
    )
    assert where(tree, engine) == {"j-1": "a", "j-2": "a", "j-3": "b"}


def test_fastest_takes_the_chip_that_is_fastest_for_the_class(engine):
    tree = world(
        job("j", 0, jobs=2, gpu=1, **{"class": "llm_fine_tuning"}),
        pools=[
            pool("a", server=host(accelerator="nvidia-a100-sxm-80", accelerators=1)),
            pool("b", server=host(accelerator="nvidia-h100-sxm", accelerators=1)),
        ],
        policies=policies("fastest"),
    )
    assert where(tree, engine) == {"j-1": "b", "j-2": "a"}


def rented(name, vcpu, egress=None):
    cloud = {"name": name, "on_demand": True, "price_cny_h": {"vcpu": vcpu}}
    return cloud if egress is None else cloud | {"egress_cny_per_gb": egress}


def test_cheapest_takes_the_lower_price_first_and_the_unknown_last(engine):
    tree = world(
        job("j", 0, jobs=3),
        clouds=[rented("dear", 2.0), rented("cheap", 1.0), {"name": "unknown"}],
        pools=[
            pool("a", cloud="unknown", server=host(1)),
            pool("b", cloud="dear", server=host(1)),
            pool("c", cloud="cheap", server=host(1)),
        ],
        policies=policies("cheapest"),
    )
    assert where(tree, engine) == {"j-1": "c", "j-2": "b", "j-3": "a"}


@pytest.mark.parametrize(("run_min", "pool_name"), [(30, "home"), (90, "far")])
def test_egress_is_spread_over_the_declared_hours(engine, run_min, pool_name):
    """1 CNY of egress against 1 CNY an hour more at home: an hour is where they are equal."""
    tree = world(
        job("j", 0, run_min=run_min, region="here", data={"output_gb": 2}),
        sites=SITES,
        clouds=[rented("dear", 2.0), rented("cheap", 1.0, egress=0.5)],
        pools=[pool("home", cloud="dear"), pool("far", site="away", cloud="cheap")],
        horizon_min=240,
        policies=policies("cheapest"),
    )
    assert where(tree, engine) == {"j-1": pool_name}


def owned(price, **more):
    return host(
        price_cny=price,
        life_years=5,
        maintenance_share_year=0.1,
        idle_w=100,
        peak_w=300,
        **more,
    )


def test_an_own_node_costs_its_life_its_upkeep_and_its_power(engine):
    """87,600 CNY over 5 years and a tenth a year: 3 CNY an hour; half of it, and power."""
    site = {"name": "here", "tier": "city", "tariff": "zhejiang", "pue": 1.5}
    tree = world(
        job("j", 0),
        sites=[site],
        clouds=[{"name": "gov"}, rented("r", 0.0)],
        pools=[pool("own", server=owned(87_600))],
    )
    topology = scenario_of(tree).topology
    power = 0.3 * 1.5 * electricity_cny_kwh(topology.site("here"), 3) / 2
    for price, expected in ((1.5 + power - 1e-6, "r"), (1.5 + power + 1e-6, "own")):
        pools = [pool("own", server=owned(87_600)), pool("r", cloud="r")]
        tree = world(
            job("j", 0),
            sites=[site],
            clouds=[{"name": "gov"}, rented("r", price)],
            pools=pools,
            policies=policies("cheapest"),
        )
        assert where(tree, engine) == {"j-1": expected}


# -- silos -------------------------------------------------------------------------------------


def silos(word):
    return world(
        job("a", 0, jobs=2, vcpu=2, tenant="a"),
        job("b", 0, vcpu=2, tenant="b"),
        tenants=[{"name": "a"}, {"name": "b"}],
        pools=[pool("mine", reserved_for=["a"]), pool("open")],
        policies=policies() | {"silos": {"name": word}},
    )


def test_in_silos_a_tenant_keeps_to_pools_reserved_for_it(engine):
    found = played(silos("tenant"), engine)
    told = {name: (one.pool, one.start, one.reason) for name, one in found.items()}
    assert told["a-1"] == ("mine", 0, "")
    assert told["a-2"] == ("mine", 10, "no-capacity")
    assert told["b-1"][0] is None
    assert told["b-1"][2] == "reserved"


def test_without_silos_who_has_an_own_pool_may_use_open_ones_too(engine):
    assert where(silos("none"), engine) == {"a-1": "mine", "a-2": "open", "b-1": "open"}
