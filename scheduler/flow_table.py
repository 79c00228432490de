"""What passed the links in one run, and which data sets were moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.copies import Copy
from topology import Link

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FlowTable:
    """Means over [warm-up, horizon), arrays by link in file order.

    `capacity_gbit_s` is what this platform may fill in each direction, infinite where nothing
    tells; `there_gbit_s` went from `a` to `b`. No links: transfers did not share any.
    `copies` are of the whole run.
    """

    links: tuple[str, ...]
    capacity_gbit_s: Floats
    there_gbit_s: Floats
    back_gbit_s: Floats
    span_s: float
    copies: tuple[Copy, ...]


def flow_table(
    links: Sequence[Link], bits: Sequence[Floats], span_us: int, copies: Sequence[Copy]
) -> FlowTable:
    """The table of a run; `bits` had passed each direction of each link at both ends."""
    passed = (bits[1] - bits[0]) / (span_us * 1e3)
    return FlowTable(
        links=link_names(links),
        capacity_gbit_s=np.array([link.rate_gbit_s for link in links], np.float64),
        there_gbit_s=passed[0::2],
        back_gbit_s=passed[1::2],
        span_s=span_us / 1e6,
        copies=tuple(copies),
    )


def link_names(links: Sequence[Link]) -> tuple[str, ...]:
    """Its name, else `a - b`; a second link between the same sites is `a - b (2)`."""
    seen: dict[str, int] = {}
    names = []
    for link in links:
        name = link.name or f"{link.a} - {link.b}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)
