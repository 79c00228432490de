"""What a report rests on, and what identifies the run, in sentences and words."""

from collections.abc import Mapping
from typing import Any

from bench.amounts import amount
from bench.assumptions import fully_used, perfect_estimates, unknown_amounts
from bench.glossary.names import POLICY_KINDS
from bench.place_words import name_any
from bench.sentences import listed, quoted
from bench.tables import Findings
from bench.view import RunView
from bench.weak_rows import weak_rows
from bench.words import Lang, say


def assumptions(findings: Findings, lang: Lang) -> list[str]:
    """Sentences about what the numbers rest on."""
    view = findings.view
    texts = [_counted(view, lang)]
    if names := perfect_estimates(findings):
        texts.append(say("page_estimates_perfect", lang, workloads=_names(names, lang)))
    if names := fully_used(view):
        texts.append(say("page_use_default", lang, workloads=_names(names, lang)))
    texts.append(say("page_fixed", lang))
    texts += unknown_texts(view, lang)
    if not weak_rows(findings):
        texts.append(say("page_weak_none", lang))
    return [text for text in texts if text]


def unknown_texts(view: RunView, lang: Lang) -> list[str]:
    """Sentences that name what keeps money and energy undefined."""
    return [
        say(
            f"page_unknown_{kind}",
            lang,
            names=listed([name_any(name, lang) for name in names], lang),
        )
        for kind, names in unknown_amounts(view).items()
    ]


def _names(names: list[str], lang: Lang) -> str:
    return listed([quoted(name) for name in names], lang)


def _counted(view: RunView, lang: Lang) -> str:
    resolved = view.resolved.get(view.variants[0], {})
    if resolved.get("horizon_h") is None:
        return ""
    drain_h = resolved.get("drain_h")
    return say(
        "page_counted",
        lang,
        warmup=_hours(resolved.get("warmup_h") or 0, lang),
        horizon=_hours(resolved["horizon_h"], lang),
        drain=_hours(resolved["horizon_h"] if drain_h is None else drain_h, lang),
    )


def _hours(hours: float, lang: Lang) -> str:
    return amount("s", hours * 3600, lang)


def facts(findings: Findings, lang: Lang) -> list[tuple[str, str]]:
    """What identifies the run: seeds, times, policies, versions, digest."""
    view = findings.view
    resolved = view.resolved.get(view.variants[0], {})
    found = [
        ("page_fact_seeds", _seeds(view.seeds)),
        ("page_fact_jobs", _jobs(findings, lang)),
        ("page_fact_start", str(resolved.get("start", "")).replace("T", " ")),
        ("page_fact_horizon", _hours(resolved.get("horizon_h") or 0, lang)),
        ("page_fact_warmup", _hours(resolved.get("warmup_h") or 0, lang)),
        *(("page_fact_policies", text) for text in policy_texts(view, lang)),
        ("page_fact_versions", ", ".join(f"{k} {v}" for k, v in view.versions.items())),
        ("page_fact_digest", view.digest),
    ]
    return [(say(key, lang), text) for key, text in found if text]


def _jobs(findings: Findings, lang: Lang) -> str:
    """How many jobs were simulated in all runs; of which how many count, where not all do."""
    runs = findings.tallies.values()
    every, counted = sum(run.rows for run in runs), sum(run.counted for run in runs)
    numbers = {"all": every, "runs": len(runs), "counted": counted, "rest": every - counted}
    texts = {key: amount("count", number, lang) for key, number in numbers.items()}
    several = "_runs" if len(runs) > 1 else ""
    rest = "_rest" if every > counted else ""
    return say(f"page_jobs_simulated{several}{rest}", lang, **texts)


def _seeds(seeds: tuple[int, ...]) -> str:
    run = range(seeds[0], seeds[0] + len(seeds)) if seeds else range(0)
    if len(seeds) > 3 and seeds == (*run,):
        return f"{seeds[0]}–{seeds[-1]}"
    return ", ".join(map(str, seeds))


def policy_texts(view: RunView, lang: Lang = "en") -> list[str]:
    """The policies of each variant in one line; one line for all if they are the same."""
    lines = {name: _policies(view.resolved.get(name, {}), lang) for name in view.variants}
    if len(set(lines.values())) == 1:
        return [next(iter(lines.values()))]
    return [f"{name}: {line}" for name, line in lines.items()]


def _policies(resolved: Mapping[str, Any], lang: Lang) -> str:
    chosen = resolved.get("policies") or {}
    return ", ".join(
        f"{_kind(kind, lang)} {name}" + "".join(f" {k}={v}" for k, v in options)
        for kind, choice in chosen.items()
        for name, options in [_chosen(choice)]
        if name not in {"", "none", "greedy"}
    )


def _kind(kind: str, lang: Lang) -> str:
    return say(f"policy_{kind}", lang) if kind in POLICY_KINDS else kind


def _chosen(choice: Any) -> tuple[str, list[tuple[str, Any]]]:
    """Name and options, whether decoded or as a file writes them: a name or a map."""
    if not isinstance(choice, Mapping):
        return str(choice or ""), []
    apart = {"name", "line", "column", "options"}
    options = {key: value for key, value in choice.items() if key not in apart}
    options |= choice.get("options") or {}
    return str(choice.get("name", "")), sorted(options.items())
