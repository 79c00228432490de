"""Layers: a variant, or `key=value` from the command line, laid over a scenario.

Keys are paths (`topology.pools[hz-gpu].nodes`) that name items, never count them. Maps
merge deep, items of lists by name, new names append, null removes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter, ValidationError

from scenarios.complaints import NAME_RULE
from scenarios.decode import Node, Tree, decode, got, plain
from scenarios.policy_names import POLICY_DEFAULTS, options_of
from scenarios.problems import COMMAND_LINE, Place, Problem, ScenarioError, guess
from scenarios.values import Name

SEGMENT = re.compile(r"([^.\[\]]+)((?:\[[^\[\]]+\])*)(\.|$)")
ITEM = re.compile(r"\[([^\[\]]+)\]")
OWN = ("name", "question", "answer", "seeds", "variants")  # of the scenario, not of a variant


OWN_TOPOLOGY = (("topology", "extends"), ("topology", "synthetic"))


class Item(str):
    """A step into a list: the name of an item."""

    __slots__ = ()


Path = tuple[str, ...]  # of keys and `Item`s


@dataclass(slots=True)
class Layer:
    """What one layer does to a scenario; the problems it met on its way."""

    problems: list[Problem] = field(default_factory=list)

    def over(self, root: Node, change: Node) -> Node:
        """`root` with the changes of a map laid over it."""
        before = normal(root)
        return _without_stale_options(before, self.merge(before, change, ()))

    def merge(self, base: Node | None, change: Node, at: Path) -> Node:
        """`change` laid over `base`, both at the path `at`."""
        if _is_policy(at) and isinstance(change.value, str):
            change = _as_policy(change)
        if isinstance(change.value, dict):
            kept = base.value if base is not None and isinstance(base.value, dict) else {}
            whole = base if kept and base is not None else change
            return self._merge_map(replace(whole, value=kept), change, at)
        if base is not None and _has_names(base) and change.value and _has_names(change):
            return self._merge_items(base, change, at)
        return change

    def _merge_map(self, base: Node, change: Node, at: Path) -> Node:
        result = base
        for key, node in _map(change).items():
            path = parse_path(key)
            if path is None:
                message = "expected a path, as topology.pools[hz-gpu].nodes"
                self.problems.append(Problem(*node.key, message=message, got=key))
            else:
                result = self.put(result, path, node, at)
        return result

    def _merge_items(self, base: Node, change: Node, at: Path) -> Node:
        items = {name_of(item): item for item in _list(base)}
        for item in _list(change):
            name = name_of(item)
            items[name] = self.merge(items.get(name), item, (*at, Item(name)))
        return replace(base, value=tuple(items.values()))

    def put(self, base: Node, path: Path, node: Node, at: Path) -> Node:
        """`base` with `node` laid over what is at `path` in it; null takes that away."""
        step, rest = path[0], path[1:]
        if isinstance(step, Item):
            return self._put_item(base, step, rest, node, at)
        here = (*at, step)
        entries = dict(_map(base))
        if not isinstance(base.value, dict):  # what was no map is replaced by one
            base = replace(base, place=node.place)
        child = entries.get(step)
        if rest:
            start = child if child is not None else _nothing(rest[0], node)
            entries[step] = self.put(_opened(start, here), rest, node, here)
        elif node.value is None and child is not None:
            del entries[step]
        else:
            merged = self.merge(child, node, here)
            entries[step] = replace(merged, key=node.key)
        return replace(base, value=entries)

    def _put_item(self, base: Node, name: str, rest: Path, node: Node, at: Path) -> Node:
        if not isinstance(base.value, tuple):
            message = "expected a list there, to find an item in"
            self.problems.append(Problem(*node.key, written(at), message, name))
            return base
        items = list(_list(base))
        names = [name_of(item) for item in items]
        here = (*at, Item(name))
        if name not in names:
            return self._append(base, name, rest, node, at)
        place = names.index(name)
        if rest:
            items[place] = self.put(items[place], rest, node, here)
        elif node.value is None:
            del items[place]
        else:
            items[place] = self.merge(items[place], node, here)
        return replace(base, value=tuple(items))

    def _append(self, base: Node, name: str, rest: Path, node: Node, at: Path) -> Node:
        """A new item, if a whole one is given; else nobody has that name."""
        if rest or not isinstance(node.value, dict):
            names = [name_of(item) for item in _list(base)]
            message = "no item of that name (items are named, never counted)"
            self.problems.append(
                Problem(*node.key, written(at), message, name, guess(name, names))
            )
            return base
        named = replace(node, value={"name": Node(name, node.key, node.key), **node.value})
        return replace(base, value=(*_list(base), self.merge(None, named, at)))


def parse_path(text: str) -> Path | None:
    """`topology.pools[hz-gpu].nodes` as its steps, None if it is no path."""
    steps: list[str] = []
    at = 0
    while at < len(text):
        segment = SEGMENT.match(text, at)
        if segment is None or (segment.group(3) == "." and segment.end() == len(text)):
            return None
        steps += [segment.group(1), *map(Item, ITEM.findall(segment.group(2)))]
        at = segment.end()
    return tuple(steps) or None


def written(path: Path) -> str:
    """Steps as the user writes them."""
    text = "".join(f"[{step}]" if isinstance(step, Item) else f".{step}" for step in path)
    return text.removeprefix(".")


def normal(root: Node) -> Node:
    """The scenario with every policy as a map with its name, so that options can join it."""
    policies = _map(root).get("policies")
    if policies is None or not isinstance(policies.value, dict):
        return root
    entries = {
        key: _as_policy(node)
        if key in POLICY_DEFAULTS and isinstance(node.value, str)
        else node
        for key, node in policies.value.items()
    }
    return replace(root, value={**_map(root), "policies": replace(policies, value=entries)})


def _is_policy(at: Path) -> bool:
    return len(at) == 2 and at[0] == "policies" and at[1] in POLICY_DEFAULTS


def _as_policy(node: Node) -> Node:
    return replace(node, value={"name": node})


def _without_stale_options(before: Node, after: Node) -> Node:
    """A policy whose name changed keeps only those older options that the new one has."""
    old, new = (_map(_map(root).get("policies")) for root in (before, after))
    entries = {kind: _fresh(kind, old.get(kind), node) for kind, node in new.items()}
    if not entries:
        return after
    policies = replace(_map(after)["policies"], value=entries)
    return replace(after, value={**_map(after), "policies": policies})


def _fresh(kind: str, old: Node | None, new: Node) -> Node:
    name, was = _map(new).get("name"), _map(old).get("name")
    if name is None or (was.value if was else POLICY_DEFAULTS.get(kind)) == name.value:
        return new
    older = _map(old)
    allowed = options_of(kind, str(name.value))
    kept = {
        key: node
        for key, node in _map(new).items()
        if key == "name" or key in allowed or older.get(key) is not node
    }
    return replace(new, value=kept)


def _map(node: Node | None) -> Mapping[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _list(node: Node) -> tuple[Node, ...]:
    return node.value if isinstance(node.value, tuple) else ()


def name_of(item: Node) -> str:
    """The name of an item, '' if it has none."""
    name = _map(item).get("name")
    return name.value if name is not None and isinstance(name.value, str) else ""


def _has_names(node: Node) -> bool:
    items = _list(node)
    return isinstance(node.value, tuple) and all(name_of(item) for item in items)


def _nothing(step: str, like: Node) -> Node:
    """An empty list or map to put an item or a key into."""
    return Node(() if isinstance(step, Item) else {}, like.place, like.key)


def _opened(node: Node, at: Path) -> Node:
    """A policy that is only a name opens to a map, so that an option can join it."""
    return _as_policy(node) if _is_policy(at) and isinstance(node.value, str) else node


def variants_of(root: Node) -> tuple[Node, dict[str, Node], list[Problem]]:
    """The scenario without its variants, the changes of each, and what is wrong with them."""
    entries = dict(_map(root))
    section = entries.pop("variants", None)
    base = replace(root, value=entries)
    if section is None:
        return base, {}, []
    if section.value == {}:
        return base, {}, [Problem(*section.place, "variants", "expected at least 1 variant")]
    if not isinstance(section.value, dict):
        message, shows = "expected a map of variants", got(plain(section))
        return base, {}, [Problem(*section.place, "variants", message, shows)]
    problems = [
        problem
        for name, change in section.value.items()
        for problem in _variant_problems(name, change)
    ]
    good = {
        name: change
        for name, change in section.value.items()
        if isinstance(change.value, dict) and not _says_another_topology(change)
    }
    return base, good, problems


NAMES: TypeAdapter[str] = TypeAdapter(Name)  # the same rule as for names of rows


def _variant_problems(name: str, change: Node) -> list[Problem]:
    path = f"variants.{name}"
    try:
        NAMES.validate_python(name)
    except ValidationError:
        return [Problem(*change.key, "variants", NAME_RULE, name)]
    if not isinstance(change.value, dict):
        message = "expected a map of changes, {} for none"
        return [Problem(*change.place, path, message, got(plain(change)))]
    return [
        Problem(*node.key, path, "belongs to the scenario, not to a variant", key)
        for key, node in change.value.items()
        if _is_own(parse_path(key) or ("",))
    ]


def _is_own(path: Path) -> bool:
    return path[0] in OWN or path[:2] in OWN_TOPOLOGY


def _says_another_topology(change: Node) -> bool:
    return any((parse_path(key) or ("",))[:2] in OWN_TOPOLOGY for key in _map(change))


@dataclass(frozen=True, slots=True)
class Setting:
    """One `--set path=value` of the command line."""

    path: Path
    value: Node

    def over(self, root: Node) -> tuple[Node, list[Problem]]:
        """The scenario with this setting, and what hindered it."""
        layer = Layer()
        key = Node({written(self.path): self.value}, self.value.key, self.value.key)
        return layer.over(root, key), layer.problems


def settings_of(sets: tuple[str, ...]) -> tuple[list[Setting], list[Problem]]:
    """Each `path=value` read with the rules of the file; problems are named `--set:1:COL`."""
    settings: list[Setting] = []
    problems: list[Problem] = []
    for line, text in enumerate(sets, 1):
        try:
            setting, found = _setting(text, line)
        except ScenarioError as error:
            found = list(error.problems)
        else:
            settings.append(setting)
        problems += found
    return settings, problems


def _setting(text: str, line: int) -> tuple[Setting, list[Problem]]:
    """One setting and the problems of its value.

    Raises:
        ScenarioError: it is no `path=value`, or its value is no YAML.
    """
    key, equals, value = text.partition("=")
    start = Place(COMMAND_LINE, line, 1)
    path = parse_path(key.strip())
    if not equals or path is None:
        message = "expected path.to.key=value, as topology.pools[hz-gpu].nodes=40"
        raise ScenarioError([Problem(*start, message=message, got=text)])
    if path[0] == "variants":
        message = "not set from outside; name those to run with --variant"
        raise ScenarioError([Problem(*start, "variants", message)])
    if not value.strip():
        raise ScenarioError([Problem(*start, key, "expected a value after =")])
    node, problems = decode(value, COMMAND_LINE, line, len(key) + 2)
    told = [replace(one, path=written(path) + one.path) for one in problems]
    return Setting(path, replace(node, key=start)), told


def overridden(changes: Mapping[str, Node], settings: list[Setting]) -> tuple[str, ...]:
    """A line for every setting of the command line that a variant sets as well."""
    told: list[str] = []
    for setting in settings:
        own = set(_leaves(setting.value, setting.path))
        names = [
            f"'{name}'"
            for name, change in changes.items()
            if any(leaf[: len(path)] == path for leaf in _leaves(change, ()) for path in own)
        ]
        if names:
            who = f"variant{'s' * (len(names) > 1)} {', '.join(names)}"
            told.append(f"--set {written(setting.path)}: also set by {who}; --set wins")
    return tuple(dict.fromkeys(told))


def _leaves(node: Node, at: Path) -> Iterator[Path]:
    """The paths of what a change says, a policy's name under `name` however it is written."""
    if isinstance(node.value, dict) and node.value:
        for key, inner in node.value.items():
            if key != "name" or not (at and isinstance(at[-1], Item)):  # which item, not what
                yield from _leaves(inner, (*at, *(parse_path(key) or (key,))))
    elif node.value and _has_names(node):
        for item in _list(node):
            yield from _leaves(item, (*at, Item(name_of(item))))
    else:
        yield (*at, "name") if _is_policy(at) and isinstance(node.value, str) else at


def settled(changes: Mapping[str, Node], settings: list[Setting]) -> dict[str, Tree]:
    """Each variant's changes with the settings of the command line behind them."""
    last = {written(setting.path): plain(setting.value) for setting in settings}
    result: dict[str, Tree] = {}
    for name, change in changes.items():
        own = plain(change)
        result[name] = {**own, **last} if isinstance(own, dict) else own
    return result
