"""What planned runs are short of, and what one more is worth: data for manifest and page."""

import json
import math
import multiprocessing
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lazy_loader as lazy

from bench.objective import Yardstick
from bench.places import places_of
from bench.rates import rates_of
from scenarios import Scenario, edited, value_at
from scheduler import NOW, QUOTA_KEYS, simulate
from topology import Link

optimise = lazy.load("scheduler.optimise", suppress_warning=True)  # a third of a second
PLANNED = "planned"
MOST = 10
KEPT = 2 * MOST  # of the first seed, to be looked at in the others
CENT = 0.01  # CNY: less is nothing


@dataclass(frozen=True, slots=True)
class Short:
    """Something that jobs waited for, and what one more saves in CNY in each seed."""

    kind: str
    name: str
    like: tuple[str, ...]
    by_seed: Mapping[int, float]

    @property
    def mean(self) -> float:
        """CNY of a seed, over all."""
        return math.fsum(self.by_seed.values()) / len(self.by_seed)


def scarce_rows(
    variants: Iterable[Scenario],
    plans: Mapping[str, Mapping[int, Path]],
    *,
    workers: int = 1,
    allow_code: bool = False,
) -> list[dict[str, Any]]:
    """The scarcest things of each variant whose dispatch plans, the dearest first.

    `plans` are the files of plans by variant and seed. `binding` is the share of plans that a
    thing binds; `own_cny` is what one more costs by itself over the measured time, None where
    nobody knows.
    """
    found = []
    for variant in variants:
        files = plans.get(variant.variant, {})
        if variant.policies.dispatch.name != PLANNED or not files:
            continue
        binds, seeds = binding_of(files.values()), tuple(files)
        short = shortest(variant, seeds, workers=workers, allow_code=allow_code)
        short += links(variant, seeds[0], binds, allow_code=allow_code)
        found += [told(variant, row, binds) for row in foremost(short, MOST)]
    return found


def told(variant: Scenario, row: Short, binds: Mapping[str, float]) -> dict[str, Any]:
    """A thing as the manifest has it."""
    return {
        "variant": variant.variant,
        "kind": row.kind,
        "name": row.name,
        "like": list(row.like),
        "binding": _plain(binds.get(label(row), 0.0)),
        "seeds": list(row.by_seed),
        "worths_cny": [_plain(cny) for cny in row.by_seed.values()],
        "own_cny": own_cny(variant, row.kind, row.name),
    }


def foremost(rows: Iterable[Short], most: int) -> list[Short]:
    """Those of most worth, without what is worth nothing."""
    known = [row for row in rows if row.mean >= CENT]
    return sorted(known, key=lambda row: (-row.mean, row.kind, row.name))[:most]


def shortest(
    scenario: Scenario, seeds: Sequence[int], *, workers: int = 1, allow_code: bool = False
) -> list[Short]:
    """Nodes and quotas that jobs found full, sent again with one more of each.

    All that was full in the first seed is looked at there, the `KEPT` of most worth in others.
    """
    first = _worths((scenario, seeds[0], None, allow_code))
    worth = sorted(first, key=lambda row: (-row.cny, row.kind, row.name))
    only = frozenset((row.kind, row.name) for row in worth[:KEPT])
    asked = [(scenario, seed, only, allow_code) for seed in seeds[1:]]
    if workers <= 1 or len(asked) < 2:
        answers = [first, *map(_worths, asked)]
    else:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(workers, len(asked)), spawn) as pool:
            answers = [first, *pool.map(_worths, asked)]
    found: dict[tuple[str, str], Short] = {}
    for seed, rows in zip(seeds, answers, strict=True):
        for row in rows:
            key = row.kind, row.name
            short = found.setdefault(key, Short(*key, row.like, dict.fromkeys(seeds, 0.0)))
            found[key] = Short(*key, row.like, {**short.by_seed, seed: row.cny})
    return list(found.values())


