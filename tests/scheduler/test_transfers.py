"""Transfers in progress: exact times by hand, a naive fluid as second opinion, and laws."""

from fractions import Fraction
from math import inf

import numpy as np
import pytest

from scheduler.instants import NEVER
from scheduler.sending import TRAFFIC, Route, Transfer
from scheduler.transfers import Floor, Transfers
from tests.scheduler.textbook_rates import textbook

S = 1_000_000  # us
GB = 8 * 10**9  # bits
ORDER, BUSINESS, SHARING = range(len(TRAFFIC))


def a_transfer(key, gb, *links, delay_us=0, line=inf, rank=SHARING):
    return Transfer(key, int(gb * GB), Route(links, delay_us), line, rank)


def run(transfers, until_us=NEVER):
    """Let it run by itself: key -> arrival in us."""
    found = {}
    while (now_us := transfers.next_us()) < until_us:
        found |= {a.transfer.key: a.at_us for a in transfers.advance(now_us)}
    return found


def test_one_transfer_takes_delay_and_size_over_rate():
    net = Transfers([10, 4])
    net.start(0, a_transfer(1, 5, 0, 1, delay_us=1500))
    assert run(net) == {1: 10 * S + 1500}


def test_ten_terabytes_over_200_mbit_s_take_four_and_a_half_days():
    net = Transfers([0.2])
    net.start(0, a_transfer(1, 10_000, 0))
    assert run(net) == {1: 400_000 * S}  # 4.63 days


def test_the_line_rate_of_a_node_holds_back():
    net = Transfers([10])
    net.start(0, a_transfer(1, 5, 0, line=2.5))
    assert run(net) == {1: 16 * S}


def test_who_joins_halves_the_rate_and_who_leaves_gives_it_back():
    net = Transfers([10])
    net.start(0, a_transfer(1, 10, 0))  # 40 Gbit sent alone in 4 s, the other 40 in 8 s
    net.start(4 * S, a_transfer(2, 2.5, 0))  # 20 Gbit at 5 Gbit/s: gone at 8 s
    assert run(net) == {2: 8 * S, 1: 10 * S}


def test_three_on_one_link_lose_nothing_by_rounding():
    net = Transfers([10])
    for key in (3, 1, 2):
        net.start(0, a_transfer(key, 10, 0))
    assert run(net) == {1: 24 * S, 2: 24 * S, 3: 24 * S}


def test_a_third_of_a_slow_link_is_exact_over_days():
    net = Transfers([0.2])
    for key in range(3):
        net.start(0, a_transfer(key, 10_000, 0))
    assert set(run(net).values()) == {1_200_000 * S}


def test_a_transfer_held_elsewhere_leaves_its_share():
    net = Transfers([10, 4])
    net.start(0, a_transfer(1, 5, 0))  # 6 Gbit/s
    net.start(0, a_transfer(2, 5, 0, 1))  # 4 Gbit/s
    assert run(net) == {1: round(40 / 6 * S), 2: 10 * S}


def test_a_floor_stands_whoever_sends():
    net = Transfers([10], [Floor("gold", frozenset({0}), 4, SHARING)])
    net.start(0, a_transfer(1, 10, 0, rank=ORDER))  # 6 Gbit/s until its end at 13.33 s
    net.start(0, a_transfer(2, 10, 0, rank=SHARING))  # 4, then 10 Gbit/s
    first = 80 / 6
    assert run(net) == {1: round(first * S), 2: round((first + (80 - 4 * first) / 10) * S)}


def test_a_floor_serves_only_routes_within_it_of_its_class():
    net = Transfers([10, 100], [Floor("gold", frozenset({0}), 4, SHARING)])
    net.start(0, a_transfer(1, 10, 0, rank=ORDER))
    net.start(0, a_transfer(2, 10, 0, 1, rank=SHARING))
    net.start(0, a_transfer(3, 10, 0, rank=BUSINESS))
    assert [net.rate_gbit_s(key) for key in (1, 2, 3)] == [10, 0, 0]


