"""openb pods at the times at which the cluster really started them: the same load everywhere.

With `submit: scheduled` nothing has to wait on 1,213 nodes, so what runs at once and the
GPU-hours are facts of the trace: no packing or dispatch policy may change them.
"""

import os
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from scenarios import read
from scheduler import simulate

DATA = Path(os.environ.get("SUANLI_DATA", "../shared/data")) / "openb-2023"
needs_data = pytest.mark.skipif(
    not (DATA / "openb_node_list_gpu_node.csv").is_file(),
    reason="the openb files do not ship: SUANLI_DATA names the folder that holds openb-2023",
)

TIMES = """
name: openb-times
levels_every_s: 3600
topology:
  nodes_file: {file: openb_node_list_gpu_node.csv, format: openb}
workloads:
  - name: pods
    kind: trace
    format: openb
    file: openb_pod_list_default.csv
    submit: scheduled
policies:
  queue: {name: fcfs, at: platform}
"""
PACKINGS = ("first-fit", "best-fit", "dot-product", "gpu-packing", "fgd")
DISPATCHES = ("by-node", "least-loaded")


@cache
def times(dispatch, packing):
    """The trace under one pair of policies."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "openb-times.yaml"
        file.write_text(TIMES, encoding="utf-8")
        names = (f"policies.dispatch.name={dispatch}", f"policies.packing.name={packing}")
        return read(file, sets=names, data=(DATA,))


def peak(records, amount):
    """The most at one instant, of a whole number each job holds while it runs."""
    begin, end = records.column("start_s"), records.column("end_s")
    at = np.concatenate([end, begin])  # who ends at an instant is gone before who begins
    change = np.concatenate([-amount, amount])
    return int(np.cumsum(change[np.argsort(at, kind="stable")]).max())


@needs_data
@pytest.mark.parametrize(("dispatch", "packing"), [
    pytest.param(*pair, marks=pytest.mark.wide if i else ())
    for i, pair in enumerate(product(DISPATCHES, PACKINGS))
])  # fmt: skip
def test_what_runs_at_once_is_the_same_under_every_policy(dispatch, packing):
    records = simulate(times(dispatch, packing), 1)
    gpu_m = np.rint(records.column("gpu") * 1000).astype(np.int64)
    vcpu_m = np.rint(records.column("vcpu") * 1000).astype(np.int64)
    run_s = records.column("run_s")
    assert records.rows == 7255
    assert set(records.column("state")) == {"finished"}
    assert records.column("wait_s").max() == 0
    assert peak(records, np.ones(records.rows, np.int64)) == 56
    assert round(peak(records, gpu_m) / 1000, 1) == 65.6
    assert round(peak(records, vcpu_m) / 1000, 1) == 766.6
    assert round(float((gpu_m / 1000 * run_s).sum()) / 3600, 1) == 51_470.7
