"""Tables on disk: types, order, the same bytes, and every face of Records read back."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.faults import RunFolderError
from bench.metrics import measure
from bench.store import RunWriter, StoredLevels, StoredRecords, read_measures, write_measures
from bench.store.levels import LevelWriter
from scheduler import joined_levels
from tests.bench.fakes import (
    EDGE,
    JOB,
    REFUSED,
    RUNNING,
    WAITING,
    FakeRecords,
    FakeTable,
    a_job,
    a_scenario,
    some_levels,
)

JOBS = [a_job(), a_job(**EDGE, id="b"), a_job(**WAITING), a_job(**REFUSED), a_job(**RUNNING)]


def written(folder, jobs, levels=None, cut=3):
    """The stored run of these jobs, given to the writer in chunks of `cut` rows."""
    folder.mkdir(exist_ok=True)
    writer = RunWriter(folder / "jobs.parquet", folder / "levels.parquet", "base", 1)
    for start in range(0, len(jobs), cut):
        writer.jobs(FakeTable(jobs[start : start + cut]))
    writer.levels(levels or some_levels())
    writer.close()
    assert writer.rows == len(jobs)
    return StoredRecords(folder / "jobs.parquet", folder / "levels.parquet", None, "base", 1)


def test_the_job_table_is_the_contracts(tmp_path):
    written(tmp_path, JOBS)
    schema = pq.read_schema(tmp_path / "jobs.parquet")
    text = pa.dictionary(pa.int32(), pa.string())
    names = [
        "variant",
        "workload",
        "tenant",
        "region",
        "class",
        "chip",
        "site",
        "pool",
        "cloud",
        "tier",
        "state",
        "reason",
        "id",
        "seed",
        "nodes",
        "priority",
        "preemptions",
        "node",
        "counted",
        "deadline_met",
        "submit_s",
        "start_s",
        "end_s",
        "dispatch_s",
        "transfer_in_s",
        "transfer_s",
        "wait_s",
        "run_s",
        "latency_s",
        "estimate_s",
        "lost_s",
        "vcpu",
        "memory_gib",
        "gpu",
    ]
    types = (
        [text] * 12 + [pa.string()] + [pa.int32()] * 5 + [pa.bool_()] * 2 + [pa.float64()] * 14
    )
    assert schema.names == names
    assert schema.types == types
    assert list(JOB) == names


def test_what_is_not_reached_is_null(tmp_path):
    written(tmp_path, JOBS)
    table = pq.read_table(tmp_path / "jobs.parquet")
    assert table.column("pool").to_pylist() == ["core-cpu", "edge-gpu", None, None, "core-cpu"]
    assert table.column("start_s").to_pylist() == [0, 0, None, None, 0]
    assert table.column("node").to_pylist() == [0, 0, None, None, 0]
    assert table.column("deadline_met").to_pylist() == [None] * 5
    assert table.column("reason").to_pylist() == ["", "", "", "too-big", ""]


def test_every_column_reads_back(tmp_path):
    stored, jobs = written(tmp_path, JOBS), FakeTable(JOBS)
    assert stored.rows == 5
    for name in JOB:
        np.testing.assert_array_equal(stored.column(name), jobs.column(name), err_msg=name)
    codes, names = stored.coded("pool")
    assert codes.tolist() == [0, 1, -1, -1, 0]
    assert names == ("core-cpu", "edge-gpu")


def test_flags_read_back_whether_or_not_null_is_among_them(tmp_path):
    known = written(tmp_path / "a", [a_job(deadline_met=1.0), a_job(deadline_met=0.0)])
    assert known.column("deadline_met").tolist() == [True, False]
    some = written(tmp_path / "b", [a_job(deadline_met=1.0), a_job()])
    np.testing.assert_array_equal(some.column("deadline_met"), [1.0, np.nan])
    assert known.column("counted").dtype == bool


def test_chunks_read_back_in_order(tmp_path):
    jobs = [a_job(id=str(number), submit_s=float(number)) for number in range(70_000)]
    chunks = list(written(tmp_path, jobs, cut=50_000).chunks())
    assert [chunk.rows for chunk in chunks] == [65_536, 70_000 - 65_536]
    assert chunks[1].column("submit_s")[0] == 65_536
    assert chunks[1].coded("pool")[1] == ("core-cpu",)


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_the_bytes_do_not_depend_on_chunks(tmp_path, cut):
    written(tmp_path / "a", JOBS, cut=3)
    written(tmp_path / "b", JOBS, cut=cut)
    for name in ("jobs.parquet", "levels.parquet"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_measures_from_disk_are_those_from_memory_to_the_bit(tmp_path):
    scenario = a_scenario(tmp_path)
    rng = np.random.default_rng(1)
    jobs = [a_job(wait_s=w, run_s=r, latency_s=w + r) for w, r in rng.exponential(9, (500, 2))]
    written(tmp_path / "run", jobs)
    folder = tmp_path / "run"
    stored = StoredRecords(
        folder / "jobs.parquet", folder / "levels.parquet", scenario, "base", 1
    )
    assert (
        measure(stored).value.tobytes() == measure(FakeRecords(jobs, scenario)).value.tobytes()
    )


def test_a_run_without_jobs_can_be_stored(tmp_path):
    stored = written(tmp_path, [])
    assert stored.rows == 0
    assert len(stored.column("wait_s")) == 0
    assert stored.coded("pool")[1] == ()
    assert list(stored.chunks()) == []


MOVING = ("time_s", "length_s", "allocated", "used", "queued", "fragmented")


def random_levels(lines=("core-cpu", "edge-gpu")):
    rng, zero = np.random.default_rng(2), some_levels().capacity == 0
    allocated, used = rng.random((2, 3, 2, 6))
    allocated[:, zero], used[:, zero] = 0, 0
    queued = rng.random((3, len(lines), 6))
    queued[:, :, 4:] = 0
    if lines[0] == "core-cpu":
        queued[:, zero] = 0
    return some_levels(
        3,
        lines=lines,
        time_s=np.array([60.0, 360.0, 660.0]),
        length_s=np.array([300, 300, 7.0]),
        allocated=allocated,
        used=used,
        queued=queued,
        fragmented=allocated[:, :, 2] / 8,
    )


@pytest.mark.parametrize(
    "lines", [("core-cpu", "edge-gpu"), ("platform",), ("site:a", "site:b")]
)
def test_levels_read_back(tmp_path, lines):
    levels = random_levels(lines)
    found = written(tmp_path, [], levels).levels
    assert (found.pools, found.lines, found.resources) == (
        levels.pools,
        lines,
        levels.resources,
    )
    for name in (*MOVING, "installed", "capacity"):
        np.testing.assert_array_equal(getattr(found, name), getattr(levels, name), err_msg=name)


def test_a_line_above_pools_has_only_what_is_queued(tmp_path):
    written(tmp_path, [], random_levels(("platform",)))
    table = pq.read_table(tmp_path / "levels.parquet").to_pylist()
    assert list(table[0]) == [
        "variant", "seed", "pool", "resource", "time_s",
        "installed", "capacity", "allocated", "used", "queued", "fragmented",
    ]  # fmt: skip
    above = [row for row in table if row["pool"] == "platform"]
    assert {row["resource"] for row in above} == {"vcpu", "memory", "gpu", "gpu_memory"}
    assert all(row["capacity"] is None and row["allocated"] is None for row in above)
    assert all(
        (row["fragmented"] is None) == (row["resource"] != "gpu" or row in above)
        for row in table
    )
    assert all(row["queued"] == 0 for row in table if row["pool"] != "platform")
    assert [row["resource"] for row in table if row["pool"] == "core-cpu"][:2] == [
        "vcpu",
        "memory",
    ]


def test_levels_in_parts_are_the_same_file(tmp_path):
    whole = random_levels()
    parts = [
        some_levels(0, **{name: getattr(whole, name)[a:b] for name in MOVING})
        for a, b in ((0, 2), (2, 2), (2, 3))
    ]
    for name, levels in (("a", [whole]), ("b", parts)):
        writer = LevelWriter(tmp_path / name, "base", 1)
        for part in levels:
            writer.levels(part)
        writer.close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_unknown_capacity_is_null_and_has_rows(tmp_path):
    installed = some_levels().installed.copy()
    installed[0, 1] = np.nan
    found = written(tmp_path, [], some_levels(installed=installed)).levels
    assert np.isnan(found.installed[0, 1])


def test_no_steps_no_rows(tmp_path):
    empty = some_levels(0)
    found = written(tmp_path, [], empty).levels
    assert len(found.time_s) == 0


def test_measures_read_back(tmp_path):
    table = measure(FakeRecords(JOBS, a_scenario(tmp_path)))
    write_measures(tmp_path / "m.parquet", table)
    found = read_measures(tmp_path / "m.parquet")
    assert [str(row) for row in found.rows()] == [str(row) for row in table.rows()]
    column = pq.read_table(tmp_path / "m.parquet").column("value")
    assert column.null_count == np.isnan(table.value).sum() > 0


# --- broken files -------------------------------------------------------------------------


def test_a_missing_table(tmp_path):
    with pytest.raises(RunFolderError, match=r"m\.parquet: missing$"):
        read_measures(tmp_path / "m.parquet")


def test_a_table_cut_short(tmp_path):
    written(tmp_path, JOBS)
    path = tmp_path / "jobs.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    stored = StoredRecords(path, path, None, "base", 1)
    with pytest.raises(
        RunFolderError, match=r"jobs\.parquet: broken: not a whole Parquet file$"
    ):
        stored.column("id")


@pytest.mark.wide
def test_a_table_with_garbage_inside(tmp_path):
    rows = [a_job(submit_s=float(x)) for x in np.random.default_rng(1).random(5_000)]
    written(tmp_path, rows)
    path = tmp_path / "jobs.parquet"
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 2] = b"\x07" * (len(content) // 2 - 4)
    path.write_bytes(content)
    stored = StoredRecords(path, path, None, "base", 1)
    with pytest.raises(RunFolderError, match=r"broken: its data cannot be read$"):
        [stored.column(name) for name in JOB]
    with pytest.raises(RunFolderError, match=r"broken: its data cannot be read$"):
        list(stored.chunks())


def test_another_table(tmp_path):
    path = tmp_path / "m.parquet"
    pq.write_table(pa.table({"variant": ["a"]}), path)
    with pytest.raises(RunFolderError, match=r"not the table expected: no column 'measure'$"):
        read_measures(path)


def test_a_column_of_another_type(tmp_path):
    write_measures(tmp_path / "m.parquet", measure(FakeRecords([], a_scenario(tmp_path))))
    table = pq.read_table(tmp_path / "m.parquet")
    turned = table.set_column(5, "seed", table.column("seed").cast(pa.int64()))
    pq.write_table(turned, tmp_path / "m.parquet")
    with pytest.raises(RunFolderError, match=r"column 'seed': expected int32; got int64$"):
        read_measures(tmp_path / "m.parquet")


def test_levels_without_their_notes(tmp_path):
    written(tmp_path, [])
    table = pq.read_table(tmp_path / "levels.parquet").replace_schema_metadata(None)
    pq.write_table(table, tmp_path / "levels.parquet")
    with pytest.raises(RunFolderError, match=r"broken: its notes are missing$"):
        next(StoredLevels(tmp_path / "levels.parquet").chunks())


@pytest.mark.parametrize("rows", [1, 5, 16, 17, 1_000])
def test_levels_come_in_whole_steps_however_row_groups_cut_them(tmp_path, monkeypatch, rows):
    levels = random_levels()
    monkeypatch.setattr("bench.store.parquet.ROW_GROUP", rows)
    written(tmp_path, [], levels)
    stored = StoredLevels(tmp_path / "levels.parquet")
    parts = list(stored.chunks())
    for name in ("time_s", "length_s", "allocated", "used", "queued"):
        found = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(found, getattr(levels, name), err_msg=name)
    np.testing.assert_array_equal(stored.lengths_s(), levels.length_s)
    for part in parts:
        np.testing.assert_array_equal(part.capacity, levels.capacity)


def test_levels_of_a_folder_from_before_say_nothing_of_pieces(tmp_path):
    written(tmp_path, [], random_levels())
    path = tmp_path / "levels.parquet"
    table = pq.read_table(path)
    notes = {b"suanli": pq.ParquetFile(path).metadata.metadata[b"suanli"]}
    pq.write_table(table.drop_columns(["fragmented"]).replace_schema_metadata(notes), path)
    levels = joined_levels(list(StoredLevels(path).chunks()))
    assert levels.fragmented is None
    assert levels.allocated.any()
