"""Published instances: readers, rows, and a handful of real ones where the data are at hand."""

import gzip
import json
import os
from pathlib import Path

import pytest

import bench.published.instances as readers
from bench.commands import app
from bench.commands.endings import ending
from bench.published.facility import instances, row_of, share_over, stem
from bench.published.instances import InstanceError, read_instances
from scheduler.optimise import PlanFound

DATA = Path(os.environ.get("SUANLI_DATA", "../shared/data"))
needs_data = pytest.mark.skipif(
    not (DATA / "orlib-cap").is_dir(), reason="the instance files do not ship"
)

# our own small files, one of each format
CAP = "2 2\n 10 5.5\n 8 2\n 6\n 3.25 4\n 5\n 1 2\n"
GAP = "2 3\n 1 2 3\n 4 5 5\n 1 1 1\n 2 2 2\n 2 4\n"
SSCFLP = "2 3\n 5 6\n 10.0 20.0\n 1 2 3\n 1 2\n 3 4\n 5 6\n"
TSCFLP = "1 2 2\n 3 4\n 9 50\n 1.5 2\n 5 10\n 6 20\n 1 2\n 4 4\n"
TEXTS = {"cap": CAP, "gap": GAP, "sscflp": SSCFLP, "tscflp": TSCFLP}
LEAST = {
    "cap": 5.5 + 2 + 3.25 * 5 / 6 + 4 / 6 + 1,  # a sixth of the first moves: 0.75 / 6
    "gap": 1 + 2 + 5,
    "sscflp": 20 + 2 + 4 + 6,  # the second has room for all
}
LEAST["tscflp"] = 50 + 10 + 20 + (3 * 1 + 2 * 2 + 2 * 4) + (5 * 1.5 + 2 * 2)
FORMATS = pytest.mark.parametrize("kind", TEXTS)


def a_file(folder, kind, text=None, name="mine.txt"):
    path = folder / name
    path.write_text(TEXTS[kind] if text is None else text)
    return path


def rows(capsys, *args):
    status = ending(lambda: app([*map(str, args), "--json"]))
    out = capsys.readouterr()
    return status, [json.loads(line) for line in out.out.splitlines()], out.err


def test_cap_is_read(tmp_path):
    [problem] = read_instances("cap", a_file(tmp_path, "cap"))
    assert problem.capacity.tolist() == [10, 8]
    assert problem.opening.tolist() == [550, 200]
    assert problem.weight.tolist() == [[6, 5], [6, 5]]
    assert problem.cost.tolist() == [[325, 100], [400, 200]]
    assert (problem.unit, problem.split) == (100, True)


def test_gap_is_read(tmp_path):
    [problem] = read_instances("gap", a_file(tmp_path, "gap"))
    assert problem.cost.tolist() == [[1, 2, 3], [4, 5, 5]]
    assert problem.weight.tolist() == [[1, 1, 1], [2, 2, 2]]
    assert problem.capacity.tolist() == [2, 4]


def test_sscflp_is_read(tmp_path):
    [problem] = read_instances("sscflp", a_file(tmp_path, "sscflp"))
    assert problem.cost.tolist() == [[1, 3, 5], [2, 4, 6]]
    assert problem.opening.tolist() == [10, 20]


def test_tscflp_is_read(tmp_path):
    [problem] = read_instances("tscflp", a_file(tmp_path, "tscflp"))
    assert problem.plant_cost.tolist() == [[15, 20]]
    assert problem.depot_cost.tolist() == [[10, 20], [40, 40]]
    assert problem.depot_opening.tolist() == [100, 200]


@FORMATS
def test_a_row_is_right_to_the_letter(tmp_path, capsys, kind):
    if kind == "tscflp":
        pass
    status, [row], _ = rows(capsys, "bench", kind, a_file(tmp_path, kind))
    assert status == 0
    seconds = row.pop("seconds")
    assert 0 <= seconds < 30
    assert row == {
        "instance": "mine",
        "objective": LEAST[kind],
        "bound": LEAST[kind],
        "published": None,
        "gap": 0.0,
        "gap_published": None,
        "status": "optimal",
        "accepted": True,
    }


@FORMATS
@pytest.mark.parametrize("counted", [True, False], ids=["counted", "one after the other"])
def test_several_in_a_zipped_file(tmp_path, capsys, kind, counted):
    path = tmp_path / "all.txt.gz"
    path.write_bytes(gzip.compress((("2\n" if counted else "") + TEXTS[kind] * 2).encode()))
    status, found, _ = rows(capsys, "bench", kind, path)
    assert [row["instance"] for row in found] == ["all#1", "all#2"]
    assert [row["objective"] for row in found] == [LEAST[kind]] * 2
    assert status == 0


@FORMATS
def test_every_cut_file_is_refused_with_its_place(tmp_path, kind):
    words = TEXTS[kind].split()
    for count in range(1, len(words)):
        path = a_file(tmp_path, kind, " ".join(words[:count]))
        with pytest.raises(InstanceError, match=r"mine.txt: number \d+: expected "):
            read_instances(kind, path)


