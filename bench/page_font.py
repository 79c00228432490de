"""The Chinese of a page as a font that it carries, for readers whose machine has none."""

import base64
import io
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FONT = Path(__file__).parent / "fonts" / "SuanliCJK-Regular.otf"
FAMILY = "Suanli CJK"


def font_face(text: str) -> str:
    """CSS with the characters of `text` that are no Latin, cut from the font that ships.

    The same characters give the same bytes; without any there is no CSS.
    """
    wanted = {ord(letter) for letter in text if ord(letter) >= 0x2E80}
    if not wanted:
        return ""
    woff = base64.b64encode(_woff(wanted)).decode()
    return (
        f'@font-face {{ font-family: "{FAMILY}"; unicode-range: U+2E80-FFFF; '
        f'src: url("data:font/woff;base64,{woff}") format("woff"); }}'
    )


def _woff(wanted: set[int]) -> bytes:
    options = subset.Options(
        layout_features=[], hinting=False, name_IDs=[1], notdef_outline=True
    )
    cutter = subset.Subsetter(options)
    with TTFont(FONT, recalcTimestamp=False) as font:
        cutter.populate(unicodes=wanted)
        cutter.subset(font)
        font.flavor = "woff"  # zlib: brotli's woff2 is a third smaller, and a library more
        out = io.BytesIO()
        font.save(out, reorderTables=None)
    return out.getvalue()
