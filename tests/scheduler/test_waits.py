"""Expected waits: a line of any length, against what the arithmetic of equal jobs says."""

from types import SimpleNamespace

import pytest

from scheduler.learning import Pace
from scheduler.outlook import FAR
from scheduler.waits import AHEAD, Waits

HOUR_US = 3_600_000_000
NODES = 4


class Stand:
    """One unit of the first resource, for as long as is declared."""

    def __init__(self, amount):
        self.amounts = (amount, 0, 0, 0, 0, 0)

    def takes_us(self, work_us):
        return work_us


class Shape:
    """Jobs that take so much of a node."""

    def __init__(self, amount=1):
        self.endless, self.nodes = False, 1
        self.ask = SimpleNamespace(workload="w")
        self._stand = Stand(amount)

    def stand(self, pool):
        return self._stand


class Books:
    """Four nodes of one unit, all held for an hour, and a line of jobs of an hour."""

    def __init__(self, length):
        self.now_us, self.line = 0, []
        self.join(length)

    def join(self, count):
        for index in range(len(self.line), len(self.line) + count):
            job = SimpleNamespace(index=index, shape=Shape(), estimate_us=HOUR_US, pools=(0,))
            self.line.append(((index,), job))

    def waiting(self, pool):
        return self.line

    def running(self, pool):
        def held(node):
            return SimpleNamespace(
                shape=Shape(), placement=((0, node, ()),), declared_us=HOUR_US, begin_us=0
            )

        return [(HOUR_US, 1000 + node, held(node)) for node in range(NODES)]

    def free(self, pool):
        return [0] * 6

    def nodes_free(self, pool):
        return [(0,) * 6] * NODES

    def moves(self, pool):
        return 0

    def starts_now(self, shape, pool, estimate_us):
        return False


VIEW = SimpleNamespace(estate=SimpleNamespace(pools=[SimpleNamespace(first_node=0)]))


def waits_of(books, *, strict):
    return Waits(VIEW, books, Pace(), strict=strict)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("length", [0, 4, AHEAD, 5 * AHEAD, 4000])
def test_a_line_of_any_length_is_expected_to_be_worked_off(length, strict):
    waits = waits_of(Books(length), strict=strict)
    expected_h = waits.wait_us(Shape(), 0, HOUR_US) / HOUR_US
    assert expected_h == pytest.approx(1 + length // NODES, rel=0.01)


def test_who_comes_to_a_long_line_stands_at_its_end():
    books = Books(400)
    waits = waits_of(books, strict=True)
    first_h = waits.wait_us(Shape(), 0, HOUR_US) / HOUR_US
    books.join(40)
    assert waits.wait_us(Shape(), 0, HOUR_US) / HOUR_US == pytest.approx(first_h + 10)
    for _ in range(20):  # on their way: they count at once
        waits.send(0, Shape(), HOUR_US, HOUR_US)
    assert waits.wait_us(Shape(), 0, HOUR_US) / HOUR_US == pytest.approx(first_h + 15)


def test_a_job_that_no_node_can_hold_never_starts():
    assert waits_of(Books(400), strict=True).wait_us(Shape(2), 0, HOUR_US) == FAR
