"""Variants and settings laid over a scenario."""

import pytest

from scenarios import ScenarioError, read
from scenarios.decode import decode, plain
from scenarios.layers import Item, Layer, overridden, parse_path, settings_of, variants_of
from tests.scenarios.snippets import SMALL, changed, written

BASE = """
a: {b: 1, c: {d: 2}}
list: [{name: x, v: 1, w: 2}, {name: y, v: 3}]
words: [p, q]
"""


def over(change, base=BASE):
    layer = Layer()
    result = layer.over(decode(base, "f")[0], decode(change, "f")[0])
    return plain(result), [str(problem) for problem in layer.problems]


@pytest.mark.parametrize(
    ("change", "key", "meant"),
    [
        ("{}", "a", {"b": 1, "c": {"d": 2}}),
        ("a.b: 5", "a", {"b": 5, "c": {"d": 2}}),
        ("a: {c: {e: 3}}", "a", {"b": 1, "c": {"d": 2, "e": 3}}),
        ("a.c.e: 3", "a", {"b": 1, "c": {"d": 2, "e": 3}}),
        ("a.b: null", "a", {"c": {"d": 2}}),
        ("new.deep.key: 1", "new", {"deep": {"key": 1}}),
        ("'list[x].v': 9", "list", ({"name": "x", "v": 9, "w": 2}, {"name": "y", "v": 3})),
        ("'list[x]': null", "list", ({"name": "y", "v": 3},)),
        ("'list[x].w': null", "list", ({"name": "x", "v": 1}, {"name": "y", "v": 3})),
        (
            "'list[x]': {v: 8}",
            "list",
            ({"name": "x", "v": 8, "w": 2}, {"name": "y", "v": 3}),
        ),
        (
            "list: [{name: y, v: 4}, {name: z, v: 5}]",
            "list",
            ({"name": "x", "v": 1, "w": 2}, {"name": "y", "v": 4}, {"name": "z", "v": 5}),
        ),
        (
            "'list[z]': {v: 5}",
            "list",
            ({"name": "x", "v": 1, "w": 2}, {"name": "y", "v": 3}, {"name": "z", "v": 5}),
        ),
        ("list: []", "list", ()),
        ("words: [r]", "words", ("r",)),
        ("words: {s: 1}", "words", {"s": 1}),
        ("a: text", "a", "text"),
    ],
)
def test_maps_merge_deep_and_items_by_name(change, key, meant):
    found, problems = over(change)
    assert problems == []
    assert found[key] == meant


def test_what_is_not_there_is_told():
    assert over("'list[u].v': 1")[1] == [
        "f:1:1: list: no item of that name (items are named, never counted); got 'u'"
    ]
    assert over("'a[x].v': 1")[1] == [
        "f:1:1: a: expected a list there, to find an item in; got 'x'"
    ]
    assert over("'a..b': 1")[1] == [
        "f:1:1: expected a path, as topology.pools[hz-gpu].nodes; got 'a..b'"
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("a.b[x y (1).z].c", ("a", "b", Item("x y (1).z"), "c")),
        ("a[x][y]", ("a", Item("x"), Item("y"))),
        ("", None),
        (".a", None),
        ("a.", None),
        ("a..b", None),
        ("[x]", None),
        ("a[]", None),
        ("a[x", None),
        ("a[x]b", None),
    ],
)
def test_paths(text, path):
    assert parse_path(text) == path


POLICIES = "policies: {queue: {name: fcfs, at: site}, dispatch: {name: 'my:Own', every_s: 3}}"


@pytest.mark.parametrize(
    ("change", "kind", "meant"),
    [
        ("policies.queue.name: priority", "queue", {"name": "priority", "at": "site"}),
        ("policies.queue: priority", "queue", {"name": "priority", "at": "site"}),
        ("policies: {queue: {at: pool}}", "queue", {"name": "fcfs", "at": "pool"}),
        ("policies.dispatch.name: nearest", "dispatch", {"name": "nearest"}),
        ("policies.dispatch: nearest", "dispatch", {"name": "nearest"}),
        ("policies.dispatch.every_s: 5", "dispatch", {"name": "my:Own", "every_s": 5}),
        (
            "policies.dispatch: {name: 'my:Other', every_s: 4}",
            "dispatch",
            {"name": "my:Other", "every_s": 4},
        ),
        ("policies.packing.ties: shuffled", "packing", {"ties": "shuffled"}),
    ],
)
def test_a_new_policy_drops_the_options_it_lacks(change, kind, meant):
    assert over(change, POLICIES)[0]["policies"][kind] == meant


