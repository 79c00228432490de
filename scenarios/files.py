"""Files that a scenario names: only inside its own folder or one given with `--data`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from scenarios.decode import Node, Steps, find, path_text
from scenarios.problems import Bare, Problem, ScenarioError, shown


class MissingFileError(ScenarioError):
    """A file is in none of the folders."""


def locate(name: str, folders: Iterable[Path], file: str) -> Path:
    """The regular file of that name in the first folder that has it, links followed.

    Raises:
        MissingFileError: no folder has it.
        ScenarioError: it lies outside of the folders, or is no regular file.
    """
    reason = ""
    if "\0" in name:
        raise ScenarioError([Problem(file, message="no file has such a name", got=name)], file)
    for folder in folders:
        inside = Path(os.path.realpath(folder))
        path = Path(os.path.realpath(inside / name))
        if not path.is_relative_to(inside) or Path(name).is_absolute():
            reason = reason or "expected a file inside the scenario's folder or a --data folder"
        elif _is_file(path):
            return path
        elif os.path.lexists(path):
            reason = "expected a regular file"
    if reason:
        raise ScenarioError([Problem(file, message=reason, got=name)], file)
    message = "no such file in the scenario's folder or a --data folder"
    raise MissingFileError([Problem(file, message=message, got=name)], file)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for this system
        return False


def named_files(root: Node) -> list[tuple[Steps, Node]]:
    """Where a scenario names files, and the nodes that hold the names."""
    workloads = find(root, ("workloads",))
    count = len(workloads.value) if workloads and isinstance(workloads.value, tuple) else 0
    paths: list[Steps] = [("topology", "nodes_file", "file"), ("topology", "backbone", "file")]
    paths += _matrices(root)
    for i in range(count):
        paths += [("workloads", i, *inner, "file") for inner in ((), ("arrivals",), ("work",))]
    nodes = [(path, find(root, path)) for path in paths]
    return [(path, node) for path, node in nodes if node and isinstance(node.value, str)]


def _matrices(root: Node) -> list[Steps]:
    """Where links name the matrices that they were measured in."""
    links = find(root, ("topology", "links"))
    count = len(links.value) if links and isinstance(links.value, tuple) else 0
    paths: list[Steps] = []
    for n in range(count):
        at: Steps = ("topology", "links", n, "override", "matrix")
        node = find(root, at)
        many = len(node.value) if node and isinstance(node.value, tuple) else 0
        paths += [(*at, k) for k in range(many)] or [at]
    return paths


def nowhere_problem(root: Node, nowhere: list[tuple[Steps, Node]]) -> list[Problem]:
    """One problem for all files that are missing, so that one message names them."""
    if not nowhere:
        return []
    steps, first = nowhere[0]
    names = ", ".join(dict.fromkeys(shown(Bare(str(node.value))) for _, node in nowhere))
    message = f"no such file in the scenario's folder or a --data folder: {names}"
    return [Problem(*first.place, path_text(root, steps), message)]
