"""What two run folders were asked differently, from the settings that they keep."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ASIDE = ("seeds", "question", "name")
"""Settings that change no run, or are told by themselves."""
OTHER_QUESTION = ("name", "start", "horizon_h", "warmup_h")
MISSING = "–"
THERE = "there"
MANY_PLACES = 0.2  # of all sites: so many others make another topology


@dataclass(frozen=True, slots=True)
class Change:
    """One setting by its path, and its value in both; MISSING where one has none."""

    path: str
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The settings that differ, in the order of the first, then those of the second alone."""
    one, other = dict(_leaves(before)), dict(_leaves(after))
    return [
        Change(path, one.get(path, MISSING), other.get(path, MISSING))
        for path in dict.fromkeys([*one, *other])
        if one.get(path, MISSING) != other.get(path, MISSING)
        and path.split(".")[0] not in ASIDE
    ]


def other_question(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What makes two runs answers to different questions: keys of the scenario."""
    apart = [key for key in OTHER_QUESTION if before.get(key) != after.get(key)]
    one, other = (_names(resolved, "sites") for resolved in (before, after))
    differ = len(one ^ other) > MANY_PLACES * len(one | other)
    return apart + ["topology"] * differ


def _names(resolved: Mapping[str, Any], key: str) -> set[str]:
    rows: Sequence[Mapping[str, Any]] = (resolved.get("topology") or {}).get(key) or ()
    return {str(row.get("name")) for row in rows}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, value as text) of all that is no list or object; rows by their names."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str) and _named(value):
        for row in value:
            yield f"{path}[{row['name']}]", THERE
            rest = {key: below for key, below in row.items() if key != "name"}
            yield from _leaves(rest, f"{path}[{row['name']}]")
    elif value is not None:
        yield path, str(value)


def _named(rows: Sequence[Any]) -> bool:
    """Whether these are rows of different names."""
    names = [row.get("name") for row in rows if isinstance(row, Mapping)]
    return len(names) == len(rows) > 0 and None not in names and len(set(names)) == len(names)
