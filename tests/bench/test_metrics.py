"""Every measure against hand-made jobs and levels, and against brute force."""

import numpy as np
import pytest

from bench import quantiles
from bench.cells import by_name, compacted
from bench.level_sums import level_sums
from bench.measures import (
    ACCOUNT_UNITS,
    FLOW_UNITS,
    JOB_UNITS,
    LEDGER_UNITS,
    LEVEL_UNITS,
    PLAN_UNITS,
    SCOPES,
    UNITS,
    joined,
    table_of,
)
from bench.metrics import measure
from bench.quantiles import quantile
from tests.bench.fakes import (
    EDGE,
    NAN,
    REFUSED,
    RUNNING,
    TEXT,
    WAITING,
    FakeRecords,
    a_job,
    a_scenario,
    some_levels,
)


def measured(tmp_path, *jobs, text=TEXT, **more):
    return measure(FakeRecords(list(jobs), a_scenario(tmp_path, text), **more))


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        pytest.param(
            [a_job(), a_job(**WAITING), a_job(**RUNNING), a_job(**REFUSED), a_job(**REFUSED)],
            {
                "jobs_submitted": 5, "jobs_finished": 1, "jobs_waiting_at_end": 1,
                "jobs_running_at_end": 1, "jobs_refused": 2, "jobs_failed": 0,
                "censored_share": 2 / 5,
            },
            id="five states add up",
        ),
        pytest.param(
            [a_job(wait_s=1), a_job(wait_s=99, counted=False)],
            {"jobs_submitted": 1, "wait_mean_s": 1, "wait_max_s": 1},
            id="warm-up does not count",
        ),
        pytest.param(
            [a_job(wait_s=2), a_job(**WAITING | {"wait_s": 4}), a_job(**REFUSED)],
            {"wait_mean_s": 3, "wait_p50_s": 3, "wait_max_s": 4},
            id="who never started enters with the wait so far, who was refused not",
        ),
        pytest.param(
            [a_job(run_s=4, latency_s=5), a_job(**RUNNING)],
            {"run_mean_s": 4, "latency_mean_s": 5, "latency_p99_s": 5},
            id="who has not ended is left out of run and latency",
        ),
        pytest.param(
            [a_job(run_s=4, wait_s=4), a_job(run_s=2, wait_s=0), a_job(run_s=0, wait_s=9)],
            {"slowdown_mean": 1.5},
            id="slowdown of jobs that ran at all",
        ),
        pytest.param(
            [a_job(deadline_met=1.0), a_job(deadline_met=0.0), a_job(deadline_met=NAN)],
            {"deadline_met_share": 0.5},
            id="only deadlines that exist",
        ),
        pytest.param(
            [a_job(preemptions=2), a_job(preemptions=1, **RUNNING)],
            {"preemptions": 3},
            id="preemptions add up",
        ),
        pytest.param(
            [a_job(transfer_s=1, dispatch_s=3), a_job(transfer_s=3, dispatch_s=5)],
            {"transfer_mean_s": 2, "dispatch_mean_s": 4},
            id="means of the parts",
        ),
        pytest.param(
            [a_job(), a_job(**EDGE), a_job(region=None), a_job(**REFUSED)],
            {"cross_region_share": 0.5, "transferred_gb": 5},
            id="one of two placed jobs with a region left it, with all its data",
        ),
        pytest.param(
            [a_job(**RUNNING)], {"transferred_gb": 3}, id="output moves when a job has ended"
        ),
        pytest.param(
            [a_job(), a_job(workload="desk", region=None, **RUNNING)],
            {"censored_share": 0, "jobs_running_at_end": 1},
            id="endless jobs are nobody's censoring",
        ),
    ],
)  # fmt: skip
def test_jobs(tmp_path, jobs, expected):
    table = measured(tmp_path, *jobs)
    assert {name: table.value_of(name) for name in expected} == pytest.approx(expected)


def test_nothing_of_nothing_is_null(tmp_path):
    table = measured(tmp_path)
    assert table.value_of("jobs_submitted") == 0
    for name in ("wait_mean_s", "wait_max_s", "latency_p95_s", "censored_share"):
        assert np.isnan(table.value_of(name))
    assert np.isnan(table.value_of("run_mean_s", "pool", "edge-gpu"))


def test_gb_of_a_trace_are_not_known_from_the_scenario(tmp_path):
    (tmp_path / "t.csv").write_text("submit_s,run_s,vcpu\n0,1,1\n")
    head, _, _ = TEXT.partition("workloads:")
    text = head + "workloads:\n  - {name: batch, kind: trace, file: t.csv, region: town}\n"
    assert np.isnan(measured(tmp_path, a_job(), text=text).value_of("transferred_gb"))


def test_input_comes_from_where_it_lies(tmp_path):
    text = TEXT.replace("data: {input_gb: 3", "data: {at: core, input_gb: 3")
    assert measured(tmp_path, a_job(), text=text).value_of("transferred_gb") == 2


