"""Plans of a run: a line of JSON each, and what they come to."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from scheduler import MIGRATIONS, NOW, PACKING, PLANNED, PlanRow


def write_plans(path: Path, rows: Sequence[PlanRow]) -> None:
    """A line a plan, in the order they were made; null where a failed one has no number."""
    lines = (json.dumps(told(row), ensure_ascii=False, allow_nan=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def told(row: PlanRow) -> dict[str, object]:
    """A plan as plain data, numbers to twelve digits."""
    return {key: plain(value) for key, value in asdict(row).items()}


def plain(value: object) -> object:
    """Floats rounded so that they are the same on every machine, nan as null."""
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.12g}")
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value


def plan_measures(rows: Sequence[PlanRow]) -> dict[str, float]:
    """How many plans there were, how far from the least cost, and how many failed."""
    now = [row for row in rows if row.part in (NOW, PACKING)]
    gaps = [row.gap for row in now if row.status == PLANNED]
    found = {
        "plans": float(len(now)),
        "plan_gap_mean": math.fsum(gaps) / len(gaps) if gaps else float("nan"),
        "plan_fallbacks": float(sum(row.status != PLANNED for row in rows)),
    }
    if any(row.part in (PACKING, MIGRATIONS) for row in rows):
        moved = [row.counts for row in rows if row.part == MIGRATIONS]
        found["migrations"] = float(sum(n for counts in moved for *_, n in counts))
    return found


def statuses(rows: Sequence[PlanRow]) -> dict[str, int]:
    """How often each status came, by name."""
    found: dict[str, int] = {}
    for row in rows:
        found[row.status] = found.get(row.status, 0) + 1
    return dict(sorted(found.items()))
