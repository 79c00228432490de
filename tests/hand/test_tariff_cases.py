"""What electricity costs over a change of price, by hand and to the second.

A node that draws 0.2 kW idle and 1 kW at full use, in a room of PUE 1.5. Whoever fills it and
uses half of it draws 0.2 + 0.5 x 0.8 = 0.6 kW; alone it draws 0.2 kW.
"""

import math

import pytest

from tests.hand.worlds import told

TEXT = """\
name: tariffs
start: {start}
horizon_h: {horizon_h}
drain_h: 48
levels_every_s: 3600
topology:
  chips: [{{name: plain, kind: cpu, isa: x86_64, cores: 8}}]
  servers:
    - {{name: host, cpu: plain, sockets: 1, vcpu: 8, memory_gib: 32, idle_w: 200, peak_w: 1000,
       price_cny: 0}}
  clouds: [{{name: gov, egress_cny_per_gb: 0}}]
  sites: [{{name: here, tier: city, pue: 1.5, tariff: {tariff}}}]
  pools: [{{name: p, site: here, cloud: gov, server: host, nodes: {nodes}}}]
workloads:
  - {{name: j, kind: trace, file: rows.csv, use: 0.5}}
"""
H = 3600
PUE = 1.5
BUSY_KW, IDLE_KW = 0.6, 0.2


def case(folder, rows, *, start, horizon_h, tariff, nodes=1, engine="lane"):
    """Jobs (submit_s, run_s, vCPU) in a room of that tariff."""
    lines = [",".join(map(str, row)) + "\n" for row in rows]
    (folder / "rows.csv").write_text("submit_s,run_s,vcpu\n" + "".join(lines))
    text = TEXT.format(start=start, horizon_h=horizon_h, tariff=tariff, nodes=nodes)
    return told(folder, text, engine=engine)


def kwh_cny(kw, spans):
    """kW over spans of (seconds, CNY a kWh)."""
    return kw * math.fsum(s * price for s, price in spans) / H


def test_over_midnight_to_the_second(tmp_path):
    """Zhejiang: flat 0.6656 from 21:00 to 23:00, valley 0.3356 until 07:00, then flat again.

    From 22:59:50 to 07:00:10: ten seconds, eight hours, ten seconds; midnight changes nothing.
    """
    flat, valley = 0.6656, 0.3356
    run = case(
        tmp_path, [(59 * 60 + 50, 8 * H + 20, 8)],
        start="2026-03-02T22:00", horizon_h=10, tariff="zhejiang",
    )  # fmt: skip
    job = kwh_cny(BUSY_KW, [(10, flat), (8 * H, valley), (10, flat)]) * PUE
    assert run.value("cost_energy_cny", "tenant", "default") == pytest.approx(job, rel=1e-9)
    # the rest of the ten hours the node stands idle: 59 min 50 s flat, and 59 min 50 s flat
    rest = kwh_cny(IDLE_KW, [(2 * (59 * 60 + 50), flat)]) * PUE
    assert run.value("cost_unallocated_cny") == pytest.approx(rest, rel=1e-9)
    assert run.value("cost_energy_cny") == pytest.approx(job + rest, rel=1e-9)
    assert run.value("energy_kwh") == pytest.approx(
        (BUSY_KW * (8 * H + 20) + IDLE_KW * (2 * H - 20)) / H * PUE, rel=1e-9
    )


def test_over_the_end_of_a_season_to_the_second(tmp_path):
    """Shanghai: 13 to 15 is peak until 30 September and flat from 1 October.

    From 30 September 13:30:15 to 1 October 13:30:25, 86,410 s.
    """
    peak, flat, valley = 1.125, 0.75, 0.338
    spans = [
        (5385, peak),      # 30 September, 13:30:15 to 15:00
        (3 * H, flat),     # to 18:00
        (3 * H, peak),     # to 21:00
        (1 * H, flat),     # to 22:00
        (8 * H, valley),   # to 06:00 on 1 October
        (2 * H, flat),     # to 08:00
        (3 * H, peak),     # to 11:00
        (9025, flat),      # to 13:30:25: no peak at 13:00 any more
    ]  # fmt: skip
    assert sum(span for span, _ in spans) == 86_410
    run = case(
        tmp_path, [(1815, 86_410, 8)],
        start="2026-09-30T13:00", horizon_h=26, tariff="shanghai",
    )  # fmt: skip
    job = kwh_cny(BUSY_KW, spans) * PUE
    assert run.value("cost_energy_cny", "tenant", "default") == pytest.approx(job, rel=1e-9)
    # before it 13:00 to 13:30:15, after it to 15:00
    rest = kwh_cny(IDLE_KW, [(1815, peak), (5375, flat)]) * PUE
    assert run.value("cost_unallocated_cny") == pytest.approx(rest, rel=1e-9)


