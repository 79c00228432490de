"""Run folders that are broken, each with its exact message; names, digests, redrawing."""

import json
from pathlib import Path

import pytest

from bench import manifest as manifests
from bench.experiment import run
from bench.faults import RunFolderError
from bench.folder import open_run, redraw
from bench.manifest import (
    code_digest,
    digest_of_json,
    file_names,
    is_inside,
    named_files,
    slug,
    version_of,
)
from bench.verify import verify
from tests.bench.fakes import TEXT, a_scenario

TWO = TEXT + "variants:\n  wide: {}\n  narrow: {'topology.pools[core-cpu].nodes': 1}\n"


@pytest.fixture(scope="module")
def bytes_of_a_run(tmp_path_factory):
    """Every file of a good run folder, to be spoilt by a test."""
    place = tmp_path_factory.mktemp("good")
    run(a_scenario(place, TWO), seeds=1, out=place / "run")
    files = [p for p in (place / "run").rglob("*") if p.is_file()]
    return {p.relative_to(place / "run"): p.read_bytes() for p in files}


@pytest.fixture
def good(bytes_of_a_run, tmp_path):
    """A good run folder of one's own."""
    for name, content in bytes_of_a_run.items():
        (tmp_path / "run" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "run" / name).write_bytes(content)
    return tmp_path / "run"


def with_manifest(**changes):
    """Changes keys of the manifest; None takes a key away."""

    def spoil(path):
        manifest = json.loads((path / "manifest.json").read_text()) | changes
        left = {key: value for key, value in manifest.items() if value is not None}
        (path / "manifest.json").write_text(json.dumps(left))

    return spoil


def with_file(name, content):
    """Writes bytes; None takes the file away, a number cuts so many bytes off its end."""

    def spoil(path):
        file = path / name
        old = file.read_bytes() if file.is_file() else b""
        file.unlink()
        if content is not None:
            file.write_bytes(old[:-content] if isinstance(content, int) else content)

    return spoil


def a_run_row(**changes):
    return {
        "variant": "a",
        "seed": 1,
        "jobs": "jobs/a.parquet",
        "levels": "x.parquet",
    } | changes


def use_all(path):
    """What report, compare and charts do with a run folder."""
    found = open_run(path)
    found.measures  # noqa: B018
    found.summary  # noqa: B018
    for variant in found.variants:
        for seed in found.seeds:
            records = found.records(variant, seed)
            records.column("wait_s")
            records.levels  # noqa: B018


def other_name(path):
    path.rename(path.with_name("elsewhere"))


def a_file_instead(path):
    other_name(path)
    path.write_text("hello")


