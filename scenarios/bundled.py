"""Scenarios that come with the program: a bare name stands for its file here."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from scenarios.problems import Problem, ScenarioError, guess

HERE = Path(__file__).parent
MOST_FILES = 1_000  # of a folder are looked at for a guess


def bundled() -> dict[str, Path]:
    """Names of the scenarios that are there, by name, with their files."""
    return {path.stem: path for path in sorted(HERE.glob("*.yaml"))}


def located(name: str) -> Path:
    """The file that was asked for: a path, else a bundled scenario of that name.

    Raises:
        ScenarioError: there is neither.
    """
    path, names = Path(name), bundled()
    try:
        is_there = path.exists() and (name not in names or not path.is_dir())
    except (OSError, ValueError):  # a name that no file can have
        is_there = False
    if is_there:
        return path
    if name in names:
        return names[name]
    message = "no such file, and no bundled scenario of that name"
    meant = guess(name, [*names, *beside(path)])
    raise ScenarioError([Problem(name, message=message, guess=meant)], name)


def beside(path: Path) -> list[str]:
    """The scenario files of the folder in which a file was looked for, as they are called."""
    try:
        found = islice(path.parent.glob("*.y*ml"), MOST_FILES)
        return [str(path.parent / one.name) for one in found]
    except (OSError, ValueError):  # a folder that cannot be read, or a name that none can have
        return []
