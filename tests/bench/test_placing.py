"""Where replicas stand, and why they cannot, in the run folder and on the page."""

from bench.dress import dress
from bench.experiment import run
from bench.placing import lines_of
from scenarios import read
from tests.scheduler.optimise.impossible_worlds import impossible


def made(tmp_path, *sets):
    (tmp_path / "s.yaml").write_text(impossible(0)[0])
    scenario = read(tmp_path / "s.yaml", sets=sets)
    said = []
    found = run(scenario, out=tmp_path / "out", dress=lambda bare: said.extend(dress(bare)))
    return found, said, (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_what_is_impossible_is_said_on_the_first_screen(tmp_path):
    folder, said, page = made(tmp_path)
    assert folder.unserved == ("web",)
    (reason,) = folder.impossible
    lines = lines_of(reason, "s.yaml")
    assert any("without any one of them it can be done" in line for line in lines)
    assert any(" CNY (topology.pools[" in line for line in lines)
    assert any(text.startswith("Not served, though it must be: “web”.") for text in said)
    assert 'id="replicas"' in page


def test_where_they_stand_is_a_table(tmp_path):
    folder, said, page = made(tmp_path, "workloads[web].replicas=2")
    assert folder.unserved == ()
    assert folder.impossible == ()
    assert folder.replicas[0]["workload"] == "web"
    assert not any("Not served" in text for text in said)
    assert "2 of 2" in page
