# ruff: noqa: E501 - rows of scenarios read best on one line
"""What is fuzzed: a scenario, its settings, its tables, a public trace, a run folder.

A target takes a case's dice and a folder of its own. Whatever is wrong may only end as the
input's fault; anything else that is raised is a crash.
"""

import contextlib
import io
import json
import shutil
from functools import cache, partial
from pathlib import Path

from bench import run as run_experiment
from bench.commands import app
from bench.commands.endings import ending
from bench.metrics import measure
from scenarios import ScenarioError, bundled, demand_of, read
from scenarios.decode import decode, plain
from scheduler import simulate
from tests.fuzz.mutations import (
    NUMBERS,
    Dice,
    a_value,
    at,
    copy,
    places,
    rows_of,
    spoil,
    spoil_bytes,
    spoil_rows,
    table_text,
    text_of,
)
from tests.laws.generator import scenario_tree
from tests.scenarios.snippets import SMALL

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "scenarios" / "samples"
MOST_JOBS = 1500  # larger scenarios are read and judged, not simulated

RICH = """\
name: rich
horizon_h: 6
warmup_h: 1
drain_h: 6
seeds: 2
topology:
  chips:
    - {name: plain, kind: cpu, isa: x86_64, cores: 32}
    - {name: fast, kind: gpu, memory_gib: 40, slices: [125, 250, 500, 1000]}
    - {name: card, kind: dpu}
  servers:
    - {name: host, cpu: plain, vcpu: 64, memory_gib: 256, sockets: 1, nic_gbit_s: 25, local_storage_gb: 4000}
    - {name: box, cpu: plain, vcpu: 64, memory_gib: 512, accelerator: fast, accelerators: 4, idle_w: 500, peak_w: 3000, price_cny: 900000}
  clouds:
    - {name: gov-a, control_plane_delay_ms: 80, egress_cny_per_gb: 0.1}
    - {name: public-b, on_demand: true, price_cny_h: {vcpu: 0.12, memory_gib: 0.03, gpu: 9.0}, egress_cny_per_gb: 0.5}
  regions:
    - {name: zj, level: province, lat: 30.2, lon: 120.1}
    - {name: hz, level: city, parent: zj, lat: 30.2, lon: 120.2, population: 3000000}
    - {name: xh, level: county, parent: hz, population: 1112000}
  sites:
    - {name: core, region: zj, tier: province, lat: 30.2, lon: 120.2, pue: 1.25, tariff: zhejiang}
    - {name: dc, region: hz, tier: city, parent: core, lat: 30.3, lon: 120.1}
  pools:
    - {name: a, site: core, cloud: gov-a, server: box, nodes: 3, reserve_share: 0.1, security_level: 3}
    - {name: b, site: dc, cloud: public-b, server: host, nodes: 4, dpu: card}
    - {name: c, site: dc, cloud: gov-a, server: srv-910b-8, nodes: 1, stack: mindie, reserved_for: [health]}
    - {name: d, site: core, cloud: gov-a, server: srv-kunpeng-7260-2p, nodes: 2}
  links: [{a: dc, b: core, delay_ms: 1.2, capacity_gbit_s: 10, share: 0.5}]
tenants:
  - {name: health, weight: 1, quota: {vcpu: 200, gpu: 6, memory_gib: 900}}
  - {name: traffic, weight: 2}
data_classes: {core: {stays_within: site, security_level: 3}, general: {stays_within: nation, security_level: 1}}
workloads:
  - name: tune
    kind: jobs
    tenant: health
    region: hz
    arrivals: {kind: poisson, per_h: 3, shape: office-hours, bursts: {per_week: 20, factor: 5, hours: 1}}
    demand: {vcpu: 16, memory_gib: 128, gpu: 2}
    work: {kind: lognormal, mean_h: 1, sigma: 1.2, on: nvidia-a100-sxm-80}
    class: llm_fine_tuning
    chips: {any_of: [ascend-910b*, nvidia-a100-sxm-80], isa: [aarch64, x86_64]}
    data: {input_gb: 20, at: dc, output_gb: 5, data_class: core}
    use: {mean: 0.35, p95: 0.8}
    priority: 5
    deadline_h: 24
    preemptible: true
    checkpoint_every_h: 0.5
  - name: forms
    kind: jobs
    tenant: traffic
    region: {weights: population}
    arrivals: {kind: gamma, per_h: 6, cv: 2, shape: daily}
    demand: {vcpu: 4, memory_gib: 8}
    work: {kind: exponential, mean_h: 0.4}
    estimate: {kind: factor, factor: 2}
    use: {vcpu: 0.2}
  - name: nightly
    kind: jobs
    tenant: traffic
    arrivals: {kind: batch, at: ["00:30", "02:00"], days: workdays, jobs: 5, over_h: 1}
    demand: {vcpu: 8, nodes: 2, gang_within: site, local_storage_gb: 100}
    work: {kind: fixed, mean_h: 0.5}
  - name: gaps
    kind: jobs
    tenant: traffic
    arrivals: {kind: empirical, file: gaps.csv, column: gap_s}
    demand: {gpu: 0.25}
    work: {kind: empirical, file: gaps.csv, column: run_min}
  - name: old
    kind: trace
    file: jobs.csv
    columns: {vcpu: cores}
    on_bad_rows: skip
    tenant: traffic
policies:
  dispatch: {name: least-loaded}
  queue: {name: easy-backfill, at: site, max_waiting: 50}
  packing: {name: best-fit, ties: shuffled}
  silos: {name: none}
variants:
  base: {}
  more: {"topology.pools[a].nodes": 4, "workloads[tune].arrivals.per_h": 5}
  other: {policies.queue: {name: drf, at: platform}, "topology.pools[c]": null}
"""
PLANNED = """\
name: planned
horizon_h: 4
drain_h: 4
seeds: 1
topology:
  chips:
    - {name: plain, kind: cpu, isa: x86_64}
    - {name: fast, kind: gpu, memory_gib: 40}
  servers:
    - {name: host, cpu: plain, vcpu: 32, memory_gib: 128, nic_gbit_s: 1, price_cny: 60000, life_years: 5, maintenance_share_year: 0.05, idle_w: 100, peak_w: 400}
    - {name: box, cpu: plain, vcpu: 32, memory_gib: 256, accelerator: fast, accelerators: 4, idle_w: 300, peak_w: 1500}
  clouds: [{name: gov, control_plane_delay_ms: 80, egress_cny_per_gb: 0.5}]
  sites:
    - {name: core, tier: province, lat: 30.2, lon: 120.2, pue: 1.25, tariff: zhejiang}
    - {name: east, tier: city, parent: core, lat: 30.3, lon: 121.0}
    - {name: west, tier: city, parent: core, lat: 29.0, lon: 118.9}
  pools:
    - {name: cores, site: core, cloud: gov, server: host, nodes: 3}
    - {name: cards, site: core, cloud: gov, server: box, nodes: 2}
    - {name: easts, site: east, cloud: gov, server: host, nodes: 2, reserve_share: 0.1}
    - {name: wests, site: west, cloud: gov, server: box, nodes: 1}
  links:
    - {name: one, a: east, b: core, delay_ms: 1.2, capacity_gbit_s: 2, share: 0.5}
    - {name: two, a: west, b: core, delay_ms: 2, capacity_gbit_s: 1}
    - {a: west, b: east, capacity_gbit_s: 0.2}
  slices: [{name: s, path: [east, core], floor_gbit_s: 0.2, traffic: order}]
  data_sets: [{name: maps, at: [west], size_gb: 20, data_class: general}]
tenants: [{name: health, quota: {vcpu: 100}}, {name: traffic, weight: 2}]
objective: {wait: 20, transfer: 5, money: 1, carbon: 0.2, fairness: 1, cross_region: 0.1, fragmentation: 1}
workloads:
  - {name: web, kind: replicas, replicas: 3, region: east, tenant: traffic, demand: {vcpu: 4, memory_gib: 8}, max_delay_ms: 20, anti_affinity: site, must_serve: true}
  - {name: orders, kind: jobs, region: east, tenant: traffic, traffic: order, arrivals: {kind: poisson, per_h: 60}, demand: {vcpu: 4}, work: {kind: exponential, mean_h: 0.2}, data: {input_gb: 1, output_gb: 0.1}}
  - {name: train, kind: jobs, region: west, tenant: health, arrivals: {kind: poisson, per_h: 14}, demand: {vcpu: 4, gpu: 1}, work: {kind: lognormal, mean_h: 0.5, sigma: 1}, data: {set: maps}, preemptible: true, deadline_h: 3}
  - {name: bulk, kind: jobs, region: east, tenant: health, traffic: sharing, arrivals: {kind: fixed, every_s: 400}, demand: {vcpu: 16, nodes: 2}, work: {kind: fixed, mean_h: 0.3}, data: {input_gb: 40, at: east}}
policies:
  network: {name: shared}
  dispatch: {name: planned, every_s: 900, horizon_s: 3600, fallback: nearest}
  queue: {name: easy-backfill, at: pool}
  placement: {name: planned, opening_cny_h: 1, delay_cny_h_ms: 0.1}
variants:
  base: {}
  packed: {policies.packing: {name: planned, every_s: 600, fallback: best-fit, migrations: 2}}
  greedy: {policies.dispatch: {name: cheapest}, "topology.links[one].share": 1}
"""
JOBS = """\
submit_s,run_s,cores,gpu,id,tenant,region,priority,nodes,chips,class,on,work_h,deadline_s,preemptible,security_level,data_class,stays_within,input_gb,input_at
0,600,4,0,j1,traffic,hz,0,1,,,,,,,,,,,
30,1200,2,0.5,j2,health,xh,3,1,fast,,,,3600,true,2,general,city,4,dc
60,,8,1,j3,traffic,,-1,1,ascend-910b*|fast,llm_fine_tuning,nvidia-a100-sxm-80,2,,no,1,,,0,core
90.5,60,1,0,j4,traffic,zj,0,2,,,,,,,,,,,
"""
GAPS = "gap_s,run_min\n600,10\n1200,20\n300,1.5\n"
MADE_UP = """\
name: made-up
horizon_h: 2
topology:
  extends: synthetic
  synthetic: {cities: 2, counties_per_city: 2, pools_per_site: 1, seed: 3}
workloads:
  - {name: w, kind: jobs, arrivals: {kind: fixed, every_s: 600}, demand: {vcpu: 1}, work: {kind: fixed, mean_h: 0.2}}
"""
NODES = """\
name: listed
horizon_h: 2
topology: {nodes_file: {file: nodes.csv, format: openb}}
workloads:
  - {name: w, kind: jobs, arrivals: {kind: fixed, every_s: 600}, demand: {vcpu: 1, gpu: 0.5}, work: {kind: fixed, mean_h: 0.2}}
"""


