"""The catalogue holds every row of the data folder with equal values (skipped without it).

The folder's words differ from ours in a few columns (`yes` for true, TB for GB, hyphens); what
each of them becomes stands here. Notes are not carried: they belong to the folder.
"""

import csv
import os
from pathlib import Path

import pytest

from topology import CATALOGUE, catalogue_chips
from topology.catalogue import TABLES

FOLDER = Path(os.environ.get("SUANLI_DATA", "../shared/data")) / "catalogue"
NEEDS_DATA = pytest.mark.skipif(not FOLDER.is_dir(), reason="no catalogue in $SUANLI_DATA")

# file, our table, and what its columns are called here where that differs
FILES = {
    "chips": {
        "chip_id": "name",
        "specrate2017_int_base_per_socket": "specrate2017_int_socket",
        "specint2017_rate1_est": "specint2017_one_copy",
        "fp16_dense_tflops": "fp16_tflops",
        "int8_dense_tops": "int8_tops",
        "memory_bw_gb_s": "memory_gb_s",
        "scaleup_link_gb_s": "scaleup_gb_s",
        "safe_reliable_list": "safe_reliable",
    },
    "servers": {
        "server_id": "name",
        "tier": "meant_for",
        "cpu_chip_id": "cpu",
        "accelerator_chip_id": "accelerator",
        "accelerator_count": "accelerators",
        "dpu_chip_id": "dpu",
        "local_storage_tb": "local_storage_gb",
        "depreciation_years": "life_years",
        "maintenance_rate_per_year": "maintenance_share_year",
    },
    "speeds": {
        "workload_class": "class",
        "chip_id": "chip",
        "scenario": "setting",
        "absolute_value": "rate",
        "absolute_unit": "rate_unit",
        "reference_chip_id": "reference",
        "relative_throughput": "factor",
    },
    "tariffs": {
        "row_type": "kind",
        "name_en": "name",
        "name_zh": "label_zh",
        "grid_carbon_kgco2_per_kwh": "carbon_kg_kwh",
    },
    "network": {"row_type": "kind", "from_node": "from_place", "to_node": "to_place"},
    "reliability": {"row_type": "kind"},
}
THEIRS = {"speeds": "speedups"}
NOT_CARRIED = {"note", "description"}
WORDS = {"yes": True, "no": False, "not": None}  # the first word: "not covered", "no (...)"
PLATFORM = {
    "dtk (ROCm-like)": "dtk",
    "domain-specific (KPU)": "kpu",
    "domain-specific (KPU) with RISC-V cores": "kpu-riscv",
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def ours(table: str, column: str, cell: str, row: dict[str, str]) -> object:
    """What a cell of the folder is here; None is unknown."""
    if column in ("domestic", "safe_reliable"):
        return WORDS[cell.split(maxsplit=1)[0]]
    if column == "season":
        return cell or "all"
    if not cell:
        return None
    if column == "local_storage_gb":
        return float(cell) * 1000
    if column == "isa":
        return PLATFORM.get(cell, cell)
    if table == "tariffs" and column == "name" and row["row_type"] == "province":
        return cell.lower().replace(" ", "-")
    if column == "kind":
        kept = table == "tariffs"
        return cell if kept else cell.replace("_", "-")
    return number(cell)


@NEEDS_DATA
@pytest.mark.parametrize("table", FILES)
def test_every_row_of_the_folder_is_here_with_its_values(table):
    names = FILES[table]
    theirs = read(FOLDER / f"{THEIRS.get(table, table)}.csv")
    rows = [fact.model_dump(by_alias=True) for fact in CATALOGUE[table]()]
    assert len(rows) == len(theirs)
    differing = []
    for line, (their, our) in enumerate(zip(theirs, rows, strict=True), 2):
        for column, cell in their.items():
            name = names.get(column, column)
            if column in NOT_CARRIED or column == "source":
                continue
            expected = ours(table, name, cell, their)
            if table == "reliability" and name == "value" and their["unit"] == "text":
                same = isinstance(our[name], str) and bool(our[name])  # rules in our own words
            else:
                same = our[name] == expected
            if not same:
                differing.append((line, column, cell, our[name]))
    assert differing == []


@NEEDS_DATA
@pytest.mark.parametrize("table", FILES)
def test_sources_are_told_as_in_the_folder(table):
    """Word by word but for rows whose source was a pointer into their note."""
    theirs = read(FOLDER / f"{THEIRS.get(table, table)}.csv")
    found = [fact.source for fact in CATALOGUE[table]()]
    for their, our in zip(theirs, found, strict=True):
        assert our
        assert our == their["source"] or "note" in their["source"]


def test_every_stack_names_who_measured_it_and_a_chip_and_class_that_exist():
    rows = read(TABLES / "stacks.csv")
    chips = catalogue_chips()
    classes = {row["class"] for row in read(TABLES / "speeds.csv")}
    assert rows
    for row in rows:
        assert row["chip"] in chips
        assert row["class"] in classes
        assert "general knowledge" not in row["source"]
        assert row["confidence"] in ("published", "secondary", "derived")
        # what was seen lies around what is used; the base of the others is 1
        if row["low"]:
            assert float(row["low"]) <= float(row["factor"]) <= float(row["high"])
        else:
            assert float(row["factor"]) == 1


def test_every_base_stack_stands_beside_those_measured_against_it():
    rows = read(TABLES / "stacks.csv")
    based = {(row["class"], row["chip"]) for row in rows if not row["low"]}
    assert based == {(row["class"], row["chip"]) for row in rows}