def _worths(asked: tuple[Scenario, int, frozenset[tuple[str, str]] | None, bool]) -> list[Any]:
    scenario, seed, only, allow_code = asked
    rows: list[Any] = optimise.worths(scenario, seed, only=only, allow_code=allow_code)
    return rows


def links(
    scenario: Scenario, seed: int, binds: Mapping[str, float], *, allow_code: bool = False
) -> list[Short]:
    """Links that bind plans: the run of one seed made again with 1 Gbit/s more of each."""
    named = (f"{link.a} - {link.b}" for link in scenario.topology.links)
    names = sorted(name for name in named if f"link {name}" in binds)
    if not names:
        return []
    before = objective_cny(scenario, seed, allow_code=allow_code)
    found = []
    for name in names:
        more = with_one_more(scenario, "link", name)
        saved = before - objective_cny(more, seed, allow_code=allow_code)
        found.append(Short("link", name, (), {seed: saved}))
    return found


def objective_cny(scenario: Scenario, seed: int, *, allow_code: bool = False) -> float:
    """What all counted jobs of a run cost by the weights of the scenario."""
    yardstick = Yardstick(scenario, places_of(scenario))
    for chunk in simulate(scenario, seed, allow_code=allow_code).chunks():
        yardstick.add(chunk)
    return yardstick.total()


# -- plans -----------------------------------------------------------------------------------


def binding_of(files: Iterable[Path]) -> dict[str, float]:
    """By label, the share of plans for what is now that a thing binds."""
    counts: Counter[str] = Counter()
    plans = 0
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["part"] == NOW and row["status"] == PLANNED:
                plans += 1
                counts.update({_thing(name) for name, _ in row["binding"]})
    return {name: count / plans for name, count in counts.items()}


def _thing(row: str) -> str:
    """Of which thing a row of a plan tells: a group of pools has one for each resource."""
    return row if row.startswith(("quota ", "link ")) else row.rpartition(" ")[0]


def label(row: Short) -> str:
    """What the rows of plans call a thing."""
    if row.kind == "node":
        return row.name + (f" +{len(row.like)}" if row.like else "")
    return f"{row.kind} {row.name}"


# -- one more --------------------------------------------------------------------------------


def with_one_more(scenario: Scenario, kind: str, name: str) -> Scenario:
    """The scenario with one more node, unit of quota or Gbit/s."""
    if kind == "node":
        nodes = scenario.topology.pool(name).nodes
        return edited(scenario, ("topology", "pools", name, "nodes"), nodes + 1)
    if kind == "quota":
        tenant, _, resource = name.rpartition(" ")
        path = ("tenants", tenant, "quota", KEYS[resource])
        return edited(scenario, path, value_at(scenario, path) + 1)
    topology = scenario.topology
    rows = {key: getattr(topology, key) for key in type(topology).model_fields}
    rows["links"] = tuple(_wider(link, name) for link in topology.links)
    return scenario.model_copy(update={"topology": type(topology).model_validate(rows)})


KEYS = {word: key for key, (word, _) in QUOTA_KEYS.items()}


def _wider(link: Link, name: str) -> Link:
    if f"{link.a} - {link.b}" != name or link.capacity_gbit_s is None:
        return link
    return link.model_copy(update={"capacity_gbit_s": link.capacity_gbit_s + 1})


def own_cny(scenario: Scenario, kind: str, name: str) -> float | None:
    """Purchase and upkeep of one more over the measured time; only nodes have a known one."""
    if kind != "node":
        return None
    rates = rates_of(scenario)
    pool = rates.number[name]
    hours = (scenario.horizon_us - scenario.warmup_us) / 3.6e9
    cny = float(rates.cny_h[pool]) * hours
    return None if math.isnan(cny) or not rates.own[pool] else _plain(cny)


def _plain(value: float) -> float:
    """A float to twelve digits, so that it is the same on every machine."""
    return float(f"{value:.12g}")
