"""The command line end to end: what it prints, what it leaves, what it returns."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from bench.commands import app
from bench.commands.endings import ending
from bench.commands.trace import FORMATS_HELP
from bench.comparison_lines import wide
from bench.manifest import version_of
from scenarios.job_table import COLUMNS

HOUSE = Path(__file__).resolve().parent.parent.parent
CALL = [sys.executable, "-c", "from bench.commands import main; main()"]
COMMANDS = [
    "new",
    "check",
    "run",
    "compare",
    "report",
    "chart",
    "catalogue",
    "policies",
    "schema",
    "trace",
    "bench",
    "verify",
]

SMALL = """\
# How small can a scenario be?
name: small
question: How small can a scenario be?
horizon_h: 24
seeds: 2
topology:
  clouds: [{name: here}]
  sites: [{name: room, tier: city}]
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 8}]
  servers: [{name: host, cpu: plain, sockets: 1, vcpu: 8, memory_gib: 32}]
  pools: [{name: hosts, site: room, cloud: here, server: host, nodes: 2}]
workloads:
  - name: work
    kind: jobs
    arrivals: {kind: poisson, per_h: 6}
    demand: {vcpu: 4, memory_gib: 8}
    work: {kind: exponential, mean_h: 0.5}
variants:
  two: {}
  three: {"topology.pools[hosts].nodes": 3}
