"""Tables of a run folder as Parquet: written in chunks as they come, read a column at a time.

The same rows give the same bytes, however the engine cut them into chunks: row groups have a
fixed size and every dictionary is in the order of names.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.faults import RunFolderError
from bench.measures import COLUMNS, MeasureTable
from scenarios import Scenario
from scheduler import JobTable, Levels
from topology import RESOURCES

ROW_GROUP = 65_536
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

LEVEL_TEXT = ("variant", "pool", "resource")
LEVEL_VALUES = ("time_s", "installed", "capacity", "allocated", "used", "queued")
LEVEL_SCHEMA = pa.schema(
    [("variant", TEXT), ("seed", pa.int32()), ("pool", TEXT), ("resource", TEXT)]
    + [(name, pa.float64()) for name in LEVEL_VALUES]
)

MEASURE_SCHEMA = pa.schema(
    [(name, pa.string()) for name in COLUMNS[:5]] + [("seed", pa.int32()), ("value", pa.float64())]
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
            column_encoding={name: "BYTE_STREAM_SPLIT" for name in spans},
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
    names: list[str] = sorted(
        {
            chunk.dictionary[int(code)].as_py()
            for chunk in column.chunks
            for code in np.unique(codes_of(chunk))
            if code >= 0
        }
    )
    place = {name: number for number, name in enumerate(names)}
    codes = [
        np.array([place.get(name, -1) for name in [*chunk.dictionary.to_pylist(), None]])[
            codes_of(chunk)
        ]
        for chunk in column.chunks
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
