"""Runs the command line once and tells, as JSON on its last line, what that took."""

import json
import sys
import time
from functools import partial
from pathlib import Path

from bench.commands import app
from bench.commands.endings import ending


def peak_mib() -> float:
    """The largest resident size of this process; getrusage would count its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    status = ending(partial(app, sys.argv[1:], prog_name="suanli"))
    took = {"status": status, "cpu_s": round(time.process_time(), 2), "mib": round(peak_mib())}
    print(json.dumps(took))