def texts() -> list[str]:
    """The scenarios that are spoilt."""
    golden = sorted((HERE.parent / "golden").glob("*.yaml"))
    files = [path.read_text(encoding="utf-8") for path in [*bundled().values(), *golden]]
    return [SMALL, RICH, RICH, RICH, PLANNED, PLANNED, PLANNED, MADE_UP, NODES, *files]


@cache
def trees() -> list[dict]:
    return [as_lists(plain(decode(text, "f")[0])) for text in texts()]


def as_lists(tree):
    if isinstance(tree, dict):
        return {key: as_lists(child) for key, child in tree.items()}
    return [as_lists(child) for child in tree] if isinstance(tree, tuple) else tree


def tables(folder: Path) -> None:
    """The files that the scenarios name."""
    (folder / "jobs.csv").write_text(JOBS, encoding="utf-8")
    (folder / "gaps.csv").write_text(GAPS, encoding="utf-8")
    shutil.copy(SAMPLES / "nodes.csv", folder / "nodes.csv")


def judged(path: Path, **options) -> None:
    """Read, and where it is right and small simulated and measured."""
    scenario = read(path, **options)
    repr(scenario.notes)
    for variant in (scenario, *scenario.variants[:3]):
        small = (variant.horizon_h or 0) <= 200 and len(variant.topology.pools) <= 60
        if not small or variant.levels_every_s < variant.horizon_h * 3600 / 2000:
            continue
        if demand_of(variant, 1).expected_jobs <= MOST_JOBS:
            measure(simulate(variant, 1)).rows()


