"""The first number for which something holds, in as few questions as can be."""

from collections.abc import Callable


def first_true(count: int, holds: Callable[[int], bool]) -> int | None:
    """The first of 0..count-1 for which it holds, as for all after it; None for none."""
    low, high = -1, 0  # it does not hold at `low`
    while high < count and not holds(high):
        low, high = high, 2 * high + 1
    if high >= count:
        high = count - 1
        if high <= low or not holds(high):
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
