"""What the judge of seatings says of each kind of fault, and policies of one's own."""

from dataclasses import replace

import pytest

from scenarios import PolicyChoice, ScenarioError
from scheduler import simulate
from scheduler.optimise.patterns import Node, patterns
from scheduler.optimise.placement_program import MOST_COLUMNS, Program
from scheduler.optimise.solvers import UnsolvedError
from scheduler.replicas import Seating, lacking, seating_faults
from scheduler.room import Need
from scheduler.seating import Greedy
from tests.laws.generator import scenario_of
from tests.scheduler.optimise.replica_worlds import tiny_tree
from tests.scheduler.optimise.test_placement import problem_of


def one_world():
    """One workload of two replicas of 5 vCPU on nodes of 8, apart by site."""
    tree = tiny_tree(0)
    tree["workloads"] = [
        {"name": "w", "kind": "replicas", "tenant": "b", "replicas": 2, "region": "core"}
        | {"demand": {"vcpu": 5}, "anti_affinity": "site", "max_delay_ms": 0}
    ]
    for pool in tree["topology"]["pools"]:
        pool.update(server="small", nodes=1, reserve_share=0, security_level=1)
    return tree


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        (((0, 0, ()),), "it seats other replicas than those that are asked for"),
        (((9, 0, ()), None), "w: pool 9 may not take it"),
        (((0, 7, ()), None), "w: node 7 is not of"),
        (((0, 0, (0,)), None), "w: 1 devices of node 0"),
        (((0, 0, ()), (0, 0, ())), "vcpu of node 0 of"),
        (((0, 0, ()), (1, 1, ())), None),
    ],
)
def test_each_fault_is_named(members, fault):
    found = seating_faults(problem_of(one_world()), Seating((members,)))
    assert (fault is None and not found) or found[0].startswith(fault)


def test_two_on_one_site_stand_together():
    found = seating_faults(problem_of(one_world()), Seating((((0, 0, ()), (0, 0, ())),)))
    assert "w: 2 replicas stand together" in found
    assert any(text.startswith("vcpu of") and text.endswith("sellable") for text in found)


def test_who_is_far_and_who_has_no_place_is_named():
    found = lacking(problem_of(one_world()), Seating(((None, (1, 1, ())),)))
    assert found == [
        "w: 1 of 2 replicas have no place",
        "w: no replica is near enough to core",
    ]


class Crowding(Greedy):
    """Puts all replicas on one node."""

    def seat(self, problem):
        """See PlacementPolicy."""
        return Seating(tuple(((0, 0, ()),) * group.count for group in problem.groups))


def test_a_policy_of_ones_own_is_judged():
    scenario = scenario_of(one_world())
    name = "tests.scheduler.optimise.test_seating_faults:Crowding"
    policies = scenario.policies.model_copy(update={"placement": PolicyChoice(name=name)})
    own = scenario.model_copy(update={"policies": policies})
    with pytest.raises(ScenarioError, match=r"policies\.placement: vcpu of node 0"):
        simulate(own, 1, allow_code=True)
    with pytest.raises(ScenarioError, match="--allow-code"):
        simulate(own, 1)


@pytest.mark.wide
def test_too_many_mixes_are_not_planned():
    needs = [Need(vcpu_m=1, memory_mib=k) for k in range(1, 9)]
    with pytest.raises(UnsolvedError, match="more than 4,000 mixes fit on one node"):
        patterns(Node((40, 150, 0, 0), 0, 0), needs, [9] * 8)


def test_too_many_unknowns_are_not_planned():
    program = replace(Program(problem_of(one_world())), upper=[1] * (MOST_COLUMNS + 1))
    with pytest.raises(UnsolvedError, match="400,001 unknowns are too many"):
        program.solved()
