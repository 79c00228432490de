"""From a file to a scenario: decode, layers, classes, checks; all problems at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scenarios.bundled import located
from scenarios.checks import UNKNOWN_KEY, check, notes
from scenarios.complaints import complaints
from scenarios.decode import Node, Steps, Tree, decode, find, got, path_text, plain, read_text
from scenarios.files import MissingFileError, locate
from scenarios.inventories import CLUSTER, expand_nodes_file
from scenarios.layers import Layer, Setting, normal, settings_of, variants_of, written
from scenarios.not_yet import not_yet
from scenarios.policy_names import POLICY_DEFAULTS
from scenarios.problems import Bare, Place, Problem, ScenarioError, guess, shown
from scenarios.salvage import Salvage
from scenarios.scenario import MOST_HOURS, Origin, Policies, PolicyChoice, Scenario
from scenarios.trace_jobs import trace_table
from scenarios.workload import Trace
from topology import Fault, complete

DEFAULT_HORIZON_H = 168.0
REQUIRED = ("name", "topology", "workloads")


def read(
    name: str | Path,
    *,
    sets: Sequence[str] = (),
    data: Sequence[str | Path] = (),
    seeds: int | None = None,
    variants: Sequence[str] = (),
) -> Scenario:
    """The scenario of a file, or of a bundled name, with all its variants resolved.

    `sets` are `path.to.key=value`, laid over every variant. `data` are more folders to look
    for files in. `seeds` replaces the number of seeds, `variants` picks those to run.

    Raises:
        ScenarioError: something is wrong; it holds every problem that was found.
    """
    file = str(name)
    path = located(file)
    root, problems = decode(read_text(path, file), file)
    if not isinstance(root.value, dict):
        message = "expected a map of keys"
        raise ScenarioError(
            [*problems, Problem(*root.place, message=message, got=got(plain(root)))], file
        )
    folders = tuple(Path(folder) for folder in data)
    problems += _missing_folders(folders, file)
    reading = _Reading(file, path.parent, folders, problems)
    if seeds is not None:
        place = Place("--seeds", 1, 1)
        root = replace(root, value={**root.value, "seeds": Node(seeds, place, place)})
    return reading.scenario(root, tuple(sets), tuple(variants))


def _missing_folders(folders: Iterable[Path], file: str) -> list[Problem]:
    return [
        Problem(file, message="--data: no such folder", got=str(folder))
        for folder in folders
        if not folder.is_dir()
    ]


Resolved = tuple[Scenario, Node]


@dataclass(slots=True)
class _Reading:
    """One file on its way to a scenario, and all that was found wrong on the way."""

    file: str
    folder: Path
    data: tuple[Path, ...]
    problems: list[Problem] = field(default_factory=list)
    nowhere: set[str] = field(default_factory=set)  # missing files that were told of

    def scenario(self, root: Node, sets: tuple[str, ...], wanted: tuple[str, ...]) -> Scenario:
        """The scenario with its variants.

        Raises:
            ScenarioError: if anything is wrong anywhere.
        """
        base, changes, found = variants_of(root)
        self.problems += found
        settings, found = settings_of(sets)
        self.problems += found
        changes = self._wanted(changes, wanted)
        own = self._resolved(_set_over(normal(base), settings, self.problems))
        judged = changes if _is_whole(base) else {}
        resolved = [self._variant(name, base, judged[name], settings) for name in judged]
        if self.problems or own is None:
            raise ScenarioError(self.problems, self.file)
        tree = plain(root)
        self._judge_traces([own, *[one for one in resolved if one]])
        variants = tuple(
            self._told(one, name, tree)
            for name, one in zip(changes, resolved, strict=True)
            if one is not None
        )
        return self._told(own, "base", tree, variants, _settled(changes, settings))

    def _wanted(self, changes: dict[str, Node], wanted: tuple[str, ...]) -> dict[str, Node]:
        """The variants asked for, in file order."""
        for name in wanted:
            if name not in changes and not (name == "base" and not changes):
                message = "--variant: no variant of that name"
                meant = guess(name, changes)
                self.problems.append(Problem(self.file, message=message, got=name, guess=meant))
        return {k: v for k, v in changes.items() if k in wanted} if wanted else changes

    def _variant(
        self, name: str, base: Node, change: Node, settings: list[Setting]
    ) -> Resolved | None:
        """One variant, resolved; problems that the base does not have are its own."""
        layer = Layer()
        root = layer.over(base, change)
        for problem in layer.problems:
            self.problems.append(replace(problem, path=_under(name, problem.path)))
        own = _Reading(self.file, self.folder, self.data, nowhere=self.nowhere)
        resolved = own._resolved(_set_over(root, settings, own.problems))
        places, known = set(_places(change)), {problem.place for problem in self.problems}
        self.problems += [
            _of_variant(problem, name, change.key, places)
            for problem in own.problems
            if problem.place in places or problem.place not in known
        ]
        return resolved

    def _resolved(self, root: Node) -> Resolved | None:
        """One scenario without variants from its values; None if they are wrong."""
        before = {problem.place for problem in self.problems}
        found, silent = not_yet(root)
        tree = plain(root)
        found += self._files(root, silent)
        if not silent and isinstance(tree, dict):
            found += self._expand_nodes(tree, root)
        scenario, more = _validated(tree, root, silent)
        found += more
        self.problems += [problem for problem in found if problem.place not in before]
        if scenario is None or found or silent:
            return None
        whole = scenario.model_copy(update={"topology": complete(scenario.topology)})
        told = _with_places(whole, root)
        return told.coming_from(Origin(self.file, self.folder, self.data)), root

    def _files(self, root: Node, silent: set[Steps]) -> list[Problem]:
        """Problems of the files that are named; those that are nowhere make one problem."""
        found: list[Problem] = []
        nowhere: list[tuple[Steps, Node]] = []
        for steps, node in _named_files(root):
            try:
                locate(str(node.value), (self.folder, *self.data), self.file)
            except MissingFileError:
                silent.add(steps)
                nowhere.append((steps, node))
            except ScenarioError as error:
                place, path = node.place, path_text(root, steps)
                silent.add(steps)
                found += [replace_place(one, place, path) for one in error.problems]
        new = [one for one in nowhere if str(one[1].value) not in self.nowhere]
        self.nowhere |= {str(node.value) for _, node in new}
        return found + _nowhere(root, new)

    def _expand_nodes(self, tree: dict[str, Any], root: Node) -> list[Problem]:
        """Adds the pools of a list of nodes to the values."""
        topology = tree.get("topology")
        section = topology.get("nodes_file") if isinstance(topology, dict) else None
        file = section.get("file") if isinstance(section, dict) else None
        if not isinstance(topology, dict) or not isinstance(file, str):
            return []
        places = {key: _first_name(topology.get(key)) for key in ("sites", "clouds")}
        path = locate(file, (self.folder, *self.data), self.file)
        try:
            chips, servers, pools = expand_nodes_file(
                section, path, site=places["sites"], cloud=places["clouds"]
            )
        except ScenarioError as error:
            return list(error.problems)
        _add_rows(topology, "chips", chips)
        _add_rows(topology, "servers", servers)
        _add_rows(topology, "pools", pools)
        if places["sites"] is None:
            _add_rows(topology, "sites", [{"name": CLUSTER, "tier": "city"}])
        if places["clouds"] is None:
            _add_rows(topology, "clouds", [{"name": CLUSTER}])
        return []

    def _judge_traces(self, all_resolved: list[Resolved]) -> None:
        """Refuses traces that cannot be used.

        Raises:
            ScenarioError: with every broken row.
        """
        for scenario, _ in all_resolved:
            for workload in _traces(scenario):
                table = trace_table(workload, scenario)
                self.problems += table.refusal(workload.on_bad_rows)
        if self.problems:
            raise ScenarioError(self.problems, self.file)

    def _told(
        self,
        resolved: Resolved,
        name: str,
        tree: Tree,
        variants: tuple[Scenario, ...] = (),
        changes: Mapping[str, Tree] | None = None,
    ) -> Scenario:
        """The scenario with its times filled in and its origin told."""
        scenario, root = resolved
        values = plain(root)
        assert isinstance(values, dict)
        if changes:
            values = {**values, "variants": dict(changes)}
        timed = _timed(scenario)
        told = _common_notes(variants) if variants else _notes(timed, root)
        origin = replace(
            scenario.origin,
            variant=name,
            variants=variants,
            tree=tree if isinstance(tree, dict) else None,
            resolved=values,
            digest=_digest(values, _named_files(root), scenario.file),
            notes=told,
        )
        found = [_problem(fault, root) for fault in _late_faults(timed)]
        if found:
            raise ScenarioError(found, self.file)
        return timed.coming_from(origin)


def _validated(
    tree: Tree, root: Node, silent: set[Steps]
) -> tuple[Scenario | None, list[Problem]]:
    """The values as a scenario, and all that is wrong with it but under `silent` paths."""
    try:
        scenario = Scenario.model_validate(tree)
    except ValidationError as error:
        found = complaints(error, root, Scenario, silent)
        salvage = Salvage(tree if isinstance(tree, dict) else {})
        rest = salvage.scenario(error, root)
        faults = salvage.true_faults(check(rest)) if rest else []
        return None, found + _told_faults(faults, root, silent)
    return scenario, _told_faults(check(scenario), root, silent)


def _told_faults(faults: Iterable[Fault], root: Node, silent: set[Steps]) -> list[Problem]:
    """Faults as problems, but for what cannot be judged yet."""
    if any(path in (("topology",), ("topology", "nodes_file", "file")) for path in silent):
        return []
    return [
        _problem(fault, root)
        for fault in faults
        if not any(fault.path[: len(path)] == path for path in silent)
    ]


def _of_variant(problem: Problem, name: str, key: Place, places: set[Place]) -> Problem:
    """A problem as the variant's: at its own line, or at its name where the base says it."""
    if problem.file != key.file:
        return problem
    place = problem.place if problem.place in places else key
    return replace_place(problem, place, _under(name, problem.path))


