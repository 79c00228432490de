"""What it was worth: measure, compare, draw, report; the command line."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "comparison": ["Comparison", "compare"],
        "experiment": ["run"],
        "faults": ["RunFolderError", "StoreError"],
        "folder": ["RunFolder", "open_run"],
        "measures": ["MeasureTable"],
        "metrics": ["measure"],
    },
)
