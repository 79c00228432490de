"""How fast a chip does a class of work, relative to the reference chip of that class."""

from typing import Annotated

from pydantic import Field

from topology.facts import Fact

Factor = Annotated[float, Field(gt=0)]

RECOMMENDED = "recommended_default"
"""The benchmark of the rows that are meant for use; all others are the evidence behind them."""


class Speed(Fact):
    """One chip in one benchmark of a class of work: `factor` = its rate / the reference's.

    `per` says what the rate is of: a vCPU, a core, a socket, an accelerator. Rows of different
    benchmark or setting never compare. Without `factor` only the rate is known.
    """

    klass: str = Field(alias="class")
    benchmark: str
    chip: str
    precision: str | None = None
    setting: str | None = None
    rate: Factor | None = None
    rate_unit: str | None = None
    per: str
    reference: str
    factor: Factor | None = None
    basis: str
    confidence: str
    source: str


class StackFactor(Fact):
    """What a software stack makes of a chip's speed in a class; 1 where no row tells.

    1 stands for the software of the recommended speeds. `low` and `high` are what was seen.
    """

    klass: str = Field(alias="class")
    chip: str
    stack: str
    factor: Factor
    low: Factor | None = None
    high: Factor | None = None
    confidence: str
    source: str
