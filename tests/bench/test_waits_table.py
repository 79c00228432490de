import pytest

from bench.tables import gather
from bench.waits_table import waits_note, waits_table
from tests.bench.report_fakes import a_view, some_jobs


def test_each_workload_has_its_waits_and_each_variant_its_difference():
    table = waits_table(gather(a_view()), "workload", "en", 6)
    assert table.heads == (
        "workload", "variant", "jobs", "waited", "mean wait", "95th-percentile wait",
    )  # fmt: skip
    assert [row[1].text for row in table.rows] == ["borrow", "own-gpus"] * 2
    assert {row[0].text for row in table.rows} == {"fine-tune", "night-batch", ""}
    first, second = table.rows[:2]
    assert " to " in first[4].small
    assert second[4].small.startswith("−")
    assert second[4].strong_small
    assert second[3].small == ""  # the same jobs waited, only shorter


@pytest.mark.parametrize("scope", ["workload", "tenant"])
def test_shares_are_of_the_jobs_that_have_a_wait(scope):
    findings = gather(a_view(variants=("base",), seeds=(1,)))
    jobs = some_jobs(1)
    table = waits_table(findings, scope, "en", 6)
    for row in table.rows:
        own = [name == row[0].text for name in jobs.texts[scope]]
        waits = jobs.column("wait_s")[own]
        assert row[1].text == str(sum(own))
        share = (waits > 0).sum() / (waits >= 0).sum()
        assert row[2].text.startswith(f"{100 * share:.1f}")


def test_who_never_waits_is_left_to_the_note():
    def jobs(variant, seed):
        found = some_jobs(seed)
        for i, name in enumerate(found.texts["workload"]):
            if name == "fine-tune":
                found.columns["wait_s"][i] = 0.0
                found.texts["reason"][i] = ""
        return found

    findings = gather(a_view(variants=("base",), seeds=(1,), jobs_door=jobs))
    table = waits_table(findings, "workload", "en", 6)
    assert [row[0].text for row in table.rows] == ["night-batch"]
    assert waits_note(findings, table, "en", 6).endswith("Never waited: fine-tune.")


def test_what_no_variant_changes_is_said_once():
    view = a_view(scales=[1.0, 1.0])
    table = waits_table(gather(view), "workload", "zh", 6)
    assert [row[1].text for row in table.rows] == ["全部方案"] * 2
