"""A longer run does not need more memory: a process each, measured by the system."""

import os
import subprocess
import sys

import pytest

from bench.speed import scenario_text

RUN = """
import resource, sys
from bench.dress import dress
from bench.experiment import run
from scenarios import read
if __name__ == "__main__":
    run(read(sys.argv[1]), seeds=[1], out=sys.argv[2], dress=lambda folder: dress(folder))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
NODES = 600
JOBS_A_DAY = NODES * 64 * 0.8 / 5.6 * 24  # as scenario_text loads its nodes


def peak_kib(folder, days):
    name = f"d{days}"
    text = scenario_text(NODES, round(JOBS_A_DAY * days), 0.8)
    (folder / f"{name}.yaml").write_text(text.replace("name: speed", f"name: {name}"))
    command = [sys.executable, "-c", RUN, f"{name}.yaml", name]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        command, cwd=folder, env=env, check=True, capture_output=True, text=True
    )
    return int(done.stdout.split()[-1])


@pytest.mark.slow
def test_ten_times_the_days_need_hardly_more_memory(tmp_path):
    assert peak_kib(tmp_path, 20) < 1.10 * peak_kib(tmp_path, 2)