def a_scenario(dice: Dice, folder: Path) -> None:
    """A scenario with wrong turns in its tree."""
    tables(folder)
    tree = scenario_tree(dice.below(10_000)) if dice.chance(0.3) else dice.of(trees())
    path = folder / "s.yaml"
    path.write_bytes(text_of(spoil(dice, tree)).encode("utf-8", "surrogatepass"))
    judged(path)


def numbers(dice: Dice, folder: Path) -> None:
    """A good scenario, a few of whose numbers are others: most are still right, and run."""
    tables(folder)
    tree = copy(scenario_tree(dice.below(10_000)) if dice.chance(0.5) else dice.of(trees()))
    leaves = [path for path in places(tree) if is_number(at(tree, path))]
    for _ in range(1 + dice.below(3)):
        path = dice.of(leaves)
        old = at(tree, path)
        new = dice.of((old * 2, old / 2, old * 10, old / 10, old + 1, *NUMBERS))
        whole = isinstance(old, int) and float(new).is_integer() and dice.chance(0.9)
        at(tree, path[:-1])[path[-1]] = int(new) if whole else new
    (folder / "s.yaml").write_text(text_of(tree), encoding="utf-8")
    judged(folder / "s.yaml")


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def a_text(dice: Dice, folder: Path) -> None:
    """A scenario with wrong turns in its bytes."""
    tables(folder)
    path = folder / "s.yaml"
    path.write_bytes(spoil_bytes(dice, dice.of(texts()).encode()))
    judged(path)


