"""What many moves at once would change: one call a machine instead of one a move."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scheduler.optimise.reassignment import Flags, Ints
from scheduler.optimise.reassignment_state import State

NEVER = np.int64(1) << 60  # the change of cost of what is not legal
Indices = npt.NDArray[np.intp]


def shift_changes(state: State, processes: Indices) -> Ints:
    """(processes, machines): the change of cost by moving one there; NEVER where illegal.

    Exact but for the service's part of the move cost.
    """
    tables = state.tables
    old = state.place[processes]
    change: Ints = tables.way[processes] - tables.way[processes, old][:, None]
    change -= state.machine_cost
    adds = tables.adds[:, processes]
    left = np.maximum(state.rows[:, old] - adds, 0).sum(axis=0) - state.machine_cost[old]
    change += left[:, None]
    for row, more in zip(state.rows, adds, strict=True):
        change += np.maximum(row + more[:, None], 0)
    change[~shifts_fit(state, processes)] = NEVER
    change[~shifts_serve(state, processes)] = NEVER
    return change


def shifts_fit(state: State, processes: Indices) -> Flags:
    """(processes, machines): is there room? Home needs none of transient resources."""
    tables = state.tables
    fits = np.ones((len(processes), tables.machines), dtype=bool)
    transient = tables.problem.transient.tolist()
    asked = tables.required[processes].T
    for held_twice in (True, False):
        for resource, wanted in enumerate(asked):
            if transient[resource] is held_twice:
                fits &= state.room[resource] >= wanted[:, None]
        if held_twice:
            fits[np.arange(len(processes)), tables.home[processes]] = True
    return fits


def shifts_serve(state: State, processes: Indices) -> Flags:
    """(processes, machines): do the services stay apart, spread, and near whom they need?"""
    tables = state.tables
    service = tables.service[processes]
    fine: Flags = state.count[service] == 0
    if tables.any_needs:
        fine &= (state.lacking[service] == 0)[:, tables.area]
    here = state.place[processes]
    area, location = tables.area[here], tables.location[here]
    last = (state.in_area[service, area] == 1) & (state.wanted[service, area] > 0)
    for row in np.flatnonzero(last).tolist():
        fine[row] &= tables.area == area[row]
    tight = (state.in_location[service, location] == 1) & (
        state.locations[service] <= tables.spread[service]
    )
    for row in np.flatnonzero(tight).tolist():
        elsewhere = state.in_location[service[row]] == 0
        elsewhere[location[row]] = True
        fine[row] &= elsewhere[tables.location]
    return fine


def swap_changes(state: State, machine: int, mine: Indices, others: Indices) -> Ints:
    """(mine, others): the change of cost by exchanging one of `mine`, all on the machine.

    NEVER where illegal. Exact but for the service's part of the move cost, and for services
    that need each other: `move_all` has the last word.
    """
    tables = state.tables
    there = state.place[others]
    change: Ints = tables.way[mine][:, there] + tables.way[others, machine]
    change -= tables.way[mine, machine][:, None] + tables.way[others, there]
    change -= state.machine_cost[there] + state.machine_cost[machine]
    here, away = state.rows[:, machine], state.rows[:, there]
    gives, takes = tables.adds[:, mine], tables.adds[:, others]
    for row in range(len(here)):
        more = takes[row] - gives[row][:, None]
        rest = away[row] - more
        more += here[row]
        change += np.maximum(more, 0, out=more)
        change += np.maximum(rest, 0, out=rest)
    change[~swaps_fit(state, machine, mine, others)] = NEVER
    change[~swaps_serve(state, machine, mine, others)] = NEVER
    return change


def swaps_fit(state: State, machine: int, mine: Indices, others: Indices) -> Flags:
    """(mine, others): is there room on both machines after the exchange?"""
    tables = state.tables
    there = state.place[others]
    fits = np.ones((len(mine), len(others)), dtype=bool)
    asks, asked = tables.required[mine].T, tables.required[others].T
    for resource, held_twice in enumerate(tables.problem.transient.tolist()):
        out, back = asks[resource], asked[resource]
        room, rooms = state.room[resource, machine], state.room[resource, there]
        if not held_twice:
            more = back - out[:, None]
            fits &= more <= room
            fits &= more >= -rooms
            continue
        freed = np.where(tables.home[mine] == machine, 0, out)
        coming = np.where(tables.home[others] == machine, 0, back)
        fits &= coming <= room + freed[:, None]
        freed = np.where(tables.home[others] == there, 0, back)
        going = np.where(tables.home[mine][:, None] == there, 0, out[:, None])
        fits &= going <= rooms + freed
    return fits


def swaps_serve(state: State, machine: int, mine: Indices, others: Indices) -> Flags:
    """(mine, others): services apart, spread and near; those of one service may change."""
    tables = state.tables
    there = state.place[others]
    fine: Flags = shifts_serve(state, mine)[:, there]
    fine &= serve_at(state, others, machine)
    fine |= tables.service[mine][:, None] == tables.service[others]
    return fine


def serve_at(state: State, processes: Indices, machines: Indices | int) -> Flags:
    """(processes,): may each of them come to its machine, as its service sees it?"""
    tables = state.tables
    service, here = tables.service[processes], state.place[processes]
    area, location = tables.area[here], tables.location[here]
    fine: Flags = state.count[service, machines] == 0
    if tables.any_needs:
        to = tables.area[machines]
        fine &= state.lacking[service, to] == 0
        last = (state.in_area[service, area] == 1) & (state.wanted[service, area] > 0)
        fine &= ~last | (area == to)
    to = tables.location[machines]
    tight = (state.in_location[service, location] == 1) & (
        state.locations[service] <= tables.spread[service]
    )
    fine &= ~tight | (location == to) | (state.in_location[service, to] == 0)
    return fine


def shift_each(state: State, processes: Indices, machines: Indices) -> Ints:
    """(processes,): the change of cost on its new machine and way, NEVER where illegal."""
    tables = state.tables
    here = state.place[processes]
    change: Ints = tables.way[processes, machines] - tables.way[processes, here]
    rows = state.rows[:, machines] + tables.adds[:, processes]
    change += np.maximum(rows, 0).sum(axis=0) - state.machine_cost[machines]
    asks = np.where(
        tables.home[processes] == machines,
        tables.plain[processes].T,
        tables.required[processes].T,
    )
    fine = (asks <= state.room[:, machines]).all(axis=0) & serve_at(state, processes, machines)
    change[~fine] = NEVER
    return change


def ejection_changes(
    state: State, machine: int, mine: Indices, others: Indices, targets: Indices
) -> Ints:
    """(mine, others): one of `mine` takes the place of another, which goes to its target.

    NEVER where illegal. Exact as `swap_changes` is; targets are neither `machine` nor where
    the other sits.
    """
    tables = state.tables
    there = state.place[others]
    gives, takes = tables.adds[:, mine], tables.adds[:, others]
    left = np.maximum(state.rows[:, [machine]] - gives, 0).sum(axis=0)
    left -= state.machine_cost[machine] + tables.way[mine, machine]
    change: Ints = tables.way[mine][:, there] + left[:, None]
    change += shift_each(state, others, targets) - state.machine_cost[there]
    for row, give, rest in zip(state.rows[:, there], gives, takes, strict=True):
        after = (row - rest) + give[:, None]
        change += np.maximum(after, 0, out=after)
    fits = shifts_serve(state, mine)[:, there] & takes_place(state, mine, others)
    change[~fits | (change >= NEVER // 2)] = NEVER
    return change


def takes_place(state: State, mine: Indices, others: Indices) -> Flags:
    """(mine, others): is there room for one where the other sits, once that is gone?"""
    tables = state.tables
    there = state.place[others]
    fits = np.ones((len(mine), len(others)), dtype=bool)
    asks, asked = tables.required[mine].T, tables.required[others].T
    for resource, held_twice in enumerate(tables.problem.transient.tolist()):
        going, freed = asks[resource][:, None], asked[resource]
        if held_twice:
            freed = np.where(tables.home[others] == there, 0, freed)
            going = np.where(tables.home[mine][:, None] == there, 0, going)
        fits &= going <= state.room[resource, there] + freed
    return fits
