"""Tables of a run folder as Parquet: written in chunks as they come, read a column at a time.

The same rows give the same bytes, however the engine cut them into chunks: row groups have a
fixed size and every dictionary is in the order of names.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.faults import RunFolderError
from bench.level_rows import level_rows
from bench.measures import COLUMNS, MeasureTable
from bench.view import Jobs, StoppedJobs
from scenarios import Scenario
from scheduler import Copy, FlowTable, Levels, PlanRow, StayTable
from topology import RESOURCES

# Arrow's own pool keeps what a row group needed until the process ends: 70 MB of a run of
# 263,000 jobs, and more with its length. The system's gives it back, at the same speed.
pa.set_memory_pool(pa.system_memory_pool())

ROW_GROUP = 65_536
GPU = RESOURCES.index("gpu")
Array = NDArray[Any]

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
TEXT = pa.dictionary(pa.int32(), pa.string())

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

FLOWS = "flows"
"""The level file's own note of what passed the links; none: nothing was shared or copied."""

LEVEL_TEXT = ("variant", "pool", "resource")
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

MEASURE_SCHEMA = pa.schema(
    [(name, pa.string()) for name in COLUMNS[:5]]
    + [("seed", pa.int32()), ("value", pa.float64())]
)


# --- writing ------------------------------------------------------------------------------


class TableWriter:
    """Writes a table in row groups of a fixed size from chunks of any size."""

    def __init__(self, path: Path, schema: pa.Schema, spans: Sequence[str]) -> None:
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._rows = 0
        texts = [f.name for f in schema if f.name not in spans and f.name != "id"]
        self._file = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            use_dictionary=[name for name in texts if schema.field(name).type != pa.bool_()],
            # instants hardly repeat: bytes of equal weight side by side pack a third smaller
            column_encoding=dict.fromkeys(spans, "BYTE_STREAM_SPLIT"),
            write_page_index=False,
        )

    def put(self, arrays: Sequence[Any]) -> None:
        """Adds rows, given as one array a column of the schema."""
        chunk = pa.Table.from_arrays(list(arrays), schema=self._schema)
        self._waiting.append(chunk)
        self._rows += chunk.num_rows
        while self._rows >= ROW_GROUP:
            self._write(ROW_GROUP)

    def close(self, **metadata: str) -> None:
        """Writes what waits and ends the file."""
        if self._rows:
            self._write(self._rows)
        if metadata:
            self._file.add_key_value_metadata(metadata)
        self._file.close()

    def _write(self, rows: int) -> None:
        together = pa.concat_tables(self._waiting)
        group = together.slice(0, rows)
        rest = together.slice(rows)
        self._file.write_table(canonical(group), row_group_size=ROW_GROUP)
        self._waiting = [rest] if rest.num_rows else []
        self._rows -= rows


def canonical(table: pa.Table) -> pa.Table:
    """The table in one chunk, its dictionaries holding the names that occur, sorted."""
    columns = [
        sorted_dictionary(column) if pa.types.is_dictionary(column.type) else one_chunk(column)
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=table.schema)


