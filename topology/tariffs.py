"""Electricity: the price and carbon of a kWh, by province and season."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from topology.facts import Fact, Name

Price = Annotated[float, Field(ge=0)]
Period = Literal["tip", "deep", "peak", "valley", "flat"]
PERIODS: tuple[Period, ...] = ("tip", "deep", "peak", "valley", "flat")
"""Periods of a day; where hours overlap, the first of these counts."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Tariff(Fact):
    """Prices of one province in one season, CNY a kWh with tax; None is unknown.

    `hours_*` are local hours as `HH-HH` joined by `;` and may wrap midnight. `season` is
    `all`, a span of months such as `Jul-Sep`, or `other` for the rest of the year.
    """

    name: Name
    season: str = "all"
    label_zh: str | None = None
    grid_region: str | None = None
    carbon_kg_kwh: Price | None = None
    carbon_year: int | None = None
    price_tip_cny_kwh: Price | None = None
    price_peak_cny_kwh: Price | None = None
    price_flat_cny_kwh: Price | None = None
    price_valley_cny_kwh: Price | None = None
    price_deep_cny_kwh: Price | None = None
    hours_tip: str | None = None
    hours_peak: str | None = None
    hours_flat: str | None = None
    hours_valley: str | None = None
    hours_deep: str | None = None
    price_confidence: str | None = None
    hours_confidence: str | None = None
    carbon_confidence: str | None = None
    source: str | None = None

    def price_at(self, hour: int) -> float | None:
        """CNY a kWh in the hour of the day that begins then; None where no row tells.

        Without any hours the flat price holds all day.
        """
        hours: dict[Period, str | None] = {p: getattr(self, f"hours_{p}") for p in PERIODS}
        if not any(hours.values()):
            return self.price_flat_cny_kwh
        for period, spans in hours.items():
            if any(_holds(span, hour) for span in (spans or "").split(";") if span):
                price: float | None = getattr(self, f"price_{period}_cny_kwh")
                return price
        return None

    def named_months(self) -> tuple[int, ...]:
        """The months 1 to 12 that the season names; none for `all` and `other`."""
        if self.season in ("all", "other"):
            return ()
        first, _, last = self.season.partition("-")
        start, end = MONTHS.index(first), MONTHS.index(last or first)
        return tuple((start + n) % 12 + 1 for n in range((end - start) % 12 + 1))


def tariff_of_month(rows: Sequence[Tariff], month: int) -> Tariff | None:
    """The row of a tariff for a month 1 to 12: its own season, else that of all others."""
    named = (row for row in rows if month in row.named_months())
    rest = (row for row in rows if not row.named_months())
    return next(named, next(rest, None))


def _holds(span: str, hour: int) -> bool:
    """Whether `HH-HH`, which may wrap midnight, holds the hour that begins then."""
    start, end = (int(part) for part in span.split("-"))
    return (hour - start) % 24 < ((end - start) % 24 or 24)


class ElectricityFigure(Tariff):
    """Any row of the table of electricity: a province, a grid region, multipliers, a target."""

    name: str
    kind: str
    pue_limit: Annotated[float, Field(ge=1)] | None = None
    metric: str | None = None
    value: float | None = None
    unit: str | None = None
