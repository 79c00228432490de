"""The measures of a run on disk, a row a figure, null where undefined."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measures import COLUMNS, MeasureTable
from bench.store.parquet import ROW_GROUP, nullable, opened, read_columns

MEASURE_SCHEMA = pa.schema(
    [(name, pa.string()) for name in COLUMNS[:5]]
    + [("seed", pa.int32()), ("value", pa.float64())]
)


def write_measures(path: Path, table: MeasureTable) -> None:
    """Writes a table of measures, null where undefined."""
    columns = [pa.array(getattr(table, name), type=pa.string()) for name in COLUMNS[:5]]
    columns += [pa.array(table.seed), nullable(table.value, pa.float64())]
    whole = pa.Table.from_arrays(columns, schema=MEASURE_SCHEMA)
    pq.write_table(whole, path, compression="zstd", row_group_size=ROW_GROUP)


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
