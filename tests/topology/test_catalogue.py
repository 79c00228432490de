"""The catalogue carries every row with source and confidence, and empty cells stay unknown."""

import csv

import pytest

from topology import (
    CATALOGUE,
    catalogue_chips,
    catalogue_reliability,
    catalogue_servers,
    catalogue_speeds,
    catalogue_tariffs,
    recommended_speeds,
    speed_classes,
)
from topology.catalogue import TABLES

LEVELS = {"published", "secondary", "derived", "mixed", "estimate", "unverified", "missing"}


def test_all_rows_are_there():
    assert len(catalogue_chips()) == 55
    assert len(catalogue_servers()) == 32
    assert len(catalogue_tariffs()) == 31


def test_every_row_has_a_source_and_a_known_confidence():
    rows = [*catalogue_chips().values(), *catalogue_servers().values()]
    assert all(row.source for row in rows)
    assert {row.confidence for row in rows} <= LEVELS


def test_a_cpu_row():
    chip = catalogue_chips()["kunpeng-920-7260"]
    assert (chip.kind, chip.isa, chip.cores, chip.threads) == ("cpu", "aarch64", 64, 64)
    assert (chip.specrate2017_int_socket, chip.specint2017_one_copy) == (150, 3.6)
    assert (chip.domestic, chip.safe_reliable) == (True, True)
    assert (chip.tdp_w, chip.idle_w, chip.network_gbit_s) == (180, 45, 100)
    assert chip.memory_gib is None


def test_an_accelerator_row():
    chip = catalogue_chips()["nvidia-a100-sxm-80"]
    assert (chip.kind, chip.isa, chip.memory_gib) == ("gpu", "cuda", 80)
    assert (chip.fp16_tflops, chip.memory_gb_s, chip.scaleup_gb_s) == (312, 2039, 600)
    assert (chip.domestic, chip.safe_reliable) == (False, None)
    assert (chip.cores, chip.price_cny, chip.slices) == (None, None, ())


def test_the_list_of_safe_and_reliable_products_covers_processors_only():
    chips = catalogue_chips().values()
    assert all((chip.safe_reliable is None) == (chip.kind != "cpu") for chip in chips)
    assert catalogue_chips()["hygon-7285"].safe_reliable is False


def test_a_dpu_row():
    chip = catalogue_chips()["bluefield-3"]
    assert (chip.kind, chip.network_gbit_s, chip.cores) == ("dpu", 400, 16)


def test_a_server_row():
    server = catalogue_servers()["srv-910b-8"]
    assert (server.cpu, server.accelerator) == ("kunpeng-920-7260", "ascend-910b3")
    assert (server.accelerators, server.sockets, server.vcpu) == (8, 4, 192)
    assert (server.memory_gib, server.local_storage_gb, server.nic_gbit_s) == (
        1536,
        30_000,
        1600,
    )
    assert (server.idle_w, server.peak_w) == (1200, 5600)
    assert (server.price_low_cny, server.price_cny, server.price_high_cny) == (
        1_100_000,
        1_500_000,
        1_900_000,
    )
    assert (server.life_years, server.maintenance_share_year) == (6, 0.05)
    assert server.dpu is None


def test_only_nodes_without_dpu_lose_vcpu_to_infrastructure():
    lost = {name: row.infrastructure_vcpu for name, row in catalogue_servers().items()}
    assert {name for name, vcpu in lost.items() if vcpu == 0} == {"srv-h100-8", "srv-h800-8"}
    assert set(lost.values()) == {0.0, 12.0}


def test_servers_name_chips_of_the_catalogue_of_the_right_kind():
    chips = catalogue_chips()
    for server in catalogue_servers().values():
        assert chips[server.cpu].kind == "cpu"
        assert server.accelerator is None or chips[server.accelerator].accelerates
        assert (server.accelerator is None) == (server.accelerators == 0)
        assert server.dpu is None or chips[server.dpu].kind == "dpu"


def test_tariff_names_are_lower_case_with_hyphens():
    assert {"zhejiang", "inner-mongolia", "shaanxi", "shanxi"} <= set(catalogue_tariffs())


def test_a_tariff_row():
    (tariff,) = catalogue_tariffs()["zhejiang"]
    assert (tariff.price_flat_cny_kwh, tariff.carbon_kg_kwh) == (0.6656, 0.5153)
    assert (tariff.hours_peak, tariff.season, tariff.label_zh) == ("09-12;17-21", "all", "浙江")
    assert (tariff.price_deep_cny_kwh, tariff.hours_tip) == (None, None)
    assert (tariff.price_confidence, tariff.hours_confidence) == ("secondary", "unverified")


def test_shanghai_has_two_seasons_and_xizang_no_carbon():
    assert [row.season for row in catalogue_tariffs()["shanghai"]] == ["Jul-Sep", "other"]
    (xizang,) = catalogue_tariffs()["xizang"]
    assert (xizang.carbon_kg_kwh, xizang.price_flat_cny_kwh) == (None, 0.55)


def test_the_catalogue_is_read_once():
    assert catalogue_chips() is catalogue_chips()


def test_every_table_is_whole_and_its_columns_are_the_fields_of_its_class():
    rows = {name: list(table()) for name, table in CATALOGUE.items()}
    whole = {"chips": 55, "servers": 32, "speeds": 368, "tariffs": 54, "network": 56}
    assert {name: len(rows[name]) for name in whole} == whole
    assert len(rows["reliability"]) == 61
    assert all(row.source for table in rows.values() for row in table)


def test_every_table_tells_a_known_confidence():
    for name, table in CATALOGUE.items():
        columns = ("price_confidence",) if name == "tariffs" else ("confidence",)
        told = {getattr(row, column) for row in table() for column in columns}
        assert told - {None} <= LEVELS


@pytest.mark.parametrize("name", ["speeds.csv", "stacks.csv"])
def test_names_in_tables_are_as_strict_as_keys(name):
    chips = catalogue_chips()
    with (TABLES / name).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            assert row["chip"] in chips
            assert row.get("reference", row["chip"]) in chips


def test_one_recommended_speed_for_a_class_and_chip():
    rows = [row for row in catalogue_speeds() if row.benchmark == "recommended_default"]
    assert len(rows) == len(recommended_speeds()) == 104
    assert dict(speed_classes()) == {
        "video_ai": "nvidia-a100-sxm-80",
        "llm_decode": "nvidia-a100-sxm-80",
        "llm_prefill": "nvidia-a100-sxm-80",
        "llm_fine_tuning": "nvidia-a800-sxm-80",
        "transaction_service": "intel-8380",
        "batch_analytics": "intel-8380",
    }
    for (klass, chip), row in recommended_speeds().items():
        assert row.reference == speed_classes()[klass]
        assert chip != row.reference or row.factor == 1


def test_a_rule_of_reliability_is_told_in_words_and_a_rate_in_numbers():
    values = {(row.component, row.metric): row.value for row in catalogue_reliability()}
    assert values["gpu_all_causes", "annualised_rate_per_gpu"] == 0.173
    assert isinstance(values["protection_level_3", "platform_level"], str)
