"""Faults and problems told at their place in the file, or in the variant that made them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from scenarios.decode import Node, find, got, path_text
from scenarios.problems import UNKNOWN_KEY, Place, Problem, guess
from topology import Fault


def problem_of(fault: Fault, root: Node) -> Problem:
    """A fault at its place in the file; one of rows that no file shows is at their section."""
    steps = fault.path
    meant = guess(fault.got, fault.options)
    node = find(root, steps)
    as_written = node is not None and node.value == fault.got  # 24, where a class holds 24.0
    value = node.value if node is not None and as_written else fault.got
    found = None if fault.got is None else got(value)
    if fault.message == UNKNOWN_KEY and node is not None:
        return Problem(*node.key, path_text(root, steps[:-1]), UNKNOWN_KEY, found, meant)
    cut = next(n for n in range(len(steps), -1, -1) if find(root, steps[:n]) is not None)
    around = find(root, steps[:cut]) or root
    return Problem(*around.place, path_text(root, steps), fault.message, found, meant)


def of_variant(problem: Problem, name: str, key: Place, own: set[Place]) -> Problem:
    """A problem as the variant's: at its own line, or at its name where the base says it."""
    if problem.file != key.file:
        return problem
    place = problem.place if problem.place in own else key
    return replace_place(problem, place, under(name, problem.path))


def under(variant: str, path: str) -> str:
    """A path as that of a variant's own problem."""
    return ": ".join(part for part in (f"variants.{variant}", path) if part)


def replace_place(problem: Problem, place: Place, path: str) -> Problem:
    """The same problem, told of another place."""
    return replace(problem, file=place.file, line=place.line, column=place.column, path=path)


def places(node: Node) -> Iterator[Place]:
    """Every place in a part of a file."""
    yield node.place
    yield node.key
    inner = node.value
    children = inner.values() if isinstance(inner, dict) else inner
    for child in children if isinstance(children, Iterable) else ():
        if isinstance(child, Node):
            yield from places(child)
