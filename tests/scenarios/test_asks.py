import pytest
from pydantic import TypeAdapter

from scenarios.asks import Ask, ask_of, rounded_up, stricter
from scenarios.scenario import DataClass
from scenarios.workload import Workload
from topology import RESOURCES

CLASSES = (
    DataClass(name="core", stays_within="site", security_level=4),
    DataClass(name="general", stays_within="nation", security_level=1),
)


def a_workload(**changes):
    rows = {
        "name": "w",
        "kind": "jobs",
        "arrivals": {"kind": "fixed", "every_s": 60.0},
        "demand": {"vcpu": 1.0},
        "work": {"kind": "fixed", "mean_h": 1.0},
    }
    return TypeAdapter(Workload).validate_python({**rows, **changes})


def an_ask(**changes):
    return ask_of(a_workload(**changes), CLASSES, "hangzhou")


@pytest.mark.parametrize(
    ("amount", "scale", "expected"),
    [
        (0.1 + 0.2, 1000, 300),
        (0.069, 1000, 69),
        (1.1, 1000, 1100),
        (0.0001, 1000, 1),
        (0.3001, 1000, 301),
        (12.5, 1024, 12_800),
        (1 / 3, 1024, 342),
        (0.0, 1000, 0),
    ],
)
def test_demand_is_rounded_up_once_and_noise_adds_nothing(amount, scale, expected):
    assert rounded_up(amount, scale) == expected


def test_an_ask_counts_in_whole_numbers():
    ask = an_ask(
        demand={
            "vcpu": 1.5,
            "memory_gib": 2.0,
            "gpu": 0.25,
            "gpu_memory_gib": 8.0,
            "dpu_share": 0.1,
            "local_storage_gb": 0.5,
            "nodes": 3,
            "gang_within": "site",
        },
        data={"input_gb": 0.2, "output_gb": 1.0, "at": "hz"},
        checkpoint_every_h=0.5,
        priority=3,
    )
    amounts = (ask.vcpu_m, ask.memory_mib, ask.gpu_m, ask.gpu_memory_mib, ask.dpu_m)
    assert amounts == (1500, 2048, 250, 8192, 100)
    assert (ask.local_storage_mb, ask.nodes, ask.gang_within) == (500, 3, "site")
    assert (ask.input_mb, ask.output_mb, ask.data_at) == (200, 1000, "hz")
    assert (ask.checkpoint_us, ask.priority, ask.region) == (1_800_000_000, 3, "hangzhou")


def test_what_is_not_said_takes_the_defaults():
    assert an_ask() == Ask(workload="w", tenant="default", region="hangzhou", vcpu_m=1000)


def test_chips_are_patterns_and_flags():
    chips = {"any_of": ("ascend-910b*",), "isa": ("aarch64",), "domestic_only": True}
    ask = an_ask(chips=chips)
    assert (ask.chips, ask.isa, ask.stack) == (("ascend-910b*",), ("aarch64",), ())
    assert (ask.domestic_only, ask.safe_reliable_only) == (True, False)


@pytest.mark.parametrize(
    ("data", "level", "expected"),
    [
        ({"data_class": "core"}, 1, ("site", 4)),
        ({"data_class": "general", "stays_within": "city"}, 3, ("city", 3)),
        ({"data_class": "core", "stays_within": "nation"}, 5, ("site", 5)),
        ({"stays_within": "province"}, 2, ("province", 2)),
        ({}, 1, (None, 1)),
    ],
)
def test_the_stricter_of_data_class_and_own_rules_holds(data, level, expected):
    ask = an_ask(data=data, security_level=level)
    assert (ask.stays_within, ask.security_level) == expected


def test_strictness_goes_from_site_to_nation():
    levels = ["site", "township", "county", "city", "province", "nation"]
    for i, level in enumerate(levels):
        assert all(stricter(level, looser) == level for looser in [*levels[i:], None])


def test_an_unknown_data_class_is_no_ask():
    with pytest.raises(KeyError, match="secret"):
        an_ask(data={"data_class": "secret"})


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (0.35, dict.fromkeys(RESOURCES, 0.35)),
        ({"mean": 0.35, "p95": 0.8}, dict.fromkeys(RESOURCES, 0.35)),
        (
            {"vcpu": 0.2, "gpu": {"mean": 0.6, "p95": 0.9}},
            {**dict.fromkeys(RESOURCES, 1.0), "vcpu": 0.2, "gpu": 0.6},
        ),
    ],
)
def test_use_is_a_mean_for_each_resource(use, expected):
    assert dict(an_ask(use=use).use) == expected


def test_work_for_ever_is_told_in_the_ask():
    assert an_ask(work={"kind": "forever"}).forever
    assert not an_ask().forever
