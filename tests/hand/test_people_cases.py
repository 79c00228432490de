"""How many people are near a machine, by hand, in three regions.

    west (500 people) --3 ms-- core --8 ms-- east (300 people)

200 people live in the south, which has no room of its own: it stands at its province's, the
core. A degree along a meridian is 6371 km x pi / 180 = 111.19 km; fibre takes
1.4 x 4.9 µs a km, so 1.5 degrees away is 1.14 ms.
"""

import math

import pytest

from tests.hand.worlds import told

TEXT = """\
name: people
horizon_h: 1
topology:
  chips: [{{name: plain, kind: cpu, isa: x86_64, cores: 4}}]
  servers: [{{name: host, cpu: plain, sockets: 1, vcpu: 4, memory_gib: 16}}]
  clouds: [{{name: gov}}, {{name: rent}}]
  regions:
    - {{name: province, level: province}}
    - {{name: west, level: city, parent: province, population: 500}}
    - {{name: east, level: city, parent: province, population: 300}}
    - {{name: south, level: city, parent: province, population: 200{south}}}
  sites:
    - {{name: core, region: province, tier: province, lat: 30, lon: 120}}
    - {{name: west-room, region: west, tier: city}}
    - {{name: east-room, region: east, tier: city}}
  links:
    - {{a: west-room, b: core, delay_ms: 3}}
    - {{a: core, b: east-room, delay_ms: 8}}
  pools:
{pools}
workloads:
  - {{name: j, kind: jobs, arrivals: {{kind: fixed, every_s: 600}}, demand: {{vcpu: 1}},
     work: {{kind: fixed, mean_h: 0.1}}}}
"""
AT = {"core": "core", "west": "west-room", "east": "east-room"}


def case(folder, *where, south=""):
    """A run with a pool in each of the places; `rent` runs the one in the east."""
    pools = "\n".join(
        f"    - {{name: {at}, site: {AT[at]}, cloud: {'rent' if at == 'east' else 'gov'}, "
        "server: host, nodes: 1}"
        for at in where
    )
    return told(folder, TEXT.format(pools=pools, south=south))


def covered(run, scope="all", key=""):
    return [run.value(f"covered_share_{ms}_ms", scope, key) for ms in (1, 5, 10, 20)]


def test_a_room_in_each_region(tmp_path):
    # west and east stand at their own rooms, the south at the core: 0 ms for all
    assert covered(case(tmp_path, "core", "west", "east")) == [1, 1, 1, 1]


def test_only_the_core(tmp_path):
    # the south at 0, the west at 3, the east at 8 ms
    assert covered(case(tmp_path, "core")) == [0.2, 0.7, 1, 1]


def test_only_the_east(tmp_path):
    # the east at 0; the south at 8; the west at 3 + 8 = 11 ms
    assert covered(case(tmp_path, "east")) == [0.3, 0.3, 0.5, 1]


def test_rooms_without_a_machine_serve_nobody(tmp_path):
    # west and core: the south at 0 and the west at 0; the east, over the core, at 8
    assert covered(case(tmp_path, "core", "west")) == [0.7, 0.7, 1, 1]


def test_each_cloud_and_each_tier_by_itself(tmp_path):
    run = case(tmp_path, "core", "west", "east")
    assert covered(run, "cloud", "rent") == [0.3, 0.3, 0.5, 1]
    assert covered(run, "cloud", "gov") == [0.7, 0.7, 1, 1]
    assert covered(run, "tier", "province") == [0.2, 0.7, 1, 1]
    # of the city rooms the south is 3 ms from the west one
    assert covered(run, "tier", "city") == [0.8, 1, 1, 1]


def test_people_away_from_the_room_they_stand_at(tmp_path):
    away_ms = 1.5 * 6371 * math.pi / 180 * 1.4 * 4.9 / 1000
    assert away_ms == pytest.approx(1.144, abs=1e-3)
    run = case(tmp_path, "core", "west", "east", south=", lat: 28.5, lon: 120")
    assert covered(run) == [0.8, 1, 1, 1]
    # from the east 8 + 1.14 is still within 10 ms
    far = case(tmp_path, "east", south=", lat: 28.5, lon: 120")
    assert covered(far) == [0.3, 0.3, 0.5, 1]
    # and 2.9 degrees, 2.21 ms, are not
    farther = case(tmp_path, "east", south=", lat: 27.1, lon: 120")
    assert covered(farther) == [0.3, 0.3, 0.3, 1]
