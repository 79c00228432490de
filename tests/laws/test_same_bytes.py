"""The same scenario and seeds give the same bytes, whatever machine state they meet.

Twelve cells (four variants, three seeds) in processes of their own: twice, with one worker and
two, under other hash seeds, time zones, locales and working folders, and with every list and
map that has no order shuffled.
"""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("measures.parquet", "jobs/*.parquet", "levels/*.parquet")
RUN = """
import sys
from bench import run
from scenarios import read
file, out, workers = sys.argv[1:]
run(read(file), seeds=3, workers=int(workers), out=out)
"""
COMMAND = """
import sys
from bench.commands import main
file, out, workers = sys.argv[1:]
sys.argv = ["suanli", "run", file, "--out", out, "--workers", workers, "--quiet"]
sys.argv += ["--seeds", "3"]
main()
"""
PLAIN = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
STRANGE = {
    "PYTHONHASHSEED": "4711",
    "TZ": "America/St_Johns",
    "LC_ALL": "POSIX",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONUTF8": "0",
    "LANG": "de_DE",
}
ORDERED = ("pools", "tiers", "variants")  # contracts §3: order means something only there

SCENARIO = {
    "name": "same-bytes",
    "horizon_h": 30,
    "warmup_h": 3,
    "topology": {
        "chips": [
            {"name": "plain", "kind": "cpu", "isa": "x86_64"},
            {"name": "arm", "kind": "cpu", "isa": "aarch64"},
            {"name": "fast", "kind": "gpu", "memory_gib": 32, "slices": [250, 500, 1000]},
        ],
        "servers": [
            {"name": "host", "cpu": "plain", "vcpu": 32, "memory_gib": 128, "nic_gbit_s": 10},
            {"name": "box", "cpu": "arm", "vcpu": 64, "memory_gib": 256, "nic_gbit_s": 25}
            | {"accelerator": "fast", "accelerators": 4},
        ],
        "clouds": [
            {"name": "政务云", "control_plane_delay_ms": 80},
            {"name": "b", "control_plane_delay_ms": 250},
            {"name": "a"},
        ],
        "regions": [
            {"name": "浙江", "level": "province"},
            {"name": "杭州", "level": "city", "parent": "浙江", "population": 12_000_000},
            {"name": "宁波", "level": "city", "parent": "浙江", "population": 9_000_000},
            {"name": "江苏", "level": "province", "population": 85_000_000},
        ],
        "sites": [
            {"name": "core", "region": "浙江", "tier": "province"},
            {"name": "hz", "region": "杭州", "tier": "city", "parent": "core"},
            {"name": "nb", "region": "宁波", "tier": "city", "parent": "core"},
            {"name": "js", "region": "江苏", "tier": "province"},
        ],
        "pools": [
            {"name": "z-core", "site": "core", "cloud": "政务云", "server": "box", "nodes": 3},
            {"name": "hz-cpu", "site": "hz", "cloud": "a", "server": "host", "nodes": 4},
            {"name": "nb-cpu", "site": "nb", "cloud": "b", "server": "host", "nodes": 3},
            {"name": "a-js", "site": "js", "cloud": "b", "server": "box", "nodes": 2},
        ],
        "links": [
            {"a": "core", "b": "hz", "delay_ms": 1.2, "capacity_gbit_s": 10, "share": 0.5},
            {"a": "nb", "b": "core", "delay_ms": 2.1, "capacity_gbit_s": 10},
            {"a": "js", "b": "core", "delay_ms": 4.4, "capacity_gbit_s": 40},
            {"a": "hz", "b": "nb", "delay_ms": 2.1, "capacity_gbit_s": 1},
        ],
    },
    "tenants": [
        {"name": "卫健委", "weight": 1, "quota": {"gpu": 6}},
        {"name": "traffic", "weight": 2},
    ],
    "workloads": [
        {"name": "训练", "kind": "jobs", "tenant": "卫健委", "region": "杭州"}
        | {"arrivals": {"kind": "poisson", "per_h": 4, "shape": "office-hours"}}
        | {"demand": {"vcpu": 8, "memory_gib": 32, "gpu": 2}}
        | {"work": {"kind": "lognormal", "mean_h": 1.5, "sigma": 1}}
        | {"data": {"input_gb": 20, "at": "hz", "output_gb": 1, "data_class": "important"}},
        {"name": "search", "kind": "jobs", "tenant": "traffic"}
        | {"region": {"weights": "population"}, "use": {"mean": 0.3}, "deadline_h": 1}
        | {"arrivals": {"kind": "gamma", "per_h": 12, "cv": 2, "shape": "daily"}}
        | {"demand": {"vcpu": 2, "gpu": 0.3}, "work": {"kind": "exponential", "mean_h": 0.7}},
        {"name": "batch", "kind": "jobs", "tenant": "traffic", "region": "宁波"}
        | {"arrivals": {"kind": "batch", "at": ["02:00", "20:00"], "jobs": 30, "over_h": 1}}
        | {"demand": {"vcpu": 12.5, "memory_gib": 40, "nodes": 2, "gang_within": "pool"}}
        | {"work": {"kind": "exponential", "mean_h": 1}, "priority": 2},
    ],
    "policies": {"queue": {"name": "easy-backfill", "at": "pool"}},
    "variants": {
        "near": {"policies.dispatch.name": "local-first"},
        "luck": {
            "policies.dispatch.name": "random",
            "policies.packing.name": "random",
            "policies.queue.name": "fcfs",
        },
        "load": {
            "policies.dispatch.name": "least-loaded",
            "policies.packing": {"name": "worst-fit", "ties": "shuffled"},
            "policies.queue": {"name": "priority", "at": "site"},
        },
        "node": {
            "policies.dispatch.name": "by-node",
            "policies.packing.name": "fgd",
            "policies.queue": {"name": "shortest-first", "at": "platform"},
        },
    },
}


