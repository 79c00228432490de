"""A scenario: what exists, what is asked, by which rules; every field is a YAML key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, WithJsonSchema

from scenarios.files import locate
from scenarios.policy_names import POLICY_DEFAULTS
from scenarios.problems import Place
from scenarios.values import MOST, Amount, Name, UnfitError
from scenarios.workload import Workload
from topology import Fact, Topology

HOUR_US = 3_600_000_000
MOST_HOURS = 87_600


class Answer(Fact):
    """What the first sentence of the report compares."""

    measure: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        default="wait_p95_s", description="a measure by name"
    )
    better: Literal["lower", "higher"] = Field(default="lower", description="which is better")


Weight = Annotated[float, Field(ge=0, le=MOST)]


class Objective(Fact):
    """What a job's hours, money and distance are worth in CNY: one yardstick for all variants.

    The measure `objective_mean_cny` adds it up; `planned` dispatch plans by it unless it has
    weights of its own.
    """

    wait: Weight = Field(default=30.0, description="CNY an hour that a job waits")
    latency: Weight = Field(
        default=0.0, description="CNY an hour from submission to result, the run included"
    )
    transfer: Weight = Field(default=0.0, description="CNY an hour of moving its data")
    money: Weight = Field(default=1.0, description="CNY a CNY for nodes, rent and egress")
    energy: Weight = Field(default=1.0, description="CNY a CNY of electricity")
    carbon: Weight = Field(default=0.1, description="CNY a kg of carbon dioxide")
    fairness: Weight = Field(
        default=0.0, description="CNY a point that the tenants' dominant shares lie apart"
    )
    cross_region: Weight = Field(default=0.0, description="CNY a GB that leaves its region")
    fragmentation: Weight = Field(default=0.0, description="CNY a GPU made unusable")


class Quota(Fact):
    """The most that a tenant may hold at once, over all pools."""

    vcpu: Amount | None = Field(default=None, description="hardware threads")
    memory_gib: Amount | None = Field(default=None, description="GiB of main memory")
    gpu: Amount | None = Field(default=None, description="accelerators")
    gpu_memory_gib: Amount | None = Field(default=None, description="GiB of device memory")
    dpu_share: Amount | None = Field(default=None, description="DPUs")
    local_storage_gb: Amount | None = Field(default=None, description="GB of nodes' disks")


class Tenant(Fact):
    """Who asks; jobs above the quota are held, not refused, unless one alone exceeds it."""

    name: Name = Field(description="as workloads name it")
    weight: Annotated[float, Field(gt=0, le=MOST)] = Field(
        default=1.0, description="share against other tenants where fairness counts"
    )
    quota: Quota | None = Field(default=None, description="the most it holds at once")


class DataClass(Fact):
    """How far data of this class may go, and how safe a pool has to be."""

    name: Name = Field(description="its key under `data_classes`")
    stays_within: str = Field(default="nation", description="`site` or a level of regions")
    security_level: Annotated[int, Field(ge=1, le=5)] = Field(
        default=1, description="pools of this level or above"
    )


DATA_CLASSES: Mapping[str, dict[str, Any]] = {
    "core": {"stays_within": "site", "security_level": 4},
    "important": {"stays_within": "province", "security_level": 3},
    "general": {"stays_within": "nation", "security_level": 1},
}


def _with_defaults(value: Any) -> Any:
    """The map of classes as rows, each on top of the default of its name."""
    if not isinstance(value, dict):
        return value if isinstance(value, tuple) else _refuse_no_map()
    given = [
        {**DATA_CLASSES.get(name, {}), **row, "name": name} if isinstance(row, dict) else row
        for name, row in value.items()
    ]
    rest = [{**row, "name": name} for name, row in DATA_CLASSES.items() if name not in value]
    return (*given, *rest)


def _refuse_no_map() -> None:
    raise UnfitError("expected a map")


DataClasses = Annotated[
    tuple[DataClass, ...],
    BeforeValidator(_with_defaults),
    WithJsonSchema({"type": "object"}),
]


class PolicyChoice(Fact):
    """A policy by name and its options, not decoded; the place is where the name stands."""

    name: str
    options: dict[str, Any] = Field(default={})
    line: int = 0
    column: int = 0


def _choice(kind: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        """A name alone, or a map with the name (or the default's) and options."""
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, PolicyChoice):
            return value
        if not isinstance(value, dict):
            raise UnfitError("expected the name of a policy, or a map with it")
        options = {key: option for key, option in value.items() if key != "name"}
        return {"name": value.get("name", POLICY_DEFAULTS[kind]), "options": options}

    return BeforeValidator(read)


