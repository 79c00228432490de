"""`suanli report`: the page and its figures once more, from the tables of a run folder."""

import lazy_loader as lazy

from bench.commands.endings import tell
from bench.commands.options import Data, Lang, RunFolder, language

dressing = lazy.load("bench.dress", suppress_warning=True)
folders = lazy.load("bench.folder", suppress_warning=True)


def report(run: RunFolder, lang: Lang = "en", data: Data = None) -> None:
    """Redraw figures and report, without simulating."""
    language(lang)
    folder = folders.open_run(run, data=tuple(data or ()))
    folders.redraw(folder, lambda bare: dressing.dress(bare, lang))
    tell(folder.path / dressing.REPORT)
