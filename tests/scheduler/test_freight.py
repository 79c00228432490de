"""The laws of data on its way are looked at, and what breaks one is found."""

import pytest

from scenarios import read
from scheduler import LawBrokenError
from scheduler.records import Keep, Records
from scheduler.simulation import assembled
from tests.hand.test_network_cases import load, text_of


def a_run(tmp_path, engine="lane"):
    (tmp_path / "s.yaml").write_text(text_of(load("a"), load("b", gb=30)))
    (scenario,) = read(tmp_path / "s.yaml").variants
    return assembled(scenario, 1, engine, Keep(Records(scenario, 1)))


@pytest.mark.parametrize("engine", ["lane", "plain"])
def test_bits_that_are_lost_are_found(tmp_path, engine):
    run = a_run(tmp_path, engine)
    run.rules.freight.transfers.carried_parts += 1
    with pytest.raises(LawBrokenError, match="bits were lost on the way"):
        run.run()


def test_a_link_that_carries_too_much_is_found(tmp_path):
    run = a_run(tmp_path)
    run.rules.freight.transfers.carried_bits[0] += 1e15
    with pytest.raises(LawBrokenError, match="a link carried more than it can"):
        run.run()


def test_a_transfer_that_is_too_fast_is_found(tmp_path):
    run = a_run(tmp_path)
    transfers = run.rules.freight.transfers
    transfers.set_capacity(0, 0, 3.0)
    with pytest.raises(LawBrokenError, match="was faster than its links allow"):
        run.run()
