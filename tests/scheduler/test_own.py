"""Dispatch policies of a user's own: called as documented, refused with one clear line."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from bench.trial import try_policy
from scenarios import ScenarioError, read
from scheduler import simulate


@dataclass(frozen=True)
class Nearest:
    """What the style guide shows."""

    changes: ClassVar = "never"

    def rank(self, shape, view):
        if shape.region is None:
            return sorted(shape.allowed, key=view.name)
        delay_ms = view.delay_ms_from(shape.region)
        return sorted(shape.allowed, key=lambda pool: (delay_ms[pool], view.name(pool)))


class Stray:
    def rank(self, shape, view):
        return [99]


class Failing:
    def rank(self, shape, view):
        raise LookupError("no idea")


class Empty:
    def rank(self, shape, view):
        return []


class Restless:
    changes = "sometimes"

    def rank(self, shape, view):
        return list(shape.allowed)


class Forgetful:
    """Remembers how often it was asked."""

    asked = 0

    def rank(self, shape, view):
        Forgetful.asked += 1
        turn = Forgetful.asked % 3
        return sorted(shape.allowed, key=lambda pool: (pool * 7 + turn) % 3)


def a_run(name):
    sets = (
        f'policies.dispatch={{"name": "tests.scheduler.test_own:{name}"}}',
        "horizon_h=2",
        "warmup_h=0",
    )
    return simulate(read("two-tiers", sets=sets).variants[0], 1, allow_code=True)


def test_a_policy_as_the_guide_shows_it_runs_like_ours():
    own = a_run("Nearest")
    ours = simulate(
        read(
            "two-tiers", sets=('policies.dispatch="nearest"', "horizon_h=2", "warmup_h=0")
        ).variants[0],
        1,
    )
    assert own.column("pool").tolist() == ours.column("pool").tolist()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Stray", "rank() names pool 99, which this shape can't use"),
        ("Failing", "rank() raised LookupError: no idea"),
        ("Empty", "rank() must name at least one of shape.allowed, each once"),
        ("Restless", "changes: expected one of never, load, time, job; got 'sometimes'"),
        ("dataclass", "needs a method rank(shape, view)"),
        ("nobody", "cannot be used"),
    ],
)
def test_what_is_wrong_with_it_is_said_in_one_line(name, said):
    with pytest.raises(ScenarioError) as caught:
        a_run(name)
    assert said in str(caught.value)


@pytest.mark.wide
def test_the_trial_passes_a_sound_policy():
    assert {v.fault for v in try_policy("tests.scheduler.test_own:Nearest")} == {""}


@pytest.mark.wide
def test_the_trial_finds_one_that_remembers():
    verdicts = list(try_policy("tests.scheduler.test_own:Forgetful"))
    assert any("the same seed gave another result" in v.fault for v in verdicts)