class Policies(Fact):
    """Who decides what; every key is a name, or `{name: ..., option: ...}`."""

    dispatch: Annotated[PolicyChoice, _choice("dispatch")] = Field(
        default=PolicyChoice(name="local-first"), description="which pool serves a job"
    )
    queue: Annotated[PolicyChoice, _choice("queue")] = Field(
        default=PolicyChoice(name="fcfs"), description="which waiting job is next"
    )
    packing: Annotated[PolicyChoice, _choice("packing")] = Field(
        default=PolicyChoice(name="best-fit"), description="which node of the pool"
    )
    preemption: Annotated[PolicyChoice, _choice("preemption")] = Field(
        default=PolicyChoice(name="none"), description="who may be stopped for whom"
    )
    silos: Annotated[PolicyChoice, _choice("silos")] = Field(
        default=PolicyChoice(name="none"), description="who is kept to own pools"
    )
    placement: Annotated[PolicyChoice, _choice("placement")] = Field(
        default=PolicyChoice(name="greedy"), description="which pools host what runs for long"
    )
    network: Annotated[PolicyChoice, _choice("network")] = Field(
        default=PolicyChoice(name="alone"), description="whether transfers slow each other"
    )


def _instant(value: Any) -> Any:
    """A local time as text; `2026-03-02` is its midnight."""
    if isinstance(value, datetime):
        return value
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise UnfitError("expected a local time, as 2026-03-02T00:00") from None
    if instant.tzinfo is not None:
        raise UnfitError("expected a local time without a zone, as 2026-03-02T00:00")
    if not 1900 <= instant.year <= 2200:
        raise UnfitError("expected a year of 1900 to 2200")
    return instant


