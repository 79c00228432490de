"""Dominant shares of tenants: how much of the estate each holds, over its weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm


class Shares:
    """Largest share over all resources / weight, as whole numbers: equal shares are equal.

    A share is of all that the pools may sell in sum; a resource that nobody sells counts for
    nobody. Tenants outside the list weigh 1.
    """

    def __init__(self, total: Sequence[int], weights: Mapping[str, float]) -> None:
        exact = {name: Fraction(repr(float(weight))) for name, weight in weights.items()}
        whole = lcm(*[amount for amount in total if amount > 0])
        self._parts = [whole // amount if amount > 0 else 0 for amount in total]
        common = lcm(*[weight.numerator for weight in exact.values()])
        self._others = common
        self._scale = {name: int(common / weight) for name, weight in exact.items()}

    def of(self, tenant: str, holds: Sequence[int]) -> int:
        """The weighted dominant share of a tenant that holds so much; only to be compared."""
        share = max(h * part for h, part in zip(holds, self._parts, strict=True))
        return share * self._scale.get(tenant, self._others)
