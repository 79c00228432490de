import csv
import re
import warnings
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from bench.charts import Drawn, drawing, missing_glyphs, svg_of
from bench.glossary.names import CHIP_FAMILIES, CLOUDS, HUB_NAMES
from bench.glossary.reasons import HELD, HELD_HELP, REFUSED, REFUSED_HELP
from bench.measures import UNITS
from bench.words import (
    WORDS,
    name_hold,
    name_measure,
    name_refusal,
    say,
)
from topology import RESOURCES


def braces(text):
    return set(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("key", sorted(WORDS))
def test_both_languages_say_it_with_the_same_parts(key):
    english, chinese = WORDS[key]
    assert english
    assert chinese
    assert braces(english) == braces(chinese)


@pytest.mark.parametrize("measure", sorted(UNITS))
def test_every_measure_has_a_name_in_both_languages(measure):
    assert name_measure(measure, "en") != measure or "_" not in measure
    assert name_measure(measure, "zh") != measure


def test_no_two_measures_share_a_name():
    for lang in ("en", "zh"):
        names = [name_measure(measure, lang) for measure in UNITS]
        assert len(set(names)) == len(names)


def test_every_resource_has_a_name_and_a_unit():
    assert all(say(f"resource_{name}") and say(f"unit_{name}") for name in RESOURCES)


def test_every_reason_of_the_contract_has_words_and_a_way_out():
    held = (
        "batch-window network quota head-of-line backfill-reservation gang fragmented "
        "no-capacity"
    )
    refused = (
        "no-chip no-speed not-listed residency security-level reserved too-big gang-too-big "
        "quota-too-small unknown-capacity queue-full bad-row no-place"
    )
    assert set(held.split()) == set(HELD) == set(HELD_HELP)
    assert set(refused.split()) == set(REFUSED) == set(REFUSED_HELP)
    assert all(f"lack_{reason}" in WORDS for reason in REFUSED)


def test_an_unknown_word_of_a_later_version_stays_as_it_is():
    assert name_measure("ttft_p95_s") == "ttft_p95_s"
    assert name_measure("allocated_share_qubits") == "allocated_share_qubits"
    assert name_hold("eclipse") == "eclipse"
    assert name_refusal("eclipse") == "eclipse"


def test_braces_in_what_is_filled_in_are_not_filled_again():
    assert say("no_capacity") == "no pool has any"
    assert "{n}" in say("refused_variants", parts="{n}")


def test_the_shipped_font_has_every_word_of_the_glossary():
    assert not missing_glyphs("".join(text for pair in WORDS.values() for text in pair))


def test_the_shipped_font_has_every_name_of_a_place_a_tariff_or_a_chip():
    tables = sorted((Path(__file__).parents[2] / "topology" / "tables").glob("*.csv"))
    names = {"label_zh", "name", "model", "vendor"}
    for table in tables:
        with table.open(encoding="utf-8", newline="") as rows:
            texts = [row.get(name) or "" for row in csv.DictReader(rows) for name in names]
        assert not missing_glyphs("".join(texts)), table.name


def test_the_shipped_font_has_every_name_of_a_cloud_a_hub_or_a_family_of_chips():
    names = [*CLOUDS.values(), *CHIP_FAMILIES.values(), *HUB_NAMES.values()]
    assert not missing_glyphs("".join(names))


def test_drawing_chinese_warns_of_no_glyph():
    with drawing("zh"):
        figure = Figure()
        figure.text(0, 0, "".join(sorted({c for pair in WORDS.values() for c in pair[1]})))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "<path" in svg_of(Drawn(figure, (), []), "zh")


def test_the_font_is_small_and_its_licence_lies_beside_it():
    fonts = Path(__file__).parents[2] / "bench" / "fonts"
    assert (fonts / "SuanliCJK-Regular.otf").stat().st_size < 2_000_000
    assert "SIL OPEN FONT LICENSE" in (fonts / "OFL.txt").read_text(encoding="utf-8")
