"""The catalogue carries every row with source and confidence, and empty cells stay unknown."""

from topology import catalogue_chips, catalogue_servers, catalogue_tariffs

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
