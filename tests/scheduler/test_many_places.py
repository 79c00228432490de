"""Many places: equal asks share what they may; a day of a province; figures of rare pairs."""

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.commands import app
from scenarios import demand_of, read
from scheduler import simulate
from scheduler.estate import estate_of
from scheduler.shapes import Shapes
from topology import province_names

DAY = """\
name: day
horizon_h: 24
seeds: 1
topology: {{extends: {name}}}
workloads:
  - name: load
    kind: jobs
    region: {{weights: population}}
    arrivals: {{kind: poisson, per_h: 10}}
    demand: {{vcpu: 8, memory_gib: 16}}
    work: {{kind: fixed, mean_h: 1}}
    class: transaction_service
    data: {{input_gb: 1, data_class: important}}
"""

# what only counties have, what no county node holds, and what only the core has
EACH_TIER = """\
  - name: street
    kind: jobs
    region: {{weights: population}}
    arrivals: {{kind: poisson, per_h: 10}}
    demand: {{vcpu: 2, gpu: 1}}
    work: {{kind: exponential, mean_h: 0.5, on: ascend-310p}}
    class: video_ai
    chips: {{any_of: [ascend-310p]}}
  - name: town
    kind: jobs
    region: {{weights: population}}
    arrivals: {{kind: poisson, per_h: 3}}
    demand: {{vcpu: 60, memory_gib: 100}}
    work: {{kind: fixed, mean_h: 0.25}}
    class: batch_analytics
    chips: {{any_of: [hygon-7285]}}
  - name: tune
    kind: jobs
    region: {{weights: population}}
    arrivals: {{kind: fixed, every_s: 7200}}
    demand: {{vcpu: 16, gpu: 2}}
    work: {{kind: fixed, mean_h: 1}}
    class: llm_fine_tuning
    chips: {{any_of: [ascend-910b3, nvidia-a800-sxm-80]}}
    data: {{input_gb: 20, output_gb: 1, data_class: general}}
"""


def day_of(folder, name, more=""):
    file = folder / "day.yaml"
    file.write_text((DAY + more).format(name=name), encoding="utf-8")
    return read(file)


QUICK = ("beijing", "hainan", "henan", "xizang")  # the others weekly
PROVINCES = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
    for name in province_names()
]


@pytest.mark.parametrize("name", PROVINCES)
def test_every_province_runs_for_a_day(name, tmp_path):
    records = simulate(day_of(tmp_path, f"province/{name}", EACH_TIER), 1)
    assert records.rows > 500
    state, workload, tier = (records.column(c) for c in ("state", "workload", "tier"))
    assert set(state) <= {"finished", "running", "waiting"}
    ended = state == "finished"
    assert ended.mean() > 0.9
    # each really ran where it belongs, and what fits everywhere stayed in the counties
    assert set(tier[ended & (workload == "street")]) == {"county"}
    assert set(tier[ended & (workload == "town")]) == {"city"}
    assert set(tier[ended & (workload == "tune")]) == {"province"}
    assert "county" in set(tier[ended & (workload == "load")])
    assert len(set(records.column("site")[ended])) > 4


@pytest.mark.parametrize("name", PROVINCES)
def test_a_province_is_checked_by_name_on_the_command_line(name, tmp_path):
    day_of(tmp_path, f"province/{name}", EACH_TIER)
    done = CliRunner().invoke(app, ["check", str(tmp_path / "day.yaml")])
    assert (done.exit_code, "ok (" in done.stdout) == (0, True)


@pytest.mark.wide
def test_important_data_stays_in_its_province(tmp_path):
    scenario = day_of(tmp_path, "nation")
    records = simulate(scenario, 1)
    places = scenario.topology
    for region, site in zip(records.column("region"), records.column("site"), strict=True):
        assert site is None or places.within(site, "province", region)


class Steps:
    """Takes levels as they come, as a run folder does."""

    def __init__(self):
        self.shapes = []

    def jobs(self, chunk):
        pass

    def levels(self, chunk):
        self.shapes.append((len(chunk.time_s), len(chunk.allocated), len(chunk.queued)))


def test_levels_of_many_pools_and_few_lines_close_together(tmp_path):
    """With over 340 pools fewer steps stand open at once than for their 105 sites' lines."""
    text = DAY.format(name="zhejiang") + "levels_every_s: 60\npolicies: {queue: {at: site}}\n"
    (tmp_path / "day.yaml").write_text(text, encoding="utf-8")
    steps = Steps()
    simulate(read(tmp_path / "day.yaml"), 1, sink=steps)
    assert sum(shape[0] for shape in steps.shapes) == 24 * 60
    assert all(len(set(shape)) == 1 for shape in steps.shapes)


def test_rare_pairs_give_the_figures_of_the_whole_table(tmp_path, monkeypatch):
    scenario = day_of(tmp_path, "province/ningxia")
    names = ("transfer_s", "latency_s", "run_s", "pool")
    whole = simulate(scenario, 1)
    monkeypatch.setattr("scheduler.pairs.MOST_CELLS", 0)
    pairs = simulate(scenario, 1)
    for name in names:
        np.testing.assert_array_equal(whole.column(name), pairs.column(name))
    np.testing.assert_array_equal(whole.levels.allocated, pairs.levels.allocated)


@pytest.mark.wide
def test_a_pool_that_may_not_take_a_job_has_no_stand_for_it(tmp_path):
    scenario = day_of(tmp_path, "nation")
    shapes = Shapes(scenario, estate_of(scenario))
    shapes.add(demand_of(scenario, 1).asks[:1])
    (shape,) = shapes.all
    never = next(p for p in range(len(shapes.estate.pools)) if p not in shape.allowed)
    with pytest.raises(KeyError, match="a job of load can never run in pool"):
        shape.stand(never)
