import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from scheduler.fragments import Fgd, Typical, typical_jobs
from scheduler.packing import (
    BestFit,
    DotProduct,
    FirstFit,
    GpuClustering,
    GpuPacking,
    RandomFit,
    WorstFit,
    fullest,
    tag_of,
)
from scheduler.room import DEFAULT_MEMORY, Need, Room, fits

PLENTY = 10**9


def a_room(nodes, *, most_vcpu_m=128_000, most_gpu_m=8000, tags=None, gpu_memory=None):
    """A room from rows (vcpu_m free, [thousandths free of each device])."""
    widest = max((len(devices) for _, devices in nodes), default=0)
    gpu_free = np.full((len(nodes), widest), -1, np.int64)
    for node, (_, devices) in enumerate(nodes):
        gpu_free[node, : len(devices)] = devices
    free = np.full((4, len(nodes)), PLENTY, np.int64)
    free[0] = [vcpu_m for vcpu_m, _ in nodes]
    return Room(
        free=free,
        gpu_free=gpu_free,
        gpu_memory_free=np.where(gpu_free >= 0, PLENTY, -1),
        gpu_count=(gpu_free >= 0).sum(axis=1),
        gpu_free_sum=np.maximum(gpu_free, 0).sum(axis=1),
        most_vcpu_m=most_vcpu_m,
        most_gpu_m=most_gpu_m,
        tags=np.array(tags or [[0] * 9] * len(nodes), np.int32),
        version=np.zeros(len(nodes), np.int64),
        gpu_memory=gpu_memory,
    )


def all_of(room):
    return np.arange(len(room.version))


def scores(policy, need, room):
    return policy.score(need, room, all_of(room)).tolist()


def fgd(needs=()):
    return Fgd(Typical(needs))


def a_random_room(rng, nodes=40):
    counts = rng.integers(0, 9, nodes)
    free = [rng.choice([0, 100, 370, 500, 530, 680, 1000, 1000, 1000], n) for n in counts]
    room = a_room([(int(rng.integers(0, 129)) * 1000, list(row)) for row in free])
    room.tags[:] = rng.integers(0, 3, room.tags.shape)
    return room


def test_a_need_knows_its_devices():
    seen = [(Need(gpu_m=m).devices, Need(gpu_m=m).device_m) for m in (0, 250, 1000, 3000)]
    assert seen == [(0, 0), (1, 250), (1, 1000), (3, 1000)]


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        pytest.param(Need(), [True, True, True, True], id="nothing fits everywhere"),
        pytest.param(Need(vcpu_m=4000), [True, True, False, True], id="vcpu"),
        pytest.param(Need(gpu_m=400), [False, True, True, True], id="share of one device"),
        pytest.param(Need(gpu_m=600), [False, False, True, True], id="shares don't add up"),
        pytest.param(Need(gpu_m=1000), [False, False, True, True], id="a whole device"),
        pytest.param(Need(gpu_m=2000), [False, False, False, True], id="two wholly free ones"),
        pytest.param(Need(vcpu_m=4000, gpu_m=1000), [False, False, False, True], id="both"),
    ],
)
def test_fits(need, expected):
    room = a_room([(4000, []), (4000, [500, 500]), (3000, [1000, 900]), (4000, [1000, 1000])])
    assert fits(need, room, all_of(room)).tolist() == expected


@pytest.mark.parametrize("row", [1, 2, 3])
def test_fits_looks_at_every_resource(row):
    room = a_room([(1000, []), (1000, [])])
    room.free[row, 0] = 9
    asked = ("vcpu_m", "memory_mib", "dpu_m", "local_storage_mb")[row]
    assert fits(Need(**{asked: 10}), room, all_of(room)).tolist() == [False, True]


def test_fits_keeps_the_order_it_is_given():
    room = a_room([(1000, []), (2000, []), (3000, [])])
    assert fits(Need(vcpu_m=2000), room, np.array([2, 0])).tolist() == [True, False]


def test_gpu_memory_counts_on_the_device_that_has_the_share():
    room = a_room([(1000, [1000, 200]), (1000, [1000, 1000])])
    room.gpu_memory_free[0] = [10, 90]
    assert fits(Need(gpu_m=500, gpu_memory_mib=50), room, all_of(room)).tolist() == [
        False,
        True,
    ]


def test_default_gpu_memory_is_the_same_share_of_the_device():
    room = a_room([(1000, [1000]), (1000, [1000])], gpu_memory=np.array([100, 100]))
    room.gpu_memory_free[:, 0] = [49, 50]
    need = Need(gpu_m=500, gpu_memory_mib=DEFAULT_MEMORY)
    assert fits(need, room, all_of(room)).tolist() == [False, True]
    assert fits(need, replace(room, gpu_memory=None), all_of(room)).tolist() == [True, True]


