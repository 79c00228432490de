"""A slice of the fuzzer: `python -m tests.fuzz --minutes 60` is the whole of it."""

import pytest

from tests.fuzz.__main__ import fuzz, play
from tests.fuzz.mutations import Dice, spoil
from tests.fuzz.targets import SHARES, TARGETS


@pytest.mark.wide
def test_five_seconds_of_spoilt_input_end_without_a_crash():
    told = fuzz(5, seed=2026)
    assert told["cases"] > 10
    assert told["findings"] == []


def test_a_case_is_the_same_again(tmp_path):
    assert {play(7, 3, tmp_path) for _ in range(3)} == {play(7, 3, tmp_path)}
    tree = {"a": [1, {"b": "c"}], "d": 2.5}
    assert [spoil(Dice(1, n), tree) for n in range(50)] == [
        spoil(Dice(1, n), tree) for n in range(50)
    ]
    assert tree == {"a": [1, {"b": "c"}], "d": 2.5}


def test_a_crash_and_a_hang_are_found(monkeypatch):
    def crash(dice, folder):
        raise KeyError("lost")

    monkeypatch.setattr("tests.fuzz.__main__.SHARES", ("text",))
    monkeypatch.setitem(TARGETS, "text", crash)
    told = fuzz(60, seed=1, count=1)
    assert told["counts"] == {"text crash": 1}
    assert "KeyError: 'lost'" in told["findings"][0]["raised"]

    def hang(dice, folder):
        while True:
            pass

    monkeypatch.setattr("tests.fuzz.__main__.CASE_S", 0.1)
    monkeypatch.setitem(TARGETS, "text", hang)
    assert fuzz(60, seed=1, count=1)["counts"] == {"text slow": 1}


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_its_share(target):
    assert target in SHARES