def _is_whole(base: Node) -> bool:
    """Whether there is enough of a scenario for a variant to change."""
    return all(find(base, (key,)) is not None for key in REQUIRED)


def _under(variant: str, path: str) -> str:
    """A path as that of a variant's own problem."""
    return ": ".join(part for part in (f"variants.{variant}", path) if part)


def replace_place(problem: Problem, place: Place, path: str) -> Problem:
    """The same problem, told of another place."""
    return replace(problem, file=place.file, line=place.line, column=place.column, path=path)


def _places(node: Node) -> Iterator[Place]:
    yield node.place
    yield node.key
    inner = node.value
    children = inner.values() if isinstance(inner, dict) else inner
    for child in children if isinstance(children, Iterable) else ():
        if isinstance(child, Node):
            yield from _places(child)


def _set_over(root: Node, settings: list[Setting], problems: list[Problem]) -> Node:
    for setting in settings:
        root, found = setting.over(root)
        problems += found
    return root


def _settled(changes: Mapping[str, Node], settings: list[Setting]) -> dict[str, Tree]:
    """Each variant's changes with the settings of the command line behind them."""
    last = {written(setting.path): plain(setting.value) for setting in settings}
    result: dict[str, Tree] = {}
    for name, change in changes.items():
        own = plain(change)
        result[name] = {**own, **last} if isinstance(own, dict) else own
    return result


