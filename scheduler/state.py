"""Free room of every node, device and quota: the only thing that changes while the clock runs.

`reserve` and `release` are the only ways in, and both refuse to overdraw: a sign test a
resource, so that the laws are on in every run.
"""

from __future__ import annotations

from math import gcd

import numpy as np

from scheduler.estate import UNKNOWN, Estate
from scheduler.ladder import Ladder
from scheduler.room import WHOLE_M, Need, Room, devices_for

ENDLESS = 1 << 40  # room where the catalogue has no figure: only who asks nothing gets in


class OverdrawnError(AssertionError):
    """A node, device, pool or quota gave more than it has: a defect of ours."""


class State:
    """Free room, by node number. Lists, since single numbers are read far more often than rows.

    `ladders[p]` holds the nodes of pool p in the order of best fit. `room` mirrors all of it
    in arrays where a packing policy scores whole pools at once.
    """

    def __init__(
        self, estate: Estate, limits: list[tuple[int, ...] | None], *, mirrored: bool
    ) -> None:
        self.estate = estate
        self.vcpu: list[int] = []
        self.memory: list[int] = []
        self.dpu: list[int] = []
        self.local_storage: list[int] = []
        self.gpu: list[list[int]] = []
        self.gpu_memory: list[list[int]] = []
        self.gpu_sum: list[int] = []
        self.pool_free: list[list[int]] = []
        self.frees = [0] * len(estate.pools)  # releases so far: what failed since may fit again
        self.limits = limits
        self.charged: list[list[int]] = [[0] * 6 for _ in limits]
        for p in estate.pools:
            self._fill(p.nodes, (p.vcpu_m, p.memory_mib, p.dpu_m, p.local_storage_mb))
            self.gpu += [[WHOLE_M] * p.devices for _ in range(p.nodes)]
            device = p.device_memory_mib if p.device_memory_mib != UNKNOWN else ENDLESS
            self.gpu_memory += [[device] * p.devices for _ in range(p.nodes)]
            self.gpu_sum += [WHOLE_M * p.devices] * p.nodes
            self.pool_free.append([ENDLESS if r == UNKNOWN else r for r in p.sellable])
        self._set_ladders()
        self.room = self._mirror() if mirrored else None

    def _fill(self, nodes: int, amounts: tuple[int, ...]) -> None:
        lists = (self.vcpu, self.memory, self.dpu, self.local_storage)
        for there, amount in zip(lists, amounts, strict=True):
            there.extend([ENDLESS if amount == UNKNOWN else amount] * nodes)

    def _set_ladders(self) -> None:
        """One unit of vCPU weighs G, one of GPU weighs C (contracts §3.3), over their gcd."""
        most_vcpu, most_gpu = self.estate.most_vcpu_m, self.estate.most_gpu_m
        common = gcd(most_vcpu, most_gpu) or 1
        self.vcpu_weight, self.gpu_weight = (
            (most_gpu // common, most_vcpu // common) if most_gpu else (1, 0)
        )
        # the most of both that a node could have, as C x G of the scores stands to its weights
        self.whole_weight = max(most_vcpu, 1) * max(most_gpu, 1) // (common if most_gpu else 1)
        self.ladders = []
        for p in self.estate.pools:
            ladder = Ladder(self.vcpu_weight, self.gpu_weight, self.whole_weight)
            for local in range(p.nodes):
                node = p.first_node + local
                ladder.add(self.vcpu[node], self.gpu_sum[node], local)
            self.ladders.append(ladder)

    def _mirror(self) -> Room:
        estate, most = self.estate, self.estate.devices
        count = np.array([len(d) for d in self.gpu], np.int64)
        pad = [[*d, *[-1] * (most - len(d))] for d in self.gpu]
        pad_memory = [[*d, *[-1] * (most - len(d))] for d in self.gpu_memory]
        rows = [self.vcpu, self.memory, self.dpu, self.local_storage]
        return Room(
            free=np.array(rows, np.int64).reshape(4, estate.nodes),
            gpu_free=np.array(pad, np.int64).reshape(estate.nodes, most),
            gpu_memory_free=np.array(pad_memory, np.int64).reshape(estate.nodes, most),
            gpu_count=count,
            gpu_free_sum=np.array(self.gpu_sum, np.int64),
            most_vcpu_m=estate.most_vcpu_m,
            most_gpu_m=estate.most_gpu_m,
            tags=np.zeros((estate.nodes, most + 1), np.int32),
            version=np.zeros(estate.nodes, np.int64),
        )

    # -- what may be asked -------------------------------------------------------------

    def fits(self, need: Need, node: int) -> bool:
        """Whether `node` has room for `need` now; the pool's sellable sum is asked apart."""
        if (
            self.vcpu[node] < need.vcpu_m
            or self.memory[node] < need.memory_mib
            or self.dpu[node] < need.dpu_m
            or self.local_storage[node] < need.local_storage_mb
        ):
            return False
        if not need.gpu_m:
            return True
        return self.gpu_sum[node] >= need.gpu_m and bool(self.devices(need, node))

    def devices(self, need: Need, node: int) -> tuple[int, ...]:
        """The fullest device that fits a share, else the lowest free ones; () if none."""
        return devices_for(need, self.gpu[node], self.gpu_memory[node])

    def sells(self, pool: int, amounts: tuple[int, ...], members: int = 1) -> bool:
        """Whether the pool may sell that much more in sum (contracts §4, Sellable)."""
        free = self.pool_free[pool]
        for amount, left in zip(amounts, free, strict=True):  # noqa: SIM110 - half the time
            if members * amount > left:
                return False
        return True

    def within_quota(self, tenant: int, asked: tuple[int, ...]) -> bool:
        """Whether the tenant's quota has room for a job that asks this much in all."""
        limit = self.limits[tenant]
        if limit is None:
            return True
        used = self.charged[tenant]
        return all(q < 0 or u + a <= q for q, u, a in zip(limit, used, asked, strict=True))

    # -- what changes it ----------------------------------------------------------------

    def reserve(
        self,
        pool: int,
        node: int,
        need: Need,
        amounts: tuple[int, ...],
        devices: tuple[int, ...],
    ) -> None:
        """Take `need` from `node` and its devices.

        Raises:
            OverdrawnError: something would go below zero.
        """
        self._move(pool, node, need, devices, -1)
        free = self.pool_free[pool]
        for r, amount in enumerate(amounts):
            free[r] -= amount
        if min(free) < 0:
            raise OverdrawnError(f"pool {self.estate.pools[pool].name} sold more than it may")

    def release(
        self,
        pool: int,
        node: int,
        need: Need,
        amounts: tuple[int, ...],
        devices: tuple[int, ...],
    ) -> None:
        """Give `need` back to `node` and its devices.

        Raises:
            OverdrawnError: more came back than was ever there.
        """
        self._move(pool, node, need, devices, 1)
        free = self.pool_free[pool]
        for r, amount in enumerate(amounts):
            free[r] += amount
        self.frees[pool] += 1

    def _move(
        self, pool: int, node: int, need: Need, devices: tuple[int, ...], sign: int
    ) -> None:
        facts, ladder = self.estate.pools[pool], self.ladders[pool]
        local = node - facts.first_node
        ladder.drop(self.vcpu[node], self.gpu_sum[node], local)
        self.vcpu[node] = vcpu = self.vcpu[node] + sign * need.vcpu_m
        self.memory[node] = memory = self.memory[node] + sign * need.memory_mib
        self.dpu[node] = dpu = self.dpu[node] + sign * need.dpu_m
        self.local_storage[node] = disc = (
            self.local_storage[node] + sign * need.local_storage_mb
        )
        if vcpu < 0 or memory < 0 or dpu < 0 or disc < 0 or vcpu > facts.vcpu_m != UNKNOWN:
            raise OverdrawnError(f"node {local} of pool {facts.name} is overdrawn")
        if need.gpu_m:
            self._move_devices(node, need, devices, sign)
        ladder.add(vcpu, self.gpu_sum[node], local)
        if self.room is not None:
            self._reflect(self.room, node, need, devices, sign)

    def _move_devices(self, node: int, need: Need, devices: tuple[int, ...], sign: int) -> None:
        free, memory, share = self.gpu[node], self.gpu_memory[node], need.device_m
        if len(devices) != need.devices:
            raise OverdrawnError(f"node {node} gives {len(devices)} devices for {need.devices}")
        for d in devices:
            free[d] += sign * share
            memory[d] += sign * need.gpu_memory_mib
            if not 0 <= free[d] <= WHOLE_M or memory[d] < 0:
                raise OverdrawnError(f"device {d} of node {node} is overdrawn")
        self.gpu_sum[node] += sign * need.gpu_m

    def _reflect(
        self, room: Room, node: int, need: Need, devices: tuple[int, ...], sign: int
    ) -> None:
        free = room.free
        free[0, node] = self.vcpu[node]
        free[1, node] = self.memory[node]
        free[2, node] = self.dpu[node]
        free[3, node] = self.local_storage[node]
        if need.gpu_m:
            for d in devices:
                room.gpu_free[node, d] = self.gpu[node][d]
                room.gpu_memory_free[node, d] = self.gpu_memory[node][d]
            room.gpu_free_sum[node] = self.gpu_sum[node]
            tag = 0 if need.gpu_m < WHOLE_M else need.devices
            room.tags[node, tag] -= sign
        room.version[node] += 1

    def charge(self, tenant: int, asked: tuple[int, ...], sign: int) -> None:
        """Book a job on its tenant's quota (sign 1) or take it off (-1).

        Raises:
            OverdrawnError: the quota would be exceeded, or less than nothing be booked.
        """
        while len(self.charged) <= tenant:  # a tenant that no list names
            self.charged.append([0] * 6)
            self.limits.append(None)
        limit, used = self.limits[tenant], self.charged[tenant]
        for r, amount in enumerate(asked):
            used[r] += sign * amount
        if min(used) < 0 or not self.within_quota(tenant, (0,) * 6):
            raise OverdrawnError(f"quota {limit} of tenant {tenant} is overdrawn: {used}")
