"""What a data set demands of the workloads that read it."""

from __future__ import annotations

from scenarios.asks import stricter
from scenarios.requirements import Data
from scenarios.scenario import Scenario
from scenarios.workload import Workload


def with_set_rules(scenario: Scenario) -> tuple[Workload, ...]:
    """The workloads, those that read a data set under its rules as well as their own.

    Their data then lies at the first place of the set, if they do not say where, and the
    stricter of two rules wins.
    """
    return tuple(_under_set(workload, scenario) for workload in scenario.workloads)


def _under_set(workload: Workload, scenario: Scenario) -> Workload:
    data = workload.data
    if data is None or data.set is None:
        return workload
    row = next(one for one in scenario.topology.data_sets if one.name == data.set)
    rules = {one.name: one for one in scenario.data_classes}.get(row.data_class or "")
    limits = {
        "at": data.at or row.at[0],
        "stays_within": stricter(data.stays_within, rules.stays_within if rules else None),
    }
    level = max(workload.security_level, rules.security_level if rules else 1)
    told: Data = data.model_copy(update=limits)
    return workload.model_copy(update={"data": told, "security_level": level})
