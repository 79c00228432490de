"""The tables of a run folder, a file a table: written as a run goes, and read back."""

from bench.store.levels import StoredLevels
from bench.store.measures import read_measures, write_measures
from bench.store.runs import RunWriter, StoredRecords

__all__ = ["RunWriter", "StoredLevels", "StoredRecords", "read_measures", "write_measures"]
