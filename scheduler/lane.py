"""The fast engine (for now: the plain one under another name)."""

from __future__ import annotations

from scheduler.engine import Plain


class Lane(Plain):
    """To be."""
