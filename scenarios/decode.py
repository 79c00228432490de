"""YAML text to plain values with the place of each, by the events of the parser.

Events are flat, so depth, size, duplicate keys, tags and aliases are seen in one pass
before anything is built; composing nodes instead would end the process on deep nesting.
Scalars are JSON's and plain only: `true false null` and numbers; all else is text.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from scenarios.problems import Bare, Got, Place, Problem, ScenarioError
from scenarios.slips import slip

MAX_BYTES = 10_000_000
MAX_DEPTH = 50
MAX_NODES = 200_000
MAX_DIGITS = 15  # integers stay exact in a float, and far inside 64 bits after scaling

Step = str | int
Steps = tuple[Step, ...]
Scalar = str | int | float | bool | None
Tree = Scalar | dict[str, "Tree"] | tuple["Tree", ...]

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
KEY = re.compile(r"[a-z][a-z_]*", re.ASCII)
WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
# Control characters, lone surrogates, line separators and marks that turn the writing direction
# round: none is needed in a scenario, and each can make a name look like another.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff]"
)


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it was written; maps and lists hold nodes.

    `key` is the place of the key that holds it, its own place for an item of a list.
    """

    value: Scalar | dict[str, Node] | tuple[Node, ...]
    place: Place
    key: Place


@dataclass(slots=True)
class _Reading:
    """One pass over the events of a text: what was wrong so far, and how much was seen."""

    file: str
    line: int
    column: int
    events: Iterator[yaml.Event]
    found: list[tuple[Steps, Problem]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    nodes: int = 0

    def place(self, event: yaml.Event) -> Place:
        """Where an event starts; the first line may begin inside a longer one."""
        mark = event.start_mark
        if mark is None:  # the C parser marks every event
            return Place(self.file, self.line, self.column)
        shift = self.column if mark.line == 0 else 1
        return Place(self.file, self.line + mark.line, shift + mark.column)

    def report(self, place: Place, message: str, got: Got = None) -> None:
        """Keep a problem and read on."""
        self.found.append((tuple(self.steps), Problem(*place, message=message, got=got)))

    def stop(self, place: Place, message: str) -> None:
        """Give up: what follows can not be trusted or is too much."""
        self.report(place, message)
        raise ScenarioError(self.problems(None), self.file)

    def problems(self, root: Node | None) -> list[Problem]:
        """What was wrong so far, with its path in the words of `root`."""
        return [replace(problem, path=path_text(root, steps)) for steps, problem in self.found]


def read_text(path: Path, file: str) -> str:
    """The text of a scenario file.

    Raises:
        ScenarioError: it is missing, no regular file, too long, or not UTF-8.
    """
    try:
        # Without O_NONBLOCK opening a pipe would wait for its other end for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise _refusal(file, "not a regular file")
            content = stream.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise _refusal(file, "not a regular file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _refusal(file, f"can not be read: {(reason or 'unknown').lower()}") from None
    if len(content) > MAX_BYTES:
        raise _refusal(file, f"longer than {MAX_BYTES // 1_000_000} MB")
    return _utf8(content, file)


def _utf8(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", errors="replace")
        problem = Problem(*_place_after(before, file), message="expected UTF-8 text")
        raise ScenarioError([problem], file) from None


def _refusal(file: str, message: str) -> ScenarioError:
    return ScenarioError([Problem(file, message=message)], file)


def _place_after(text: str, file: str, line: int = 1, column: int = 1) -> Place:
    """The place that follows `text`, which itself starts at `line` and `column`."""
    lines = text.count("\n")
    last = len(text) - (text.rfind("\n") + 1)
    return Place(file, line + lines, last + (1 if lines else column))


def decode(text: str, file: str, line: int = 1, column: int = 1) -> tuple[Node, list[Problem]]:
    """The values of a YAML text, and what was wrong but could be read past.

    Raises:
        ScenarioError: it is empty, no YAML, too deep or too long to go on.
    """
    hidden = UNSEEN.search(text)
    if hidden:
        place = _place_after(text[: hidden.start()], file, line, column)
        message = f"character U+{ord(hidden.group()):04X} is not taken"
        raise ScenarioError([Problem(*place, message=message)], file)
    reading = _Reading(file, line, column, iter(yaml.parse(text, Loader=yaml.CSafeLoader)))
    try:
        root = _document(reading)
    except yaml.YAMLError as error:
        found = [*reading.problems(None), _syntax(error, reading, text)]
        raise ScenarioError(found, file) from None
    return root, reading.problems(root)


def _syntax(error: yaml.YAMLError, reading: _Reading, text: str) -> Problem:
    """The parser's complaint at its place, with advice where the usual cause is known."""
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or str(error).splitlines()[0]
    message = f"no valid YAML: {said}"
    if "nesting depth" in said:
        return _too_deep(text, reading)
    if mark is None:
        return Problem(reading.file, reading.line, reading.column, message=message)
    lines = text.splitlines()
    began = getattr(error, "context_mark", None)
    culprit = slip(lines, (mark.line, mark.line - 1, *([began.line] if began else [])))
    if culprit:
        return _at(*culprit, reading)
    if mark.line == len(lines) and not text.endswith("\n"):  # after the end of the text
        place = _place_after(text, reading.file, reading.line, reading.column)
        return Problem(*place, message=message)
    written = lines[mark.line] if mark.line < len(lines) else ""
    if "expected ',' or '}'" in said and re.search(r"\{[^}\"']*\w\[", written):
        message += "; inside {} a key with brackets needs quotes"
    return _at(mark.line, mark.column, message, reading)


def _too_deep(text: str, reading: _Reading) -> Problem:
    """Where the limit of depth is passed; libyaml from 0.2.6 on looks ahead to one of its own.

    The parser in Python has none, and is asked no further than to our limit.
    """
    depth = 0
    place = Place(reading.file, reading.line, reading.column)
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth, place = depth + 1, reading.place(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            break
    return Problem(*place, message=f"nested deeper than {MAX_DEPTH}")


def _at(line: int, column: int, message: str, reading: _Reading) -> Problem:
    """A problem at a line and column of the text, from 0."""
    shift = reading.column if line == 0 else 1
    return Problem(reading.file, reading.line + line, shift + column, message=message)


def _document(reading: _Reading) -> Node:
    """The one document of the stream."""
    next(reading.events)  # the start of the stream
    start = next(reading.events)
    if isinstance(start, yaml.StreamEndEvent):
        raise _refusal(reading.file, "empty; expected a scenario")
    node = _value(next(reading.events), reading)
    next(reading.events)  # the end of the document
    after = next(reading.events)
    if not isinstance(after, yaml.StreamEndEvent):
        reading.stop(reading.place(after), "a second document; expected one")
    return node


def _value(event: yaml.Event, reading: _Reading, key: Place | None = None) -> Node:
    """The node that starts with an event; refuses what is more than plain data."""
    place = reading.place(event)
    reading.nodes += 1
    if reading.nodes > MAX_NODES:
        reading.stop(place, f"more than {MAX_NODES:,} values")
    if isinstance(event, yaml.AliasEvent):
        reading.report(place, "aliases are not taken", Bare(f"*{event.anchor}"))
        return Node(None, place, key or place)
    anchor = getattr(event, "anchor", None)
    if anchor is not None:
        reading.report(place, "anchors are not taken", Bare(f"&{anchor}"))
    tag = getattr(event, "tag", None)
    if tag is not None:
        reading.report(place, "tags are not taken", Bare(tag))
    return Node(_content(event, reading, place), place, key or place)


def _content(
    event: yaml.Event, reading: _Reading, place: Place
) -> Scalar | dict[str, Node] | tuple[Node, ...]:
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, reading, place)
    if len(reading.steps) >= MAX_DEPTH:
        reading.steps.clear()
        reading.stop(place, f"nested deeper than {MAX_DEPTH}")
    within = _map if isinstance(event, yaml.MappingStartEvent) else _list
    return within(reading)


def _list(reading: _Reading) -> tuple[Node, ...]:
    items: list[Node] = []
    while not isinstance(event := next(reading.events), yaml.SequenceEndEvent):
        reading.steps.append(len(items))
        items.append(_value(event, reading))
        reading.steps.pop()
    return tuple(items)


def _map(reading: _Reading) -> dict[str, Node]:
    items: dict[str, Node] = {}
    while not isinstance(event := next(reading.events), yaml.MappingEndEvent):
        place = reading.place(event)
        name = _key(event, reading, place)
        reading.steps.append("?" if name is None else name)
        node = _value(next(reading.events), reading, place)
        reading.steps.pop()
        if name is None:
            continue
        if name in items:
            reading.report(place, f"duplicate key; first on line {items[name].key.line}", name)
        else:
            items[name] = node
    return items


def _key(event: yaml.Event, reading: _Reading, place: Place) -> str | None:
    """The text of a key; None, with its problem kept, if it is none."""
    if isinstance(event, yaml.ScalarEvent) and KEY.fullmatch(event.value):
        is_plain = event.tag is None and event.anchor is None
        if is_plain and event.value not in WORDS:
            return event.value  # nearly every key
    reading.steps.append("?")
    node = _value(event, reading)
    reading.nodes -= 1  # values are counted; each has at most one key
    reading.steps.pop()
    if node.value == "<<" and not getattr(event, "style", None):
        reading.report(place, "merge keys are not taken", Bare("<<"))
        return None
    if isinstance(node.value, str):
        return node.value
    if isinstance(event, yaml.ScalarEvent):
        reading.report(place, "expected a text as key, in quotes", got(node.value))
    elif not isinstance(event, yaml.AliasEvent):
        reading.report(place, "expected a text as key", got(node.value))
    return None


def _scalar(event: yaml.ScalarEvent, reading: _Reading, place: Place) -> Scalar:
    text: str = event.value
    if event.style:  # quoted or a block: always text
        hidden = UNSEEN.search(text)
        if hidden:
            reading.report(place, f"character U+{ord(hidden.group()):04X} is not taken")
        return text
    if text in WORDS:
        return WORDS[text]
    return _number(text, reading, place) if NUMBER.fullmatch(text) else text


def _number(text: str, reading: _Reading, place: Place) -> Scalar:
    """A JSON number; one without a fraction is whole, so `1e3` counts things too."""
    whole = NUMBER.fullmatch(text)
    digits = len(text.lstrip("-"))
    if whole and whole.group(2) is None and whole.group(3) is None:
        if digits <= MAX_DIGITS:
            return int(text)
        reading.report(place, f"expected a number of at most {MAX_DIGITS} digits", Bare(text))
        return None
    value = float(text) + 0.0 if digits <= 100 else float("inf")  # -0.0 is 0
    if abs(value) == float("inf"):
        reading.report(place, "expected a finite number", Bare(text))
        return None
    is_count = whole is not None and whole.group(2) is None and abs(value) < 10**MAX_DIGITS
    return int(value) if is_count and value.is_integer() else value


def got(value: object) -> Got:
    """What a problem shows of a value: scalars as they are, else what they are."""
    if value is None:
        return Bare("null")
    if isinstance(value, dict):
        return Bare("a map")
    if isinstance(value, list | tuple):
        return Bare("a list")
    return value if isinstance(value, str | int | float) else Bare(type(value).__name__)


def plain(node: Node) -> Tree:
    """The values alone; lists come as tuples, which strict frozen classes take."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, tuple):
        return tuple(plain(child) for child in node.value)
    return node.value


def find(node: Node, path: Steps) -> Node | None:
    """The node at a path of keys and positions, None if nothing is there."""
    for step in path:
        inner = node.value
        if isinstance(inner, tuple) and isinstance(step, int) and 0 <= step < len(inner):
            node = inner[step]
            continue
        if not isinstance(inner, dict) or not isinstance(step, str) or step not in inner:
            return None
        node = inner[step]
    return node


def path_text(root: Node | None, path: Steps) -> str:
    """A path as users write it: items by name, `[#2]` where they have none."""
    text = ""
    for depth, step in enumerate(path):
        if isinstance(step, str):
            text += f".{step}" if text else step
        else:
            item = find(root, path[: depth + 1]) if root else None
            text += f"[{_item_name(item, step)}]"
    return text


def _item_name(item: Node | None, position: int) -> str:
    name = item.value.get("name") if item and isinstance(item.value, dict) else None
    return name.value if name and isinstance(name.value, str) else f"#{position + 1}"
