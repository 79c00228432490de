"""Small scenarios whose every job can be followed by hand, kept as text.

Arrivals and work are fixed, so no random number, logarithm or exponential enters and the text
is the same on every machine. `SUANLI_GOLDEN=write pytest tests/golden` writes the texts anew:
read the difference before committing it.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from bench.metrics import measure
from scenarios import read
from scheduler import simulate

HERE = Path(__file__).parent
SCENARIOS = sorted(path.stem for path in HERE.glob("*.yaml"))
WRITE = os.environ.get("SUANLI_GOLDEN") == "write"
COLUMNS = ("id", "submit_s", "start_s", "end_s", "wait_s", "transfer_s", "latency_s")
PLACES = ("pool", "node", "state", "reason")


def text_of(value):
    """A cell as text: numbers to the microsecond without a tail of zeros, '-' for null."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value == -1:
        return "-"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value) or "."


def table(names, rows):
    """Rows as aligned text."""
    cells = [tuple(names), *[tuple(map(text_of, row)) for row in rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    return [line.rstrip() for line in lines]


def jobs_text(records):
    """The job table."""
    names = (*COLUMNS, *PLACES)
    return table(names, zip(*[records.column(name).tolist() for name in names], strict=True))


def levels_text(records):
    """Steps of every pool and line in vCPU and GPU, those without anything left out."""
    levels = records.levels
    amounts = {"allocated": levels.pools, "used": levels.pools, "queued": levels.lines}
    picked = [levels.resources.index("vcpu"), levels.resources.index("gpu")]
    rows = [
        (float(time_s), what, name, *getattr(levels, what)[step, row, picked].tolist())
        for step, time_s in enumerate(levels.time_s)
        for what, names in amounts.items()
        for row, name in enumerate(names)
        if getattr(levels, what)[step, row, picked].any()
    ]
    return table(("time_s", "level", "of", "vcpu", "gpu"), rows)


def measures_text(records):
    """The measures over all that are defined."""
    rows = [
        (name, unit, value)
        for _, name, unit, scope, _, _, value in measure(records).rows()
        if scope == "all" and not np.isnan(value)
    ]
    return table(("measure", "unit", "value"), rows)


def story_of(scenario, engine):
    """All variants as one text."""
    lines = []
    for variant in scenario.variants:
        records = simulate(variant, 1, engine=engine)
        lines += [f"== {variant.variant}", "", *jobs_text(records), ""]
        lines += [*levels_text(records), "", *measures_text(records), ""]
    return "\n".join(lines)


@pytest.mark.parametrize("engine", ["lane", "plain"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_what_happens_is_what_is_written(name, engine):
    found = story_of(read(HERE / f"{name}.yaml"), engine)
    file = HERE / f"{name}.txt"
    if WRITE and engine == "plain":
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def test_every_text_has_its_scenario():
    assert sorted(path.stem for path in HERE.glob("*.txt")) == SCENARIOS
