"""Tiny worlds of replicas, and every way to place them: counted out blindly from the values."""

from fractions import Fraction
from itertools import combinations, combinations_with_replacement, product

import numpy as np

SITES = ("core", "east", "west")


def tiny_tree(seed):
    """A star of up to three sites with a few nodes, and up to two workloads of replicas."""
    rng = np.random.default_rng(seed)

    def pick(*choices):
        return choices[int(rng.integers(len(choices)))]

    sites = SITES[: pick(2, 3, 3)]
    gpus = rng.random() < 0.4
    regions = [
        {"name": site, "level": "city", "population": pick(100, 300, 900)} for site in sites
    ]
    return {
        "name": f"tiny-{seed}",
        "horizon_h": 1,
        "topology": {
            "chips": [
                {"name": "plain", "kind": "cpu", "isa": "x86_64", "cores": 8},
                {"name": "other", "kind": "cpu", "isa": "aarch64", "cores": 8},
                {"name": "card", "kind": "gpu", "memory_gib": 8},
            ],
            "servers": [
                _server("small", "plain", 8, 32, 0, 70_080),
                _server("large", "other", 16, 48, 2 if gpus else 0, pick(70_080, 175_200)),
            ],
            "clouds": [{"name": "gov"}],
            "regions": regions,
            "sites": [{"name": s, "tier": "city", "region": s} for s in sites],
            "links": [
                {"a": "core", "b": s, "delay_ms": pick(1, 2, 5)} for s in sites if s != "core"
            ],
            "pools": [
                {
                    "name": f"{pick('p', 'q', 'r')}-{s}",
                    "site": s,
                    "cloud": "gov",
                    "server": pick("small", "large"),
                    "nodes": pick(1, 1, 2),
                    "reserve_share": pick(0, 0, 0, 0.4),
                    "security_level": pick(1, 1, 3),
                }
                for s in sites
            ],
        },
        "tenants": [{"name": "a", "quota": {"vcpu": pick(10, 24, 40)}}, {"name": "b"}],
        "workloads": [
            _workload(f"w{n}", pick, sites, gpus, most)
            for n, most in enumerate(pick((4,), (2, 2), (3, 1)))
        ],
        "policies": {
            "placement": {
                "name": "planned",
                "opening_cny_h": pick(0, 0.5, 3),
                "delay_cny_h_ms": pick(0, 0.25, 1),
            }
        },
    }


def _server(name, cpu, vcpu, memory, cards, price):
    row = {"name": name, "cpu": cpu, "sockets": 1, "vcpu": vcpu, "memory_gib": memory}
    row |= {"price_cny": price, "life_years": 5, "maintenance_share_year": 0}
    return row | ({"accelerator": "card", "accelerators": cards} if cards else {})


def _workload(name, pick, sites, gpus, most):
    demand = {"vcpu": pick(2, 3, 5, 8), "memory_gib": pick(4, 12, 20)}
    if gpus and pick(0, 1):
        demand["gpu"] = pick(0.4, 0.5, 1)
    row = {
        "name": name,
        "kind": "replicas",
        "tenant": pick("a", "b"),
        "replicas": pick(*range(1, most + 1)),
        "demand": demand,
        "region": pick(sites[-1], {"weights": "population"}),
        "security_level": pick(1, 1, 1, 2),
    }
    if pick(0, 1):
        row["max_delay_ms"] = pick(1, 2, 4, 6)
    if pick(0, 0, 1):
        row["anti_affinity"] = pick("site", "region")
    if pick(0, 0, 0, 1):
        row["chips"] = {"any_of": [pick("plain", "other")]}
    return row


# -- the same world, from its values alone ------------------------------------------


def delay_ms(tree, a, b):
    """Over the middle of the star."""
    far = {link["b"]: link["delay_ms"] for link in tree["topology"]["links"]}
    return 0 if a == b else far.get(a, 0) + far.get(b, 0)


def served(tree, workload):
    """Region and share of the people."""
    if isinstance(workload["region"], str):
        return [(workload["region"], Fraction(1))]
    regions = tree["topology"]["regions"]
    whole = sum(region["population"] for region in regions)
    return [(r["name"], Fraction(r["population"], whole)) for r in regions]


def rows_of(tree):
    """Every pool with the values of its server."""
    servers = {server["name"]: server for server in tree["topology"]["servers"]}
    return [(pool, servers[pool["server"]]) for pool in tree["topology"]["pools"]]


