"""Rows laid over a topology with a name, whose own name is probably a slip.

Such a row lies over nothing, and would be told to lack all that the row it meant gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from scenarios.decode import Node, find
from scenarios.problems import Problem, guess
from topology import Cloud, Pool, Region, Site

ROWS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "clouds": ("cloud", Cloud),
    "regions": ("region", Region),
    "sites": ("site", Site),
    "pools": ("pool", Pool),
}


def as_meant(
    own: Mapping[str, Node], base: Mapping[str, Node], topology: str
) -> tuple[dict[str, Node], list[Problem]]:
    """The sections of the file with the names that were meant, and what was wrong with theirs.

    `base` are the sections of `topology`, which they extend.
    """
    sections, problems = dict(own), list[Problem]()
    for key in ROWS.keys() & own.keys() & base.keys():
        rows, beneath = own[key].value, base[key].value
        if isinstance(rows, tuple) and isinstance(beneath, tuple):
            free = _names(beneath) - _names(rows)
            known = _names(beneath)
            mended = tuple(_mended(row, key, known, free, topology, problems) for row in rows)
            sections[key] = replace(own[key], value=mended)
    return sections, problems


def _names(rows: tuple[Node, ...]) -> set[str]:
    named = (find(row, ("name",)) for row in rows)
    return {node.value for node in named if node and isinstance(node.value, str)}


def _mended(
    row: Node,
    key: str,
    known: set[str],
    free: set[str],
    topology: str,
    problems: list[Problem],
) -> Node:
    """The row; by the name it nearly has, where it lacks what a new row needs."""
    name = find(row, ("name",))
    if name is None or not isinstance(name.value, str) or not isinstance(row.value, dict):
        return row
    word, kind = ROWS[key]
    lacking = _lacking(row.value, kind)
    if name.value in known or not lacking:
        return row
    meant = guess(name.value, free)
    if meant is None or meant in _told(problems):
        return row
    message = f"no {word} of that name in {topology}; a new {word} needs {_all(lacking)}"
    path = f"topology.{key}[{name.value}].name"
    problems.append(Problem(*name.place, path, message, name.value, meant))
    return replace(row, value={**row.value, "name": replace(name, value=meant)})


def _told(problems: list[Problem]) -> set[str | None]:
    return {problem.guess for problem in problems}


def _lacking(entries: Mapping[str, Any], kind: type[BaseModel]) -> list[str]:
    """The required keys that a row lacks; none where a key of it is what is misspelt."""
    if not entries.keys() <= kind.model_fields.keys():
        return []
    required = (key for key, field in kind.model_fields.items() if field.is_required())
    return sorted(key for key in required if key not in entries)


def _all(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
