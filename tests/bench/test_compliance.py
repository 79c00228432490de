import numpy as np
import pytest

from bench.compliance import Book
from bench.journeys import Trip
from bench.planner_tables import broken_rules, rules_notes, rules_table
from bench.report import first_sentences
from bench.tables import gather
from tests.bench.report_fakes import a_view, resolved, some_jobs


def settings(**changes):
    workload = {"name": "fine-tune", "kind": "jobs", "demand": {"gpu": 1}, **changes}
    found = resolved(workloads=[workload, {"name": "night-batch", "kind": "jobs"}])
    found["topology"]["servers"] = [
        {"name": "srv-910b-8", "cpu": "plain", "accelerator": "card"}
    ]
    found["topology"]["chips"] = [
        {"name": "plain", "kind": "cpu", "isa": "x86_64", "domestic": True},
        {"name": "card", "kind": "gpu", "domestic": False},
    ]
    return found


def findings_of(found, **kwargs):
    return gather(a_view(variants=("base",), seeds=(1, 2), resolved={"base": found}, **kwargs))


def check_of(found):
    (row,) = findings_of(found).checks
    return row


# pool hz-gpu stands in hangzhou (city), core-gpu in zhejiang (province); jobs come from
# the counties xihu and binjiang, both of hangzhou
@pytest.mark.parametrize(("data", "home", "broken", "margin"), [
    ({"stays_within": "nation"}, True, None, 1),      # no region is a nation: own region only
    ({"stays_within": "province"}, False, 0, 0),
    ({"stays_within": "city"}, False, "core-gpu", 0),
    ({"stays_within": "county"}, False, "both", 0),
    ({"stays_within": "site", "at": "site-1"}, False, "hz-gpu", 0),
    ({"data_class": "important"}, False, 0, 0),
    ({"data_class": "general", "stays_within": "city"}, False, "core-gpu", 0),
])  # fmt: skip
def test_residency_is_checked_at_each_level(data, home, broken, margin):
    view = findings_of(settings(data=data)).view
    pools = np.concatenate([view.jobs("base", s).texts["pool"] for s in (1, 2)])
    names = np.concatenate([view.jobs("base", s).texts["workload"] for s in (1, 2)])
    placed = {
        p: int(((pools == p) & (names == "fine-tune")).sum()) for p in ("hz-gpu", "core-gpu")
    }
    rows = [row for row in findings_of(settings(data=data)).checks if row.kind == "residency"]
    assert rows[0].placed == sum(placed.values())
    wrong = {0: 0, None: rows[0].placed, "both": rows[0].placed}.get(broken)
    assert rows[0].broken == (placed[broken] if wrong is None else wrong)
    assert rows[0].margin == margin


def test_the_stricter_of_two_rules_counts():
    rows = findings_of(settings(data={"data_class": "core", "stays_within": "nation"})).checks
    assert [(row.kind, row.limit) for row in rows] == [
        ("residency", "site"), ("security-level", "4"),
    ]  # fmt: skip


def test_the_closest_level_to_a_security_level_is_told():
    found = settings(security_level=2)
    found["topology"]["pools"][0]["security_level"] = 4
    found["topology"]["pools"][1]["security_level"] = 3
    row = check_of(found)
    assert (row.limit, row.broken, row.margin) == ("2", 0, 1)
    found["topology"]["pools"][1]["security_level"] = 1
    row = check_of(found)
    assert 0 < row.broken < row.placed
    assert row.margin == -1


@pytest.mark.parametrize(("chips", "kept"), [
    ({"any_of": ["card"]}, True), ({"any_of": ["pla*"]}, True), ({"any_of": ["other"]}, False),
    ({"isa": ["x86_64"]}, True), ({"isa": ["aarch64"]}, False), ({"stack": ["mindie"]}, False),
    ({"domestic_only": True}, False), ({"safe_reliable_only": True}, False),
])  # fmt: skip
def test_chip_lists_are_checked(chips, kept):
    row = check_of(settings(chips=chips))
    assert row.broken == (0 if kept else row.placed)
    assert row.margin is None


def test_an_accelerator_that_is_not_asked_for_need_not_be_domestic():
    assert check_of(settings(chips={"domestic_only": True}, demand={"vcpu": 1})).broken == 0


def test_reserved_pools_are_for_the_tenants_named():
    found = settings()
    found["topology"]["pools"][0]["reserved_for"] = ["health"]
    row = check_of(found)
    assert row.kind == "reserved"
    assert row.jobs == 800
    jobs = [some_jobs(seed) for seed in (1, 2)]
    wrong = sum(
        p == "hz-gpu" and t == "traffic"
        for part in jobs
        for p, t in zip(part.texts["pool"], part.texts["tenant"], strict=True)
    )
    assert row.broken == wrong > 0


def test_with_silos_a_tenant_stays_on_its_own_pools():
    found = settings() | {"policies": {"silos": {"name": "tenant"}}}
    found["topology"]["pools"][0]["reserved_for"] = ["health"]
    book = Book(found)
    (rule,) = book.rules("fine-tune")
    assert not rule.keeps(Trip("fine-tune", "health", "xihu", "core-gpu", True))
    assert rule.keeps(Trip("fine-tune", "health", "xihu", "hz-gpu", True))


def test_a_broken_rule_is_on_the_first_screen_and_a_kept_one_is_not():
    broken = findings_of(settings(data={"stays_within": "county"}))
    assert "Do not use these results" in first_sentences(broken, "en")[1]
    assert broken_rules(findings_of(settings(data={"stays_within": "province"})), "en") == ""


def test_rows_of_a_trace_and_gangs_over_pools_are_told_apart():
    found = settings(kind="trace", data={"stays_within": "county"})
    notes = rules_notes(findings_of(found), "en")
    assert findings_of(found).checks == []
    assert "Rows of “fine-tune” may each carry rules" in notes[-1]
    found = settings(demand={"nodes": 2, "gang_within": "site"})
    assert "Of a gang over several pools" in rules_notes(findings_of(found), "en")[-1]


def test_the_table_says_limit_and_margin_in_both_languages():
    found = findings_of(settings(data={"stays_within": "province"}, security_level=2))
    rows = [[cell.text for cell in row] for row in rules_table(found, "en").rows]
    assert rows[0][:2] == ["data stays", "within the province"]
    assert rows[0][4] == "at the limit, nothing to spare"
    assert rows[1][4] == "over the limit, levels: 1"
    chinese = [cell.text for cell in rules_table(found, "zh").rows[0]]
    assert chinese[:2] == ["数据不出域", "不出省"]


def test_settings_without_topology_break_nothing():
    assert findings_of({}).checks == []
