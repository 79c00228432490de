"""Speed belongs to chip and class, per vCPU apart from per socket; software is a factor."""

from fractions import Fraction

import pytest

from topology import Chip, Pool, Server, Topology, catalogue_chips, duration_factor, speed_of
from topology.durations import _vcpus


def a_pool(server, **more):
    return Pool(name="p", site="s", cloud="c", server=server, nodes=1, **more)


def factor(server, klass, on=None, *, gpu=False, stack=None, topology=None):
    pool = a_pool(server, stack=stack)
    return duration_factor(topology or Topology(), pool, klass, on, gpu=gpu)


@pytest.mark.parametrize(
    ("server", "klass", "on", "expected"),
    [
        # 128 threads on 2 sockets; the reference 8380 has 80 threads a socket
        ("srv-kunpeng-7260-2p", "batch_analytics", None, Fraction(64, 80) / Fraction("0.747")),
        ("srv-kunpeng-5250-2p", "batch_analytics", None, Fraction(48, 80) / Fraction("0.56")),
        ("srv-epyc-9654-2p", "batch_analytics", None, Fraction(192, 80) / Fraction("2.556")),
        ("srv-xeon-8380-2p", "batch_analytics", None, Fraction(1)),
        # measured on a Hygon 7285 socket of 64 threads, run on Kunpeng
        (
            "srv-kunpeng-7260-2p",
            "batch_analytics",
            "hygon-7285",
            Fraction("0.415") / 64 * 64 / Fraction("0.747"),
        ),
        # per vCPU already: threads do not matter
        ("srv-kunpeng-7260-2p", "transaction_service", None, 1 / Fraction("0.934")),
        ("srv-hygon-7490-2p", "transaction_service", None, 1 / Fraction("0.843")),
    ],
)
def test_a_cpu_counts_per_hardware_thread(server, klass, on, expected):
    assert factor(server, klass, on) == expected


def test_an_accelerator_counts_per_device():
    assert factor("srv-910b-8", "llm_fine_tuning", gpu=True) == Fraction(5, 4)
    on_h100 = factor("srv-910b-8", "llm_fine_tuning", "nvidia-h100-sxm", gpu=True)
    assert on_h100 == Fraction("2.19") / Fraction("0.8")


def test_variants_of_a_family_have_speeds_of_their_own():
    assert factor("srv-910b4-8", "llm_prefill", gpu=True) == 1 / Fraction("0.72")
    assert factor("srv-910c-8", "llm_prefill", gpu=True) == 1 / Fraction("1.9")


def test_the_stack_of_the_pool_is_a_factor_of_its_own():
    plain = factor("srv-910b-8", "llm_decode", gpu=True)
    assert plain == 1 / Fraction("0.63")
    assert factor("srv-910b-8", "llm_decode", gpu=True, stack="mindie") == plain / Fraction(
        "1.99"
    )
    assert factor("srv-910b-8", "llm_decode", gpu=True, stack="of nobody") == plain
    tuned = factor("srv-910b-8", "llm_fine_tuning", gpu=True, stack="mindie")
    assert tuned == Fraction(5, 4)  # an inference engine does not train


@pytest.mark.parametrize(
    ("server", "klass", "on", "gpu"),
    [
        ("srv-910b-8", "batch_analytics", None, True),  # no factor of the accelerator
        ("srv-kunpeng-7260-2p", "llm_decode", None, False),  # none of the CPU
        ("srv-kunpeng-7260-2p", "llm_decode", None, True),  # no accelerator
        ("srv-xeon-8480-2p", "video_ai", None, False),  # hours of a device are not of a vCPU
        ("srv-kunpeng-7260-2p", "batch_analytics", "ascend-910b3", False),
        ("srv-kunpeng-7260-2p", "no_such_class", None, False),
    ],
)
def test_without_a_factor_there_is_no_speed(server, klass, on, gpu):
    assert factor(server, klass, on, gpu=gpu) is None


def test_video_on_a_cpu_is_a_share_of_its_socket():
    assert factor("srv-xeon-8480-2p", "video_ai", "intel-8480plus") == 1


def test_a_server_that_tells_no_threads_has_those_of_the_chip():
    own = Topology(servers=(Server(name="odd", cpu="kunpeng-920-7260"),))
    expected = Fraction(64, 80) / Fraction("0.747")
    assert factor("odd", "batch_analytics", topology=own) == expected


def test_a_chip_written_in_place_has_no_speed():
    own = Topology(
        chips=(Chip(name="plain", kind="cpu", threads=8),),
        servers=(Server(name="host", cpu="plain", vcpu=8, sockets=1),),
    )
    assert factor("host", "batch_analytics", topology=own) is None


def test_a_rate_of_a_core_is_shared_by_its_threads():
    chip = catalogue_chips()["intel-8380"]
    assert _vcpus("core", chip, None) == 2
    assert _vcpus("core", Chip(name="x", kind="cpu", threads=4), None) is None
    assert _vcpus("socket", Chip(name="x", kind="cpu"), None) is None


def test_a_rate_of_a_node_is_shared_by_all_its_threads():
    chip = catalogue_chips()["intel-8480plus"]
    node = Server(name="s", cpu="intel-8480plus", sockets=2, vcpu=224)
    assert _vcpus("node", chip, node) == 224
    assert _vcpus("socket", chip, node) == 112
    assert _vcpus("node", chip, None) is None  # nothing tells how many sockets


def test_the_row_in_use_is_the_recommended_one():
    row = speed_of("ascend-910b3", "llm_decode")
    assert (row.factor, row.confidence, row.reference) == (
        0.63,
        "derived",
        "nvidia-a100-sxm-80",
    )
    assert speed_of("bluefield-3", "llm_decode") is None


def test_a_precision_names_a_row_only_if_it_is_the_only_one():
    only = speed_of("nvidia-t4", "image_classification_inference", "INT8")
    assert only.factor == 0.1444
    assert speed_of("nvidia-h100-sxm", "llm_inference_14b", "BF16") is None