def test_orders_go_before_business_before_sharing():
    net = Transfers([10])
    net.start(0, a_transfer(1, 10, 0, rank=SHARING))
    net.start(0, a_transfer(2, 10, 0, rank=BUSINESS))
    net.start(2 * S, a_transfer(3, 10, 0, rank=ORDER))
    # business sends 2 s and waits 8 s for the order; sharing comes last
    assert run(net) == {3: 10 * S, 2: 16 * S, 1: 24 * S}


@pytest.mark.parametrize("capacity", [0.1, 0.3, 0.7, 1.1, 2.5])
def test_a_full_class_above_leaves_exactly_nothing(capacity):
    for count in range(1, 30):
        net = Transfers([capacity])
        for key in range(count):
            net.start(0, a_transfer(key, 1, 0, rank=ORDER))
        net.start(0, a_transfer(99, 1, 0, rank=SHARING))
        assert net.rate_gbit_s(99) == 0


def test_who_joins_a_slice_shares_its_floor_even_where_there_is_room():
    net = Transfers([10, 100], [Floor("gold", frozenset({0, 1}), 4, SHARING)])
    net.start(0, a_transfer(1, 100, 0, rank=ORDER))
    net.start(0, a_transfer(2, 100, 0))
    assert net.rate_gbit_s(2) == 4
    net.start(1, a_transfer(3, 100, 1, line=2))
    assert [net.rate_gbit_s(key) for key in (1, 2, 3)] == [8, 2, 2]
    net.cancel(2, 3)
    assert [net.rate_gbit_s(key) for key in (1, 2)] == [6, 4]


def test_a_failed_link_sends_its_transfers_another_way():
    detour = Route((1, 2), 7000)
    net = Transfers([10, 5, 5], reroute=lambda transfer, down: detour)
    net.start(0, a_transfer(1, 10, 0, delay_us=1000))
    net.start(0, a_transfer(2, 10, 1, delay_us=1000))
    net.fail(4 * S, [0])  # 40 Gbit are left, now at 2.5 Gbit/s; the other has 60 left
    assert run(net) == {1: 20 * S + 7000, 2: 24 * S + 1000}  # 20 left at 20 s, at 5 Gbit/s


def test_without_another_way_a_transfer_stands_until_the_link_is_mended():
    net = Transfers([10])
    net.start(0, a_transfer(1, 10, 0))
    net.fail(4 * S, [0])
    assert net.next_us() == NEVER
    assert net.left_bits(1) == 4e10
    net.mend(100 * S, [0])
    assert run(net) == {1: 104 * S}


def test_who_stands_still_takes_the_way_that_was_mended():
    def way(transfer, down):
        return next((Route((n,)) for n in (0, 1) if n not in down), None)

    net = Transfers([10, 5], reroute=way)
    net.fail(0, [0, 1])
    net.start(0, a_transfer(1, 10, 0))
    net.mend(10 * S, [1])
    assert run(net) == {1: 26 * S}


def test_a_narrower_link_slows_and_a_wider_one_speeds():
    net = Transfers([10])
    net.start(0, a_transfer(1, 10, 0))
    net.set_capacity(2 * S, 0, 5)
    net.set_capacity(4 * S, 0, 25)
    assert run(net) == {1: 6 * S}


def test_a_capacity_set_while_a_link_is_down_holds_when_it_is_mended():
    net = Transfers([10])
    net.start(0, a_transfer(1, 10, 0))
    net.fail(0, [0])
    net.set_capacity(S, 0, 20)
    net.mend(2 * S, [0])
    assert run(net) == {1: 6 * S}


def test_a_cancelled_transfer_tells_what_it_sent_and_gives_its_share_back():
    net = Transfers([10])
    net.start(0, a_transfer(1, 10, 0))
    net.start(0, a_transfer(2, 10, 0))
    assert net.cancel(4 * S, 2) == 20 * 10**9
    assert net.cancel(4 * S, 2) == 0
    assert run(net) == {1: 10 * S}


