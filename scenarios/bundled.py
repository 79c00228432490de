"""Scenarios that come with the program: a bare name stands for its file here."""

from __future__ import annotations

from pathlib import Path

from scenarios.problems import Problem, ScenarioError, guess

HERE = Path(__file__).parent


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
    raise ScenarioError([Problem(name, message=message, guess=guess(name, names))], name)
