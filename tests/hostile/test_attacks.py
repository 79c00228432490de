"""Scenarios, tables and run folders of a stranger: no code runs, nothing outside is touched.

All commands run under `sys.addaudithook` (see `watched.py`). Beside the stranger's folder `in`
lies `out`, which holds what no command may read, change or add to.
"""

# ruff: noqa: E501 - an attack a row reads best

import io
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import run as run_experiment
from bench.manifest import sealed
from scenarios import read
from tests.scenarios.snippets import SMALL

pytestmark = pytest.mark.wide

HOUSE = Path(__file__).parents[2]
ARRIVALS = "{kind: poisson, per_h: 3}"
WORK = "{kind: exponential, mean_h: 1}"
HEAD = SMALL[: SMALL.index("workloads:")]
EVIL = "import pathlib, os\npathlib.Path(os.environ['CANARY'], f'ran-{__name__}').touch()\n"


class Bomb:
    """What a pickle runs when it is opened."""

    def __reduce__(self):
        return os.system, (f"touch {os.environ.get('CANARY', '/nowhere')}/pickle",)


def trace(name):
    """A scenario whose trace is this file."""
    return HEAD + (
        f"workloads:\n  - {{name: t, kind: trace, tenant: school, file: {json.dumps(name)}}}\n"
    )


def edited(old, new):
    assert SMALL.count(old) == 1
    return SMALL.replace(old, new)


def checked(text):
    """Check this text; the secret lies at `../out/secret.csv`."""
    return lambda at: written(at, text.replace("OUT", str(at / "out")))


def written(at, text, command="check"):
    (at / "in" / "s.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
    return [command, "s.yaml"]


def link(name, target, text=None):
    """Check a scenario whose trace is a link to what lies at `target`."""

    def case(at):
        (at / "in" / name).symlink_to(str(target).replace("OUT", str(at / "out")))
        return written(at, text or trace(name))

    return case


def link_of_folder(at):
    (at / "in" / "d").symlink_to(at / "out")
    return written(at, trace("d/secret.csv"))


def link_in_data(at):
    (at / "in" / "data").mkdir()
    (at / "in" / "data" / "t.csv").symlink_to(at / "out" / "secret.csv")
    return [*written(at, trace("t.csv")), "--data", "data"]


def a_pipe(at):
    os.mkfifo(at / "in" / "pipe.csv")
    return written(at, trace("pipe.csv"))


def a_socket(at):
    here = Path.cwd()
    os.chdir(at / "in")  # the name of a socket has to be short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("s.csv")
    os.chdir(here)
    return written(at, trace("s.csv"))


def a_folder(at):
    (at / "in" / "t.csv").mkdir()
    return written(at, trace("t.csv"))


def code_beside(name, text):
    """Run a scenario that names the policy of a module that lies beside it."""

    def case(at):
        (at / "in" / f"{name}.py").write_text(EVIL + "class Policy:\n    pass\n")
        return [*written(at, text, "run"), "--seeds", "1", "--workers", "1"]

    return case


def an_array(at):
    stream = io.BytesIO()
    np.save(stream, np.array([Bomb()], dtype=object), allow_pickle=True)
    (at / "in" / "t.csv").write_bytes(stream.getvalue())
    return written(at, trace("t.csv"))


def a_pickle(name):
    def case(at):
        (at / "in" / name).write_bytes(pickle.dumps(Bomb()))
        return written(at, trace(name))

    return case


def parquet(schema_of):
    """Check a scenario whose trace is a table with this schema."""

    def case(at):
        schema = schema_of(pickle.dumps(Bomb()))
        columns = [
            pa.array([1.0] if pa.types.is_float64(f.type) else [b"x"], f.type) for f in schema
        ]
        pq.write_table(pa.table(columns, schema=schema), at / "in" / "t.parquet")
        return written(at, trace("t.parquet"))

    return case


def extension(bomb):
    about = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": bomb,
    }
    return pa.schema(
        [pa.field("submit_s", pa.float64()), pa.field("tenant", pa.binary(), metadata=about)]
    )


