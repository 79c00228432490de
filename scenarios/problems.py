"""What is wrong with a scenario, said so that a planner can put it right.

A `Problem` knows where it stands, what was wanted, what came instead and what was
probably meant. All problems of a scenario are collected and told at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

SHOWN_PROBLEMS = 50
MOST_PROBLEMS = 500  # of one kind; who has more mends these first
SHOWN_CHARACTERS = 60
COMMAND_LINE = "--set"
UNKNOWN_KEY = "unknown key"


class Place(NamedTuple):
    """Where something was written; line and column count from 1, 0 is unknown."""

    file: str
    line: int
    column: int


class Bare(str):
    """Text about what came (`a map`, `null`), shown without quotes."""

    __slots__ = ()


Got = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong; `str()` is the line that the user reads.

    `path` names the setting by its items (`topology.sites[hangzhou].tier`). `got` is what
    was found, None when there is nothing to show. `guess` is what was probably meant.
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = ""
    message: str = ""
    got: Got = None
    guess: str | None = None

    def __str__(self) -> str:
        """`FILE:LINE:COL: PATH: message; got X; did you mean 'Y'?`."""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = ": ".join(part for part in (where, self.path, self.message) if part)
        if self.got is not None:
            text += f"; got {shown(self.got)}"
        if self.guess is not None:
            text += f"; did you mean {shown(self.guess)}?"
        return seen(text)

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.file, self.line, self.column)

    def as_row(self) -> dict[str, Got]:
        """The object that `check --json` prints; the place is null where there is none."""
        return {
            "file": self.file,
            "line": self.line or None,
            "column": self.column or None,
            "path": self.path,
            "message": self.message,
            "got": self.got,
            "guess": self.guess,
        }


class ScenarioError(Exception):
    """The scenario is wrong; `problems` holds all of them, `file` is what was asked for."""

    def __init__(self, problems: Iterable[Problem], file: str | None = None) -> None:
        self.problems = sorted_problems(problems, file)
        self.file = file if file is not None else self.problems[0].file
        super().__init__(self.problems, self.file)

    def __str__(self) -> str:
        return format_problems(self.problems, self.file)


def format_problems(problems: Iterable[Problem], file: str | None = None) -> str:
    """What a user reads: at most 50 problems by line, a count of the rest, the total."""
    found = sorted_problems(problems, file)
    lines = [str(problem) for problem in found[:SHOWN_PROBLEMS]]
    if len(found) > SHOWN_PROBLEMS:
        lines.append(f"and {len(found) - SHOWN_PROBLEMS} more")
    name = file if file is not None else found[0].file
    lines.append(f"{seen(name)}: {len(found)} problem{'' if len(found) == 1 else 's'}")
    return "\n".join(lines)


def and_more(file: str, count: int) -> list[Problem]:
    """What is said of problems that are not told one by one; nothing if there are none."""
    message = f"{count:,} more values are wrong, not told one by one"
    return [Problem(file, message=message)] if count > 0 else []


def sorted_problems(
    problems: Iterable[Problem], file: str | None = None
) -> tuple[Problem, ...]:
    """Each problem once: the scenario's by line, then other files', the command line's last."""

    def order(problem: Problem) -> tuple[int, str, int, int, str, str]:
        other = file is not None and problem.file != file
        rank = 2 if problem.file == COMMAND_LINE else int(other)
        return rank, problem.file, problem.line, problem.column, problem.path, problem.message

    return tuple(sorted(dict.fromkeys(problems), key=order))


def shown(value: Got) -> str:
    """A found value as one short line: text in single quotes, numbers as JSON writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if len(text) > SHOWN_CHARACTERS:
        text = text[: SHOWN_CHARACTERS - 3] + "..."
    if isinstance(value, Bare) or not isinstance(value, str):
        return text
    return f"'{seen(text)}'"


def seen(text: str) -> str:
    """The text with all that a terminal would not show, or would obey, written out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def guess(word: object, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, or None."""
    if not isinstance(word, str) or len(word) > 2 * SHOWN_CHARACTERS:
        return None
    names = sorted(set(known))
    same = [name for name in names if name.casefold() == word.casefold()]
    close = same or difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return close[0] if close else None


def either(words: Sequence[str]) -> str:
    """Words as a choice in prose: `nation, province or city`."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
