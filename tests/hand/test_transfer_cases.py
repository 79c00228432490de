"""How data travels, and what it costs, between two towns, by hand.

    a-room (region a) --- 2 ms, 10 Gbit/s of which half is ours --- b-room (region b)

Nodes have 25 Gbit/s; 30 GB come in and 10 GB go out. Over the link 5 Gbit/s count, inside a
room the line of the node: 30 GB in 48 s or 9.6 s, 10 GB in 16 s or 3.2 s.
"""

import math

import pytest

from tests.hand.worlds import told

TEXT = """\
name: transfers
start: 2026-03-02T00:00
horizon_h: 1
drain_h: 4
levels_every_s: 60
topology:
  chips:
    - {{name: plain, kind: cpu, isa: x86_64, cores: 8}}
    - {{name: other, kind: cpu, isa: aarch64, cores: 8}}
  servers:
    - {{name: host-a, cpu: plain, sockets: 1, vcpu: 8, memory_gib: 32, nic_gbit_s: 25}}
    - {{name: host-b, cpu: other, sockets: 1, vcpu: 8, memory_gib: 32, nic_gbit_s: 25}}
  clouds:
    - {{name: gov, control_plane_delay_ms: 500, egress_cny_per_gb: 0.25}}
    - {{name: rent, on_demand: true, price_cny_h: {{vcpu: 0.5, memory_gib: 0.125}},
       egress_cny_per_gb: 0.75, control_plane_delay_ms: 1500}}
  regions:
    - {{name: p, level: province}}
    - {{name: a, level: city, parent: p}}
    - {{name: b, level: city, parent: p}}
  sites:
    - {{name: a-room, region: a, tier: city}}
    - {{name: b-room, region: b, tier: city}}
  links: [{{a: a-room, b: b-room, delay_ms: 2, capacity_gbit_s: 10, share: 0.5}}]
  pools:
    - {{name: pa, site: a-room, cloud: gov, server: host-a, nodes: 1}}
    - {{name: pb, site: b-room, cloud: rent, server: host-b, nodes: 1}}
workloads:
  - name: j
    kind: jobs
    region: a
    chips: {{any_of: [{chip}]}}
    arrivals: {{kind: batch, at: ["00:00"], jobs: {jobs}}}
    demand: {{vcpu: 8, memory_gib: 32}}
    work: {{kind: fixed, mean_h: 0.25}}
    data: {{input_gb: 30, {at}output_gb: 10}}
policies: {{queue: {{name: fcfs, at: {line}}}}}
"""
OVER_30, OVER_10 = 0.002 + 30 * 8 / 5, 0.002 + 10 * 8 / 5
IN_30, IN_10 = 30 * 8 / 25, 10 * 8 / 25
# chip, where the data lies -> dispatch, transfer in, transfer out
WAYS = {
    "here, data here": ("plain", None, 0.5, IN_30, IN_10),
    "here, data there": ("plain", "b-room", 0.5, OVER_30, IN_10),
    "there, data here": ("other", None, 1.5, OVER_30, OVER_10),
    "there, data there": ("other", "b-room", 1.5, IN_30, OVER_10),
}


def case(folder, chip, at, *, line="pool", jobs=1, engine="lane"):
    place = "" if at is None else f"at: {at}, "
    text = TEXT.format(chip=chip, at=place, line=line, jobs=jobs)
    return told(folder, text, engine=engine)


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


@pytest.mark.parametrize(("chip", "at", "dispatch", "before", "after"), WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("line", ["pool", "site", "cloud", "platform"])
def test_parts_of_the_latency(tmp_path, engine, line, chip, at, dispatch, before, after):
    """Two jobs for one node: the second waits for the first."""
    jobs = case(tmp_path, chip, at, line=line, jobs=2, engine=engine).jobs()
    one, two = jobs["j-1"], jobs["j-2"]
    for job in (one, two):
        assert job.dispatch_s == dispatch
        assert job.transfer_in_s == pytest.approx(before, abs=1e-6)
        assert job.transfer_s == pytest.approx(before + after, abs=1e-6)
        assert job.run_s == 900
        latency = dispatch + before + job.wait_s + 900 + after
        assert job.latency_s == pytest.approx(latency, abs=2e-6)
    ready = dispatch + before
    assert (one.wait_s, one.start_s) == (0, pytest.approx(ready, abs=1e-6))
    # at pool the data come while the first runs; above pool the node is held while they come
    wait = 900 if line == "pool" else ready + 900
    start = ready + 900 if line == "pool" else 2 * ready + 900
    assert two.wait_s == pytest.approx(wait, abs=1e-6)
    assert two.start_s == pytest.approx(start, abs=2e-6)


@pytest.mark.parametrize(("chip", "at", "dispatch", "before", "after"), WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("line", ["pool", "platform"])
def test_what_is_held_on_the_way_is_paid(tmp_path, line, chip, at, dispatch, before, after):
    """A rented node costs 8 x 0.5 + 32 x 0.125 = 8 CNY an hour, from when it is held."""
    run = case(tmp_path, chip, at, line=line)
    held_h = (900 + (dispatch + before if line == "platform" else 0)) / 3600
    fee = 8 * held_h if chip == "other" else 0
    assert run.value("cost_cloud_cny") == pytest.approx(fee, rel=1e-9)
    assert run.value("allocated_vcpu") == pytest.approx(8 * held_h, rel=1e-9)


@pytest.mark.parametrize(
    ("chip", "at", "moved_gb", "egress_cny", "away"),
    [
        # what crosses rooms; output that leaves the job's cloud pays that cloud's price
        ("plain", None, 0, 0, 0),
        ("plain", "b-room", 30, 0, 0),
        ("other", None, 40, 7.5, 1),
        ("other", "b-room", 10, 7.5, 1),
    ],
)
def test_gigabytes_and_egress(tmp_path, engine, chip, at, moved_gb, egress_cny, away):
    run = case(tmp_path, chip, at, engine=engine)
    assert run.value("transferred_gb") == moved_gb
    assert run.value("cost_network_cny") == egress_cny
    assert run.value("cross_region_share") == away


def test_a_rented_cloud_costs_nothing_while_nobody_is_there(tmp_path):
    run = case(tmp_path, "plain", None)
    assert run.value("cost_cloud_cny") == 0
    assert run.value("cost_total_cny", "cloud", "rent") == 0
    # an own node of unknown price is unknown, even if the job ran there
    assert math.isnan(run.value("cost_total_cny", "cloud", "gov"))


def test_without_a_region_there_is_no_way(tmp_path, engine):
    text = TEXT.format(chip="other", at="at: b-room, ", line="pool", jobs=1)
    job = told(tmp_path, text.replace("    region: a\n", ""), engine=engine).jobs()["j-1"]
    assert (job.transfer_s, job.start_s, job.latency_s) == (0, 1.5, 901.5)


def test_no_gigabytes_take_no_time_not_even_the_delay(tmp_path, engine):
    text = TEXT.format(chip="other", at="", line="pool", jobs=1)
    text = text.replace("input_gb: 30", "input_gb: 0").replace("output_gb: 10", "output_gb: 0")
    assert told(tmp_path, text, engine=engine).jobs()["j-1"].transfer_s == 0


def test_an_unknown_rate_is_no_limit(tmp_path, engine):
    text = TEXT.format(chip="other", at="", line="pool", jobs=1)
    text = text.replace(", capacity_gbit_s: 10, share: 0.5", "").replace(", nic_gbit_s: 25", "")
    job = told(tmp_path, text, engine=engine).jobs()["j-1"]
    assert job.transfer_s == pytest.approx(2 * 0.002)  # the delay, there and back
