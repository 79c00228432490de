"""How far a run is: a bar on a terminal, plain lines in a log, nothing when asked to be quiet."""

import sys
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import lazy_loader as lazy

bars = lazy.load("rich.progress", suppress_warning=True)
consoles = lazy.load("rich.console", suppress_warning=True)

LINE_EVERY_S = 2.0
