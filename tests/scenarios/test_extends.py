"""`extends`: rows of a named topology, the file's own over them, then the layers."""

import pytest

from scenarios import ScenarioError, read

TEXT = """\
name: extended
horizon_h: 1
topology:
  extends: province/ningxia
WORKLOADS
workloads:
  - name: load
    kind: jobs
    region: yinchuan
    arrivals: {kind: fixed, every_s: 600}
    demand: {vcpu: 1}
    work: {kind: fixed, mean_h: 0.1}
"""


@pytest.fixture
def told(tmp_path):
    def scenario(topology="", more="", sets=()):
        file = tmp_path / "s.yaml"
        file.write_text(TEXT.replace("WORKLOADS\n", topology) + more, encoding="utf-8")
        return read(file, sets=sets)

    return scenario


def nodes(scenario, pool="yinchuan-gov-a-kunpeng"):
    return scenario.topology.pool(pool).nodes


def test_a_province_is_written_out(told):
    scenario = told()
    assert scenario.topology.site("ningxia-core").tier == "province"
    assert scenario.topology.extends is None
    assert len(scenario.topology.sites_by_name) == len(scenario.topology.sites)


def test_rows_of_the_file_lie_over_those_of_the_same_name(told):
    scenario = told("  pools:\n    - {name: yinchuan-gov-a-kunpeng, nodes: 99}\n")
    pool = scenario.topology.pool("yinchuan-gov-a-kunpeng")
    assert (pool.nodes, pool.server) == (99, "srv-kunpeng-5250-2p")


def test_new_rows_append(told):
    scenario = told(
        "  pools:\n"
        "    - {name: own, site: yinchuan, cloud: gov-a, server: srv-a10-4, nodes: 2}\n"
    )
    assert scenario.topology.pools[-1].name == "own"
    assert len(scenario.topology.pools) == len(told().topology.pools) + 1


def test_a_link_replaces_the_one_between_the_same_sites_and_others_stay(told):
    scenario = told("  links:\n    - {a: ningxia-core, b: yinchuan, capacity_gbit_s: 40}\n")
    (link,) = scenario.topology.path("yinchuan", "ningxia-core")
    assert link.capacity_gbit_s == 40
    assert len(scenario.topology.links) == len(told().topology.links)


def test_variants_and_settings_address_what_was_written_out(told):
    more = (
        'variants:\n  base: {}\n  more: {"topology.pools[yinchuan-gov-a-kunpeng].nodes": 60}\n'
    )
    base, changed = told(more=more).variants
    assert (nodes(base), nodes(changed)) == (6, 60)
    setting = "topology.pools[yinchuan-gov-a-kunpeng].nodes=7"
    assert [nodes(one) for one in told(more=more, sets=[setting]).variants] == [7, 7]


def test_a_setting_may_change_what_is_extended(told):
    scenario = told(sets=["topology.extends=zhejiang", "workloads[load].region=hangzhou"])
    assert "hangzhou-xihu-9" in scenario.topology.sites_by_name


def test_a_row_can_be_taken_away(told):
    more = 'variants:\n  less: {"topology.pools[yinchuan-gov-a-phytium]": null}\n'
    (less,) = told(more=more).variants
    assert "yinchuan-gov-a-phytium" not in less.topology.pools_by_name


def test_the_resolved_values_give_the_same_topology_again(told, tmp_path):
    scenario = told("  pools:\n    - {name: yinchuan-gov-a-kunpeng, nodes: 99}\n")
    assert "extends" not in scenario.resolved["topology"]
    assert scenario.tree["topology"]["extends"] == "province/ningxia"


def test_a_tree_of_any_size(told):
    sets = [
        "topology.extends=synthetic",
        "topology.synthetic={cities: 2, counties_per_city: 3, pools_per_site: 2, seed: 1}",
        "workloads[load].region=city-1-county-3",
    ]
    scenario = told(sets=sets)
    assert (len(scenario.topology.sites), len(scenario.topology.pools)) == (9, 18)


def test_what_is_wrong_with_a_generated_row_is_told_at_the_row_over_it(told):
    with pytest.raises(ScenarioError) as caught:
        told("  pools:\n    - {name: yinchuan-gov-a-kunpeng, nodes: 0}\n")
    (problem,) = caught.value.problems
    assert (problem.line, problem.got) == (6, 0)
    assert problem.message.startswith("expected at least 1 (")


def test_only_the_name_is_told_where_nobody_knows_it(told):
    with pytest.raises(ScenarioError) as caught:
        told(
            "  pools:\n    - {name: yinchuan-gov-a-kunpeng, nodes: 9}\n",
            sets=["topology.extends=ningxia"],
        )
    (problem,) = caught.value.problems
    assert (problem.guess, problem.path) == ("province/ningxia", "topology.extends")


def lines_of(told, topology, more=""):
    with pytest.raises(ScenarioError) as caught:
        told(
            topology,
            more=more,
            sets=["topology.extends=zhejiang", "workloads[load].region=hangzhou"],
        )
    return [str(one).partition("s.yaml:")[2] for one in caught.value.problems]