def of_pandas(bomb):
    told = {"index_columns": [{"kind": "range"}], "columns": [{"name": "x", "pandas_type": "object",
            "metadata": bomb.hex()}], "pandas_version": "0.1"}  # fmt: skip
    return pa.schema(
        [pa.field("submit_s", pa.float64())], metadata={b"pandas": json.dumps(told)}
    )


# --- run folders --------------------------------------------------------------------------


def spoilt(spoil, *command):
    """A command on a run folder that `spoil` was at."""

    def case(at):
        shutil.copytree(at.parent / "good", at / "in" / "run")
        spoil(at / "in" / "run", at / "out")
        return [word.replace("RUN", "run") for word in command]

    return case


def manifest(change):
    """Changes the manifest and seals it again."""

    def spoil(run, out):
        told = json.loads((run / "manifest.json").read_text())
        change(told, out)
        (run / "manifest.json").write_text(json.dumps(sealed(told)))

    return spoil


def jobs_outside(told, out):
    told["runs"][0]["jobs"] = "../../out/secret.csv"


def jobs_absolute(told, out):
    told["runs"][0]["jobs"] = str(out / "secret.csv")


def a_file_of_the_system(told, out):
    for variant in told["resolved"].values():
        variant["workloads"] = [{"name": "t", "kind": "trace", "file": str(out / "secret.csv")}]


def a_policy_of_code(told, out):
    for variant in told["resolved"].values():
        variant["policies"] = {"dispatch": {"name": "evil:Policy"}}


def linked(name, target):
    def spoil(run, out):
        path = run / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(out / target if target else out)

    return spoil


def a_pipe_inside(run, out):
    (run / "measures.parquet").unlink()
    os.mkfifo(run / "measures.parquet")


def a_pickle_inside(run, out):
    (run / "measures.parquet").write_bytes(pickle.dumps(Bomb()))


def out_is_a_link(at):
    (at / "in" / "there").symlink_to(at / "out")
    return [*written(at, SMALL, "run"), "--out", "there", "--workers", "1"]


def out_is_a_file(at):
    (at / "in" / "there").write_text("mine")
    return [*written(at, SMALL, "run"), "--out", "there", "--workers", "1"]


def lock_is_a_link(at):
    (at / "in" / ".there.lock").symlink_to(at / "out" / "new")
    return [*written(at, SMALL, "run"), "--out", "there", "--workers", "1"]


def planted(name, *command):
    """A command that writes where a link was planted."""

    def case(at):
        (at / "in" / "t.csv").write_text("submit_s,run_s\n1,2\n")
        shutil.copy(HOUSE / "tests/scenarios/samples/nodes.csv", at / "in" / "n.csv")
        shutil.copy(HOUSE / "tests/scenarios/samples/pods.csv", at / "in" / "p.csv")
        shutil.copytree(at.parent / "good", at / "in" / "run")
        (at / "in" / name).symlink_to(at / "out" / "secret.csv")
        return list(command)

    return case