def _named_files(root: Node) -> list[tuple[Steps, Node]]:
    """Where a scenario names files, and the nodes that hold the names."""
    workloads = find(root, ("workloads",))
    count = len(workloads.value) if workloads and isinstance(workloads.value, tuple) else 0
    paths: list[Steps] = [("topology", "nodes_file", "file")]
    for i in range(count):
        paths += [("workloads", i, *inner, "file") for inner in ((), ("arrivals",), ("work",))]
    nodes = [(path, find(root, path)) for path in paths]
    return [(path, node) for path, node in nodes if node and isinstance(node.value, str)]


def _nowhere(root: Node, nowhere: list[tuple[Steps, Node]]) -> list[Problem]:
    """One problem for all files that are missing, so that one message names them."""
    if not nowhere:
        return []
    steps, first = nowhere[0]
    names = ", ".join(dict.fromkeys(shown(Bare(str(node.value))) for _, node in nowhere))
    message = f"no such file in the scenario's folder or a --data folder: {names}"
    return [Problem(*first.place, path_text(root, steps), message)]


def _first_name(rows: object) -> str | None:
    """The name of the first of some rows."""
    first = rows[0] if isinstance(rows, tuple) and rows else None
    name = first.get("name") if isinstance(first, dict) else None
    return name if isinstance(name, str) else None