def test_an_option_joins_a_policy_that_is_only_a_name():
    found, problems = over("policies.queue.at: site", "policies: {queue: priority}")
    assert (found["policies"]["queue"], problems) == ({"name": "priority", "at": "site"}, [])


def test_variants_are_resolved_in_file_order(tmp_path):
    scenario = read(written(tmp_path))
    assert [one.variant for one in scenario.variants] == ["base", "more"]
    assert [one.topology.pool("big").nodes for one in scenario.variants] == [2, 4]
    assert scenario.topology.pool("big").nodes == 2


def test_without_variants_the_scenario_is_its_only_one(tmp_path):
    text = SMALL[: SMALL.index("variants:")]
    scenario = read(written(tmp_path, text))
    assert scenario.variants == (scenario,)
    assert scenario.variant == "base"


def test_settings_win_over_variants(tmp_path):
    scenario = read(written(tmp_path), sets=["topology.pools[big].nodes=7", "name=other"])
    assert [one.topology.pool("big").nodes for one in scenario.variants] == [7, 7]
    assert {one.name for one in (scenario, *scenario.variants)} == {"other"}


def test_a_setting_takes_any_value_of_the_file(tmp_path):
    scenario = read(
        written(tmp_path),
        sets=[
            "workloads[lessons].demand={vcpu: 2, memory_gib: 1.5}",
            "workloads[scans]=null",
            "policies.queue=priority",
            "question=what = this?",
        ],
    )
    assert [workload.name for workload in scenario.workloads] == ["lessons"]
    assert scenario.workloads[0].demand.memory_gib == 1.5
    assert (scenario.policies.queue.name, scenario.question) == ("priority", "what = this?")


def test_variants_can_be_picked(tmp_path):
    path = written(tmp_path)
    some = read(path, variants=["more"])
    assert [one.variant for one in some.variants] == ["more"]
    assert some.digest != read(path).digest


def test_a_variant_may_take_away_and_append(tmp_path):
    change = (
        '{"topology.pools[little]": null, "topology.sites[xh]": null, '
        '"workloads[lessons].region": hz, '
        '"topology.pools[new]": {site: hz, cloud: gov, server: srv-910b-8, nodes: 1}}'
    )
    scenario = read(written(tmp_path, changed(("base: {}", f"base: {change}"))))
    assert [pool.name for pool in scenario.variants[0].topology.pools] == ["big", "new"]


def test_one_bad_variant_refuses_all(tmp_path):
    path = written(tmp_path, changed(('nodes": 4', 'nodes": 0')))
    with pytest.raises(ScenarioError, match=r"variants\.more: topology\.pools\[big\]\.nodes"):
        read(path)


@pytest.mark.parametrize(
    ("setting", "change", "lost"),
    [
        ("list[x].v=9", "{'list[x].v': 3}", True),
        ("list[x].v=9", "{list: [{name: x, v: 3}]}", True),
        ("list[x].v=3", "{'list[x].v': 3}", True),
        ("list[x]=null", "{'list[x].v': 3}", True),
        ("a={b: 2, c: {d: 4}}", "{a.c.d: 3}", True),
        ("policies.packing=fgd", "{policies: {packing: best-fit}}", True),
        ("policies.packing.name=fgd", "{policies.packing: {name: best-fit}}", True),
        ("list[x].v=9", "{'list[x].w': 3}", False),
        ("list[x].v=9", "{'list[y].v': 3}", False),
        ("list=[{name: x, v: 9}]", "{list: [{name: x, w: 3}]}", False),
        ("policies.packing.ties=shuffled", "{policies.packing: best-fit}", False),
        ("a.b=9", "{}", False),
    ],
)
def test_a_setting_that_a_variant_sets_too_is_told(setting, change, lost):
    changes = variants_of(decode(f"variants: {{v: {change}, w: {{}}}}", "f")[0])[1]
    line = f"--set {setting.partition('=')[0]}: also set by variant 'v'; --set wins"
    assert overridden(changes, settings_of((setting,))[0]) == ((line,) if lost else ())


def test_the_variants_that_set_it_too_are_named_in_one_line():
    root = decode("variants: {v: {a: 1}, w: {}, x: {a: 2}}", "f")[0]
    [line] = overridden(variants_of(root)[1], settings_of(("a=3",))[0])
    assert line == "--set a: also set by variants 'v', 'x'; --set wins"
