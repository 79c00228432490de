"""The catalogue: rows of `topology/tables` as chips, servers, speeds, tariffs and figures.

Tables are read once in a process, when first asked for.
"""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from topology.chips import Chip
from topology.figures import NetworkFigure, ReliabilityFigure
from topology.nodes import Server
from topology.speeds import RECOMMENDED, Speed, StackFactor
from topology.tariffs import ElectricityFigure, Tariff

TABLES = Path(__file__).parent / "tables"
INFRASTRUCTURE_VCPU = 12.0  # estimate, 8 to 16: what a node without DPU spends on itself


@cache
def catalogue_chips() -> Mapping[str, Chip]:
    """All chips of the catalogue by name, in the order of the table."""
    chips = [Chip.model_validate(row, strict=False) for row in _rows("chips.csv")]
    return MappingProxyType({chip.name: chip for chip in chips})


@cache
def catalogue_servers() -> Mapping[str, Server]:
    """All servers of the catalogue by name, in the order of the table.

    The table says nothing of infrastructure: a node without DPU loses `INFRASTRUCTURE_VCPU`.
    """
    servers = [_server(row) for row in _rows("servers.csv")]
    return MappingProxyType({server.name: server for server in servers})


@cache
def catalogue_tariffs() -> Mapping[str, tuple[Tariff, ...]]:
    """All tariffs that a site may name, each with one row a season."""
    tariffs: dict[str, tuple[Tariff, ...]] = {}
    for row in _rows("tariffs.csv"):
        if row.pop("kind") == "province":
            tariff = Tariff.model_validate(row, strict=False)
            tariffs[tariff.name] = (*tariffs.get(tariff.name, ()), tariff)
    return MappingProxyType(tariffs)


@cache
def catalogue_electricity() -> tuple[ElectricityFigure, ...]:
    """All rows of the table of electricity, those that a site may name among them."""
    rows = _rows("tariffs.csv")
    return tuple(ElectricityFigure.model_validate(row, strict=False) for row in rows)


@cache
def catalogue_speeds() -> tuple[Speed, ...]:
    """All speeds, recommended ones and the evidence behind them, in the order of the table."""
    return tuple(Speed.model_validate(row, strict=False) for row in _rows("speeds.csv"))


@cache
def recommended_speeds() -> Mapping[tuple[str, str], Speed]:
    """The speeds that are meant for use, by class and chip."""
    rows = [row for row in catalogue_speeds() if row.benchmark == RECOMMENDED]
    return MappingProxyType({(row.klass, row.chip): row for row in rows})


@cache
def speed_classes() -> Mapping[str, str]:
    """Classes of work that have recommended speeds, each with its reference chip."""
    rows = recommended_speeds().values()
    return MappingProxyType({row.klass: row.reference for row in rows})


@cache
def catalogue_stacks() -> Mapping[tuple[str, str, str], StackFactor]:
    """All stack factors, by class, chip and stack."""
    rows = [StackFactor.model_validate(row, strict=False) for row in _rows("stacks.csv")]
    return MappingProxyType({(row.klass, row.chip, row.stack): row for row in rows})


@cache
def catalogue_network() -> tuple[NetworkFigure, ...]:
    """All figures of networks, in the order of the table."""
    rows = _rows("network.csv")
    return tuple(NetworkFigure.model_validate(row, strict=False) for row in rows)


@cache
def catalogue_reliability() -> tuple[ReliabilityFigure, ...]:
    """All figures of reliability, in the order of the table."""
    return tuple(_reliability(row) for row in _rows("reliability.csv"))


def _reliability(row: dict[str, str]) -> ReliabilityFigure:
    value: str | float = row["value"] if row["unit"] == "text" else float(row["value"])
    return ReliabilityFigure.model_validate({**row, "value": value}, strict=False)


def _server(row: dict[str, str]) -> Server:
    lost = 0.0 if "dpu" in row else INFRASTRUCTURE_VCPU
    return Server.model_validate({**row, "infrastructure_vcpu": lost}, strict=False)


def _rows(table: str) -> list[dict[str, str]]:
    """Rows of a table without their empty cells, which are unknown."""
    with (TABLES / table).open(encoding="utf-8", newline="") as lines:
        return [
            {key: cell for key, cell in row.items() if cell} for row in csv.DictReader(lines)
        ]
