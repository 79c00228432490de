"""The schema and the page say what the reader takes."""

import json
import re
from pathlib import Path

import pytest

from scenarios import bundled, reference, schema
from scenarios.decode import decode, plain
from tests.scenarios.snippets import SMALL, changed

PAGE = Path(__file__).parents[2] / "docs" / "scenario.md"
WHOLE = schema()


def test_the_page_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "write reference() to docs/scenario.md"
    )


def wrong(value, part, path=""):
    """Paths of a value that do not fit; enough of JSON Schema for the schema at hand."""
    part = WHOLE["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
    kinds = {"object": dict, "array": tuple, "string": str, "boolean": bool, "integer": int}
    kind = part.get("type")
    if kind == "number" and not isinstance(value, int | float):
        return [path]
    if kind in kinds and not isinstance(value, kinds[kind]):
        return [path]
    if kind == "null" and value is not None:
        return [path]
    for key in ("anyOf", "oneOf"):
        if key in part:
            tries = [wrong(value, branch, path) for branch in part[key]]
            return min(tries, key=lambda bad: (len(bad), -len("".join(bad))))
    if value not in part.get("enum", [value]) or value != part.get("const", value):
        return [path]
    if "pattern" in part and isinstance(value, str) and not re.search(part["pattern"], value):
        return [path]
    if isinstance(value, dict):
        return wrong_keys(value, part, path)
    items = part.get("items", {}) if isinstance(value, tuple) else {}
    return [
        bad
        for i, item in enumerate(value if items else ())
        for bad in wrong(item, items, f"{path}[{i}]")
    ]


def wrong_keys(value, part, path):
    if "if" in part and not any(
        set(one["required"]) <= set(value) for one in part["if"]["anyOf"]
    ):
        rest = {key: part[key] for key in part if key not in ("if", "else")}
        return wrong_keys(value, part["else"], path) + wrong_keys(value, rest, path)
    known, more = part.get("properties", {}), part.get("additionalProperties", True)
    found = [f"{path}.{key}" for key in part.get("required", ()) if key not in value]
    for key, inner in value.items():
        if key in known:
            found += wrong(inner, known[key], f"{path}.{key}")
        elif more is False:
            found.append(f"{path}.{key}")
        elif isinstance(more, dict):
            found += wrong(inner, more, f"{path}.{key}")
    return found


def values(text):
    return plain(decode(text, "f")[0])


@pytest.mark.parametrize("name", sorted(bundled()))
def test_bundled_scenarios_fit_the_schema(name):
    assert wrong(values(bundled()[name].read_text(encoding="utf-8")), WHOLE) == []


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        (("horizon_h: 24", "horizonh: 24"), ".horizonh"),
        (("nodes: 2}", "nodes: two}"), ".topology.pools[0].nodes"),
        (("{name: hz, tier: city}", "{name: hz}"), ".topology.sites[0].tier"),
        (("{name: fcfs, at: pool}", "{name: fcfs, at: row}"), ".policies.queue.at"),
        (("{name: fcfs, at: pool}", "fcsf"), ".policies.queue"),
        (("kind: fixed, every_s", "kind: fixed, every_m"), ".workloads[1].arrivals.every_m"),
    ],
)
def test_what_is_wrong_does_not_fit(edit, path):
    assert path in wrong(values(changed(edit)), WHOLE)


def test_what_is_right_fits():
    assert wrong(values(SMALL), WHOLE) == []
    assert wrong(values(changed(("name: small", "name: 算力"))), WHOLE) == []
    assert wrong(values(changed(("{name: fcfs, at: pool}", "'my.own:Queue'"))), WHOLE) == []


def test_what_is_not_built_is_not_promised():
    text = json.dumps(WHOLE)
    for word in ("review", "offers"):
        assert word not in text, word
    assert json.loads(text)["$schema"].startswith("https://json-schema.org/")
