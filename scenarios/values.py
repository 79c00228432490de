"""The kinds of values that keys of a scenario take, and how one that does not fit is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MOST = 1e9  # of anything: keeps every product with a scale inside 64 bits
NAME = r"^\w[\w .()-]{0,63}$"

Name = Annotated[str, Field(pattern=NAME)]
Amount = Annotated[float, Field(ge=0, le=MOST)]
Positive = Annotated[float, Field(gt=0, le=MOST)]
Share = Annotated[float, Field(ge=0, le=1)]
FileName = Annotated[str, Field(min_length=1, max_length=255)]


class UnfitError(ValueError):
    """A complaint of a validator in the planner's words; `key` is what it is about."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key
