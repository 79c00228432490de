"""`topology.extends`: the rows of a topology with a name, and the file's own laid over them.

Maps merge deep, rows by name, new names append, as in a layer. A link of the file replaces one
between the same sites. What is read afterwards, variants and settings among it, finds the whole
topology written out, so that `extends` and `synthetic` are gone from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from scenarios.decode import Node, Steps, find, got, plain
from scenarios.layers import Layer, Setting
from scenarios.misspelt_rows import as_meant
from scenarios.problems import Place, Problem, either, guess
from topology import Synthetic, named_topologies, several, synthetic_rows

EXTENDS: Steps = ("topology", "extends")
SYNTHETIC: Steps = ("topology", "synthetic")
MADE_UP = "synthetic"
MOST_SITES = 5_000  # the matrix of delays has the square of it
MOST_POOLS = 50_000


@dataclass(frozen=True, slots=True)
class Extended:
    """A scenario with its topology written out; if it is not `whole` it is as it was."""

    root: Node
    problems: tuple[Problem, ...] = ()
    whole: bool = True


def extended(root: Node) -> Extended:
    """The scenario with what its topology extends written out."""
    named, size = find(root, EXTENDS), find(root, SYNTHETIC)
    if named is not None and named.value == MADE_UP:
        return _made_up(root, named, size)
    if size is not None and (named is None or named.value is None):
        return _failed(root, size, "needs extends: synthetic")
    if named is None:
        return Extended(root)
    return _several(root, named) if isinstance(named.value, tuple) else _named(root, named)


def _named(root: Node, named: Node) -> Extended:
    topologies = named_topologies()
    if not isinstance(named.value, str) or named.value not in topologies:
        return _unknown(root, named, (*topologies, MADE_UP))
    if find(root, SYNTHETIC) is not None:
        return _failed(root, find(root, SYNTHETIC) or named, "needs extends: synthetic")
    return laid_over(root, named, "extends", topologies[named.value]())


def _several(root: Node, named: Node) -> Extended:
    """Provinces side by side; each name known, and there once."""
    topologies = named_topologies()
    known = ("hubs", *(name for name in topologies if "/" in name))
    rows = named.value if isinstance(named.value, tuple) else ()
    said: list[str] = []
    for i, node in enumerate(rows):
        path = f"topology.extends[#{i + 1}]"
        if node.value in said:
            problem = Problem(*node.place, path, "stands there twice", got(plain(node)))
            return Extended(root, (problem,), whole=False)
        if not isinstance(node.value, str) or node.value not in known:
            strange = isinstance(node.value, str) and node.value not in (*topologies, MADE_UP)
            meant = _meant(str(node.value), known) if strange else None
            message = "expected hubs or province/NAME"
            problem = Problem(*node.place, path, message, got(plain(node)), meant)
            return Extended(root, (problem,), whole=False)
        said.append(node.value)
    if not any("/" in name for name in said):
        problem = Problem(*named.place, "topology.extends", "expected at least one province")
        return Extended(root, (problem,), whole=False)
    if size := find(root, SYNTHETIC):
        return _failed(root, size, "needs extends: synthetic")
    return laid_over(root, named, "extends", several(said))


def concerns(setting: Setting) -> bool:
    """Whether a setting of the command line says what is extended."""
    return any(setting.path[: len(path)] == path for path in (EXTENDS, SYNTHETIC))


def _unknown(root: Node, named: Node, names: tuple[str, ...]) -> Extended:
    own = either([name for name in names if "/" not in name] + ["province/NAME"])
    meant = _meant(named.value, names) if isinstance(named.value, str) else None
    problem = Problem(
        *named.place, "topology.extends", f"expected {own}", got(plain(named)), meant
    )
    return Extended(root, (problem,), whole=False)


def _meant(name: str, names: tuple[str, ...]) -> str | None:
    return guess(name, names) or (None if "/" in name else guess(f"province/{name}", names))


def _failed(root: Node, node: Node, message: str) -> Extended:
    problem = Problem(*node.key, "topology.synthetic", message)
    return Extended(root, (problem,), whole=False)


def _made_up(root: Node, named: Node, size: Node | None) -> Extended:
    if size is None:
        message = "needs synthetic: {cities, counties_per_city, pools_per_site, seed} beside it"
        problem = Problem(*named.place, "topology.extends", message)
        return Extended(root, (problem,), whole=False)
    try:
        read = Synthetic.model_validate(plain(size))
    except ValidationError:
        return Extended(root, whole=False)  # the classes tell what is wrong with it
    if read.sites > MOST_SITES or read.sites * read.pools_per_site > MOST_POOLS:
        message = (
            f"expected at most {MOST_SITES:,} sites and {MOST_POOLS:,} pools, and this makes "
            f"{read.sites:,} and {read.sites * read.pools_per_site:,}"
        )
        return _failed(root, size, message)
    return laid_over(root, named, "extends", synthetic_rows(read))


def laid_over(root: Node, named: Node, key: str, rows: Mapping[str, object]) -> Extended:
    """The scenario's own topology laid over these rows, which stand where they are named.

    `key` of the topology named them; it is gone then.
    """
    entries = dict(root.value) if isinstance(root.value, dict) else {}
    topology = entries["topology"]
    own = dict(topology.value) if isinstance(topology.value, dict) else {}
    del own[key]
    if key == "extends":
        own.pop("synthetic", None)
    base = {name: _node(value, named.place) for name, value in rows.items()}
    told = _told(named) if key == "extends" else f"the {key}"
    own, problems = as_meant(own, base, told)
    for name, node in own.items():
        base[name] = _joined(name, base[name], node) if name in base else node
    whole = replace(root, value={**entries, "topology": replace(topology, value=base)})
    return Extended(whole, tuple(problems))


def _told(named: Node) -> str:
    """What is extended, for a message."""
    names = named.value if isinstance(named.value, tuple) else (named,)
    return " and ".join(str(name.value) for name in names)


def _joined(key: str, base: Node, own: Node) -> Node:
    """Rows of the file over those of the same name; links and rows without a name append."""
    if not isinstance(base.value, tuple) or not isinstance(own.value, tuple):
        return own
    if key == "links":
        pairs = {_ends(link) for link in own.value}
        kept = [link for link in base.value if _ends(link) not in pairs]
        return replace(own, value=(*kept, *own.value))
    if all(find(row, ("name",)) for row in own.value):
        return Layer().merge(base, own, ("topology", key))
    return replace(own, value=(*base.value, *own.value))


def _ends(link: Node) -> frozenset[object]:
    ends = (find(link, (end,)) for end in ("a", "b"))
    return frozenset(str(plain(end)) for end in ends if end is not None)


def _node(value: object, place: Place) -> Node:
    """A value of ours as one that was written at that place."""
    if isinstance(value, dict):
        return Node({k: _node(inner, place) for k, inner in value.items()}, place, place)
    if isinstance(value, list | tuple):
        return Node(tuple(_node(inner, place) for inner in value), place, place)
    return Node(value, place, place)  # type: ignore[arg-type]
