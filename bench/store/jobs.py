"""The job table of a run on disk, a row a job, with a note of every stay of who was stopped."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.store.parquet import TEXT, StoredTable, TableWriter, coded, nullable
from bench.view import Jobs, StoppedJobs
from scheduler import StayTable

CODED = (
    "variant", "workload", "tenant", "region", "class", "chip",
    "site", "pool", "cloud", "tier", "state", "reason",
)  # fmt: skip
WHOLE = ("seed", "nodes", "priority", "preemptions", "node")
FLAGS = ("counted", "deadline_met")
SPANS = (
    "submit_s", "start_s", "end_s",
    "dispatch_s", "transfer_in_s", "transfer_s", "wait_s", "run_s", "latency_s",
    "estimate_s", "lost_s",
)  # fmt: skip
ASKED = ("vcpu", "memory_gib", "gpu")

JOB_SCHEMA = pa.schema(
    [(name, TEXT) for name in CODED]
    + [("id", pa.string())]
    + [(name, pa.int32()) for name in WHOLE]
    + [(name, pa.bool_()) for name in FLAGS]
    + [(name, pa.float64()) for name in (*SPANS, *ASKED)]
)
"""A row a job; the order of columns is the order of the contract."""

STAYS = "stays"
"""The file's own note of every stay of the jobs that were stopped; none: nobody was."""


class JobWriter:
    """A sink for the job table of one run."""

    def __init__(self, path: Path) -> None:
        self._table = TableWriter(path, JOB_SCHEMA, (*SPANS,))
        self.rows = 0
        self._stays: dict[str, list[Any]] = {}

    def jobs(self, chunk: StoppedJobs) -> None:
        """Adds jobs in submit order."""
        self._table.put([job_column(chunk, field) for field in JOB_SCHEMA])
        if chunk.column("preemptions").any():
            self._put_stays(chunk.stays())
        self.rows += chunk.rows

    def _put_stays(self, stays: StayTable) -> None:
        ends = [None if end != end else end for end in stays.end_s.tolist()]  # noqa: PLR0124
        columns: dict[str, list[Any]] = {
            "row": (stays.row + self.rows).tolist(),
            "pool": stays.pool.tolist(),
            "begin_s": stays.begin_s.tolist(),
            "end_s": ends,
        }
        for name, values in columns.items():
            self._stays.setdefault(name, []).extend(values)
        self._stays["pools"] = list(stays.pools)

    def close(self) -> None:
        """Ends the file; jobs that were stopped held more than a row can say (STAYS)."""
        notes = {STAYS: json.dumps(self._stays, sort_keys=True)} if self._stays else {}
        self._table.close(**notes)


def job_column(chunk: Jobs, field: pa.Field) -> pa.Array:
    """One column of some jobs as it is stored."""
    if field.type == TEXT:
        return coded(*chunk.coded(field.name))
    values = chunk.column(field.name)
    if field.name == "node":
        return pa.array(values, type=field.type, mask=values < 0)
    return nullable(values, field.type)


@dataclass(frozen=True, slots=True)
class StoredJobs(StoredTable):
    """A row group of jobs; the stays of the whole run, and the number of the first row."""

    of_run: StayTable
    first: int

    def stays(self) -> StayTable:
        """All that those of them which were stopped held."""
        row = self.of_run.row - self.first
        some = np.flatnonzero((row >= 0) & (row < self.rows))
        return replace(
            self.of_run,
            row=row[some],
            pool=self.of_run.pool[some],
            begin_s=self.of_run.begin_s[some],
            end_s=self.of_run.end_s[some],
        )


def stays_of(note: bytes) -> StayTable:
    """The stays that a file of jobs tells beside its rows."""
    found: dict[str, list[Any]] = json.loads(note)
    return StayTable(
        row=np.array(found.get("row", []), np.int64),
        pool=np.array(found.get("pool", []), np.int32),
        begin_s=np.array(found.get("begin_s", []), np.float64),
        end_s=np.array(found.get("end_s", []), np.float64),
        pools=tuple(found.get("pools", [])),
    )