OUTSIDE = "expected a file inside the scenario's folder or a --data folder"
CODE = "is code; run with --allow-code to trust it"
# how a stranger attacks, the status that follows, and what is said
ATTACKS = {
    "tag that calls": (checked(edited("horizon_h: 24", "horizon_h: !!python/object/apply:os.system [id]")), 2, "tags are not taken"),
    "tag that makes": (checked(edited("name: small", "name: !!python/object/new:subprocess.Popen [[id]]")), 2, "tags are not taken"),
    "tag that names": (checked(edited("name: small", "name: !!python/name:os.system")), 2, "tags are not taken"),
    "tag that imports": (checked(edited("name: small", "name: !!python/module:evil")), 2, "tags are not taken"),
    "a dispatch of code": (code_beside("evil", edited("policies:\n", "policies:\n  dispatch: {name: 'evil:Policy'}\n")), 2, CODE),
    "a line of code": (code_beside("evil", edited("{name: fcfs, at: pool}", "{name: 'evil:Policy'}")), 2, CODE),
    "a packing of code": (code_beside("evil", edited("policies:\n", "policies:\n  packing: {name: 'evil:Policy'}\n")), 2, CODE),
    "a policy of the system": (code_beside("os", edited("policies:\n", "policies:\n  dispatch: {name: 'os:system'}\n")), 2, CODE),
    "a policy in a path": (checked(edited("policies:\n", "policies:\n  dispatch: {name: '../evil:Policy'}\n")), 2, "expected local-first"),
    "the folder above": (checked(trace("../out/secret.csv")), 2, OUTSIDE),
    "the folder above and back": (checked(trace("../in/../out/secret.csv")), 2, OUTSIDE),
    "an absolute path": (checked(trace("OUT/secret.csv")), 2, OUTSIDE),
    "a home": (checked(trace("~/secret.csv")), 2, "no such file"),
    "a variable": (checked(trace("$HOME/secret.csv")), 2, "no such file"),
    "an address": (checked(trace("http://localhost:9/secret.csv")), 2, "no such file"),
    "an address of a file": (checked(trace("file://OUT/secret.csv")), 2, "no such file"),
    "a NUL": (checked(trace("a\0b.csv")), 2, "character U+0000 is not taken"),
    "gaps outside": (checked(edited(ARRIVALS, "{kind: empirical, file: ../out/secret.csv, column: submit_s}")), 2, OUTSIDE),
    "work outside": (checked(edited(WORK, "{kind: empirical, file: ../out/secret.csv, column: submit_s}")), 2, OUTSIDE),
    "nodes outside": (checked("name: n\ntopology: {nodes_file: {file: ../out/secret.csv, format: openb}}\nworkloads: []\n"), 2, OUTSIDE),
    "a topology outside": (checked(edited("topology:\n", "topology:\n  extends: ../out/topology.yaml\n")), 2, "expected zhejiang"),
    "a link": (link("t.csv", "OUT/secret.csv"), 2, OUTSIDE),
    "a link of a folder": (link_of_folder, 2, OUTSIDE),
    "a link in a data folder": (link_in_data, 2, OUTSIDE),
    "a link to zeros": (link("t.csv", "/dev/zero"), 2, OUTSIDE),
    "a link to the environment": (link("t.csv", "/proc/self/environ"), 2, OUTSIDE),
    "the environment": (checked(trace("/proc/self/environ")), 2, OUTSIDE),
    "zeros": (checked(trace("/dev/zero")), 2, OUTSIDE),
    "a pipe": (a_pipe, 2, "expected a regular file"),
    "a socket": (a_socket, 2, "expected a regular file"),
    "a folder": (a_folder, 2, "expected a regular file"),
    "an array of objects": (an_array, 2, "t.csv"),
    "a pickle as CSV": (a_pickle("t.csv"), 2, "t.csv"),
    "a pickle as gzip": (a_pickle("t.csv.gz"), 2, "cannot be read"),
    "a pickle as Parquet": (a_pickle("t.parquet"), 2, "expected a Parquet file"),
    "a pickle in a type of Parquet": (parquet(extension), 2, "expected clinic or school"),
    "a pickle in the notes of Parquet": (parquet(of_pandas), 0, ""),
    "a run whose jobs lie above": (spoilt(manifest(jobs_outside), "report", "RUN"), 2, "leads out of the folder"),
    "a run whose jobs lie elsewhere": (spoilt(manifest(jobs_absolute), "verify", "RUN"), 2, "leads out of the folder"),
    "a run that names a file": (spoilt(manifest(a_file_of_the_system), "verify", "RUN", "--rerun"), 2, OUTSIDE),
    "a run that names code": (spoilt(manifest(a_policy_of_code), "verify", "RUN", "--rerun"), 2, CODE),
    "a run with a link for measures": (spoilt(linked("measures.parquet", "secret.csv"), "compare", "RUN"), 2, "a link"),
    "a run with a link for a page": (spoilt(linked("report.html", "secret.csv"), "report", "RUN"), 2, "a link"),
    "a run with a link for figures": (spoilt(linked("figures", ""), "report", "RUN"), 2, "a link"),
    "a run with a link for a manifest": (spoilt(linked("manifest.json", "secret.csv"), "verify", "RUN"), 2, "a link"),
    "a run with a link that waits": (spoilt(linked("manifest.json.tmp", "secret.csv"), "report", "RUN"), 2, "a link"),
    "a run with a pipe": (spoilt(a_pipe_inside, "compare", "RUN"), 2, "no regular file"),
    "a run with a pickle": (spoilt(a_pickle_inside, "compare", "RUN"), 2, "not a whole Parquet file"),
    "a place that is a link": (out_is_a_link, 2, "is no run folder"),
    "a place that is a file": (out_is_a_file, 2, "is no run folder"),
    "a lock that is a link": (lock_is_a_link, 1, "a link"),
    "a planted table": (planted(".o.tmp.csv", "trace", "table", "t.csv", "--out", "o.csv"), 0, ""),
    "a planted topology": (planted("o.topology.yaml", "trace", "openb", "p.csv", "--nodes", "n.csv", "--out", "o.csv"), 0, ""),
    "planted numbers": (planted("run-queues.csv", "chart", "run", "--kind", "queues"), 0, ""),
    "a planted figure": (planted("run-queues.svg", "chart", "run", "--kind", "queues"), 0, ""),
}  # fmt: skip
NAMES = [
    "../../x",
    "..",
    ".",
    "/etc/x",
    "-rf",
    "a/b",
    "a\\b",
    "con:",
    "a\0",
    "x\u202ey",
    "",
    " ",
    "~",
    "$HOME",
    "*",
    "a\nb",
]