"""


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(HOUSE), "PYTHONSAFEPATH": "1", **more}


def suanli(*args, cwd, **more):
    return subprocess.run(
        [*CALL, *map(str, args)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        **more,
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(here, capfd):
    """Call a command in this process; its status, stdout and stderr."""

    def called(*args):
        status = ending(partial(app, args=[str(a) for a in args], prog_name="suanli"))
        out, err = capfd.readouterr()
        return status, out, err

    return called


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A folder with small.yaml and its run folder `done`, made once by the real command."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "small.yaml").write_text(SMALL)
    end = suanli("run", "small.yaml", "--out", "done", "--workers", "1", cwd=folder)
    assert end.returncode == 0, end.stderr
    (folder / "said.txt").write_text(end.stdout)
    (folder / "progress.txt").write_text(end.stderr)
    return folder


# --- help and usage


@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS), ["bench", "openb"]])
def test_help_answers(call, command):
    status, out, err = call(*command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"Usage: suanli {' '.join(command)}".rstrip())


def test_help_lists_what_is_there_and_nothing_that_is_to_come(call):
    _, out, _ = call("--help")
    listed = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line]
    assert sorted(listed) == sorted(COMMANDS)
    assert not any(line.rstrip().endswith("...") for line in out.splitlines()[3:])


def test_the_version_is_that_of_the_package(call):
    assert call("--version") == (0, f"suanli {version_of('suanli')}\n", "")


def test_a_mistyped_command_is_guessed(call):
    status, out, err = call("chek", "x.yaml")
    assert (status, out) == (2, "")
    assert "No such command 'chek'. Did you mean 'check'" in err


@pytest.mark.parametrize("command", ["sweep", "why", "review", "import", "cases"])
def test_a_command_of_a_later_issue_is_absent(call, command):
    status, _, err = call(command)
    assert status == 2
    assert f"No such command '{command}'." in err


@pytest.mark.parametrize(
    "args",
    [
        ["run"],
        ["run", "first-run", "--seeds", "0"],
        ["run", "first-run", "--seeds", "many"],
        ["run", "first-run", "--seed", "-1"],
        ["run", "first-run", "--workers", "0"],
        ["run", "first-run", "--kernel", "quantum"],
        ["run", "first-run", "--nonsense"],
        ["run", "first-run", "second"],
        ["check"],
        ["compare"],
        ["report"],
        ["report", "a", "b"],
        ["chart", "x", "--kind", "wait_cdf", "--style", "loud"],
        ["trace", "openb", "x.csv"],
        ["verify"],
        ["bench", "nothing"],
        ["bench", "openb"],
        ["policies", "more"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_leaves_nothing(call, here, args):
    status, out, err = call(*args)
    assert status == 2
    assert out == ""
    assert "Error: " in err
    assert "Traceback" not in err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run", "first-run", "--lang", "fr"], "--lang: expected en or zh; got 'fr'"),
        (["run", "first-run", "--engine", "dask://a:1"], "not yet: --engine dask://"),
        (["run", "first-run", "--engine", "spark"], "--engine: expected local; got 'spark'"),
        (
            ["run", "first-run", "--seed", "1", "--seeds", "2"],
            "--seed: not together with --seeds",
        ),
        (["report", "nowhere"], "nowhere: no such run folder"),
        (["verify", "nowhere"], "nowhere: no such run folder"),
        (["compare", "nowhere"], "nowhere: no such run folder"),
        (["chart", "nowhere", "--kind", "queues"], "nowhere: no such run folder"),
        (["chart", "x", "--kind", "queues", "--style", "zh"], "x: no such run folder"),
        (
            ["chart", "x"],
            "--kind: expected one of wait-cdf, allocation, utilisation-heatmap, queues, "
            "variants, map, latency-by-tier",
        ),
        (
            ["chart", "x", "--kind", "pie"],
            "--kind: expected one of wait-cdf, allocation, utilisation-heatmap, queues, "
            "variants, map, latency-by-tier; got 'pie'",
        ),
        (["trace", "gavel", "x", "--out", "o.csv"], "not yet: trace format 'gavel'"),
        (
            ["trace", "opnb", "x", "--out", "o.csv"],
            "trace: expected a format of openb, swf, philly, table; got 'opnb'; "
            "did you mean 'openb'?",
        ),
        (["trace", "swf", "x", "y", "--out", "o.csv"], "trace: format swf has one file; got 2"),
        (
            ["trace", "swf", "x", "--out", "o.txt"],
            "--out: expected a name that ends in .parquet or .csv; got 'o.txt'",
        ),
        (["trace", "swf", "x", "--out", "o.csv"], "x: no such file"),
        (
            ["trace", "swf", "x", "--out", "o.csv", "--nodes", "n"],
            "--nodes, --submit: only for format openb",
        ),
        (["bench", "openb", "--nodes", "n", "--pods", "p"], "n: no such file"),
        (
            ["bench", "openb", "--nodes", "n", "--pods", "p", "--policy", "luck"],
            "--policy: expected one of random, dot-product, gpu-clustering, gpu-packing, "
            "best-fit, fgd, planned, planned-packing; got 'luck'",
        ),
        (
            ["run", "first-rum"],
            "first-rum: no such file, and no bundled scenario of that name; "
            "did you mean 'first-run'?\nfirst-rum: 1 problem",
        ),
        (
            ["new", "../x"],
            "new: a name is 1 to 64 letters, digits or ' .()-_', no path; got '../x'",
        ),
        (
            ["new", ""],
            "new: a name is 1 to 64 letters, digits or ' .()-_', no path; got ''",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_word_gets_one_message(call, here, args, message):
    assert call(*args) == (2, "", message + "\n")
    assert list(here.iterdir()) == []


# --- new


def test_new_writes_a_scenario_that_is_right(call):
    assert call("new", "my-city") == (
        0,
        "my-city.yaml: written; next: suanli run my-city.yaml\n",
        "",
    )
    status, out, err = call("check", "my-city.yaml")
    assert (status, err) == (0, "")
    assert out.startswith("my-city.yaml: ok (1 sites, 1 pools, 1 workloads, about ")


def test_new_overwrites_nothing(call, here):
    (here / "a.yaml").write_text("mine")
    assert call("new", "a") == (2, "", "a.yaml: exists already; nothing was written\n")
    assert (here / "a.yaml").read_text() == "mine"


def test_new_copies_a_bundled_scenario_under_a_new_name(call, here):
    assert call("new", "my-week", "--from", "zhejiang-week")[0] == 0
    text = (here / "my-week.yaml").read_text(encoding="utf-8")
    assert "\nname: my-week\n" in text
    assert "suanli run my-week.yaml --set" in text
    status, out, err = call("check", "my-week.yaml")
    assert (status, err) == (0, "")
    assert out.startswith("my-week.yaml: ok (171 sites, 369 pools, 11 workloads, about ")


def test_new_copies_only_what_is_bundled(call, here):
    status, out, err = call("new", "a", "--from", "zhejiang-weak")
    assert (status, out) == (2, "")
    assert err == (
        "--from: no bundled scenario of that name; got 'zhejiang-weak'; did you mean"
        " 'zhejiang-week'?\n"
    )
    assert not (here / "a.yaml").exists()


@pytest.mark.parametrize(
    "name", ["12", "true", "null", "1e6", "杭州", "a b", "x.yaml", "a (2)"]
)
def test_a_name_that_yaml_would_read_otherwise_stays_a_name(call, name):
    assert call("new", name)[0] == 0
    assert call("check", f"{name.removesuffix('.yaml')}.yaml")[0] == 0


# --- check


def test_check_names_every_file_and_fails_if_one_is_wrong(call, here):
    (here / "bad.yaml").write_text(SMALL.replace("tier: city", "tier: citty"))
    status, out, err = call("check", "first-run", "bad.yaml", "two-tiers")
    assert status == 2
    assert [line.split(":")[0] for line in out.splitlines()] == ["first-run", "two-tiers"]
    assert err.splitlines()[0] == (
        "bad.yaml:8:30: topology.sites[room].tier: expected nation, province, city, county or "
        "township; got 'citty'; did you mean 'city'?"
    )
    assert err.splitlines()[-1].startswith("bad.yaml: ")


TOO_BIG = (
    "workloads[work]: note: no pool could ever take it: "
    "too-big (memory_gib 512000; the largest that it may use has 32)"
)


def test_a_workload_that_nothing_could_ever_take_is_noted_before_the_run(call, here):
    (here / "big.yaml").write_text(SMALL.replace("memory_gib: 8}", "memory_gib: 512000}"))
    status, out, err = call("check", "big.yaml")
    assert (status, err) == (0, "")
    assert out.splitlines()[1:] == [f"big.yaml:13:5: {TOO_BIG}"]
    assert call("check", "big.yaml", "--json") == (0, "", "")
    _, _, err = call("run", "big.yaml", "--seeds", "1", "--out", "big", "--workers", "1")
    assert err.splitlines()[0] == f"big.yaml:13:5: {TOO_BIG}"
    _, _, err = call("run", "big.yaml", "--seeds", "1", "--out", "big", "--quiet")
    assert err == ""


def test_what_one_variant_could_serve_is_not_noted(call, here):
    text = SMALL.replace("memory_gib: 8}", "memory_gib: 512000}")
    more = '  four: {"workloads[work].demand.memory_gib": 1}\n'
    (here / "big.yaml").write_text(text + more)
    status, out, err = call("check", "big.yaml")
    assert (status, err, len(out.splitlines())) == (0, "", 1)


def test_check_tells_work_beyond_what_exists(call, here):
    (here / "much.yaml").write_text(SMALL.replace("mean_h: 0.5", "mean_h: 5"))
    status, out, _ = call("check", "much.yaml")
    assert status == 0
    first, *_ = [line for line in out.splitlines() if "note" in line]
    # 6 jobs an hour of 5 h and 4 vCPUs, on 2 nodes of 8
    assert first.startswith(
        "much.yaml:13:5: workloads[work]: note: asks for 7.5 times the vcpu"
    )
    assert first.endswith("in two, mean over the horizon: its queue can only grow")
    assert call("check", "much.yaml", "--json")[1] == ""


def test_check_for_programs_gives_an_object_a_problem(call, here):
    (here / "bad.yaml").write_text(SMALL.replace("nodes: 2}", "nods: 2}"))
    status, out, err = call("check", "bad.yaml", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (2, "")
    assert set(rows[0]) == {"file", "line", "column", "path", "message", "got", "guess"}
    assert "nodes" in [row["guess"] for row in rows]


def test_check_of_a_good_file_for_programs_says_nothing(call):
    assert call("check", "first-run", "--json") == (0, "", "")


def test_a_set_is_checked_like_the_file(call):
    status, out, err = call(
        "check", "first-run", "--set", "topology.pools[gpu-room].nodes=none"
    )
    assert (status, out) == (2, "")
    assert err.startswith("--set:1:")


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_set_that_takes_a_variant_its_point_away_is_noted(call, here, command):
    (here / "small.yaml").write_text(SMALL)
    more = ["--quiet", "--workers", "1", "--seed", "1"] if command == "run" else []
    args = ["--set", "topology.pools[hosts].nodes=4", *more]
    status, _, err = call(command, "small.yaml", *args)
    assert (status, err) == (
        0,
        "note: --set topology.pools[hosts].nodes: also set by variant 'three'; --set wins\n",
    )


def test_a_file_beside_is_guessed(call, here):
    (here / "my-week.yaml").write_text(SMALL)
    (here / "in").mkdir()
    (here / "in" / "mine.yml").write_text(SMALL)
    for wrong, meant in (("my-wek.yaml", "my-week.yaml"), ("in/mime.yml", "in/mine.yml")):
        status, out, err = call("check", wrong)
        assert (status, out) == (2, "")
        assert f"did you mean '{meant}'?" in err


def test_the_replay_without_its_data_names_the_files(call):
    status, _, err = call("run", "openb-replay")
    assert status == 2
    assert "openb_node_list_gpu_node.csv" in err
    assert "openb_pod_list_default.csv" in err


# --- policies, schema


def test_policies_for_programs(call):
    status, out, _ = call("policies", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert all(set(row) == {"kind", "name", "summary", "options"} for row in rows)
    assert ("queue", "easy-backfill") in [(row["kind"], row["name"]) for row in rows]


def test_help_of_trace_names_every_column_of_the_job_table():
    assert set(COLUMNS) <= set(re.findall(r"\w+", FORMATS_HELP))


def test_policies_for_people(call):
    _, out, _ = call("policies")
    assert out.startswith("In brackets: options")
    assert "max_waiting  the longest line; who comes later is refused" in out
    assert [line for line in out.splitlines() if line.endswith(":")] == [
        "dispatch:",
        "queue:",
        "packing:",
        "preemption:",
        "placement:",
        "silos:",
        "network:",
    ]
    assert "  conservative-backfill  By submission" in out


def test_schema_is_json(call):
    status, out, _ = call("schema")
    assert status == 0
    assert {"name", "topology", "workloads"} <= set(json.loads(out)["properties"])


# --- run and what reads its folder


def test_run_answers_and_says_where_the_rest_lies(made):
    sentence, *_, folder, report = (made / "said.txt").read_text().splitlines()
    assert "95th-percentile wait" in sentence
    assert (folder, report) == ("done", "done/report.html")
    assert {path.name for path in made.iterdir() if path.suffix != ".txt"} == {
        "small.yaml",
        "done",
    }


def test_progress_off_a_terminal_is_plain_lines(made):
    lines = (made / "progress.txt").read_text().splitlines()
    assert lines[0].startswith(("0 of 4 runs, ", "1 of 4 runs, "))
    assert lines[-1].startswith("4 of 4 runs, 96 h simulated, ")


def test_the_folder_holds_what_is_promised(made):
    names = {path.relative_to(made / "done").as_posix() for path in (made / "done").rglob("*")}
    assert {"manifest.json", "measures.parquet", "summary.json", "report.html"} <= names
    assert {"jobs/two-1.parquet", "levels/three-2.parquet"} <= names
    assert {"figures/wait_cdf.svg", "figures/wait_cdf.png"} <= names


def test_the_same_again_is_already_done(call, made, here):
    shutil.copytree(made, here, dirs_exist_ok=True)
    status, out, err = call("run", "small.yaml", "--out", "done")
    assert (status, err) == (0, "")
    assert out.splitlines()[-2:] == ["done: already done", "done/report.html"]


def test_run_for_programs_ends_with_one_object(call, made, here):
    shutil.copytree(made, here, dirs_exist_ok=True)
    status, out, err = call("run", "small.yaml", "--out", "done", "--json")
    last = json.loads(out.splitlines()[-1])
    assert (status, err) == (0, "")
    assert list(last) == ["run_dir", "schema", "scenario", "question", "answer", "variants"]
    assert list(last["variants"]) == ["two", "three"]
    assert set(last["variants"]["two"]["wait_p95_s"]) == {"mean", "low", "high", "n", "unit"}


def test_another_run_under_that_name_needs_force(call, made, here):
    shutil.copytree(made, here, dirs_exist_ok=True)
    status, out, err = call("run", "small.yaml", "--out", "done", "--seed", "5", "--quiet")
    assert (status, out) == (2, "")
    assert err.startswith("done: holds another run (")
    assert call("verify", "done")[0] == 0


def test_one_variant_and_one_seed_with_quiet(call, here):
    (here / "small.yaml").write_text(SMALL)
    args = [
        "--variant",
        "three",
        "--seed",
        "7",
        "--quiet",
        "--workers",
        "1",
        "--kernel",
        "plain",
    ]
    status, out, err = call("run", "small.yaml", "--out", "one", *args)
    assert (status, err) == (0, "")
    assert [path.name for path in (here / "one" / "jobs").iterdir()] == ["three-7.parquet"]
    assert out.splitlines()[-1] == "one/report.html"


def test_verify_names_what_was_changed_missing_or_added(call, made, here):
    shutil.copytree(made / "done", here / "done")
    status, out, err = call("verify", "done")
    assert (status, err) == (0, "")
    assert out.startswith("done: ok (")
    (here / "done" / "summary.json").write_text("{}")
    (here / "done" / "report.html").unlink()
    (here / "done" / "extra.txt").write_text("x")
    assert call("verify", "done") == (
        2,
        "",
        "done/extra.txt: added\ndone/report.html: missing\ndone/summary.json: changed\n"
        "done: 3 problems\n",
    )


@pytest.mark.wide
def test_verify_derives_again(call, made, here):
    shutil.copytree(made / "done", here / "done")
    assert call("verify", "done", "--rerun")[0] == 0


@pytest.mark.wide
def test_report_redraws_and_the_folder_stays_right(call, made, here):
    shutil.copytree(made / "done", here / "done")
    before = (here / "done" / "report.html").read_bytes()
    (here / "done" / "report.html").unlink()
    assert call("report", "done") == (0, "done/report.html\n", "")
    assert (here / "done" / "report.html").read_bytes() == before
    assert call("verify", "done")[0] == 0


def test_chart_leaves_figure_and_numbers(call, made, here):
    status, out, err = call("chart", made / "done", "--kind", "wait-cdf", "--style", "slides")
    assert (status, err) == (0, "")
    assert out.split() == [f"done-wait-cdf.{kind}" for kind in ("svg", "png", "csv")]
    assert sorted(out.split()) == sorted(path.name for path in here.iterdir())


def test_compare_sets_variants_side_by_side(call, made):
    status, out, err = call("compare", made / "done", "--measure", "wait_mean_s")
    assert (status, err) == (0, "")
    verdict, _, pair, heads, row = out.splitlines()
    assert "mean wait" in verdict
    assert pair == "three against two (base), 2 paired seeds"
    assert heads.split()[:4] == ["measure", "base", "variant", "difference"]
    assert row.split()[0] == "wait_mean_s"
    units = {word for word in row.split() if word in {"s", "min", "h", "d", "ms"}}
    assert len(units) == 1  # before, after, difference and interval subtract as they stand


def test_compare_speaks_chinese(call, made):
    status, out, err = call("compare", made / "done", "--lang", "zh")
    assert (status, err) == (0, "")
    verdict, _, pair, heads, *rows = out.splitlines()
    assert verdict.endswith("。")
    assert "等待" in verdict
    assert pair == "three 对比 two（基准），2 个配对种子"
    assert heads.split() == ["指标", "基准", "方案", "差值", "95%", "置信区间"]
    assert "平均等待 wait_mean_s" in [" ".join(row.split()[:2]) for row in rows]
    assert " 至 " in out
    assert " %" not in out.replace("95 %", "")
    assert not re.search(r"\b(to|min|seeds?|against)\b", out)
    ends = {wide(row[: row.rindex("  ")]) for row in rows}
    assert len(ends) == 1  # the columns stand below each other
    _, out, _ = call("compare", made / "done", "--lang", "zh", "--scope", "tier")
    assert "层级" in out.splitlines()[3]
    assert call("compare", made / "done", "--lang", "fr")[0] == 2


@pytest.mark.wide
def test_compare_in_chinese_tells_runs_without_a_common_seed(call, others):
    args = ("--measure", "wait_mean_s", "--lang", "zh")
    _, out, _ = call("compare", others / "mine", others / "apart", *args)
    assert "“mine/two”和“apart/two”无共同种子，无法判断优劣：请使用相同的种子。" in out
    assert "平均等待 wait_mean_s，无共同种子" in out


def test_the_usual_list_has_money_and_energy_but_no_row_of_zeros(call, made):
    _, out, _ = call("compare", made / "done", "--json")
    listed = [row["measure"] for row in json.loads(out)["differences"]]
    assert {"cost_total_cny", "cost_per_job_cny", "energy_kwh", "jobs_refused"} <= set(listed)
    _, out, _ = call("compare", made / "done")
    assert "jobs_finished" in out
    assert "jobs_refused" not in out


def test_compare_tells_rows_of_a_scope_by_name(call, made):
    args = ("--scope", "workload", "--measure", "wait_mean_s")
    _, out, _ = call("compare", made / "done", *args)
    heads, row = out.splitlines()[-2:]
    assert heads.split()[:2] == ["measure", "workload"]
    assert row.split()[:2] == ["wait_mean_s", "work"]
    _, out, _ = call("compare", made / "done", *args, "--json")
    [difference] = json.loads(out)["differences"]
    assert (difference["scope"], difference["key"]) == ("workload", "work")
    assert difference["variant_mean"] - difference["base_mean"] == pytest.approx(
        difference["mean"]
    )


@pytest.fixture(scope="session")
def others(made, tmp_path_factory):
    """Folders with a run folder `mine` of seed 2, and one `apart` of seed 9."""
    folder = tmp_path_factory.mktemp("others")
    (folder / "small.yaml").write_text(SMALL)
    shutil.copytree(made / "done", folder / "done")
    for name, seed in {"mine": 2, "apart": 9}.items():
        args = ("--seed", seed, "--out", name, "--workers", "1", "--quiet")
        assert suanli("run", "small.yaml", *args, cwd=folder).returncode == 0
    return folder


def test_folders_are_compared_like_with_like_over_the_seeds_of_both(call, others):
    call_args = ("compare", others / "done", others / "mine", "--measure", "jobs_submitted")
    _, out, _ = call(*call_args, "--json")
    rows = json.loads(out)["differences"]
    assert [(Path(r["base"]).name, Path(r["variant"]).name) for r in rows] == [
        ("two", "two"),
        ("three", "three"),
    ]
    # seed 2 is the same demand in both: a mean over all seeds of one would differ
    assert all(r["base_mean"] == r["variant_mean"] and r["n"] == 1 for r in rows)
    _, out, _ = call(*call_args)
    assert "  the same settings\nonly the 1 seeds that both ran are paired, of " in out
    assert "jobs_submitted, 1 paired seed" in out
    assert "mine/three  done/three" in out
    _, out, _ = call(*call_args, "--base", "done/two")
    assert "mine/three  done/two" in out


def test_without_a_common_seed_there_is_no_difference(call, others):
    _, out, _ = call("compare", others / "mine", others / "apart", "--measure", "wait_mean_s")
    assert "“mine/two” and “apart/two” have no common seed" in out
    assert "wait_mean_s, no common seed" in out
    assert all(
        line.endswith("–  no common seed")
        for line in out.splitlines()
        if line.startswith("apart/")
    )


def test_compare_for_programs(call, made):
    _, out, _ = call("compare", made / "done", "--json")
    last = json.loads(out.splitlines()[-1])
    assert last["run_dir"] == str(made / "done")
    assert list(last["variants"]) == ["two", "three"]
    assert {row["measure"] for row in last["differences"]} >= {"wait_p95_s", "wait_mean_s"}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["--measure", "wait_p95"],
            "--measure: nothing of that name in these runs; got 'wait_p95'; "
            "did you mean 'wait_p95_s'?",
        ),
        (
            ["--measure", "cost_t"],
            "--measure: nothing of that name in these runs; got 'cost_t'; "
            "did you mean 'cost_total_cny'?",
        ),
        (
            ["--measure", "per_"],
            "--measure: nothing of that name in these runs; got 'per_'; "
            "did you mean 'cost_per_job_cny'?",
        ),
        (
            ["--measure", "preemtions"],
            "--measure: nothing of that name in these runs; got 'preemtions'; "
            "did you mean 'preemptions'?",
        ),
        (
            ["--scope", "workloads"],
            "--scope: expected one of all, tier, cloud, site, pool, chip, workload, tenant, "
            "region, class, data_class; got 'workloads'",
        ),
        (["--scope", "data_class"], "--scope: these runs have no rows by data_class"),
        (
            ["--base", "too"],
            "--base: nothing of that name in these runs; got 'too'; did you mean 'two'?",
        ),
    ],
)
def test_compare_guesses_names(call, made, args, message):
    assert call("compare", made / "done", *args) == (2, "", message + "\n")


def test_an_answer_demanded_and_not_there_ends_with_3(call, here):
    text = SMALL.replace("demand: {vcpu: 4,", "must_serve: true\n    demand: {vcpu: 400,")
    (here / "small.yaml").write_text(text)
    status, out, err = call("run", "small.yaml", "--out", "none", "--quiet", "--workers", "1")
    assert status == 3
    first, *lines = err.splitlines()
    assert first == "small.yaml: workloads[work]: must be served, but jobs of it were refused"
    assert any("workloads[work].demand.vcpu: 400" in line for line in lines)
    assert any("without any one of them it can be done" in line for line in lines)
    assert lines[-1].endswith("(workloads[work].must_serve=false)")
    assert (here / "none" / "manifest.json").is_file()
    assert "none" in out.splitlines()


# --- trace


def test_trace_imports_a_table(call, here):
    (here / "t.csv").write_text("submit_s,run_s,vcpu\n0,60,1\n5,30,2\n")
    status, out, err = call("trace", "table", "t.csv", "--out", "t.parquet")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "t.parquet: 2 jobs, submit_s, run_s, vcpu"


def test_trace_reports_every_broken_row_and_writes_nothing(call, here):
    (here / "t.csv").write_text("submit_s,run_s,vcpu\n0,60,1\nx,30,2\n7,y,2\n")
    status, out, err = call("trace", "table", "t.csv", "--out", "o.parquet")
    assert (status, out) == (2, "")
    assert [line.split(":")[1] for line in err.splitlines()[:2]] == ["3", "4"]
    assert err.splitlines()[-1] == "t.csv: 2 problems"
    assert [path.name for path in here.iterdir()] == ["t.csv"]


NODES = "sn,cpu_milli,memory_mib,gpu,model\na,64000,262144,2,T4\nb,64000,262144,2,T4\n"
PODS = (
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,"
    "creation_time,deletion_time,scheduled_time\n"
    "p,4000,1024,1,500,,LS,Running,0,100,7\n"
    "q,4000,1024,1,1000,T4,LS,Running,5,90,\n"
)


def test_trace_openb_writes_the_topology_beside(call, here):
    (here / "nodes.csv").write_text(NODES)
    (here / "pods.csv").write_text(PODS)
    args = ["--nodes", "nodes.csv", "--submit", "scheduled", "--out", "o.parquet"]
    status, out, err = call("trace", "openb", "pods.csv", *args)
    assert (status, err) == (0, "")
    assert out.splitlines()[-2].startswith("o.parquet: 1 jobs, ")
    assert out.splitlines()[-1] == "o.topology.yaml: 1 pools"
    assert sorted(path.name for path in here.iterdir()) == [
        "nodes.csv",
        "o.parquet",
        "o.topology.yaml",
        "pods.csv",
    ]


@pytest.mark.wide
def test_bench_openb_gives_an_object_a_row(tmp_path):
    (tmp_path / "nodes.csv").write_text(NODES)
    (tmp_path / "pods.csv").write_text(PODS)
    args = ["--nodes", "nodes.csv", "--pods", "pods.csv", "--seeds", "2", "--policy", "fgd"]
    end = suanli("bench", "openb", *args, "--workers", "1", "--json", cwd=tmp_path)
    rows = [json.loads(line) for line in end.stdout.splitlines()]
    assert (end.returncode, end.stderr) == (0, "")
    keys = ["list", "policy", "seed", "arrived_share", "gpu_allocated_share", "published"]
    assert all(list(row) == keys for row in rows)
    assert [row["seed"] for row in rows if row["arrived_share"] == 1.0] == [1, 2, None]
    assert all(row["published"] is None for row in rows)


# --- the machine fails, the user leaves


def test_a_full_disk_is_one_message(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as full:  # noqa: PTH123
        end = subprocess.run(
            [*CALL, "schema"], stdout=full, stderr=subprocess.PIPE, env=environment(),
            cwd=tmp_path, encoding="utf-8", check=False,
        )  # fmt: skip
    assert end.returncode == 1
    assert end.stderr == "suanli: No space left on device\n"


def test_a_reader_who_leaves_is_no_noise(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    end = subprocess.run(
        [*CALL, "schema"], stdout=writer, stderr=subprocess.PIPE, env=environment(),
        cwd=tmp_path, encoding="utf-8", check=False,
    )  # fmt: skip
    os.close(writer)
    assert (end.returncode, end.stderr) == (1, "")


def test_a_place_that_cannot_be_written_is_one_message(call, here):
    (here / "small.yaml").write_text(SMALL)
    (here / "file").write_text("")
    status, out, err = call("run", "small.yaml", "--out", "file/run", "--quiet")
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL.replace("seeds: 2", "seeds: 2000"))
    with subprocess.Popen(
        [*CALL, "run", "small.yaml", "--out", "long", "--workers", "1"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", process_group=0,
    ) as run:  # fmt: skip
        for line in run.stderr:
            if not line.startswith("0 of"):
                break
        begin = time.monotonic()
        os.killpg(run.pid, signal.SIGINT)
        out, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert out == ""
    assert err.splitlines()[-1].startswith("interrupted: ")
    assert err.splitlines()[-1].endswith(" runs are kept; the same command goes on from there")
    assert time.monotonic() - begin < 5
    assert not (tmp_path / "long").exists()


# --- start-up and what the papers promise


def test_help_loads_no_library_of_a_room():
    code = (
        "import sys; sys.argv = ['suanli', 'run', '--help']\n"
        "from bench.commands import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "heavy = ('numpy', 'pyarrow', 'matplotlib', 'simpy', 'yaml')\n"
        "sys.exit(', '.join(set(heavy) & set(sys.modules)) or 0)"
    )
    end = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, check=False
    )
    assert (end.returncode, end.stderr) == (0, b"")


def test_the_readme_and_ci_run_the_same_tests():
    readme, ci = ((HOUSE / name).read_text() for name in ("README.md", ".ci/run"))
    command = [line.strip() for line in readme.splitlines() if "-m pytest" in line]
    assert len(command) == 1
    assert command[0] in ci.splitlines()


@pytest.mark.parametrize("name", ["first-run", "two-tiers", "openb-replay"])
def test_a_bundled_scenario_opens_with_its_question(name):
    text = (HOUSE / "scenarios" / f"{name}.yaml").read_text()
    question = text.splitlines()[0].removeprefix("# ")
    assert question.endswith("?")
    assert f"question: {question}" in text
