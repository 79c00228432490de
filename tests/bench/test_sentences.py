import math

import pytest

from bench.sentences import (
    Question,
    answer,
    censored,
    gap,
    interval_of,
    listed,
    mean_of,
    ranked,
    refused,
    undefined,
)

NAN = float("nan")


def by_seed(*values):
    return dict(enumerate(values, start=1))


LOWER = Question("wait_p95_s", "lower")
HIGHER = Question("allocated_share_gpu", "higher")
CERTAIN = Question("wait_p95_s", "lower", random=False)


@pytest.mark.parametrize(("question", "values", "said"), [
    pytest.param(
        LOWER, {"base": by_seed(7200, 9000, 10_800)},
        "The 95th-percentile wait is 2.50 h (95 % interval 1.26 to 3.74 h, 3 seeds).",
        id="one variant"),
    pytest.param(
        CERTAIN, {"base": by_seed(7200)},
        "The 95th-percentile wait is 2.00 h (nothing is random here, so one run is exact).",
        id="one variant, nothing random"),
    pytest.param(
        LOWER, {"base": by_seed(7200)},
        "The 95th-percentile wait is 2.00 h (one seed only, so chance is not ruled out).",
        id="one seed of many"),
    pytest.param(
        LOWER, {"borrow": by_seed(7200, 9000, 10_800), "own": by_seed(3600, 5400, 7100)},
        "“own” is better than “borrow”: its 95th-percentile wait is 1.49 h, 1.01 h lower than"
        " 2.50 h (95 % interval of the difference 0.97 to 1.05 h, 3 seeds).",
        id="two, told apart"),
    pytest.param(
        LOWER, {"borrow": by_seed(7200, 9000, 10_800), "own": by_seed(7300, 8800, 10_900)},
        "“borrow” and “own” cannot be told apart by 95th-percentile wait: 2.50 h and 2.50 h"
        " (95 % interval of the difference −7.17 to 7.17 min, 3 seeds).",
        id="two, not told apart"),
    pytest.param(
        LOWER, {"a": by_seed(0, 0), "b": by_seed(0, 0)},
        "“a” and “b” have the same 95th-percentile wait: 0 s.",
        id="equal in every seed"),
    pytest.param(
        CERTAIN, {"a": by_seed(60), "b": by_seed(60)},
        "“a” and “b” have the same 95th-percentile wait: 60.0 s.",
        id="equal in the one run there is"),
    pytest.param(
        LOWER, {"a": by_seed(0, 0), "b": by_seed(0, 0), "c": by_seed(3e5, 3.1e5)},
        "“a” and “b” have the same 95th-percentile wait: 0 s; worse: “c”.",
        id="two equal, one worse by days"),
    pytest.param(
        HIGHER,
        {
            "fgd": by_seed(0.952, 0.953),
            "best-fit": by_seed(0.929, 0.930),
            "random": by_seed(0.86, 0.861),
        },
        "“fgd” is the best of 3 variants: its allocated share of GPU is 95.2 %, 2.3 points"
        " higher than the 93.0 % of “best-fit”, the next (95 % interval of the difference"
        " 2.3 to 2.3 points, 2 seeds).",
        id="three, higher is better"),
    pytest.param(
        HIGHER,
        {
            "a": by_seed(0.95, 0.93, 0.94),
            "b": by_seed(0.94, 0.95, 0.93),
            "c": by_seed(0.5, 0.51, 0.52),
        },
        "“a” and “b” cannot be told apart by allocated share of GPU: 94.0 % and 94.0 % (95 %"
        " interval of the difference −4.3 to 4.3 points, 3 seeds); worse: “c”.",
        id="two alike, one worse"),
    pytest.param(
        LOWER, {"a": by_seed(NAN), "b": {}},
        "There is no answer: 95th-percentile wait is undefined in every variant (no job"
        " entered it).",
        id="no value at all"),
])  # fmt: skip
def test_the_answer_is_one_sentence(question, values, said):
    assert answer(question, values) == said


def test_a_variant_without_a_value_is_left_out_and_named():
    values = {"a": by_seed(60, 62), "b": by_seed(NAN, NAN)}
    assert answer(LOWER, values).startswith("The 95th-percentile wait is 61.0 s")
    assert undefined(LOWER, values) == (
        "95th-percentile wait is undefined in “b”; they are left out of the answer."
    )
    assert undefined(LOWER, {"a": by_seed(1)}) == ""


