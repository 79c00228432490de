"""What all facts have in common: frozen, checked at birth, and safe to name."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^\w[\w .()-]{0,63}$")]
"""The name of an item. Unicode letters are welcome; path separators and controls are not."""

FileName = Annotated[str, Field(min_length=1, max_length=255)]
MOST = 1e9  # of anything measured: products stay finite, and times whole in microseconds
Rate = Annotated[float, Field(ge=1e-6, le=MOST)]  # Gbit/s
Share = Annotated[float, Field(ge=0, le=1)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Fact(BaseModel):
    """A frozen piece of what exists or is asked; its fields are the YAML keys.

    Unknown keys, text for numbers, lists for tuples, NaN and infinity are refused.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)
