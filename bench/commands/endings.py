"""How a command ends: one message and a status, never a traceback for the user's mistake."""

import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

import lazy_loader as lazy
import typer

from bench.faults import RunFolderError, StoreError

scenarios = lazy.load("scenarios")

WRONG_INPUT = 2
NO_ANSWER = 3
MACHINE_FAILED = 1
INTERRUPTED = 130


def wrong(message: str) -> NoReturn:
    """End with the input at fault: `message` on stderr, exit 2."""
    complain(message)
    raise typer.Exit(WRONG_INPUT)


def complain(message: str) -> None:
    """One message to stderr, where problems belong."""
    tell(message, file=sys.stderr)


def note_overridden(scenario: Any) -> None:
    """Say where `--set` took away what a variant is about; on stderr, as it is no answer."""
    for line in scenario.overridden:
        complain(f"note: {line}")


def tell(message: object, file: TextIO | None = None) -> None:
    """A message of which a terminal obeys nothing: names may come from a stranger's files."""
    text = "\n".join(map(scenarios.seen, str(message).split("\n")))
    print(text, file=file or sys.stdout)


def not_yet(what: str) -> NoReturn:
    """End because an open issue still has to build `what`."""
    wrong(f"not yet: {what}")


def ending(command: Callable[[], object]) -> int:
    """Run the command line and return its exit status; defects of ours keep their traceback."""
    try:
        status = exit_status(command)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        silence_stdout()
        return MACHINE_FAILED
    except (OSError, MemoryError, StoreError) as error:
        complain(machine_trouble(error))
        silence_stdout()
        return MACHINE_FAILED
    return status


def exit_status(command: Callable[[], object]) -> int:
    """The status that typer or an error of the planner's asks for."""
    try:
        command()
    except SystemExit as end:
        return int(end.code or 0)
    except (scenarios.ScenarioError, RunFolderError) as error:
        complain(str(error))
        return WRONG_INPUT
    return 0


def machine_trouble(error: OSError | MemoryError | StoreError) -> str:
    """One line: what the machine refused, and for which file."""
    if isinstance(error, StoreError):
        return str(error)
    if isinstance(error, MemoryError):
        return "suanli: out of memory"
    where = f"{error.filename}: " if error.filename else ""
    return f"suanli: {where}{error.strerror or error}"


def silence_stdout() -> None:
    """Nobody reads on, or the disk is full: keep Python from complaining again at its end."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)
