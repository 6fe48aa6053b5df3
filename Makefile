# Bare `make` prints the targets. `make check` is what CI runs.
VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.stamp
EMULATOR := .venv-emulator
PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help demo test check lint types arch docs docs-check bench kill-matrix format lock wheel-check clean

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Only what the lock names, by hash; the package itself is linked, so an edit needs no second install.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "stanch needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 cannot make a venv; on Debian: apt-get install python3-venv"; exit 2; }
	@echo "installing what requirements.lock names into $(VENV) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# A second, independent emulator pins other versions of what stanch needs: it runs beside, in an environment of its own.
$(EMULATOR)/.stamp: requirements-emulator.lock
	@$(PYTHON) -m venv $(EMULATOR)
	@$(EMULATOR)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@

demo: $(STAMP) ## a leak, staged for real in an embedded AWS: found, contained, proven, reported
	@$(VENV)/bin/stanch drill

test: $(STAMP) $(EMULATOR)/.stamp ## run the tests
	@$(PY) -m pytest -n 2 --dist loadfile

check: lint types arch docs-check test wheel-check ## everything CI runs

lint: $(STAMP) ## ruff: style, security, complexity, format
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

types: $(STAMP) ## mypy, strict
	@$(VENV)/bin/mypy

arch: $(STAMP) ## the house: which folder may import which
	@$(VENV)/bin/lint-imports

docs: $(STAMP) ## generate docs/reference and deploy/ from the catalog and the command line
	@$(PY) -m docs.generate
	@$(PY) -m deploy.generate

docs-check: $(STAMP) ## fail if what is generated is out of date
	@$(PY) -m docs.generate --check
	@$(PY) -m deploy.generate --check

bench: $(STAMP) ## print each figure beside its floor and its peer
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-bench.lock
	@$(PY) -m benchmarks
	@$(PY) -m benchmarks.iam_evaluations
	@$(PY) -m benchmarks.iam_reach
	@$(PY) -m benchmarks.iam_asking
	@$(PY) -m benchmarks.containment
	@$(PY) -m benchmarks.posture
	@$(PY) -m benchmarks.discovery
	@$(PY) -m benchmarks.call_sources
	@$(PY) -m benchmarks.inference_speed
	@$(PY) -m benchmarks.inference
	@$(PY) -m benchmarks.inspect

kill-matrix: $(STAMP) $(EMULATOR)/.stamp ## kill every playbook at every point of it (long)
	@STANCH_KILL_AT=all $(PY) -m pytest -n 2 tests/playbooks/test_killed.py

format: $(STAMP) ## let ruff format and fix
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

wheel-check: $(STAMP) ## build the wheel, install it alone, and run it
	@$(PY) -m tests.wheel

UV := --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-config --quiet --upgrade
lock: ## resolve the three locks anew (needs uv)
	uv pip compile pyproject.toml --extra range --group dev --universal --python-version 3.11 --generate-hashes \
	  $(UV) -o requirements.lock
	uv pip compile --group bench --universal --python-version 3.11 --generate-hashes $(UV) -o requirements-bench.lock
	uv pip compile --group emulator --universal --python-version 3.11 --generate-hashes $(UV) -o requirements-emulator.lock

clean: ## remove what the targets made
	rm -rf $(VENV) $(EMULATOR) .stanch .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
