"""Asks a solver from a thread of its own: one that hangs or dies takes nobody along."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

from scheduler.optimise.solvers import Solver, UnsolvedError

Plan = TypeVar("Plan")


def within(patience_s: float, solver: Solver, ask: Callable[[], Plan]) -> Plan:
    """What `ask` answers within so many seconds of wall time.

    Raises:
        UnsolvedError: it raised that or anything else, or it hung.
    """
    answer: list[Plan] = []
    fault: list[UnsolvedError] = []

    def work() -> None:
        try:
            answer.append(ask())
        except UnsolvedError as error:
            fault.append(error)
        except BaseException as error:  # even SystemExit is only no plan
            fault.append(UnsolvedError(f"{solver}: {type(error).__name__}: {error}"))

    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(patience_s)
    if fault:
        raise fault[0]
    if not answer:
        raise UnsolvedError(f"{solver}: hung for {patience_s:g} s")
    return answer[0]
