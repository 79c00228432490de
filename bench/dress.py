"""A run folder dressed: its figures and its report, drawn from its tables alone."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from bench.charts import save
from bench.elsewhere import rules_of
from bench.faults import RunFolderError
from bench.folder import RunFolder
from bench.report import draw_all, first_sentences, page, write_csv
from bench.store import StoredLevels, StoredRecords
from bench.tables import Findings, gather
from bench.trace_rules import OwnRules, own_rules
from bench.view import NO_RULES, Elsewhere, MeasureRow, RunView
from bench.words import Lang
from scenarios import Scenario, ScenarioError

FIGURES = "figures"
REPORT = "report.html"
NO_SCENARIO = cast(Scenario, None)  # tables are read without it


def dress(folder: RunFolder, lang: Lang = "en") -> list[str]:
    """Draws the figures and writes the report into the folder; the report's first sentences."""
    findings = findings_of(folder)
    pictures = draw_all(findings, lang)
    (folder.path / FIGURES).mkdir(exist_ok=True)
    for kind, picture in pictures.items():
        save(picture, folder.path / FIGURES / kind)
    write_csv(findings, folder.path / FIGURES)
    text = page(findings, pictures, lang)
    (folder.path / REPORT).write_text(text, encoding="utf-8", newline="\n")
    return first_sentences(findings, lang)


def answers(folder: RunFolder, lang: Lang = "en") -> list[str]:
    """The report's first sentences, without drawing it."""
    return first_sentences(findings_of(folder), lang)


def findings_of(folder: RunFolder) -> Findings:
    """What charts and sentences are made of."""
    return gather(view_of_folder(folder))


def view_of_folder(folder: RunFolder) -> RunView:
    """The folder as a report sees it."""
    asked = folder.summary
    answer = asked.get("answer", {})
    return RunView(
        name=folder.name,
        digest=str(folder.manifest["digest"]),
        variants=folder.variants,
        seeds=folder.seeds,
        measures=tuple(MeasureRow(*row) for row in folder.measures.rows()),
        resolved={variant: settings_of(folder, variant) for variant in folder.variants},
        jobs=lambda variant, seed: tables_of(folder, variant, seed),
        levels=lambda variant, seed: StoredLevels(tables_of(folder, variant, seed).levels_path),
        question=str(asked.get("question", "")),
        measure=str(answer.get("measure", "wait_p95_s")),
        better=str(answer.get("better", "lower")),
        random=bool(folder.manifest.get("random", True)),
        versions=folder.manifest["versions"],
        own_rules=lambda variant: rules_of_rows(folder, variant),
        replicas=folder.replicas,
        impossible=folder.impossible,
        elsewhere=lambda variant, workloads: barred(folder, variant, workloads),
        scarce=folder.scarce,
        plan_statuses=folder.plan_statuses,
    )


def barred(folder: RunFolder, variant: str, workloads: Sequence[str]) -> Elsewhere:
    """Which rule keeps workloads out of which pools; nothing where no scenario is at hand."""
    try:
        return rules_of(folder.scenario(variant), workloads)
    except (RunFolderError, ScenarioError):
        return NO_RULES


def rules_of_rows(folder: RunFolder, variant: str) -> Mapping[str, OwnRules]:
    """What rows of traces ask for themselves; nothing where a trace is not at hand."""
    resolved = folder.manifest["resolved"].get(variant, {})
    if all(row.get("kind") != "trace" for row in resolved.get("workloads") or ()):
        return {}
    try:
        return own_rules(folder.scenario(variant))
    except (RunFolderError, ScenarioError):
        return {}


def settings_of(folder: RunFolder, variant: str) -> Mapping[str, Any]:
    """The settings of a variant with all defaults.

    A trace that is not at hand any more, or a folder of an older version, leaves the settings
    as they were written: drawing needs no more.
    """
    try:
        return folder.scenario(variant).model_dump(mode="json")
    except RunFolderError:
        written = dict(folder.manifest["resolved"].get(variant, {}))
        return {key: value for key, value in written.items() if key != "data_classes"}


def tables_of(folder: RunFolder, variant: str, seed: int) -> StoredRecords:
    """The tables of one run, without reading its scenario again."""
    for run in folder.manifest["runs"]:
        if (run["variant"], run["seed"]) == (variant, seed):
            jobs, levels = folder.path / run["jobs"], folder.path / run["levels"]
            return StoredRecords(jobs, levels, NO_SCENARIO, variant, seed)
    raise RunFolderError(folder.path, f"no run of variant '{variant}' with seed {seed}")
