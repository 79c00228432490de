"""What a run folder says of itself: where it comes from, and a digest of all that it holds."""

import hashlib
import json
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.faults import RunFolderError
from scenarios import Scenario

SCHEMA = 1
NAME = "manifest.json"
HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("topology", "scenarios", "scheduler", "bench")
LIBRARIES = ("simpy", "networkx", "numpy", "scipy", "pyarrow", "pydantic", "ortools")
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")

KEYS: Mapping[str, type] = {
    "schema": int,
    "digest": str,
    "scenario": dict,
    "resolved": dict,
    "variants": list,
    "seeds": list,
    "versions": dict,
    "platform": dict,
    "wall": dict,
    "runs": list,
    "files": dict,
    "code": str,
    "catalogue": str,
    "self": str,
}
"""Keys that every manifest has, and what they hold."""


# --- names --------------------------------------------------------------------------------


def slug(name: str) -> str:
    """A name as part of a file name: as it is if plain, else its plain parts and a digest."""
    if PLAIN.fullmatch(name) and not RESERVED.fullmatch(name):
        return name
    plain = "-".join(re.findall(r"[A-Za-z0-9_]+", name))[:48]
    return f"{plain or 'name'}-{digest_of_text(name)[:8]}"


def file_names(variants: Sequence[str]) -> dict[str, str]:
    """A file name for each variant; two that differ only in case would be one on some disks."""
    folded = [slug(name).casefold() for name in variants]
    return {
        name: slug(name)
        if folded.count(slug(name).casefold()) == 1
        else f"{slug(name)}-{digest_of_text(name)[:8]}"
        for name in variants
    }


# --- digests ------------------------------------------------------------------------------


def digest_of_text(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_json(value: Any) -> str:
    """SHA-256 of plain data, whatever the order of its keys."""
    return digest_of_text(json.dumps(value, sort_keys=True, allow_nan=False))


def digest_of_files(paths: Iterable[Path], root: Path) -> str:
    """One digest of several files: of their places below `root` and of their bytes."""
    return digest_of_json({p.relative_to(root).as_posix(): digest_of_file(p) for p in paths})


def code_digest(house: Path = HOUSE) -> str:
    """Digest of every source file of the four rooms."""
    return digest_of_files(sorted(p for r in ROOMS for p in (house / r).rglob("*.py")), house)


def catalogue_digest(house: Path = HOUSE) -> str:
    """Digest of the tables of chips, servers, tariffs, ... ."""
    tables = (house / "topology" / "tables").rglob("*")
    return digest_of_files(sorted(p for p in tables if p.is_file()), house)


def trace_digests(scenario: Scenario) -> dict[str, str]:
    """Digest of each file that any variant names."""
    found = {
        name: variant.file(name)
        for variant in scenario.variants
        for name in named_files(variant.resolved)
    }
    return {name: digest_of_file(found[name]) for name in sorted(found)}


def named_files(value: Any) -> Iterator[str]:
    """Every `file: NAME` inside plain data."""
    children = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping) and isinstance(value.get("file"), str):
        yield value["file"]
    if isinstance(value, Mapping | list | tuple):
        for child in children:
            yield from named_files(child)


# --- the manifest -------------------------------------------------------------------------


def origin_of(scenario: Scenario, seeds: Sequence[int]) -> dict[str, Any]:
    """All that decides the bytes of a run folder, and its digest."""
    origin = {
        "schema": SCHEMA,
        "scenario": {"name": scenario.name, "digest": scenario.digest},
        "variants": [{"name": v.variant, "digest": v.digest} for v in scenario.variants],
        "seeds": list(seeds),
        "traces": trace_digests(scenario),
        "catalogue": catalogue_digest(),
        "code": code_digest(),
        "versions": versions(),
    }
    return origin | {"digest": digest_of_json(origin)}


def versions() -> dict[str, str]:
    """Version of Suanli, Python and each library that a result may depend on."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    return {"suanli": version_of("suanli"), "python": python} | {
        name: version_of(name) for name in LIBRARIES
    }


def version_of(distribution: str) -> str:
    """The installed version; 'not installed' where there is only the source."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"


def machine() -> dict[str, str]:
    """The platform that a run was made on; it never changes a result."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "implementation": platform.python_implementation(),
    }


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with a digest of itself."""
    bare = {key: value for key, value in manifest.items() if key != "self"}
    return bare | {"self": digest_of_json(bare)}


def is_sealed(manifest: Mapping[str, Any]) -> bool:
    """Whether nobody changed the manifest since it was sealed."""
    return bool(manifest["self"] == sealed(manifest)["self"])


def json_text(value: Any) -> str:
    """Plain data as it is written: indented, without nan, keys in their order."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        RunFolderError: it is missing, no JSON or no object.
    """
    if not path.is_file():
        raise RunFolderError(path, "missing")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise RunFolderError(path, "broken: not UTF-8 text") from None
    except json.JSONDecodeError as error:
        message = f"broken JSON at line {error.lineno} column {error.colno}"
        raise RunFolderError(path, message) from None
    except (RecursionError, ValueError):
        raise RunFolderError(path, "broken JSON: too deep or too large a number") from None
    if not isinstance(value, dict):
        raise RunFolderError(path, "expected a JSON object")
    return value


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder.

    Raises:
        RunFolderError: the folder or its manifest is missing, broken or too new.
    """
    if not folder.exists():
        raise RunFolderError(folder, "no such run folder")
    if not folder.is_dir():
        raise RunFolderError(folder, "expected a run folder; got a file")
    if not (folder / NAME).exists():
        raise RunFolderError(folder, f"not a run folder: no {NAME}")
    path = folder / NAME
    manifest = read_json(path)
    _check_schema(path, manifest)
    for key, kind in KEYS.items():
        if key not in manifest:
            raise RunFolderError(path, f"no key '{key}'")
        if not isinstance(manifest[key], kind):
            raise RunFolderError(path, f"{key}: expected {WORDS[kind]}")
    _check_runs(path, manifest)
    return manifest


WORDS = {int: "a whole number", str: "text", dict: "a map", list: "a list"}


def _check_schema(path: Path, manifest: Mapping[str, Any]) -> None:
    schema = manifest.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise RunFolderError(path, f"schema: expected a whole number from 1; got {schema!r}")
    if schema > SCHEMA:
        message = f"schema {schema} is newer than this version reads ({SCHEMA}); update suanli"
        raise RunFolderError(path, message)


def _check_runs(path: Path, manifest: Mapping[str, Any]) -> None:
    keys = {"variant": str, "seed": int, "jobs": str, "levels": str}
    for number, run in enumerate(manifest["runs"], start=1):
        good = isinstance(run, dict) and all(isinstance(run.get(k), t) for k, t in keys.items())
        if not good:
            raise RunFolderError(path, f"runs[#{number}]: expected {', '.join(keys)}")
        for key in ("jobs", "levels"):
            if not is_inside(run[key]):
                message = f"runs[#{number}].{key}: leads out of the folder; got {run[key]!r}"
                raise RunFolderError(path, message)


def is_inside(name: str) -> bool:
    """Whether a relative name stays inside the folder that it is relative to."""
    parts = name.split("/")
    return not any(p in ("", ".", "..") for p in parts) and "\\" not in name and ":" not in name
