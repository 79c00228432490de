"""What passed the links and was copied, as a note of the level file."""

import json
from dataclasses import astuple
from typing import Any

import numpy as np

from scheduler import Copy, FlowTable

FLOWS = "flows"
"""The level file's own note of what passed the links; none: nothing was shared or copied."""


def flow_notes(table: FlowTable) -> dict[str, Any]:
    """What passed the links and was copied, as JSON; a link without a limit has none."""
    rates = (table.capacity_gbit_s, table.there_gbit_s, table.back_gbit_s)
    return {
        "links": list(table.links),
        "gbit_s": [
            [None if np.isinf(rate) else rate for rate in row.tolist()] for row in rates
        ],
        "span_s": table.span_s,
        "copies": [astuple(copy) for copy in table.copies],
    }


def flows_of(note: bytes) -> FlowTable:
    """The table that was noted so."""
    told = json.loads(note)
    capacity, there, back = (
        np.array([np.inf if value is None else value for value in row], np.float64)
        for row in told["gbit_s"]
    )
    copies = tuple(Copy(*row) for row in told["copies"])
    return FlowTable(tuple(told["links"]), capacity, there, back, float(told["span_s"]), copies)
