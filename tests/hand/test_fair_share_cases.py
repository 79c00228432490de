"""Dominant-resource fairness by hand: the textbook case, and what follows when work ends.

Ghodsi and others (2011): 9 CPUs and 18 GB; tasks of A take 1 CPU and 4 GB, those of B 3 CPUs
and 1 GB. A's dominant resource is memory, B's is CPU. Progressive filling, lowest share first:

    A 4/18, B 3/9, A 8/18, B 6/9, A 12/18: both have 12/18 = 6/9 = two thirds, 9 of 9 CPUs

so three tasks of A and two of B run.
"""

import pytest

from tests.hand.worlds import told

TEXT = """\
name: fair shares
horizon_h: 6
drain_h: 20
levels_every_s: 3600
topology:
  chips: [{{name: plain, kind: cpu, isa: x86_64, cores: 9}}]
  servers: [{{name: host, cpu: plain, sockets: 1, vcpu: 9, memory_gib: 18}}]
  clouds: [{{name: gov}}]
  sites: [{{name: here, tier: city}}]
  pools: [{{name: p, site: here, cloud: gov, server: host, nodes: 1}}]
tenants: [{{name: a, weight: {wa}}}, {{name: b, weight: {wb}}}]
workloads:
  - {{name: a, kind: jobs, tenant: a, demand: {{vcpu: {va}, memory_gib: {ma}}},
     arrivals: {{kind: batch, at: ["00:00"], jobs: {na}}}, work: {{kind: fixed, mean_h: 1}}}}
  - {{name: b, kind: jobs, tenant: b, demand: {{vcpu: {vb}, memory_gib: {mb}}},
     arrivals: {{kind: batch, at: ["00:00"], jobs: {nb}}}, work: {{kind: fixed, mean_h: 1}}}}
policies: {{queue: {{name: {queue}, at: {at}}}}}
"""
BOOK = {
    "va": 1, "ma": 4, "vb": 3, "mb": 1, "na": 60, "nb": 60, "wa": 1, "wb": 1, "queue": "drf",
    "at": "pool",
}  # fmt: skip


def case(folder, engine="lane", **changes):
    return told(folder, TEXT.format(**(BOOK | changes)), engine=engine)


def at_once(run):
    names = [name[0] for name, job in run.jobs().items() if job.start_s == 0]
    return names.count("a"), names.count("b")


@pytest.mark.parametrize("engine", ["plain", "lane"])
@pytest.mark.parametrize("at", ["pool", "site", "cloud", "platform"])
def test_the_textbook_case_at_every_width_of_line(tmp_path, engine, at):
    run = case(tmp_path, engine, at=at)
    assert at_once(run) == (3, 2)
    # hour after hour, as all end and begin together: 12 of 18 GB and 6 of 9 CPUs
    held_gib, held_vcpu = (
        run.value("allocated_memory_gib", "tenant", "a"),
        run.value("allocated_vcpu", "tenant", "b"),
    )
    assert held_gib / 18 == held_vcpu / 9 == pytest.approx(2 / 3)
    # the rest of each: 3 CPUs of A's and 2 GB of B's
    assert run.value("allocated_vcpu", "tenant", "a") == pytest.approx(3)
    assert run.value("allocated_memory_gib", "tenant", "b") == pytest.approx(2)


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_first_come_is_not_fair(tmp_path, engine):
    """In file order four tasks of A fill 16 of 18 GB, and the fifth blocks all of B's."""
    assert at_once(case(tmp_path, engine, queue="fcfs")) == (4, 0)


@pytest.mark.parametrize("engine", ["plain", "lane"])
@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        # shares over weights. 2 : 1: A 2/18, B 6/18, A 4/18, A 6/18: a tie, which the order of
        # the line gives to A, 8/18; B would be next and finds 2 CPUs
        pytest.param((2, 1), (4, 1), id="A twice"),
        # 1 : 2: A 4/18, B 3/18, B 6/18, A 8/18; B would be next and finds 1 CPU
        pytest.param((1, 2), (2, 2), id="B twice"),
    ],
)
def test_weights(tmp_path, engine, weights, expected):
    assert at_once(case(tmp_path, engine, wa=weights[0], wb=weights[1])) == expected


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_who_has_no_more_work_leaves_all_to_the_other(tmp_path, engine):
    """A has two tasks: B fills up to 9 - 2 = 7 CPUs, two tasks; after an hour it has three."""
    run = case(tmp_path, engine, na=2, nb=5)
    assert at_once(run) == (2, 2)
    later = [job for name, job in run.jobs().items() if job.start_s == 3600]
    assert len(later) == 3
    assert run.value("allocated_vcpu", "tenant", "b") == pytest.approx((6 + 9) / 6)
