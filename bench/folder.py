"""A run folder: opened, written behind the scenes, and put under its name when complete."""

import contextlib
import dataclasses
import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import manifest as manifests
from bench.comparison import Comparison, compare
from bench.faults import RunFolderError, StoreError
from bench.measures import MeasureTable
from bench.store import StoredRecords, read_measures
from scenarios import Scenario, ScenarioError, read

MEASURES = "measures.parquet"
SUMMARY = "summary.json"
DRAWN = ("figures/", "report.html")
"""What may be drawn again; everything else in a folder is data and stays."""

SENSELESS = (
    TypeError, ValueError, LookupError, AttributeError, ArithmeticError, AssertionError,
    RecursionError, MemoryError,
)  # fmt: skip
"""What Python raises of values that are not what they should be."""

Dress = Callable[["RunFolder"], None]
"""Adds figures and a report to a folder that has all its tables."""


@dataclass(frozen=True)
class RunFolder:
    """A complete run folder. `fresh` = made just now, not found `already done`."""

    path: Path
    manifest: Mapping[str, Any]
    data: tuple[Path, ...] = ()
    fresh: bool = False

    @property
    def name(self) -> str:
        """The name of the scenario."""
        return str(self.manifest["scenario"].get("name", ""))

    @property
    def variants(self) -> tuple[str, ...]:
        """Variants in report order."""
        return tuple(dict.fromkeys(run["variant"] for run in self.manifest["runs"]))

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of every variant."""
        return tuple(dict.fromkeys(run["seed"] for run in self.manifest["runs"]))

    @property
    def unserved(self) -> tuple[str, ...]:
        """Workloads that had to be served and were not: exit 3."""
        return tuple(self.manifest.get("unserved", ()))

    @property
    def impossible(self) -> tuple[Mapping[str, Any], ...]:
        """Why, by variant (see bench/placing.py)."""
        return tuple(self.manifest.get("impossible", ()))

    @property
    def replicas(self) -> tuple[Mapping[str, Any], ...]:
        """Where replicas stand, by variant and workload (see bench/placing.py)."""
        return tuple(self.manifest.get("replicas", ()))

    @property
    def scarce(self) -> tuple[Mapping[str, Any], ...]:
        """What planned variants are short of (see bench/scarce.py)."""
        rows = self.manifest.get("scarce", ())
        return tuple(row for row in rows if "worths_cny" in row)  # older ones had another

    @property
    def plan_statuses(self) -> dict[str, dict[str, int]]:
        """How often plans of each variant ended how, over all seeds."""
        found: dict[str, dict[str, int]] = {}
        for run in self.manifest["runs"]:
            own = found.setdefault(run["variant"], {})
            for status, count in run.get("plan_statuses", {}).items():
                own[status] = own.get(status, 0) + count
        return found

    @cached_property
    def measures(self) -> MeasureTable:
        """All measures of all runs."""
        return read_measures(self.path / MEASURES)

    @cached_property
    def comparison(self) -> Comparison:
        """The variants side by side."""
        return compare(self.measures)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What summary.json says."""
        return manifests.read_json(self.path / SUMMARY)

    def records(self, variant: str, seed: int) -> StoredRecords:
        """The tables of one run.

        Raises:
            RunFolderError: there is no such run.
        """
        for run in self.manifest["runs"]:
            if (run["variant"], run["seed"]) == (variant, seed):
                jobs, levels = self.path / run["jobs"], self.path / run["levels"]
                return StoredRecords(jobs, levels, self.scenario(variant), variant, seed)
        raise RunFolderError(self.path, f"no run of variant '{variant}' with seed {seed}")

    def scenario(self, variant: str) -> Scenario:
        """The resolved scenario of one variant, as the folder keeps it.

        Raises:
            RunFolderError: the folder keeps none, or one that cannot be read.
        """
        resolved = self.manifest["resolved"].get(variant)
        place = self.path / manifests.NAME
        if resolved is None:
            raise RunFolderError(place, f"resolved: no variant '{variant}'")
        with TemporaryDirectory() as folder:
            file = Path(folder) / "scenario.yaml"  # JSON is YAML
            file.write_text(manifests.json_text(resolved), encoding="utf-8")
            try:
                return read(file, data=self.data)
            except ScenarioError as error:
                first = dataclasses.replace(
                    error.problems[0], file=f"resolved[{variant}]", line=0
                )
                raise RunFolderError(place, str(first)) from error


def open_run(path: Path | str, *, data: tuple[Path, ...] = ()) -> RunFolder:
    """A run folder; `data` are the folders of its traces, where they are needed again.

    Raises:
        RunFolderError: it is missing, broken or newer than this version.
    """
    folder = Path(path)
    no_links(folder)
    return RunFolder(folder, manifests.read_manifest(folder), data)


