"""How far data may go, level by level, on a map one can draw.

    china
      zhejiang   zj-core
        hangzhou   hz-1, hz-2           (two sites of one city)
          xihu       xihu-1
          yuhang     (no site)
        ningbo     nb-1
      jiangsu    (no site)
        nanjing    nj-1
    elsewhere  far-1                    (below no nation)

Each site has one node that one job fills. Seven jobs come at once, so the sites where they
start at once are those where their data may be.
"""

import pytest

from scenarios import ScenarioError, read
from tests.hand.worlds import told, written

TEXT = """\
name: residency
horizon_h: 1
drain_h: 10
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 4}]
  servers: [{name: host, cpu: plain, sockets: 1, vcpu: 4, memory_gib: 16}]
  clouds: [{name: gov}]
  regions:
    - {name: china, level: nation}
    - {name: zhejiang, level: province, parent: china}
    - {name: jiangsu, level: province, parent: china}
    - {name: hangzhou, level: city, parent: zhejiang}
    - {name: ningbo, level: city, parent: zhejiang}
    - {name: nanjing, level: city, parent: jiangsu}
    - {name: xihu, level: county, parent: hangzhou}
    - {name: yuhang, level: county, parent: hangzhou}
    - {name: elsewhere, level: city}
  sites:
    - {name: zj-core, region: zhejiang, tier: province}
    - {name: hz-1, region: hangzhou, tier: city, parent: zj-core}
    - {name: hz-2, region: hangzhou, tier: city, parent: zj-core}
    - {name: nb-1, region: ningbo, tier: city}
    - {name: nj-1, region: nanjing, tier: city}
    - {name: xihu-1, region: xihu, tier: county, parent: hz-1}
    - {name: far-1, region: elsewhere, tier: city}
  pools:
    - {name: zj-core-p, site: zj-core, cloud: gov, server: host, nodes: 1, security_level: 5}
    - {name: hz-1-p, site: hz-1, cloud: gov, server: host, nodes: 1, security_level: 5}
    - {name: hz-2-p, site: hz-2, cloud: gov, server: host, nodes: 1, security_level: 3}
    - {name: nb-1-p, site: nb-1, cloud: gov, server: host, nodes: 1, security_level: 4}
    - {name: nj-1-p, site: nj-1, cloud: gov, server: host, nodes: 1, security_level: 5}
    - {name: xihu-1-p, site: xihu-1, cloud: gov, server: host, nodes: 1, security_level: 4}
    - {name: far-1-p, site: far-1, cloud: gov, server: host, nodes: 1, security_level: 1}
workloads:
  - name: j
    kind: jobs
    arrivals: {kind: batch, at: ["00:00"], jobs: 7}
    demand: {vcpu: 4}
    work: {kind: fixed, mean_h: 1}
"""
POLICIES = "policies: {dispatch: {name: first-fit}}\n"
HANGZHOU = {"hz-1", "hz-2", "xihu-1"}
ZHEJIANG = HANGZHOU | {"zj-core", "nb-1"}
CHINA = ZHEJIANG | {"nj-1"}
ALL = CHINA | {"far-1"}


def sites(folder, engine, region, data, extra="", level=None):
    """Where seven jobs start at once; the reason if they are refused."""
    rows = [f"    region: {region}\n"] if region else []
    rows += [f"    data: {{{data}}}\n"] if data else []
    rows += [f"    security_level: {level}\n"] if level else []
    text = TEXT + "".join(rows) + extra + POLICIES
    jobs = told(folder, text, engine=engine).jobs().values()
    refused = {job.reason for job in jobs if job.state == "refused"}
    if refused:
        assert {job.state for job in jobs} == {"refused"}
        (reason,) = refused
        return reason
    first = {job.site for job in jobs if job.start_s == 0}
    assert {job.site for job in jobs} == first
    return first


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


@pytest.mark.parametrize(
    ("region", "data", "expected"),
    [
        pytest.param("xihu", "", ALL, id="no rule"),
        pytest.param("xihu", "stays_within: nation", CHINA, id="nation"),
        pytest.param("xihu", "stays_within: province", ZHEJIANG, id="province"),
        pytest.param("xihu", "stays_within: city", HANGZHOU, id="city"),
        pytest.param("xihu", "stays_within: county", {"xihu-1"}, id="county"),
        pytest.param("xihu", "stays_within: site", {"xihu-1"}, id="site"),
        pytest.param("hangzhou", "stays_within: city", HANGZHOU, id="a city and its counties"),
        # a city has no county above it: its own region only, which has two sites
        pytest.param("hangzhou", "stays_within: county", {"hz-1", "hz-2"}, id="level below"),
        pytest.param(
            "zhejiang", "stays_within: city", {"zj-core"}, id="a province in its city"
        ),
        pytest.param("xihu", "stays_within: township", {"xihu-1"}, id="no townships"),
        pytest.param("elsewhere", "stays_within: nation", {"far-1"}, id="below no nation"),
        # a county without a site: its city's, but no site is in the county itself
        pytest.param("yuhang", "stays_within: city", HANGZHOU, id="county without a site"),
        pytest.param("yuhang", "stays_within: county", "residency", id="nowhere to stay"),
        pytest.param("yuhang", "stays_within: site", "residency", id="no site to stay at"),
        pytest.param("jiangsu", "stays_within: province", {"nj-1"}, id="province without core"),
    ],
)
def test_each_level_from_the_jobs_region(tmp_path, engine, region, data, expected):
    assert sites(tmp_path, engine, region, data) == expected


