"""Slices of devices (MIG, vGPU) by hand: requests are rounded up, and so is their memory.

One node with one card of 80 GiB that is given out in eighths: 125, 250, 500, 1000 thousandths.
"""

import pytest

from tests.hand.worlds import told

TEXT = """\
name: slices
horizon_h: 1
levels_every_s: 60
topology:
  chips:
    - {{name: plain, kind: cpu, isa: x86_64, cores: 32}}
    - {{name: card, kind: gpu, memory_gib: 80{slices}}}
  servers:
    - {{name: host, cpu: plain, accelerator: card, accelerators: {cards}, sockets: 1, vcpu: 32,
       memory_gib: 256}}
  clouds: [{{name: gov}}]
  sites: [{{name: here, tier: city}}]
  pools: [{{name: p, site: here, cloud: gov, server: host, nodes: 1}}]
workloads:
  - name: j
    kind: jobs
    arrivals: {{kind: batch, at: ["00:00", "00:01", "00:02"], jobs: 1}}
    demand: {{vcpu: 1, gpu: {gpu}{memory}}}
    work: {{kind: fixed, mean_h: 0.5}}
"""
EIGHTHS = ", slices: [125, 250, 500, 1000]"


def case(folder, engine, gpu, memory=None, slices=EIGHTHS, cards=1):
    more = "" if memory is None else f", gpu_memory_gib: {memory}"
    text = TEXT.format(gpu=gpu, memory=more, slices=slices, cards=cards)
    return told(folder, text, engine=engine)


@pytest.mark.parametrize("engine", ["plain", "lane"])
@pytest.mark.parametrize(
    ("gpu", "memory", "taken", "taken_gib", "starts_min"),
    [
        # of three jobs at 0, 1, 2 min that run 30 min: what one holds, and when they start
        pytest.param(0.1, None, 0.125, 10, [0, 1, 2], id="a tenth is an eighth"),
        pytest.param(0.125, None, 0.125, 10, [0, 1, 2], id="an eighth is an eighth"),
        pytest.param(0.126, None, 0.25, 20, [0, 1, 2], id="a little more is a quarter"),
        pytest.param(0.3, None, 0.5, 40, [0, 1, 30], id="two on a device, each has a half"),
        pytest.param(0.6, None, 1, 80, [0, 30, 60], id="more than a half is all of it"),
        pytest.param(0.3, 15, 0.5, 15, [0, 1, 30], id="memory of one's own: less"),
        pytest.param(0.1, 50, 0.125, 50, [0, 30, 60], id="memory of one's own: more"),
    ],
)
def test_a_request_is_rounded_up(tmp_path, engine, gpu, memory, taken, taken_gib, starts_min):
    run = case(tmp_path, engine, gpu, memory)
    jobs = list(run.jobs().values())
    assert [job.start_s for job in jobs] == [60 * at for at in starts_min]
    assert run.records.levels.allocated[0, 0, 2:4].tolist() == [taken, taken_gib]


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_without_slices_a_share_is_what_was_asked(tmp_path, engine):
    run = case(tmp_path, engine, 0.3, slices="")
    assert [job.start_s for job in run.jobs().values()] == [0, 60, 120]
    # from minute 2 to 30: three times 0.3 of 80 GiB, each rounded down to a MiB
    assert run.records.levels.allocated[5, 0, 2] == pytest.approx(0.9)
    assert run.records.levels.allocated[5, 0, 3] == 3 * 24


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_slices_of_two_cards_do_not_add_up(tmp_path, engine):
    """0.6 is a whole card; on two cards two jobs run, the third finds half of neither."""
    run = case(tmp_path, engine, 0.6, cards=2)
    jobs = list(run.jobs().values())
    assert [job.start_s for job in jobs] == [0, 60, 1800]


def test_the_ledger_and_the_page_count_slices_not_requests(tmp_path):
    run = case(tmp_path, "lane", 0.3)
    # the third starts at minute 30, so each has its half for 30 of the 60 min
    assert run.value("allocated_gpu") == pytest.approx(3 * 0.5 * 30 / 60)
    assert run.value("allocated_gpu_memory_gib") == pytest.approx(3 * 40 * 30 / 60)
    # but the job table tells what was asked
    assert set(run.records.column("gpu").tolist()) == {0.3}
