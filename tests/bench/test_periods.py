import pytest

from bench.periods import measured_s, period
from bench.report import first_sentences
from bench.sections import variants_tables
from bench.short_tables import effects_table
from bench.tables import gather
from bench.view import MeasureRow
from tests.bench.report_fakes import a_view, resolved


def priced(**kwargs):
    rows = [
        MeasureRow(v, "cost_total_cny", "CNY", "all", "", s, 1000.0 * s + at)
        for at, v in enumerate(("borrow", "own-gpus"))
        for s in (1, 2)
    ]
    return a_view(seeds=(1, 2), measures=tuple(rows), measure="cost_total_cny", **kwargs)


@pytest.mark.parametrize(
    ("measure", "said"),
    [("cost_total_cny", True), ("energy_kwh", True), ("cost_per_job_cny", False),
     ("wait_p95_s", False)],
)  # fmt: skip
def test_sums_say_what_time_they_cover(measure, said):
    assert period(a_view(seeds=(1,)), measure, "en") == " in the measured 144 h" * said


def test_costs_have_a_period_wherever_they_are_read():
    findings = gather(priced())
    told = "total cost without staff in the measured 144 h"
    assert told in effects_table(findings, "en", 6).heads
    assert told in first_sentences(findings, "en")[0]
    assert "总成本（不含人员）（统计时段 144 小时）" in effects_table(findings, "zh", 6).heads
    ((title, _, unfolded),) = variants_tables(findings, "en")
    assert (title, unfolded) == ("Energy and money", True)


def test_variants_of_different_length_have_no_common_period():
    settings = {"borrow": resolved(), "own-gpus": resolved() | {"horizon_h": 48}}
    view = priced(resolved=settings)
    assert measured_s(view, "own-gpus") == 24 * 3600
    assert period(view, "cost_total_cny", "en") == ""
    assert period(priced(resolved={}), "cost_total_cny", "en") == ""
