"""What pydantic found wrong, as problems in the planner's words at their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from scenarios.decode import NUMBER, Node, Step, Steps, find, got, path_text, plain
from scenarios.problems import (
    MOST_PROBLEMS,
    Bare,
    Got,
    Place,
    Problem,
    and_more,
    either,
    guess,
    shown,
)
from scenarios.slips import first_mark, is_full_width_number, said

NAME_RULE = (
    "expected a name: a letter or digit, then at most 63 more, or spaces, or any of _ . - ( )"
)
MISSING = "required key is missing"
CLOSING = ' (a variant closes a pool by "topology.pools[NAME]": null)'
KINDS = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "dict": "a map",
    "model": "a map",
    "model_attributes": "a map",
}
NUMBERS = ("int_type", "float_type")
Detail = Mapping[str, Any]
Say = Callable[[Mapping[str, Any]], str]
BOUNDS: dict[str, Say] = {
    "greater_than_equal": lambda ctx: f"expected at least {_number(ctx['ge'])}",
    "greater_than": lambda ctx: f"expected more than {_number(ctx['gt'])}",
    "less_than_equal": lambda ctx: f"expected at most {_number(ctx['le'])}",
    "less_than": lambda ctx: f"expected less than {_number(ctx['lt'])}",
    "too_short": lambda ctx: f"expected at least {_items(ctx['min_length'])}",
    "too_long": lambda ctx: f"expected at most {_items(ctx['max_length'])}",
    "string_too_short": lambda ctx: "expected text, not empty",
    "string_too_long": lambda ctx: f"expected at most {ctx['max_length']} characters",
    "finite_number": lambda ctx: "expected a finite number",
    "value_error": lambda ctx: str(ctx["error"]),
}
PATTERNS = {
    r"^([01]\d|2[0-3]):[0-5]\d$": 'expected a time of day, as "22:00"',
    r"^[a-z][a-z0-9_]*$": "expected the name of a measure, as wait_p95_s",
}


def complaints(
    error: ValidationError, root: Node, model: type[BaseModel], silent: Iterable[Steps] = ()
) -> list[Problem]:
    """Every finding as a problem; a missing key that was only misspelt is told once.

    Nothing is told of what lies under a `silent` path.
    """
    every_detail: list[Any] = error.errors(include_url=False, include_input=False)
    details = every_detail[:MOST_PROBLEMS]
    every = [
        (_steps(one["loc"], root, is_key=one["type"] == "extra_forbidden"), one)
        for one in details
    ]
    hidden = tuple(silent)
    found = [one for one in every if not any(one[0][: len(path)] == path for path in hidden)]
    missing = {steps for steps, detail in found if _is_missing(detail)}
    missing |= {(*steps, "kind") for steps, detail in found if _has_no_kind(detail)}
    told: list[Problem] = []
    misspelt: set[Steps] = set()
    for steps, detail in found:
        if detail["type"] == "extra_forbidden":
            told.append(_unknown(steps, root, model, missing, misspelt))
        elif _has_no_kind(detail):
            told += _misspelt_kind(steps, root, misspelt)
    for steps, detail in found:
        kind = (*steps, "kind") if _has_no_kind(detail) else steps
        if detail["type"] != "extra_forbidden" and kind not in misspelt:
            told += _complaint(steps, detail, root)
    return told + and_more(root.place.file, len(every_detail) - MOST_PROBLEMS)


def finding_steps(
    error: ValidationError, root: Node, original: Callable[[Steps], Steps]
) -> list[tuple[Steps, bool]]:
    """The path in the file of every finding, and whether something is missing there.

    `original` gives the positions in the file of rows that were moved.
    """
    details: list[Any] = list(error.errors(include_url=False, include_input=False))
    return [(_steps(original(one["loc"]), root), _is_missing(one)) for one in details]


def _has_no_kind(detail: Detail) -> bool:
    return bool(detail["type"] == "union_tag_not_found")


def _misspelt_kind(steps: Steps, root: Node, misspelt: set[Steps]) -> list[Problem]:
    """Without `kind` no class tells what keys are known; one that nearly is `kind` is meant."""
    node = find(root, steps)
    inner = node.value if node and isinstance(node.value, dict) else {}
    near = [key for key in inner if guess(key, ["kind"])]
    if not near:
        return []
    misspelt.add((*steps, "kind"))
    place = inner[near[0]].key
    return [Problem(*place, path_text(root, steps), "unknown key", near[0], "kind")]


def _is_missing(detail: Detail) -> bool:
    return detail["type"] in ("missing", "union_tag_not_found")


def _steps(loc: tuple[int | str, ...], root: Node, *, is_key: bool = False) -> Steps:
    """The path in the file: what pydantic adds for branches of unions is left out.

    `is_key`: the last step is a key of the file, even one called as the `kind` beside it.
    """
    steps: list[Step] = []
    node: Node | None = root
    branch_taken = False
    for depth, raw in enumerate(loc):
        step: Step = raw
        inner = node.value if node else None
        if isinstance(inner, dict) and isinstance(raw, int) and raw < len(inner):
            step = list(inner)[raw]  # rows made from the entries of a map
        kind = inner.get("kind") if isinstance(inner, dict) else None
        last = is_key and depth == len(loc) - 1
        if kind and kind.value == step and not branch_taken and not last:
            branch_taken = True
            continue
        child = find(node, (step,)) if node else None
        if child is None and depth < len(loc) - 1:
            continue
        if child is None and (node is None or not isinstance(inner, dict)):
            continue
        steps.append(step)
        node, branch_taken = child, False
    return tuple(steps)


def _place(steps: Steps, root: Node) -> Place:
    """Where the value stands; for what is missing, where the nearest map around it starts."""
    for cut in range(len(steps), -1, -1):
        node = find(root, steps[:cut])
        if node is not None:
            return node.place
    return root.place


def _unknown(
    steps: Steps,
    root: Node,
    model: type[BaseModel],
    missing: set[Steps],
    misspelt: set[Steps],
) -> Problem:
    """An unknown key; the missing one it was meant to be is not told again."""
    around, key = steps[:-1], str(steps[-1])
    known = keys_at(model, root, around)
    free = [name for name in known if find(root, (*around, name)) is None]
    meant = guess(key, free) or guess(key, known)
    if meant is not None:
        misspelt |= {(*around, meant)} & missing
    node = find(root, steps)
    place = node.key if node else _place(around, root)
    mark = first_mark(key)
    if mark is not None:  # {name：hz} is a key without a value
        misspelt |= {(*around, one) for one in known if f"{one}：" in key} & missing
        return _slip(key, mark, place, path_text(root, around))
    return Problem(*place, path_text(root, around), "unknown key", key, meant)


def _slip(text: str, mark: int, place: Place, path: str) -> Problem:
    """A full-width mark inside a text that starts at a place."""
    return Problem(*place._replace(column=place.column + mark), path, said(text[mark]))


def _complaint(steps: Steps, detail: Detail, root: Node) -> list[Problem]:
    ctx = detail.get("ctx", {})
    if _is_missing(detail):
        last = ("kind",) if _has_no_kind(detail) else ()
        return [_missing((*steps, *last), root)]
    steps = (*steps, *filter(None, [getattr(ctx.get("error"), "key", "")]))
    if detail["type"] == "union_tag_invalid":
        steps = (*steps, "kind")
    if steps and steps[-1] == "[key]":
        steps = steps[:-1]
    node = find(root, steps)
    value = plain(node) if node else None
    count = len(value) if isinstance(value, tuple) else 0
    if detail["type"] == "too_short" and count >= ctx["min_length"]:
        return []  # its items are wrong, and each is told
    message, words = _message(detail["type"], ctx, value)
    if value == 0 and steps[:2] == ("topology", "pools") and steps[-1] == "nodes":
        message += CLOSING
    shows = node is not None and not isinstance(value, dict | tuple)
    shows = shows or (node is not None and detail["type"].endswith("_type"))
    found = _got(value, detail["type"]) if shows else None
    place, path = _place(steps, root), path_text(root, steps)
    mark = first_mark(value) if isinstance(value, str) else None
    if mark and str(value)[:mark].strip() in words:  # {kind: fixed，every_s: 60}
        return [_slip(str(value), mark, place, path)]
    return [Problem(*place, path, message, found, guess(value, words))]


def _missing(steps: Steps, root: Node) -> Problem:
    return Problem(*_place(steps, root), path_text(root, steps), MISSING)


def _message(kind: str, ctx: Mapping[str, Any], value: object) -> tuple[str, list[str]]:
    """What was wanted, and the words that would have done."""
    if kind in ("literal_error", "union_tag_invalid"):
        words = re.findall(r"'([^']*)'", str(ctx.get("expected") or ctx.get("expected_tags")))
        return f"expected {either(words)}", words
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(str(ctx["pattern"]), NAME_RULE), []
    if kind in BOUNDS:
        return BOUNDS[kind](ctx), []
    wanted = KINDS[kind.removesuffix("_type")]
    if wanted == "text" and isinstance(value, int | float) and not isinstance(value, bool):
        return f"expected text, in quotes: {shown(str(value))}", []
    if kind in NUMBERS and isinstance(value, str):
        wanted += _why_text(value)
    return f"expected {wanted}", []


def _why_text(value: str) -> str:
    """Why a text that looks like a number is none."""
    if NUMBER.fullmatch(value):
        return " without quotes"
    return " in ASCII digits" if is_full_width_number(value) else ""


def _got(value: object, kind: str) -> Got:
    """What came; quotes are shown where they are what is wrong."""
    if kind in NUMBERS and isinstance(value, str) and NUMBER.fullmatch(value):
        return Bare(f'"{value}"')
    return got(value)


def _number(bound: float) -> str:
    return f"{bound:,.15g}"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"


def keys_at(model: type[BaseModel], root: Node, steps: Steps) -> tuple[str, ...]:
    """The keys that the classes allow in the map at this path of the file."""
    kind: Any = model
    for depth, step in enumerate(steps):
        branch = _branch(kind, find(root, steps[:depth]))
        kind = _inside(branch, step)
    branch = _branch(kind, find(root, steps))
    return _keys(branch) if _is_model(branch) else ()


@cache
def _keys(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _inside(kind: Any, step: Step) -> Any:
    """The annotation of what a class, list or map holds under `step`."""
    if _is_model(kind):
        field = kind.model_fields.get(step)
        return field and field.annotation
    arguments = get_args(kind)
    return arguments[-1 if get_origin(kind) is dict else 0] if arguments else None


def _branch(kind: Any, node: Node | None) -> Any:
    """The one branch of a union that this value is held against."""
    branches = list(_branches(kind))
    if len(branches) == 1:
        return branches[0]
    inner = node.value if node else None
    if not isinstance(inner, dict):
        lists = [branch for branch in branches if get_origin(branch) is tuple]
        return lists[0] if lists and isinstance(inner, tuple) else None
    models = [branch for branch in branches if _is_model(branch)]
    kind_node = inner.get("kind")
    named = [one for one in models if kind_node and kind_node.value in _kinds(one)]
    return _closest(named or models, inner)


def _closest(models: list[Any], inner: Mapping[str, Node]) -> Any:
    """Of several classes the one that shares most keys with the map."""
    return max(models, key=lambda one: len(set(_keys(one)) & set(inner)), default=None)


def _branches(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from _branches(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for branch in get_args(kind):
            yield from _branches(branch)
    elif kind is not type(None):
        yield kind


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    inner = field.annotation if field else None
    return get_args(inner) if get_origin(inner) is Literal else ()
