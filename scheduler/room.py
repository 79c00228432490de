"""What packing looks at: the free room of every node, and what one node of a job needs.

Both are plain integers (vCPU, GPU and DPU in thousandths, memory in MiB, storage in MB), so
that "fits" is exact. `Room` holds views of the arrays of `state.py`; nobody writes through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

WHOLE_M = 1000  # one whole device, in thousandths
DEFAULT_MEMORY = -1  # of `Need.gpu_memory_mib`: the asked share of the device's own memory
VCPU, MEMORY, DPU, LOCAL_STORAGE = range(4)  # rows of `Room.free`


@dataclass(frozen=True, slots=True)
class Need:
    """What one node gives to a job. `gpu_m` below 1000 is a share of ONE device.

    From 1000 on `gpu_m` is a multiple of 1000: that many wholly free devices of one node.
    `gpu_memory_mib` is per device; -1 asks the same share of it as of the device.
    """

    vcpu_m: int = 0
    memory_mib: int = 0
    dpu_m: int = 0
    local_storage_mb: int = 0
    gpu_m: int = 0
    gpu_memory_mib: int = 0

    @property
    def device_m(self) -> int:
        """Thousandths taken from each device used; 0 without GPU."""
        return min(self.gpu_m, WHOLE_M)

    @property
    def devices(self) -> int:
        """Number of devices used: 0 without GPU, 1 for a share."""
        return -(-self.gpu_m // WHOLE_M)


@dataclass(frozen=True, slots=True)
class Room:
    """Free room of all N nodes of a topology, in the order of pools in the file, then number.

    D is the largest number of devices in a node (may be 0), T the number of tags.
    """

    free: Ints  # (4, N): vcpu_m, memory_mib, dpu_m, local_storage_mb
    gpu_free: Ints  # (N, D) thousandths a device, -1 where a node has no such device
    gpu_memory_free: Ints  # (N, D) MiB a device, -1 likewise, very large where unknown
    gpu_count: Ints  # (N,)
    gpu_free_sum: Ints  # (N,) thousandths over the devices of a node
    most_vcpu_m: int  # of the largest node of the topology (C of the packing scores)
    most_gpu_m: int  # likewise (G); 0 where nobody has a GPU
    tags: npt.NDArray[np.int32]  # (N, T) running jobs with a share (column 0) or k GPUs (k)
    version: Ints  # (N,) from 0, raised whenever anything of the node changes
    gpu_memory: Ints | None = None  # (N,) MiB of one device, 0 unknown; for DEFAULT_MEMORY


def devices_for(need: Need, free: list[int], memory: list[int]) -> tuple[int, ...]:
    """The fullest device that fits a share, else the lowest free ones; () if none.

    `free` in thousandths and `memory` in MiB, a device.
    """
    if need.gpu_m >= WHOLE_M:
        count = need.gpu_m // WHOLE_M
        whole = [
            d
            for d, left in enumerate(free)
            if left == WHOLE_M and memory[d] >= need.gpu_memory_mib
        ]
        return tuple(whole[:count]) if len(whole) >= count else ()
    best, least = -1, WHOLE_M + 1
    for d, left in enumerate(free):
        if need.gpu_m <= left < least and memory[d] >= need.gpu_memory_mib:
            best, least = d, left
    return (best,) if best >= 0 else ()


def fits(need: Need, room: Room, nodes: Ints) -> Flags:
    """Which of `nodes` have room for `need` now: (len(nodes),), in their order."""
    free = room.free
    ok: Flags = free[VCPU, nodes] >= need.vcpu_m
    for row, asked in enumerate((need.memory_mib, need.dpu_m, need.local_storage_mb), MEMORY):
        if asked:
            ok &= free[row, nodes] >= asked
    if need.gpu_m:
        ok &= room.gpu_free_sum[nodes] >= need.gpu_m
        left = np.flatnonzero(ok)  # devices are dearest to look at, so last and fewest
        ok[left] = fitting(need, room, nodes[left]).sum(axis=1) >= need.devices
    return ok


def fitting(need: Need, room: Room, nodes: Ints) -> Flags:
    """Which devices of `nodes` could serve `need`: (len(nodes), D)."""
    able: Flags = room.gpu_free[nodes] >= need.device_m
    if need.gpu_memory_mib > 0:
        able &= room.gpu_memory_free[nodes] >= need.gpu_memory_mib
    elif need.gpu_memory_mib == DEFAULT_MEMORY and room.gpu_memory is not None:
        asked = -(-room.gpu_memory[nodes] * need.device_m // WHOLE_M)
        able &= room.gpu_memory_free[nodes] >= asked[:, None]
    return able