@pytest.mark.parametrize(
    ("region", "data", "expected"),
    [
        # two sites of one city: the city holds both, `site` only the one with the data
        pytest.param("xihu", "at: hz-2, stays_within: site", {"hz-2"}, id="site"),
        pytest.param("xihu", "at: hz-2, stays_within: city", HANGZHOU, id="city"),
        # the data's place counts, not the job's
        pytest.param("xihu", "at: nb-1, stays_within: city", {"nb-1"}, id="another city"),
        pytest.param(
            "xihu", "at: nj-1, stays_within: province", {"nj-1"}, id="another province"
        ),
        pytest.param(
            "elsewhere", "at: hz-1, stays_within: nation", CHINA, id="into the nation"
        ),
        pytest.param(None, "at: xihu-1, stays_within: city", HANGZHOU, id="a job of nowhere"),
    ],
)
def test_data_that_lies_elsewhere(tmp_path, engine, region, data, expected):
    assert sites(tmp_path, engine, region, data) == expected


@pytest.mark.parametrize(
    ("data", "level", "expected"),
    [
        # core: its site and level 4; important: its province and level 3; general: the nation
        pytest.param("at: hz-1, data_class: core", None, {"hz-1"}, id="core"),
        pytest.param("at: hz-2, data_class: core", None, "security-level", id="core, level 3"),
        pytest.param("data_class: core", None, {"xihu-1"}, id="core of the region"),
        pytest.param("data_class: important", None, ZHEJIANG, id="important"),
        pytest.param("data_class: general", None, CHINA, id="general"),
        # of two rules the stricter
        pytest.param(
            "data_class: important, stays_within: city", None, HANGZHOU, id="own is stricter"
        ),
        pytest.param(
            "data_class: important, stays_within: nation", None, ZHEJIANG, id="own is looser"
        ),
        pytest.param("data_class: general", 4, CHINA - {"hz-2"}, id="own level is higher"),
        pytest.param("data_class: important", 1, ZHEJIANG, id="own level is lower"),
        pytest.param("data_class: important, stays_within: city", 5, {"hz-1"}, id="both own"),
    ],
)
def test_data_classes_and_the_stricter_of_two_rules(tmp_path, engine, data, level, expected):
    assert sites(tmp_path, engine, "xihu", data, level=level) == expected


def test_a_class_written_otherwise_replaces_the_default(tmp_path, engine):
    extra = "data_classes: {important: {stays_within: city, security_level: 4}}\n"
    found = sites(tmp_path, engine, "xihu", "data_class: important", extra)
    assert found == {"hz-1", "xihu-1"}


def test_a_class_written_in_part_keeps_the_rest_of_its_default(tmp_path, engine):
    extra = "data_classes: {important: {stays_within: city}}\n"
    found = sites(tmp_path, engine, "xihu", "data_class: important", extra)
    assert found == HANGZHOU


def test_data_of_no_place_is_refused_before_the_clock_starts(tmp_path):
    text = TEXT + "    data: {stays_within: city}\n"
    with pytest.raises(ScenarioError, match=r"workloads\[j\]\.data"):
        read(written(tmp_path, text))


def test_local_first_stays_on_its_path_inside_the_rule(tmp_path, engine):
    """xihu-1 hangs on hz-1: both are on the path and in the city; hz-2 is not on it."""
    text = TEXT + "    region: xihu\n    data: {stays_within: city}\n"
    jobs = told(tmp_path, text, engine=engine).jobs().values()
    assert [job.site for job in jobs][:2] == ["xihu-1", "hz-1"]
    assert {job.site for job in jobs} == {"xihu-1", "hz-1"}


def test_local_first_leaves_its_path_where_the_rule_closes_it(tmp_path, engine):
    """Level 3 and data at hz-2: nobody on the path of xihu may take it."""
    text = TEXT + "    region: xihu\n    data: {at: hz-2, stays_within: site}\n"
    jobs = told(tmp_path, text, engine=engine).jobs().values()
    assert {job.site for job in jobs} == {"hz-2"}


OTHERS = (
    "first-fit", "nearest", "least-loaded", "random", "round-robin", "by-node", "cheapest",
    "fastest",
)  # fmt: skip


@pytest.mark.parametrize("dispatch", OTHERS)
def test_no_policy_looks_past_the_rule(tmp_path, engine, dispatch):
    text = TEXT + "    region: xihu\n    data: {stays_within: city}\n"
    text += (
        f"policies: {{dispatch: {{name: {dispatch}}}, queue: {{name: fcfs, at: platform}}}}\n"
    )
    jobs = told(tmp_path, text, engine=engine).jobs().values()
    assert {job.site for job in jobs} == HANGZHOU
    # three at a time, an hour each: seven jobs take three hours
    assert sorted(job.start_s for job in jobs) == [0, 0, 0, 3600, 3600, 3600, 7200]
