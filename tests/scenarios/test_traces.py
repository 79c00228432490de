import gzip
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from scenarios import sheets
from scenarios.job_table import COLUMNS
from scenarios.trace_formats import import_openb, import_philly, import_swf, import_table
from scenarios.trace_jobs import distinct_rows
from scenarios.traces import read_table, write_table

SAMPLES = Path(__file__).parent / "samples"
DATA = Path(os.environ.get("SUANLI_DATA", "../shared/data"))


def told(table):
    return [str(problem) for problem in table.problems]


def a_table(tmp_path, text, name="t.csv", **options):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, **options)


def real(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is absent: set SUANLI_DATA to the folder of public data")
    return path


def test_a_table_is_columns_in_file_order():
    table = import_table(SAMPLES / "jobs.csv")
    assert table.ids == ["late", "early", "tie"]
    assert table.numbers["submit_s"].tolist() == [10, 0, 10]
    assert table.numbers["gpu"].tolist() == [0.5, 0, 2]
    assert np.isnan(table.numbers["estimate_s"]).tolist() == [False, True, True]
    assert table.texts["chips"].values() == ["T4|P100", None, None]
    assert table.numbers["preemptible"].tolist()[::2] == [1, 0]
    assert table.lines.tolist() == [2, 3, 4]
    assert table.last_submit_us == 10_000_000
    assert not table.bad.any()


def test_every_broken_row_is_told_with_its_line():
    table = import_table(SAMPLES / "broken.csv")
    assert told(table) == [
        "broken.csv:4:1: submit_s: expected 0 to 1e+09; got -1",
        "broken.csv:5:1: run_s: expected a number; got 'ten'",
        "broken.csv:6:1: gpu: expected a share up to 1 or a whole number; got 1.5",
        "broken.csv:7:1: submit_s: expected a number; got 'nothing'",
        "broken.csv:8:1: nodes: expected a whole number; got 1.5",
        "broken.csv:9:1: security_level: expected 1 to 5; got 9",
        "broken.csv:10:1: preemptible: expected true or false; got 'maybe'",
        "broken.csv:11:1: expected 8 columns; got 9",
        "broken.csv:12:1: expected 8 columns; got 3",
        "broken.csv:13:1: run_s: expected a number; got 'inf'",
    ]
    assert sorted(table.lines[~table.bad].tolist()) == [2, 14]
    assert table.notes == ("broken.csv: columns not used: remark",)
    assert len(table.refusal("refuse")) == 10
    assert table.refusal("skip") == ()


def test_columns_rename_ours_to_theirs(tmp_path):
    text = "job,arrive_s,cores,service_s\n0,0.7,2,244.5\n"
    names = {"id": "job", "submit_s": "arrive_s", "vcpu": "cores", "run_s": "service_s"}
    table = a_table(tmp_path, text, columns=names)
    assert table.ids == ["0"]
    assert table.columns == ("submit_s", "run_s", "vcpu", "id")
    assert table.notes == ()


def test_a_broken_cell_of_a_renamed_column_is_told_by_its_title(tmp_path):
    table = a_table(tmp_path, "submit_s,cores\n0,-2\n", columns={"vcpu": "cores"})
    assert told(table) == ["t.csv:2:1: cores: expected 0 to 1e+07; got -2"]


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("run_s\n1\n", {}, "t.csv:1:1: submit_s: this column is required"),
        ("submit_s,vcpus\n1,2\n", {}, "t.csv:1:1: vcpus: unknown column; did you mean 'vcpu'?"),
        ("submit_s,VCPU\n1,2\n", {}, "t.csv:1:1: VCPU: unknown column; did you mean 'vcpu'?"),
        ("submit_s,rnu_s\n1,2\n", {},
         "t.csv:1:1: rnu_s: unknown column; did you mean 'run_s'?"),
        ("submit_s,vcpu,vcpu\n1,2,3\n", {}, "t.csv:1:1: vcpu: column appears more than once"),
        ("submit_s,core\n1,2\n", {"vcpu": "cores"},
         "t.csv:1:1: cores: no such column, wanted as vcpu; did you mean 'core'?"),
        ("submit_s,vcpu\n", {}, "t.csv: expected at least one row"),
        ("", {}, "t.csv: expected a line of column names first"),
        (b"\xff\xfe\x00\n", {}, "t.csv: expected UTF-8 text or Parquet"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(tmp_path, text, columns, expected):
    table = a_table(tmp_path, text, columns=columns)
    assert told(table) == [expected]
    assert table.fatal
    assert table.refusal("skip") == table.problems


def test_bad_utf8_breaks_its_row_only(tmp_path):
    table = a_table(tmp_path, b"submit_s,tenant\n1,a\n2,\xff\n3,b\n")
    assert told(table) == ["t.csv:3:1: tenant: expected UTF-8 text"]
    assert table.texts["tenant"].values() == ["a", None, "b"]


def test_control_characters_in_names_break_the_row(tmp_path):
    table = a_table(tmp_path, "submit_s,id\n1,a\x07\n")
    assert told(table) == ["t.csv:2:1: id: expected text without control characters"]


def test_empty_lines_are_no_rows_but_keep_the_count(tmp_path):
    table = a_table(tmp_path, "submit_s,vcpu\n\n1,1\n,\n\n2,x\n")
    assert told(table) == [
        "t.csv:4:1: submit_s: expected a number; got 'nothing'",
        "t.csv:6:1: vcpu: expected a number; got 'x'",
    ]
    assert table.rows == 3


def test_a_byte_order_mark_spaces_and_crlf_are_tolerated(tmp_path):
    table = a_table(tmp_path, "\ufeffsubmit_s, vcpu\r\n 1 , +2 \r\n")
    assert not table.problems
    assert table.numbers["vcpu"].tolist() == [2.0]


def test_gzip_reads_as_the_plain_file(tmp_path):
    plain = (SAMPLES / "jobs.csv").read_bytes()
    table = a_table(tmp_path, gzip.compress(plain), "jobs.csv.gz")
    assert table.numbers["submit_s"].tolist() == [10, 0, 10]


def test_a_broken_gzip_says_so(tmp_path):
    whole = gzip.compress(b"submit_s\n" + b"1\n" * 100_000)
    assert "cannot be read" in told(a_table(tmp_path, b"\x00\x01", "a.csv.gz"))[0]
    assert "cannot be read" in told(a_table(tmp_path, whole[:200], "b.csv.gz"))[0]


def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_BYTES", 3_000_000)
    bomb = gzip.compress(b"submit_s\n" + b"1\n" * 3_000_000)
    table = a_table(tmp_path, bomb, "bomb.csv.gz")
    assert "after decompression" in told(table)[0]
    path = tmp_path / "bomb.parquet"
    pyarrow.parquet.write_table(pa.table({"submit_s": np.zeros(1_000_000)}), path)
    assert "after decompression" in told(read_table(path))[0]


def test_parquet_rows_count_from_one(tmp_path):
    path = tmp_path / "t.parquet"
    columns = {
        "submit_s": [1, -5, None],
        "tenant": ["a", "b", "a"],
        "preemptible": [True, None, False],
    }
    pyarrow.parquet.write_table(pa.table(columns), path)
    table = read_table(path)
    assert told(table) == [
        "t.parquet:2:1: submit_s: expected 0 to 1e+09; got -5",
        "t.parquet:3:1: submit_s: expected a number; got 'nothing'",
    ]
    assert table.texts["tenant"].values() == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([[1.0]], "t.parquet:1:1: vcpu: expected a number; got '[1.0]'"),
        (["x"], "t.parquet:1:1: vcpu: expected a number; got 'x'"),
        ([float("nan")], "t.parquet:1:1: vcpu: expected a number; got 'nan'"),
    ],
)
def test_parquet_columns_of_another_type_break_their_rows(tmp_path, column, expected):
    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pa.table({"submit_s": [1.0], "vcpu": column}), path)
    assert told(read_table(path)) == [expected]


