"""What two run folders were asked differently."""

from bench.commands.compare import setting_lines
from bench.comparison_lines import Telling
from bench.settings_apart import Change, changes, other_question
from tests.bench.report_fakes import resolved

TELLING = Telling({})


def with_nodes(nodes, **more):
    found = resolved(("a", "b"))
    found["topology"]["pools"][0]["nodes"] = nodes
    return found | more


def test_settings_that_differ_are_told_by_their_path():
    rows = [{"name": "w", "arrivals": {"per_h": 25}}]
    other = with_nodes(6, workloads=[{"name": "w", "arrivals": {"per_h": 15}}], seeds=2)
    assert changes(with_nodes(3, workloads=rows, seeds=10), other) == [
        Change("topology.pools[a].nodes", "3", "6"),
        Change("workloads[w].arrivals.per_h", "25", "15"),
    ]


def test_what_one_has_not_is_a_dash():
    before = {"tenants": [{"name": "t", "quota": {"gpu": 4}}], "x": [1, 2]}
    after = {"tenants": [{"name": "t"}, {"name": "u"}], "x": [1, 3]}
    assert changes(before, after) == [
        Change("tenants[t].quota.gpu", "4", "–"),
        Change("x", "[1, 2]", "[1, 3]"),
        Change("tenants[u]", "–", "there"),
    ]


def test_another_name_start_time_or_topology_is_another_question():
    mine = with_nodes(3, name="a")
    assert other_question(mine, with_nodes(6, name="a")) == []
    other = with_nodes(3, name="b", horizon_h=24, warmup_h=0, start="2027-01-01T00:00")
    other["topology"]["sites"] = [{"name": "far"}]
    assert other_question(mine, other) == ["name", "start", "horizon_h", "warmup_h", "topology"]
    [first, *rest] = setting_lines(mine, other, TELLING)
    assert first.startswith(
        "  not the same question: name, start, horizon_h, warmup_h, topology"
    )
    assert "  horizon_h: 168 -> 24" in rest


def test_at_most_ten_lines_of_settings():
    rows = [{"name": f"w{n}", "rate": 1} for n in range(14)]
    more = [{"name": f"w{n}", "rate": 2} for n in range(14)]
    lines = setting_lines({"workloads": rows}, {"workloads": more}, TELLING)
    assert len(lines) == 11
    assert lines[-1] == "  and 4 other settings"
    assert setting_lines({"a": 1}, {"a": 1}, TELLING) == ["  the same settings"]