def test_levels_weigh_by_the_length_of_their_step(tmp_path):
    allocated, used = np.zeros((2, 2, 6)), np.zeros((2, 2, 6))
    allocated[0, 0, 0], allocated[1, 0, 0] = 64, 32
    used[0, 0, 0] = 16
    levels = some_levels(
        time_s=np.array([0.0, 2700.0]),
        length_s=np.array([2700.0, 900.0]),
        allocated=allocated,
        used=used,
    )
    table = measured(tmp_path, levels=levels)
    assert table.value_of("allocated_share_vcpu", "pool", "core-cpu") == 0.875
    assert table.value_of("used_share_vcpu", "pool", "core-cpu") == 0.1875
    assert table.value_of("idle_share_vcpu", "pool", "core-cpu") == 0.6875
    assert table.value_of("unallocated_share_vcpu", "pool", "core-cpu") == 0.125
    assert table.value_of("allocated_share_vcpu") == pytest.approx(56 / 96)
    assert table.value_of("allocated_share_vcpu", "chip", "card") == 0
    assert table.value_of("allocated_share_vcpu", "tier", "province") == 0.875
    assert np.isnan(table.value_of("allocated_share_gpu", "pool", "core-cpu"))
    assert np.isnan(table.value_of("fragmented_share_gpu"))


def test_gpus_in_pieces_are_weighted_by_time_and_capacity(tmp_path):
    levels = some_levels(
        time_s=np.array([0.0, 2700.0]),
        length_s=np.array([2700.0, 900.0]),
        fragmented=np.array([[0.0, 1.0], [0.0, 3.0]]),
    )
    table = measured(tmp_path, levels=levels)
    assert table.value_of("fragmented_share_gpu") == (1 * 0.75 + 3 * 0.25) / 4
    assert table.value_of("fragmented_share_gpu", "pool", "edge-gpu") == 0.375
    assert np.isnan(table.value_of("fragmented_share_gpu", "pool", "core-cpu"))


def test_unknown_capacity_is_left_out_of_shares(tmp_path):
    capacity = some_levels().capacity.copy()
    capacity[1, 1] = np.nan
    allocated = np.ones((2, 2, 6))
    table = measured(tmp_path, levels=some_levels(capacity=capacity, allocated=allocated))
    assert np.isnan(table.value_of("allocated_share_memory", "pool", "edge-gpu"))
    assert table.value_of("allocated_share_memory") == 1 / 256


def test_the_table_is_whole_and_in_order(tmp_path):
    table = measured(tmp_path, a_job(), a_job(**EDGE, tenant="x"))
    keys = {scope: [r[4] for r in table.rows() if r[3] == scope] for scope in SCOPES}
    found = {scope: list(dict.fromkeys(names)) for scope, names in keys.items()}
    assert found == {
        "all": [""], "tier": ["city", "province"], "cloud": ["gov-a"],
        "site": ["core", "edge"], "pool": ["core-cpu", "edge-gpu"], "chip": ["card", "plain"],
        "workload": ["batch", "desk"], "tenant": ["default", "x"], "region": ["town"],
        "class": [], "data_class": ["general"],
    }  # fmt: skip
    absent = {n for n in UNITS if n.endswith(("_dpu", "_storage_gb")) and "_share_" not in n}
    absent |= set(FLOW_UNITS)  # of runs that share links
    absent |= set(PLAN_UNITS)
    expected = [name for name in UNITS if name not in absent]
    assert [r[1] for r in table.rows() if r[3] == "all"] == expected
    of_tenant = [r[1] for r in table.rows() if r[3:5] == ("tenant", "x")]
    held = [
        n for n in expected if n in LEDGER_UNITS and n.startswith(("alloc", "used", "idle"))
    ]
    assert of_tenant == [*JOB_UNITS, *ACCOUNT_UNITS, *held]
    of_site = [r[1] for r in table.rows() if r[3:5] == ("site", "edge")]
    assert of_site == [n for n in expected if not n.startswith(("covered_", "objective_"))]
    assert len(LEVEL_UNITS) == 25


def test_a_table_of_measures_answers(tmp_path):
    table = measured(tmp_path, a_job())
    assert list(table.to_pandas().columns) == [
        "variant", "measure", "unit", "scope", "key", "seed", "value",
    ]  # fmt: skip
    assert len(joined([table, table])) == 2 * len(table)
    assert table.where("pool", "edge-gpu").value_of("jobs_submitted", "pool", "edge-gpu") == 0
    with pytest.raises(KeyError, match="wait_mean_s pool nowhere"):
        table.value_of("wait_mean_s", "pool", "nowhere")
    assert len(table_of([])) == 0


