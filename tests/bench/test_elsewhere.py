"""Why the jobs that wait longest do not go where something is free."""

import numpy as np

from bench.dress import barred
from bench.elsewhere import elsewhere_table, kept_away
from bench.faults import RunFolderError
from bench.tables import gather
from bench.view import NO_RULES, Elsewhere
from tests.bench.report_fakes import a_view
from tests.bench.test_shortage import with_reasons

CHIPS = {"hz-gpu": "b3", "core-gpu": "b3", "xihu-edge": "p"}


def findings_with(**by_rule):
    asked = []

    def elsewhere(variant, workloads):
        asked.append((variant, tuple(workloads)))
        rules = {rule.replace("_", "-"): np.array(v) for rule, v in by_rule.items()}
        return Elsewhere({"fine-tune": rules, "night-batch": {}}, CHIPS)

    return gather(a_view(variants=("base",), seeds=(1, 2), elsewhere=elsewhere)), asked


def test_what_is_free_is_booked_to_the_rule_that_keeps_jobs_from_it():
    findings, asked = findings_with(no_speed=[0.0, 1.0, 0.0], residency=[0.5, 0.0, 0.0])
    rows = {(row.workload, row.rule): row for row in kept_away(findings)}
    assert [name for name, _ in asked] == ["base"]
    course = findings.courses["base"]
    at = course.column("gpu")
    free = course.capacity[:, at] - course.mean(course.allocated)[:, at]
    assert rows["fine-tune", "no-speed"].free == free[1]
    assert rows["fine-tune", "residency"].free == free[0] / 2
    assert rows["fine-tune", ""].free == free[0] / 2 + free[2]
    assert rows["night-batch", ""].free == free.sum()
    assert rows["fine-tune", "no-speed"].places == {("province", "b3"): free[1]}
    assert sum(row.share for row in rows.values() if row.workload == "fine-tune") == 1


def test_the_table_names_rule_tier_and_chip_in_both_languages():
    findings, _ = findings_with(no_speed=[0.0, 1.0, 0.0])
    table = elsewhere_table(findings, "en")
    rows = {row[1].small: row for row in table.rows if row[1].small}
    assert rows["no-speed"][1].text == "no speed is known there for its class"
    assert rows["no-speed"][3].text.startswith("province b3 ")
    assert "GPU free on average" in table.heads
    assert any("it may go" in row[1].text for row in table.rows)
    assert elsewhere_table(findings, "zh").caption == "为何不去有空闲之处"


def test_nothing_is_told_of_a_quota_or_without_a_scenario():
    view = a_view(variants=("base",), seeds=(1,), jobs_door=with_reasons("quota"))
    assert kept_away(gather(view)) == []
    assert elsewhere_table(gather(a_view(seeds=(1,))), "en").rows == []


def test_a_folder_whose_scenario_is_not_at_hand_tells_no_rule():
    class Gone:
        def scenario(self, variant):
            raise RunFolderError("folder", "gone")

    assert barred(Gone(), "base", ["w"]) is NO_RULES
