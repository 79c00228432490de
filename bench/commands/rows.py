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


def known(value: Any) -> Any:
    """A value for JSON, in which NaN is none: what has no value is null, inside lists too."""
    if isinstance(value, dict):
        return {key: known(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [known(part) for part in value]
    return None if is_nan(value) else value


def print_row(row: Any, line: Callable[[Any], str], *, as_json: bool) -> None:
    """One row."""
    if as_json:
        print(json.dumps(known(asdict(row)), allow_nan=False))
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
