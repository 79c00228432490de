"""Rows of an experiment as they come: JSON for programs, lines under a head for people."""

import json
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from bench.commands.endings import tell


def is_nan(value: Any) -> bool:
    """Whether this is a number that is none."""
    return isinstance(value, float) and math.isnan(value)


def print_row(row: Any, line: Callable[[Any], str], *, as_json: bool) -> None:
    """One row."""
    if as_json:
        # what has no value is null: NaN is no JSON
        known = {key: value for key, value in asdict(row).items() if not is_nan(value)}
        print(json.dumps(dict.fromkeys(asdict(row)) | known, allow_nan=False))
    else:
        tell(line(row))
    sys.stdout.flush()


def print_rows(
    rows: Iterable[Any], line: Callable[[Any], str], *, head: str, as_json: bool
) -> None:
    """All rows, the head before the first has come."""
    if not as_json:
        print(head, flush=True)
    for row in rows:
        print_row(row, line, as_json=as_json)


def print_groups(
    rows: Iterable[Any],
    line: Callable[[Any], str],
    *,
    group: str,
    heads: Callable[..., tuple[str, ...]],
    as_json: bool,
) -> None:
    """All rows, with heads wherever another group begins, which the field `group` tells."""
    told: Any = None
    for row in rows:
        if not as_json and getattr(row, group) != told:
            print("\n".join(heads(row, first=told is None)), flush=True)
            told = getattr(row, group)
        print_row(row, line, as_json=as_json)