def test_braces_in_a_name_stay_braces():
    said = answer(LOWER, {"{best}": by_seed(60, 62), "{0.__class__}": by_seed(6000, 6200)})
    assert said.startswith("“{best}” is better than “{0.__class__}”")


def test_it_speaks_chinese():
    question = Question("wait_p95_s", "lower", lang="zh")
    said = answer(question, {"a": by_seed(7200, 7300), "b": by_seed(3600, 3700)})
    assert said.startswith("“b”优于“a”：等待 95 分位为 1.01 小时，比 2.01 小时 低 1.00 小时")


def test_the_gap_is_taken_over_the_seeds_that_both_have():
    found = gap("b", {1: 5.0, 2: NAN, 3: 9.0}, {1: 4.0, 2: 1.0, 3: 7.0})
    assert (found.mean, found.seeds) == (1.5, 2)
    lone = gap("b", {2: 5.0}, {1: 4.0})
    assert (lone.mean, lone.seeds, lone.told_apart) == (1.0, 1, True)


def test_ties_stay_in_the_order_of_the_file():
    assert ranked(LOWER, {"z": by_seed(1), "a": by_seed(1), "m": by_seed(0)}) == ["m", "z", "a"]


def test_means_over_no_seed_are_undefined():
    assert math.isnan(mean_of({}))
    assert interval_of({})[3] == 0


@pytest.mark.parametrize(("counts", "said"), [
    pytest.param({"a": (0, 9)}, "No job was refused.", id="none"),
    pytest.param(
        {"a": (0, 9), "b": (0, 9)}, "No job was refused in any variant.", id="none in any"),
    pytest.param(
        {"a": (12, 400)},
        "Refused: 12 of 400 jobs a run (3.0 %), most often:"
        " larger than any node that it may use.",
        id="one variant, with the reason"),
    pytest.param(
        {"a": (12, 400), "b": (12, 400)},
        "Refused in every variant: 12 of 400 jobs a run (3.0 %), most often: larger than any"
        " node that it may use.",
        id="the same"),
    pytest.param(
        {"a": (12, 400), "b": (0, 400)},
        "Refused jobs a run: 12 of 400 in “a”, 0 of 400 in “b”.", id="each"),
    pytest.param(
        {name: (at, 400) for at, name in enumerate("abcde")},
        "Refused jobs a run: from 0 of 400 in “a” to 4 of 400 in “e”.", id="many: the span"),
])  # fmt: skip
def test_refused_jobs_are_always_told(counts, said):
    assert refused(counts, {"a": "too-big"}) == said


def test_a_cut_run_weakens_its_waits():
    assert censored({"a": 0.0, "b": 0.0}) == ""
    assert censored({"a": NAN}) == ""
    assert censored({"a": 0.02, "b": 0.31}).startswith("Up to 31.0 % of the counted jobs")


def test_lists_end():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 others"
    assert listed(["a", "b"], "zh") == "a 和 b"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_best_of_many_is_laid_beside_the_first_too(lang):
    values = {"as-it-is": {1: 9.0, 2: 9.5}, "a": {1: 7.0, 2: 7.6}, "b": {1: 4.0, 2: 4.4}}
    told = answer(Question("wait_mean_s", "lower", lang=lang), values)
    assert {"en": "; 5.05 s lower than “as-it-is”.", "zh": "；比“as-it-is”低 5.05 秒。"}[
        lang
    ] in told
    next_one = {"b": values["b"], "as-it-is": values["as-it-is"], "a": values["a"]}
    assert "; " not in answer(Question("wait_mean_s", "lower"), next_one)


def test_latin_names_keep_their_distance_from_the_others():
    assert listed(["a", "b", "c-ascend", "d", "e"], "zh") == "a、b、c-ascend 及另外 2 个"


def test_shown_numbers_subtract_to_the_shown_difference():
    """0.7249 h and 2.1551 h: 0.72 and 2.16 with a difference of 1.43 would not add up."""
    values = {"a": {1: 0.7249 * 3600}, "b": {1: 2.1551 * 3600}}
    said = answer(Question("wait_p95_s", "lower", random=False), values)
    assert "0.725 h" in said
    assert "1.430 h lower than 2.155 h" in said
