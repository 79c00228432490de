import gzip

import pytest

from scenarios import weight
from scenarios.files import locate
from scenarios.problems import ScenarioError, seen
from scenarios.weight import TooMuchError, weighed


def test_a_table_is_weighed_without_keeping_it(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1,é\n".encode() * 3)
    found = weighed(path, 1000)
    assert (found.count, found.lines, found.is_utf8) == (27, 6, True)
    path.write_bytes(b"a\n\xff\n")
    assert not weighed(path, 1000).is_utf8
    path.write_bytes("é".encode()[:1])  # ends inside a letter
    assert not weighed(path, 1000).is_utf8


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ((b"x" * 99 + b"\n") * 20, "expected at most 0 GB after decompression"),
        (b"\n" * 60, "expected at most 49 rows"),
        (b"1\n2\n" + b"x" * 300, "line 3: expected at most 200 bytes in a line"),
    ],
)
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_too_much_is_refused(name, content, message, tmp_path, monkeypatch):
    monkeypatch.setattr(weight, "MOST_LINES", 50)
    monkeypatch.setattr(weight, "MOST_LINE", 200)
    monkeypatch.setattr(weight, "BLOCK", 64)
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with pytest.raises(TooMuchError, match=message):
        weighed(path, 1000)


def test_no_file_has_a_NUL_in_its_name(tmp_path):
    with pytest.raises(ScenarioError, match="no file has such a name"):
        locate("a\0b", [tmp_path], "s.yaml")


def test_what_a_terminal_would_obey_is_written_out():
    assert seen("plain 算力") == "plain 算力"
    assert seen("a\x1b[31mb\u202ec\x9bd") == "a\\x1b[31mb\\u202ec\\x9bd"
