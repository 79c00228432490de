"""Workloads: classes of demand, as the keys of a scenario file.

Sections that come in kinds carry `kind` and are told apart by it. Quantities here are as
written; `asks.py`, `arrivals.py` and `work.py` turn them into whole numbers and draws.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from topology import Fact, Traffic

MOST_LISTED = 500  # names in a list of one workload
MOST = 1e9  # of anything: keeps every product with a scale inside 64 bits
NAME = r"^\w[\w .()-]{0,63}$"

Name = Annotated[str, Field(pattern=NAME)]
Amount = Annotated[float, Field(ge=0, le=MOST)]
Positive = Annotated[float, Field(gt=0, le=MOST)]
Share = Annotated[float, Field(ge=0, le=1)]
FileName = Annotated[str, Field(min_length=1, max_length=255)]
Within = Literal["pool", "site", "cloud", "province"]


class UnfitError(ValueError):
    """A complaint of a validator in the planner's words; `key` is what it is about."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


def _whole_or_share(count: float) -> float:
    if count > 1 and not float(count).is_integer():
        raise UnfitError("expected a share up to 1 or a whole number")
    return count


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


class NodeDemand(Fact):
    """What a job asks for on each of its nodes.

    `gpu` is a share of one device up to 1, or a whole number of devices.
    """

    vcpu: Amount = Field(default=0.0, description="hardware threads")
    memory_gib: Amount = Field(default=0.0, description="GiB of main memory")
    gpu: Annotated[Amount, AfterValidator(_whole_or_share)] = Field(
        default=0.0, description="accelerators: a share up to 1, or a whole number"
    )
    gpu_memory_gib: Positive | None = Field(
        default=None, description="GiB of device memory; default the share of the device's"
    )
    dpu_share: Share = Field(default=0.0, description="share of the node's DPU")
    local_storage_gb: Amount = Field(default=0.0, description="GB of the node's own disks")
    nodes: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=1, description="members of a gang, on distinct nodes, all or none"
    )
    gang_within: Within = Field(default="pool", description="how far apart members may be")

    @model_validator(mode="after")
    def _possible(self) -> NodeDemand:
        if self.gpu_memory_gib is not None and self.gpu == 0:
            raise UnfitError("needs gpu above 0", "gpu_memory_gib")
        if not any(
            (self.vcpu, self.memory_gib, self.gpu, self.dpu_share, self.local_storage_gb)
        ):
            raise UnfitError("expected at least one resource above 0")
        return self


class Chips(Fact):
    """Which chips a job may run on: all rules hold together."""

    any_of: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        max_length=MOST_LISTED,
        description="CPUs or accelerators; a family ends in `*`",
    )
    isa: tuple[str, ...] = Field(
        default=(), max_length=MOST_LISTED, description="instruction sets of the CPU"
    )
    stack: tuple[str, ...] = Field(
        default=(), max_length=MOST_LISTED, description="software stacks of the pool"
    )
    domestic_only: bool = Field(default=False, description="only domestic chips")
    safe_reliable_only: bool = Field(default=False, description="only chips on the list")


class Data(Fact):
    """Where a job's data is, how much moves, and how far it may go."""

    input_gb: Amount = Field(default=0.0, description="GB read before the job starts")
    at: str | None = Field(
        default=None, description="site of the input; default the first of the set, the region"
    )
    output_gb: Amount = Field(default=0.0, description="GB sent back to the region")
    data_class: str | None = Field(default=None, description="one of `data_classes`")
    stays_within: str | None = Field(default=None, description="`site` or a level of regions")
    set: Name | None = Field(
        default=None, description="one of `topology.data_sets`, read whole where the job runs"
    )


class UseLevel(Fact):
    """How busy an allocation is: the mean counts at all times, p95 is for sizing."""

    mean: Share = Field(description="mean share of the allocation that is busy")
    p95: Share | None = Field(default=None, description="share not passed 95 % of the time")


def _level_kind(value: Any) -> str:
    return "level" if isinstance(value, dict | UseLevel) else "share"


Level = Annotated[
    Annotated[Share, Tag("share")] | Annotated[UseLevel, Tag("level")],
    Discriminator(_level_kind),
]


class UseByResource(Fact):
    """How busy each resource of an allocation is; what is not named is fully used."""

    vcpu: Level | None = Field(default=None, description="of the vCPUs")
    memory: Level | None = Field(default=None, description="of the memory")
    gpu: Level | None = Field(default=None, description="of the accelerators")
    gpu_memory: Level | None = Field(default=None, description="of the device memory")
    dpu: Level | None = Field(default=None, description="of the DPU")
    local_storage: Level | None = Field(default=None, description="of the disks")


def _use_kind(value: Any) -> str:
    if isinstance(value, UseByResource):
        return "resources"
    if isinstance(value, dict) and not {"mean", "p95"} & set(value):
        return "resources"
    return _level_kind(value)


Use = Annotated[
    Annotated[Share, Tag("share")]
    | Annotated[UseLevel, Tag("level")]
    | Annotated[UseByResource, Tag("resources")],
    Discriminator(_use_kind),
]


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
