"""Machine reassignment: the reader, the checker beside the judge, the row, real instances."""

import gzip
import json
import os
import time
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import pytest

from bench.commands import app
from bench.commands.endings import ending
from bench.published.instances import InstanceError, words_of
from bench.published.reassignment import read_reassignment
from bench.published.reassignment_team import asked, merged, noise_at
from bench.published.roadef import published_cost, solution_text
from bench.published.roadef_checker import check
from scheduler.optimise import (
    ReassignmentPlan,
    Search,
    Tables,
    lower_bound,
    reassignment_cost,
    reassignment_faults,
)
from tests.scheduler.optimise.small_moves import a_reassignment, all_plans, model_text, words

DATA = Path(os.environ.get("SUANLI_DATA", "../shared/data")) / "roadef2012"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the instance files do not ship")

# two resources (the second transient), two machines, two services of which the first needs the
# second in its neighbourhood, three processes, one balance
MODEL = """2
0 10
1 5
2
0 0 10 10 4 10 0 1
0 1 10 10 4 10 1 0
2
1 1 1
1 0
3
0 3 2 2
1 3 2 3
1 1 0 9
1
0 1 2
7
1 10 100
"""
ASSIGNMENT = "0 0 1\n"
INITIAL_COST = 10 * 2 + 7 * (2 * 4 - 6) + 7 * (2 * 9 - 10)  # load, balance of both
# both of 3 units apart: no load, balance 2 * 7 - 8 and 2 * 6 - 8, moves 2 + 10 + 100
LEAST = 7 * (2 * 7 - 8) + 7 * (2 * 6 - 8) + 2 + 10 + 100
LISTED = {
    "a1_1": 49_528_750,
    "a1_2": 1_061_649_570,
    "a1_3": 583_662_270,
    "a1_5": 782_189_690,
    "a2_1": 391_189_190,
    "a2_2": 1_876_768_120,
    "a2_4": 3_223_516_130,
    "b_01": 7_644_173_180,
    "b_02": 5_181_493_830,
    "b_04": 9_209_576_380,
    "b_05": 12_426_813_010,
}


def files(folder, model=MODEL, assignment=ASSIGNMENT):
    paths = folder / "model_mine.txt", folder / "assignment_mine.txt"
    for path, text in zip(paths, (model, assignment), strict=True):
        path.write_text(text)
    return paths


def real(name):
    return DATA / f"model_{name}.txt.gz", DATA / f"assignment_{name}.txt"


def told(capsys, model, assignment, *more):
    given = ["bench", "roadef", "--model", model, "--assignment", assignment, *more, "--json"]
    status = ending(lambda: app(list(map(str, given))))
    out = capsys.readouterr()
    return status, [json.loads(line) for line in out.out.splitlines()], out.err


def test_a_model_is_read(tmp_path):
    problem = read_reassignment(*files(tmp_path))
    assert problem.transient.tolist() == [False, True]
    assert problem.location.tolist() == [0, 1]
    assert problem.neighbourhood.tolist() == [0, 0]
    assert problem.capacity.tolist() == [[10, 10]] * 2
    assert problem.safety.tolist() == [[4, 10]] * 2
    assert problem.machine_move.tolist() == [[0, 1], [1, 0]]
    assert problem.needs == ((1,), ())
    assert problem.required.tolist() == [[3, 2], [3, 2], [1, 0]]
    assert problem.process_move.tolist() == [2, 3, 9]
    assert problem.initial.tolist() == [0, 0, 1]


def test_costs_by_hand(tmp_path):
    model, assignment = files(tmp_path)
    problem = read_reassignment(model, assignment)
    before = words_of(assignment)
    for place, cost in (((0, 0, 1), INITIAL_COST), ((1, 0, 1), LEAST)):
        assert reassignment_cost(problem, ReassignmentPlan(place)) == cost
        assert check(words_of(model), before, [str(m) for m in place]).cost == cost


def test_a_row_is_right_to_the_letter(tmp_path, capsys):
    out = tmp_path / "out.txt"
    status, [row], _ = told(capsys, *files(tmp_path), "--solution", out)
    assert status == 0
    assert 0 <= row.pop("seconds") < 30
    least = min(INITIAL_COST, LEAST)
    assert row == {
        "instance": "model_mine",
        "objective": least,
        "bound": least,
        "published": None,
        "gap": 0.0,
        "gap_published": None,
        "status": "optimal",
        "accepted": True,
    }
    assert len(out.read_text().split()) == 3


