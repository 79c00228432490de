"""Demand by hand: who sends how much, on which days, and how busy it keeps what it holds."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from tests.hand.worlds import told

TEXT = """\
name: demand
start: {start}
horizon_h: {horizon_h}
levels_every_s: 3600
topology:
  chips: [{{name: plain, kind: cpu, isa: x86_64, cores: 64}}]
  servers: [{{name: host, cpu: plain, sockets: 1, vcpu: 64, memory_gib: 64}}]
  clouds: [{{name: gov}}]
  regions:
    - {{name: province, level: province, population: 5}}
    - {{name: a, level: city, parent: province, population: 100}}
    - {{name: b, level: city, parent: province, population: 200}}
    - {{name: c, level: city, parent: province, population: 700}}
    - {{name: nobody, level: city, parent: province, population: 0}}
    - {{name: unknown, level: city, parent: province}}
  sites: [{{name: here, region: province, tier: province}}]
  pools: [{{name: p, site: here, cloud: gov, server: host, nodes: 1}}]
workloads:
{workloads}
"""


def case(folder, *workloads, start="2026-03-02T00:00", horizon_h=24, seed=1):
    rows = "\n".join(f"  - {{kind: jobs, {row}}}" for row in workloads)
    text = TEXT.format(workloads=rows, start=start, horizon_h=horizon_h)
    return told(folder, text, seed=seed)


@pytest.mark.parametrize("seed", range(1, 6))
def test_regions_send_in_proportion_to_their_people(tmp_path, seed):
    """About 4,800 jobs; people 1 : 2 : 7. Chi-square of two degrees exceeds 13.8 once in 1,000.

    Regions without people and the province above send nothing.
    """
    run = case(
        tmp_path,
        "name: j, region: {weights: population}, arrivals: {kind: poisson, per_h: 200}, "
        "demand: {vcpu: 0.1}, work: {kind: fixed, mean_h: 0.1}",
        seed=seed,
    )
    names, counts = np.unique(run.records.column("region").astype(str), return_counts=True)
    assert names.tolist() == ["a", "b", "c"]
    expected = counts.sum() * np.array([0.1, 0.2, 0.7])
    assert ((counts - expected) ** 2 / expected).sum() < 13.8


def test_use_is_the_busy_part_of_what_was_asked(tmp_path):
    """64 vCPU, 64 GiB, 24 h: one holds 16 and 8 all day, one 32 and 16 for six hours."""
    run = case(
        tmp_path,
        'name: all-day, arrivals: {kind: batch, at: ["00:00"], jobs: 1}, '
        "demand: {vcpu: 16, memory_gib: 8}, work: {kind: fixed, mean_h: 24}, use: 0.25",
        'name: night, arrivals: {kind: batch, at: ["18:00"], jobs: 1}, '
        "demand: {vcpu: 32, memory_gib: 16}, work: {kind: fixed, mean_h: 6}, "
        "use: {vcpu: {mean: 0.5, p95: 0.9}, memory: 0.75}",
    )
    # held: 16 + 32 x 6/24 = 24 vCPU, and 8 + 16 x 6/24 = 12 GiB
    # busy: 4 + 16 x 6/24 = 8 vCPU, and 2 + 12 x 6/24 = 5 GiB
    kinds = ("allocated", "used", "idle", "unallocated")
    assert [run.value(f"{k}_vcpu") for k in kinds] == pytest.approx([24, 8, 16, 40])
    assert [run.value(f"{k}_memory_gib") for k in kinds] == pytest.approx([12, 5, 7, 52])
    assert [run.value(f"{k}_share_vcpu") for k in kinds] == pytest.approx(
        [24 / 64, 8 / 64, 16 / 64, 40 / 64]
    )


def clock(run, start):
    begin = datetime.fromisoformat(start)
    return [
        (begin + timedelta(seconds=s)).strftime("%m-%d %H:%M")
        for s in run.records.column("submit_s").tolist()
    ]


BATCH = "demand: {vcpu: 1}, work: {kind: fixed, mean_h: 0.01}"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        # Friday 30 January to Tuesday 3 February 2026
        ("all", ["01-30", "01-31", "02-01", "02-02", "02-03"]),
        ("workdays", ["01-30", "02-02", "02-03"]),
        ("weekends", ["01-31", "02-01"]),
        ("month-end", ["01-31"]),
    ],
)
def test_days_of_batches(tmp_path, days, expected):
    """Three jobs over half an hour from 22:00: at 22:00, 22:10 and 22:20."""
    start = "2026-01-30T00:00"
    run = case(
        tmp_path,
        f'name: j, arrivals: {{kind: batch, at: ["22:00"], days: {days}, jobs: 3, '
        f"over_h: 0.5}}, {BATCH}",
        start=start,
        horizon_h=120,
    )
    minutes = ("22:00", "22:10", "22:20")
    assert clock(run, start) == [f"{day} {minute}" for day in expected for minute in minutes]


def test_the_end_of_february_in_a_leap_year(tmp_path):
    start = "2028-02-28T00:00"
    run = case(
        tmp_path,
        'name: j, arrivals: {kind: batch, at: ["01:00"], days: month-end, jobs: 1}, ' + BATCH,
        start=start,
        horizon_h=72,
    )
    assert clock(run, start) == ["02-29 01:00"]


def test_bursts_come_on_top_of_the_mean_of_the_shape(tmp_path):
    """Once a week the rate is four times as high for 42 h, a quarter of the week.

    A burst covers a moment if one began in the 42 h before: 1 - exp(-0.25) of all time, and
    for that share three times the rate is added. Twenty seeds of four weeks at 3 an hour.
    """
    expected = 3 * 672 * (1 + 3 * (1 - np.exp(-0.25)))
    counts = np.array(
        [
            case(
                tmp_path,
                "name: j, arrivals: {kind: poisson, per_h: 3, "
                "bursts: {per_week: 1, factor: 4, hours: 42}}, " + BATCH,
                horizon_h=672,
                seed=seed,
            ).value("jobs_submitted")
            for seed in range(1, 21)
        ]
    )
    error = counts.std(ddof=1) / np.sqrt(len(counts))
    assert abs(counts.mean() - expected) < 3.9 * error  # Student's t, 19 degrees: 0.1 %
