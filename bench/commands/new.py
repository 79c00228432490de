"""`suanli new`: a commented scenario that runs as it is."""

import json
import re
import shlex
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from bench.commands.endings import wrong

NAME = re.compile(r"[\w][\w .()-]{0,63}")
PLAIN = re.compile(r"(?!(true|false|null)$)[^\W\d][\w-]*")


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the scenario; the file is NAME.yaml.")
    ] = "my-scenario",
) -> None:
    """Write NAME.yaml here: a starter that runs as it is."""
    stem = name.removesuffix(".yaml")
    if not NAME.fullmatch(stem):
        wrong(f"new: a name is 1 to 64 letters, digits or ' .()-_', no path; got {name!r}")
    path = Path(f"{stem}.yaml")
    try:
        write_new(path, starter(stem))
    except FileExistsError:
        wrong(f"{path}: exists already; nothing was written")
    print(f"{path}: written; next: suanli run {shlex.quote(str(path))}")


def starter(name: str) -> str:
    """The starter's text under its own name, quoted where YAML would read something else."""
    text = files("bench.commands").joinpath("starter.yaml").read_text(encoding="utf-8")
    quoted = name if PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
    return text.replace("name: NAME", f"name: {quoted}").replace("NAME", name)


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist; leave no half of it behind on a full disk."""
    with path.open("x", encoding="utf-8", newline="\n") as file:
        try:
            file.write(text)
            file.flush()
        except OSError:
            path.unlink()
            raise