def _add_rows(topology: dict[str, Any], key: str, rows: list[dict[str, Any]]) -> None:
    """Adds rows whose names are new; those written in place come first and stay."""
    given = topology.get(key, ())
    if isinstance(given, tuple):
        names = {row.get("name") for row in given if isinstance(row, dict)}
        topology[key] = (*given, *(row for row in rows if row["name"] not in names))


def _with_places(scenario: Scenario, root: Node) -> Scenario:
    """The scenario whose policies know where they were written."""
    choices = {kind: _placed(scenario.policies, root, kind) for kind in POLICY_DEFAULTS}
    policies = scenario.policies.model_copy(update=choices)
    return scenario.model_copy(update={"policies": policies})


def _placed(policies: Policies, root: Node, kind: str) -> PolicyChoice:
    choice: PolicyChoice = getattr(policies, kind)
    node = find(root, ("policies", kind, "name")) or find(root, ("policies", kind))
    if node is None:
        return choice
    return choice.model_copy(update={"line": node.place.line, "column": node.place.column})


def _problem(fault: Fault, root: Node) -> Problem:
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


def _traces(scenario: Scenario) -> list[Trace]:
    return [workload for workload in scenario.workloads if isinstance(workload, Trace)]


def _timed(scenario: Scenario) -> Scenario:
    """The scenario with numbers for horizon and drain."""
    horizon_h = scenario.horizon_h
    if horizon_h is None:
        horizon_h = _last_submit_h(scenario)
    drain_h = horizon_h if scenario.drain_h is None else scenario.drain_h
    return scenario.model_copy(update={"horizon_h": horizon_h, "drain_h": drain_h})


def _last_submit_h(scenario: Scenario) -> float:
    """Just after the last submit of the traces; a week without traces."""
    traces = _traces(scenario)
    if not traces:
        return DEFAULT_HORIZON_H
    last_us = max(trace_table(workload, scenario).last_submit_us for workload in traces)
    return (last_us + 1) / 3.6e9


def _late_faults(scenario: Scenario) -> Iterator[Fault]:
    """What can be judged only when the horizon is known."""
    horizon_h = scenario.horizon_h or 0.0
    if horizon_h > MOST_HOURS:
        i = scenario.workloads.index(_traces(scenario)[0])
        message = f"expected a last submit within {MOST_HOURS:,} h"
        yield Fault(("workloads", i, "file"), message, round(horizon_h))
    elif scenario.warmup_h >= horizon_h:
        message = f"expected less than the horizon ({horizon_h:g} h)"
        yield Fault(("warmup_h",), message, scenario.warmup_h)


def _notes(scenario: Scenario, root: Node) -> tuple[str, ...]:
    told = [f"{path_text(root, one.path)}: {one.message}" for one in notes(scenario)]
    for workload in _traces(scenario):
        told += trace_table(workload, scenario).notes
    return tuple(dict.fromkeys(told))


def _common_notes(variants: tuple[Scenario, ...]) -> tuple[str, ...]:
    """What is true of every variant: a row that one of them uses is used."""
    first, *others = (variant.notes for variant in variants)
    return tuple(note for note in first if all(note in told for told in others))


def _digest(
    values: Mapping[str, Any],
    files: Iterable[tuple[Steps, Node]],
    file: Callable[[str], Path],
) -> str:
    """SHA-256 of the values, whose variants have an order, and of the files they name."""
    ordered = {**values, "variants": list(values.get("variants", {}).items())}
    names = sorted({str(node.value) for _, node in files})
    digests = {name: _file_digest(file(name)) for name in names}
    text = json.dumps({"scenario": ordered, "files": digests}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