def test_a_line_for_people(tmp_path, capsys):
    model, assignment = files(tmp_path)
    given = ["bench", "roadef", "--model", str(model), "--assignment", str(assignment)]
    assert ending(lambda: app(given)) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.startswith("instance")
    assert line.startswith("model_mine")


def test_the_checker_agrees_with_the_judge_about_every_plan():
    seen = {True: 0, False: 0}
    for seed in range(60):
        problem = a_reassignment(np.random.default_rng(seed))
        model = model_text(problem).split()
        before = words(problem.initial).split()
        for plan in all_plans(problem):
            verdict = check(model, before, solution_text(plan).split())
            legal = reassignment_faults(problem, plan) == []
            assert verdict.accepted is legal
            seen[legal] += 1
            if legal:
                assert verdict.cost == reassignment_cost(problem, plan)
    assert min(seen.values()) > 150


@pytest.mark.parametrize("after", [["0"], ["0", "0", "2"], ["-1", "0", "1"]])
def test_the_checker_refuses_what_is_no_plan(after):
    assert not check(MODEL.split(), ASSIGNMENT.split(), after).accepted


def test_what_is_written_is_read_back(tmp_path):
    problem = a_reassignment(np.random.default_rng(3))
    paths = files(tmp_path, model_text(problem), words(problem.initial))
    again = read_reassignment(*paths)
    assert model_text(again) == model_text(problem)


def test_every_cut_file_is_refused_with_its_place(tmp_path):
    for which, text in enumerate((MODEL, ASSIGNMENT)):
        parts = text.split()
        for count in range(len(parts)):
            texts = [MODEL, ASSIGNMENT]
            texts[which] = " ".join(parts[:count])
            with pytest.raises(InstanceError, match=r"mine.txt: number \d+: expected "):
                read_reassignment(*files(tmp_path, *texts))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "2\n0 10",
            "x\n0 10",
            "number 1: expected a whole number of 15 digits",
        ),
        ("2\n0 10", "0\n0 10", "number 1: expected a count from 1; got 0"),
        ("0 10\n", "2 10\n", "number 2: expected less than 2; got 2"),
        (
            "0 10\n",
            "0 -1\n",
            "digits at most; got '-1'",
        ),
        ("0 10\n", "0 1.5\n", "number 3: expected a whole number"),
        ("0 10\n", f"0 {10**15}\n", "number 3: expected a whole number"),
        ("0 10\n", f"0 {10**15 - 1}\n", "too large for an exact cost"),
        ("5\n2\n", "5\n99999\n", "more numbers; the file has"),
        ("1 1 1\n", "1 1 2\n", "number 26: expected less than 2; got 2"),
        ("0 3 2 2\n", "2 3 2 2\n", "expected less than 2; got 2"),
        ("0 1 2\n7", "0 2 2\n7", "expected less than 2; got 2"),
        ("1 10 100\n", "1 10 100 1\n", "expected the end; got '1'"),
    ],
)
def test_a_wrong_word_ends_with_status_2(tmp_path, capsys, old, new, message):
    assert MODEL.count(old)
    paths = files(tmp_path, MODEL.replace(old, new, 1))
    status, found, err = told(capsys, *paths)
    assert (status, found) == (2, [])
    assert "model_mine.txt: " in err
    assert message in err


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("0 0 2", "number 3: expected less than 2; got 2"),
        ("0 0 1 1", "number 4: expected the end; got '1'"),
        ("0 0 0", "breaks a rule of model_mine.txt: service 1: several on machine 0"),
    ],
)
def test_a_wrong_assignment_ends_with_status_2(tmp_path, capsys, assignment, message):
    status, found, err = told(capsys, *files(tmp_path, assignment=assignment))
    assert (status, found) == (2, [])
    assert f"assignment_mine.txt: {message}" in err


@pytest.mark.parametrize("data", [b"\x00\xff\xfe", gzip.compress(MODEL.encode(), mtime=0)[:40]])
def test_rubbish_ends_with_status_2(tmp_path, capsys, data):
    _, assignment = files(tmp_path)
    for name in ("model_x.txt", "model_x.txt.gz"):
        model = tmp_path / name
        model.write_bytes(data)
        status, _, err = told(capsys, model, assignment)
        assert (status, err.count("\n")) == (2, 1)


