"""The smallest scenario that is right, to be broken in one place at a time."""

from pathlib import Path

SMALL = """\
name: small
horizon_h: 24
topology:
  clouds: [{name: gov}]
  sites:
    - {name: hz, tier: city}
    - {name: xh, tier: county, parent: hz}
  pools:
    - {name: big, site: hz, cloud: gov, server: srv-910b-8, nodes: 2}
    - {name: little, site: xh, cloud: gov, server: srv-kunpeng-7260-2p, nodes: 3}
tenants: [{name: school}, {name: clinic, quota: {vcpu: 8}}]
workloads:
  - name: lessons
    kind: jobs
    tenant: school
    region: xh
    arrivals: {kind: poisson, per_h: 3}
    demand: {vcpu: 4}
    work: {kind: exponential, mean_h: 1}
  - name: scans
    kind: jobs
    tenant: clinic
    arrivals: {kind: fixed, every_s: 600}
    demand: {gpu: 1}
    work: {kind: fixed, mean_h: 1}
policies:
  queue: {name: fcfs, at: pool}
variants:
  base: {}
  more: {"topology.pools[big].nodes": 4}
"""


def written(folder: Path, text: str = SMALL, name: str = "s.yaml") -> Path:
    """The text as a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def changed(*edits: tuple[str, str]) -> str:
    """`SMALL` with pieces of text replaced, each of which is there once."""
    text = SMALL
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
