"""What planned runs are short of: plain data for manifest and page."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import lazy_loader as lazy

from bench.rates import rates_of
from scenarios import Scenario

optimise = lazy.load("scheduler.optimise", suppress_warning=True)  # a third of a second
PLANNED = "planned"


def scarce_rows(
    variants: Iterable[Scenario], seed: int, *, allow_code: bool
) -> list[dict[str, Any]]:
    """The scarcest things of each variant whose dispatch plans, the dearest first.

    A planned run of `seed` is made once more for its questions. `own_cny` is what one more
    costs by itself over the measured time; None where nobody knows.
    """
    return [
        {"variant": variant.variant, "seed": seed}
        | {key: _plain(value) for key, value in asdict(row).items()}
        | {"own_cny": own_cny(variant, row.kind, row.name)}
        for variant in variants
        if variant.policies.dispatch.name == PLANNED
        for row in optimise.scarcest(variant, seed, allow_code=allow_code)
    ]


def own_cny(scenario: Scenario, kind: str, name: str) -> float | None:
    """Purchase and upkeep of one more over the measured time; only nodes have a known one."""
    if kind != "node":
        return None
    rates = rates_of(scenario)
    pool = rates.number[name]
    hours = (scenario.horizon_us - scenario.warmup_us) / 3.6e9
    cny = float(rates.cny_h[pool]) * hours
    return None if math.isnan(cny) or not rates.own[pool] else _plain(cny)


def _plain(value: Any) -> Any:
    """Floats to twelve digits, so that they are the same on every machine."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    return list(value) if isinstance(value, tuple) else value