def test_after_the_last_bit_a_failure_changes_nothing():
    net = Transfers([10])
    net.start(0, a_transfer(1, 5, 0, delay_us=9000))
    net.fail(4 * S, [0])
    assert net.senders() == []
    assert net.cancel(4 * S, 1) == 0
    assert run(net) == {1: 4 * S + 9000}


def test_nothing_to_send_and_no_limit_take_no_time():
    net = Transfers([inf])
    net.start(5, a_transfer(1, 0, 0, delay_us=700))
    net.start(5, a_transfer(2, 3, 0, delay_us=700))
    net.start(5, a_transfer(3, 3))
    assert run(net) == {1: 5, 3: 5, 2: 705}
    assert net.link_bits().tolist() == [3 * GB]


def test_arrivals_of_one_instant_come_by_key():
    net = Transfers([10, 10, 10])
    for key, link in ((7, 0), (3, 1), (5, 2)):
        net.start(0, a_transfer(key, 1, link))
    assert [a.transfer.key for a in net.advance(10 * S)] == [3, 5, 7]


def test_rates_are_worked_out_once_an_instant():
    net = Transfers([10])
    for key in range(50):
        net.start(0, a_transfer(key, 1, 0))
    net.cancel(0, 3)
    assert net.next_us() == 49 * 8 * S // 10
    assert net.next_us() == 49 * 8 * S // 10
    assert net.reworked == 1


def test_what_fills_no_link_works_out_nothing():
    net = Transfers([10, 10])
    net.start(0, a_transfer(1, 10, 0))
    net.next_us()
    for key in range(2, 6):
        net.start(0, a_transfer(key, 1, 1, line=2))
    net.cancel(1, 3)
    net.set_capacity(2, 1, 9)
    assert net.next_us() == 4 * S
    assert net.reworked == 1
    assert [net.rate_gbit_s(key) for key in (1, 2, 4, 5)] == [10, 2, 2, 2]
    net.start(3, a_transfer(6, 1, 1, line=3))  # that fills it
    net.next_us()
    assert net.reworked == 2


def test_time_never_goes_back():
    net = Transfers([1])
    net.advance(5)
    with pytest.raises(ValueError, match="time goes back from 5 to 4 us"):
        net.advance(4)


def test_a_key_is_given_once():
    net = Transfers([1])
    net.start(0, a_transfer(1, 1, 0))
    with pytest.raises(ValueError, match="transfer 1 is already sending"):
        net.start(0, a_transfer(1, 1, 0))


# -- a second opinion -------------------------------------------------------------------------


def a_story(seed):
    """Random links and happenings; times in us, of a size that rounding would show in."""
    rng = np.random.default_rng(seed)
    links = int(rng.integers(2, 7))
    capacity = [float(rng.integers(1, 10)) for _ in range(links)]
    floors = [
        Floor(f"f{n}", frozenset(rng.choice(links, 2, replace=False).tolist()), 1.0, n)
        for n in range(int(rng.integers(0, 3)))
    ]
    happenings = []
    for key in range(int(rng.integers(2, 14))):
        route = rng.choice(links, rng.integers(0, 3), replace=False).tolist()
        line = float(rng.integers(1, 6)) if not route or rng.random() < 0.5 else inf
        transfer = Transfer(
            key, int(rng.integers(1, 10**11)), Route(tuple(route)), line, int(rng.integers(3))
        )
        happenings.append((int(rng.integers(0, 40 * S)), "start", transfer))
        if rng.random() < 0.2:
            happenings.append((happenings[-1][0] + int(rng.integers(9 * S)), "cancel", key))
    for _ in range(int(rng.integers(0, 5))):
        at, link = int(rng.integers(0, 60 * S)), int(rng.integers(links))
        kind = ["fail", "set"][int(rng.integers(2))]
        happenings.append((at, kind, link, float(rng.integers(1, 10))))
        if kind == "fail":
            happenings.append((at + int(rng.integers(1, 20 * S)), "mend", link))
    return capacity, floors, sorted(happenings, key=lambda h: (h[0], h[1], str(h[2])))


