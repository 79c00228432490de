"""From a scenario to a run folder: same bytes, resumption, workers that die, refusals."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench import experiment, folder, measure
from bench.experiment import is_random, run, seeds_of, unserved
from bench.faults import RunFolderError, RunLostError, StoreError
from bench.folder import open_run
from bench.measures import table_of
from scenarios import ScenarioError
from scheduler import simulate
from tests.bench.fakes import TEXT, a_scenario

TWO = TEXT + "variants:\n  wide: {}\n  narrow: {'topology.pools[core-cpu].nodes': 1}\n"
FIXED = TEXT.replace("{kind: poisson, per_h: 100}", "{kind: fixed, every_s: 60}").replace(
    "{kind: exponential, mean_h: 0.1}", "{kind: fixed, mean_h: 0.1}"
)
HOUSE = Path(__file__).resolve().parents[2]


def with_policy(name, folder, times=0, text=TEXT):
    own = f'"tests.bench.own_policies:{name}", folder: "{folder}", times: {times}'
    return text + f"policies: {{dispatch: {{name: {own}}}}}\n"


def bytes_of(path):
    return {
        p.relative_to(path).as_posix(): p.read_bytes()
        for p in sorted(path.rglob("*"))
        if p.is_file() and p.name != "manifest.json"
    }


def names_in(path):
    return sorted(p.name for p in path.iterdir())


def test_a_run_folder_holds_what_the_contract_says(tmp_path):
    found = run(a_scenario(tmp_path, TWO), seeds=2, out=tmp_path / "out")
    assert sorted(bytes_of(tmp_path / "out")) == [
        "jobs/narrow-1.parquet", "jobs/narrow-2.parquet",
        "jobs/wide-1.parquet", "jobs/wide-2.parquet",
        "levels/narrow-1.parquet", "levels/narrow-2.parquet",
        "levels/wide-1.parquet", "levels/wide-2.parquet",
        "measures.parquet", "summary.json",
    ]  # fmt: skip
    assert (found.fresh, found.variants, found.seeds) == (True, ("wide", "narrow"), (1, 2))
    assert names_in(tmp_path) == ["out", "scenario.yaml"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert list(summary) == ["schema", "scenario", "question", "answer", "variants"]
    assert summary["answer"] == {"measure": "wait_p95_s", "better": "lower"}
    assert list(summary["variants"]) == ["wide", "narrow"]
    assert summary["variants"]["wide"]["wait_p95_s"].keys() == {
        "mean",
        "low",
        "high",
        "n",
        "unit",
    }


def test_the_manifest_says_where_all_comes_from(tmp_path):
    scenario = a_scenario(tmp_path, TWO)
    found = run(scenario, seeds=1, out=tmp_path / "out").manifest
    assert found["schema"] == 1
    assert found["scenario"] == {"name": "two-rooms", "digest": scenario.digest}
    assert [v["name"] for v in found["variants"]] == ["wide", "narrow"]
    assert found["versions"]["numpy"] == np.__version__
    assert found["job_count"] == sum(r["job_count"] for r in found["runs"]) > 100
    assert found["wall"]["total_s"] >= max(r["wall_s"] for r in found["runs"])
    assert len(found["files"]) == 6


def test_the_stored_tables_are_those_of_the_engine(tmp_path):
    scenario = a_scenario(tmp_path)
    found = run(scenario, seeds=[3], out=tmp_path / "out")
    records, stored = simulate(scenario, 3), found.records("base", 3)
    np.testing.assert_array_equal(stored.column("latency_s"), records.column("latency_s"))
    np.testing.assert_array_equal(stored.column("id"), records.column("id"))
    np.testing.assert_allclose(stored.levels.used, records.levels.used)
    assert measure(stored).value.tobytes() == measure(records).value.tobytes()
    assert found.measures.value.tobytes() == measure(records).value.tobytes()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.wide
def test_the_same_bytes_whoever_works(tmp_path, workers):
    scenario = a_scenario(tmp_path, TWO)
    run(scenario, seeds=2, out=tmp_path / "a")
    run(scenario, seeds=2, out=tmp_path / "b", workers=workers)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")


def test_the_default_folder_is_named_after_scenario_and_digest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = run(a_scenario(tmp_path), seeds=1)
    assert found.path == Path("runs") / f"two-rooms-{found.manifest['digest'][:8]}"


def test_the_same_again_is_done_already(tmp_path):
    scenario = a_scenario(tmp_path)
    first = run(scenario, seeds=1, out=tmp_path / "out")
    again = run(scenario, seeds=1, out=tmp_path / "out", force=True)
    assert (first.fresh, again.fresh) == (True, False)
    assert again.manifest == first.manifest


def test_another_run_is_refused_or_sets_the_old_one_aside(tmp_path):
    scenario, out = a_scenario(tmp_path), tmp_path / "out"
    first = run(scenario, seeds=1, out=out)
    digest = first.manifest["digest"][:8]
    message = rf"out: holds another run \({digest}\); --force sets it aside$"
    with pytest.raises(RunFolderError, match=message):
        run(scenario, seeds=2, out=out)
    second = run(scenario, seeds=2, out=out, force=True)
    assert open_run(tmp_path / "out.old-1").manifest == first.manifest
    run(scenario, seeds=3, out=out, force=True)
    assert open_run(tmp_path / "out.old-2").manifest == second.manifest


def test_what_is_no_run_folder_is_refused_or_set_aside(tmp_path):
    scenario = a_scenario(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("dear to somebody")
    message = r"out: exists and is no run folder; --force sets it aside$"
    with pytest.raises(RunFolderError, match=message):
        run(scenario, seeds=1, out=tmp_path / "out")
    run(scenario, seeds=1, out=tmp_path / "out", force=True)
    assert (tmp_path / "out.old-1" / "thesis.txt").read_text() == "dear to somebody"


def test_the_second_of_two_runs_is_told(tmp_path):
    with (
        folder.alone(tmp_path / "out"),
        pytest.raises(StoreError, match="another run is writing"),
    ):
        run(a_scenario(tmp_path), seeds=1, out=tmp_path / "out")
    assert names_in(tmp_path) == ["scenario.yaml"]


def test_a_place_that_cannot_be_written_is_one_message(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file.*: (not a directory|file exists)$"):
        run(a_scenario(tmp_path), seeds=1, out=tmp_path / "file" / "out")


def test_a_full_disk_is_one_message_and_leaves_nothing(tmp_path, monkeypatch):
    def full(path, table):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(experiment, "write_measures", full)
    with pytest.raises(StoreError, match=r"measures\.parquet: no space left on device$"):
        run(a_scenario(tmp_path), seeds=1, out=tmp_path / "deep" / "out")
    assert names_in(tmp_path / "deep") == [".out.partial"]  # the finished run is kept


def test_a_scenario_that_cannot_run_leaves_nothing(tmp_path):
    text = with_policy("Killer", tmp_path)
    with pytest.raises(ScenarioError):
        run(a_scenario(tmp_path, text), seeds=1, out=tmp_path / "deep" / "out")
    assert names_in(tmp_path) == ["scenario.yaml"]


def test_figures_are_in_before_the_folder_appears(tmp_path):
    out = tmp_path / "out"

    def dress(bare):
        assert not out.exists()
        assert bare.summary["scenario"] == "two-rooms"
        (bare.path / "report.html").write_text(f"{len(bare.measures)} measures")

    found = run(a_scenario(tmp_path), seeds=1, out=out, dress=dress)
    assert "report.html" in found.manifest["files"]


def test_a_failing_report_leaves_no_folder_but_keeps_the_runs(tmp_path):
    def dress(bare):
        raise LookupError("no such figure")

    scenario = a_scenario(tmp_path)
    with pytest.raises(LookupError, match="no such figure"):
        run(scenario, seeds=1, out=tmp_path / "out", dress=dress)
    assert names_in(tmp_path) == [".out.partial", "scenario.yaml"]
    run(scenario, seeds=1, out=tmp_path / "out")
    assert names_in(tmp_path) == ["out", "scenario.yaml"]


# --- progress -----------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_ends_at_the_whole(tmp_path, workers):
    heard = []
    run(
        a_scenario(tmp_path),
        seeds=3,
        workers=workers,
        out=tmp_path / "out",
        progress=heard.append,
    )
    last = heard[-1]
    assert (last.runs_done, last.runs, last.share, last.eta_s) == (3, 3, 1.0, 0.0)
    assert last.simulated_h == pytest.approx(3)
    assert last.jobs == open_run(tmp_path / "out").manifest["job_count"]
    assert all(a.share <= b.share for a, b in pairwise(heard))


# --- seeds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "seeds"), [(None, tuple(range(1, 11))), (3, (1, 2, 3)), ([9, 4, 9], (4, 9))]
)
def test_seeds(tmp_path, asked, seeds):
    assert seeds_of(a_scenario(tmp_path), asked) == seeds


def test_where_nothing_is_random_there_is_one_run(tmp_path):
    assert seeds_of(a_scenario(tmp_path, FIXED), 10) == (1,)


@pytest.mark.parametrize(
    ("policies", "random"),
    [
        ("{dispatch: random}", True),
        ("{packing: random}", True),
        ("{packing: {name: fgd, ties: shuffled}}", True),
        ("{packing: best-fit}", False),
        ('{dispatch: "somebodys:Own"}', True),
    ],
)
def test_policies_may_be_random(tmp_path, policies, random):
    text = FIXED + f"policies: {policies}\n"
    assert is_random(a_scenario(tmp_path, text)) is random


# --- must serve ---------------------------------------------------------------------------


def test_who_had_to_be_served_and_was_not_is_named(tmp_path):
    text = FIXED.replace("demand: {vcpu: 1}", "demand: {vcpu: 99}\n    must_serve: true")
    found = run(a_scenario(tmp_path, text), out=tmp_path / "out")
    assert found.unserved == ("batch",)
    assert run(a_scenario(tmp_path, text), out=tmp_path / "out").unserved == ("batch",)


def test_others_may_be_refused(tmp_path):
    row = ("base", "jobs_refused", "jobs", "workload", "batch", 1, 5.0)
    assert unserved(a_scenario(tmp_path), table_of([row])) == []


# --- workers that die ---------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.wide
def test_a_killed_worker_is_replaced(tmp_path, times):
    (marks := tmp_path / "marks").mkdir()
    scenario = a_scenario(tmp_path, with_policy("Killer", marks, times))
    run(scenario, seeds=3, workers=2, out=tmp_path / "out", allow_code=True)
    assert len(names_in(marks)) == times
    assert len(open_run(tmp_path / "out").seeds) == 3


@pytest.mark.slow
def test_a_run_that_is_killed_every_time_is_reported_and_the_others_kept(tmp_path):
    (marks := tmp_path / "marks").mkdir()
    text = with_policy("Killer", marks, 99, TEXT + "variants: {good: {}, bad: {}}\n")
    text = text.replace("policies: ", "own: ").replace("bad: {}", "bad: {policies: OWN}")
    head, _, own = text.partition("own: ")
    text = head.replace("OWN", own.strip())
    scenario = a_scenario(tmp_path, text)
    message = "variant 'bad' seed 1, variant 'bad' seed 2: its process was killed three times"
    with pytest.raises(RunLostError, match=message):
        run(scenario, seeds=2, workers=2, out=tmp_path / "out", allow_code=True)
    assert len(names_in(marks)) == 6
    [kept] = (tmp_path / ".out.partial").iterdir()
    assert names_in(kept) == ["good-1", "good-2"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_defect_comes_back_as_it_was_raised(tmp_path, workers):
    scenario = a_scenario(tmp_path, with_policy("Broken", tmp_path))
    with pytest.raises(LookupError, match="a defect of the user's own"):
        run(scenario, seeds=2, workers=workers, out=tmp_path / "out", allow_code=True)
    assert names_in(tmp_path) == ["scenario.yaml"]


SCRIPT = """
import sys
from pathlib import Path
from bench.experiment import run
from scenarios import read

