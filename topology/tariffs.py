"""Electricity: the price and carbon of a kWh, by province and season."""

from typing import Annotated

from pydantic import Field

from topology.facts import Fact, Name

Price = Annotated[float, Field(ge=0)]


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


class ElectricityFigure(Tariff):
    """Any row of the table of electricity: a province, a grid region, multipliers, a target."""

    name: str
    kind: str
    pue_limit: Annotated[float, Field(ge=1)] | None = None
    metric: str | None = None
    value: float | None = None
    unit: str | None = None
