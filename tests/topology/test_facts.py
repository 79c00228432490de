"""Facts are checked at birth and stay as they are."""

import pytest
from pydantic import ValidationError

from topology import Chip, Cloud, Link, NodesFile, Pool, Region, Server, Site, Topology


def a_pool(**fields):
    return Pool(**{"name": "p", "site": "a", "cloud": "c", "server": "s", "nodes": 2, **fields})


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"nodes": 0}, "greater than or equal to 1"),
        ({"nodes": 2.0}, "valid integer"),
        ({"nodes": True}, "valid integer"),
        ({"nodes": "2"}, "valid integer"),
        ({"nodes": 10_000_001}, "less than or equal to 10000000"),
        ({"reserve_share": 1.5}, "less than or equal to 1"),
        ({"reserve_share": True}, "valid number"),
        ({"reserve_share": float("nan")}, "finite"),
        ({"security_level": 6}, "less than or equal to 5"),
        ({"reserved_for": ["a"]}, "valid tuple"),
        ({"nmae": "x"}, "Extra inputs"),
        ({"name": "../x"}, "match pattern"),
        ({"name": "x\n"}, "match pattern"),
        ({"name": ""}, "match pattern"),
        ({"name": "x" * 65}, "match pattern"),
    ],
)
def test_a_broken_pool_is_refused(fields, text):
    with pytest.raises(ValidationError, match=text):
        a_pool(**fields)


@pytest.mark.parametrize(
    "fact",
    [
        lambda: Site(name="a", tier="city", pue=0.9),
        lambda: Site(name="a", tier="city", lat=91.0),
        lambda: Region(name="a", population=-1),
        lambda: Link(a="a", b="b", delay_ms=-2),
        lambda: Link(a="a", b="b", capacity_gbit_s=0),
        lambda: Link(a="a", b="b", share=0),
        lambda: Link(a="a", b="b", share=1.1),
        lambda: Chip(name="a", kind="tpu"),
        lambda: Chip(name="a", kind="gpu", slices=(0,)),
        lambda: Server(name="a", vcpu=-1),
        lambda: Server(name="a", memory_gib=1e9),
        lambda: Server(name="a", accelerators=33),
        lambda: Server(name="a", vcpu=float("nan")),
        lambda: Chip(name="a", kind="gpu", memory_gib=0),
        lambda: Cloud(name="a", control_plane_delay_ms=float("inf")),
        lambda: NodesFile(file="f", format="alibaba"),
        lambda: Topology(tiers=()),
    ],
)
def test_out_of_bounds_is_refused(fact):
    with pytest.raises(ValidationError):
        fact()


def test_whole_numbers_are_numbers():
    assert a_pool(reserve_share=0).reserve_share == 0.0
    assert Server(name="s", vcpu=64).vcpu == 64.0


def test_chinese_names_are_names():
    assert a_pool(name="杭州 (一期)").name == "杭州 (一期)"


def test_facts_are_frozen_and_equal_by_value():
    pool = a_pool()
    with pytest.raises(ValidationError, match="frozen"):
        pool.nodes = 3
    assert pool == a_pool()
    assert len({pool, a_pool()}) == 1


def test_defaults_are_those_of_the_contract():
    pool = a_pool()
    assert (pool.reserve_share, pool.security_level, pool.reserved_for) == (0.0, 1, ())
    assert (pool.stack, pool.dpu) == (None, None)
    assert Site(name="a", tier="city").pue == 1.0
    assert Link(a="a", b="b").share == 1.0
    assert Topology().tiers == ("nation", "province", "city", "county", "township")
    assert Server(name="s").infrastructure_vcpu == 0.0


def test_rows_in_place_read_as_written_in_the_contract():
    chip = Chip(**{"name": "plain", "kind": "cpu", "isa": "x86_64", "cores": 64})
    fields = {"name": "host-64", "cpu": "plain", "sockets": 1, "vcpu": 64, "memory_gib": 256}
    server = Server(**fields)
    assert (chip.isa, chip.cores, chip.slices) == ("x86_64", 64, ())
    assert (server.accelerators, server.local_storage_gb, server.nic_gbit_s) == (0, None, None)