def no_links(folder: Path) -> None:
    """A run folder holds files and folders; a link would lead readers and writers out of it.

    Raises:
        RunFolderError: there is a link in it, a pipe, or anything else.
    """
    for around, folders, files in os.walk(folder):
        for path in (Path(around) / name for name in sorted((*folders, *files))):
            mode = path.lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                kind = "a link" if stat.S_ISLNK(mode) else "no regular file"
                raise RunFolderError(path, f"{kind}; a run folder holds files and folders")


@contextlib.contextmanager
def blaming(*folders: RunFolder) -> Iterator[None]:
    """What cannot be drawn of a folder that was changed is the folder's fault, else ours.

    Raises:
        RunFolderError: something failed, and a folder is not as it was made.
    """
    try:
        yield
    except SENSELESS as error:
        for folder in folders:
            for change in changes(folder):
                message = f"was changed since it was made ({change}), and makes no sense now"
                raise RunFolderError(folder.path, message) from error
        raise


def changes(folder: RunFolder) -> list[str]:
    """Files changed, missing or added since the folder was made, a line each."""
    found = [] if manifests.is_sealed(folder.manifest) else [f"{manifests.NAME}: changed"]
    return found + compared(folder.manifest["files"], digests(folder.path))


def compared(promised: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Files changed, missing or added, by name."""
    return [
        f"{name}: {fate(promised.get(name), found.get(name))}"
        for name in sorted(promised.keys() | found.keys())
        if promised.get(name) != found.get(name)
    ]


def fate(promised: str | None, found: str | None) -> str:
    """What happened to a file whose digests differ."""
    if promised is None:
        return "added"
    return "missing" if found is None else "changed"


def redraw(folder: RunFolder, dress: Dress) -> RunFolder:
    """Draws figures and report again; the digests of data stay as they are."""
    with machine_errors(folder.path):
        with blaming(folder):
            dress(folder)
        drawn = {n: d for n, d in digests(folder.path).items() if n.startswith(DRAWN)}
        kept = {n: d for n, d in folder.manifest["files"].items() if not n.startswith(DRAWN)}
        seal = manifests.sealed(
            {**folder.manifest, "files": dict(sorted((kept | drawn).items()))}
        )
        write_text(folder.path / f"{manifests.NAME}.tmp", manifests.json_text(seal))
        (folder.path / f"{manifests.NAME}.tmp").replace(folder.path / manifests.NAME)
    return open_run(folder.path, data=folder.data)


def digests(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder but its manifest, by name, sorted."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {
        p.relative_to(folder).as_posix(): manifests.digest_of_file(p)
        for p in files
        if p != folder / manifests.NAME
    }


# --- beside the folder --------------------------------------------------------------------


def beside(out: Path, ending: str) -> Path:
    """A hidden sibling of the folder that is being made."""
    return out.parent / f".{out.name}.{ending}"


@contextlib.contextmanager
def alone(out: Path) -> Iterator[None]:
    """Holds the right to write `out`; it ends with the process, however that ends.

    Raises:
        StoreError: another run holds it, or a link stands in its place.
    """
    lock = beside(out, "lock")
    if lock.is_symlink():
        raise StoreError(lock, "a link; expected no file there, or one left by a run")
    # a lock of the operating system, on every one of them: what sqlite holds on its file
    with contextlib.closing(sqlite3.connect(lock, timeout=0, isolation_level=None)) as base:
        try:
            base.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise OSError(errno.EACCES, str(error), str(lock)) from error
            raise StoreError(out, "another run is writing it") from None
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


@contextlib.contextmanager
def machine_errors(out: Path) -> Iterator[None]:
    """What the machine refuses becomes one message.

    Raises:
        StoreError: a disk is full, a place cannot be written or read.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        where = getattr(error, "filename", None) or out
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise StoreError(where, reason) from error


def not_led_away(path: Path) -> Path:
    """The path to be written; a link in its place would lead elsewhere and is taken away."""
    if path.is_symlink():
        path.unlink()
    return path


def write_text(path: Path, text: str) -> None:
    """Writes a text file that survives a power cut."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def settle(folder: Path) -> None:
    """Waits until every file of a folder is on the disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def link(source: Path, target: Path) -> None:
    """The same file under a second name; a copy where the disk knows no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def set_aside(out: Path) -> Path:
    """Renames what lies at `out` to the first free out.old-N."""
    number = 1
    while (aside := out.with_name(f"{out.name}.old-{number}")).exists():
        number += 1
    out.rename(aside)
    return aside
