"""The keys of a scenario as JSON Schema, and as a page to read; both made from the classes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.policy_names import (
    MOST_MIGRATIONS,
    OWN_CODE,
    OWN_OPTIONS,
    POLICY_AMOUNTS,
    POLICY_DEFAULTS,
    POLICY_NAMES,
    POLICY_OPTIONS,
    WEIGHTS,
)
from scenarios.scenario import DATA_CLASSES, DataClass, Scenario

Json = dict[str, Any]
# `\w` means letters of all scripts here, and ASCII only in the editors that read a schema.
EVERY_LETTER = {
    r"^\w[\w .()-]{0,63}$": "^[A-Za-z0-9_\u0080-\uffff][A-Za-z0-9_ .()\\-\u0080-\uffff]{0,63}$"
}
PLACE = "docs/scenario.md"
EXTENDED = ("clouds", "regions", "sites", "pools", "links")
NAMING = ("name", "a", "b")


def schema() -> Json:
    """The JSON Schema of a scenario file, from which editors complete and check.

    Where a topology extends another, a row may change one of its rows and say no more than
    its name and what is new.
    """
    whole = _keys()
    topology = whole["$defs"]["Topology"]
    complete: Json = {}
    for section in EXTENDED:
        row = whole["$defs"][topology["properties"][section]["items"]["$ref"].split("/")[-1]]
        complete[section] = {"items": {"required": row["required"]}}
        row["required"] = [key for key in row["required"] if key in NAMING]
    topology["if"] = {"anyOf": [{"required": ["extends"]}, {"required": ["synthetic"]}]}
    topology["else"] = {"properties": complete}
    return whole


def _keys() -> Json:
    """All keys, those required that a row of its own must have."""
    whole = Scenario.model_json_schema()
    defs: Json = whole["$defs"]
    defs.pop("PolicyChoice")
    data_class = DataClass.model_json_schema()
    data_class["properties"].pop("name")
    data_class.pop("required", None)
    defs["DataClass"] = data_class
    defs["Policies"]["properties"] = {kind: _policy(kind) for kind in POLICY_DEFAULTS}
    whole["properties"]["variants"] = _variants()
    whole["properties"]["start"] = {"type": "string", "default": "2026-03-02T00:00"} | {
        "description": whole["properties"]["start"]["description"]
    }
    rows = {"additionalProperties": {"$ref": "#/$defs/DataClass"}, "default": DATA_CLASSES}
    whole["properties"]["data_classes"] |= rows
    for key in ("answer", "policies"):
        whole["properties"][key].pop("default")
    tidied: Json = _tidy(whole)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **tidied}


def _policy(kind: str) -> Json:
    """A name, or a map with it; options of one's own code are not known here."""
    name: Json = {
        "anyOf": [{"enum": list(POLICY_NAMES[kind])}, {"pattern": f"^{OWN_CODE.pattern}$"}],
        "type": "string",
        "default": POLICY_DEFAULTS[kind],
    }
    options = {key: _option(words) for key, words in POLICY_OPTIONS.get(kind, {}).items()}
    for (owner, _), own in OWN_OPTIONS.items():
        if owner == kind:
            options |= {key: _own_option(rule) for key, rule in own.items()}
    for key, default in POLICY_AMOUNTS.get(kind, {}).items():
        options[key] = {"type": "number", "minimum": 0, "default": default}
    return {"anyOf": [name, {"type": "object", "properties": {"name": name, **options}}]}


def _option(words: tuple[str, ...] | None) -> Json:
    if words is None:
        return {"type": "integer", "minimum": 0}
    return {"enum": list(words), "default": words[0]}


def _own_option(rule: tuple[str, ...] | str) -> Json:
    if isinstance(rule, tuple):
        return {"enum": list(rule)}
    if rule == "weights":
        weights = {name: {"type": "number", "minimum": 0} for name in WEIGHTS}
        return {"type": "object", "properties": weights, "additionalProperties": False}
    if rule == "count":
        return {"type": "integer", "minimum": 0, "maximum": MOST_MIGRATIONS}
    return {"type": "number", "exclusiveMinimum": 0}