def settings(dice: Dice, folder: Path) -> None:
    """A good scenario with wrong settings from outside."""
    tables(folder)
    tree = dice.of(trees())
    path = folder / "s.yaml"
    path.write_text(text_of(tree), encoding="utf-8")
    sets = []
    for _ in range(1 + dice.below(3)):
        steps = dice.of(places(tree))
        named = ""
        for i, step in enumerate(steps):
            item = at(tree, steps[: i + 1])
            name = item.get("name", step) if isinstance(item, dict) else step
            named += (
                f"[{name}]" if isinstance(step, int) else f".{step}" if named else str(step)
            )
        value = a_value(dice, tree, at(tree, steps))
        line = f"{named}={json.dumps(value, default=str) if dice.chance(0.8) else value}"
        if dice.chance(0.3):
            line = spoil_bytes(dice, line.encode("utf-8", "replace"), 2).decode(
                "utf-8", "replace"
            )
        sets.append(line)
    wanted = [dice.of(("base", "more", "mor", ""))] if dice.chance(0.2) else []
    judged(path, sets=sets, variants=wanted)


def a_table(dice: Dice, folder: Path) -> None:
    """A scenario whose tables are spoilt."""
    tables(folder)
    name = dice.of(("jobs.csv", "jobs.csv", "gaps.csv", "nodes.csv"))
    content = (folder / name).read_bytes()
    if dice.chance(0.7):
        content = table_text(spoil_rows(dice, rows_of(content.decode())))
    else:
        content = spoil_bytes(dice, content)
    (folder / name).write_bytes(content)
    (folder / "s.yaml").write_text(NODES if name == "nodes.csv" else RICH, encoding="utf-8")
    sets = (
        ["workloads[old].on_bad_rows=refuse"]
        if dice.chance(0.3) and name != "nodes.csv"
        else []
    )
    judged(folder / "s.yaml", sets=sets)


