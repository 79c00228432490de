"""Which chips jobs can ask for as `gpu`."""

import pytest

from topology import RESOURCE_UNITS, RESOURCES, Chip


@pytest.mark.parametrize(
    ("kind", "accelerates"), [("cpu", False), ("gpu", True), ("npu", True), ("dpu", False)]
)
def test_gpu_and_npu_accelerate(kind, accelerates):
    assert Chip(name="x", kind=kind).accelerates is accelerates


def test_every_resource_has_a_unit():
    assert tuple(RESOURCE_UNITS) == RESOURCES