def random_jobs(count, rng):
    for number in range(count):
        where = EDGE if rng.random() < 0.4 else {}
        state = [{}, RUNNING, WAITING, REFUSED][rng.choice(4, p=[0.7, 0.1, 0.1, 0.1])]
        run_s, wait_s = rng.exponential(10), rng.exponential(3) * (rng.random() < 0.5)
        yield a_job(
            **{
                "id": f"j-{number}",
                "tenant": f"t{rng.integers(5)}",
                "class": [None, "a", "b"][rng.integers(3)],
                "region": [None, "town", "province"][rng.integers(3)],
                "workload": ["batch", "desk"][rng.integers(2)],
                "counted": bool(rng.random() < 0.8),
                "run_s": run_s,
                "wait_s": wait_s,
                "latency_s": run_s + wait_s,
            }
            | where
            | state
        )


COLUMNS = ("class", "tenant", "workload", "region", "pool", "site", "cloud", "tier", "chip")


def test_all_scopes_agree_with_brute_force(tmp_path):
    jobs = list(random_jobs(2_000, np.random.default_rng(7)))
    table = measured(tmp_path, *jobs)
    value = {(*row[3:5], row[1]): row[6] for row in table.rows()}
    for scope in COLUMNS:
        for key in {job[scope] for job in jobs} - {None}:
            those = [job for job in jobs if job["counted"] and job[scope] == key]
            waits = [j["wait_s"] for j in those if j["state"] != "refused"]
            latencies = [j["latency_s"] for j in those if j["state"] == "finished"]
            assert value[scope, key, "jobs_submitted"] == len(those)
            assert value[scope, key, "wait_mean_s"] == pytest.approx(np.mean(waits), rel=1e-12)
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
                assert value[scope, key, f"wait_{name}_s"] == np.quantile(waits, share)
                assert value[scope, key, f"latency_{name}_s"] == np.quantile(latencies, share)


def test_the_order_in_which_names_were_met_changes_no_bit(tmp_path):
    jobs = list(random_jobs(300, np.random.default_rng(3)))
    scenario = a_scenario(tmp_path)
    plain = FakeRecords(jobs, scenario)

    class Shuffled(FakeRecords):
        def coded(self, name):
            codes, names = super().coded(name)
            turned = np.array([*range(len(names))[::-1], -1], dtype=np.int32)
            return turned[codes], names[::-1]

    a, b = measure(plain), measure(Shuffled(jobs, scenario))
    assert a.value.tobytes() == b.value.tobytes()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 101])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.95, 0.99, 1.0])
def test_quantile_is_numpys(count, share):
    values = np.sort(np.random.default_rng(count).exponential(1, count))
    expected = np.quantile(values, share) if count else NAN
    assert quantile(values, share) == expected or not count


def test_codes_are_renumbered_the_same_way_for_few_and_for_many():
    codes = np.array([7, 3, 7, 1_000])
    few, many = compacted(codes, 1_001), compacted(codes, 1 << 40)
    assert [part.tolist() for part in few] == [part.tolist() for part in many]
    assert few[0].tolist() == [1, 0, 1, 2]


def test_null_comes_first_and_names_in_their_order():
    codes, names = by_name(np.array([0, -1, 1], dtype=np.int32), ("b", "a"))
    assert codes.tolist() == [2, 0, 1]
    assert names == (None, "a", "b")


def in_parts(tmp_path, monkeypatch, cut, limit):
    monkeypatch.setattr(quantiles, "LIMIT", limit)
    jobs = list(random_jobs(700, np.random.default_rng(5)))
    jobs += [a_job(wait_s=60.0, latency_s=3600.0) for _ in range(200)]
    return measure(FakeRecords(jobs, a_scenario(tmp_path), cut=cut)).value


@pytest.mark.parametrize("limit", [0, 100, 1_000_000])
@pytest.mark.parametrize("cut", [7, 350, 1_000])
def test_neither_parts_nor_how_many_values_are_kept_change_a_bit(
    tmp_path, monkeypatch, cut, limit
):
    whole = in_parts(tmp_path, monkeypatch, 1_000, 1_000_000)
    assert in_parts(tmp_path, monkeypatch, cut, limit).tobytes() == whole.tobytes()


def test_counts_are_compacted_on_the_way(tmp_path, monkeypatch):
    whole = in_parts(tmp_path, monkeypatch, 1_000, 1_000_000)
    monkeypatch.setattr(quantiles, "COMPACT_AT", 10)
    assert in_parts(tmp_path, monkeypatch, 7, 0).tobytes() == whole.tobytes()


def test_levels_in_parts_change_no_bit(tmp_path):
    rng = np.random.default_rng(4)
    allocated, used, length_s = *rng.random((2, 9, 2, 6)), np.array([0.3] * 8 + [0.1])
    whole = some_levels(9, allocated=allocated, used=used, length_s=length_s)
    parts = [
        some_levels(len(a), allocated=a, used=u, length_s=n)
        for a, u, n in zip(
            np.split(allocated, [1, 5]), np.split(used, [1, 5]), np.split(length_s, [1, 5]),
            strict=True,
        )
    ]  # fmt: skip
    a, b = level_sums([whole]), level_sums(parts)
    for name in ("sellable", "allocated", "used"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes()
