"""Measures of links and data sets: how full links were, and what was copied."""

from collections.abc import Iterator

import numpy as np

from bench.faces import Run
from bench.measures import UNITS, MeasureTable, Row, table_of
from topology import BITS_PER_BYTE

SCOPE = "link"


def flow_measures(records: Run) -> MeasureTable:
    """Rows of scope `link`, and those of data sets; none where no transfer met another."""
    return table_of(_rows(records))


def _rows(records: Run) -> Iterator[Row]:
    flows = records.flows
    if flows is None:
        return
    by_key: list[tuple[str, str, str, float]] = []
    if records.scenario.topology.data_sets:
        gb = sum(copy.size_gb for copy in flows.copies)
        by_key.append(("data_sets_moved", "all", "", float(len(flows.copies))))
        by_key.append(("data_sets_moved_gb", "all", "", gb))
    if len(flows.links):
        fullest = np.maximum(flows.there_gbit_s, flows.back_gbit_s)
        shares = np.where(np.isinf(flows.capacity_gbit_s), np.nan, fullest)
        shares = shares / flows.capacity_gbit_s
        sums = (flows.there_gbit_s + flows.back_gbit_s) * flows.span_s / BITS_PER_BYTE
        for name, share, gb in zip(flows.links, shares, sums, strict=True):
            by_key.append(("link_used_share", SCOPE, name, float(share)))
            by_key.append(("link_transferred_gb", SCOPE, name, float(gb)))
    for measure, scope, key, value in by_key:
        yield records.variant, measure, UNITS[measure], scope, key, records.seed, value
