"""The house rules, read from the source as text: rooms, doors, cycles, hidden imports."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("topology", "scenarios", "scheduler", "bench")  # data flows down, imports point up
FRONT_DOORS = (*ROOMS, "scheduler.optimise")  # the solver's own: it is slow to load

# third-party library -> where it may be imported; a trailing slash means anywhere below
DOORS: dict[str, tuple[str, ...]] = {
    "networkx": ("topology/network.py", "topology/graphml.py"),  # routes; a format
    "simpy": (
        "scheduler/engine.py",
        "scheduler/lane.py",
        "scheduler/reference.py",
        "scheduler/transfers.py",
    ),
    "ortools": ("scheduler/optimise/solvers.py",),
    "matplotlib": ("bench/figures/",),
    "fontTools": ("bench/page_font.py",),
    "jinja2": ("bench/report.py",),
    "markupsafe": ("bench/report.py",),  # jinja2's own, for SVG that is ours
    "yaml": ("scenarios/decode.py",),
    "pyarrow": (
        *("bench/store/", "scenarios/cells.py"),
        *("scenarios/sheets.py", "scenarios/traces.py"),
    ),
    "typer": ("bench/commands/",),
    "rich": ("bench/commands/",),
    "scipy": ("bench/intervals.py", "scheduler/optimise/"),
    "lazy_loader": ("bench/",),
    "numpy": ("",),
    "pydantic": ("topology/", "scenarios/", "scheduler/"),
    "pydantic_core": ("scenarios/decode.py",),
}


@dataclass(frozen=True)
class Import:
    """One import of one file: `target` is a dotted name, `names` what is taken from it."""

    file: str
    line: int
    target: str
    names: tuple[str, ...] = ()
    hidden: bool = False
    lazy: bool = False

    @property
    def head(self) -> str:
        return self.target.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.target}"


def sources(house: Path) -> list[str]:
    return sorted(
        str(path.relative_to(house).as_posix())
        for room in ROOMS
        for path in (house / room).rglob("*.py")
    )


def imports_of(house: Path, file: str) -> list[Import]:
    tree = ast.parse((house / file).read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    return [
        found
        for node in ast.walk(tree)
        for found in read_import(file, node, hidden=id(node) not in top)
    ]


def read_import(file: str, node: ast.AST, *, hidden: bool) -> Iterator[Import]:
    match node:
        case ast.Import(names=aliases):
            for alias in aliases:
                yield Import(file, node.lineno, alias.name, hidden=hidden)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            target = "." * level + (module or "")
            yield Import(file, node.lineno, target, tuple(a.name for a in aliases), hidden)
        case ast.Call(
            func=ast.Attribute(attr="load"), args=[ast.Constant(value=str(target)), *_]
        ):
            yield Import(file, node.lineno, target, lazy=True)
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="__import__")):
            yield Import(file, node.lineno, "__import__", hidden=True)
        case _:
            return


def all_imports(house: Path) -> list[Import]:
    return [found for file in sources(house) for found in imports_of(house, file)]


def room_of(file: str) -> str:
    return file.partition("/")[0]


def imports_against_the_stream(house: Path) -> list[str]:
    return [
        str(i)
        for i in all_imports(house)
        if i.head in ROOMS and ROOMS.index(i.head) > ROOMS.index(room_of(i.file))
    ]


def wrong_doors(house: Path) -> list[str]:
    """Another room by a side door, the own room by its front door, or a relative path."""
    files = {dotted(file) for file in sources(house)}
    found = []
    for i in all_imports(house):
        other = i.head in ROOMS and i.head != room_of(i.file)
        named = {f"{i.target}.{name}" for name in i.names} or {""}  # a file by name is right
        own_front = i.target == room_of(i.file) and not named <= files
        if (other and i.target not in FRONT_DOORS) or own_front or i.target.startswith("."):
            found.append(str(i))
    return found


def stray_libraries(house: Path) -> list[str]:
    return [
        str(i)
        for i in all_imports(house)
        if i.head not in ROOMS
        and not i.target.startswith((".", "__"))
        and (i.head == "random" or i.head not in sys.stdlib_module_names)
        and not at_door(i.head, i.file)
    ]


def at_door(library: str, file: str) -> bool:
    return any(
        file == door or ((door.endswith("/") or not door) and file.startswith(door))
        for door in DOORS.get(library, ())
    )


def hidden_imports(house: Path) -> list[str]:
    """Imports in functions and conditions, and lazy ones outside bench/."""
    return [
        str(i)
        for i in all_imports(house)
        if i.hidden or (i.lazy and room_of(i.file) != "bench")
    ]


def edges(house: Path) -> dict[str, set[str]]:
    """Module -> modules of ours that it imports, by dotted name."""
    modules = {dotted(file): file for file in sources(house)}
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for i in all_imports(house):
        below = {f"{i.target}.{name}" for name in i.names} & set(modules)
        graph[dotted(i.file)] |= below or ({i.target} & set(modules))
    return graph


def dotted(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def cycles(house: Path) -> list[str]:
    """Modules left after peeling off, again and again, those that import or serve no other."""
    graph = edges(house)
    while True:
        wanted = set().union(*graph.values())
        core = {name for name in wanted if graph.get(name, set()) & set(graph)}
        if core == set(graph):
            return sorted(core)
        graph = {name: graph[name] for name in core}


RULES = [imports_against_the_stream, wrong_doors, stray_libraries, hidden_imports, cycles]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule):
    assert rule(HOUSE) == []


def a_house(tmp_path: Path, **files: str) -> Path:
    """A small house; `scheduler__engine` stands for scheduler/engine.py."""
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    for name, text in files.items():
        path = tmp_path / (name.replace("__", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_later_room_is_seen(tmp_path):
    house = a_house(tmp_path, topology__pools="from scheduler import simulate\n")
    assert imports_against_the_stream(house) == ["topology/pools.py:1: scheduler"]


def test_a_later_room_behind_a_lazy_load_is_seen(tmp_path):
    house = a_house(
        tmp_path, scheduler__a="import lazy_loader as lazy\nb = lazy.load('bench.b')\n"
    )
    assert imports_against_the_stream(house) == ["scheduler/a.py:2: bench.b"]
    assert hidden_imports(house) == ["scheduler/a.py:2: bench.b"]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("from topology.pools import Pool", "topology.pools"),
        ("import topology.pools", "topology.pools"),
        ("from scheduler import Records", "scheduler"),
        ("from .policy import Send", ".policy"),
        ("from . import policy", "."),
    ],
)
def test_a_side_door_is_seen(tmp_path, text, target):
    house = a_house(tmp_path, scheduler__engine=text + "\n")
    assert wrong_doors(house) == [f"scheduler/engine.py:1: {target}"]


def test_the_front_door_and_the_own_file_are_right(tmp_path):
    text = "from topology import Pool\nfrom scheduler.policy import Send\n"
    assert wrong_doors(a_house(tmp_path, scheduler__engine=text)) == []


@pytest.mark.parametrize(
    "library", ["simpy", "random", "pandas", "requests", "matplotlib.pyplot"]
)
def test_a_library_off_its_door_is_seen(tmp_path, library):
    house = a_house(tmp_path, scheduler__lines=f"import {library}\n")
    assert stray_libraries(house) == [f"scheduler/lines.py:1: {library}"]


def test_a_library_at_its_door_is_right(tmp_path):
    house = a_house(
        tmp_path, scheduler__lane="import heapq\nimport numpy as np\nimport simpy\n"
    )
    assert stray_libraries(house) == []


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    import json\n",
        "if True:\n    import json\n",
        "try:\n    import json\nexcept ImportError:\n    json = None\n",
        "class A:\n    from json import loads\n",
    ],
)
def test_a_hidden_import_is_seen(tmp_path, text):
    assert hidden_imports(a_house(tmp_path, bench__a=text)) == ["bench/a.py:2: json"]


def test_a_dynamic_import_is_seen(tmp_path):
    house = a_house(
        tmp_path, bench__a="import importlib\nx = importlib.import_module('json')\n"
    )
    assert hidden_imports(house) == ["bench/a.py:2: __import__"]


def test_a_cycle_is_seen_and_what_hangs_on_it_is_not(tmp_path):
    house = a_house(
        tmp_path,
        bench__a="from bench.b import x\n",
        bench__b="from bench import c\n",
        bench__c="import bench.a\n",
        bench__d="from bench.a import y\n",
        bench__e="import bench.d\n",
    )
    assert cycles(house) == ["bench.a", "bench.b", "bench.c"]


def test_files_that_only_point_upward_form_no_cycle(tmp_path):
    house = a_house(tmp_path, bench__a="from bench.b import x\n", bench__b="import json\n")
    assert cycles(house) == []
