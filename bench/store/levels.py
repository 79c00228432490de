"""The level means of a run on disk: a row a step, pool or line, and resource."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.faults import RunFolderError
from bench.level_rows import level_rows
from bench.store.flows import FLOWS, flow_notes, flows_of
from bench.store.parquet import (
    TEXT,
    Array,
    StoredTable,
    TableWriter,
    coded,
    nullable,
    opened,
    row_groups,
)
from scheduler import FlowTable, Levels
from topology import RESOURCES

GPU = RESOURCES.index("gpu")
FRAGMENTED = "fragmented"
LEVEL_VALUES = (
    "time_s", "installed", "capacity", "allocated", "used", "queued", FRAGMENTED,
)  # fmt: skip
LEVEL_SCHEMA = pa.schema(
    [("variant", TEXT), ("seed", pa.int32()), ("pool", TEXT), ("resource", TEXT)]
    + [(name, pa.float64()) for name in LEVEL_VALUES]
)
LEVEL_SCHEMA_OF_OLD = LEVEL_SCHEMA.remove(LEVEL_SCHEMA.get_field_index(FRAGMENTED))
"""What a folder written before GPUs in pieces were counted has."""


class LevelWriter:
    """A sink for the level means of one run.

    Resources that no pool has are left out, and pools without a resource have no row for it.
    """

    def __init__(self, path: Path, variant: str, seed: int) -> None:
        self._table = TableWriter(path, LEVEL_SCHEMA, ("time_s",))
        self._run = (variant, seed)
        self._last: Levels | None = None
        self._flows: FlowTable | None = None

    def flows(self, table: FlowTable) -> None:
        """Keeps what passed the links for the file's own notes."""
        self._flows = table

    def levels(self, chunk: Levels) -> None:
        """Adds steps in time order."""
        if len(chunk.time_s):
            self._table.put(level_columns(chunk, *self._run))
            self._last = chunk

    def close(self) -> None:
        """Ends the file; what a row cannot say goes into the file's own notes."""
        notes = {"suanli": json.dumps(level_notes(self._last), sort_keys=True)}
        if self._flows is not None:
            notes[FLOWS] = json.dumps(flow_notes(self._flows), sort_keys=True)
        self._table.close(**notes)


def level_notes(last: Levels | None) -> dict[str, Any]:
    """What is needed to make arrays of the rows again."""
    if last is None:
        return {"last_s": 0.0, "pools": [], "lines": []}
    return {
        "last_s": float(last.length_s[-1]),
        "pools": list(last.pools),
        "lines": list(last.lines),
    }


def level_columns(chunk: Levels, variant: str, seed: int) -> list[pa.Array]:
    """Rows of some steps: time, then pools in their order and lines above, then resource."""
    rows = level_rows(chunk)
    steps = len(chunk.time_s)
    n = steps * len(rows.place)
    values = {
        "time_s": np.repeat(chunk.time_s, len(rows.place)),
        "installed": np.tile(rows.of_pools(chunk.installed), steps),
        "capacity": np.tile(rows.of_pools(chunk.capacity), steps),
        "allocated": rows.of_steps(chunk.allocated),
        "used": rows.of_steps(chunk.used),
        "queued": rows.of_lines(chunk.queued),
        FRAGMENTED: rows.of_steps(gpus_in_pieces(chunk)),
    }
    return [
        coded(np.zeros(n, np.int32), [variant]),
        pa.array(np.full(n, seed, np.int32)),
        coded(np.tile(rows.place, steps).astype(np.int32), rows.names),
        coded(np.tile(rows.resource, steps).astype(np.int32), RESOURCES),
        *(nullable(values[name], pa.float64()) for name in LEVEL_VALUES),
    ]


def gpus_in_pieces(chunk: Levels) -> Array:
    """Fragmented GPUs as (steps, pools, resources), nan at all other resources."""
    found = np.full(chunk.allocated.shape, np.nan)
    if chunk.fragmented is not None:
        found[:, :, GPU] = chunk.fragmented
    return found