def test_no_parquet_at_all_says_so(tmp_path):
    table = a_table(tmp_path, "submit_s\n1\n", "t.parquet")
    assert told(table) == ["t.parquet: expected a Parquet file"]


@pytest.mark.parametrize("name", ["out.parquet", "out.csv"])
def test_a_table_written_reads_back_the_same(tmp_path, name):
    table = import_table(SAMPLES / "jobs.csv")
    write_table(tmp_path / name, table)
    again = read_table(tmp_path / name)
    assert not again.problems
    assert again.ids == table.ids
    assert again.columns == table.columns
    for column in table.numbers:
        assert np.array_equal(again.numbers[column], table.numbers[column], equal_nan=True)
    assert again.texts["chips"].values() == table.texts["chips"].values()


def test_broken_rows_are_not_written(tmp_path):
    write_table(tmp_path / "out.csv", import_table(SAMPLES / "broken.csv"))
    assert read_table(tmp_path / "out.csv").rows == 2


def test_openb_pods_created_run_as_long_as_they_ran():
    table, topology = import_openb(SAMPLES / "pods.csv", SAMPLES / "nodes.csv")
    assert table.ids == ["pod-a", "pod-b", "pod-c", "pod-d"]
    assert table.numbers["submit_s"].tolist() == [0, 100, 200, 300]
    assert table.numbers["run_s"].tolist() == [3590, 600, 60, 7200]
    assert table.numbers["gpu"].tolist() == [1, 0.46, 0, 8]
    assert table.numbers["vcpu"].tolist() == [12, 6.5, 4, 64]
    assert table.numbers["memory_gib"].tolist() == [16, 12, 1, 256]
    assert table.texts["chips"].values() == [None, "P100|T4", None, "G2"]
    assert [pool["name"] for pool in topology["pools"]][:2] == ["G2-96c-8g", "P100-64c-2g"]


