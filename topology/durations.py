"""How long work takes elsewhere: hours measured on one chip, as hours on another.

Factors of accelerators count per device, those of CPUs per vCPU (a hardware thread): a chip
with twice the threads is not twice as fast for a job that asks for eight of them.
"""

from fractions import Fraction
from typing import Literal

from topology.catalogue import (
    catalogue_speeds,
    catalogue_stacks,
    recommended_speeds,
    speed_classes,
)
from topology.chips import Chip
from topology.nodes import Server
from topology.pools import Pool
from topology.speeds import Speed
from topology.topology import Topology

Unit = Literal["device", "vcpu"]
Rate = tuple[Unit, Fraction]


def speed_of(chip: str, klass: str, precision: str | None = None) -> Speed | None:
    """The row of the speed table for a chip in a class, None where there is none to use.

    Without a precision it is the recommended row. With one it is the only row of that chip,
    class and precision; of several, which differ in benchmark or setting, none.
    """
    if precision is None:
        return recommended_speeds().get((klass, chip))
    rows = [
        row
        for row in catalogue_speeds()
        if (row.chip, row.klass, row.precision) == (chip, klass, precision) and row.factor
    ]
    return rows[0] if len(rows) == 1 else None


def stack_factor(chip: str, klass: str, stack: str | None) -> Fraction:
    """What the software stack of a pool makes of a chip's speed; 1 where no row tells."""
    row = catalogue_stacks().get((klass, chip, stack or ""))
    return Fraction(1) if row is None else _exact(row.factor)


def duration_factor(
    topology: Topology, pool: Pool, klass: str, on: str | None = None, *, gpu: bool
) -> Fraction | None:
    """Hours in a pool for each hour of work on chip `on` (default the class's reference).

    That is f(on) / f(chip) / stack factor, of the accelerator for jobs with `gpu`, else of
    the CPU. None where a factor is missing or where those two count different things.
    """
    chip = topology.accelerator_of(pool) if gpu else topology.cpu_of(pool)
    from_name = on or speed_classes().get(klass)
    if chip is None or from_name is None:
        return None
    here = _rate(chip, klass, topology.server_of(pool))
    there = _rate(topology.chip(from_name), klass, None)
    if here is None or there is None or here[0] != there[0]:
        return None
    return there[1] / here[1] / stack_factor(chip.name, klass, pool.stack)


def _rate(chip: Chip, klass: str, server: Server | None) -> Rate | None:
    """The speed of one device or one vCPU of a chip, in the class's own measure."""
    row = speed_of(chip.name, klass)
    if row is None or row.factor is None:
        return None
    if chip.kind != "cpu":
        return "device", _exact(row.factor)
    vcpus = _vcpus(row.per, chip, server)
    return None if vcpus is None else ("vcpu", _exact(row.factor) / vcpus)


def _vcpus(per: str, chip: Chip, server: Server | None) -> Fraction | None:
    """How many vCPUs of a CPU are what its factor is for; None where nothing tells."""
    if per == "vcpu":
        return Fraction(1)
    if per == "node":
        return _exact(server.vcpu) if server is not None and server.vcpu else None
    threads = _socket_threads(chip, server)
    if threads is None or per != "core":
        return threads  # rates "per accelerator" of a CPU are those of a socket
    return threads / chip.cores if chip.cores else None


def _socket_threads(chip: Chip, server: Server | None) -> Fraction | None:
    """Hardware threads of one socket, as the server tells; else as the chip does."""
    if server is not None and server.vcpu and server.sockets:
        return _exact(server.vcpu) / server.sockets
    return Fraction(chip.threads) if chip.threads else None


def _exact(number: float) -> Fraction:
    """The decimal number that was written, not the binary one next to it."""
    return Fraction(str(number))
