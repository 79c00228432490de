from hashlib import sha256

import numpy as np
import pytest

from scenarios.seeds import stream


def digest(values):
    return sha256(np.asarray(values).astype("<f8").round(9).tobytes()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda rng: rng.random(1000), "9ddaec7ecb0f0f58"),
        (lambda rng: rng.standard_exponential(1000), "877a171ce5feaf8c"),
        (lambda rng: rng.standard_gamma(0.25, 1000), "8be290dabef88110"),
        (lambda rng: rng.lognormal(0.0, 1.2, 1000), "b12c2d4a3c09010a"),
        (lambda rng: rng.poisson(2.0, 1000), "bc10653075a7016e"),
    ],
    ids=["uniform", "exponential", "gamma", "lognormal", "poisson"],
)
def test_a_stream_gives_the_same_numbers_in_every_version(draw, expected):
    assert digest(draw(stream(7, "llm-qa/arrivals"))) == expected


def test_every_seed_and_every_name_is_a_stream_of_its_own():
    firsts = {
        stream(seed, name).random()
        for seed in range(20)
        for name in ("a/work", "a/region", "b/work")
    }
    assert len(firsts) == 60


def test_names_may_be_chinese():
    assert stream(1, "算力/arrivals").random() == stream(1, "算力/arrivals").random()
