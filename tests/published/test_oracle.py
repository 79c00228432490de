"""Ten thousand starts of a first-come-first-served, first-fit schedule, found by others."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from scenarios import read
from scheduler import simulate

ORACLES = Path(os.environ.get("SUANLI_ORACLES", "../shared/oracles")) / "fcfs-first-fit"
needs_oracle = pytest.mark.skipif(
    not (ORACLES / "starts.csv.gz").is_file(),
    reason="the oracle does not ship: SUANLI_ORACLES names the folder of fcfs-first-fit",
)

ORACLE = """
name: oracle
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 128}]
  servers:
    - {name: large, cpu: plain, sockets: 1, vcpu: 128, memory_gib: 1}
    - {name: middle, cpu: plain, sockets: 1, vcpu: 64, memory_gib: 1}
    - {name: small, cpu: plain, sockets: 1, vcpu: 16, memory_gib: 1}
  clouds: [{name: c}]
  sites: [{name: s, tier: city}]
  pools:
    - {name: province, site: s, cloud: c, server: large, nodes: 10}
    - {name: city, site: s, cloud: c, server: middle, nodes: 30}
    - {name: county, site: s, cloud: c, server: small, nodes: 60}
workloads:
  - name: w
    kind: trace
    file: jobs.csv.gz
    columns: {id: job, submit_s: arrive_s, vcpu: cores, run_s: service_s}
policies:
  dispatch: {name: first-fit}
  queue: {name: fcfs, at: platform}
  packing: {name: first-fit}
"""


@needs_oracle
@pytest.mark.parametrize("engine", ["lane", "plain"])
def test_all_starts_of_the_oracle_match(engine, tmp_path):
    file = tmp_path / "oracle.yaml"
    file.write_text(ORACLE, encoding="utf-8")
    records = simulate(read(file, data=(ORACLES,)), 1, engine=engine)
    with gzip.open(ORACLES / "starts.csv.gz", "rt", encoding="utf-8") as lines:
        expected = {row["job"]: float(row["start_s"]) for row in csv.DictReader(lines)}
    start_s = dict(zip(records.column("id"), records.column("start_s").tolist(), strict=True))
    assert len(start_s) == records.rows == 10_000
    assert start_s == expected
    assert round(float(np.mean(records.column("wait_s"))), 2) == 263.52
