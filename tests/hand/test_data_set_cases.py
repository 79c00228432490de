"""Data sets by hand: replicas, moved once and kept, shared by who waits for them.

west (has maps, 10 GB) --- 1 Gbit/s, 2 ms --- east --- 1 Gbit/s, 3 ms --- far
"""

import pytest

from tests.hand.test_network_cases import HEAD
from tests.hand.worlds import told

SETS = "  data_sets: [{name: maps, at: [west], size_gb: 10MORE}]\n"


def load(name, *, at="00:00", stack=None, gb=0, jobs=1, more=""):
    chips = f"\n    chips: {{stack: [{stack}]}}" if stack else ""
    return f"""\
  - name: {name}
    kind: jobs
    region: west{chips}
    arrivals: {{kind: batch, at: ["{at}"], jobs: {jobs}}}
    demand: {{vcpu: 8, memory_gib: 32}}
    work: {{kind: fixed, mean_h: 0.1}}
    data: {{input_gb: {gb}, set: maps{more}}}
"""


def told_of(tmp_path, *loads, line="pool", network="alone", engine="lane", more="", first=""):
    policies = f"policies: {{dispatch: first-fit, queue: {{at: {line}}}, network: {network}}}\n"
    head = HEAD.replace("stack: far}", "stack: far}" + first)
    text = f"{head}{SETS.replace('MORE', more)}workloads:\n{''.join(loads)}{policies}"
    return told(tmp_path, text, engine=engine)


def moved_in(*args, **how):
    jobs = told_of(*args, **how).jobs()
    return {name: job.transfer_in_s for name, job in sorted(jobs.items())}


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


@pytest.fixture(params=["pool", "platform"])
def line(request):
    return request.param


@pytest.fixture(params=["alone", "shared"])
def network(request):
    return request.param


def test_a_set_is_moved_once_shared_and_kept(tmp_path, engine, line, network):
    # a and b wait for one transfer; c comes 60 s after it began, d when it is there
    loads = load("a"), load("b"), load("c", at="00:01"), load("d", at="00:05")
    found = moved_in(tmp_path, *loads, line=line, network=network, engine=engine)
    assert found == {"a-1": 80.002, "b-1": 80.002, "c-1": 20.002, "d-1": 0}


def test_no_move_where_the_set_lies(tmp_path, engine, line, network):
    pools = "\n    - {name: w, site: west, cloud: gov, server: host, nodes: 4, stack: here}"
    loads = load("a", stack="here"), load("b", stack="far")
    found = moved_in(tmp_path, *loads, line=line, network=network, engine=engine, first=pools)
    assert found == {"a-1": 0, "b-1": 80.005}


def test_the_nearest_replica_is_sent(tmp_path, engine, line, network):
    # east has it since 81 s; far then gets it from there: 3 ms, and 80 s
    loads = load("a"), load("b", at="00:02", stack="far")
    found = moved_in(tmp_path, *loads, line=line, network=network, engine=engine)
    assert found == {"a-1": 80.002, "b-1": 80.003}


def test_own_input_and_a_set_come_side_by_side(tmp_path, engine, line):
    found = moved_in(tmp_path, load("a", gb=5), line=line, engine=engine)
    assert found == {"a-1": 80.002}
    found = moved_in(tmp_path, load("a", gb=5), line=line, network="shared", engine=engine)
    # half of the link each until 40 Gbit of the input are there after 80 s; then 40 more
    assert found == {"a-1": 120.002}


def test_latency_has_all_its_parts(tmp_path, engine, line, network):
    job = told_of(tmp_path, load("a"), line=line, network=network, engine=engine).jobs()["a-1"]
    assert job.latency_s == pytest.approx(1 + 80.002 + 360, abs=1e-6)


def test_the_class_of_a_set_binds_who_reads_it(tmp_path, engine):
    run = told_of(tmp_path, load("a"), more=", data_class: core", engine=engine)
    assert run.jobs()["a-1"].reason == "residency"
    run = told_of(tmp_path, load("a"), more=", data_class: important", engine=engine)
    assert run.jobs()["a-1"].reason == "residency"  # no province holds west: it stays there
    assert told_of(tmp_path, load("a"), engine=engine).jobs()["a-1"].state == "finished"
