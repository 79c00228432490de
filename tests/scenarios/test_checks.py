"""Rules across sections: those that refuse are in `test_bad_input`; here are the others."""

import pytest

from scenarios import read
from scenarios.checks import matches
from tests.scenarios.snippets import changed, written

DEMAND = "    demand: {gpu: 1}\n"


def notes(tmp_path, *edits):
    return read(written(tmp_path, changed(*edits))).notes


def test_a_scenario_whose_rows_are_all_used_has_no_notes(tmp_path):
    assert notes(tmp_path) == ()


@pytest.mark.parametrize(
    ("edit", "note"),
    [
        (
            ("clouds: [{name: gov}]", "clouds: [{name: gov}, {name: idle}]"),
            "topology.clouds[idle]: nothing uses it",
        ),
        (
            ("tier: city}", "tier: city}\n    - {name: far, tier: city}"),
            "topology.sites[far]: nothing uses it",
        ),
        (
            ("  pools:", "  chips: [{name: odd, kind: gpu}]\n  pools:"),
            "topology.chips[odd]: nothing uses it",
        ),
        (
            ("  pools:", "  servers: [{name: odd, vcpu: 4}]\n  pools:"),
            "topology.servers[odd]: nothing uses it",
        ),
        (("{name: school},", "{name: school}, {name: gym},"), "tenants[gym]: nothing uses it"),
        (
            (DEMAND, "    data: {output_gb: 1}\n" + DEMAND),
            "workloads[scans].data: without a region nothing is transferred to or from it",
        ),
        (
            (DEMAND, "    chips: {any_of: [nvidia-t4]}\n" + DEMAND),
            "workloads[scans].chips.any_of[#1]: no pool has such a chip",
        ),
    ],
)
def test_what_nothing_uses_is_noted(tmp_path, edit, note):
    assert notes(tmp_path, edit) == (note,)


def test_a_row_that_one_variant_uses_is_used(tmp_path):
    idle = ("clouds: [{name: gov}]", "clouds: [{name: gov}, {name: b}]")
    assert notes(tmp_path, idle, ("base: {}", 'base: {"topology.pools[big].cloud": b}')) == ()


def test_families_end_in_a_star():
    assert matches("ascend-910b*", "ascend-910b3")
    assert matches("ascend-910b3", "ascend-910b3")
    assert not matches("ascend-910b", "ascend-910b3")
    assert not matches("ascend-910b*", "ascend-910c")


@pytest.mark.parametrize("at", ["site", "cloud", "platform"])
def test_a_gang_of_a_site_stands_in_a_line_as_wide(tmp_path, at):
    edits = (
        ("{vcpu: 4}", "{vcpu: 4, nodes: 2, gang_within: site}"),
        ("at: pool}", f"at: {at}}}"),
    )
    assert read(written(tmp_path, changed(*edits)))


def test_own_policies_take_any_option(tmp_path):
    edit = ("policies:\n", "policies:\n  dispatch: {name: 'mine.here:Best', every_s: 3}\n")
    dispatch = read(written(tmp_path, changed(edit))).policies.dispatch
    assert (dispatch.name, dispatch.options) == ("mine.here:Best", {"every_s": 3})
