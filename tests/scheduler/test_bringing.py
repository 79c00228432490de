"""Jobs go to data, or data to jobs, whichever costs less: by hand."""

import pytest

from tests.scheduler.worlds import host, pool, run, world

SITES = [
    {"name": "core", "tier": "province"},
    {"name": "west", "tier": "city", "parent": "core"},
]
LINKS = [{"a": "west", "b": "core", "delay_ms": 0, "capacity_gbit_s": 0.2}]


def readers(size_gb, every_min, *, transfer=5.0, network="alone"):
    """Jobs of an hour that read a set at west, where one can run; at the core there is room."""
    job = {
        "name": "read",
        "kind": "jobs",
        "region": "west",
        "arrivals": {"kind": "fixed", "every_s": every_min * 60},
        "demand": {"vcpu": 2},
        "work": {"kind": "fixed", "mean_h": 1},
        "data": {"set": "maps"},
    }
    tree = world(
        job,
        pools=[
            pool("there", site="west", server=host(2)),
            pool("large", nodes=20, site="core", server=host(2)),
        ],
        sites=SITES,
        links=LINKS,
        horizon_min=24 * 60,
    )
    tree["topology"]["data_sets"] = [{"name": "maps", "at": ["west"], "size_gb": size_gb}]
    weights = {"wait": 30, "transfer": transfer, "money": 0, "energy": 0, "carbon": 0}
    tree["objective"] = weights
    tree["policies"] = {
        "dispatch": {"name": "planned", "fallback": "nearest"},
        "network": {"name": network},
    }
    return tree


def gone(tree, engine):
    """How many jobs ran in each pool, and which copies were sent."""
    records = run(tree, engine)
    pools = records.column("pool").tolist()
    return {name: pools.count(name) for name in set(pools)}, records.flows.copies


both_engines = pytest.mark.parametrize("engine", ["plain", "lane"])
both_networks = pytest.mark.parametrize("network", ["alone", "shared"])


@both_engines
@both_networks
def test_where_nobody_waits_jobs_go_to_a_large_set(engine, network):
    """11.1 h for 1 TB, and room beside it: every two hours a job of one."""
    pools, copies = gone(readers(1000, 120, network=network), engine)
    assert list(pools) == ["there"]
    assert copies == ()


@both_engines
@both_networks
def test_a_small_set_goes_to_the_room_once(engine, network):
    """40 s for 1 GB, and twice the jobs that can run beside it: it is sent, once."""
    pools, copies = gone(readers(1, 30, network=network), engine)
    assert pools["large"] >= 20
    assert [(copy.name, copy.site) for copy in copies] == [("maps", "core")]


@both_engines
def test_a_large_set_is_sent_once_it_saves_more_than_it_costs(engine):
    """Four times the jobs that can run there: 36 h of wait for the last, beside 11.1 h once."""
    pools, copies = gone(readers(1000, 15), engine)
    assert len(copies) == 1
    assert pools["large"] > 40
    # and where every hour of transfer is dearer than any wait, all stay
    pools, copies = gone(readers(1000, 120, transfer=1e6), engine)
    assert (list(pools), copies) == (["there"], ())


@both_engines
def test_what_is_on_its_way_is_waited_for_no_longer_than_the_rest(engine):
    """Whoever comes while the set is on its way is charged with what is left of that."""
    tree = readers(1000, 15)
    records = run(tree, engine)
    there = records.column("pool") == "large"
    took = records.column("transfer_in_s")[there]
    # the first waits 40,000 s, each later one less, until it is there
    assert took[0] == pytest.approx(40_000)
    assert (took[:-1] >= took[1:]).all()
    assert took[-1] == 0
