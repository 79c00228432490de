"""The solver: plain problems in, judged plans out; `solvers.py` is the door to OR-Tools."""
