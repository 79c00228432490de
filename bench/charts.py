"""Every chart by its name: findings in, a figure and the numbers behind it out.

The drawing itself is in `bench/figures/`, a file a noun.
"""

from collections.abc import Mapping

from bench.figures.canvas import Chart, Drawn, Look, drawing, missing_glyphs, save, svg_of
from bench.figures.levels import allocation, queues, utilisation_heatmap
from bench.figures.maps import site_maps
from bench.figures.side_by_side import variants
from bench.figures.tiers import latency_by_tier
from bench.figures.waits import wait_cdf
from bench.tables import Findings

__all__ = ["CHARTS", "Drawn", "Look", "draw", "drawing", "missing_glyphs", "save", "svg_of"]

CHARTS: Mapping[str, Chart] = {
    "wait_cdf": wait_cdf,
    "allocation": allocation,
    "utilisation_heatmap": utilisation_heatmap,
    "queues": queues,
    "variants": variants,
    "map": site_maps,
    "latency_by_tier": latency_by_tier,
}


PLAIN = Look()


def draw(kind: str, findings: Findings, look: Look = PLAIN) -> Drawn:
    """The chart called `kind`, drawn.

    Raises:
        ValueError: there is no chart of that name.
    """
    name = kind.replace("-", "_")
    if name not in CHARTS:
        raise ValueError(f"no chart '{kind}'; there are {', '.join(CHARTS)}")
    with drawing(look.style):
        return CHARTS[name](findings, look)
