"""When jobs come, how long they run and what their users declare, as keys of a scenario file.

Sections carry `kind` and are told apart by it; `arrivals.py` and `work.py` draw from them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from scenarios.values import MOST, Amount, FileName, Positive, UnfitError
from topology import Fact


def _week(weights: tuple[float, ...]) -> tuple[float, ...]:
    if len(weights) != 168 or not any(weights):
        raise UnfitError("expected 168 numbers, one an hour from Monday 00:00, not all 0")
    return weights


def _is_list(value: Any) -> str:
    return "hours" if isinstance(value, list | tuple) else "name"


WeekShape = Annotated[
    Annotated[Literal["flat", "office-hours", "daily", "weekly"], Tag("name")]
    | Annotated[tuple[Amount, ...], AfterValidator(_week), Tag("hours")],
    Discriminator(_is_list),
]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Bursts(Fact):
    """Hours in which a stream swells: `factor` times its rate, `per_week` times a week."""

    per_week: Annotated[float, Field(gt=0, le=10_000)] = Field(
        description="bursts a week, on average"
    )
    factor: float = Field(ge=1, le=MOST, description="rate inside a burst over the usual rate")
    hours: Annotated[float, Field(gt=0, le=8760)] = Field(description="how long a burst lasts")


class PoissonArrivals(Fact):
    """Independent arrivals at a rate that follows the shape of the week."""

    kind: Literal["poisson"]
    per_h: Positive = Field(description="arrivals an hour, mean over a week")
    shape: WeekShape = Field(default="flat", description="how the rate goes through the week")
    bursts: Bursts | None = Field(default=None, description="hours of more arrivals, on top")


class GammaArrivals(Fact):
    """Arrivals with gamma-distributed gaps: `cv` above 1 comes in clumps, below 1 evenly."""

    kind: Literal["gamma"]
    per_h: Positive = Field(description="arrivals an hour, mean over a week")
    cv: Annotated[float, Field(ge=0.01, le=100)] = Field(
        description="of the gaps: sd over mean"
    )
    shape: WeekShape = Field(default="flat", description="how the rate goes through the week")
    bursts: Bursts | None = Field(default=None, description="hours of more arrivals, on top")


class FixedArrivals(Fact):
    """One arrival every so many seconds, the first at the start."""

    kind: Literal["fixed"]
    every_s: Annotated[float, Field(ge=1e-6, le=MOST)] = Field(description="gap in seconds")


class EmpiricalArrivals(Fact):
    """Gaps drawn from a column of a file; seconds unless the column's name ends in a unit."""

    kind: Literal["empirical"]
    file: FileName = Field(description="CSV, also .gz")
    column: str = Field(description="its column of gaps")


class BatchArrivals(Fact):
    """A window that opens at fixed hours of some days and receives `jobs` jobs."""

    kind: Literal["batch"]
    at: tuple[Clock, ...] = Field(
        min_length=1, max_length=1440, description='opening hours, as ["22:00"]'
    )
    days: Literal["all", "workdays", "weekends", "month-end"] = Field(
        default="all", description="days on which it opens"
    )
    jobs: Annotated[int, Field(ge=1, le=10**8)] = Field(description="jobs of one window")
    over_h: Annotated[float, Field(ge=0, le=8760)] = Field(
        default=0.0, description="they come evenly over so many hours"
    )


Arrivals = Annotated[
    PoissonArrivals | GammaArrivals | FixedArrivals | EmpiricalArrivals | BatchArrivals,
    Field(discriminator="kind"),
]

OnChip: Any = Field(
    default=None, description="chip that the hours are of; default the reference of `class`"
)


class MeanWork(Fact):
    """Hours of work that are exponential, or always the same."""

    kind: Literal["exponential", "fixed"]
    mean_h: Positive = Field(description="hours, mean")
    on: str | None = OnChip


class LognormalWork(MeanWork):
    """Hours of work with many short and few very long jobs."""

    kind: Literal["lognormal"]  # type: ignore[assignment]
    sigma: Annotated[float, Field(ge=0, le=10)] = Field(description="sd of the logarithm")


class EmpiricalWork(Fact):
    """Hours drawn from a column of a file; seconds unless the column's name ends in a unit."""

    kind: Literal["empirical"]
    file: FileName = Field(description="CSV, also .gz")
    column: str = Field(description="its column of durations")
    on: str | None = OnChip


class EndlessWork(Fact):
    """Work that never ends: what runs for months."""

    kind: Literal["forever"]

    @property
    def on(self) -> None:
        """No chip makes it end."""
        return None


Work = Annotated[
    MeanWork | LognormalWork | EmpiricalWork | EndlessWork, Field(discriminator="kind")
]


class ExactEstimate(Fact):
    """Users declare how long their job really runs."""

    kind: Literal["exact"]


class FactorEstimate(Fact):
    """Users declare `factor` times how long their job really runs."""

    kind: Literal["factor"]
    factor: Positive = Field(description="declared over true run time")


Estimate = Annotated[ExactEstimate | FactorEstimate, Field(discriminator="kind")]
