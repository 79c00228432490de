"""What can be wrong with a run folder, and with writing one."""

from pathlib import Path


class RunFolderError(Exception):
    """A run folder cannot be read or used: the input is wrong (exit 2)."""

    def __init__(self, place: Path | str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = str(place)
        self.message = message


class StoreError(Exception):
    """The machine failed us, as by a full disk (exit 1); str() is one line for the user."""

    def __init__(self, place: Path | str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = str(place)
        self.message = message
