"""Where the time of jobs goes, tier by tier: rows of a table and of the stacked bars."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.tables import Findings
from bench.view import RunView

DEFAULT_TIERS = ("nation", "province", "city", "county", "township")


@dataclass(frozen=True, slots=True)
class TierTime:
    """Counted jobs that ended on one tier: how many a run, and their mean seconds.

    `seconds` are in the order of `journeys.SPANS` and add up to the mean latency.
    """

    variant: str
    tier: str
    jobs: float
    seconds: tuple[float, ...]

    @property
    def total_s(self) -> float:
        """The mean latency."""
        return math.fsum(self.seconds)


def tier_times(findings: Findings, variant: str) -> list[TierTime]:
    """A row a tier, in the topology's order; jobs of all seeds are pooled, then divided."""
    runs = findings.tallies_of(variant)
    sums: dict[str, tuple[float, ...]] = {}
    for run in runs:
        for tier, found in run.journeys.spans.items():
            before = sums.get(tier, (0.0,) * len(found))
            sums[tier] = tuple(a + b for a, b in zip(before, found, strict=True))
    return [
        TierTime(
            variant,
            tier,
            sums[tier][0] / len(runs),
            tuple(s / sums[tier][0] for s in sums[tier][1:]),
        )
        for tier in _order(findings.view.resolved.get(variant, {}), sums)
    ]


def _order(resolved: Mapping[str, Any], found: Mapping[str, object]) -> list[str]:
    tiers = tiers_of(resolved)
    known = [tier for tier in tiers if tier in found]
    return known + sorted(set(found) - set(known))


def by_tier(view: RunView, variant: str, names: Iterable[str]) -> dict[str, list[str]]:
    """Pools and lines of sites by the tier where they stand; those without one are left out."""
    topology = view.resolved.get(variant, {}).get("topology") or {}
    levels = {r.get("name"): r.get("level") for r in topology.get("regions") or ()}
    tier = {
        s.get("name"): s.get("tier") or levels.get(s.get("region"))
        for s in topology.get("sites") or ()
    }
    site = {p.get("name"): p.get("site") for p in topology.get("pools") or ()}
    found: dict[str, list[str]] = {}
    for name in names:
        at = tier.get(site.get(name, name.removeprefix("site:")))
        if at:
            found.setdefault(str(at), []).append(name)
    return found


def tiers_of(resolved: Mapping[str, Any]) -> tuple[str, ...]:
    """The tiers of a topology from the widest to the narrowest."""
    return tuple((resolved.get("topology") or {}).get("tiers") or DEFAULT_TIERS)