def test_the_season_begins_again_in_july(tmp_path):
    """30 June 13:00 to 15:00 is flat, 1 July 13:00 to 15:00 peak: idle nodes pay it too."""
    peak, flat = 1.125, 0.75
    for day, price in (("06-30", flat), ("07-01", peak)):
        run = case(tmp_path, [(0, 7200, 8)], start=f"2026-{day}T13:00", horizon_h=2,
                   tariff="shanghai", nodes=2)  # fmt: skip
        both = kwh_cny(BUSY_KW + IDLE_KW, [(2 * H, price)]) * PUE
        assert run.value("cost_energy_cny") == pytest.approx(both, rel=1e-9)


def test_over_the_end_of_a_month_and_a_year_nothing_changes_but_the_hour(tmp_path):
    """31 December 22:30 to 1 January 00:30 in Zhejiang: half an hour flat, the rest valley."""
    run = case(tmp_path, [(1800, 7200, 8)], start="2026-12-31T22:00", horizon_h=4,
               tariff="zhejiang")  # fmt: skip
    job = kwh_cny(BUSY_KW, [(1800, 0.6656), (5400, 0.3356)]) * PUE
    assert run.value("cost_energy_cny", "tenant", "default") == pytest.approx(job, rel=1e-9)


def test_a_tip_comes_between_peak_and_flat(tmp_path):
    """Hunan: peak 15 to 19, tip 19 to 22, flat 22 to 23, valley from 23."""
    run = case(tmp_path, [(1 * H, 5 * H + 900, 8)], start="2026-03-02T17:45", horizon_h=8,
               tariff="hunan")  # fmt: skip
    # from 18:45 to 24:00
    spans = [(900, 1.05), (3 * H, 1.26), (H, 0.7), (H, 0.315)]
    job = kwh_cny(BUSY_KW, spans) * PUE
    assert run.value("cost_energy_cny", "tenant", "default") == pytest.approx(job, rel=1e-9)
    # 17:45 to 18:45 peak; 00:00 to 01:45 valley
    rest = kwh_cny(IDLE_KW, [(H, 1.05), (1.75 * H, 0.315)]) * PUE
    assert run.value("cost_unallocated_cny") == pytest.approx(rest, rel=1e-9)


def test_xizang_has_one_price_and_an_unknown_carbon(tmp_path):
    run = case(tmp_path, [(0, 24 * H, 8)], start="2026-03-02T00:00", horizon_h=24,
               tariff="xizang")  # fmt: skip
    assert run.value("cost_energy_cny") == pytest.approx(BUSY_KW * 24 * PUE * 0.55, rel=1e-9)
    assert math.isnan(run.value("carbon_kg"))


def test_holidays_and_weekends_pay_as_working_days(tmp_path):
    """No row of the catalogue tells of holidays: a Sunday, National Day and a Monday."""
    found = {
        day: case(tmp_path, [(0, 24 * H, 8)], start=f"2026-{day}T00:00", horizon_h=24,
                  tariff="zhejiang").value("cost_energy_cny")
        for day in ("03-01", "03-02", "10-01")
    }  # fmt: skip
    # valley 23 to 07, peak 9 to 12 and 17 to 21, else flat
    day = kwh_cny(BUSY_KW, [(8 * H, 0.3356), (7 * H, 1.0156), (9 * H, 0.6656)]) * PUE
    assert list(found.values()) == pytest.approx([day] * 3, rel=1e-9)


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_idle_allocated_and_unallocated_parts_are_the_total(tmp_path, engine):
    """Two nodes over midnight; on one a job of 2 of its 8 vCPU uses half of them.

    It holds a quarter of a node: of its idle power a quarter is the job's, and half of that
    quarter is idle too.
    """
    run = case(tmp_path, [(0, 4 * H, 2)], start="2026-03-02T21:00", horizon_h=4,
               tariff="zhejiang", nodes=2, engine=engine)  # fmt: skip
    kw_cny = 2 * 0.6656 + 2 * 0.3356
    held_kw = 0.25 * 0.2 + 0.5 * 0.25 * 0.8
    rest_kw = 1.75 * 0.2
    held_cny, rest_cny = held_kw * PUE * kw_cny, rest_kw * PUE * kw_cny
    assert run.value("cost_allocated_cny") == pytest.approx(held_cny, rel=1e-9)
    assert run.value("cost_unallocated_cny") == pytest.approx(rest_cny, rel=1e-9)
    assert run.value("cost_idle_cny") == pytest.approx(0.125 * 0.2 * PUE * kw_cny, rel=1e-9)
    assert run.value("energy_idle_kwh") == pytest.approx(0.125 * 0.2 * PUE * 4, rel=1e-9)
    for total, held, rest in (
        ("cost_total_cny", "cost_allocated_cny", "cost_unallocated_cny"),
        ("energy_kwh", "energy_allocated_kwh", "energy_unallocated_kwh"),
    ):
        assert run.value(total) == run.value(held) + run.value(rest)
    assert run.value("energy_kwh") == pytest.approx((held_kw + rest_kw) * PUE * 4, rel=1e-9)
    # 0.5153 kg a kWh, whatever the hour
    kwh = (held_kw + rest_kw) * PUE * 4
    assert run.value("carbon_kg") == pytest.approx(kwh * 0.5153, rel=1e-9)
    assert run.value("pue_mean") == pytest.approx(1.5, rel=1e-9)
