"""What `suanli compare` says first: which of some variants is better, by what they share.

Names of folders are told short: what all of them have in common tells nothing apart.
"""

import os
from collections.abc import Sequence

from bench.amounts import unit_of
from bench.comparison import Comparison
from bench.sentences import Question, answer, listed, quoted
from bench.words import say

LESS_IS_BETTER = {"s", "CNY", "kWh", "kg"}
"""Units of which everybody wants less, whatever is measured in them."""


def short_folders(paths: Sequence[str]) -> dict[str, str]:
    """Folders without the part of the path that leads to all of them."""
    try:
        shared = os.path.commonpath([os.path.dirname(path) for path in paths])  # noqa: PTH120
    except ValueError:  # some from the root, some from here
        shared = ""
    return {path: os.path.relpath(path, shared) if shared else path for path in paths}


def short_names(variants: Sequence[str], folders: Sequence[str]) -> dict[str, str]:
    """Full names of variants -> the same with short folders; none is cut."""
    if len(folders) < 2:
        return {name: name for name in variants}
    short = short_folders(folders)
    longest_first = sorted(folders, key=len, reverse=True)
    return {name: _shortened(name, short, longest_first) for name in variants}


def _shortened(name: str, short: dict[str, str], folders: Sequence[str]) -> str:
    for folder in folders:
        if name == folder or name.startswith(f"{folder}/"):
            return short[folder] + name[len(folder) :]
    return name


def better_of(measure: str, asked: dict[str, str]) -> str:
    """Which way a measure is better: what the scenario says, or what goes without saying."""
    if measure == asked.get("measure"):
        return asked.get("better", "lower")
    if unit_of(measure) in LESS_IS_BETTER:
        return "lower"
    return "higher" if measure == "jobs_finished" else ""


def verdict(
    found: Comparison, names: dict[str, str], question: Question, variants: Sequence[str]
) -> str:
    """One sentence about some variants over the seeds that all of them ran."""
    common = set.intersection(*(found.seeds(name) for name in variants))
    if not common:
        told = listed([quoted(names[variant]) for variant in variants], question.lang)
        return say("compare_apart", question.lang, names=told)
    place = (question.measure, "all", "")
    values = {
        names[variant]: {
            seed: value
            for seed, value in found.values[variant].get(place, {}).items()
            if seed in common
        }
        for variant in variants
    }
    return answer(question, values)
