"""Typical jobs of FGD at the edges."""

import numpy as np

from scheduler.fragments import typical_jobs


def test_where_nobody_is_typical_nothing_is_a_fragment():
    """A seed may bring jobs where the look at the demand found none."""
    typical = typical_jobs([], np.zeros(2, np.int64))
    room = np.array([[1000, 400], [0, 1000]])
    found = typical.fragments(np.array([4000, 0]), room, np.array([0, 1]))
    assert found.tolist() == [0, 0]
