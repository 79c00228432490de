"""Slips of the keyboard that YAML's parser complains of in words that name no culprit.

Who types Chinese between the keys types its marks too: they look like YAML's own, and are text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

MARKS = {
    "：": ":",
    "，": ",",
    "、": ",",
    "【": "[",
    "】": "]",
    "［": "[",
    "］": "]",
    "｛": "{",
    "｝": "}",
    "“": '"',
    "”": '"',
    "＂": '"',
}
STARTS = frozenset(" \t[{,:-")  # a quote after one of these starts a quoted text
TAB = "a tab; indent with spaces"
NUMBER_LIKE = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def slip(lines: Sequence[str], suspects: Sequence[int]) -> tuple[int, int, str] | None:
    """The line and column, from 0, of the slip in the first suspect line with one.

    The last part says what is wrong. `suspects` are numbers of lines, the likeliest first.
    """
    for number in suspects:
        line = lines[number] if 0 <= number < len(lines) else ""
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            return number, indent.index("\t"), TAB
        column = next(_misplaced(line), None)
        if column is not None:
            return number, column, said(line[column])
    return None


def said(mark: str) -> str:
    """What to write in place of a mark."""
    return f"full-width '{mark}'; expected '{MARKS[mark]}'"


def first_mark(text: str) -> int | None:
    """Where the first full-width mark of a text is, None without one."""
    return next((i for i, character in enumerate(text) if character in MARKS), None)


def _misplaced(line: str) -> Iterator[int]:
    """The columns of full-width marks that can not be part of a text, as `a: 说明：b` is."""
    is_text, depth = False, 0
    for column, character in _bare(line):
        before = line[column - 1] if column else " "
        if character in "[{":
            is_text, depth = False, depth + 1
        elif character == "," and depth:
            is_text = False
        elif character == "：":
            if not is_text:
                yield column
        elif character in "，、":
            if depth:
                yield column
        elif character in MARKS:
            yield column
        elif character == " " and before == ":":
            is_text = True


def _bare(line: str) -> Iterator[tuple[int, str]]:
    """The characters outside quotes and comments, with their columns."""
    quote, before = "", " "
    for column, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and before in STARTS:
            quote = character
        elif character == "#" and before in " \t":
            return
        else:
            yield column, character
        before = character


def is_full_width_number(text: str) -> bool:
    """Whether a text is a number but for the digits it is written in."""
    return not text.isascii() and bool(
        NUMBER_LIKE.fullmatch(unicodedata.normalize("NFKC", text))
    )