MISSPELT = (
    "6:14: topology.pools[hangzhou-gov-a-ascendd].name: no pool of that name in zhejiang; "
    "a new pool needs cloud, server and site; got 'hangzhou-gov-a-ascendd'; "
    "did you mean 'hangzhou-gov-a-ascend'?"
)


def test_a_misspelt_row_over_a_named_one_is_told_once_with_a_guess(told):
    rows = "  pools:\n    - {name: hangzhou-gov-a-ascendd, nodes: 3}\n"
    assert lines_of(told, rows) == [MISSPELT]
    rows = "  sites:\n    - {name: hangzhuo, pue: 1.2}\n"
    assert lines_of(told, rows) == [
        "6:14: topology.sites[hangzhuo].name: no site of that name in zhejiang; "
        "a new site needs tier; got 'hangzhuo'; did you mean 'hangzhou'?"
    ]


def test_a_misspelt_row_hides_no_other_problem(told):
    rows = "  pools:\n    - {name: hangzhou-gov-a-ascendd, nodes: 0}\n"
    assert lines_of(told, rows) == [
        MISSPELT,
        (
            "6:45: topology.pools[hangzhou-gov-a-ascend].nodes: expected at least 1 (a variant"
            ' closes a pool by "topology.pools[NAME]": null); got 0'
        ),
    ]


def test_a_new_row_that_lacks_a_key_is_told_what_it_lacks(told):
    rows = "  pools:\n    - {name: 算力, site: hangzhou, cloud: gov-a, nodes: 3}\n"
    assert lines_of(told, rows) == ["6:7: topology.pools[算力].server: required key is missing"]
    row = "{name: own, site: hangzhou, cloud: gov-a, serve: srv-a10-4, nodes: 3}"
    rows = f"  pools:\n    - {row}\n"
    assert lines_of(told, rows) == [
        "6:49: topology.pools[own]: unknown key; got 'serve'; did you mean 'server'?"
    ]


def test_of_two_misspelt_rows_only_one_can_be_meant(told):
    rows = (
        "  pools:\n"
        "    - {name: hangzhou-gov-a-ascend, nodes: 3}\n"
        "    - {name: hangzhou-gov-a-ascendd, nodes: 3}\n"
    )
    first = lines_of(told, rows)
    assert first
    assert not any("did you mean 'hangzhou-gov-a-ascend'?" in line for line in first)


FIVE = '["province/ningxia", "province/shanghai"]'


def test_provinces_stand_side_by_side_with_their_cores_linked(told):
    topology = told(sets=[f"topology.extends={FIVE}"]).topology
    assert topology.site("ningxia-core").parent is None
    assert len(topology.path("ningxia-core", "shanghai-core")) == 1
    alone = [told(sets=[f"topology.extends=province/{p}"]).topology for p in ("ningxia",)]
    at = [pool for pool in topology.pools if not pool.site.startswith("shanghai")]
    assert [pool.name for pool in at] == [pool.name for pool in alone[0].pools]


def test_provinces_with_the_hubs_hang_on_the_nearest(told):
    topology = told(sets=['topology.extends=["province/ningxia", "hubs"]']).topology
    assert topology.site("ningxia-core").parent == "zhongwei-hub"
    assert len([site for site in topology.sites if site.tier == "nation"]) == 10


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            '["province/ninxia"]',
            "19: topology.extends[#1]: expected hubs or province/NAME; got 'province/ninxia'; "
            "did you mean 'province/ningxia'?",
        ),
        (
            "[hubs, hubs]",
            "25: topology.extends[#2]: stands there twice; got 'hubs'",
        ),
        ("[hubs]", "18: topology.extends: expected at least one province"),
        ("[]", "18: topology.extends: expected at least one province"),
        ("[7]", "19: topology.extends[#1]: expected hubs or province/NAME; got 7"),
        (
            "[[hubs]]",
            "19: topology.extends[#1]: expected hubs or province/NAME; got a list",
        ),
    ],
)
def test_a_list_of_provinces_is_checked_name_by_name(told, names, said):
    with pytest.raises(ScenarioError) as caught:
        told(sets=[f"topology.extends={names}"])
    assert [str(one) for one in caught.value.problems] == [f"--set:1:{said}"]


def test_a_link_with_a_name_is_addressed_by_it(told):
    rows = "  links:\n    - {name: trunk, a: ningxia-core, b: yinchuan, capacity_gbit_s: 40}\n"
    topology = told(rows, sets=["topology.links[trunk].share=0.5"]).topology
    (link,) = [link for link in topology.links if link.name == "trunk"]
    assert (link.capacity_gbit_s, link.share) == (40, 0.5)
    with pytest.raises(ScenarioError) as caught:
        told(rows + "    - {name: trunk, a: ningxia-core, b: wuzhong, delay_ms: 1}\n")
    assert [problem.message for problem in caught.value.problems] == [
        "another of links has that name"
    ]
