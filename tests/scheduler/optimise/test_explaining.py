"""Explanations: each set of lines is minimal, and what is said to be enough is enough."""

import time

import pytest

from scenarios import all_edited, read, written_path
from scheduler import unmet
from scheduler.optimise.conflicts import conflict_of, solvable
from scheduler.optimise.explaining import explained
from scheduler.optimise.halving import first_true
from scheduler.optimise.levers import levers_of
from tests.scheduler.optimise.impossible_worlds import KINDS, impossible

ALL = range(50)
SAMPLE = range(len(KINDS))


def told(seed, tmp_path):
    """One impossible world, written and read, with its explanation."""
    text, _ = impossible(seed)
    file = tmp_path / "s.yaml"
    file.write_text(text)
    start = time.perf_counter()
    why = explained(read(file))
    assert time.perf_counter() - start < 60
    return file, why


def check(seed, tmp_path):
    file, why = told(seed, tmp_path)
    scenario = read(file)
    assert why.lines, seed
    assert why.open_question == ""
    assert not solvable(scenario)
    conflict = conflict_of(scenario, why.workloads)
    assert conflict.smallest, seed
    conflict = conflict.levers
    assert [line.path for line in why.lines] == [written_path(one.path) for one in conflict]
    text = file.read_text().splitlines()
    for line in why.lines:
        assert any(word in text[line.place.line - 1] for word in names_of(line.path)), line
    assert_minimal(scenario, conflict, seed)
    assert why.relaxations, seed
    for one in why.relaxations:
        assert unmet(read(file, sets=[one.setting])) == {}, (seed, one)


def names_of(path):
    """The last key of a path, and the name of its item: a key that is left out has no line."""
    return path.split(".")[-1], path.split("[")[-1].split("]")[0]


def freed(scenario, levers):
    """One after the other, each on its own: not as the search does it."""
    changes = [change for lever in levers for change in lever.freed(scenario)]
    for path, value in changes:
        scenario = all_edited(scenario, [(path, value)])
    return scenario


def assert_minimal(scenario, conflict, seed):
    """All but the set is taken out of the question; then each of the set alone as well."""
    paths = {lever.path for lever in conflict}
    others = [
        lever
        for lever in levers_of(scenario, frozenset(w.name for w in scenario.workloads))
        if lever.path not in paths
    ]
    bare = freed(scenario, others)
    assert not solvable(bare), seed  # the set alone conflicts
    for lever in conflict:
        assert solvable(freed(bare, [lever])), (seed, lever.path)


@pytest.mark.parametrize("seed", SAMPLE)
def test_a_smallest_set_and_a_change_that_is_enough(seed, tmp_path):
    check(seed, tmp_path)


@pytest.mark.wide
@pytest.mark.parametrize("seed", [seed for seed in ALL if seed not in SAMPLE])
def test_fifty_impossible_worlds(seed, tmp_path):
    check(seed, tmp_path)


@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize("first", range(7))
def test_the_first_that_holds(count, first):
    assert first_true(count, lambda n: n >= first) == (first if first < count else None)


def test_what_can_be_served_needs_no_explanation(tmp_path):
    text, _ = impossible(0)
    (tmp_path / "s.yaml").write_text(text)
    assert explained(read(tmp_path / "s.yaml", sets=["workloads[web].replicas=1"])) is None


def test_greedy_is_told_that_a_plan_exists(tmp_path):
    """Two replicas a site apart; the large one came first where the small ones had to go."""
    text = TRAP
    (tmp_path / "s.yaml").write_text(text)
    scenario = read(tmp_path / "s.yaml")
    why = explained(scenario)
    assert [(line.place.line, line.path) for line in why.lines] == [(25, "policies.placement")]
    assert [one.setting for one in why.relaxations] == ["policies.placement.name=planned"]
    assert unmet(read(tmp_path / "s.yaml", sets=["policies.placement.name=planned"])) == {}


TRAP = """name: trap
horizon_h: 1
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 64}]
  servers:
    - {name: small, cpu: plain, vcpu: 8, memory_gib: 32}
    - {name: large, cpu: plain, vcpu: 16, memory_gib: 32}
  clouds: [{name: gov}]
  sites: [{name: a, tier: city}, {name: b, tier: city}]
  links: [{a: a, b: b, delay_ms: 1}]
  pools:
    - {name: pa, site: a, cloud: gov, server: large, nodes: 1}
    - {name: pb, site: b, cloud: gov, server: small, nodes: 1}
workloads:
  - name: first
    kind: replicas
    replicas: 1
    demand: {vcpu: 4}
    region: a
  - name: second
    kind: replicas
    replicas: 1
    demand: {vcpu: 16}
    must_serve: true
policies: {placement: greedy}
"""


def test_a_set_that_is_cut_short_says_so(tmp_path):
    text, _ = impossible(0)
    (tmp_path / "s.yaml").write_text(text)
    scenario = read(tmp_path / "s.yaml")
    cut = conflict_of(scenario, most=2)
    assert not cut.smallest
    assert cut.unsure == "2 questions were not enough"
    assert len(cut.levers) > len(conflict_of(scenario).levers)
