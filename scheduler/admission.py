"""Whom a pool admits: by its chips, by the lists these are on, by whom it is kept for."""

from __future__ import annotations

from fnmatch import fnmatchcase

from scenarios import Ask
from scheduler.estate import PoolFacts


def has_chip(ask: Ask, pool: PoolFacts) -> bool:
    """Named chip, ISA and stack are there; a DPU where a share of one is asked for."""
    names = [c.name for c in (pool.cpu, pool.accelerator) if c is not None]
    if ask.chips and not any(fnmatchcase(n, want) for n in names for want in ask.chips):
        return False
    if ask.isa and pool.cpu.isa not in ask.isa:
        return False
    if ask.stack and pool.stack not in ask.stack:
        return False
    return not ask.dpu_m or pool.dpu is not None


def listed(ask: Ask, pool: PoolFacts) -> bool:
    """The CPU, and the accelerator if asked for, are domestic; the CPU is on the list.

    The safe-and-reliable list of 2023 covers processors only, so no accelerator is on it.
    """
    used = [pool.cpu] + ([pool.accelerator] if ask.gpu_m and pool.accelerator else [])
    if ask.domestic_only and not all(c.domestic for c in used):
        return False
    return not ask.safe_reliable_only or bool(pool.cpu.safe_reliable)


def may_enter(ask: Ask, pool: PoolFacts, *, silos: bool) -> bool:
    """A pool kept for others is closed; in silos one that is reserved for nobody too."""
    if pool.gpu_jobs_only and not ask.gpu_m:
        return False
    return ask.tenant in pool.reserved_for or not (silos or pool.reserved_for)
