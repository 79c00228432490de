"""Full-width marks and tabs: found where they break the file, not where they are text."""

import pytest

from scenarios.slips import is_full_width_number, slip


@pytest.mark.parametrize(
    "line",
    [
        "  label: 说明：二，三",
        '  label: "【一】：x" # ，',
        "  # name：hz",
        "  label: a # 一：二",
        "  labels: [a, '一，二']",
        "",
    ],
)
def test_marks_in_a_text_or_a_comment_are_no_slips(line):
    assert slip([line], [0]) is None


def test_the_likeliest_line_is_looked_at_first_and_lines_may_not_be_there():
    lines = ["a：1", "b：2"]
    assert slip(lines, [1, 0]) == (1, 1, "full-width '：'; expected ':'")
    assert slip(lines, [2, -1, 0]) == (0, 1, "full-width '：'; expected ':'")


def test_digits_are_told_apart():
    assert is_full_width_number("３．５")
    assert not is_full_width_number("3.5")
    assert not is_full_width_number("三")
