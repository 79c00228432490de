"""Replicas dealt to equal nodes: what is dealt fits, and a full fit is found."""

from scheduler.optimise.node_filling import dealt_to, some_mixes
from scheduler.optimise.patterns import Node, devices_of
from scheduler.room import Need

NODE = Node((16_000, 64, 0, 0), 2, 16)
SMALL = Need(4_000, 8, 0, 0, 0, 0)
LARGE = Need(12_000, 32, 0, 0, 0, 0)
CARD = Need(1_000, 4, 0, 0, 1_000, 16)


def test_all_are_dealt_and_each_mix_fits():
    needs = (SMALL, LARGE, CARD)
    dealt = dealt_to(NODE, 4, needs, (3, 3, 4))
    totals = [sum(mix[k] * times for mix, times in dealt) for k in range(3)]
    assert totals == [3, 3, 4]
    assert sum(times for _, times in dealt) <= 4
    assert all(devices_of(NODE, needs, mix) is not None for mix, _ in dealt)


def test_too_many_for_the_nodes_are_none():
    assert dealt_to(NODE, 2, (SMALL, LARGE), (1, 3)) is None
    assert dealt_to(NODE, 2, (CARD,), (5,)) is None


def test_nothing_needs_no_node():
    assert dealt_to(NODE, 0, (SMALL,), (0,)) == []


def test_some_mixes_fit_each_and_hold_every_need():
    needs = (SMALL, LARGE, CARD)
    mixes = some_mixes(NODE, needs, (4, 1, 2))
    assert all(devices_of(NODE, needs, mix) is not None for mix in mixes)
    assert all(any(mix[k] for mix in mixes) for k in range(3))


def test_a_thousand_shares_of_a_card_need_no_recursion():
    share = Need(0, 0, 0, 0, 10, 0)
    assert len(devices_of(Node((16_000, 64, 0, 0), 32, 0), (share,), (3_200,))) == 3_200
