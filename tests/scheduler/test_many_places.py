"""Many places: equal asks share what they may; a day of a province; figures of rare pairs."""

import numpy as np
import pytest

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


def day_of(folder, name):
    file = folder / "day.yaml"
    file.write_text(DAY.format(name=name), encoding="utf-8")
    return read(file)


QUICK = ("beijing", "hainan", "henan", "xizang")  # the others weekly
PROVINCES = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
    for name in province_names()
]


@pytest.mark.parametrize("name", PROVINCES)
def test_every_province_runs_for_a_day(name, tmp_path):
    records = simulate(day_of(tmp_path, f"province/{name}"), 1)
    assert records.rows > 200
    assert set(records.column("state")) <= {"finished", "running", "waiting"}


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
    monkeypatch.setattr("scheduler.records.MOST_CELLS", 0)
    pairs = simulate(scenario, 1)
    for name in names:
        np.testing.assert_array_equal(whole.column(name), pairs.column(name))
    np.testing.assert_array_equal(whole.levels.allocated, pairs.levels.allocated)


def test_a_pool_that_may_not_take_a_job_has_no_stand_for_it(tmp_path):
    scenario = day_of(tmp_path, "nation")
    shapes = Shapes(scenario, estate_of(scenario))
    shapes.add(demand_of(scenario, 1).asks[:1])
    (shape,) = shapes.all
    never = next(p for p in range(len(shapes.estate.pools)) if p not in shape.allowed)
    with pytest.raises(KeyError, match="a job of load can never run in pool"):
        shape.stand(never)
