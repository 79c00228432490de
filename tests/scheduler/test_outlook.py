"""An outlook that remembers bounds answers as one that searches from the beginning."""

import numpy as np

from scheduler.outlook import FAR, Outlook


def plain(outlook, amounts, span_us, after_us, members):
    return outlook._searched(amounts, span_us, after_us, members)


def test_bounds_change_no_answer_on_random_lines():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        nodes = int(rng.integers(1, 5))
        free = [[int(rng.integers(0, 9)), int(rng.integers(0, 5))] for _ in range(nodes)]
        outlook = Outlook(0, free, [sum(part) for part in zip(*free, strict=True)])
        for at in sorted(rng.integers(1, 100, 12).tolist()):
            outlook.ends(int(rng.integers(nodes)), at, rng.integers(0, 4, 2).tolist())
        for _ in range(40):
            amounts, span = rng.integers(0, 6, 2).tolist(), int(rng.integers(1, 60))
            members, after = int(rng.integers(1, 3)), int(rng.choice([0, 0, 0, 30]))
            wanted = plain(outlook, amounts, span, after, members)
            assert outlook.earliest(amounts, span, after, members) == wanted
            if wanted[0] < FAR:
                outlook.take(wanted[1], amounts, wanted[0], span)
