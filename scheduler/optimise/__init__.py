"""The solver: plain problems in, judged plans out; `solvers.py` is the only door to OR-Tools."""