def test_no_attack_runs_code_or_touches_what_lies_outside(tmp_path, monkeypatch):
    canary = tmp_path / "canary"
    for name in ("canary", "tmp", "mpl", "empty"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("CANARY", str(canary))
    golden = read(HOUSE / "tests/golden/one-room.yaml", variants=["as-it-is"])
    run_experiment(golden, out=tmp_path / "good")
    tasks = [task(tmp_path, name) for name in ATTACKS]
    told = watched(tmp_path, [*tasks, *controls(tasks)])
    ends = dict(zip(ATTACKS, told, strict=False))
    faults = {name: fault(name, ends[name], tmp_path / name) for name in ATTACKS}
    assert {name: wrong for name, wrong in faults.items() if wrong} == {}
    assert list(canary.iterdir()) == []
    strayed, ran = told[len(ATTACKS) :]  # the watch sees what there is to be seen
    assert any(stray.endswith("s.yaml") for stray in strayed["strays"])
    assert any(name.endswith("own_policies.py") for name in ran["code"])


def task(ground, name):
    """One attack in a folder of its own."""
    at = ground / name
    (at / "in").mkdir(parents=True)
    (at / "out").mkdir()
    (at / "out" / "secret.csv").write_text("submit_s,run_s\n1,2\n")
    (at / "out" / "topology.yaml").write_text("sites: []\n")
    roots = [str(at / "in"), str(ground / "tmp"), str(ground / "mpl")]
    return {"folder": str(at / "in"), "arguments": ATTACKS[name][0](at), "roots": roots}


def controls(tasks):
    """A file outside of the roots, and code inside of them that is trusted."""
    own = "policies.dispatch={name: 'tests.bench.own_policies:Nobody'}"
    more = ["--seeds", "1", "--workers", "1", "--out", "control", "--allow-code", "--set", own]
    run = ["run", str(HOUSE / "tests/golden/one-room.yaml"), *more]
    yield {**tasks[0], "roots": ["/nowhere"]}
    yield {**tasks[0], "arguments": run, "roots": [str(HOUSE / "tests"), *tasks[0]["roots"]]}


def watched(ground, tasks):
    """What came of every task, all of them played in one watched process."""
    home = {"HOME": str(ground / "empty"), "TMPDIR": str(ground / "tmp")}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.hostile.watched"],
        input=json.dumps(tasks), cwd=HOUSE, capture_output=True, text=True, timeout=300, check=True,
        env={**os.environ, **home, "MPLCONFIGDIR": str(ground / "mpl"), "PYTHONPATH": str(HOUSE)},
    )  # fmt: skip
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(told) == len(tasks), ran.stderr[-3000:]
    return told