def next_link(links):
    """Another way: the next link that works, alone; none if all are down."""

    def way(transfer, down):
        free = [n for n in range(links) if n not in down]
        return Route((free[transfer.key % len(free)],)) if free else None

    return way


def told(capacity, floors, happenings):
    """What Transfers makes of it: arrivals by key, itself, bits of who was stopped."""
    net = Transfers(capacity, floors, next_link(len(capacity)))
    found, stopped = {}, {}

    def note(arrivals):
        found.update({a.transfer.key: a.at_us for a in arrivals})

    for at_us, what, *about in happenings:
        while net.next_us() <= at_us:
            note(net.advance(net.next_us()))
        if what == "start":
            net.start(at_us, about[0])
        elif what == "cancel":
            if about[0] in net.senders():
                stopped[about[0]] = net.cancel(at_us, about[0])
        elif what == "set":
            net.set_capacity(at_us, about[0], about[1])
        elif what == "fail":
            net.fail(at_us, [about[0]])
        else:
            net.mend(at_us, [about[0]])
    while net.next_us() < NEVER:
        note(net.advance(net.next_us()))
    return found, net, stopped


class Fluid:
    """The naive way: exact fractions, everything worked out anew at every step."""

    def __init__(self, capacity, floors):
        self.nominal = [Fraction(c) for c in capacity]
        self.floors, self.down, self.now = floors, set(), Fraction(0)
        self.left, self.route, self.about, self.ends = {}, {}, {}, {}
        self.way = next_link(len(capacity))

    def rates(self):
        keys = sorted(self.left)
        room = [Fraction(0) if n in self.down else c for n, c in enumerate(self.nominal)]
        cap = [self.about[k].line_rate_gbit_s for k in keys]
        world = (
            room,
            [Fraction(f.floor_gbit_s) for f in self.floors],
            [list(self.route[k]) for k in keys],
            [None if c == inf else Fraction(c) for c in cap],
            [self.about[k].rank for k in keys],
            [self.slice_of(k) for k in keys],
        )
        return {k: Fraction(r) * 1000 for k, r in zip(keys, textbook(world), strict=True)}

    def slice_of(self, key):
        links, rank = set(self.route[key]), self.about[key].rank
        fitting = [
            n
            for n, f in enumerate(self.floors)
            if links and f.rank == rank and links <= f.links
        ]
        return min(fitting, default=-1)

    def until(self, at):
        while self.now < at:
            rates = self.rates()
            ends = [self.left[k] / r for k, r in rates.items() if r]
            step = min([*ends, at - self.now])
            if step == inf:
                return
            for key, rate in rates.items():
                self.left[key] -= rate * step
            self.now += step
            for key in [k for k, bits in self.left.items() if bits <= Fraction(1, 10**6)]:
                self.ends[key] = self.now
                del self.left[key]

    def look_for_ways(self):
        for key in sorted(self.left):
            if self.down & set(self.route[key]):
                way = self.way(self.about[key], self.down)
                self.route[key] = way.links if way else self.route[key]

    def happen(self, at_us, what, first, amount=None):
        self.until(Fraction(at_us))
        if what == "start":
            self.left[first.key], self.about[first.key] = Fraction(first.bits), first
            self.route[first.key] = first.route.links
        elif what == "cancel":
            self.left.pop(first, None)
        elif what == "set":
            self.nominal[first] = Fraction(amount)
        elif what == "fail":
            self.down.add(first)
            self.look_for_ways()
        else:
            self.down.discard(first)
            self.look_for_ways()


