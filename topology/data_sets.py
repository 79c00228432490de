"""Data sets: data with a name, a size, and places where it lies from the start."""

from typing import Annotated

from pydantic import Field

from topology.facts import MOST, Fact, Name


class DataSet(Fact):
    """Data that jobs read whole; each site of `at` holds a replica from the start.

    A site whose pool gets a job without it is sent one more, which it keeps. `data_class` is
    one of the scenario's `data_classes`, whose rules then hold for all who read it.
    """

    name: Name
    at: Annotated[tuple[str, ...], Field(min_length=1, max_length=5_000)]
    size_gb: Annotated[float, Field(gt=0, le=MOST)]
    data_class: str | None = None
