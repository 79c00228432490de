"""When a run stops: after the last counted job has ended, at latest at horizon + drain."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.journal import Book


@dataclass(frozen=True, slots=True)
class Window:
    """Jobs of before the horizon are waited for; arrivals go on until those have ended."""

    horizon_us: int
    limit_us: int

    def stops(self, next_us: float, now_us: int, book: Book, arrived: int) -> int | None:
        """The instant at which the run stops, if nothing is due before `next_us`; else None.

        Contracts §4: at the end of the last counted job, not before the horizon, and at latest
        at horizon + drain. Endless jobs are not waited for.
        """
        if next_us < self.horizon_us:
            return None
        if not book.waits_for_any(now_us, arrived):
            return max(self.horizon_us, book.last_us)
        return self.limit_us if next_us > self.limit_us else None
