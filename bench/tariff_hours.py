"""The price of a kWh hour by hour through a run, added up: a span costs two look-ups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bench.cells import Floats
from topology import S_PER_H, Tariff, catalogue_tariffs, tariff_of_month


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """CNY that one kW costs from the start of a run until each full hour of local time.

    Straight lines between; nan from the first hour on whose price is unknown.
    """

    at_s: Floats
    total: Floats

    def until(self, at_s: Floats) -> Floats:
        """CNY for each kW that ran from the start of the run until then."""
        found: Floats = np.interp(at_s, self.at_s, self.total)
        return found

    def between(self, begin_s: Floats, end_s: Floats) -> Floats:
        """CNY for each kW that ran from `begin_s` to `end_s`, whatever hours lie between."""
        return self.until(end_s) - self.until(begin_s)


def curve_of(tariff: tuple[Tariff, ...], start: datetime, horizon_s: float) -> Curve:
    """The curve of one tariff for a run that starts at this local time.

    No rows: every price is unknown.
    """
    into_hour = start - start.replace(minute=0, second=0, microsecond=0)
    offset_s = into_hour.total_seconds()
    count = int(np.ceil((horizon_s + offset_s) / S_PER_H))
    edges = np.arange(count + 1) * float(S_PER_H) - offset_s
    at_s = np.concatenate([[0.0], edges[1:-1], [horizon_s]]) if count else np.zeros(2)
    price = prices(tariff, start, max(count, 1))
    cost = np.cumsum(price * np.diff(at_s) / S_PER_H)
    return Curve(at_s, np.concatenate([[0.0], cost]))


def prices(tariff: tuple[Tariff, ...], start: datetime, count: int) -> Floats:
    """CNY a kWh in so many hours of local time, from the hour of `start` on; nan = unknown."""
    hours = np.datetime64(start, "h") + np.arange(count)
    month: NDArray[np.int64] = hours.astype("M8[M]").astype(np.int64) % 12
    return table_of_year(tariff)[month, hours.astype(np.int64) % 24]


@cache
def table_of_year(tariff: tuple[Tariff, ...]) -> Floats:
    """CNY a kWh by month and hour of the day (12, 24); nan where unknown."""
    rows = [tariff_of_month(tariff, month) for month in range(1, 13)]
    return np.array(
        [[row and row.price_at(hour) for hour in range(24)] for row in rows], dtype=np.float64
    )


def curves_of(names: Sequence[str | None], start: datetime, horizon_s: float) -> list[Curve]:
    """The curve of each tariff by name; None has no known price."""
    tariffs: Mapping[str, tuple[Tariff, ...]] = catalogue_tariffs()
    return [curve_of(tariffs[n] if n else (), start, horizon_s) for n in names]


def carbon_of(name: str | None) -> float:
    """Kilograms of carbon dioxide a kWh, nan where unknown: a year's mean, all hours alike."""
    rows = catalogue_tariffs()[name] if name else ()
    known = [row.carbon_kg_kwh for row in rows]
    return next((kg for kg in known if kg is not None), float("nan"))