def test_openb_pods_scheduled_are_those_that_were_placed():
    table, _ = import_openb(SAMPLES / "pods.csv", submit="scheduled")
    assert table.ids == ["pod-a", "pod-b", "pod-d"]
    assert table.numbers["submit_s"].tolist() == [10, 100, 300]
    assert table.notes == ("pods.csv: 1 rows left out, never placed",)


def test_openb_lists_without_times_run_for_ever():
    table, _ = import_openb(SAMPLES / "pods_without_times.csv")
    assert table.numbers["submit_s"].tolist() == [0, 0]
    assert np.isnan(table.numbers["run_s"]).all()
    assert table.numbers["gpu"].tolist() == [1, 2]


def test_openb_rows_that_are_broken_are_told(tmp_path):
    text = (SAMPLES / "pods.csv").read_text().replace("12000,", "many,").replace(",460,", ",,")
    (tmp_path / "pods.csv").write_text(text)
    table, _ = import_openb(tmp_path / "pods.csv")
    assert told(table) == [
        "pods.csv:2:1: cpu_milli: expected a number; got 'many'",
        "pods.csv:3:1: gpu_milli: expected a number; got 'nothing'",
    ]


def test_openb_without_its_columns_says_so():
    table, _ = import_openb(SAMPLES / "jobs.csv")
    assert "jobs.csv:1:1: cpu_milli: this column is required" in told(table)


def test_swf_jobs_have_units_converted_and_unknown_ones_told():
    table = import_swf(SAMPLES / "log.swf")
    assert told(table) == [
        "log.swf:7:1: run time: expected at least 0; got -1",
        "log.swf:8:1: processors: expected at least 1; got -1",
        "log.swf:9:1: expected 18 numbers",
    ]
    good = ~table.bad
    assert [table.ids[i] for i in np.flatnonzero(good)] == ["1", "2", "6"]
    assert table.numbers["submit_s"][good].tolist() == [0, 30, 61]
    assert table.numbers["run_s"][good].tolist() == [120, 60, 0]
    assert table.numbers["vcpu"][good].tolist() == [4, 1, 2]
    assert table.numbers["memory_gib"][good].tolist() == [4, 0.5, 0]
    assert table.numbers["estimate_s"][good].tolist()[0] == 600
    assert np.isnan(table.numbers["estimate_s"][good]).tolist() == [False, True, True]