@dataclass(frozen=True)
class StoredLevels:
    """Level means of one run on disk; rows that were left out are zero."""

    path: Path

    @cached_property
    def _file(self) -> pq.ParquetFile:
        return opened(self.path, LEVEL_SCHEMA_OF_OLD)

    @cached_property
    def _notes(self) -> tuple[tuple[str, ...], tuple[str, ...], float]:
        """Pools, lines and the length of the last step, which rows do not tell.

        Raises:
            RunFolderError: the notes are missing.
        """
        try:
            notes = json.loads((self._file.metadata.metadata or {})[b"suanli"])
            return tuple(notes["pools"]), tuple(notes["lines"]), float(notes["last_s"])
        except (KeyError, ValueError, TypeError):
            raise RunFolderError(self.path, "broken: its notes are missing") from None

    def flows(self) -> FlowTable | None:
        """What the file tells of links and data sets.

        Raises:
            RunFolderError: it cannot be read.
        """
        note = (self._file.metadata.metadata or {}).get(FLOWS.encode())
        try:
            return None if note is None else flows_of(note)
        except (KeyError, ValueError, TypeError):
            raise RunFolderError(self.path, "broken: its notes are missing") from None

    def lengths_s(self) -> Array:
        """The lengths of all steps."""
        groups = row_groups(self.path, self._file, ["time_s"])
        times = [np.unique(table.column(0).to_numpy()) for table in groups]
        time_s = np.unique(
            np.concatenate([np.empty(0), *times])
        )  # a step may lie in two groups
        return np.diff(time_s, append=time_s[-1:] + self._notes[2])

    def chunks(self) -> Iterator[Levels]:
        """Whole steps in parts, in time order; one part without steps if there are none."""
        pools, lines, last_s = self._notes
        rest = self._file.schema_arrow.empty_table()
        for table in row_groups(self.path, self._file):
            rest = pa.concat_tables([rest, table])
            time_s = rest.column("time_s").to_numpy()
            last = int(np.searchsorted(time_s, time_s[-1]))  # the next part may go on with it
            if last:
                yield levels_of(StoredTable(rest.slice(0, last)), pools, lines, time_s[last])
                rest = rest.slice(last)
        end_s = rest.column("time_s").to_numpy()[-1:] + last_s
        yield levels_of(StoredTable(rest), pools, lines, end_s)


def levels_of(
    table: StoredTable, pools: tuple[str, ...], lines: tuple[str, ...], end_s: Any
) -> Levels:
    """Arrays from the rows of a level table whose steps go on until `end_s`."""
    time_s, step = np.unique(table.column("time_s"), return_inverse=True)
    known = frozenset(pools)
    names = (*pools, *(line for line in lines if line not in known))
    place = numbers(table, "pool", names)
    resource = numbers(table, "resource", RESOURCES)
    line_of = {name: number for number, name in enumerate(lines)}
    line = np.array([line_of.get(name, -1) for name in names], dtype=np.int64)[place]
    at_pool, at_line = place < len(pools), line >= 0
    fixed, moving = (len(pools), len(RESOURCES)), (len(time_s), len(pools), len(RESOURCES))

    def filled(name: str, shape: tuple[int, ...], rows: Array, *index: Array) -> Array:
        array = np.zeros(shape)
        array[tuple(part[rows] for part in index)] = table.column(name)[rows]
        return array

    return Levels(
        time_s=time_s,
        length_s=np.diff(time_s, append=end_s),
        pools=pools,
        lines=lines,
        resources=RESOURCES,
        installed=filled("installed", fixed, at_pool, place, resource),
        capacity=filled("capacity", fixed, at_pool, place, resource),
        allocated=filled("allocated", moving, at_pool, step, place, resource),
        used=filled("used", moving, at_pool, step, place, resource),
        queued=filled(
            "queued", (len(time_s), len(lines), len(RESOURCES)), at_line, step, line, resource
        ),
        fragmented=in_pieces(table, (len(time_s), len(pools)), at_pool, step, place, resource),
    )


def in_pieces(
    table: StoredTable,
    shape: tuple[int, int],
    at_pool: NDArray[np.bool_],
    step: Array,
    place: Array,
    resource: Array,
) -> Array | None:
    """Fragmented GPUs (steps, pools); None where no pool has any or the file is of old."""
    rows = at_pool & (resource == GPU)
    if FRAGMENTED not in table.table.column_names or not rows.any():
        return None
    found = np.zeros(shape)
    found[step[rows], place[rows]] = table.column(FRAGMENTED)[rows]
    return found


def numbers(table: StoredTable, name: str, names: Sequence[str]) -> NDArray[np.int64]:
    """A text column as places in a list of names."""
    codes, found = table.coded(name)
    place = {each: number for number, each in enumerate(names)}
    return np.array([place[each] for each in found], dtype=np.int64)[codes]
