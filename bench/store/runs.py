"""The tables of one run: what takes them as they come, and what gives them as `Records` do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.store.jobs import JOB_SCHEMA, STAYS, JobWriter, StoredJobs, stays_of
from bench.store.levels import LevelWriter, StoredLevels
from bench.store.parquet import (
    Array,
    array_of,
    codes_and_names,
    opened,
    read_columns,
    row_groups,
)
from bench.view import StoppedJobs
from scenarios import Scenario
from scheduler import FlowTable, Levels, PlanRow, StayTable, joined_levels


class RunWriter:
    """The sink of one run: its job table and its levels, as they come."""

    def __init__(self, jobs: Path, levels: Path, variant: str, seed: int) -> None:
        self._jobs = JobWriter(jobs)
        self._levels = LevelWriter(levels, variant, seed)

        self.plan_rows: tuple[PlanRow, ...] = ()

    def plans(self, rows: Sequence[PlanRow]) -> None:
        """All plans of the run."""
        self.plan_rows = tuple(rows)

    @property
    def rows(self) -> int:
        """Jobs written so far."""
        return self._jobs.rows

    def jobs(self, chunk: StoppedJobs) -> None:
        """Adds jobs in submit order."""
        self._jobs.jobs(chunk)

    def levels(self, chunk: Levels) -> None:
        """Adds steps in time order."""
        self._levels.levels(chunk)

    def flows(self, table: FlowTable) -> None:
        """Keeps what passed the links."""
        self._levels.flows(table)

    def close(self) -> None:
        """Ends both files."""
        self._jobs.close()
        self._levels.close()


@dataclass(frozen=True)
class StoredRecords:
    """Records of one run on disk: a column is read when it is asked for, and not kept."""

    jobs_path: Path
    levels_path: Path
    scenario: Scenario
    variant: str
    seed: int
    plans: tuple[PlanRow, ...] = ()

    @cached_property
    def _file(self) -> pq.ParquetFile:
        return opened(self.jobs_path, JOB_SCHEMA)

    @property
    def rows(self) -> int:
        """The number of jobs."""
        return int(self._file.metadata.num_rows)

    def column(self, name: str) -> Array:
        """One column of the job table as an array; nan, -1 (node) or None where null."""
        return array_of(self._read(name), name)

    def coded(self, name: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """One text column as codes (-1 = null) and names."""
        return codes_and_names(self._read(name))

    @property
    def levels(self) -> Levels:
        """The level means of the run, whole."""
        return joined_levels(list(self.level_chunks()))

    def level_chunks(self) -> Iterator[Levels]:
        """The level means of the run in parts, in time order."""
        return StoredLevels(self.levels_path).chunks()

    @property
    def flows(self) -> FlowTable | None:
        """What passed the links; None where no transfer met another and no set was moved."""
        return StoredLevels(self.levels_path).flows()

    def chunks(self) -> Iterator["StoredJobs"]:
        """The job table row group by row group, in submit order."""
        first = 0
        for table in row_groups(self.jobs_path, self._file):
            yield StoredJobs(table, self._stays, first)
            first += table.num_rows

    @cached_property
    def _stays(self) -> StayTable:
        return stays_of((self._file.metadata.metadata or {}).get(STAYS.encode(), b"{}"))

    def stays(self) -> StayTable:
        """All that the jobs which were stopped held."""
        return self._stays

    def _read(self, name: str) -> pa.ChunkedArray:
        return read_columns(self.jobs_path, self._file, [name]).column(0)