def fault(name, one, at):
    """What is wrong with the end of an attack, nothing if it is as it has to be."""
    _, status, said = ATTACKS[name]
    unharmed = (at / "out" / "secret.csv").read_text() == "submit_s,run_s\n1,2\n"
    there = sorted(path.name for path in (at / "out").iterdir())
    right = (
        one["status"] == status
        and said in one["said"]
        and not one["started"]
        and not one["strays"]
        and not one["code"]
        and unharmed
        and there == ["secret.csv", "topology.yaml"]
    )
    return None if right else one


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["name: small", "variants:\n  base: {}"])
def test_no_name_becomes_a_path(name, where, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quoted = json.dumps(name)
    new = f"name: {quoted}" if where.startswith("name") else f"variants:\n  {quoted}: {{}}"
    Path("s.yaml").write_text(edited(where, new), encoding="utf-8")
    with pytest.raises(Exception, match=r"expected a name|is not taken"):
        read("s.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]


PLANTED = (
    "yaml", "numpy", "pandas", "pyarrow", "matplotlib", "typer", "rich", "jinja2", "json",
    "sitecustomize", "usercustomize", "multiprocessing", "struct", "pickle", "evil", "pyplot",
    "scheduler", "scenarios", "topology", "bench", "conftest", "simpy", "tomllib",
)  # fmt: skip


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.slow), "2"])
@pytest.mark.wide
def test_modules_and_settings_of_the_working_folder_are_not_taken(workers, tmp_path):
    ground, canary = tmp_path / "ground", tmp_path / "canary"
    for folder in (ground, canary, tmp_path / "mpl"):
        folder.mkdir()
    for name in PLANTED:
        if name in ("scheduler", "scenarios", "topology", "bench"):
            (ground / name).mkdir()
            (ground / name / "__init__.py").write_text(EVIL)
        else:
            (ground / f"{name}.py").write_text(EVIL)
    (ground / "matplotlibrc").write_text(
        "backend: module://evil\ntext.usetex: True\nsavefig.dpi: 9999\nsvg.hashsalt: theirs\n"
    )
    (ground / "pyvenv.cfg").write_text("home = /nowhere\n")
    (ground / "s.yaml").write_text(SMALL)
    environment = {**os.environ, "CANARY": str(canary), "MPLBACKEND": "module://evil",
                   "PYTHONPATH": str(HOUSE), "MPLCONFIGDIR": str(tmp_path / "mpl")}  # fmt: skip
    # as the installed command starts: its own folder, not the working one, is on the path
    command = tmp_path / "bin" / "suanli"
    command.parent.mkdir()
    command.write_text(
        "from bench.commands import main\nif __name__ == '__main__':\n    main()\n"
    )
    ran = subprocess.run(
        [sys.executable, str(command), "run", "s.yaml", "--seeds", "2", "--workers", workers,
         "--out", "run"],
        cwd=ground, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert list(canary.iterdir()) == []
    assert (ground / "run" / "report.html").exists()