@pytest.mark.parametrize("block", range(6))
def test_random_stories_agree_with_a_naive_fluid(block):
    for seed in range(50 * block, 50 * block + 50):
        capacity, floors, happenings = a_story(seed)
        found, _, _ = told(capacity, floors, happenings)
        fluid = Fluid(capacity, floors)
        for happening in happenings:
            fluid.happen(*happening)
        fluid.until(inf)
        assert sorted(found) == sorted(fluid.ends), seed
        for key, end in fluid.ends.items():
            # Each end is rounded by half a microsecond, and so moves the others' a little.
            assert abs(found[key] - end) <= 3, (seed, key)


@pytest.mark.parametrize("seed", range(80))
def test_no_bit_is_lost_or_made(seed):
    """Whatever fails, moves or is stopped: what was carried is what arrived or was cut off."""
    capacity, floors, happenings = a_story(seed)
    starts = {h[2].key: h[2] for h in happenings if h[1] == "start"}
    found, net, stopped = told(capacity, floors, happenings)
    assert sorted([*found, *stopped]) == sorted(starts)
    assert net.senders() == []
    arrived = sum(starts[key].bits for key in found)
    cut_off = net.carried_parts - (arrived << 60)
    assert sum(stopped.values()) << 60 <= cut_off <= sum(stopped.values(), len(stopped)) << 60
    assert all(bits < starts[key].bits for key, bits in stopped.items())


@pytest.mark.parametrize("seed", range(40))
def test_each_link_carried_what_went_over_it(seed):
    capacity, floors, happenings = a_story(seed)
    happenings = [h for h in happenings if h[1] not in {"cancel", "fail", "mend"}]
    net = told(capacity, floors, happenings)[1]
    by_link = np.zeros(len(capacity))
    for transfer in (h[2] for h in happenings if h[1] == "start"):
        by_link[list(transfer.route.links)] += transfer.bits
    assert net.link_bits() == pytest.approx(by_link, rel=1e-9, abs=1)


def test_alone_it_takes_as_long_as_the_plain_formula_says():
    """contracts §4, as the engine rounds it while links are not shared."""
    rng = np.random.default_rng(5)
    for _ in range(1000):
        size_mb, delay_ms = int(rng.integers(1, 10**7)), float(rng.uniform(0, 50))
        rates = rng.uniform(0.01, 100, 3).tolist()
        net, start_us = Transfers(rates[:2]), int(rng.integers(10**9))
        route = Route((0, 1), delay_ms * 1000)
        net.start(start_us, Transfer(1, size_mb * 8 * 10**6, route, rates[2]))
        seconds = size_mb / 1000 * 8 / min(rates)
        assert run(net) == {1: start_us + round(delay_ms * 1000 + seconds * 1e6)}


@pytest.mark.parametrize("seed", range(40))
def test_who_comes_after_in_rank_slows_nobody(seed):
    """An order arrives at the same instant, however many share or do business."""
    capacity, _, happenings = a_story(seed)
    orders = [h for h in happenings if h[1] != "start" or h[2].rank == ORDER]
    keys = {h[2].key for h in orders if h[1] == "start"}
    alone, together = told(capacity, [], orders)[0], told(capacity, [], happenings)[0]
    assert alone == {key: at for key, at in together.items() if key in keys}


def test_calls_of_one_instant_in_another_order_change_no_arrival():
    starts = [a_transfer(key, 1 + key / 7, key % 3, 3, rank=key % 2) for key in range(30)]
    results = []
    for order in (starts, starts[::-1]):
        net = Transfers([10, 7, 3, 11])
        for transfer in order:
            net.start(0, transfer)
        results.append(run(net))
    assert results[0] == results[1]


def test_asking_between_changes_nothing():
    def asked(often):
        net = Transfers([10])
        for key in range(3):
            net.start(key * S, a_transfer(key, 7, 0))
            for n in range(often):
                net.advance(key * S + n * 1000 + 1)
        return run(net)

    assert asked(0) == asked(200)
