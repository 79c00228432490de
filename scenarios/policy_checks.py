"""Rules for the policies of a scenario: their names and options, and what goes together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from scenarios.policy_names import (
    MOST_MIGRATIONS,
    OWN_CODE,
    OWN_OPTIONS,
    POLICY_AMOUNTS,
    POLICY_DEFAULTS,
    POLICY_NAMES,
    POLICY_OPTIONS,
    WEIGHTS,
    options_of,
)
from scenarios.problems import UNKNOWN_KEY, either
from scenarios.scenario import PolicyChoice, Scenario
from scenarios.values import MOST
from topology import Fault

Found = Iterator[Fault]
Path = tuple[str | int, ...]
MIGRATIONS = ("policies", "packing", "migrations")
STANDING = {  # queues under which nobody who runs may be moved, and why
    "conservative-backfill": "promises what a stop would break",
    "drf": "may give the room of one who moves to another tenant",
}


def _policies(scenario: Scenario) -> Found:
    for kind in POLICY_DEFAULTS:
        choice: PolicyChoice = getattr(scenario.policies, kind)
        names = POLICY_NAMES[kind]
        if OWN_CODE.fullmatch(choice.name):
            continue
        path = ("policies", kind)
        if choice.name not in names:
            yield Fault((*path, "name"), f"expected {either(names)}", choice.name, names)
        yield from _unknown_options(kind, choice)
    for kind in POLICY_OPTIONS:
        yield from _option_values(kind, getattr(scenario.policies, kind))
    for kind in POLICY_AMOUNTS:
        yield from _option_amounts(kind, getattr(scenario.policies, kind))


def _promises(scenario: Scenario) -> Found:
    """Whoever holds a promise of nodes and time cannot be pushed aside by a stronger job."""
    policies = scenario.policies
    if policies.queue.name == "conservative-backfill" and policies.preemption.name != "none":
        message = "expected none: conservative-backfill promises what a stop would break"
        yield Fault(("policies", "preemption", "name"), message, policies.preemption.name)
    if policies.queue.name in STANDING and _migrates(scenario):
        message = f"expected 0: {policies.queue.name} {STANDING[policies.queue.name]}"
        yield Fault(MIGRATIONS, message, policies.packing.options["migrations"])


def _migrates(scenario: Scenario) -> bool:
    """Whether jobs that run may be moved."""
    packing = scenario.policies.packing
    return packing.name == "planned" and bool(packing.options.get("migrations"))


def _held_for_data(scenario: Scenario) -> Found:
    """Nodes held for data on shared links can not be given up for another job yet."""
    policies = scenario.policies
    at, stops = policies.queue.options.get("at", "pool"), policies.preemption.name != "none"
    if policies.network.name == "shared" and stops and at != "pool":
        message = "expected none, or policies.queue.at: pool, where links are shared"
        yield Fault(("policies", "preemption", "name"), message, policies.preemption.name)
    if policies.network.name == "shared" and _migrates(scenario) and at != "pool":
        message = "expected 0, or policies.queue.at: pool, where links are shared"
        yield Fault(MIGRATIONS, message, policies.packing.options["migrations"])


def _unknown_options(kind: str, choice: PolicyChoice) -> Found:
    known = options_of(kind, choice.name)
    for key in choice.options:
        if key not in known:
            free = tuple(name for name in known if name not in choice.options)
            yield Fault(("policies", kind, key), UNKNOWN_KEY, key, free)


def _own_option_values(scenario: Scenario) -> Found:
    """The options that only one policy has: numbers above 0, words, weights."""
    for (kind, name), options in OWN_OPTIONS.items():
        choice: PolicyChoice = getattr(scenario.policies, kind)
        for key in options if choice.name == name else ():
            if key in choice.options:
                yield from _own_option(
                    ("policies", kind, key), choice.options[key], options[key]
                )


def _own_option(path: Path, value: Any, rule: tuple[str, ...] | str) -> Found:
    if isinstance(rule, tuple):
        if value not in rule:
            yield Fault(path, f"expected {either(rule)}", value, rule)
    elif rule == "weights":
        yield from _weights(path, value)
    elif rule == "count":
        if type(value) is not int or not 0 <= value <= MOST_MIGRATIONS:
            wanted = f"expected a whole number from 0 to {MOST_MIGRATIONS}"
            yield Fault(path, wanted, value)
    elif not _number(value) or not 0 < value <= MOST:
        yield Fault(path, "expected a number above 0", value)


def _weights(path: Path, value: Any) -> Found:
    if not isinstance(value, dict):
        yield Fault(path, "expected a map of weights", value)
        return
    for key, each in value.items():
        if key not in WEIGHTS:
            free = tuple(name for name in WEIGHTS if name not in value)
            yield Fault((*path, key), UNKNOWN_KEY, key, free)
        elif not _number(each) or not 0 <= each <= MOST:
            yield Fault((*path, key), "expected a number of at least 0", each)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _option_values(kind: str, choice: PolicyChoice) -> Found:
    for key, words in POLICY_OPTIONS[kind].items():
        value = choice.options.get(key, words[0] if words else 0)
        path = ("policies", kind, key)
        if words is not None and value not in words:
            yield Fault(path, f"expected {either(words)}", value, words)
        if words is None and (type(value) is not int or value < 0):
            yield Fault(path, "expected a whole number of at least 0", value)


def _option_amounts(kind: str, choice: PolicyChoice) -> Found:
    for key in POLICY_AMOUNTS[kind]:
        value = choice.options.get(key, 0)
        if type(value) not in (int, float) or not 0 <= value <= MOST:
            yield Fault(("policies", kind, key), "expected a number of at least 0", value)


POLICY_RULES: tuple[Callable[[Scenario], Found], ...] = (
    _policies,
    _own_option_values,
    _promises,
    _held_for_data,
)
