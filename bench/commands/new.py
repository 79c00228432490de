"""`suanli new`: a commented scenario that runs as it is."""

import json
import re
import shlex
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import lazy_loader as lazy
import typer

from bench.commands.endings import wrong

scenarios = lazy.load("scenarios")

NAME = re.compile(r"[\w][\w .()-]{0,63}")
PLAIN = re.compile(r"(?!(true|false|null)$)[^\W\d][\w-]*")


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the scenario; the file is NAME.yaml.")
    ] = "my-scenario",
    origin: Annotated[
        str | None,
        typer.Option("--from", metavar="BUNDLED", help="Copy this bundled scenario instead."),
    ] = None,
) -> None:
    """Write NAME.yaml here: a starter, or a copy of a bundled one."""
    stem = name.removesuffix(".yaml")
    if not NAME.fullmatch(stem):
        wrong(f"new: a name is 1 to 64 letters, digits or ' .()-_', no path; got {name!r}")
    path = Path(f"{stem}.yaml")
    try:
        write_new(path, starter(stem) if origin is None else copied(origin, stem))
    except FileExistsError:
        wrong(f"{path}: exists already; nothing was written")
    print(f"{path}: written; next: suanli run {shlex.quote(str(path))}")


def starter(name: str) -> str:
    """The starter's text under its own name."""
    text = files("bench.commands").joinpath("starter.yaml").read_text(encoding="utf-8")
    return text.replace("name: NAME", f"name: {quoted(name)}").replace("NAME", name)


def copied(origin: str, name: str) -> str:
    """A bundled scenario's text under a new name."""
    known = scenarios.bundled()
    if origin not in known:
        nearest = scenarios.guess(origin, known)
        more = f"; did you mean '{nearest}'?" if nearest else ""
        wrong(f"--from: no bundled scenario of that name; got '{origin}'{more}")
    text: str = known[origin].read_text(encoding="utf-8")
    renamed = re.sub(r"(?m)^name: .*$", lambda _: f"name: {quoted(name)}", text, count=1)
    return renamed.replace(f"suanli run {origin} ", f"suanli run {shlex.quote(name)}.yaml ")


def quoted(name: str) -> str:
    """The name as YAML, in quotes where it would read something else."""
    return name if PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist; leave no half of it behind on a full disk."""
    with path.open("x", encoding="utf-8", newline="\n") as file:
        try:
            file.write(text)
            file.flush()
        except OSError:
            path.unlink()
            raise
