"""What measuring needs of a run, whether its tables are in memory or on disk."""

from collections.abc import Iterator
from typing import Protocol

from bench.view import Jobs, StoppedJobs
from scenarios import Scenario
from scheduler import FlowTable, Levels, PlanRow


class Run(Jobs, Protocol):
    """The tables of one run, and the resolved scenario that they came from."""

    @property
    def scenario(self) -> Scenario:
        """The variant, resolved."""

    @property
    def variant(self) -> str:
        """Its name."""

    @property
    def seed(self) -> int:
        """Its seed."""

    @property
    def flows(self) -> FlowTable | None:
        """What passed its links; None where no transfer met another and no set was moved."""

    @property
    def plans(self) -> tuple[PlanRow, ...]:
        """What its dispatch planned, if it does."""

    def chunks(self) -> Iterator[StoppedJobs]:
        """The job table in parts, in order of submission; may be asked for again."""

    def level_chunks(self) -> Iterator[Levels]:
        """The steps of [warm-up, horizon) in parts, in time order; at least one part."""