def a_directory_as_manifest(path):
    (path / "manifest.json").unlink()
    (path / "manifest.json").mkdir()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(other_name, ": no such run folder", id="not there"),
        pytest.param(a_file_instead, ": expected a run folder; got a file", id="a file"),
        pytest.param(
            with_file("manifest.json", None),
            ": not a run folder: no manifest.json",
            id="no manifest",
        ),
        pytest.param(
            a_directory_as_manifest, "/manifest.json: missing", id="a folder as manifest"
        ),
        pytest.param(
            with_file("manifest.json", b"{\n  'a': 1}"),
            "/manifest.json: broken JSON at line 2 column 3",
            id="no JSON",
        ),
        pytest.param(
            with_file("manifest.json", b""),
            "/manifest.json: broken JSON at line 1 column 1",
            id="empty manifest",
        ),
        pytest.param(
            with_file("manifest.json", b'{"a": "\xff"}'),
            "/manifest.json: broken: not UTF-8 text",
            id="not UTF-8",
        ),
        pytest.param(
            with_file("manifest.json", b"[" * 100_000),
            "/manifest.json: broken JSON: too deep or too large a number",
            id="too deep",
        ),
        pytest.param(
            with_file("manifest.json", b'{"schema": ' + b"9" * 5_000 + b"}"),
            "/manifest.json: broken JSON: too deep or too large a number",
            id="too large a number",
        ),
        pytest.param(
            with_file("manifest.json", b"[1]"),
            "/manifest.json: expected a JSON object",
            id="a list",
        ),
        pytest.param(
            with_manifest(schema=None),
            "/manifest.json: schema: expected a whole number from 1; got None",
            id="no schema",
        ),
        pytest.param(
            with_manifest(schema="1"),
            "/manifest.json: schema: expected a whole number from 1; got '1'",
            id="schema as text",
        ),
        pytest.param(
            with_manifest(schema=2),
            "/manifest.json: schema 2 is newer than this version reads (1); update suanli",
            id="newer",
        ),
        pytest.param(
            with_manifest(digest=None), "/manifest.json: no key 'digest'", id="a key is missing"
        ),
        pytest.param(
            with_manifest(files=[]), "/manifest.json: files: expected a map", id="another kind"
        ),
        pytest.param(
            with_manifest(runs=[7]),
            "/manifest.json: runs[#1]: expected variant, seed, jobs, levels",
            id="runs that are none",
        ),
        pytest.param(
            with_manifest(runs=[a_run_row(jobs="../../secret")]),
            "/manifest.json: runs[#1].jobs: leads out of the folder; got '../../secret'",
            id="a way out",
        ),
        pytest.param(
            with_manifest(runs=[a_run_row(levels="/etc/passwd")]),
            "/manifest.json: runs[#1].levels: leads out of the folder; got '/etc/passwd'",
            id="an absolute way out",
        ),
        pytest.param(
            with_manifest(resolved={}),
            "/manifest.json: resolved: no variant 'wide'",
            id="no scenario",
        ),
        pytest.param(
            with_manifest(resolved={"wide": {"name": "x"}}),
            "/manifest.json: resolved[wide]: topology: required key is missing",
            id="a scenario that is none",
        ),
        pytest.param(
            with_file("measures.parquet", None), "/measures.parquet: missing", id="no measures"
        ),
        pytest.param(
            with_file("measures.parquet", 9),
            "/measures.parquet: broken: not a whole Parquet file",
            id="measures cut short",
        ),
        pytest.param(
            with_file("measures.parquet", b""),
            "/measures.parquet: broken: not a whole Parquet file",
            id="empty measures",
        ),
        pytest.param(
            with_file("summary.json", None), "/summary.json: missing", id="no summary"
        ),
        pytest.param(
            with_file("summary.json", b"{"),
            "/summary.json: broken JSON at line 1 column 2",
            id="summary cut short",
        ),
        pytest.param(
            with_file("jobs/wide-1.parquet", None),
            "/jobs/wide-1.parquet: missing",
            id="no jobs",
        ),
        pytest.param(
            with_file("jobs/narrow-1.parquet", 100),
            "/jobs/narrow-1.parquet: broken: not a whole Parquet file",
            id="jobs cut short",
        ),
        pytest.param(
            with_file("levels/wide-1.parquet", b"PAR1 no PAR1"),
            "/levels/wide-1.parquet: broken: not a whole Parquet file",
            id="levels that are none",
        ),
    ],
)
def test_a_bad_run_folder_is_one_clear_message(good, spoil, message):
    spoil(good)
    with pytest.raises(RunFolderError) as caught:
        use_all(good)
    assert str(caught.value) == f"{good}{message}"


def test_a_good_one_opens(good):
    use_all(good)
    found = open_run(good)
    assert found.name == "two-rooms"
    assert found.scenario("narrow").topology.pools[0].nodes == 1
    assert found.comparison.variants == ("wide", "narrow")


@pytest.mark.parametrize(("variant", "seed"), [("wide", 9), ("broad", 1)])
def test_a_run_that_is_not_in_it(good, variant, seed):
    with pytest.raises(
        RunFolderError, match=f"no run of variant '{variant}' with seed {seed}$"
    ):
        open_run(good).records(variant, seed)


# --- verification -------------------------------------------------------------------------


FILES = (
    "jobs/narrow-1.parquet",
    "jobs/wide-1.parquet",
    "levels/narrow-1.parquet",
    "levels/wide-1.parquet",
    "measures.parquet",
    "summary.json",
)


@pytest.mark.parametrize(
    ("spoil", "problems"),
    [
        pytest.param(lambda path: None, [], id="untouched"),
        pytest.param(
            with_file("summary.json", b"{}"), ["summary.json: changed"], id="a file changed"
        ),
        pytest.param(
            with_file("jobs/wide-1.parquet", None),
            ["jobs/wide-1.parquet: missing"],
            id="missing",
        ),
        pytest.param(
            lambda path: (path / "note.txt").touch(), ["note.txt: added"], id="a file added"
        ),
        pytest.param(
            with_manifest(seeds=[1, 2]), ["manifest.json: changed"], id="the manifest itself"
        ),
        pytest.param(
            with_manifest(files={}),
            ["manifest.json: changed", *(f"{name}: added" for name in FILES)],
            id="everything unpromised",
        ),
    ],
)
def test_verify_names_every_file(good, spoil, problems):
    spoil(good)
    assert verify(open_run(good)) == problems