def test_first_fit_leaves_it_to_the_order():
    assert scores(FirstFit(), Need(), a_room([(1, []), (9, [])])) == [0, 0]


def test_best_fit_takes_what_leaves_least():
    room = a_room([(128_000, [1000] * 8), (64_000, [1000] * 2), (96_000, [1000] * 8)])
    assert scores(BestFit(), Need(vcpu_m=32_000, gpu_m=1000), room) == [18, 81, 31]


def test_best_fit_is_rounded_down_so_nearly_equal_nodes_tie():
    room = a_room([(50, [1000]), (100, [1000])])
    assert scores(BestFit(), Need(gpu_m=1000), room) == [99, 99]


def test_worst_fit_is_the_reverse():
    room = a_room([(128_000, []), (64_000, []), (32_000, [])])
    assert scores(BestFit(), Need(vcpu_m=1000), room) == [50, 75, 87]
    assert scores(WorstFit(), Need(vcpu_m=1000), room) == [50, 25, 13]


def test_scores_do_without_a_gpu_anywhere():
    room = a_room([(128_000, []), (64_000, [])], most_gpu_m=0)
    assert scores(BestFit(), Need(vcpu_m=1000), room) == [50, 75]
    assert scores(DotProduct(), Need(vcpu_m=64_000), room) == [75, 87]
    assert [
        len(policy.score(Need(), room, np.array([], np.int64)))
        for policy in (BestFit(), GpuPacking())
    ] == [0, 0]


def test_dot_product_takes_the_smallest_product():
    room = a_room([(128_000, [1000] * 8), (64_000, [1000] * 4), (12_800, [])])
    assert scores(DotProduct(), Need(vcpu_m=64_000, gpu_m=4000), room) == [50, 75, 97]


def test_dot_product_and_best_fit_are_the_formulas_in_exact_arithmetic():
    rng = np.random.default_rng(5)
    for _ in range(40):
        room = a_random_room(rng)
        need = Need(
            vcpu_m=int(rng.integers(0, 129)) * 1000, gpu_m=int(rng.integers(0, 9)) * 1000
        )
        vcpu, gpu = room.free[0].tolist(), room.gpu_free_sum.tolist()
        dots = [
            Fraction(v * need.vcpu_m, 128_000**2) + Fraction(g * need.gpu_m, 8000**2)
            for v, g in zip(vcpu, gpu, strict=True)
        ]
        assert scores(DotProduct(), need, room) == [math.floor(100 - 50 * dot) for dot in dots]
        left = [
            Fraction(v - need.vcpu_m, 128_000) + Fraction(g - need.gpu_m, 8000)
            for v, g in zip(vcpu, gpu, strict=True)
        ]
        assert scores(BestFit(), need, room) == [math.floor(100 - 50 * part) for part in left]


@pytest.mark.parametrize(
    ("devices", "gpu_m", "expected"),
    [
        pytest.param([1000] * 8, 500, 25, id="a free node: 33 - its devices"),
        pytest.param([1000], 500, 32, id="small free nodes first"),
        pytest.param([1000] * 8, 2000, 25, id="whole devices of a free node"),
        pytest.param([1000, 600], 500, 94, id="a device in use: 100 - a tenth of its percent"),
        pytest.param([700, 600], 600, 94, id="the fullest that fits"),
        pytest.param([1000, 400], 500, 49, id="a free device of a node in use"),
        pytest.param([1000, 1000, 400], 2000, 48, id="50 - devices taken"),
        pytest.param([1000, 1000, 400], 0, 0, id="no GPU asked"),
    ],
)
def test_gpu_packing(devices, gpu_m, expected):
    assert scores(GpuPacking(), Need(gpu_m=gpu_m), a_room([(9000, devices)])) == [expected]


@pytest.mark.parametrize(
    ("tags", "gpu_m", "expected"),
    [
        pytest.param([1, 0, 0], 500, 75 + 12, id="only shares beside a share"),
        pytest.param([1, 1, 0], 500, 50 + 12, id="shares among others"),
        pytest.param([0, 0, 0], 500, 25 + 12, id="alone"),
        pytest.param([0, 1, 0], 500, 12, id="others only"),
        pytest.param([0, 0, 2], 2000, 75 + 12, id="two GPUs beside two GPUs"),
        pytest.param([0, 0, 2], 1000, 12, id="one GPU is another kind than two"),
        pytest.param([1, 0, 0], 0, 0, id="no GPU asked"),
    ],
)
def test_gpu_clustering(tags, gpu_m, expected):
    room = a_room([(9000, [1000] * 4)], tags=[tags])
    assert scores(GpuClustering(), Need(gpu_m=gpu_m), room) == [expected]


def test_tags_name_the_kind_of_a_gpu_job():
    assert [tag_of(Need(gpu_m=m)) for m in (500, 1000, 8000)] == [0, 1, 8]


