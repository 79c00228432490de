"""What measuring needs of a run, whether its tables are in memory or on disk."""

from typing import Protocol

from bench.view import Jobs
from scenarios import Scenario
from scheduler import Levels


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
    def levels(self) -> Levels:
        """All steps of [warm-up, horizon)."""