if __name__ == "__main__":
    try:
        scenario, workers = read(sys.argv[1]), int(sys.argv[2])
        run(scenario, seeds=3, workers=workers, out=sys.argv[3], allow_code=True)
    except KeyboardInterrupt as interrupt:
        print(interrupt)
        sys.exit(130)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_is_finished_and_goes_on_from_there(tmp_path, workers):
    (marks := tmp_path / "marks").mkdir()
    scenario = a_scenario(tmp_path, with_policy("Sleeper", marks, 1))
    (tmp_path / "script.py").write_text(SCRIPT)
    arguments = [
        tmp_path / "script.py",
        tmp_path / "scenario.yaml",
        str(workers),
        tmp_path / "out",
    ]
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": str(HOUSE)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(
        lambda: len(names_in(marks)) > 1 and list(tmp_path.glob(".out.partial/*/base-[123]"))
    )
    begin = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=10)
    assert time.monotonic() - begin < 5
    assert process.returncode == 130
    assert said == "1 of 3 runs are kept; the same command goes on from there\n"
    assert names_in(tmp_path) == [".out.partial", "marks", "scenario.yaml", "script.py"]
    for mark in marks.iterdir():
        mark.unlink()
    (tmp_path / "marks" / "x").touch()
    quick = with_policy("Sleeper", marks, 99)
    assert (
        scenario.digest != a_scenario(tmp_path, quick).digest
    )  # nothing of another run is used
    run(a_scenario(tmp_path, quick), seeds=1, out=tmp_path / "out", allow_code=True)
    assert names_in(tmp_path) == ["marks", "out", "scenario.yaml", "script.py"]


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_finished_runs_are_taken_up(tmp_path, monkeypatch):
    scenario, out, made = a_scenario(tmp_path), tmp_path / "out", []

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(experiment, "assembled", interrupted)
        with pytest.raises(KeyboardInterrupt, match="2 of 2 runs"):
            run(scenario, seeds=2, out=out)
    run(scenario, seeds=2, out=out, progress=made.append)
    assert made == []
    run(scenario, seeds=2, out=tmp_path / "fresh")
    assert bytes_of(out) == bytes_of(tmp_path / "fresh")
