"""Words of the contract whose meaning is still to be built: refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.decode import Node, Steps, find, path_text
from scenarios.problems import Problem, shown

Later = tuple[Steps, Node, str]  # where, the node that says it, and what it is

TOP = ("review", "offers", "outages", "elasticity")
KINDS = ("systems", "service")
TRACE_FORMATS = ("gavel", "sia", "azure-llm", "genai", "dlrm", "google", "opendc")


def not_yet(root: Node) -> tuple[list[Problem], set[Steps]]:
    """Problems for what comes later, and the paths under which nothing more is to be said."""
    problems: list[Problem] = []
    silent: set[Steps] = set()
    for steps, node, what in _later(root):
        problems.append(Problem(*node.key, path_text(root, steps), f"not yet: {what}"))
        silent.add(_hidden_by(steps))
    return problems, silent


def _hidden_by(steps: Steps) -> Steps:
    """What follows from a word that is refused: its section can not be judged without it."""
    return steps[:2] if steps[-1] == "kind" else steps


def _later(root: Node) -> Iterator[Later]:
    yield from _keys(root, (), TOP)
    for position in range(_length(root, ("workloads",))):
        yield from _workload(root, ("workloads", position))


def _workload(root: Node, at: Steps) -> Iterator[Later]:
    yield from _word(root, (*at, "kind"), KINDS, "kind")
    yield from _word(root, (*at, "format"), TRACE_FORMATS, "format")


def _keys(root: Node, at: Steps, names: tuple[str, ...]) -> Iterator[Later]:
    for name in names:
        node = find(root, (*at, name))
        if node is not None:
            yield (*at, name), node, name


def _length(root: Node, at: Steps) -> int:
    node = find(root, at)
    return len(node.value) if node and isinstance(node.value, tuple) else 0


def _word(root: Node, steps: Steps, words: tuple[str, ...], kind: str) -> Iterator[Later]:
    node = find(root, steps)
    if node is not None and isinstance(node.value, str) and node.value in words:
        yield steps, Node(node.value, node.place, node.place), f"{kind} {shown(node.value)}"
