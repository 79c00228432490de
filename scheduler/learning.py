"""What a policy learns from jobs that have ended: how long they ran for what was declared."""

from __future__ import annotations

from scheduler.stays import Held

PRIOR = 5.0  # ended jobs that the users' own word is worth
LEAST_LEFT = 0.1  # of its expected time, for a job that has run longer than that


class Pace:
    """True over declared time of each workload, from jobs that have ended."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[int, float, float]] = {}

    def ended(self, held: Held, now_us: int) -> None:
        """A job is over."""
        declared_us = held.declared_us - held.begin_us
        if held.shape.endless or declared_us <= 0:
            return
        workload = held.shape.ask.workload
        count, declared, true = self._sums.get(workload, (0, 0.0, 0.0))
        self._sums[workload] = (
            count + 1,
            declared + declared_us,
            true + (now_us - held.begin_us),
        )

    def of(self, workload: str) -> float:
        """How long a job runs for each declared hour; 1 as long as nobody has ended."""
        count, declared, true = self._sums.get(workload, (0, 0.0, 0.0))
        if not count:
            return 1.0
        word = PRIOR * declared / count
        return (word + true) / (word + declared)

    def left_us(self, held: Held, now_us: int) -> int:
        """How much longer a running job is expected to run."""
        whole = (held.declared_us - held.begin_us) * self.of(held.shape.ask.workload)
        return int(max(whole - (now_us - held.begin_us), LEAST_LEFT * whole))
