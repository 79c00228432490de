import numpy as np
import pytest

from bench.compliance import Book
from bench.dress import findings_of as findings_of_folder
from bench.experiment import run
from bench.folder import open_run
from bench.journeys import Trip
from bench.planner_tables import broken_rules, rules_notes, rules_table
from bench.report import first_sentences
from bench.tables import gather
from bench.trace_rules import OwnRules, own_rules
from scenarios import read
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


def test_what_is_not_checked_again_is_counted_and_said():
    found = settings(kind="trace", data={"stays_within": "county"})
    notes = rules_notes(findings_of(found), "en")
    assert findings_of(found).checks == []
    assert notes[-1].startswith("Not checked again: what rows of “fine-tune” ask for")
    found = settings(demand={"nodes": 2, "gang_within": "site"})
    placed = sum(
        name == "fine-tune" and pool is not None
        for part in (some_jobs(1), some_jobs(2))
        for name, pool in zip(part.texts["workload"], part.texts["pool"], strict=True)
    )
    note = rules_notes(findings_of(found), "en")[-1]
    assert note.startswith(f"Not checked again: the further members of {placed} gangs")


def test_where_interrupted_jobs_stood_before_is_not_checked_again():
    def jobs(variant, seed):
        found = some_jobs(seed)
        found.columns["preemptions"][[0, 100, 200]] = 1  # the first was refused: never placed
        return found

    note = rules_notes(findings_of(settings(), jobs_door=jobs), "en")[-1]
    assert note.startswith("Not checked again: where 4 interrupted jobs stood before")


TRACE = """\
submit_s,run_s,vcpu,stays_within,security_level,region,id
0,600,1,city,1,town,a
10,600,1,province,2,town,b
20,600,1,,,town,c
"""
ROOMS = """\
name: traced
horizon_h: 1
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 16}]
  servers: [{name: host, cpu: plain, sockets: 1, vcpu: 16, memory_gib: 64}]
  clouds: [{name: gov-a}]
  regions: [{name: wide, level: province}, {name: town, level: city, parent: wide}]
  sites:
    - {name: core, region: wide, tier: province}
    - {name: edge, region: town, tier: city, parent: core}
  pools:
    - {name: core-cpu, site: core, cloud: gov-a, server: host, nodes: 1, security_level: 3}
    - {name: edge-cpu, site: edge, cloud: gov-a, server: host, nodes: 1}
  links: [{a: core, b: edge, delay_ms: 1, capacity_gbit_s: 10}]
workloads: [{name: old, kind: trace, file: jobs.csv}]
"""


def test_rules_that_rows_of_a_trace_carry_are_read_again(tmp_path):
    (tmp_path / "jobs.csv").write_text(TRACE)
    (tmp_path / "traced.yaml").write_text(ROOMS)
    folder = run(read(tmp_path / "traced.yaml"), out=tmp_path / "out")
    found = findings_of_folder(folder)
    assert found.unread == []
    assert [(row.kind, row.limit, row.placed, row.broken) for row in found.checks] == [
        ("residency", "city", 1, 0),
        ("residency", "province", 1, 0),
        ("security-level", "2", 1, 0),
    ]
    apart = findings_of_folder(open_run(folder.path))  # the trace is not named here
    assert (apart.unread, apart.checks) == (["old"], [])


def test_a_row_of_a_trace_that_stands_where_it_must_not_is_seen():
    rules = OwnRules(({"data": {"stays_within": "city"}}, {"security_level": 4}), {"j": 1})
    book = Book(settings(), {"fine-tune": rules})
    (first,), (second,) = (book.rules("fine-tune", own) for own in (0, 1))
    assert not first.keeps(Trip("fine-tune", "health", "xihu", "core-gpu", True))
    assert not second.keeps(Trip("fine-tune", "health", "xihu", "hz-gpu", True, 1))


@pytest.mark.parametrize("id_", ["a", "b"])
def test_two_rows_of_one_id_under_different_rules_are_left_to_the_engine(tmp_path, id_):
    (tmp_path / "jobs.csv").write_text(TRACE.replace("town,b", f"town,{id_}"))
    (tmp_path / "traced.yaml").write_text(ROOMS)
    assert ("old" in own_rules(read(tmp_path / "traced.yaml"))) == (id_ == "b")


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
