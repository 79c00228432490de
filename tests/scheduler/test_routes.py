"""Routes over numbered links, and the whole way from a topology to arrivals."""

import pytest

from scheduler.instants import NEVER
from scheduler.routes import Routes
from scheduler.sending import Route, Transfer
from scheduler.transfers import Transfers
from topology import Link, Site

SITES = tuple(Site(name=name, tier="city", lat=30, lon=n) for n, name in enumerate("abcd"))
RING = (
    Link(a="a", b="b", delay_ms=1, capacity_gbit_s=10),
    Link(a="c", b="b", delay_ms=2, capacity_gbit_s=10, share=0.5),
    Link(a="c", b="d", delay_ms=4),
    Link(a="d", b="a", delay_ms=8, capacity_gbit_s=1),
)


def test_a_link_is_one_for_each_direction():
    routes = Routes(SITES, RING)
    assert routes.capacity_gbit_s() == [10, 10, 5, 5, float("inf"), float("inf"), 1, 1]
    assert routes.route("a", "c") == Route((0, 3), 3000)
    assert routes.route("c", "a") == Route((2, 1), 3000)
    assert routes.route("a", "a") == Route(())
    assert routes.both_ways("b", "c") == (2, 3)


def test_what_is_down_is_gone_around_in_both_directions():
    routes = Routes(SITES, RING)
    assert routes.route("a", "c", frozenset({0})) == Route((7, 5), 12000)
    assert routes.route("c", "a", frozenset({0})) == Route((4, 6), 12000)
    assert routes.route("a", "c", frozenset({0, 6})) is None


def test_with_every_link_down_nobody_is_reached():
    routes = Routes(SITES, RING)
    down = frozenset(range(8))
    assert routes.route("a", "b", down) is None
    assert routes.route("a", "a", down) == Route(())


def test_without_links_all_sites_are_together():
    assert Routes(SITES, ()).route("a", "d") == Route(())


def test_without_a_delay_the_great_circle_decides():
    near = Routes(SITES, [Link(a="a", b="b"), Link(a="b", b="c")]).route("a", "b")
    assert near.delay_us == pytest.approx(96.3 * 1.4 * 4.9, rel=1e-3)


def test_cutting_a_hub_raises_latency_and_loses_nothing():
    """Transfers over a star with a ring around it, with and without the hub."""
    hub, rim = (
        Site(name="hub", tier="city"),
        [Site(name=f"r{n}", tier="city") for n in range(8)],
    )
    spokes = [Link(a="hub", b=site.name, delay_ms=1, capacity_gbit_s=10) for site in rim]
    ring = [
        Link(a=rim[n].name, b=rim[(n + 1) % 8].name, delay_ms=5, capacity_gbit_s=1)
        for n in range(8)
    ]
    routes = Routes([hub, *rim], [*spokes, *ring])
    ends = {key: (f"r{key % 8}", f"r{(3 * key + 1) % 8}") for key in range(100)}

    def arrivals(*, cut):
        net = Transfers(
            routes.capacity_gbit_s(),
            reroute=lambda transfer, down: routes.route(*ends[transfer.key], down),
        )
        for key, (a, b) in ends.items():
            net.start(0, Transfer(key, 10**9 * (1 + key), routes.route(a, b)))
        if cut:
            net.fail(1_000_000, [way for s in rim for way in routes.both_ways("hub", s.name)])
        found = {}
        while (now_us := net.next_us()) < NEVER:
            found |= {a.transfer.key: a.at_us for a in net.advance(now_us)}
        assert net.carried_parts == sum(10**9 * (1 + key) for key in ends) << 60
        return found

    whole, without = arrivals(cut=False), arrivals(cut=True)
    assert sorted(whole) == sorted(without) == sorted(ends)
    assert sum(without.values()) > 2 * sum(whole.values())
    assert all(without[key] >= whole[key] for key in ends if whole[key] < 1_000_000)