def one_chunk(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array."""
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def sorted_dictionary(column: pa.ChunkedArray) -> pa.Array:
    """The column with its dictionary in the order of names, without names that do not occur."""
    parts = [(codes_of(chunk), chunk.dictionary.to_pylist()) for chunk in column.chunks]
    occurring = {
        known[code] for codes, known in parts for code in np.unique(codes).tolist() if code >= 0
    }
    names: list[str] = sorted(occurring)
    place = {name: number for number, name in enumerate(names)}
    codes = [
        np.array([*(place.get(name, -1) for name in known), -1])[codes]
        for codes, known in parts
    ]
    return coded(np.concatenate([np.empty(0, np.int32), *codes]).astype(np.int32), names)


def codes_of(chunk: pa.DictionaryArray) -> NDArray[np.int32]:
    """Its codes, -1 where null."""
    found: NDArray[np.int32] = chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return found


def coded(codes: NDArray[np.int32], names: Sequence[str]) -> pa.DictionaryArray:
    """A text column from codes (-1 = null) and names."""
    null = codes < 0
    indices = pa.array(codes, type=pa.int32(), mask=null if null.any() else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(names), type=pa.string()))


def nullable(values: Array, type_: pa.DataType) -> pa.Array:
    """A column in which nan is null, and -1 where whole numbers have no value."""
    null = np.isnan(values) if values.dtype.kind == "f" else None
    if pa.types.is_boolean(type_) and null is not None:
        values = np.where(null, 0.0, values) != 0
    return pa.array(values, type=type_, mask=null if null is not None and null.any() else None)


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


def flow_notes(table: FlowTable) -> dict[str, Any]:
    """What passed the links and was copied, as JSON; a link without a limit has none."""
    rates = (table.capacity_gbit_s, table.there_gbit_s, table.back_gbit_s)
    return {
        "links": list(table.links),
        "gbit_s": [
            [None if np.isinf(rate) else rate for rate in row.tolist()] for row in rates
        ],
        "span_s": table.span_s,
        "copies": [astuple(copy) for copy in table.copies],
    }


def flows_of(note: bytes) -> FlowTable:
    """The table that was noted so."""
    told = json.loads(note)
    capacity, there, back = (
        np.array([np.inf if value is None else value for value in row], np.float64)
        for row in told["gbit_s"]
    )
    copies = tuple(Copy(*row) for row in told["copies"])
    return FlowTable(tuple(told["links"]), capacity, there, back, float(told["span_s"]), copies)


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


def write_measures(path: Path, table: MeasureTable) -> None:
    """Writes a table of measures, null where undefined."""
    columns = [pa.array(getattr(table, name), type=pa.string()) for name in COLUMNS[:5]]
    columns += [pa.array(table.seed), nullable(table.value, pa.float64())]
    whole = pa.Table.from_arrays(columns, schema=MEASURE_SCHEMA)
    pq.write_table(whole, path, compression="zstd", row_group_size=ROW_GROUP)


# --- reading ------------------------------------------------------------------------------


def opened(path: Path, schema: pa.Schema) -> pq.ParquetFile:
    """A Parquet file that has the columns of the schema.

    Raises:
        RunFolderError: it is missing, broken or another table.
    """
    if not path.is_file():
        raise RunFolderError(path, "missing")
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise RunFolderError(path, "broken: not a whole Parquet file") from None
    for field in schema:
        place = file.schema_arrow.get_field_index(field.name)
        if place < 0:
            raise RunFolderError(path, f"not the table expected: no column '{field.name}'")
        found = file.schema_arrow.field(place).type
        if found != field.type:
            message = f"column '{field.name}': expected {field.type}; got {found}"
            raise RunFolderError(path, message)
    return file


def read_columns(path: Path, file: pq.ParquetFile, names: Sequence[str]) -> pa.Table:
    """Some columns of an open file.

    Raises:
        RunFolderError: its data is broken.
    """
    try:
        return file.read(columns=list(names))
    except (pa.ArrowException, OSError):
        raise RunFolderError(path, "broken: its data cannot be read") from None


def row_groups(
    path: Path, file: pq.ParquetFile, names: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """The rows of an open file in parts, all columns or some.

    Raises:
        RunFolderError: its data is broken.
    """
    for number in range(file.num_row_groups):
        try:
            table = file.read_row_group(number, columns=names, use_threads=False)
        except (pa.ArrowException, OSError):
            raise RunFolderError(path, "broken: its data cannot be read") from None
        yield table


def read_measures(path: Path) -> MeasureTable:
    """A table of measures, nan where undefined.

    Raises:
        RunFolderError: it is missing, broken or another table.
    """
    table = read_columns(path, opened(path, MEASURE_SCHEMA), COLUMNS)
    texts = (tuple(table.column(name).to_pylist()) for name in COLUMNS[:5])
    variant, measure, unit, scope, key = texts
    seed = table.column("seed").to_numpy().astype(np.int32)
    value = table.column("value").to_numpy().astype(np.float64)
    return MeasureTable(variant, measure, unit, scope, key, seed, value)


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


@dataclass(frozen=True, slots=True)
class StoredTable:
    """Some jobs of a run on disk, read whole."""

    table: pa.Table

    @property
    def rows(self) -> int:
        """The number of jobs."""
        return int(self.table.num_rows)

    def column(self, name: str) -> Array:
        """One column as an array; nan, -1 (node) or None where null."""
        return array_of(self.table.column(name), name)

    def coded(self, name: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """One text column as codes (-1 = null) and names."""
        return codes_and_names(self.table.column(name))


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


def array_of(column: pa.ChunkedArray, name: str) -> Array:
    """A column as an array; nan, -1 (node) or None where null; flags with null: 0, 1, nan."""
    if pa.types.is_dictionary(column.type):
        codes, names = codes_and_names(column)
        return np.array([*names, None], dtype=object)[codes]
    if name == "node":
        column = column.fill_null(-1)
    if pa.types.is_boolean(column.type) and column.null_count:
        column = column.cast(pa.int8()).cast(pa.float64())
    found: Array = column.to_numpy()
    return found


def codes_and_names(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """A text column, its row groups brought to one list of names in their order."""
    one = sorted_dictionary(column)
    return codes_of(one), tuple(one.dictionary.to_pylist())


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


def joined_levels(parts: Sequence[Levels]) -> Levels:
    """Steps in parts as one."""
    return replace(
        parts[0],
        time_s=np.concatenate([p.time_s for p in parts]),
        length_s=np.concatenate([p.length_s for p in parts]),
        allocated=np.concatenate([p.allocated for p in parts]),
        used=np.concatenate([p.used for p in parts]),
        queued=np.concatenate([p.queued for p in parts]),
        fragmented=joined_pieces([p.fragmented for p in parts]),
    )


def joined_pieces(parts: Sequence[Array | None]) -> Array | None:
    """One array of steps, None where there is nothing."""
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None


def numbers(table: StoredTable, name: str, names: Sequence[str]) -> NDArray[np.int64]:
    """A text column as places in a list of names."""
    codes, found = table.coded(name)
    place = {each: number for number, each in enumerate(names)}
    return np.array([place[each] for each in found], dtype=np.int64)[codes]