@FORMATS
@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("many", "expected a number; got 'many'"),
        ("nan", "expected a number; got 'nan'"),
        ("1_0", "expected a number; got '1_0'"),
        ("1e99", "expected less than 1e15; got 1e99"),
        ("0.00000000001", "expected 9 decimals at most"),
        ("-1", "expected a count from 1; got -1"),
        ("1.5", "expected a count from 1; got 1.5"),
    ],
)
def test_a_wrong_word_ends_with_status_2(tmp_path, capsys, kind, word, message):
    path = a_file(tmp_path, kind, f"2 {word} " + TEXTS[kind])
    status, found, err = rows(capsys, "bench", kind, path)
    assert (status, found) == (2, [])
    assert f"mine.txt: number 2: {message}" in err


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("cap", CAP.replace(" 6\n", " -6\n"), "expected demands of at least 0; got -6"),
        ("gap", GAP.replace(" 2 4\n", " 2 -4\n"), "number 16: expected at least 0; got -4"),
        ("gap", GAP.replace(" 4 5 5", " 4 5 900000000000000.001"), "too large and too fine"),
        ("cap", CAP.replace("10 5.5", "capacity 5.5"), "got 'capacity'; say which with"),
        ("cap", "", "mine.txt: empty"),
    ],
)
def test_what_cannot_be_is_said(tmp_path, kind, text, message):
    with pytest.raises(InstanceError, match=message):
        read_instances(kind, a_file(tmp_path, kind, text))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.gz", b"no gzip", "not a whole gzip file"),
        ("a.gz", gzip.compress(b"1 2 3", mtime=0)[:-6], "not a whole gzip file"),
        ("a.txt", b"\xff\xfe\xff", "not a text file"),
    ],
)
def test_what_is_no_text_is_said(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InstanceError, match=message):
        read_instances("cap", path)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "LARGEST_FILE", 1000)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"1 " * 1000, mtime=0))
    with pytest.raises(InstanceError, match="expected at most 0 MiB unpacked"):
        read_instances("cap", path)


def test_a_missing_file_ends_with_status_2(tmp_path, capsys):
    status, _, err = rows(capsys, "bench", "gap", tmp_path / "none")
    assert status == 2
    assert "none: no such file" in err


def test_no_plan_ends_with_status_3_and_the_reason(tmp_path, capsys):
    path = a_file(tmp_path, "gap", GAP.replace(" 2 4\n", " 0 4\n"))
    status, [row], _ = rows(capsys, "bench", "gap", path)
    assert status == 3
    assert row["objective"] is row["bound"] is row["gap"] is None
    assert not row["accepted"]
    assert row["status"].startswith("no plan: ")


# -- what is published ---------------------------------------------------------------------


def published_of(kind, file, capacities=()):
    return [(i.name, i.published) for i in instances(kind, [file], capacities)]


def test_a_value_is_looked_up_beside_the_file(tmp_path):
    (tmp_path / "published_best.csv").write_text("instance,best_known\nmine,7\nother,8\n")
    assert published_of("gap", a_file(tmp_path, "gap")) == [("mine", 7.0)]
    assert published_of("gap", a_file(tmp_path, "gap", name="yours")) == [("yours", None)]


def test_a_value_of_a_set_above_counts_only_in_its_folder(tmp_path):
    (tmp_path / "published_a.csv").write_text("set,instance,best_known\na,mine,7\nb,mine,9\n")
    for name, value in [("a", 7.0), ("b", 9.0), ("c", None)]:
        (tmp_path / name).mkdir()
        assert published_of("gap", a_file(tmp_path / name, "gap")) == [("mine", value)]


def test_a_path_names_the_folder_and_the_optimum_goes_before_the_best(tmp_path):
    head = "Path,Optimum,Best known solution value\n"
    (tmp_path / "published_best.csv").write_text(head + "a/mine,,8\na/second,6,6\nb/mine,1,1\n")
    (tmp_path / "a").mkdir()
    assert published_of("gap", a_file(tmp_path / "a", "gap")) == [("mine", 8.0)]
    second = a_file(tmp_path / "a", "gap", name="second")
    assert published_of("gap", second) == [("second", 6.0)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"instance,best_known\nmine,much\n", ":2: best_known: expected a number"),
        (b"instance,best_known\nmine,\xff\n", ": not a table: "),
    ],
)
def test_a_broken_table_of_values_ends_with_status_2(tmp_path, capsys, data, message):
    (tmp_path / "published_best.csv").write_bytes(data)
    status, _, err = rows(capsys, "bench", "gap", a_file(tmp_path, "gap"))
    assert status == 2
    assert f"published_best.csv{message}" in err


def capacities_published(folder):
    text = "instance,capacity_if_file_says_capacity,optimal_cost\nmine,20,1\nmine,30,2\n"
    (folder / "published_optima.csv").write_text(text)


