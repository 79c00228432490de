"""How long the same work takes on other chips, by hand from the rows of the catalogue.

Work is hours on chip `on`; duration = work x f(on) / f(chip) / stack. Factors of CPUs are made
per vCPU: those of a socket are divided by its hardware threads.
"""

import pytest

from tests.hand.worlds import told

TEXT = """\
name: speed
horizon_h: 1
drain_h: 40
topology:
  servers:
    - {{name: in-place, cpu: intel-8380, sockets: 2, vcpu: 80, memory_gib: 256}}
    - {{name: doubled, cpu: kunpeng-920-7260, sockets: 1, vcpu: 128, memory_gib: 256}}
  clouds: [{{name: gov}}]
  sites: [{{name: here, tier: city}}]
  pools:
    - {{name: p, site: here, cloud: gov, server: {server}, nodes: 1{stack}}}
    - {{name: q, site: here, cloud: gov, server: in-place, nodes: 1}}
    - {{name: r, site: here, cloud: gov, server: doubled, nodes: 1}}
workloads:
  - name: j
    kind: jobs
    class: {klass}
    arrivals: {{kind: batch, at: ["00:00"], jobs: 1}}
    demand: {{vcpu: 8{gpu}}}
    work: {{kind: fixed, mean_h: 10{on}}}
policies: {{dispatch: {{name: first-fit}}}}
"""

CPU = [
    # sockets of the table: Xeon 8380 1.0 (80 threads), Kunpeng 7260 0.747 (64), Hygon 7285
    # 0.415 (64), EPYC 9654 2.556 (192)
    ("srv-kunpeng-7260-2p", "batch_analytics", "", 10 * (1 / 80) / (0.747 / 64)),
    ("srv-hygon-7285-2p", "batch_analytics", "", 10 * (1 / 80) / (0.415 / 64)),
    ("srv-epyc-9654-2p", "batch_analytics", "", 10 * (1 / 80) / (2.556 / 192)),
    ("srv-xeon-8380-2p", "batch_analytics", "", 10),
    # told on a Hygon 7285, run on Kunpeng: both have 64 threads a socket
    ("srv-kunpeng-7260-2p", "batch_analytics", "hygon-7285", 10 * 0.415 / 0.747),
    # the same Xeon without its second threads: each vCPU is a whole core, twice as fast
    ("in-place", "batch_analytics", "", 10 / 2),
    # a Kunpeng node that claims 128 threads of one socket: each is half as fast
    ("doubled", "batch_analytics", "", 10 * (1 / 80) / (0.747 / 128)),
    # per vCPU in the table already, whatever the node has
    ("srv-kunpeng-7260-2p", "transaction_service", "", 10 / 0.934),
    ("srv-hygon-7285-2p", "transaction_service", "", 10 / 0.519),
    ("in-place", "transaction_service", "", 10),
    ("srv-kunpeng-7260-2p", "transaction_service", "hygon-7285", 10 * 0.519 / 0.934),
    # a Xeon 8480+ of which the video rate is that of a socket
    ("srv-h100-8", "video_ai", "intel-8480plus", 10),
]
GPU = [
    # A100 is 1 in decode; 910B3 is 0.63, and MindIE makes that 1.99 times as much
    ("srv-a100-8", "llm_decode", "", "", 10),
    ("srv-910b-8", "llm_decode", "", "", 10 / 0.63),
    ("srv-910b-8", "llm_decode", "", "mindie", 10 / 0.63 / 1.99),
    ("srv-910b-8", "llm_decode", "", "vllm", 10 / 0.63),
    # no row tells what MindIE does to fine-tuning, nor what an unknown stack does: 1
    ("srv-910b-8", "llm_fine_tuning", "", "mindie", 10 / 0.8),
    ("srv-910b-8", "llm_decode", "", "home-made", 10 / 0.63),
    ("srv-910b-8", "llm_fine_tuning", "nvidia-h100-sxm", "", 10 * 2.19 / 0.8),
]


def case(server, klass, on="", stack="", gpu=""):
    return TEXT.format(
        server=server,
        klass=klass,
        on=f", on: {on}" if on else "",
        stack=f", stack: {stack}" if stack else "",
        gpu=f", gpu: {gpu}" if gpu else "",
    )


@pytest.mark.parametrize("engine", ["plain", "lane"])
@pytest.mark.parametrize(("server", "klass", "on", "hours"), CPU)
def test_work_of_processors(tmp_path, engine, server, klass, on, hours):
    job = told(tmp_path, case(server, klass, on), engine=engine).jobs()["j-1"]
    assert job.pool == "p"
    # every instant is a whole microsecond
    assert job.run_s == pytest.approx(hours * 3600, abs=1e-6)


@pytest.mark.parametrize("engine", ["plain", "lane"])
@pytest.mark.parametrize(("server", "klass", "on", "stack", "hours"), GPU)
def test_work_of_accelerators(tmp_path, engine, server, klass, on, stack, hours):
    job = told(tmp_path, case(server, klass, on, stack, 0.5), engine=engine).jobs()["j-1"]
    assert job.pool == "p"
    # half a device for so many hours was measured with half a device: nothing to divide
    assert job.run_s == pytest.approx(hours * 3600, abs=1e-6)


@pytest.mark.parametrize("engine", ["plain", "lane"])
@pytest.mark.parametrize(
    ("server", "klass", "gpu"),
    [
        pytest.param("srv-kunpeng-7260-2p", "llm_decode", "", id="a CPU in a class of GPUs"),
        # 0.2 of an A100 is told of a Xeon socket, and hours of a device are no hours of vCPUs
        pytest.param("srv-h100-8", "video_ai", "", id="device hours on a CPU"),
        pytest.param("srv-910b-8", "transaction_service", 1, id="a GPU in a class of CPUs"),
    ],
)
def test_no_factor_is_no_speed(tmp_path, engine, server, klass, gpu):
    job = told(tmp_path, case(server, klass, gpu=gpu), engine=engine).jobs()["j-1"]
    assert (job.state, job.reason, job.chip) == ("refused", "no-speed", None)


def test_a_job_runs_where_its_speed_is_known(tmp_path):
    """The first pool in the file has no factor for fine-tuning: another one takes it."""
    more = "    - {name: s, site: here, cloud: gov, server: srv-910b-8, nodes: 1}\nworkloads:"
    text = case("srv-mlu370-8", "llm_fine_tuning", gpu=1).replace("workloads:", more)
    job = told(tmp_path, text).jobs()["j-1"]
    assert (job.pool, job.chip, job.run_s) == ("s", "ascend-910b3", 36_000 / 0.8)