def test_random_takes_each_node_as_often():
    room = a_room([(1, [])] * 4)
    policy = RandomFit(np.random.default_rng(1))
    picks = [int(policy.score(Need(), room, all_of(room)).argmax()) for _ in range(4000)]
    assert all(abs(count - 1000) < 100 for count in np.bincount(picks, minlength=4))


def test_random_draws_one_integer_a_decision():
    room = a_room([(1, [])] * 7)
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    policy = RandomFit(one)
    picks = [int(policy.score(Need(), room, all_of(room)).argmax()) for _ in range(9)]
    assert picks == [int(other.integers(7)) for _ in range(9)]
    assert policy.device(Need(), room, 0) == ()
    assert one.bit_generator.state == other.bit_generator.state


def test_random_gives_a_share_any_device_that_fits():
    room = a_room([(1, [100, 600, 1000, 800])])
    policy = RandomFit(np.random.default_rng(2))
    assert {policy.device(Need(gpu_m=500), room, 0) for _ in range(60)} == {(1,), (2,), (3,)}
    assert policy.device(Need(gpu_m=1000), room, 0) == (2,)


@pytest.mark.parametrize(
    ("devices", "gpu_m", "expected"),
    [
        pytest.param([1000, 600, 500, 500], 500, (2,), id="fullest, ties lowest"),
        pytest.param([1000, 600, 500], 550, (1,), id="that fits"),
        pytest.param([900, 1000, 1000, 1000], 2000, (1, 2), id="whole: the lowest free ones"),
        pytest.param([900, 1000], 0, (), id="none asked"),
    ],
)
def test_devices(devices, gpu_m, expected):
    room = a_room([(9000, devices)])
    need = Need(gpu_m=gpu_m)
    policies = [FirstFit(), BestFit(), WorstFit(), DotProduct(), GpuPacking(), GpuClustering()]
    assert {policy.device(need, room, 0) for policy in policies} == {expected}


def test_fullest_passes_over_a_device_without_memory():
    room = a_room([(9000, [600, 700])])
    room.gpu_memory_free[0] = [10, 90]
    assert fullest(Need(gpu_m=500, gpu_memory_mib=50), room, 0) == (1,)


def test_typical_jobs_are_the_commonest_that_reach_the_share():
    jobs = [
        (Need(vcpu_m=1, memory_mib=5), (0, 1), 50.0),
        (Need(vcpu_m=1, memory_mib=6), (0, 1), 20.0),
        (Need(vcpu_m=2, gpu_m=500), (1,), 26.0),
        (Need(vcpu_m=3), (0, 1), 4.0),
    ]
    typical = typical_jobs(jobs, np.array([0, 0, 1]))
    assert typical.needs == ((Need(vcpu_m=1), 70.0), (Need(vcpu_m=2, gpu_m=500), 26.0))
    assert typical.where.tolist() == [[True, True, True], [False, False, True]]


def test_jobs_that_may_run_elsewhere_are_other_jobs():
    jobs = [(Need(vcpu_m=1), (0,), 1.0), (Need(vcpu_m=1), (1,), 1.0)]
    assert typical_jobs(jobs, np.array([0, 1])).where.tolist() == [[False, True], [True, False]]


def test_typical_jobs_of_equal_weight_go_to_the_larger():
    jobs = [(Need(vcpu_m=1), (0,), 1.0), (Need(vcpu_m=2), (0,), 1.0)]
    typical = typical_jobs(jobs, np.array([0]), share=0.5)
    assert typical.needs == ((Need(vcpu_m=2), 1.0),)


def test_no_jobs_no_typical_ones():
    assert typical_jobs([], np.array([0, 0])).needs == ()


@pytest.mark.parametrize(
    ("job", "wasted_m"),
    [
        pytest.param(Need(vcpu_m=1000), 1700, id="asks for no GPU: all idle"),
        pytest.param(Need(vcpu_m=9000, gpu_m=500), 1700, id="lacks vCPU: all idle"),
        pytest.param(Need(vcpu_m=1000, gpu_m=2000), 1700, id="lacks devices: all idle"),
        pytest.param(Need(vcpu_m=1000, gpu_m=500), 200, id="runs: the devices too full for it"),
        pytest.param(Need(vcpu_m=1000, gpu_m=1000), 700, id="runs on the whole one"),
    ],
)
def test_fragments(job, wasted_m):
    room = a_room([(4000, [1000, 500, 200])])
    typical = Typical(((job, 1.0),))
    wasted = typical.fragments(room.free[0], room.gpu_free, np.array([0]))
    assert wasted.tolist() == [wasted_m * typical.weight_sum]


