"""What can be wrong with a run folder, and with writing one."""

from pathlib import Path


class PlacedError(Exception):
    """One line for the user: where, and what is wrong there."""

    def __init__(self, place: Path | str, message: str) -> None:
        super().__init__(str(place), message)  # both, so that it passes between processes
        self.place = str(place)
        self.message = message

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class RunFolderError(PlacedError):
    """A run folder cannot be read or used: the input is wrong (exit 2)."""


class StoreError(PlacedError):
    """The machine failed us, as by a full disk (exit 1)."""


class RunLostError(StoreError):
    """The process of a run was killed again and again (exit 1)."""
