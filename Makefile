# Every task of a developer, one word each. Uses .venv where there is one, else the Python on the path.
PYTHON := $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)

.PHONY: check check-all lint test format setup wheel

check: lint test  ## what must pass before a commit; two minutes at most

check-all: lint  ## the slow replays and searches too
	$(PYTHON) -m pytest -q -n auto

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	PYTHONPATH=. $(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

# Fewer generated scenarios than in CI, which runs all 2,000 (and 1,000 pairs of engines), and not what is marked wide.
test:
	SUANLI_LAWS=60 SUANLI_AGREE=40 SUANLI_LEDGER=20 SUANLI_PLAIN=20 SUANLI_PROMISES=80 SUANLI_VICTIMS=800 SUANLI_AGREE_NETWORK=50 $(PYTHON) -m pytest -q -m "not slow and not wide" -n 2

format:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

setup:
	python3 -m venv .venv
	.venv/bin/python -m pip install -q -e '.[dev]'

wheel:  ## what users install; listed, because YAML, CSV, templates and fonts must be in it
	$(PYTHON) -m pip wheel -q --no-deps -w dist .
	$(PYTHON) -m zipfile -l dist/suanli-*.whl
