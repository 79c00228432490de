"""Public lists of nodes as servers and pools: a pool for each node type."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.cells import decoded, numbers_of, texts_of
from scenarios.job_table import Faults, Floats, Texts
from scenarios.problems import Problem, ScenarioError
from scenarios.sheets import read_columns

CLUSTER = "cluster"
"""The site and the cloud of a node list where the scenario declares none."""

MOST_TYPES = 1_000  # each becomes a pool
_MODEL = re.compile(r"\w[\w .()-]{0,31}")  # a name of the scenario, and room for the sizes
_MOST = {"cpu_milli": 1e9, "memory_mib": 1e9, "gpu": 32}
_OPENB_SIZES = ("cpu_milli", "memory_mib", "gpu")

# GiB of device memory by model; those of G2 and G3 are not disclosed
_OPENB_CHIPS: Mapping[str, float | None] = {
    "P100": 16,
    "T4": 16,
    "V100M16": 16,
    "V100M32": 32,
    "A10": 24,
    "G2": None,
    "G3": None,
}

Row = dict[str, Any]
NodeType = tuple[str, int, int, int]  # model ('' without GPU), vCPU thousandths, GPUs, MiB


def expand_nodes_file(
    nodes_file: Any, path: Path, *, site: str | None = None, cloud: str | None = None
) -> tuple[list[Row], list[Row], list[Row]]:
    """Chips, servers and pools (rows as in a scenario) of an openb node list.

    `nodes_file` is the section, a map or an object, whose `site` and `cloud` (else those
    given, else `CLUSTER`) hold the pools. Types that differ only in memory are two pools.

    Raises:
        ScenarioError: the list cannot be read; it names every broken row.
    """
    place = {
        "site": _said(nodes_file, "site") or site or CLUSTER,
        "cloud": _said(nodes_file, "cloud") or cloud or CLUSTER,
    }
    counts = _node_types(*_read_openb(path))
    if len(counts) > MOST_TYPES:
        message = f"expected at most {MOST_TYPES:,} types of nodes; got {len(counts):,}"
        raise ScenarioError([Problem(path.name, message=message)], path.name)
    names = _names(list(counts))
    models = sorted({model for model, *_ in counts if model})
    servers = [_server(names[kind], kind) for kind in counts]
    pools = [
        {"name": names[kind], **place, "server": names[kind], "nodes": nodes}
        for kind, nodes in counts.items()
    ]
    return [_chip(model) for model in models], servers, pools


def _said(section: Any, key: str) -> str | None:
    found = section.get(key) if isinstance(section, Mapping) else getattr(section, key, None)
    return None if found is None else str(found)


def _read_openb(path: Path) -> tuple[dict[str, Floats], Texts]:
    """The sizes of the nodes, and their models."""
    sheet = read_columns(path, (*_OPENB_SIZES, "model"), ())
    faults = Faults(sheet.file, sheet.lines, sheet.broken)
    sizes = {t: numbers_of(decoded(sheet.cells[t], t, faults), t, faults) for t in _OPENB_SIZES}
    models = texts_of(decoded(sheet.cells["model"], "model", faults), "model", faults)
    for title, values in sizes.items():
        whole = (values >= 0) & (values == np.rint(values))
        got = partial(_cell, values)
        faults.add(~whole & ~faults.bad, title, "expected a whole number", got)
        message = f"expected at most {_MOST[title]:,.0f}"
        faults.add((values > _MOST[title]) & ~faults.bad, title, message, got)
    strange = np.array([not _MODEL.fullmatch(name) for name in models.names] + [False])
    faults.add(
        strange[models.codes],
        "model",
        "expected a name of at most 32 letters, digits, or any of _ . - ( )",
        lambda i: models.names[models.codes[i]],
    )
    if not len(sheet.lines):
        faults.problems.append(Problem(sheet.file, message="expected at least one row"))
    if faults.problems:
        raise ScenarioError(faults.problems, path.name)
    return sizes, models


def _cell(values: Floats, i: int) -> str:
    return "nothing" if np.isnan(values[i]) else f"{values[i]:g}"


def _node_types(sizes: Mapping[str, Floats], models: Texts) -> dict[NodeType, int]:
    """How many nodes there are of each type, types in file order."""
    counts: dict[NodeType, int] = {}
    columns = [sizes[name].astype(np.int64).tolist() for name in _OPENB_SIZES]
    for cpu, memory, gpus, model in zip(*columns, models.values(), strict=True):
        kind = (model or "gpu" if gpus else "", cpu, gpus, memory)
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def _names(kinds: list[NodeType]) -> dict[NodeType, str]:
    """`G2-96c-8g`, `cpu-64c`; the memory joins in where that alone is not unique."""
    short = {kind: _name(kind) for kind in kinds}
    times = Counter(short.values())
    alike = {name for name in times if times[name] > 1}
    return {k: f"{name}-{_gib(k[3])}" if name in alike else name for k, name in short.items()}


def _name(kind: NodeType) -> str:
    model, cpu, gpus, _ = kind
    cores = f"{cpu / 1000:g}c"
    return f"{model}-{cores}-{gpus}g" if gpus else f"cpu-{cores}"


def _gib(mib: int) -> str:
    return f"{mib // 1024}gib" if mib % 1024 == 0 else f"{mib}mib"


def _chip(model: str) -> Row:
    memory_gib = _OPENB_CHIPS.get(model)
    known = {} if memory_gib is None else {"memory_gib": float(memory_gib)}
    return {"name": model, "kind": "gpu", **known}


def _server(name: str, kind: NodeType) -> Row:
    model, cpu, gpus, memory = kind
    devices = {"accelerator": model, "accelerators": gpus} if gpus else {}
    return {"name": name, **devices, "vcpu": cpu / 1000, "memory_gib": memory / 1024}


def openb_topology(path: Path) -> Row:
    """A node list as a `topology` section of its own: one site, one cloud."""
    chips, servers, pools = expand_nodes_file({}, path)
    return {
        "clouds": [{"name": CLUSTER}],
        "sites": [{"name": CLUSTER, "tier": "city"}],
        "chips": chips,
        "servers": servers,
        "pools": pools,
    }
