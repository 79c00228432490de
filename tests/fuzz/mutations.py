# ruff: noqa: E501 - lists of odd things read best dense
"""Wrong turns: how a good input is spoilt, from a generator of random numbers alone."""

import csv
import io
import json
from typing import Any

import numpy as np

NUMBERS = (
    0, -1, 1, 2, 3, 0.5, 1.5, -0.0, 1e-9, 1e-300, 5e-324, 1e15, 1e18, 1e300, -1e300, 2**31, 2**53,
    2**63 - 1, 999_999_999_999_999, 86_400, 87_600, 0.1 + 0.2,
)  # fmt: skip
WORDS = (
    "", " ", "x", "null", "true", "NaN", "inf", "-", "~", "017", "1e5", "12:30", "2026-02-30",
    "../x", "/etc/passwd", "a|b", "a*", "*", "**", "a\tb", "a\nb", "\x00", "\x1b[31m", "\u202e",
    "\ud800", "算力", "é", "e\u0301", "😀", "x" * 65, "x" * 5000, "<b>", "$\\frac{$", "{}", "%s",
    "=1+1", "base", "all", "default", "platform", "pool", "hz", "ascend*", "nan", "-1", "(",
    "con", "x:y", "os:system",
)  # fmt: skip
SCALARS = (None, True, False)


class Dice:
    """Choices of one case."""

    def __init__(self, seed: int, number: int) -> None:
        self.rng = np.random.default_rng([seed, number])

    def below(self, limit: int) -> int:
        return int(self.rng.integers(limit)) if limit > 0 else 0

    def of(self, things: Any) -> Any:
        things = list(things)
        return things[self.below(len(things))]

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)


# --- trees --------------------------------------------------------------------------------


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path of a tree but the root's."""
    found: list[tuple[Any, ...]] = []
    children = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for key, child in children:
        found += [(*path, key), *places(child, (*path, key))]
    return found


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def copy(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: copy(child) for key, child in tree.items()}
    return [copy(child) for child in tree] if isinstance(tree, list) else tree


def a_value(dice: Dice, tree: Any, old: Any) -> Any:
    """Another value: near the old one, extreme, of another type, or from elsewhere."""
    kind = dice.below(10)
    if kind < 3 and isinstance(old, int | float) and not isinstance(old, bool):
        return dice.of((old * 2, old / 2, -old, old + 1, old * 1000, round(old), float(old)))
    if kind < 3 and isinstance(old, str) and old:
        return misspelt(dice, old)
    if kind < 5:
        return dice.of(NUMBERS)
    if kind < 6:
        return dice.of(WORDS)
    if kind < 7:
        return dice.of(SCALARS)
    if kind < 8:
        return dice.of(([], {}, [old], {"name": old}, [[old]], {"kind": "fixed"}))
    return copy(at(tree, dice.of(places(tree)))) if places(tree) else None


def misspelt(dice: Dice, word: str) -> str:
    i = dice.below(len(word))
    kind = dice.below(5)
    if kind == 0:
        return word[:i] + word[i + 1 :]
    if kind == 1:
        return word[:i] + dice.of("aZ9_-. \u0301算") + word[i:]
    if kind == 2:
        return word.upper()
    if kind == 3:
        return word[:i] + word[i:][::-1]
    return word * 2


def spoil(dice: Dice, tree: Any, most: int = 3) -> Any:
    """A copy of a tree with a few wrong turns."""
    tree = copy(tree)
    for _ in range(1 + dice.below(most)):
        paths = places(tree)
        if not paths:
            return tree
        path = dice.of(paths)
        around, key = at(tree, path[:-1]), path[-1]
        kind = dice.below(8)
        if kind < 4:
            around[key] = a_value(dice, tree, around[key])
        elif kind == 4:
            del around[key]
        elif kind == 5 and isinstance(around, list):
            around.insert(dice.below(len(around) + 1), copy(dice.of(around)))
        elif kind == 5:
            around[misspelt(dice, str(key) or "x")] = copy(around[key])
        elif kind == 6 and isinstance(around, dict):
            around[misspelt(dice, str(key) or "x")] = around.pop(key)
        elif kind == 6:
            around.reverse()
        else:
            other = dice.of(paths)
            try:
                holder = at(tree, other[:-1])
                holder[other[-1]], around[key] = copy(around[key]), copy(holder[other[-1]])
            except (KeyError, IndexError, TypeError):
                continue
    return tree


def text_of(tree: Any) -> str:
    """A tree as text that YAML reads; JSON is YAML."""
    return json.dumps(tree, ensure_ascii=False, default=str, indent=1)


# --- bytes and tables ---------------------------------------------------------------------

PIECES = (
    b"", b"\x00", b"\xff", b"\n", b"\r\n", b"\t", b",", b'"', b"'", b": ", b"- ", b"{", b"}", b"[",
    b"]", b"&a ", b"*a", b"!!int ", b"!!python/object:os.system ", b"<<: ", b"|\n", b">\n", b"# ",
    b"---\n", b"...\n", b"%YAML 1.1\n", b"? ", b"\\ud800", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"1e999",
    b"99999999999999999999", b"\x1b[2J", "\u202e".encode(), "算".encode(),
)  # fmt: skip


def spoil_bytes(dice: Dice, content: bytes, most: int = 4) -> bytes:
    """A copy of some bytes with pieces cut, put in, doubled or moved."""
    for _ in range(1 + dice.below(most)):
        i = dice.below(len(content) + 1)
        j = min(len(content), i + dice.below(12))
        kind = dice.below(6)
        if kind == 0:
            content = content[:i] + content[j:]
        elif kind == 1:
            content = content[:i] + dice.of(PIECES) + content[i:]
        elif kind == 2:
            content = content[:i] + dice.of(PIECES) + content[j:]
        elif kind == 3:
            content = content[:j] + content[i:]
        elif kind == 4 and content:
            flipped = bytes([content[i - 1] ^ (1 << dice.below(8))])
            content = content[: max(i - 1, 0)] + flipped + content[i:]
        elif dice.chance(0.2):
            content = content[:i]
    return content


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def spoil_rows(dice: Dice, rows: list[list[str]], most: int = 4) -> list[list[str]]:
    """A copy of a table with wrong cells, titles, rows and columns."""
    rows = [list(row) for row in rows]
    for _ in range(1 + dice.below(most)):
        if not rows or not rows[0]:
            return rows
        row = rows[dice.below(len(rows))]
        kind = dice.below(9)
        i = dice.below(len(row)) if row else 0
        if kind < 4 and row:
            row[i] = str(dice.of((dice.of(NUMBERS), dice.of(WORDS), row[i] * 2, "-" + row[i])))
        elif kind == 4:
            rows[0][dice.below(len(rows[0]))] = misspelt(dice, dice.of(rows[0]) or "x")
        elif kind == 5:
            rows.insert(dice.below(len(rows) + 1), list(row))
        elif kind == 6 and row:
            row.pop(i)
        elif kind == 7:
            k = dice.below(len(rows[0]))
            for one in rows:
                one[k : k + 1] = [] if dice.chance(0.5) else one[k : k + 1] * 2
        else:
            other = dice.of(rows)
            if row and other:
                k = dice.below(len(other))
                row[i], other[k] = other[k], row[i]
    return rows


def table_text(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")
