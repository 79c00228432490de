"""`suanli catalogue`: what is known of chips, servers, speeds and prices, and from whom."""

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any

import lazy_loader as lazy
import typer

from bench.commands.endings import complain, wrong
from bench.commands.options import Json

scenarios = lazy.load("scenarios")
topology = lazy.load("topology")

Row = dict[str, Any]

# What fits a line for people; `--json` gives every column.
SHOWN: Mapping[str, tuple[str, ...]] = {
    "chips": ("name", "kind", "isa", "cores", "memory_gib", "fp16_tflops", "tdp_w"),
    "servers": (
        "name",
        "cpu",
        "vcpu",
        "memory_gib",
        "accelerator",
        "accelerators",
        "price_cny",
    ),
    "speeds": ("class", "chip", "factor", "per", "reference", "benchmark", "setting"),
    "tariffs": ("kind", "name", "season", "price_flat_cny_kwh", "hours_peak", "carbon_kg_kwh"),
    "network": ("kind", "name", "metric", "value", "low", "high", "unit"),
    "reliability": ("kind", "component", "metric", "value", "unit"),
    "stacks": ("class", "chip", "stack", "factor", "low", "high"),
    "places": ("name", "level", "label_zh", "parent", "lat", "lon", "population"),
}
ORIGIN = ("confidence", "source")
NAMES = ("name", "chip", "class", "component")  # what tells rows apart is never cut
LEAST_WIDTH = 10
CHOICES = 20


def catalogue(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="One table; without it, all.")
    ] = None,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="Only rows that hold this text.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="COLUMN=VALUE", help="A family ends in *; repeatable."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the catalogue, with source and confidence of every row."""
    tables = topology.CATALOGUE
    if table is not None and table not in tables:
        known = ", ".join(tables)
        meant = _meant(table, tables)
        wrong(f"catalogue: expected one of {known}; got {table!r}{meant}")
    conditions = [_condition(one) for one in where or ()]
    narrowed = bool(table or text or conditions)
    for name in [table] if table else list(tables):
        rows = [_cells(fact) for fact in tables[name]()]
        _check_columns(name, rows, conditions, required=table is not None)
        kept = [row for row in rows if _keeps(row, text, conditions)]
        if table and not kept:
            _tell_choices(rows, conditions)
        if as_json:
            _print_json(name, kept, told=table is not None)
        elif narrowed:
            _print_table(name, kept)
        else:
            print(f"{name}: {len(rows)} rows")


def _condition(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals or not column:
        wrong(f"--where: expected column=value; got {text!r}")
    return column.strip(), value.strip()


def _check_columns(
    name: str, rows: Sequence[Row], conditions: Sequence[tuple[str, str]], *, required: bool
) -> None:
    """Refuse a column that the table asked for does not have."""
    columns = list(rows[0]) if rows else []
    for column, _ in conditions:
        if required and column not in columns:
            meant = _meant(column, columns)
            wrong(f"--where: {name} has no such column; got {column!r}{meant}")


def _tell_choices(rows: Sequence[Row], conditions: Sequence[tuple[str, str]]) -> None:
    """Say of a value that no row has which there are; finding nothing is no fault."""
    for column, value in conditions:
        if not any(_keeps(row, None, [(column, value)]) for row in rows):
            there = sorted({_shown(row[column]) for row in rows} - {""})
            more = f" and {len(there) - CHOICES} others" if len(there) > CHOICES else ""
            meant, known = _meant(value, there), ", ".join(there[:CHOICES])
            complain(f"--where: no {column} is {value!r}{meant} (there are {known}{more})")


def _meant(word: str, known: Sequence[str] | Mapping[str, object]) -> str:
    meant = scenarios.guess(word, list(known))
    return f"; did you mean '{meant}'?" if meant else ""


def _cells(fact: Any) -> Row:
    row: Row = fact.model_dump(mode="json", by_alias=True)
    return row


def _keeps(row: Row, text: str | None, conditions: Sequence[tuple[str, str]]) -> bool:
    if text is not None and not any(
        text.casefold() in _shown(c).casefold() for c in row.values()
    ):
        return False
    return all(
        column in row and fnmatchcase(_shown(row[column]).casefold(), _pattern(value))
        for column, value in conditions
    )


def _pattern(value: str) -> str:
    """Nothing but a `*` at the end is special."""
    family, star = (value[:-1], "*") if value.endswith("*") else (value, "")
    return "".join(f"[{c}]" if c in "*?[" else c for c in family.casefold()) + star


def _shown(cell: object) -> str:
    """A cell for people and for comparing: nothing where it is unknown."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return f"{cell:.10g}"
    return " ".join(map(_shown, cell)) if isinstance(cell, list) else str(cell)


def _print_json(name: str, rows: Sequence[Row], *, told: bool) -> None:
    for row in rows:
        print(json.dumps(row if told else {"table": name, **row}, ensure_ascii=False))


def _print_table(name: str, rows: Sequence[Row]) -> None:
    """Columns as wide as their widest cell; on a terminal long ones are cut to its width."""
    columns = [*SHOWN[name], *_origin(rows)]
    lines = [columns, *[[_shown(row[column]) for column in columns] for row in rows]]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(columns))]
    widths = _fitted(columns, widths)
    print(f"{name}: {len(rows)} rows")
    for line in lines:
        cut = [_cut(cell, w) for cell, w in zip(line, widths, strict=True)]
        cells = [cell + " " * (w - _width(cell)) for cell, w in zip(cut, widths, strict=True)]
        print("  ".join(cells).rstrip())


def _fitted(columns: Sequence[str], widths: Sequence[int]) -> list[int]:
    """Widths that fit the terminal, taken from the widest; a file or a pipe has no width."""
    if not (os.environ.get("COLUMNS") or sys.stdout.isatty()):
        return list(widths)
    fitted = dict(zip(columns, widths, strict=True))
    room = shutil.get_terminal_size().columns - 2 * (len(columns) - 1)
    long = [name for name in columns if name not in NAMES and fitted[name] > LEAST_WIDTH]
    while long and sum(fitted.values()) > room:
        widest = max(long, key=lambda name: fitted[name])
        fitted[widest] -= 1
        long = [name for name in long if fitted[name] > LEAST_WIDTH]
    return list(fitted.values())


def _cut(text: str, width: int) -> str:
    """The text, or as much of its beginning as leaves room for `…`."""
    if _width(text) <= width:
        return text
    while _width(text) >= width:
        text = text[:-1]
    return f"{text}…"


def _origin(rows: Sequence[Row]) -> list[str]:
    """Confidence columns (electricity has three) and the source, which is long, at the end."""
    columns = list(rows[0]) if rows else []
    return [column for ending in ORIGIN for column in columns if column.endswith(ending)]


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if "\u2e80" <= letter <= "\uffef" else 1 for letter in text)
