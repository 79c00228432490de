"""Workloads: classes of demand, as the keys of a scenario file.

Sections that come in kinds carry `kind` and are told apart by it; those that a class is made of
are in `distributions.py` and `requirements.py`. Quantities are as written: `asks.py`,
`arrivals.py` and `work.py` turn them into whole numbers and draws.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from scenarios.distributions import Arrivals, EndlessWork, Estimate, Work
from scenarios.requirements import Chips, Data, NodeDemand, Use
from scenarios.values import FileName, Name, Positive, UnfitError
from topology import Fact, Traffic


class RegionWeights(Fact):
    """One workload split over regions that have people, by their number."""

    weights: Literal["population"]
    level: Name | None = Field(
        default=None, description="regions of this level; default the lowest that have people"
    )


def _region_kind(value: Any) -> str:
    return "weights" if isinstance(value, dict | RegionWeights) else "name"


Region = Annotated[
    Annotated[str, Tag("name")] | Annotated[RegionWeights, Tag("weights")],
    Discriminator(_region_kind),
]


class _Asked(Fact):
    """What every class of demand says, whatever its kind."""

    name: Name = Field(description="how tables and figures call it")
    tenant: Name = Field(default="default", description="who asks")
    chips: Chips | None = Field(default=None, description="which chips will do")
    data: Data | None = Field(default=None, description="what moves, and how far it may go")
    use: Use = Field(default=1.0, description="busy share of what is allocated")
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = Field(
        default=0, description="larger goes first where the queue looks at it"
    )
    security_level: Annotated[int, Field(ge=1, le=5)] = Field(
        default=1, description="pools of this level or above take it"
    )
    must_serve: bool = Field(default=False, description="a refused job of it is no answer")


class _Common(_Asked):
    """What classes of jobs that come and go say."""

    klass: str | None = Field(
        default=None,
        alias="class",
        description="class of the speed table; without it every chip takes equally long",
    )
    estimate: Estimate | None = Field(default=None, description="run time users declare")
    deadline_h: Positive | None = Field(default=None, description="hours from submit to end")
    preemptible: bool = Field(default=False, description="may be stopped for others")
    checkpoint_every_h: Positive | None = Field(
        default=None, description="running hours between saved states"
    )
    stream: Name | None = Field(default=None, description="its random streams; default `name`")
    traffic: Traffic = Field(
        default="sharing", description="whose data goes first where links are shared"
    )


class Jobs(_Common):
    """Jobs drawn from arrivals, demand and work."""

    kind: Literal["jobs"]
    region: Region | None = Field(default=None, description="where its jobs come from")
    arrivals: Arrivals = Field(description="when jobs come")
    demand: NodeDemand = Field(description="what each asks for")
    work: Work = Field(description="how long each runs")


TRACE_COLUMNS = (
    "submit_s",
    "run_s",
    "work_h",
    "estimate_s",
    "vcpu",
    "memory_gib",
    "gpu",
    "gpu_memory_gib",
    "dpu_share",
    "local_storage_gb",
    "nodes",
    "id",
    "tenant",
    "region",
    "class",
    "on",
    "chips",
    "isa",
    "priority",
    "deadline_s",
    "preemptible",
    "security_level",
    "input_gb",
    "input_at",
    "output_gb",
    "data_class",
    "stays_within",
)


class Trace(_Common):
    """Jobs read from a table; a column that is missing takes the workload's value."""

    kind: Literal["trace"]
    region: str | None = Field(default=None, description="where jobs of no region come from")
    file: FileName = Field(description="CSV, also .gz, or Parquet")
    format: Literal["openb", "swf", "philly", "table"] = Field(
        default="table", description="whose table it is"
    )
    columns: dict[str, str] = Field(default={}, description="our column: theirs")
    submit: Literal["created", "scheduled"] = Field(
        default="created", description="openb: which of its times is the submit"
    )
    on_bad_rows: Literal["refuse", "skip"] = Field(
        default="refuse", description="refuse the file, or refuse each bad row as a job"
    )

    @model_validator(mode="after")
    def _fits_format(self) -> Trace:
        if self.submit != "created" and self.format != "openb":
            raise UnfitError("only format openb has two times", "submit")
        if self.columns and self.format != "table":
            raise UnfitError("only format table has columns to rename", "columns")
        return self

    @property
    def demand(self) -> None:
        """Rows say what they ask for."""
        return None

    @property
    def work(self) -> None:
        """Rows say how long they run."""
        return None


MOST_REPLICAS = 10_000


class Replicas(_Asked):
    """Equal long-lived jobs, each placed once at the start, that hold their nodes for good.

    Every region of the workload must have one of them within `max_delay_ms`, one way.
    """

    kind: Literal["replicas"]
    region: Region | None = Field(default=None, description="whom they serve")
    replicas: Annotated[int, Field(ge=1, le=MOST_REPLICAS)] = Field(
        description="how many there are"
    )
    demand: NodeDemand = Field(description="what each asks for")
    max_delay_ms: Annotated[float, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="one way from each region to the nearest of them"
    )
    anti_affinity: Literal["site", "region"] | None = Field(
        default=None, description="no two of them in one"
    )

    @model_validator(mode="after")
    def _possible(self) -> Replicas:
        if self.max_delay_ms is not None and self.region is None:
            raise UnfitError("needs region, to know from where", "max_delay_ms")
        return self

    @property
    def work(self) -> EndlessWork:
        """They run on."""
        return EndlessWork(kind="forever")

    @property
    def klass(self) -> None:
        """What never ends has no speed."""
        return None

    @property
    def estimate(self) -> None:
        """Nobody declares an end."""
        return None

    @property
    def deadline_h(self) -> None:
        """They never end."""
        return None

    @property
    def preemptible(self) -> bool:
        """They are placed once, and stay."""
        return False

    @property
    def checkpoint_every_h(self) -> None:
        """They are never stopped."""
        return None


Workload = Annotated[Jobs | Trace | Replicas, Field(discriminator="kind")]