def test_a_good_run_is_derived_again_to_the_byte(good):
    assert verify(open_run(good), rerun=True) == []


def resealed(path):
    """A forger renews all digests."""
    manifest = json.loads((path / "manifest.json").read_text())
    files = {n: manifests.digest_of_file(path / n) for n in manifest["files"]}
    text = manifests.json_text(manifests.sealed(manifest | {"files": files}))
    (path / "manifest.json").write_text(text)


def test_a_forged_table_is_found_by_deriving_it_again(good):
    wide, narrow = good / "jobs" / "wide-1.parquet", good / "jobs" / "narrow-1.parquet"
    wide.write_bytes(narrow.read_bytes())
    summary = json.loads((good / "summary.json").read_text())
    summary["variants"]["wide"]["wait_p95_s"]["mean"] = -1
    (good / "summary.json").write_text(json.dumps(summary))
    resealed(good)
    assert verify(open_run(good)) == []
    assert verify(open_run(good), rerun=True) == [
        "jobs/wide-1.parquet: derived again, it differs",
        "summary.json: derived again, it differs",
    ]


def test_forged_measures_are_found_by_deriving_them_again(good, tmp_path):
    other = run(a_scenario(tmp_path, TEXT), seeds=1, out=tmp_path / "other").path
    (good / "measures.parquet").write_bytes((other / "measures.parquet").read_bytes())
    resealed(good)
    assert (
        verify(open_run(good), rerun=True)[0] == "measures.parquet: derived again, it differs"
    )


def test_redrawing_renews_the_digests_of_what_is_drawn_alone(good):
    def dress(folder):
        (folder.path / "figures").mkdir(exist_ok=True)
        (folder.path / "figures" / "waits.svg").write_text("<svg/>")

    assert "figures/waits.svg" in redraw(open_run(good), dress).manifest["files"]
    assert verify(open_run(good)) == []
    (good / "summary.json").write_text("{}")
    redraw(open_run(good), dress)
    assert verify(open_run(good)) == ["summary.json: changed"]


# --- names and digests --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("own-gpus", "own-gpus"),
        ("FGD_2", "FGD_2"),
        ("two words", "two-words-1b7bb9ca"),
        ("v1.2", "v1-2-"),
        ("本地优先", "name-"),
        ("con", "con-"),
        ("..", "name-"),
    ],
)
def test_names_become_safe_parts_of_file_names(name, expected):
    found = slug(name)
    assert found.startswith(expected[:-8] if expected.endswith("1b7bb9ca") else expected)
    assert found == expected or len(found.rpartition("-")[2]) == 8
    assert is_inside(found)
    assert found.isascii()


def test_no_two_variants_share_a_file():
    names = file_names(["a b", "a.b", "A", "a", "plain"])
    assert len({name.casefold() for name in names.values()}) == 5
    assert names["plain"] == "plain"


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a/./b", "C:x", "a\\b", ""])
def test_ways_out_are_seen(name):
    assert not is_inside(name)


def test_files_are_found_wherever_they_are_named():
    tree = {"a": [{"file": "x.csv"}, {"work": {"file": "y.csv"}}], "file": 7, "b": "file"}
    assert list(named_files(tree)) == ["x.csv", "y.csv"]


def test_a_digest_does_not_hang_on_the_order_of_keys():
    assert digest_of_json({"a": 1, "b": 2}) == digest_of_json({"b": 2, "a": 1})


def test_the_digest_of_the_code_changes_with_the_code(tmp_path):
    (tmp_path / "bench").mkdir()
    source = tmp_path / "bench" / "a.py"
    source.write_text("1")
    before = code_digest(tmp_path)
    source.write_text("2")
    assert code_digest(tmp_path) != before


def test_what_is_not_installed_says_so():
    assert version_of("no-such-distribution-anywhere") == "not installed"


def test_a_changed_trace_is_another_run(tmp_path):
    head, _, _ = TEXT.partition("workloads:")
    text = head + "workloads:\n  - {name: batch, kind: trace, file: t.csv}\n"
    digests = set()
    for run_s in (1, 2):
        Path(tmp_path / "t.csv").write_text(f"submit_s,run_s,vcpu\n0,{run_s},1\n")
        origin = manifests.origin_of(a_scenario(tmp_path, text), (1,))
        assert list(origin["traces"]) == ["t.csv"]
        digests.add(origin["digest"])
    assert len(digests) == 2