def shuffled(value, rng, key=""):
    """The same scenario with every list and map that has no order in another one."""
    if isinstance(value, dict):
        items = [(name, shuffled(inner, rng, name)) for name, inner in value.items()]
        if key not in ORDERED:
            rng.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        rows = [shuffled(row, rng) for row in value]
        if key not in ORDERED and all(isinstance(row, dict) for row in rows):
            rng.shuffle(rows)
        return rows
    return value


def written(folder, scenario):
    """The scenario as a file; JSON is YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "scenario.yaml"
    file.write_text(json.dumps(scenario, ensure_ascii=False, indent=1), encoding="utf-8")
    return file


def digests(file, out, *, workers=1, env=PLAIN, folder=None, code=RUN):
    """SHA-256 of every table of a run made in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(file), str(out), str(workers)],
        env=kept | {"PYTHONPATH": str(ROOT)} | env,
        cwd=folder or ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tables = [path for pattern in TABLES for path in sorted(out.glob(pattern))]
    return {str(t.relative_to(out)): sha256(t.read_bytes()).hexdigest() for t in tables}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The run against which all others are held."""
    folder = tmp_path_factory.mktemp("base")
    found = digests(written(folder, SCENARIO), folder / "run")
    assert len(found) == len(set(found.values())) == 1 + 12 + 12
    return found


def test_everything_that_must_not_matter_at_once(base, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    other = shuffled(SCENARIO, np.random.default_rng(7))
    assert list(other["topology"]["sites"]) != list(SCENARIO["topology"]["sites"])
    file = written(tmp_path / "another", other)
    assert digests(file, tmp_path / "run", workers=2, env=STRANGE, folder=elsewhere) == base


@pytest.mark.slow
@pytest.mark.parametrize("name", [*STRANGE, "twice", "workers", "folder", "command"])
def test_one_thing_that_must_not_matter(name, base, tmp_path):
    file = written(tmp_path / "scenario", SCENARIO)
    how = {
        "workers": {"workers": 2},
        "folder": {"folder": tmp_path},
        "command": {"code": COMMAND, "workers": 2},
    }.get(name, {})
    if name in STRANGE:
        how = {"env": PLAIN | {name: STRANGE[name]}}
    assert digests(file, tmp_path / "run", **how) == base


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_no_order_of_lists_without_order_matters(seed, base, tmp_path):
    file = written(tmp_path / "scenario", shuffled(SCENARIO, np.random.default_rng(seed)))
    assert digests(file, tmp_path / "run") == base


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first-run", "two-tiers"])
def test_bundled_scenarios_repeat(name, tmp_path):
    runs = [
        digests(name, tmp_path / "plain"),
        digests(name, tmp_path / "strange", workers=2, env=STRANGE, folder=tmp_path),
    ]
    assert runs[0] == runs[1]
