"""The laws on a policy of one's own: small scenarios run with it, each answer checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.metrics import measure
from scenarios import Scenario, read
from scheduler import Records, simulate

GROUNDS = ("first-run", "two-tiers")
LINES = ("pool", "site", "platform")
QUEUES = ("fcfs", "easy-backfill")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One scenario with the policy: how many jobs ran, and what is wrong ('' if nothing)."""

    scenario: str
    jobs: int
    fault: str


def try_policy(name: str, seed: int = 1) -> Iterator[Verdict]:
    """Run a dispatch policy, as module:Class, over queues and lines.

    The laws are on in every run; beyond them the same seed must give the same tables twice and
    on both engines.

    Raises:
        ScenarioError: the policy can't be used at all.
    """
    for ground in GROUNDS:
        for queue in QUEUES:
            for at in LINES:
                sets = (
                    f'policies.dispatch={{"name": "{name}"}}',
                    f'policies.queue={{"name": "{queue}", "at": "{at}"}}',
                    "horizon_h=24",
                    "warmup_h=0",
                )
                scenario = read(ground, sets=sets).variants[0]
                yield judged(f"{ground} {queue} at {at}", scenario, seed)


def judged(title: str, scenario: Scenario, seed: int) -> Verdict:
    """One scenario run three times: twice on the fast engine, once on the plain one."""
    first, again = (simulate(scenario, seed, allow_code=True) for _ in range(2))
    plain = simulate(scenario, seed, engine="plain", allow_code=True)
    fault = ""
    if not alike(first, again):
        fault = "the same seed gave another result: the policy remembers or draws something"
    elif not alike(first, plain):
        fault = "the two engines differ: `changes` promises too much"
    return Verdict(title, first.rows, fault)


def alike(one: Records, other: Records) -> bool:
    """Whether two runs have the same measures to the last bit, null equal to null."""
    return repr(measure(one).rows()) == repr(measure(other).rows())
