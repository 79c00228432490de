"""What the lane places in its own loop is what the agreement of engines is tested on."""

from collections import Counter

import numpy as np

from scheduler import Records
from scheduler.records import Keep
from scheduler.simulation import assembled
from tests.laws.generator import scenario_of
from tests.laws.test_engines_agree import tree_of
from tests.laws.test_speeds_agree import with_speeds

SEEDS = range(1, 321, 2)  # those that are drawn for the loop


def placed_in_loop(scenario):
    """The records of a run of the lane, and which jobs the rules never placed."""
    records = Records(scenario, 1)
    run = assembled(scenario, 1, "lane", Keep(records))
    by_rules = set()
    placed = run.book.placed

    def seen(index, *rest):
        by_rules.add(index)
        placed(index, *rest)

    run.book.placed = seen
    run.run()
    own = np.ones(records.rows, bool)
    own[[index for index in by_rules if index < records.rows]] = False
    return records, own & np.isfinite(records.column("dispatch_s"))


def test_the_loop_carries_speeds_journeys_reserves_quotas_and_every_queue_it_knows():
    met = Counter()
    for seed in SEEDS:
        scenario = scenario_of(with_speeds(tree_of(seed), seed))
        records, own = placed_in_loop(scenario)
        before = records.column("dispatch_s") + records.column("transfer_in_s")
        stretched = np.abs(records.column("run_s") % 1) > 0
        capped = {pool.name for pool in scenario.topology.pools if pool.reserve_share}
        limited = {tenant.name for tenant in scenario.tenants if tenant.quota}
        queue = scenario.policies.queue
        at = "pool" if queue.options.get("at", "pool") == "pool" else "above"
        met[queue.name] += int(own.sum())
        met[f"journey-{at}"] += (own & (before > 0)).sum()
        met["class"] += (own & stretched & (records.column("class") != None)).sum()  # noqa: E711
        met["reserve"] += (
            own & np.isin(records.column("pool").astype(str), list(capped))
        ).sum()
        met["quota"] += (
            own & np.isin(records.column("tenant").astype(str), list(limited))
        ).sum()
    few = {name: count for name, count in met.items() if count < 80}
    assert len(met) == 9, met
    assert not few, met
