"""Networks from files: a published backbone written out, links as they were measured.

A backbone lies under the rows of the file as a topology that is extended does. A matrix gives
each link that names it the delay and the rate measured between its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scenarios.decode import Node, Steps, find, path_text, plain
from scenarios.extends import Extended, laid_over
from scenarios.problems import Problem, ScenarioError
from scenarios.sheets import UNREADABLE, opened
from topology import (
    Backbone,
    BackboneFile,
    Measured,
    TopologyError,
    measured_pairs,
    sndlib_rows,
    topology_zoo_rows,
)

BACKBONE: Steps = ("topology", "backbone")
LINKS: Steps = ("topology", "links")
MOST_BYTES = 50_000_000

Locate = Callable[[str], Path]


def with_backbone(root: Node, locate: Locate) -> tuple[Extended, tuple[str, ...]]:
    """The scenario with its backbone written out, and what is to be known of it."""
    section = find(root, BACKBONE)
    if section is None or section.value is None:
        return Extended(root), ()
    try:
        wanted = BackboneFile.model_validate(plain(section))
    except ValidationError:
        return Extended(root, whole=False), ()  # the classes tell what is wrong with it
    file = find(root, (*BACKBONE, "file")) or section
    try:
        rows = _rows_of(wanted, text_of(locate(wanted.file)))
    except ScenarioError as error:
        problems = [replace(p, **_place(root, file)) for p in error.problems]
        return Extended(root, tuple(problems), whole=False), ()
    except TopologyError as error:
        problem = Problem(*file.place, path_text(root, (*BACKBONE, "file")), str(error))
        return Extended(root, (problem,), whole=False), ()
    said = tuple(f"topology.backbone: {note}" for note in rows.notes)
    return laid_over(root, section, "backbone", _plain_rows(rows)), said


def _place(root: Node, file: Node) -> dict[str, Any]:
    path = path_text(root, (*BACKBONE, "file"))
    return {
        "file": file.place.file,
        "line": file.place.line,
        "column": file.place.column,
        "path": path,
    }


def _rows_of(wanted: BackboneFile, text: str) -> Backbone:
    how: dict[str, Any] = {"tier": wanted.tier, "missing_delay_ms": wanted.missing_delay_ms}
    if wanted.format == "topology-zoo":
        return topology_zoo_rows(text, **how)
    if wanted.gbit_s_per_unit is not None:
        how["gbit_s_per_unit"] = wanted.gbit_s_per_unit
    return sndlib_rows(text, **how)


def _plain_rows(rows: Backbone) -> dict[str, object]:
    """The rows as a file would say them, without what it would leave out."""
    return {
        key: [row.model_dump(exclude_unset=True, exclude_none=True) for row in found]
        for key, found in (
            ("regions", rows.regions),
            ("sites", rows.sites),
            ("links", rows.links),
        )
    }


def text_of(path: Path) -> str:
    """A text file, plain or gzipped.

    Raises:
        TopologyError: it is no text, or too long.
    """
    try:
        with opened(path) as stream:
            data = stream.read(MOST_BYTES + 1)
    except UNREADABLE as problem:
        raise TopologyError(f"cannot be read: {problem}") from problem
    if len(data) > MOST_BYTES:
        raise TopologyError(f"expected at most {MOST_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise TopologyError(f"not text in UTF-8: {problem}") from problem


def measured_links(tree: Mapping[str, Any], root: Node, locate: Locate) -> Iterator[Problem]:
    """Give links with `override` what was measured; the values of `tree` are changed.

    Yields:
        A problem for each file that is no matrix, and for each pair that it lacks.
    """
    topology = tree.get("topology")
    links = topology.get("links") if isinstance(topology, dict) else None
    if not isinstance(topology, dict) or not isinstance(links, tuple):
        return
    known: dict[str, Measured] = {}
    changed = list(links)
    for n, link in enumerate(links):
        names = _matrices(link)
        if not names:
            continue
        at: Steps = (*LINKS, n, "override", "matrix")
        node = find(root, at) or find(root, (*LINKS, n)) or root
        try:
            found = _measured(names, known, locate)
            changed[n] = _overridden(link, found)
        except TopologyError as error:
            yield Problem(*node.place, path_text(root, at), f"{', '.join(names)}: {error}")
    topology["links"] = tuple(changed)


def _matrices(link: object) -> tuple[str, ...]:
    """The files that a link names, as far as it is written as it should be."""
    override = link.get("override") if isinstance(link, dict) else None
    matrix = override.get("matrix") if isinstance(override, dict) else None
    names = (matrix,) if isinstance(matrix, str) else matrix
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(str(name) for name in names)


def _measured(names: tuple[str, ...], known: dict[str, Measured], locate: Locate) -> Measured:
    found = Measured()
    for name in names:
        if name not in known:
            known[name] = measured_pairs(text_of(locate(name)))
        found = found.beside(known[name])
    return found


def _overridden(link: Mapping[str, Any], matrix: Measured) -> dict[str, Any]:
    """The values of a link with those measured between its ends.

    Raises:
        TopologyError: nothing was measured there.
    """
    a, b = str(link.get("a")), str(link.get("b"))
    delay_ms, gbit_s = matrix.delay_between(a, b), matrix.rate_between(a, b)
    if delay_ms is None and gbit_s is None:
        raise TopologyError(f"nothing was measured between '{a}' and '{b}'")
    values = {"delay_ms": delay_ms, "capacity_gbit_s": gbit_s}
    return {**link, **{key: value for key, value in values.items() if value is not None}}
