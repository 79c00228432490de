"""Rows of an experiment as programs and people get them."""

import json
import math
from dataclasses import dataclass

from bench.commands.rows import print_groups, print_rows


@dataclass(frozen=True)
class Row:
    name: str
    value: float | None


ROWS = (Row("a", math.nan), Row("a", 1.5), Row("b", None))


def strict(text):
    return [json.loads(line, parse_constant=float.fromhex) for line in text.splitlines()]


def test_what_has_no_value_is_null_in_json(capsys):
    print_rows(ROWS, str, head="head", as_json=True)
    assert strict(capsys.readouterr().out) == [
        {"name": "a", "value": None},
        {"name": "a", "value": 1.5},
        {"name": "b", "value": None},
    ]


def test_heads_stand_over_each_group(capsys):
    def heads(row, *, first):
        return (row.name.upper(),) if first else ("", row.name.upper())

    print_groups(ROWS, lambda row: f"{row.value}", group="name", heads=heads, as_json=False)
    assert capsys.readouterr().out.split("\n") == ["A", "nan", "1.5", "", "B", "None", ""]
