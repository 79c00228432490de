"""Tables behind charts come out the same from parts of any size."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from bench.course import course
from bench.tables import tally
from tests.bench.report_fakes import FakeJobs, FakeLevels, some_jobs, some_levels


@dataclass
class Parts:
    parts: list
    length_s: np.ndarray | None = None

    def chunks(self):
        return iter(self.parts)

    def lengths_s(self):
        return self.length_s


def test_a_tally_of_parts_is_that_of_the_whole():
    jobs = some_jobs(1, count=50, refused=5, waiting=5)
    rows = [slice(0, 3), slice(3, 3), slice(3, 20), slice(20, 50)]
    parts = [
        FakeJobs(
            {name: values[some] for name, values in jobs.columns.items()},
            {name: values[some] for name, values in jobs.texts.items()},
        )
        for some in rows
    ]
    a, b = tally(jobs), tally(Parts(parts))
    for name in ("counted", "waits", "at_once", "refused", "pool_jobs", "exact", "rows"):
        assert getattr(a, name) == getattr(b, name), name
    assert a.within.tolist() == b.within.tolist()
    assert a.pool_hours == pytest.approx(b.pool_hours)
    for reason, held in a.held.items():
        other = b.held[reason]
        assert (held.jobs, held.first_s) == (other.jobs, other.first_s)
        assert held.hours == pytest.approx(other.hours)


def test_a_course_of_parts_is_that_of_the_whole():
    whole = some_levels(1)
    moving = ("time_s", "length_s", "allocated", "used", "queued")

    def steps(some) -> FakeLevels:
        return replace(whole, **{name: getattr(whole, name)[some] for name in moving})

    cut = [steps(slice(0, 7)), steps(slice(7, 500)), steps(slice(500, None))]
    a, b = course([whole]), course([Parts(cut, whole.length_s)])
    for name in ("start_s", "end_s", "allocated", "used", "queued", "whole", "peak"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
