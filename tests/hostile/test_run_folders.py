"""Run folders that somebody changed: told as such, never a traceback."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from bench import open_run
from bench import run as run_experiment
from bench.commands import app
from bench.commands.endings import ending
from bench.faults import RunFolderError
from bench.folder import blaming
from bench.manifest import sealed
from scenarios import read

GOLDEN = Path(__file__).parents[1] / "golden" / "one-room.yaml"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    out = tmp_path_factory.mktemp("good") / "run"
    return run_experiment(read(GOLDEN, variants=["as-it-is"]), out=out).path


@pytest.fixture
def copied(good, tmp_path):
    return shutil.copytree(good, tmp_path / "run")


def changed(run, name, change):
    told = json.loads((run / name).read_text(encoding="utf-8"))
    change(told)
    (run / name).write_text(json.dumps(told), encoding="utf-8")


def no_map(told):
    told["resolved"]["as-it-is"]["topology"]["sites"] = ["x"]


CHANGES = {
    "settings of another kind": ("manifest.json", no_map),
    "an answer of another kind": ("summary.json", lambda told: told.update(answer="soon")),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("command", [("report",), ("chart", "--kind", "queues"), ("compare",)])
def test_what_makes_no_sense_any_more_is_the_folders_fault(
    name, command, copied, monkeypatch, capsys
):
    monkeypatch.chdir(copied.parent)
    file, change = CHANGES[name]
    changed(copied, file, change)
    status = ending(partial(app, [command[0], "run", *command[1:]], prog_name="suanli"))
    said = capsys.readouterr().err
    assert status in (0, 2)  # some commands do not look at what was changed
    if status == 2:
        assert said == (
            f"run: was changed since it was made ({file}: changed), and makes no sense now\n"
        )
    else:
        assert said == ""


def test_what_fails_on_a_good_folder_is_our_fault(good):
    with pytest.raises(ZeroDivisionError), blaming(open_run(good)):
        raise ZeroDivisionError
    with pytest.raises(RuntimeError), blaming(open_run(good)):
        raise RuntimeError


def test_a_folder_changed_and_sealed_again_is_ours_to_bear(copied):
    told = json.loads((copied / "manifest.json").read_text(encoding="utf-8"))
    told["wall"] = {}
    (copied / "manifest.json").write_text(json.dumps(sealed(told)), encoding="utf-8")
    with pytest.raises(KeyError), blaming(open_run(copied)):
        raise KeyError("wall")


def test_a_link_or_a_pipe_inside_is_refused(copied):
    (copied / "jobs" / "more").symlink_to(copied / "jobs")
    with pytest.raises(RunFolderError, match="more: a link; a run folder holds files"):
        open_run(copied)
