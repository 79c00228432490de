"""Queueing theory in closed form: every function takes loads and servers, work is one hour."""

from math import exp, factorial


def erlang_b(servers, load):
    """The share of jobs lost by `servers` without a line; `load` = arrivals x mean work."""
    terms = [load**n / factorial(n) for n in range(servers + 1)]
    return terms[-1] / sum(terms)


def erlang_c(servers, load):
    """The share of jobs that wait (M/M/c)."""
    lost = erlang_b(servers, load)
    return lost / (1 - load / servers * (1 - lost))


def wait_mmc_h(servers, load):
    """The mean wait, over all jobs, in hours of mean work (M/M/c)."""
    return erlang_c(servers, load) / (servers - load)


def wait_mg1_h(load, second_moment):
    """Pollaczek and Khinchine: load x E[S^2] / (2 (1 - load)), with E[S] = 1."""
    return load * second_moment / (2 * (1 - load))


def wait_dm1_h(load):
    """Regular arrivals, one exponential server: s / (1 - s) with s = exp(-(1 - s) / load)."""
    root = 0.5
    for _ in range(200):
        root = exp(-(1 - root) / load)
    return root / (1 - root)


def second_moment(sigma):
    """E[S^2] of a lognormal of mean 1."""
    return exp(sigma**2)