def _variants() -> Json:
    return {
        "type": "object",
        "description": "changes by name of variant; only these are run, in this order",
        "additionalProperties": {"type": "object"},
        "minProperties": 1,
    }


def _tidy(part: Any) -> Any:
    """Without titles that repeat the key, and defaults that mean no more than absence."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {k: v for k, v in part.items() if not (k == "title" and isinstance(v, str))}
    if kept.get("default", 0) is None:
        del kept["default"]
    if "pattern" in kept:
        kept["pattern"] = EVERY_LETTER.get(kept["pattern"], kept["pattern"])
    return {key: _tidy(value) for key, value in kept.items()}


def reference() -> str:
    """All keys of a scenario as Markdown, section by section."""
    whole = _keys()
    sections = [_section("Scenario", whole)]
    sections += [_section(name, whole["$defs"][name]) for name in _order(whole)]
    return HEAD + "\n".join(sections)


HEAD = """# The keys of a scenario

Made from the classes by `scenarios/schema.py`; `suanli schema` gives the same as JSON Schema.
A key in **bold** is required. Units are in the names. What words mean is in `docs/model.md`.

"""


def _order(whole: Json) -> list[str]:
    """Names of all sections, each after the one that first needs it."""
    names: dict[str, None] = {}

    def visit(part: Any) -> None:
        fresh = [name for name in _refs(part) if name not in names]
        names.update(dict.fromkeys(fresh))
        for name in fresh:
            visit(whole["$defs"][name])

    visit(whole["properties"])
    return list(names)


def _refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].rpartition("/")[2]
        part = list(part.values())
    for item in part if isinstance(part, list) else ():
        yield from _refs(item)


def _section(name: str, part: Mapping[str, Any]) -> str:
    rows = [
        _row(key, value, key in part.get("required", ()))
        for key, value in part.get("properties", {}).items()
    ]
    about = re.sub(r"(?<!\n)\n(?!\n)", " ", str(part.get("description", ""))).strip()
    table = ["| key | value | default | meaning |", "|---|---|---|---|", *rows]
    return "\n".join([f"## {name}", "", about, "", *table, ""])


def _row(key: str, value: Json, required: bool) -> str:
    shown = f"**`{key}`**" if required else f"`{key}`"
    default = value.get("default", "")
    written = "" if default in ("", [], {}) else f"`{json.dumps(default, ensure_ascii=False)}`"
    cells = (shown, _kind(value), written, str(value.get("description", "")))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kind(value: Json) -> str:
    """What may stand there, in words."""
    for key in ("anyOf", "oneOf"):
        if key in value:
            kinds = [_kind(branch) for branch in value[key]]
            return " or ".join(dict.fromkeys(kind for kind in kinds if kind != "null"))
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    words = value.get("enum") or ([value["const"]] if "const" in value else [])
    if words:
        return ", ".join(f"`{word}`" for word in words)
    if value.get("type") == "array":
        return "list of " + _kind(value.get("items", {}))
    if isinstance(value.get("additionalProperties"), dict):
        return "map of " + _kind(value["additionalProperties"])
    return _scalar(value)


SCALARS = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "`true`, `false`",
    "object": "map",
}


def _scalar(value: Json) -> str:
    kind = SCALARS.get(str(value.get("type", "")), str(value.get("type", "")))
    if str(value.get("pattern", "")).startswith("^[A-Za-z_]"):
        return "`module:Class`"
    bounds = [
        f"{sign} {value[key]:,.10g}"
        for key, sign in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "above"),
            ("maximum", "at most"),
        )
        if key in value and value[key] not in (1e9, 1_000_000_000)
    ]
    return " ".join([kind, ", ".join(bounds)]).strip()