def a_public_trace(dice: Dice, folder: Path) -> None:
    """A public trace, spoilt, imported by the command."""
    kind, name = dice.of(
        (
            ("openb", "pods.csv"),
            ("swf", "log.swf"),
            ("philly", "philly.csv"),
            ("table", "jobs.csv"),
        )
    )
    content = (SAMPLES / name).read_bytes()
    for _ in range(dice.below(2) + 1):
        content = spoil_bytes(dice, content)
    (folder / name).write_bytes(content)
    (folder / "nodes.csv").write_bytes(
        spoil_bytes(dice, (SAMPLES / "nodes.csv").read_bytes(), 2)
    )
    more = (
        ["--nodes", str(folder / "nodes.csv")] if kind == "openb" and dice.chance(0.5) else []
    )
    more += ["--on-bad-rows", "skip"] if dice.chance(0.5) else []
    out = folder / dice.of(("o.csv", "o.parquet"))
    ended(["trace", kind, str(folder / name), "--out", str(out), *more])


@cache
def good_run(folder: Path) -> Path:
    """A run folder to spoil copies of, made once."""
    scenario = read(HERE.parent / "golden" / "one-room.yaml", variants=["as-it-is", "no-line"])
    return run_experiment(scenario, out=folder / "good").path


def a_run(dice: Dice, folder: Path) -> None:
    """A run folder with a file spoilt, then looked at by the commands."""
    run = folder / "run"
    shutil.copytree(good_run(folder.parent), run)
    files = sorted(path for path in run.rglob("*") if path.is_file())
    for _ in range(1 + dice.below(2)):
        path = (
            dice.of(files)
            if dice.chance(0.5)
            else run / dice.of(("manifest.json", "summary.json"))
        )
        kind = dice.below(6)
        if not path.exists():
            continue
        if kind < 4 and path.suffix == ".json":
            with contextlib.suppress(ValueError):  # it was spoilt before
                tree = spoil(dice, json.loads(path.read_text(encoding="utf-8")), 2)
                path.write_bytes(text_of(tree).encode("utf-8", "surrogatepass"))
            continue
        if kind == 4:
            path.unlink()
        elif kind == 5:
            other = dice.of(files)
            path.write_bytes(other.read_bytes() if other.exists() else b"")
        else:
            path.write_bytes(spoil_bytes(dice, path.read_bytes()))
    command = dice.of(("verify", "compare", "compare", "chart", "report", "rerun"))
    if command == "rerun":
        ended(["verify", str(run), "--rerun"])
    elif command == "chart":
        ended(["chart", str(run), "--kind", "ledger", "--out", str(folder)])
    else:
        ended([command, str(run)])


def ended(arguments: list[str]) -> None:
    """Run the command line in this process; only the statuses of a wrong input may come out."""
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        status = ending(partial(app, arguments, prog_name="suanli"))
    if status not in (0, 2):
        raise AssertionError(
            f"{' '.join(arguments)} ended with {status}: {said.getvalue()[-500:]}"
        )
    if status == 2 and not said.getvalue().strip():
        raise AssertionError(f"{' '.join(arguments)} ended with 2 and said nothing")


TARGETS = {
    "scenario": a_scenario,
    "numbers": numbers,
    "text": a_text,
    "settings": settings,
    "table": a_table,
    "public": a_public_trace,
    "run": a_run,
}
SHARES = (
    *("scenario",) * 4,
    *("numbers",) * 5,
    *("text",) * 2,
    *("settings",) * 2,
    *("table",) * 4,
    *("public",) * 2,
    "run",
)
FAULT_OF_THE_INPUT = (ScenarioError,)