def test_swf_partitions_become_regions_when_asked():
    assert "region" not in import_swf(SAMPLES / "log.swf").texts
    table = import_swf(SAMPLES / "log.swf", "region")
    good = np.flatnonzero(~table.bad)
    regions = table.texts["region"].values()
    assert [regions[i] for i in good] == ["north.example", "south.example", "9"]


def test_philly_jobs_count_from_midnight_of_the_first_day():
    table = import_philly(SAMPLES / "philly.csv")
    assert table.notes == ("philly.csv: starts on 2017-10-08T00:00",)
    assert table.numbers["submit_s"].tolist() == [31 * 3600 + 115, 23 * 3600, 48 * 3600]
    assert table.numbers["run_s"].tolist() == [66, 30.5, 0]
    assert table.numbers["gpu"].tolist() == [1, 8, 4]
    assert table.numbers["nodes"].tolist() == [1, 2, 1]
    assert table.texts["tenant"].values() == ["red", "blue", "red"]


def test_philly_rows_that_are_broken_are_told(tmp_path):
    text = (SAMPLES / "philly.csv").read_text().replace("2017-10-10 00:00:00", "soon")
    (tmp_path / "philly.csv").write_text(text.replace("30.5", ""))
    assert told(import_philly(tmp_path / "philly.csv")) == [
        "philly.csv:3:1: duration: expected a number; got 'nothing'",
        "philly.csv:4:1: timestamp: expected a local time, as 2026-03-02 08:30:00; got 'soon'",
    ]


def test_distinct_rows_are_numbered_by_first_appearance():
    columns = [np.array([5, 5, 3, 5]), np.array([1, 2, 1, 1]), np.array([7, 7, 7, 7])]
    codes, firsts = distinct_rows(columns, 4)
    assert codes.tolist() == [0, 1, 2, 0]
    assert firsts.tolist() == [0, 1, 2]


def test_the_columns_are_those_of_the_contract():
    assert {"submit_s", "run_s", "class", "stays_within", "input_at"} <= set(COLUMNS)


def test_many_rows_hold_every_sort_of_cell(tmp_path):
    header, *rows = (SAMPLES / "jobs.csv").read_text().splitlines()
    table = a_table(tmp_path, "\n".join([header, *rows * 20_000]) + "\n", "many.csv")
    assert table.rows == 60_000
    assert not table.problems


def test_openb_default_list_has_its_published_sums():
    pods = real("openb-2023/openb_pod_list_default.csv")
    created, _ = import_openb(pods)
    assert (created.rows, created.bad.sum()) == (8152, 0)
    assert created.numbers["gpu"].sum() == pytest.approx(6086.8)
    placed, _ = import_openb(pods, submit="scheduled")
    hours = (placed.numbers["gpu"] * placed.numbers["run_s"]).sum() / 3600
    assert placed.rows == 7255
    assert hours == pytest.approx(51_470.7, abs=0.05)


@pytest.mark.parametrize("name", ["cpu0", "cpu300", "gpushare100", "gpuspec33", "multigpu50"])
def test_every_openb_list_reads_without_a_broken_row(name):
    table, _ = import_openb(real(f"openb-2023/openb_pod_list_{name}.csv.gz"))
    assert table.rows > 7000
    assert not table.problems


def test_the_grid_log_has_its_published_sums():
    table = import_swf(real("swf-traces/LCG-2005-1.swf.gz"), "region")
    assert table.rows == 188_041
    assert not table.problems
    assert table.numbers["run_s"].mean() == pytest.approx(7990, abs=1)
    assert len(table.texts["region"].names) == 170


def test_the_philly_extract_has_its_published_sums():
    table = import_philly(real("philly-2017/philly_jobs.csv.gz"))
    hours = table.numbers["run_s"] * table.numbers["gpu"] * table.numbers["nodes"] / 3600
    assert table.rows == 82_247
    assert hours.sum() == pytest.approx(978_078, abs=1)
