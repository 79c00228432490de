"""A second opinion on reassignments: from the words of the files to a cost, in plain Python.

It shares nothing with the reader, the judge or the solver, so that a misreading of the format
or the rules would have to be made twice to go unseen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Verdict:
    """What the checker found: broken rules in words, and the cost part by part."""

    wrong: list[str] = field(default_factory=list)
    parts: dict[str, int] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """No rule is broken."""
        return not self.wrong

    @property
    def cost(self) -> int:
        """All parts."""
        return sum(self.parts.values())


@dataclass(slots=True)
class Box:
    """One machine of the file."""

    area: int
    location: int
    size: list[int]
    safe: list[int]
    way: list[int]
    inside: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Told:
    """Everything the model file tells."""

    held_twice: list[int]
    load_price: list[int]
    boxes: list[Box]
    services: list[tuple[int, list[int]]]
    items: list[tuple[int, list[int], int]]
    balances: list[tuple[int, int, int, int]]
    prices: list[int]


def told(model: Sequence[str]) -> Told:
    """The model, number by number."""
    words = map(int, model)

    def some(count: int) -> list[int]:
        return [next(words) for _ in range(count)]

    kinds = [some(2) for _ in range(next(words))]
    count, wide = next(words), len(kinds)
    boxes = [
        Box(next(words), next(words), some(wide), some(wide), some(count)) for _ in range(count)
    ]
    services = [(next(words), some(next(words))) for _ in range(next(words))]
    items = [(next(words), some(wide), next(words)) for _ in range(next(words))]
    balances = []
    for _ in range(next(words)):
        first, second, target, price = some(4)
        balances.append((first, second, target, price))
    twice, price_of_load = [kind[0] for kind in kinds], [kind[1] for kind in kinds]
    return Told(twice, price_of_load, boxes, services, items, balances, some(3))


def check(model: Sequence[str], before: Sequence[str], after: Sequence[str]) -> Verdict:
    """Whether `after` obeys every rule, and its cost; all three are the words of files."""
    data, verdict = told(model), Verdict()
    old, new = list(map(int, before)), list(map(int, after))
    if len(new) != len(data.items) or not all(0 <= b < len(data.boxes) for b in new):
        verdict.wrong.append("not a machine for each process")
        return verdict
    for item, box in enumerate(new):
        data.boxes[box].inside.add(item)
    check_sizes(data, old, new, verdict)
    check_services(data, new, verdict)
    charge_boxes(data, verdict)
    charge_moves(data, old, new, verdict)
    return verdict


def check_sizes(data: Told, old: list[int], new: list[int], verdict: Verdict) -> None:
    """Nothing holds more than its size; who left still counts where it is held twice."""
    left: dict[int, list[int]] = defaultdict(list)
    for item, before in enumerate(old):
        if new[item] != before:
            left[before].append(item)
    for number, box in enumerate(data.boxes):
        for kind, size in enumerate(box.size):
            holding = [*box.inside, *(left[number] if data.held_twice[kind] else ())]
            if sum(data.items[item][1][kind] for item in holding) > size:
                verdict.wrong.append(f"capacity of machine {number}, resource {kind}")


def check_services(data: Told, new: list[int], verdict: Verdict) -> None:
    """One of a service a machine, enough locations, and the others where they are needed."""
    members: dict[int, list[int]] = defaultdict(list)
    for item, (service, _, _) in enumerate(data.items):
        members[service].append(new[item])
    for service, (spread, needed) in enumerate(data.services):
        sits = members[service]
        if len(set(sits)) < len(sits):
            verdict.wrong.append(f"conflict of service {service}")
        if len({data.boxes[box].location for box in sits}) < spread:
            verdict.wrong.append(f"spread of service {service}")
        areas = {data.boxes[box].area for box in sits}
        for other in needed:
            if areas - {data.boxes[box].area for box in members[other]}:
                verdict.wrong.append(f"dependency of service {service} on {other}")


def charge_boxes(data: Told, verdict: Verdict) -> None:
    """Load above the safe size, and what is short of balance."""
    load = balance = 0
    for box in data.boxes:
        full = [
            sum(data.items[i][1][kind] for i in box.inside) for kind in range(len(box.size))
        ]
        for price, used, safe in zip(data.load_price, full, box.safe, strict=True):
            load += price * max(0, used - safe)
        for first, second, target, price in data.balances:
            wanted = target * (box.size[first] - full[first])
            balance += price * max(0, wanted - (box.size[second] - full[second]))
    verdict.parts.update(load=load, balance=balance)


def charge_moves(data: Told, old: list[int], new: list[int], verdict: Verdict) -> None:
    """Each process that moved, the service with most of them, and the ways they went."""
    moved = [item for item in range(len(new)) if new[item] != old[item]]
    of_service = Counter(data.items[item][0] for item in moved)
    process, service, machine = data.prices
    verdict.parts.update(
        process_move=process * sum(data.items[item][2] for item in moved),
        service_move=service * max(of_service.values(), default=0),
        machine_move=machine * sum(data.boxes[old[i]].way[new[i]] for i in range(len(new))),
    )
