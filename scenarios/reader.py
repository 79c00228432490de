"""From a file to a scenario: decode, layers, classes, checks; all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scenarios.bundled import located
from scenarios.checks import check
from scenarios.complaints import MISSING, complaints
from scenarios.decode import Node, Steps, Tree, decode, find, got, path_text, plain, read_text
from scenarios.edits import places_of
from scenarios.extends import concerns, extended
from scenarios.files import MissingFileError, locate, named_files, nowhere_problem
from scenarios.finish import common_notes, digest_of, late_faults, notes_of, timed, traces
from scenarios.inventories import CLUSTER, expand_nodes_file
from scenarios.layers import (
    Layer,
    Setting,
    normal,
    overridden,
    settings_of,
    settled,
    variants_of,
)
from scenarios.networks import measured_links, with_backbone
from scenarios.not_yet import not_yet
from scenarios.policy_names import POLICY_DEFAULTS
from scenarios.problems import MOST_PROBLEMS, Place, Problem, ScenarioError, and_more, guess
from scenarios.salvage import Salvage
from scenarios.scenario import Origin, Policies, PolicyChoice, Scenario
from scenarios.telling import of_variant, places, problem_of, replace_place, under
from scenarios.trace_jobs import trace_table
from topology import Fault, complete

REQUIRED = ("name", "topology", "workloads")
LARGE = 20_000  # values; of more the first rows are looked at first
FIRST = 200  # of a list or map
MOST_VARIANTS = 1_000
MOST_VALUES = 2_000_000  # of all variants together: half a minute of reading
# Without these the topology is not there to be judged.
UNJUDGED: set[Steps] = {
    ("topology",),
    ("topology", "extends"),
    ("topology", "backbone", "file"),
    ("topology", "nodes_file", "file"),
}


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
    whole: bool = True  # the topology is written out
    said: tuple[str, ...] = ()  # notes of files that were written out

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
        base, settings = self._extended(normal(base), settings)
        own = self._resolved(_set_over(base, settings, self.problems))
        changes = self._not_too_many(changes, base)
        # of a large file whose base is wrong the base comes first
        few = own is not None or _values(base) <= LARGE
        judged = changes if _is_whole(base) and self.whole and few else {}
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
        whole = self._told(own, "base", tree, variants, settled(changes, settings))
        lost = overridden(changes, settings)
        return whole.coming_from(replace(whole.origin, overridden=lost))

    def _extended(self, base: Node, settings: list[Setting]) -> tuple[Node, list[Setting]]:
        """The scenario with its topology written out, and the settings that come after that."""
        first = [setting for setting in settings if concerns(setting)]
        found = extended(_set_over(base, first, self.problems))
        self.problems += found.problems
        self.whole = found.whole
        rest = [setting for setting in settings if setting not in first]
        if not found.whole:
            return found.root, []
        found, self.said = with_backbone(found.root, self._locate)
        self.problems += found.problems
        self.whole = found.whole
        return found.root, rest if found.whole else []

    def _locate(self, name: str) -> Path:
        return locate(name, (self.folder, *self.data), self.file)

    def _wanted(self, changes: dict[str, Node], wanted: tuple[str, ...]) -> dict[str, Node]:
        """The variants asked for, in file order."""
        for name in wanted:
            if name not in changes and not (name == "base" and not changes):
                message = "--variant: no variant of that name"
                meant = guess(name, changes)
                self.problems.append(Problem(self.file, message=message, got=name, guess=meant))
        return {k: v for k, v in changes.items() if k in wanted} if wanted else changes

    def _not_too_many(self, changes: dict[str, Node], base: Node) -> dict[str, Node]:
        """The variants, or none where making them all would take too long."""
        count, values = len(changes), len(changes) * _values(base)
        if count <= MOST_VARIANTS and values <= MOST_VALUES:
            return changes
        message = f"expected at most {MOST_VARIANTS:,}; got {count:,}"
        if count <= MOST_VARIANTS:
            message = (
                f"expected at most {MOST_VALUES:,} values in all of them together; "
                f"got {values:,} in {count:,}"
            )
        place = next(iter(changes.values())).key
        self.problems.append(Problem(*place, path="variants", message=message))
        return {}

    def _variant(
        self, name: str, base: Node, change: Node, settings: list[Setting]
    ) -> Resolved | None:
        """One variant, resolved; problems that the base does not have are its own."""
        layer = Layer()
        root = layer.over(base, change)
        for problem in layer.problems:
            self.problems.append(replace(problem, path=under(name, problem.path)))
        own = _Reading(self.file, self.folder, self.data, nowhere=self.nowhere)
        resolved = own._resolved(_set_over(root, settings, own.problems))
        inside, known = set(places(change)), {problem.place for problem in self.problems}
        self.problems += [
            of_variant(problem, name, change.key, inside)
            for problem in own.problems
            if problem.place in inside or problem.place not in known
        ]
        return resolved

    def _resolved(self, root: Node) -> Resolved | None:
        """One scenario without variants from its values; None if they are wrong."""
        before = {problem.place for problem in self.problems}
        found, silent = not_yet(root)
        silent |= set() if self.whole else {("topology", "extends")}
        tree = plain(root)
        found += self._files(root, silent)
        if not silent and isinstance(tree, dict):
            broken = self._expand_nodes(tree, root)
            broken += measured_links(tree, root, self._locate)
            silent |= {("topology", "nodes_file", "file")} if broken else set()
            found += broken
        scenario, more = _validated(tree, root, silent)
        found += [problem for problem in more if self.whole or not _may_be_extended(problem)]
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
        for steps, node in named_files(root):
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
        return found + nowhere_problem(root, new)

    def _expand_nodes(self, tree: dict[str, Any], root: Node) -> list[Problem]:
        """Adds the pools of a list of nodes to the values."""
        topology = tree.get("topology")
        section = topology.get("nodes_file") if isinstance(topology, dict) else None
        file = section.get("file") if isinstance(section, dict) else None
        if not isinstance(topology, dict) or not isinstance(file, str):
            return []
        first = {key: _first_name(topology.get(key)) for key in ("sites", "clouds")}
        path = locate(file, (self.folder, *self.data), self.file)
        try:
            chips, servers, pools = expand_nodes_file(
                {}, path, site=first["sites"], cloud=first["clouds"]
            )
        except ScenarioError as error:
            return list(error.problems)
        _add_rows(topology, "chips", chips)
        _add_rows(topology, "servers", servers)
        _add_rows(topology, "pools", pools)
        if first["sites"] is None:
            _add_rows(topology, "sites", [{"name": CLUSTER, "tier": "city"}])
        if first["clouds"] is None:
            _add_rows(topology, "clouds", [{"name": CLUSTER}])
        return []

    def _judge_traces(self, all_resolved: list[Resolved]) -> None:
        """Refuses traces that cannot be used.

        Raises:
            ScenarioError: with every broken row.
        """
        for scenario, _ in all_resolved:
            for workload in traces(scenario):
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
        values = values if isinstance(values, dict) else {}  # it is a map: it was validated
        if changes:
            values = {**values, "variants": dict(changes)}
        whole = timed(scenario)
        told = common_notes(variants) if variants else (*self.said, *notes_of(whole, root))
        origin = replace(
            scenario.origin,
            variant=name,
            variants=variants,
            tree=tree if isinstance(tree, dict) else None,
            resolved=values,
            digest=digest_of(values, named_files(root), scenario.file),
            notes=told,
            workloads=_workload_places(root, scenario.origin.file),
            places=places_of(root) if scenario.demands_an_answer else {},
        )
        try:
            found = [problem_of(fault, root) for fault in late_faults(whole)]
        except ScenarioError as error:  # a file of gaps
            raise ScenarioError(error.problems, self.file) from None
        if found:
            raise ScenarioError(found, self.file)
        return whole.coming_from(origin)


def _validated(
    tree: Tree, root: Node, silent: set[Steps]
) -> tuple[Scenario | None, list[Problem]]:
    """The values as a scenario, and all that is wrong with it but under `silent` paths."""
    early = _first_look(tree, root, silent) if _values(root) > LARGE else []
    if early:
        return None, early
    try:
        scenario = Scenario.model_validate(tree)
    except ValidationError as error:
        found = complaints(error, root, Scenario, silent)
        salvage = Salvage(tree if isinstance(tree, dict) else {})
        rest = salvage.scenario(error, root)
        faults = salvage.true_faults(check(rest)) if rest else []
        return None, found + _told_faults(faults, root, silent)
    return scenario, _told_faults(check(scenario), root, silent)


def _first_look(tree: Tree, root: Node, silent: set[Steps]) -> list[Problem]:
    """What is wrong with the first rows, if that is plenty: a list of all would be no help."""
    try:
        Scenario.model_validate(_head(tree))
    except ValidationError as error:
        found = complaints(error, root, Scenario, silent)
        found = [problem for problem in found if problem.message != MISSING]
        if len(found) > FIRST // 2:
            message = f"much is wrong; these are of the first {FIRST} of every list"
            return [*found, Problem(root.place.file, message=message)]
    return []


def _head(tree: Tree) -> Tree:
    """The values without what follows the first of every list and map."""
    if isinstance(tree, dict):
        return {key: _head(tree[key]) for key in islice(tree, FIRST)}
    return tuple(map(_head, tree[:FIRST])) if isinstance(tree, tuple) else tree


def _told_faults(faults: Iterable[Fault], root: Node, silent: set[Steps]) -> list[Problem]:
    """Faults as problems, but for what cannot be judged yet."""
    if silent & UNJUDGED:
        return []
    heard = [
        fault for fault in faults if not any(fault.path[: len(path)] == path for path in silent)
    ]
    told = [problem_of(fault, root) for fault in heard[:MOST_PROBLEMS]]
    return told + and_more(root.place.file, len(heard) - MOST_PROBLEMS)


def _values(node: Node) -> int:
    """How many values there are at and below a node."""
    inner = node.value
    if isinstance(inner, dict):
        return 1 + sum(map(_values, inner.values()))
    return 1 + sum(map(_values, inner)) if isinstance(inner, tuple) else 1


def _may_be_extended(problem: Problem) -> bool:
    """Whether the key that is missing may be there once the topology is written out."""
    lists = ("topology.synthetic", "topology.nodes_file")
    return (
        problem.message == MISSING
        and problem.path.startswith("topology.")
        and not problem.path.startswith(lists)
    )


def _workload_places(root: Node, file: str) -> tuple[tuple[str, int, int], ...]:
    """Name, line and column of each workload that the file itself shows."""
    rows = find(root, ("workloads",))
    inner = rows.value if rows and isinstance(rows.value, tuple) else ()
    named = [(find(row, ("name",)), row.place) for row in inner]
    return tuple(
        (str(name.value), at.line, at.column) for name, at in named if name and at.file == file
    )


def _is_whole(base: Node) -> bool:
    """Whether there is enough of a scenario for a variant to change."""
    return all(find(base, (key,)) is not None for key in REQUIRED)


def _set_over(root: Node, settings: list[Setting], problems: list[Problem]) -> Node:
    for setting in settings:
        root, found = setting.over(root)
        problems += found
    return root


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
