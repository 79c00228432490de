"""One random stream per workload and attribute, all from one seed."""

from hashlib import sha256

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream called `name` (`llm-qa/arrivals`) of a run with this seed.

    The key is a hash of seed and name, so no stream moves when another one is added, renamed
    or drawn from: two variants of a scenario see the same jobs.
    """
    key = int.from_bytes(sha256(f"{seed}/{name}".encode()).digest(), "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
