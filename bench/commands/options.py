"""Options that several commands share, written once so that they mean the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.endings import wrong

ScenarioFile = Annotated[
    str, typer.Argument(metavar="FILE", help="A scenario file, or a bundled name.")
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
Data = Annotated[
    list[Path] | None,
    typer.Option("--data", metavar="DIR", help="Where a `file:` may lie too; repeatable."),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; repeatable."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=1024, metavar="N", help="Processes; default: cores."),
]
Json = Annotated[bool, typer.Option("--json", help="For programs: JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
Lang = Annotated[str, typer.Option("--lang", metavar="en|zh", help="Language of the words.")]


def language(lang: str) -> None:
    """Refuse a language that there are no words for."""
    if lang not in {"en", "zh"}:
        wrong(f"--lang: expected en or zh; got '{lang}'")
