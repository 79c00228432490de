"""Explanations: each set of lines is minimal, and what is said to be enough is enough."""

import os
import time

import pytest

from scenarios import edited, read
from scheduler import unmet
from scheduler.optimise.explaining import conflict_of, explained, first_true, solvable
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
    assert why is not None and why.lines and not why.open_question, seed
    assert not solvable(scenario)
    conflict = conflict_of(scenario)
    assert [line.path for line in why.lines] == [written(lever) for lever in conflict]
    text = file.read_text().splitlines()
    for line in why.lines:
        assert line.path.split(".")[-1].split("[")[0] in text[line.place.line - 1] or (
            line.path.split("[")[1].split("]")[0] in text[line.place.line - 1]
        ), (seed, line)
    assert_minimal(scenario, conflict, seed)
    assert why.relaxations, (seed, why)
    for one in why.relaxations:
        assert unmet(read(file, sets=[one.setting])) == {}, (seed, one)


def written(lever):
    from scenarios import written_path

    return written_path(lever.path)


def assert_minimal(scenario, conflict, seed):
    """Everything but the set is taken out of the question; then each of the set alone as well."""
    from scheduler.optimise.levers import levers_of

    paths = {lever.path for lever in conflict}
    others = [
        lever
        for lever in levers_of(scenario, frozenset(w.name for w in scenario.workloads))
        if lever.path not in paths
    ]
    bare = scenario
    for lever in others:
        bare = lever.freed(bare)
    assert not solvable(bare), seed  # the set alone conflicts
    for lever in conflict:
        assert solvable(lever.freed(bare)), (seed, lever.path)


@pytest.mark.parametrize("seed", SAMPLE)
def test_a_smallest_set_and_a_change_that_is_enough(seed, tmp_path):
    check(seed, tmp_path)


@pytest.mark.wide
@pytest.mark.parametrize("seed", [seed for seed in ALL if seed not in SAMPLE])
def test_fifty_impossible_worlds(seed, tmp_path):
    check(seed, tmp_path)