def test_a_missing_file_ends_with_status_2(tmp_path, capsys):
    model, _ = files(tmp_path)
    status, _, err = told(capsys, model, tmp_path / "none.txt")
    assert status == 2
    assert "none.txt: no such file" in err


def test_the_published_cost_is_the_least_that_somebody_found(tmp_path):
    model, _ = files(tmp_path)
    assert published_cost(model) is None
    table = tmp_path / "published_costs.csv"
    head = "instance,initial_cost,lower_bound,best_known,their_ub,their_lb,source"
    table.write_text(f"{head}\nmine,900,1,120,110,2,me\nother,9,9,9,9,9,me\n")
    assert published_cost(model) == 110
    table.write_text(f"{head}\nmine,900,1,120,few,2,me\n")
    with pytest.raises(InstanceError, match="expected a number; got 'few'"):
        published_cost(model)


def test_changes_of_two_searchers_are_joined_where_that_is_legal():
    problem = a_reassignment(np.random.default_rng(4), processes=6, machines=4)
    base = ReassignmentPlan(tuple(problem.initial.tolist()))
    tables, place = Tables(problem), np.array(base.machines)
    rng = np.random.default_rng(1)
    searches = [Search(tables, rng) for _ in range(2)]
    found = []
    for search in searches:
        best = search.improve(place, time.monotonic() + 0.3, np.arange(4))
        found.append((tuple(best.tolist()), search.steps))
    costs = [reassignment_cost(problem, ReassignmentPlan(place)) for place, _ in found]
    together = merged(tables, base, found)
    assert reassignment_faults(problem, together) == []
    assert reassignment_cost(problem, together) <= min(costs)
    assert merged(tables, base, []) == base


def test_steps_may_lose_only_in_the_middle_of_the_time_and_less_and_less():
    problem = a_reassignment(np.random.default_rng(4), processes=6, machines=4)
    above = 100_000 * len(problem.initial)
    noises = [noise_at(problem, above, elapsed / 100) for elapsed in range(101)]
    assert noises[:20] == [0] * 20
    assert noises[20] == 20_000
    assert noises[20:96] == sorted(noises[20:96], reverse=True)
    assert noises[95:] == [0] * 6


def test_a_killed_searcher_is_told(tmp_path):
    problem = read_reassignment(*files(tmp_path))
    here, there = Pipe()
    there.close()
    plan = ReassignmentPlan(tuple(problem.initial.tolist()))
    with pytest.raises(ChildProcessError, match="a searcher was killed"):
        asked(Tables(problem), plan, [here], [("improve", (np.arange(2),), 0.0)])


@needs_data
@pytest.mark.parametrize("name", LISTED)
def test_the_initial_costs_are_those_listed(name):
    model, assignment = real(name)
    problem = read_reassignment(model, assignment)
    plan = ReassignmentPlan(tuple(problem.initial.tolist()))
    before = words_of(assignment)
    assert reassignment_cost(problem, plan) == LISTED[name]
    assert check(words_of(model), before, before).cost == LISTED[name]
    assert lower_bound(problem) < LISTED[name]


@needs_data
def test_a1_1_is_solved_to_the_published_optimum(capsys):
    status, [row], _ = told(capsys, *real("a1_1"), "--seconds", 60)
    assert (status, row["objective"], row["status"]) == (0, 44_306_501, "optimal")
    assert row["published"] == 44_306_501


@pytest.mark.wide
@needs_data
def test_two_searchers_find_more_than_none(capsys):
    status, [row], _ = told(capsys, *real("a1_3"), "--seconds", 12, "--workers", 2)
    assert (status, row["accepted"]) == (0, True)
    assert row["objective"] < LISTED["a1_3"]
    assert row["seconds"] < 20


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "share"),
    [("a1_2", 0.02), ("a1_3", 1e-5), ("a1_5", 1e-5), ("a2_2", 0.0389), ("a2_4", 0.02)],
)
def test_found_is_close_to_published(capsys, name, share):
    status, [row], _ = told(capsys, *real(name), "--seconds", 300)
    assert status == 0
    assert row["gap_published"] <= share