def test_published_capacities_are_instances(tmp_path):
    capacities_published(tmp_path)
    text = CAP.replace("10 5.5", "capacity 5.5").replace("8 2", "capacity 2")
    path = a_file(tmp_path, "cap", text)
    assert published_of("cap", path) == [("mine#1", 1.0), ("mine#2", 2.0)]
    assert published_of("cap", path, [30]) == [("mine", 2.0)]
    assert published_of("cap", path, [40]) == [("mine", None)]
    assert [i.problem.capacity.tolist() for i in instances("cap", [path], [40])] == [[40, 40]]


def test_a_published_capacity_that_is_filled_in_is_kept(tmp_path):
    capacities_published(tmp_path)
    text = CAP.replace("10 5.5", "30 5.5").replace("8 2", "30 2")
    assert published_of("cap", a_file(tmp_path, "cap", text)) == [("mine", 2.0)]


@pytest.mark.parametrize(
    ("value", "base", "share"),
    [
        (101.0, 100.0, 0.01),
        (-99.0, -100.0, 0.01),
        (1.0, None, None),
        (None, 1.0, None),
        (0.0, 0.0, 0.0),
        (1.0, 0.0, None),
    ],
)
def test_a_gap_is_a_share_of_its_base(value, base, share):
    assert share_over(value, base) == share


def test_a_plan_with_faults_is_not_accepted(tmp_path):
    [instance] = instances("gap", [a_file(tmp_path, "gap")])
    found = PlanFound(None, None, None, "no plan: x", ("x",))
    assert not row_of(instance, found, 1.0).accepted


@pytest.mark.parametrize(
    ("name", "bare"), [("a.txt.gz", "a"), ("gap1-0", "gap1-0"), ("p1.txt", "p1")]
)
def test_stem(name, bare):
    assert stem(Path("x") / name) == bare


# -- solutions -----------------------------------------------------------------------------

SOLUTIONS = {
    "cap": "1 2\n1 5 2 1\n1 5\n",
    "gap": "1 1 2\n",
    "sscflp": "2\n2 2 2\n",
    "tscflp": "1\n1 2\n1 1 5\n1 2 2\n-\n1 1 3\n1 2 2\n2 2 2\n",
}


@FORMATS
def test_a_solution_is_written(tmp_path, capsys, kind):
    out = tmp_path / "out.sol"
    rows(capsys, "bench", kind, a_file(tmp_path, kind), "--solution", out)
    assert sorted(out.read_text().split()) == sorted(SOLUTIONS[kind].split())


def test_several_solutions_go_to_a_folder(tmp_path, capsys):
    files = [a_file(tmp_path, "gap", name=name) for name in ("a", "b")]
    status, _, err = rows(capsys, "bench", "gap", *files, "--solution", tmp_path / "no")
    assert status == 2
    assert "--solution: expected a folder for 2 instances" in err
    rows(capsys, "bench", "gap", *files, "--solution", tmp_path)
    assert (tmp_path / "a.sol").read_text() == (tmp_path / "b.sol").read_text() == "1 1 2\n"


def test_the_table_is_for_people(tmp_path, capsys):
    status = ending(lambda: app(["bench", "gap", str(a_file(tmp_path, "gap"))]))
    out = capsys.readouterr().out.splitlines()
    assert status == 0
    assert out[0].split()[:3] == ["instance", "objective", "bound"]
    assert out[1].split()[:6] == ["mine", "8.000", "8.000", "-", "0.000%", "-"]


# -- the real files ------------------------------------------------------------------------

HANDFUL = [
    *[("cap", f"orlib-cap/{name}.txt", 1e-8) for name in ("cap41", "cap74", "cap134")],
    ("gap", "gap/cattrysse1994/gap12-0", 0.01),
    ("gap", "gap/chu1997/c05100", 0.01),
    ("sscflp", "sscflp/holmberg/p1.txt.gz", 0.01),
    ("sscflp", "sscflp/delmaire/p57.txt.gz", 0.01),
]


@needs_data
@pytest.mark.parametrize(("kind", "file", "most"), HANDFUL)
def test_a_real_instance_is_reached(capsys, kind, file, most):
    status, [row], _ = rows(capsys, "bench", kind, DATA / file, "--seconds", 10)
    assert status == 0
    assert row["accepted"]
    assert -1e-8 <= row["gap_published"] <= most


ORLIB = sorted((DATA / "orlib-cap").glob("cap[0-9]*.txt"))


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("file", ORLIB, ids=lambda file: file.stem)
def test_every_small_cap_file_reaches_the_published_optimum(capsys, file):
    _, [row], _ = rows(capsys, "bench", "cap", file)
    assert row["objective"] == pytest.approx(row["published"], abs=0.01)


@needs_data
@pytest.mark.slow
def test_a_two_stage_instance_comes_close(capsys):
    file = DATA / "tscflp/PSC1-C1-50.txt.gz"
    _, [row], _ = rows(capsys, "bench", "tscflp", file, "--seconds", 60)
    assert 721_209.6 <= row["objective"] <= 722_178 * 1.015
