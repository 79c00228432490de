"""`suanli trace`: a public trace as a job table of ours."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import lazy_loader as lazy
import typer

from bench.commands.endings import WRONG_INPUT, complain, not_yet, tell, wrong

folders = lazy.load("bench.folder", suppress_warning=True)
scenarios = lazy.load("scenarios")

FORMATS = ("openb", "swf", "philly", "table")
FORMATS_HELP = (
    "openb, swf, philly; or table: CSV or parquet, a row a job, of the columns submit_s"
    " (required), run_s, work_h, estimate_s, vcpu, memory_gib, gpu, gpu_memory_gib, dpu_share,"
    " local_storage_gb, nodes, id, tenant, region, class, on, chips, isa, priority, deadline_s,"
    " preemptible, security_level, input_gb, input_at, output_gb, data_class, stays_within"
)
LATER = ("gavel", "sia", "azure-llm", "genai", "dlrm", "google", "opendc")


def trace(
    kind: Annotated[str, typer.Argument(metavar="FORMAT", help=FORMATS_HELP)],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Its files.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="F.parquet", help="The job table (or F.csv).")
    ],
    nodes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="openb: also write its topology.")
    ] = None,
    submit: Annotated[
        Literal["created", "scheduled"], typer.Option(help="openb: which time is the submit.")
    ] = "created",
    on_bad_rows: Annotated[
        Literal["refuse", "skip"], typer.Option("--on-bad-rows", help="What a broken row does.")
    ] = "refuse",
) -> None:
    """Import a public trace to the job table."""
    if kind in LATER:
        not_yet(f"trace format '{kind}'")
    if kind not in FORMATS:
        meant = scenarios.guess(kind, FORMATS)
        tail = f"; did you mean '{meant}'?" if meant else ""
        wrong(f"trace: expected a format of {', '.join(FORMATS)}; got '{kind}'{tail}")
    if len(files) > 1:
        wrong(f"trace: format {kind} has one file; got {len(files)}")
    if out.suffix not in (".parquet", ".csv"):
        wrong(f"--out: expected a name that ends in .parquet or .csv; got '{out}'")
    if kind != "openb" and (nodes or submit != "created"):
        wrong("--nodes, --submit: only for format openb")
    file = files[0]
    table, topology = imported(kind, file, nodes, submit)
    problems = table.refusal(on_bad_rows)
    if problems:
        complain(scenarios.format_problems(problems, str(file)))
        raise typer.Exit(WRONG_INPUT)
    write_whole(out, table)
    for note in table.notes:
        tell(f"note: {note}")
    tell(f"{out}: {int((~table.bad).sum())} jobs, {', '.join(table.columns)}")
    if topology:
        write_topology(out.with_suffix(".topology.yaml"), topology)


def imported(kind: str, file: Path, nodes: Path | None, submit: str) -> tuple[Any, Any]:
    """The job table and, for openb with its nodes, a topology."""
    for path in [file, *([nodes] if nodes else [])]:
        if not path.is_file():
            wrong(f"{path}: no such file")
    if kind == "openb":
        table, topology = scenarios.import_openb(file, nodes, submit)
        return table, topology
    readers = {
        "swf": scenarios.import_swf,
        "philly": scenarios.import_philly,
        "table": scenarios.import_table,
    }
    return readers[kind](file), {}


def write_whole(out: Path, table: Any) -> None:
    """Write the table beside its place and move it there when it is whole."""
    rough = out.with_name(f".{out.stem}.tmp{out.suffix}")
    try:
        scenarios.write_table(folders.not_led_away(rough), table)
        rough.replace(out)
    finally:
        rough.unlink(missing_ok=True)


def write_topology(path: Path, topology: Any) -> None:
    """A `topology:` section, one row a line (JSON is YAML)."""
    with folders.not_led_away(path).open("w", encoding="utf-8", newline="\n") as file:
        file.write("topology:\n")
        for key, rows in topology.items():
            file.write(f"  {key}:\n")
            file.writelines(f"    - {json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    tell(f"{path}: {len(topology['pools'])} pools")
