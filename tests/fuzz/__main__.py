"""`python -m tests.fuzz --minutes 60`: spoilt input until the time is up; no crash may come.

Case N of seed S is always the same: `--seed S --case N` plays it again, alone.
"""

import argparse
import collections
import faulthandler
import json
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from tests.fuzz.mutations import Dice
from tests.fuzz.targets import FAULT_OF_THE_INPUT, SHARES, TARGETS

CASE_S = 20  # of the processor: a case that takes longer is a finding too
MOST_BYTES = 4_000_000_000  # of addresses: more memory than that is a crash, and no harm
WAITING_S = 180  # by the clock: nothing may wait for what never comes


class TooSlowError(BaseException):
    """A case ran out of time; not an Exception, so that nobody catches it on the way."""


def too_slow(*_):
    raise TooSlowError


def play(seed: int, number: int, work: Path) -> tuple[str, str, str]:
    """Plays one case: its target, its end (`fine refused crash slow`), and what was raised."""
    dice = Dice(seed, number)
    target = dice.of(SHARES)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        try:
            TARGETS[target](dice, Path(folder))
        except FAULT_OF_THE_INPUT as error:
            str(error)
            return target, "refused", ""
        except TooSlowError:
            return target, "slow", traceback.format_exc()
        except Exception:
            return target, "crash", traceback.format_exc()
    return target, "fine", ""


def fuzz(
    seconds: float, seed: int, first: int = 0, count: int | None = None, tell=None
) -> dict:
    """Plays cases until the time is up (or `count` were played): counts and findings."""
    counts: collections.Counter = collections.Counter()
    findings: list[dict] = []
    begin, number = time.monotonic(), first
    clocks = (signal.SIGALRM, signal.SIGPROF)
    before = [signal.signal(clock, too_slow) for clock in clocks]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while time.monotonic() - begin < seconds and (count is None or number < first + count):
            signal.setitimer(signal.ITIMER_PROF, CASE_S)
            signal.setitimer(signal.ITIMER_REAL, WAITING_S)
            target, end, raised = play(seed, number, Path(folder))
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            counts[f"{target} {end}"] += 1
            if end in ("crash", "slow"):
                findings.append(
                    {"seed": seed, "case": number, "target": target, "raised": raised}
                )
            number += 1
            if tell:
                tell(number, counts, findings)
    for clock, handler in zip(clocks, before, strict=True):
        signal.signal(clock, handler)
    spent = time.monotonic() - begin
    return {"seed": seed, "seconds": round(spent, 1), "cases": number - first,
            "counts": dict(sorted(counts.items())), "findings": findings}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="this case alone")
    parser.add_argument("--first", type=int, default=0, help="go on from this case")
    parser.add_argument("--log", type=Path, help="where findings and counts are kept")
    asked = parser.parse_args()
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    last = time.monotonic()

    def tell(number, counts, findings):
        nonlocal last
        if asked.log and (
            time.monotonic() - last > 10 or (findings and len(findings) != told[0])
        ):
            told[0], last = len(findings), time.monotonic()
            state = {"next": number, "counts": dict(counts), "findings": findings}
            asked.log.write_text(json.dumps(state, indent=1), encoding="utf-8")

    told = [0]
    first = asked.first if asked.case is None else asked.case
    found = fuzz(asked.minutes * 60, asked.seed, first, None if asked.case is None else 1, tell)
    for finding in found["findings"]:
        print(f"seed {finding['seed']} case {finding['case']} ({finding['target']}):")
        print(finding["raised"])
    found["findings"] = len(found["findings"])
    print(json.dumps(found))
    return 1 if found["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