Instant = Annotated[datetime, BeforeValidator(_instant)]
DEFAULT_START = datetime(2026, 3, 2)  # noqa: DTZ001 - local time without a zone is meant


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a scenario comes from, and what the reader found besides its values."""

    file: str = ""
    folder: Path = Path()
    data: tuple[Path, ...] = ()
    variant: str = "base"
    variants: tuple[Scenario, ...] = ()
    tree: Mapping[str, Any] | None = None
    resolved: Mapping[str, Any] | None = None
    digest: str = ""
    notes: tuple[str, ...] = ()
    workloads: tuple[tuple[str, int, int], ...] = ()
    overridden: tuple[str, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)  # where somebody must be served


class Scenario(Fact):
    """A question about compute: what exists, what is asked, and by which rules it is served.

    `read` gives it whole: `horizon_h` and `drain_h` are numbers then, regions are written out,
    and `variants` holds each variant resolved.
    """

    name: Name = Field(description="names the run folder")
    question: str = Field(default="", description="what the report answers")
    answer: Answer = Field(default=Answer(), description="what its first sentence compares")
    start: Instant = Field(default=DEFAULT_START, description="local time of the first hour")
    horizon_h: Annotated[float, Field(gt=0, le=MOST_HOURS)] | None = Field(
        default=None, description="jobs count until then; default 168, or a trace's last submit"
    )
    warmup_h: Annotated[float, Field(ge=0, le=MOST_HOURS)] = Field(
        default=0.0, description="jobs count from then on"
    )
    drain_h: Annotated[float, Field(ge=0, le=MOST_HOURS)] | None = Field(
        default=None, description="hours after the horizon to end in; default `horizon_h`"
    )
    seeds: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=10, description="runs of each variant: seeds 1, 2, ..."
    )
    levels_every_s: Annotated[float, Field(ge=1, le=MOST)] = Field(
        default=300.0, description="step of the level tables in seconds"
    )
    topology: Topology = Field(description="what exists")
    tenants: tuple[Tenant, ...] = Field(default=(), description="who may ask; none: anyone")
    data_classes: DataClasses = Field(
        default=_with_defaults({}), validate_default=True, description="rules by class of data"
    )
    workloads: tuple[Workload, ...] = Field(min_length=1, description="what is asked")
    policies: Policies = Field(default=Policies(), description="who decides what")
    objective: Objective = Field(
        default=Objective(), description="what a plan is made for, and all variants measured by"
    )

    _origin: Origin = PrivateAttr(default=Origin())

    def coming_from(self, origin: Origin) -> Scenario:
        """The same scenario with its origin told."""
        other = self.model_copy()
        other._origin = origin
        return other

    @property
    def origin(self) -> Origin:
        """File, folder, variant and what else the reader knows."""
        return self._origin

    @property
    def variant(self) -> str:
        """The name of the variant that this is, `base` for the scenario's own settings."""
        return self._origin.variant

    @property
    def variants(self) -> tuple[Scenario, ...]:
        """The variants to run, resolved, in file order; the scenario itself if it has none."""
        return self._origin.variants or (self,)

    @property
    def folder(self) -> Path:
        """The folder of the file, where its own files are looked for first."""
        return self._origin.folder

    @property
    def data(self) -> tuple[Path, ...]:
        """Other folders to look for files in."""
        return self._origin.data

    @property
    def tree(self) -> Mapping[str, Any]:
        """The values of the file as written, variants included."""
        return self._origin.tree or {}

    @property
    def resolved(self) -> Mapping[str, Any]:
        """The values after layers, fit for JSON; reading them again gives this scenario."""
        return self._origin.resolved or {}

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal of the resolved values and of the files they name."""
        return self._origin.digest

    @property
    def notes(self) -> tuple[str, ...]:
        """What is no problem but worth knowing, such as a row that nothing uses."""
        return self._origin.notes

    def place_of(self, workload: str) -> tuple[int, int] | None:
        """Line and column of a workload of the file, from 1; None where no file shows it."""
        places = {name: (line, column) for name, line, column in self._origin.workloads}
        return places.get(workload)

    @property
    def demands_an_answer(self) -> bool:
        """Whether a workload must be served, or replicas must be placed by a plan."""
        planned = self.policies.placement.name == "planned"
        return any(w.must_serve or (planned and w.kind == "replicas") for w in self.workloads)

    @property
    def overridden(self) -> tuple[str, ...]:
        """A line for every setting of the command line that a variant sets as well."""
        return self._origin.overridden

    @property
    def horizon_us(self) -> int:
        """Counted jobs are submitted before this instant."""
        return round((168 if self.horizon_h is None else self.horizon_h) * HOUR_US)

    @property
    def warmup_us(self) -> int:
        """Counted jobs are submitted from this instant on."""
        return round(self.warmup_h * HOUR_US)

    @property
    def drain_us(self) -> int:
        """The span after the horizon in which counted jobs may end."""
        return self.horizon_us if self.drain_h is None else round(self.drain_h * HOUR_US)

    @property
    def levels_every_us(self) -> int:
        """The step of the level tables."""
        return round(self.levels_every_s * 1_000_000)

    def file(self, name: str) -> Path:
        """The path of a file that the scenario names, in its own folder or a data folder.

        Raises:
            ScenarioError: it lies elsewhere, is missing, or is no regular file.
        """
        return locate(name, (self.folder, *self.data), self._origin.file)