def test_fragments_are_averaged_by_weight_and_where_a_job_may_run():
    room = a_room([(4000, [1000, 500]), (4000, [1000, 500])])
    needs = ((Need(gpu_m=500), 0.75), (Need(gpu_m=1000), 0.25))
    typical = Typical(needs, np.array([[True, False], [True, True]]))
    wasted = typical.fragments(room.free[0], room.gpu_free, all_of(room)) / typical.weight_sum
    assert wasted.tolist() == [125.0, 1250.0]


def slow_fragments(vcpu_m, devices, typical):
    """The definition, job by job, in GPUs."""
    total = 0.0
    for need, weight in typical:
        can = vcpu_m >= need.vcpu_m and need.gpu_m > 0
        can = can and sum(free >= need.device_m for free in devices) >= need.devices
        wasted = sum(free for free in devices if free < need.device_m) if can else sum(devices)
        total += weight * wasted / 1000
    return total


def slow_choices(need, vcpu_m, devices, typical):
    """Score of each choice of devices on one node, by the formula."""
    able = [i for i, free in enumerate(devices) if free >= need.device_m]
    choices = [(i,) for i in able] if 0 < need.gpu_m < 1000 else [tuple(able[: need.devices])]
    before = slow_fragments(vcpu_m, devices, typical)
    out = {}
    for choice in choices:
        after = [free - need.device_m * (i in choice) for i, free in enumerate(devices)]
        saved = before - slow_fragments(vcpu_m - need.vcpu_m, after, typical)
        out[choice] = math.floor(100 / (1 + math.exp(-saved)) + 1e-6)  # 49.99... is 50
    return out


TYPICAL = (
    (Need(vcpu_m=8000, gpu_m=1000), 0.45),
    (Need(vcpu_m=4000), 0.15),
    (Need(vcpu_m=6000, gpu_m=470), 0.2),
    (Need(vcpu_m=12_000, gpu_m=810), 0.12),
    (Need(vcpu_m=64_000, gpu_m=8000), 0.08),
)


def test_fgd_is_the_formula_node_by_node_and_device_by_device():
    rng = np.random.default_rng(11)
    policy = fgd(TYPICAL)
    for _ in range(25):
        room = a_random_room(rng)
        policy.rows.clear()
        need = Need(vcpu_m=4000, gpu_m=int(rng.choice([0, 110, 470, 810, 1000, 2000])))
        nodes = np.flatnonzero(fits(need, room, all_of(room)))
        got = policy.score(need, room, nodes).tolist()
        for node, score in zip(nodes.tolist(), got, strict=True):
            devices = [free for free in room.gpu_free[node].tolist() if free >= 0]
            choices = slow_choices(need, int(room.free[0, node]), devices, TYPICAL)
            assert score == max(choices.values())
            assert policy.device(need, room, node) == max(choices, key=lambda c: choices[c])


def test_fgd_renews_only_what_changed_and_equals_a_fresh_policy():
    rng = np.random.default_rng(4)
    room, kept = a_random_room(rng), fgd(TYPICAL)
    for _ in range(60):
        need = Need(vcpu_m=1000, gpu_m=int(rng.choice([0, 110, 470, 1000])))
        nodes = np.flatnonzero(fits(need, room, all_of(room)))
        assert (kept.score(need, room, nodes) == fgd(TYPICAL).score(need, room, nodes)).all()
        node = int(nodes[rng.integers(len(nodes))])
        for device in kept.device(need, room, node):
            room.gpu_free[node, device] -= need.device_m
            room.gpu_free_sum[node] -= need.device_m
        room.free[0, node] -= need.vcpu_m
        room.version[node] += 1


def test_fgd_forgets_the_oldest_row_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr("scheduler.fragments.KEPT_SCORES", 2 * 3)
    room, policy = a_room([(9000, [1000])] * 3), fgd(TYPICAL)
    needs = [Need(vcpu_m=v, gpu_m=470) for v in (1000, 2000, 3000)]
    for need in needs:
        policy.score(need, room, all_of(room))
    assert list(policy.rows) == needs[1:]


def test_fgd_without_typical_needs_leaves_it_to_the_order():
    room = a_room([(9000, [1000]), (9000, [500, 500])])
    assert len(set(scores(fgd(), Need(gpu_m=200), room))) == 1


def test_thresholds_are_the_sigmoid():
    typical = Typical(((Need(gpu_m=500), 1.0),))
    for score in (1, 20, 49, 50, 51, 99):
        least = int(typical.thresholds[score - 1])
        gpus = least / typical.weight_sum / 1000
        assert 100 / (1 + math.exp(-gpus)) == pytest.approx(score, abs=1e-6)
    assert int(typical.thresholds[49]) == 0
    assert (np.diff(typical.thresholds) > 0).all()


def test_policies_are_frozen():
    with pytest.raises(AttributeError):
        fgd().rows = {}
    assert isinstance(fgd(), Fgd)
