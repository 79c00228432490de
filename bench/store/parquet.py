"""Tables as Parquet: written in chunks as they come, read a column at a time.

The same rows give the same bytes, however the engine cut them into chunks: row groups have a
fixed size and every dictionary is in the order of names.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.faults import RunFolderError

# Arrow's own pool keeps what a row group needed until the process ends: 70 MB of a run of
# 263,000 jobs, and more with its length. The system's gives it back, at the same speed.
pa.set_memory_pool(pa.system_memory_pool())

ROW_GROUP = 65_536
Array = NDArray[Any]
TEXT = pa.dictionary(pa.int32(), pa.string())


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
