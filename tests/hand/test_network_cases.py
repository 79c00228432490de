"""Transfers that share links, by hand; every finish time is exact to the microsecond.

    west --- 1 Gbit/s, 2 ms --- east --- 2 Gbit/s of which half is ours, 3 ms --- far

Data of 10 GB is 80 Gbit. Nodes have 4 Gbit/s; each job has a node of its own.
"""

import pytest

from tests.hand.worlds import told

HEAD = """\
name: network
start: 2026-03-02T00:00
horizon_h: 1
drain_h: 4
levels_every_s: 60
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 8}]
  servers: [{name: host, cpu: plain, sockets: 1, vcpu: 8, memory_gib: 32, nic_gbit_s: 4}]
  clouds: [{name: gov, control_plane_delay_ms: 1000}]
  regions: [{name: west}, {name: east}, {name: far}]
  sites:
    - {name: west, region: west, tier: city}
    - {name: east, region: east, tier: city}
    - {name: far, region: far, tier: city}
  links:
    - {a: west, b: east, delay_ms: 2, capacity_gbit_s: 1}
    - {a: east, b: far, delay_ms: 3, capacity_gbit_s: 2, share: 0.5}
  pools:
    - {name: in-east, site: east, cloud: gov, server: host, nodes: 4}
    - {name: in-far, site: far, cloud: gov, server: host, nodes: 4, stack: far}
"""


def load(name, *, region="west", gb=10, out=0, at="00:00", stack=None, traffic="sharing"):
    chips = f"\n    chips: {{stack: [{stack}]}}" if stack else ""
    return f"""\
  - name: {name}
    kind: jobs
    region: {region}{chips}
    arrivals: {{kind: batch, at: ["{at}"], jobs: 1}}
    demand: {{vcpu: 8, memory_gib: 32}}
    work: {{kind: fixed, mean_h: 0.1}}
    traffic: {traffic}
    data: {{input_gb: {gb}, output_gb: {out}}}
"""


def text_of(*loads, line="pool", network="shared", slices=""):
    policies = f"policies: {{dispatch: first-fit, queue: {{at: {line}}}, network: {network}}}\n"
    return f"{HEAD}{slices}workloads:\n{''.join(loads)}{policies}"


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


@pytest.fixture(params=["pool", "platform"])
def line(request):
    return request.param


def moved_in(tmp_path, *loads, engine="lane", **how):
    jobs = told(tmp_path, text_of(*loads, **how), engine=engine).jobs()
    return {name[0]: job.transfer_in_s for name, job in jobs.items()}


def test_two_share_one_link(tmp_path, engine, line):
    # half of it each until a is there after 160 s; b then has 160 of its 240 Gbit to go
    found = moved_in(tmp_path, load("a"), load("b", gb=30), engine=engine, line=line)
    assert found == {"a": 160.002, "b": 320.002}


def test_alone_nobody_slows_anybody(tmp_path, engine, line):
    found = moved_in(
        tmp_path, load("a"), load("b", gb=30), engine=engine, line=line, network="alone"
    )
    assert found == {"a": 80.002, "b": 240.002}


def test_one_who_comes_later_slows_from_then_on(tmp_path, engine, line):
    # a has 80 - 60 = 20 Gbit left when b comes: 40 s more; b sent 20, 60 more alone
    loads = load("a"), load("b", at="00:01")
    assert moved_in(tmp_path, *loads, engine=engine, line=line) == {"a": 100.002, "b": 100.002}


def test_orders_go_first(tmp_path, engine, line):
    loads = load("a", traffic="order"), load("b", traffic="business"), load("c")
    found = moved_in(tmp_path, *loads, engine=engine, line=line)
    assert found == {"a": 80.002, "b": 160.002, "c": 240.002}


def test_a_slice_keeps_its_floor_under_orders(tmp_path, engine, line):
    # b has a quarter at least: 20 of its 80 Gbit are there when a is after 80 / 0.75 s ...
    slices = "  slices: [{name: s, path: [west, east], floor_gbit_s: 0.25}]\n"
    loads = load("a", traffic="order", gb=7.5), load("b")
    found = moved_in(tmp_path, *loads, engine=engine, line=line, slices=slices)
    # ... 60 / 0.75 = 80 s, for 60 Gbit; the other 60 of b go alone
    assert found == {"a": 80.002, "b": 140.002}


def test_the_tightest_link_of_each(tmp_path, engine, line):
    # a: west to far; b: east to far, c: west to east. Both links are full at 0.5 each: 160 s
    loads = (
        load("a", stack="far"),
        load("b", region="east", stack="far"),
        load("c"),
    )
    found = moved_in(tmp_path, *loads, engine=engine, line=line)
    assert found == {"a": 160.005, "b": 160.003, "c": 160.002}


def test_inside_a_site_only_the_line_of_the_node_counts(tmp_path, engine, line):
    loads = load("a", region="east"), load("b", region="east")
    assert moved_in(tmp_path, *loads, engine=engine, line=line) == {"a": 20, "b": 20}


def test_results_share_too_and_inputs_do_not_slow_them(tmp_path, engine, line):
    """Both end at once and send 80 Gbit back; the way there carries 40 from b's on at most."""
    loads = (
        load("a", gb=0, out=10),
        load("b", gb=0, out=10),
        load("c", at="00:06", gb=40),
    )
    jobs = told(tmp_path, text_of(*loads, line=line), engine=engine).jobs()
    assert jobs["a-1"].transfer_s == jobs["b-1"].transfer_s == 160.002
    assert jobs["a-1"].latency_s == pytest.approx(1 + 360 + 160.002, abs=1e-6)
    assert jobs["c-1"].transfer_in_s == 320.002


def test_results_on_their_way_when_the_run_stops_still_arrive(tmp_path, engine, line):
    run = told(tmp_path, text_of(load("a", gb=0, out=1000), line=line), engine=engine)
    job = run.jobs()["a-1"]
    assert (job.state, job.transfer_s) == ("finished", 8000.002)
    assert run.value("transferred_gb") == 1000


def test_a_job_whose_data_is_held_up_when_the_run_stops_says_so(tmp_path, engine):
    # 4 h alone is until after the end of the run; b takes half of the way from a
    loads = load("a", gb=1800), load("b", gb=1800)
    jobs = told(tmp_path, text_of(*loads), engine=engine).jobs()
    assert {job.state for job in jobs.values()} == {"waiting"}
    assert {job.reason for job in jobs.values()} == {"network"}


def test_ten_terabytes_over_200_mbit_take_4_6_days(tmp_path, engine):
    text = text_of(load("a", gb=10_000)).replace("capacity_gbit_s: 1}", "capacity_gbit_s: 0.2}")
    text = text.replace("drain_h: 4", "drain_h: 200")
    text = text.replace("jobs: 1}", "jobs: 1, days: month-end}")
    text = text.replace("start: 2026-03-02", "start: 2026-03-31")
    job = told(tmp_path, text, engine=engine).jobs()["a-1"]
    assert job.transfer_in_s == 400_000.002  # 4.63 days
    assert job.latency_s == pytest.approx(1 + 400_000.002 + 360, abs=1e-6)
