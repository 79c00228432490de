"""What is left of a scenario when broken values are taken out, so that it can be checked too.

A key that is wrong goes; a row that cannot do without it goes as a whole. Rows that stay
remember their position in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import ValidationError

from scenarios.complaints import finding_steps
from scenarios.decode import Node, Steps, Tree
from scenarios.scenario import Scenario
from topology import Fault

MOST_ROUNDS = 8
MOST_ERRORS = 300  # beyond, the first problems are enough to begin with


@dataclass(slots=True)
class Salvage:
    """Values without what is broken; `dropped` holds the paths of rows that are gone."""

    tree: dict[str, Tree]
    dropped: set[Steps] = field(default_factory=set)
    cleared: set[Steps] = field(default_factory=set)

    def scenario(self, error: ValidationError, root: Node) -> Scenario | None:
        """What is left as a scenario, or None where too little is."""
        for _ in range(MOST_ROUNDS):
            if error.error_count() > MOST_ERRORS or not self._take_out(error, root):
                return None
            try:
                return Scenario.model_validate(self._left())
            except ValidationError as again:
                error = again
        return None

    def _take_out(self, error: ValidationError, root: Node) -> bool:
        """Takes out every value that an error names; False if one cannot be spared."""
        findings = finding_steps(error, root, self._original)
        spared = [self._spare(steps, is_missing) for steps, is_missing in findings]
        return all(spared)

    def _spare(self, steps: Steps, is_missing: bool) -> bool:
        row = row_of(steps)
        if row in self.dropped or row[:-1] in self.cleared:
            return True
        if row and (is_missing or steps == row or steps in self.cleared):
            self.dropped.add(row)
            return True
        inner = steps[len(row) :]
        cut = next((n for n, step in enumerate(inner) if isinstance(step, int)), len(inner))
        target = (*row, *inner[:cut])
        if is_missing or not target or target == ("workloads",):
            return False
        self.cleared.add(target)
        self.dropped = {one for one in self.dropped if one[: len(target)] != target}
        self.tree = _without(self.tree, target)
        return True

    def _left(self) -> dict[str, Tree]:
        tree = self.tree
        for row in self.dropped:
            tree = _replaced(tree, row, None)
        return _compact(tree, {row[:-1] for row in self.dropped})

    def _original(self, steps: Steps) -> Steps:
        """The path in the file of a path in what is left."""
        row = row_of(steps)
        if not row:
            return steps
        position, index = -1, int(row[-1])
        for _ in range(index + 1):
            position += 1
            while (*row[:-1], position) in self.dropped:
                position += 1
        return (*row[:-1], position, *steps[len(row) :])

    def true_faults(self, faults: Iterable[Fault]) -> list[Fault]:
        """Those faults that do not come from what was taken out, with paths of the file."""
        kept = []
        for fault in faults:
            steps = self._original(fault.path)
            touched = any(steps[: len(path)] == path for path in self.cleared)
            if not touched and not (self.dropped and _may_lack(fault)):
                kept.append(Fault(steps, fault.message, fault.got, fault.options))
        return kept


def _may_lack(fault: Fault) -> bool:
    """Whether the fault may come from a row that is gone."""
    return fault.message.startswith(("no ", "expected at least", "region is missing"))


def row_of(steps: Steps) -> Steps:
    """The path of the row that a path is in: `workloads[2]`, `topology.pools[0]`; else ()."""
    depth = 3 if steps[:1] == ("topology",) else 2
    return steps[:depth] if len(steps) >= depth and isinstance(steps[depth - 1], int) else ()


def _without(tree: dict[str, Tree], steps: Steps) -> dict[str, Tree]:
    step, rest = steps[0], steps[1:]
    inner = tree.get(str(step))
    if not rest:
        return {key: value for key, value in tree.items() if key != step}
    if isinstance(inner, dict):
        return {**tree, str(step): _without(inner, rest)}
    if isinstance(inner, tuple) and isinstance(rest[0], int):
        item = inner[rest[0]]
        new = _without(item, rest[1:]) if isinstance(item, dict) else item
        return {**tree, str(step): (*inner[: rest[0]], new, *inner[rest[0] + 1 :])}
    return tree


def _replaced(tree: dict[str, Tree], row: Steps, value: Tree) -> dict[str, Tree]:
    key, rest = str(row[0]), row[1:]
    inner = tree[key]
    if isinstance(inner, tuple):
        position = int(rest[0])
        return {**tree, key: (*inner[:position], value, *inner[position + 1 :])}
    return {**tree, key: _replaced(inner, rest, value)} if isinstance(inner, dict) else tree


def _compact(tree: dict[str, Tree], lists: set[Steps]) -> dict[str, Tree]:
    """The values without the empty places of rows in those lists."""
    for path in lists:
        around = tree if len(path) == 1 else tree[str(path[0])]
        rows = around[str(path[-1])] if isinstance(around, dict) else ()
        kept = (
            tuple(row for row in rows if row is not None) if isinstance(rows, tuple) else rows
        )
        if len(path) == 1:
            tree = {**tree, str(path[0]): kept}
        elif isinstance(around, dict):
            tree = {**tree, str(path[0]): {**around, str(path[1]): kept}}
    return tree
