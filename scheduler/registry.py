"""Every policy by the name that a scenario uses, as "module:Class"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pkgutil import resolve_name
from typing import Any

from scenarios import PolicyChoice, Problem, ScenarioError

POLICIES: Mapping[str, Mapping[str, str]] = {
    "dispatch": {
        "local-first": "scheduler.dispatch:LocalFirst",
        "first-fit": "scheduler.dispatch:FirstFit",
        "nearest": "scheduler.dispatch:Nearest",
        "least-loaded": "scheduler.dispatch:LeastLoaded",
        "random": "scheduler.dispatch:Random",
        "round-robin": "scheduler.dispatch:RoundRobin",
        "by-node": "scheduler.dispatch:ByNode",
        "cheapest": "scheduler.dispatch:Cheapest",
        "fastest": "scheduler.dispatch:Fastest",
        "planned": "scheduler.planned:Planned",
    },
    "queue": {
        "fcfs": "scheduler.queueing:FirstCome",
        "priority": "scheduler.queueing:Priority",
        "shortest-first": "scheduler.queueing:ShortestFirst",
        "easy-backfill": "scheduler.queueing:EasyBackfill",
        "conservative-backfill": "scheduler.conservative:ConservativeBackfill",
        "drf": "scheduler.queueing:DominantShare",
    },
    "packing": {
        "best-fit": "scheduler.packing:BestFit",
        "first-fit": "scheduler.packing:FirstFit",
        "worst-fit": "scheduler.packing:WorstFit",
        "dot-product": "scheduler.packing:DotProduct",
        "gpu-packing": "scheduler.packing:GpuPacking",
        "gpu-clustering": "scheduler.packing:GpuClustering",
        "fgd": "scheduler.fragments:Fgd",
        "random": "scheduler.packing:RandomFit",
        "planned": "scheduler.planned_packing:Planned",
    },
    "preemption": {
        "none": "scheduler.preemption:NoPreemption",
        "priority": "scheduler.preemption:ByPriority",
    },
    "placement": {
        "greedy": "scheduler.seating:Greedy",
        "planned": "scheduler.optimise.placement:Planned",
    },
}
ENGINE_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "queue": ("at", "max_waiting"),
    "packing": ("ties",),
    "dispatch": (),
    "preemption": (),
    "placement": (),
}

# Rules that decide nothing by themselves: `Shapes` reads them.
SILOS: Mapping[str, str] = {
    "none": "A pool is open to all tenants, but for those that it is reserved for.",
    "tenant": "Each tenant has only the pools that are reserved for it.",
}
NETWORK: Mapping[str, str] = {
    "alone": "Each transfer has its links for itself: delay, and size over the slowest rate.",
    "shared": "Transfers share links max-min fairly: by class of traffic, over floors.",
}
RULES: Mapping[str, Mapping[str, str]] = {"silos": SILOS, "network": NETWORK}


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy as `suanli policies` prints it."""

    kind: str
    name: str
    summary: str
    options: tuple[str, ...]


def policy_rows() -> list[PolicyRow]:
    """Every policy by kind and name, with the first line of its docstring and its options."""
    classes = [
        PolicyRow(kind, name, summary_of(where), (*ENGINE_OPTIONS[kind], *options_of(where)))
        for kind, rows in POLICIES.items()
        for name, where in rows.items()
    ]
    return classes + [
        PolicyRow(kind, name, told, ())
        for kind, rows in RULES.items()
        for name, told in rows.items()
    ]


def summary_of(where: str) -> str:
    """The first line of the docstring of a policy."""
    return (resolve_name(where).__doc__ or "").strip().splitlines()[0]


def options_of(where: str) -> tuple[str, ...]:
    """The options of a policy: those fields that a scenario may set."""
    own = ("generator", "typical", "rows", "given")
    return tuple(f.name for f in fields(resolve_name(where)) if f.init and f.name not in own)


def is_own_code(choice: PolicyChoice) -> bool:
    """Whether the scenario names a policy of the user's own, as module:Class."""
    return ":" in choice.name


def policy_of(
    kind: str, choice: PolicyChoice, file: str, *, allow_code: bool, **parts: Any
) -> Any:
    """The policy a scenario names, with its options; `parts` are what the engine gives it.

    Raises:
        ScenarioError: code of the user's own without leave, or an option nobody knows.
    """
    where = POLICIES[kind].get(choice.name, choice.name)
    if is_own_code(choice):
        return _own_policy(kind, choice, file, allow_code=allow_code)
    known = (*ENGINE_OPTIONS[kind], *options_of(where))
    unknown = [name for name in choice.options if name not in known]
    if unknown:
        _refuse(kind, choice, file, f"unknown option; got '{unknown[0]}'")
    options = {k: v for k, v in choice.options.items() if k not in ENGINE_OPTIONS[kind]}
    return resolve_name(where)(**options, **parts)


def _own_policy(kind: str, choice: PolicyChoice, file: str, *, allow_code: bool) -> Any:
    if not allow_code:
        _refuse(
            kind, choice, file, f"'{choice.name}' is code; run with --allow-code to trust it"
        )
    options = {k: v for k, v in choice.options.items() if k not in ENGINE_OPTIONS[kind]}
    try:
        return resolve_name(choice.name)(**options)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        _refuse(kind, choice, file, f"'{choice.name}' cannot be used: {error}")


def _refuse(kind: str, choice: PolicyChoice, file: str, message: str) -> None:
    problem = Problem(
        file=file,
        line=choice.line,
        column=choice.column,
        path=f"policies.{kind}",
        message=message,
    )
    raise ScenarioError([problem], file)
