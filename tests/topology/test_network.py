"""Delays and routes, by hand."""

from math import inf, pi

import numpy as np
import pytest

from topology import Link, Network, Site, fibre_delay_ms, great_circle_km


def a_site(name, lat=None, lon=None):
    return Site(name=name, tier="city", lat=lat, lon=lon)


def a_link(a, b, delay_ms=None, **fields):
    return Link(a=a, b=b, delay_ms=delay_ms, **fields)


ABCD = tuple(a_site(name) for name in "abcd")


def test_great_circle_of_a_quarter_of_the_equator():
    assert great_circle_km(a_site("a", 0, 0), a_site("b", 0, 90)) == pytest.approx(
        6371.0088 * pi / 2, rel=1e-12
    )


def test_great_circle_of_one_place_is_zero():
    assert great_circle_km(a_site("a", 30.27, 120.15), a_site("b", 30.27, 120.15)) == 0


def test_great_circle_reaches_the_other_side():
    assert great_circle_km(a_site("a", 30, 20), a_site("b", -30, -160)) == pytest.approx(
        6371.0088 * pi, rel=1e-12
    )


def test_beijing_to_shanghai_agrees_with_the_published_estimate():
    delay_ms = fibre_delay_ms(a_site("a", 39.9042, 116.4074), a_site("b", 31.2304, 121.4737))
    assert 2 * delay_ms == pytest.approx(15.6 - 1.0, abs=0.3)  # 1 ms of hops and gateways


def test_a_missing_coordinate_has_no_distance():
    assert great_circle_km(a_site("a", 0, 0), a_site("b")) is None
    assert fibre_delay_ms(a_site("a", 0), a_site("b", 0, 0)) is None


def test_without_links_all_sites_are_together():
    network = Network(ABCD, ())
    assert network.delay_ms().tolist() == np.zeros((4, 4)).tolist()
    assert network.path("a", "d") == ()
    assert network.unreachable() == ()


def test_of_two_routes_the_shorter_counts():
    links = (a_link("a", "b", 2), a_link("b", "c", 3), a_link("a", "c", 6), a_link("c", "d", 1))
    network = Network(ABCD, links)
    assert network.delay_ms().tolist() == [
        [0, 2, 5, 6],
        [2, 0, 3, 4],
        [5, 3, 0, 1],
        [6, 4, 1, 0],
    ]
    assert network.path("a", "d") == (links[0], links[1], links[3])
    assert network.path("d", "a") == (links[3], links[1], links[0])
    assert network.path("a", "a") == ()


def test_a_link_without_delay_takes_the_great_circle():
    sites = (a_site("a", 0, 0), a_site("b", 0, 1))
    delay_ms = 6371.0088 * pi / 180 * 1.4 * 4.9 / 1000
    matrix = Network(sites, (a_link("b", "a"),)).delay_ms()
    assert matrix == pytest.approx(np.array([[0, delay_ms], [delay_ms, 0]]), rel=1e-12)


def test_a_given_delay_wins_over_coordinates():
    sites = (a_site("a", 0, 0), a_site("b", 0, 1))
    assert Network(sites, (a_link("a", "b", 0),)).delay_ms().tolist() == [[0, 0], [0, 0]]


def test_of_parallel_links_the_shorter_then_the_wider_counts():
    slow, narrow = a_link("a", "b", 2), a_link("b", "a", 1, capacity_gbit_s=1)
    wide = a_link("a", "b", 1, capacity_gbit_s=4, share=0.5)
    for links in ((slow, narrow, wide), (wide, narrow, slow)):
        assert Network(ABCD[:2], links).path("a", "b") == (wide,)


def test_rate_is_the_share_of_the_capacity():
    assert a_link("a", "b", capacity_gbit_s=10, share=0.5).rate_gbit_s == 5
    assert a_link("a", "b").rate_gbit_s == inf


def test_file_order_decides_no_route():
    sites = tuple(a_site(name) for name in "abcde")
    links = [a_link(*pair, 1.0) for pair in ("ab", "ac", "ad", "be", "ce", "de")]
    paths = {
        Network(s, some).path("a", "e")
        for s in (sites, sites[::-1])
        for some in (links, links[::-1], links[3:] + links[:3])
    }
    assert len(paths) == 1


def test_delays_are_the_same_both_ways_to_the_last_bit():
    links = tuple(a_link(*pair, 0.1 * (i + 1)) for i, pair in enumerate(("ab", "bc", "cd")))
    matrix = Network(ABCD, links).delay_ms()
    assert (matrix == matrix.T).all()


def test_parts_cut_off_are_told_once_each():
    sites = tuple(a_site(name) for name in "fedcba")
    network = Network(sites, (a_link("b", "c", 1), a_link("c", "d", 1), a_link("e", "f", 1)))
    assert network.unreachable() == (("b", "e"), ("b", "a"))
    assert network.delay_ms()[0, 5] == inf
