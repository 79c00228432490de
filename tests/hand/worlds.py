"""Scenarios as a planner writes them, run and measured; what the hand cases stand on.

The expected numbers of the cases are worked out beside them with a pencil's means (hours, GB,
prices, in plain arithmetic); nothing of the product helps to find them.
"""

from dataclasses import dataclass
from types import SimpleNamespace

from bench import measure
from bench.measures import MeasureTable
from scenarios import Scenario, read
from scheduler import Records, simulate


@dataclass(frozen=True)
class Told:
    """One run: its jobs and its measures."""

    scenario: Scenario
    records: Records
    table: MeasureTable

    def jobs(self) -> dict[str, SimpleNamespace]:
        """The job table by id, spans and instants in seconds."""
        names = (
            "id", "state", "reason", "chip", "pool", "site", "region", "node", "submit_s",
            "start_s", "end_s", "dispatch_s", "transfer_in_s", "transfer_s", "wait_s", "run_s",
            "latency_s",
        )  # fmt: skip
        columns = {name: self.records.column(name).tolist() for name in names}
        rows = ({name: columns[name][n] for name in names} for n in range(self.records.rows))
        return {row["id"]: SimpleNamespace(**row) for row in rows}

    def value(self, name: str, scope: str = "all", key: str = "") -> float:
        """One measure."""
        return self.table.value_of(name, scope, key)


def written(folder, text, name="case.yaml"):
    """The scenario as a file."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def told(folder, text, *, sets=(), engine="lane", seed=1) -> Told:
    """The only variant of a scenario, run and measured."""
    (scenario,) = read(written(folder, text), sets=sets).variants
    records = simulate(scenario, seed, engine=engine)
    return Told(scenario, records, measure(records))


def told_variants(folder, text, *, engine="lane") -> dict[str, Told]:
    """Every variant of a scenario, run and measured."""
    found = {}
    for scenario in read(written(folder, text)).variants:
        records = simulate(scenario, 1, engine=engine)
        found[scenario.variant] = Told(scenario, records, measure(records))
    return found
