"""The catalogue: rows of `topology/tables` as chips, servers and tariffs.

Tables are read once in a process, when first asked for.
"""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from topology.chips import Chip
from topology.nodes import Server
from topology.tariffs import Tariff

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


def _server(row: dict[str, str]) -> Server:
    lost = 0.0 if "dpu" in row else INFRASTRUCTURE_VCPU
    return Server.model_validate({**row, "infrastructure_vcpu": lost}, strict=False)


def _rows(table: str) -> list[dict[str, str]]:
    """Rows of a table without their empty cells, which are unknown."""
    with (TABLES / table).open(encoding="utf-8", newline="") as lines:
        return [
            {key: cell for key, cell in row.items() if cell} for row in csv.DictReader(lines)
        ]