def spots(tree, workload):
    """Every single place of one replica on empty nodes: (pool, node, devices)."""
    want = workload["demand"]
    found = []
    for number, (pool, server) in enumerate(rows_of(tree)):
        chips = workload.get("chips", {}).get("any_of", [server["cpu"]])
        names = (server["cpu"], server.get("accelerator"))
        if pool["security_level"] < workload["security_level"] or not set(chips) & set(names):
            continue
        cards = range(server.get("accelerators", 0))
        on = [()] if not want.get("gpu") else list(combinations(cards, 1))
        found += [(number, node, d) for node in range(pool["nodes"]) for d in on]
    return found


def fits(tree, placed):
    """Whether nobody is overdrawn: `placed` holds (workload, spot)."""
    for number, (pool, server) in enumerate(rows_of(tree)):
        here = [(w["demand"], spot) for w, spot in placed if spot[0] == number]
        for key in ("vcpu", "memory_gib"):
            keep = 1 - Fraction(str(pool["reserve_share"]))
            if sum(want[key] for want, _ in here) > server[key] * pool["nodes"] * keep:
                return False
            for node in range(pool["nodes"]):
                if sum(want[key] for want, s in here if s[1] == node) > server[key]:
                    return False
        cards = server.get("accelerators", 0)
        share = sum(Fraction(str(want.get("gpu", 0))) for want, _ in here)
        if share > int(cards * pool["nodes"] * (1 - Fraction(str(pool["reserve_share"])))):
            return False
        memory = sum(Fraction(str(want.get("gpu", 0))) for want, _ in here)
        if memory > cards * pool["nodes"] * (1 - Fraction(str(pool["reserve_share"]))):
            return False
        for node, card in product(range(pool["nodes"]), range(cards)):
            on = [want for want, s in here if s[1] == node and card in s[2]]
            if sum(Fraction(str(want["gpu"])) for want in on) > 1:
                return False
    return True


def keeps_rules(tree, workload, chosen):
    """Apart, and near enough to every region."""
    sites = [tree["topology"]["pools"][spot[0]]["site"] for spot in chosen]
    if workload.get("anti_affinity") and len(set(sites)) < len(sites):
        return False
    bound = workload.get("max_delay_ms")
    return bound is None or all(
        any(delay_ms(tree, region, site) <= bound for site in sites)
        for region, _ in served(tree, workload)
    )


def cost_cny_h(tree, workload, chosen):
    """Nodes by dominant share, sites opened, and the distance of the people."""
    options, rows = tree["policies"]["placement"], rows_of(tree)
    total = Fraction(0)
    for number, _, _ in chosen:
        _, server = rows[number]
        want = workload["demand"]
        shares = [Fraction(want[key], server[key]) for key in ("vcpu", "memory_gib")]
        if want.get("gpu"):
            shares.append(Fraction(str(want["gpu"])) / server["accelerators"])
        total += max(shares) * Fraction(server["price_cny"], 5 * 8760)
    sites = {rows[spot[0]][0]["site"] for spot in chosen}
    total += Fraction(str(options["opening_cny_h"])) * len(sites)
    for region, people in served(tree, workload):
        near = min(delay_ms(tree, region, site) for site in sites)
        total += Fraction(str(options["delay_cny_h_ms"])) * people * near
    return total


def cheapest(tree):
    """The least cost of any placement, None where there is none: every one is looked at."""
    if not within_quota(tree):
        return None
    options = [
        [
            chosen
            for chosen in combinations_with_replacement(spots(tree, w), w["replicas"])
            if keeps_rules(tree, w, chosen) and fits(tree, [(w, spot) for spot in chosen])
        ]
        for w in tree["workloads"]
    ]
    costs = [
        sum(cost_cny_h(tree, w, c) for w, c in zip(tree["workloads"], choice, strict=True))
        for choice in product(*options)
        if fits(
            tree, [(w, s) for w, c in zip(tree["workloads"], choice, strict=True) for s in c]
        )
    ]
    return min(costs, default=None)


def within_quota(tree):
    """Of the one tenant that has one."""
    own = [w for w in tree["workloads"] if w["tenant"] == "a"]
    asked = sum(w["demand"]["vcpu"] * w["replicas"] for w in own)
    return asked <= tree["tenants"][0]["quota"]["vcpu"]
