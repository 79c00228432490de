"""One value of a resolved scenario changed, and where it was written.

A path is a tuple of keys and names of items: `("topology", "pools", "hz-gpu", "nodes")`. What
the values mean is not judged again: whoever changes them knows what fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scenarios.decode import Node, find
from scenarios.problems import Place
from scenarios.scenario import Scenario
from topology import Topology

Path = tuple[str, ...]
Change = tuple[Path, Any]
REMOVED = object()
LISTS = ("pools", "servers", "workloads", "tenants", "data_classes")
SECTIONS = (("topology", "pools"), ("topology", "servers"), *((one,) for one in LISTS[2:]))


def edited(scenario: Scenario, path: Path, value: Any) -> Scenario:
    """The scenario with the value at a path replaced; a new item joins its list."""
    return all_edited(scenario, [(path, value)])


def all_edited(scenario: Scenario, changes: Iterable[Change]) -> Scenario:
    """The scenario with all these values replaced; an item that becomes `REMOVED` is gone."""
    sections: dict[str, list[Change]] = {}
    for path, value in changes:
        sections.setdefault(path[0], []).append((path[1:], value))
    update = {key: _section(getattr(scenario, key), own) for key, own in sections.items()}
    return scenario.model_copy(update=update)


def _section(whole: Any, changes: list[Change]) -> Any:
    """A section of the scenario: a list of items, a value, or the topology."""
    if isinstance(whole, tuple):
        return _rows(whole, changes)
    if isinstance(whole, Topology):  # it remembers what was looked up
        lists = {
            key: _rows(getattr(whole, key), [(p[1:], v) for p, v in changes if p[0] == key])
            for key in ("pools", "servers")
        }
        return whole.with_nodes(**lists)
    for path, value in changes:
        whole = _put(whole, path, value) if path else value
    return whole


def _rows(rows: tuple[Any, ...], changes: list[Change]) -> tuple[Any, ...]:
    """A list of items with names, some of them changed, new or gone."""
    found = {row.name: row for row in rows}
    for (name, *rest), value in changes:
        if rest and name in found:
            found[name] = _put(found[name], tuple(rest), value)
        elif not rest and value is REMOVED:
            found.pop(name, None)
        elif not rest:
            found[name] = value
    return tuple(found.values())


def _put(whole: Any, path: Path, value: Any) -> Any:
    """A class with one of its values, or of what it holds, replaced."""
    key, rest = path[0], path[1:]
    after = _put(getattr(whole, key), rest, value) if rest else value
    return whole.model_copy(update={key: after})


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
    base = find(root, ("topology", "extends"))
    if base is not None:  # of a pool that the file does not name this is the line
        found["topology"] = base.place
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
