"""The least that SimPy needs for a job: the yardstick of the engine's speed."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from time import perf_counter

import simpy


def two_timeouts_a_job(submit_us: Iterable[int], work_us: Iterable[int]) -> float:
    """Seconds that SimPy takes for one Timeout at each submission and one at each end.

    Both with a callback that does nothing but count; ends after the last submission.
    """
    env = simpy.Environment()
    jobs = iter(zip(submit_us, work_us, strict=True))
    ended = 0

    def end(_: simpy.Event) -> None:
        nonlocal ended
        ended += 1

    def submit(event: simpy.Event) -> None:
        env.timeout(int(event.value or 0)).callbacks.append(end)
        following = next(jobs, None)
        if following is None:
            stop.succeed()
        else:
            env.timeout(following[0] - env.now, following[1]).callbacks.append(submit)

    stop = env.event()
    first = next(jobs)
    env.timeout(first[0], first[1]).callbacks.append(submit)
    gc.collect()
    start = perf_counter()
    env.run(until=stop)
    return perf_counter() - start
