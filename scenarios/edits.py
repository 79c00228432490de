"""One value of a resolved scenario changed, and where it was written.

A path is a tuple of keys and names of items: `("topology", "pools", "hz-gpu", "nodes")`. What
the values mean is not judged again: whoever changes them knows what fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from scenarios.decode import Node, find
from scenarios.problems import Place
from scenarios.scenario import Scenario
from topology import Fact, Topology

Path = tuple[str, ...]
AnyFact = TypeVar("AnyFact", bound=Fact)
LISTS = ("pools", "servers", "workloads", "tenants", "data_classes")
SECTIONS = (("topology", "pools"), ("topology", "servers"), *((one,) for one in LISTS[2:]))


def edited(scenario: Scenario, path: Path, value: Any) -> Scenario:
    """The scenario with the value at a path replaced; a new item joins its list."""
    return _edited(scenario, path, value)


def _edited(whole: AnyFact, path: Path, value: Any) -> AnyFact:
    key, rest = path[0], path[1:]
    before = getattr(whole, key)
    after = _put(before, rest, value) if rest else value
    if isinstance(whole, Topology):  # it remembers what was looked up
        rows = {name: getattr(whole, name) for name in Topology.model_fields}
        return type(whole).model_validate({**rows, key: after})
    return whole.model_copy(update={key: after})


def _put(before: Any, path: Path, value: Any) -> Any:
    if not isinstance(before, tuple):
        return _edited(before, path, value)
    name, rest = path[0], path[1:]
    rows = [
        (_edited(row, rest, value) if rest else value) if row.name == name else row
        for row in before
    ]
    is_new = all(row.name != name for row in before)
    return (*rows, value) if is_new and not rest else tuple(rows)


def value_at(scenario: Scenario, path: Path) -> Any:
    """The value at a path, None where there is none on the way."""
    found: Any = scenario
    for step in path:
        if isinstance(found, tuple):
            found = next((row for row in found if row.name == step), None)
        else:
            found = getattr(found, step, None)
    return found


def written_path(path: Path) -> str:
    """The path as `--set` takes it: `topology.pools[hz-gpu].nodes`."""
    text = ""
    for depth, step in enumerate(path):
        text += f"[{step}]" if depth and path[depth - 1] in LISTS else f".{step}"
    return text.removeprefix(".")


def places_of(root: Node) -> dict[str, Place]:
    """Where each value stands: pools, servers, workloads, tenants, data classes, policies."""
    found: dict[str, Place] = {}
    for section in SECTIONS:
        rows = find(root, section)
        for path, place in _places(rows, section) if rows else ():
            found[written_path(path)] = place
    policies = find(root, ("policies",))
    for path, place in _places(policies, ("policies",)) if policies else ():
        found[written_path(path)] = place
    return found


def _places(node: Node, at: Path) -> Iterator[tuple[Path, Place]]:
    yield at, node.place
    if isinstance(node.value, dict):
        for key, inner in node.value.items():
            yield from _places(inner, (*at, key))
    elif isinstance(node.value, tuple) and at[-1] in LISTS:
        for row in node.value:
            name = find(row, ("name",))
            if name is not None and isinstance(name.value, str):
                yield from _places(row, (*at, name.value))


def place_of(scenario: Scenario, path: Path) -> Place:
    """Where the value stands, else what is around it; line 0 where no file tells."""
    for cut in range(len(path), 0, -1):
        place = scenario.origin.places.get(written_path(path[:cut]))
        if place is not None:
            return place
    return Place(scenario.origin.file, 0, 0)
