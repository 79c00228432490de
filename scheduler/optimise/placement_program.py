"""The integer program of where replicas stand, one rule a function.

Letters as in docs/model.md: x[g, p] replicas of workload g in pool p, z[p, k] nodes of pool p
that hold mix k, u[g, s] whether g stands at site s, y[g, r, s] whether region r is served from
there. Nodes are exact, for a mix is what fits on one; so a plan can always be carried out, and
where the program has no solution none exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count as numbers
from math import inf

import numpy as np
import scipy.sparse as sp

from scheduler.estate import UNKNOWN
from scheduler.lines import Member
from scheduler.needs import amounts_of
from scheduler.optimise.node_filling import Dealt
from scheduler.optimise.patterns import Counts, Node, devices_of, most_on, node_of, patterns
from scheduler.optimise.solvers import (
    Floats,
    Limits,
    LinearModel,
    Solution,
    Solver,
    UnsolvedError,
    solve,
)
from scheduler.replicas import Group, PlacementProblem, Seating
from scheduler.room import Need

SMALL = 2_000  # columns up to which CP-SAT is asked where there are costs
MOST_COLUMNS = 400_000
WORK = 30.0  # deterministic seconds of CP-SAT
NODES = 500  # of SCIP, for larger ones: measured 0.7 s at 17,000 columns, CP-SAT 166 s
WALL_S = 600.0  # never met where WORK is; a machine too slow for it finds no plan

Terms = Mapping[int, int]
Kind = tuple[Node, tuple[Need, ...], Counts]
Mixes = Sequence[Counts]


class NoSeatingError(UnsolvedError):
    """No seating keeps all rules, whatever it costs: proven."""


@dataclass(slots=True)
class Program:
    """Columns and rows as they are written down; all columns are whole numbers from 0."""

    problem: PlacementProblem
    upper: list[int] = field(default_factory=list)
    cost: list[int] = field(default_factory=list)
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)
    replicas: dict[tuple[int, int], int] = field(default_factory=dict)  # x: group, pool
    groups_at: dict[int, list[int]] = field(default_factory=dict)  # by pool that takes any
    mixes: dict[int, list[tuple[Counts, int]]] = field(default_factory=dict)  # z: by pool
    there: dict[tuple[int, int], int] = field(default_factory=dict)  # u: group, site
    follows: list[int] = field(default_factory=list)  # y

    def column(self, upper: int, cost: int = 0) -> int:
        """The number of a new column."""
        self.upper.append(upper)
        self.cost.append(cost)
        return len(self.upper) - 1

    def row(self, terms: Terms, *, least: float = -inf, most: float = inf) -> None:
        """A new row; what holds by itself is left out."""
        if not terms and least <= 0 <= most:
            return
        if not terms:
            raise NoSeatingError("placement: infeasible")
        self.rows.append((terms, least, most))

    def pools_of(self, group: int) -> dict[int, int]:
        """The pools where a group may stand, each with its column."""
        return {p: column for (g, p), column in self.replicas.items() if g == group}

    def solved(self) -> Solution:
        """What the solver says.

        Raises:
            NoSeatingError: it is infeasible.
            UnsolvedError: no answer within the limits.
        """
        if len(self.upper) > MOST_COLUMNS:
            raise UnsolvedError(f"placement: {len(self.upper):,} unknowns are too many")
        small = len(self.upper) <= SMALL or not any(self.cost)
        solver = Solver.CP_SAT if small else Solver.SCIP
        limits = Limits(WALL_S, WORK if solver is Solver.CP_SAT else NODES)
        try:
            return solve(self._model(mixed=not small), solver, limits)
        except UnsolvedError as error:
            if str(error).split(" (")[0] == f"{solver}: INFEASIBLE":
                raise NoSeatingError("placement: infeasible") from None
            raise

    def _model(self, *, mixed: bool) -> LinearModel:
        """All in whole numbers, or `mixed`: who serves a region follows from who is there."""
        size = len(self.upper)
        entries = [
            (row, column, value)
            for row, (terms, _, _) in enumerate(self.rows)
            for column, value in terms.items()
        ]
        at = np.array(entries, dtype=float).reshape(-1, 3)
        shape = (len(self.rows), size)
        return LinearModel(
            lower=np.zeros(size),
            upper=np.array(self.upper, dtype=float),
            cost=np.array(self.cost, dtype=float),
            row_lower=np.array([least for _, least, _ in self.rows], dtype=float),
            row_upper=np.array([most for _, _, most in self.rows], dtype=float),
            rows=sp.csr_matrix((at[:, 2], (at[:, 0].astype(int), at[:, 1].astype(int))), shape),
            integer=~np.isin(np.arange(size), self.follows) if mixed else np.ones(size, bool),
        )

    def seating(self, values: Floats, dealt: Mapping[int, Dealt] | None = None) -> Seating:
        """The nodes of a plan: mixes are dealt to the first nodes of their pool.

        `dealt` are those of pools for which the program holds none.
        """
        left = {key: round(values[column]) for key, column in self.replicas.items()}
        members: list[list[Member]] = [[] for _ in self.problem.groups]
        for pool, mixes in {**self.chosen(values), **(dealt or {})}.items():
            groups = self.groups_of(pool)
            facts, nodes = self.problem.estate.pools[pool], numbers()
            for mix, times in mixes:
                for _ in range(times):
                    now = [min(n, left[g, pool]) for g, n in zip(groups, mix, strict=True)]
                    for g, n in zip(groups, now, strict=True):
                        left[g, pool] -= n
                    if not any(now):  # more nodes of this mix than are needed
                        break
                    self._put(pool, facts.first_node + next(nodes), groups, now, members)
        return Seating(tuple(map(self._filled, self.problem.groups, members)))

    def chosen(self, values: Floats) -> dict[int, Dealt]:
        """By pool which mixes stand on how many of its nodes."""
        return {
            pool: [(mix, round(values[column])) for mix, column in mixes]
            for pool, mixes in self.mixes.items()
        }

    def nodes_of(self, pool: int) -> int:
        """How many nodes a pool has."""
        return self.problem.estate.pools[pool].nodes

    def groups_of(self, pool: int) -> list[int]:
        """The groups that may stand in a pool, in the order of its mixes."""
        return self.groups_at.get(pool, [])

    def needs_of(self, pool: int) -> list[Need]:
        """What each of `groups_of` takes of a node there."""
        return [self._need(g, pool) for g in self.groups_of(pool)]

    def _put(
        self,
        pool: int,
        node: int,
        groups: Sequence[int],
        counts: Sequence[int],
        members: list[list[Member]],
    ) -> None:
        needs = [self._need(g, pool) for g in groups]
        dealt = devices_of(node_of(self.problem.estate.pools[pool]), needs, tuple(counts))
        whose = [g for g, n in zip(groups, counts, strict=True) for _ in range(n)]
        for g, devices in zip(whose, dealt or (), strict=True):
            members[g].append((pool, node, devices))

    def _need(self, group: int, pool: int) -> Need:
        return self.problem.groups[group].shape.stand(pool).need

    @staticmethod
    def _filled(group: Group, members: list[Member]) -> tuple[Member | None, ...]:
        return (*sorted(members), *(None for _ in range(group.count - len(members))))


def program_of(
    problem: PlacementProblem, *, costs: bool, mixed: Mapping[Kind, Mixes] | None = None
) -> Program:
    """All columns and rows; without costs any seating will do.

    Which mixes fit on a node is written out for all pools, or only for the kinds of node of
    `mixed`, with those mixes; elsewhere nodes are left out, and the pool holds as a whole.

    Raises:
        NoSeatingError: a rule leaves nothing, seen without a solver.
        UnsolvedError: too many mixes fit on one node.
    """
    program = Program(problem)
    within_quota(problem)
    replicas(program, costs=costs)
    on_nodes(program, mixed)
    within_sellable(program)
    for number, group in enumerate(problem.groups):
        columns = program.pools_of(number)
        all_placed(program, group, columns)
        stand_apart(program, group, columns)
        near_enough(program, group, columns)
        if costs:
            opened(program, number, columns)
            served(program, number)
    return program


def within_quota(problem: PlacementProblem) -> None:
    """sum_{g of t} quota[g, r] count[g] <= limit[t, r]: it hangs on no unknown."""
    for tenant, limit in enumerate(problem.limits):
        own = [g for g in problem.groups if g.shape.tenant == tenant]
        for r, most in enumerate(limit or ()):
            if sum(g.shape.quota[r] * g.count for g in own) > most >= 0:
                raise NoSeatingError("placement: infeasible")


def replicas(program: Program, *, costs: bool) -> None:
    """0 <= x[g, p] <= count[g], at hour[g, p] each; pools by name, so that plans repeat."""
    pools = program.problem.estate.pools
    for number, group in enumerate(program.problem.groups):
        for pool in sorted(group.shape.allowed, key=lambda p: pools[p].name):
            cost = group.hour[pool] if costs else 0
            program.replicas[number, pool] = program.column(group.count, cost)
            program.groups_at.setdefault(pool, []).append(number)


def on_nodes(program: Program, mixed: Mapping[Kind, Mixes] | None = None) -> None:
    """x[g, p] <= sum_k mix[k, g] z[p, k] and sum_k z[p, k] <= nodes[p]."""
    for pool in program.groups_at:
        nodes, groups = program.nodes_of(pool), program.groups_of(pool)
        kind = kind_of(program, pool)
        if mixed is not None and kind not in mixed:
            for g, most in zip(groups, kind[2], strict=True):
                column = program.replicas[g, pool]
                program.upper[column] = min(program.upper[column], most * nodes)
            continue
        known = patterns(*kind) if mixed is None else mixed[kind]
        mixes = [(mix, program.column(nodes)) for mix in known]
        program.mixes[pool] = mixes
        program.row({column: 1 for _, column in mixes}, most=nodes)
        for k, g in enumerate(groups):
            holds = {column: -mix[k] for mix, column in mixes if mix[k]}
            program.row({program.replicas[g, pool]: 1, **holds}, most=0)


def kind_of(program: Program, pool: int) -> Kind:
    """Equal for pools on whose nodes the same mixes fit."""
    node, needs = node_of(program.problem.estate.pools[pool]), program.needs_of(pool)
    groups = [program.problem.groups[g] for g in program.groups_of(pool)]
    most = [most_on(node, n, _most_in(g)) for n, g in zip(needs, groups, strict=True)]
    return node, tuple(needs), tuple(most)


def _most_in(group: Group) -> int:
    return group.count if group.apart is None else 1


def within_sellable(program: Program) -> None:
    """sum_g amounts[g, p, r] x[g, p] <= sellable[p, r]."""
    for pool in program.groups_at:
        facts = program.problem.estate.pools[pool]
        columns = [program.replicas[g, pool] for g in program.groups_of(pool)]
        amounts = [amounts_of(need) for need in program.needs_of(pool)]
        for r, there in enumerate(facts.sellable):
            terms = {c: own[r] for c, own in zip(columns, amounts, strict=True) if own[r]}
            most = sum(amount * program.upper[c] for c, amount in terms.items())
            if most > there != UNKNOWN:
                program.row(terms, most=there)


def all_placed(program: Program, group: Group, columns: Mapping[int, int]) -> None:
    """sum_p x[g, p] = count[g]."""
    program.row(dict.fromkeys(columns.values(), 1), least=group.count, most=group.count)


def stand_apart(program: Program, group: Group, columns: Mapping[int, int]) -> None:
    """sum_{p in a} x[g, p] <= 1 for every site (or region) a."""
    if group.apart is None:
        return
    together: dict[int, list[int]] = {}
    for pool, column in columns.items():
        together.setdefault(group.apart[pool], []).append(column)
    for inside in together.values():
        program.row(dict.fromkeys(inside, 1), most=1)


def near_enough(program: Program, group: Group, columns: Mapping[int, int]) -> None:
    """sum_{p within the bound of r} x[g, p] >= 1 for every region r."""
    for pools in dict.fromkeys(near for _, near in group.reach):
        program.row({columns[p]: 1 for p in sorted(pools)}, least=1)


def opened(program: Program, number: int, columns: Mapping[int, int]) -> None:
    """u[g, s] <= sum_{p at s} x[g, p] <= count[g] u[g, s], at the cost of opening."""
    group, problem = program.problem.groups[number], program.problem
    if not problem.opening and not group.far:
        return
    at: dict[int, list[int]] = {}
    for pool, column in columns.items():
        at.setdefault(problem.estate.pools[pool].site, []).append(column)
    for site, inside in at.items():
        own = program.there[number, site] = program.column(1, problem.opening)
        program.row({**dict.fromkeys(inside, 1), own: -group.count}, most=0)
        program.row({**dict.fromkeys(inside, -1), own: 1}, most=0)


def served(program: Program, number: int) -> None:
    """sum_s y[g, r, s] = 1, y[g, r, s] <= u[g, s], at far[r, s]; equal regions are one."""
    group, pools = program.problem.groups[number], program.problem.estate.pools
    sums: dict[tuple[int, ...], dict[int, int]] = {}
    for far in group.far:
        by_site = {pools[p].site: units for p, units in far.items()}
        rank = tuple(sorted(by_site, key=lambda s: (by_site[s], s)))
        into = sums.setdefault(rank, dict.fromkeys(rank, 0))
        for site, units in by_site.items():
            into[site] += units
    for by_site in sums.values():
        _one_region(program, number, by_site)


def _one_region(program: Program, number: int, by_site: Mapping[int, int]) -> None:
    columns: Iterable[tuple[int, int]] = [
        (site, program.column(1, units)) for site, units in by_site.items()
    ]
    program.follows += [column for _, column in columns]
    program.row({column: 1 for _, column in columns}, least=1, most=1)
    for site, column in columns:
        program.row({column: 1, program.there[number, site]: -1}, most=0)
