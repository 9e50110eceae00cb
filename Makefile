# Each target does its own set-up; a second run finds it done. Needs only Python 3.11+, git and make.
.DEFAULT_GOAL := help
SHELL := /bin/sh
CONFIG = config
TESTS =
EVAL =
UPGRADE =

PIP = .venv/bin/python -m pip --quiet --disable-pip-version-check install
SOURCES = monitor tests bench
# Whole files go to the processes, longest first (tests/conftest.py); -n0 in TESTS for one process.
SIDE_BY_SIDE = -n auto --dist loadfile --no-loadscope-reorder

.PHONY: help run demo test check bench eval lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: .venv/.run .venv/.browser ## Start the service with config/ (CONFIG=folder for another)
	@SCHOOL_MONITOR_BROWSER="$$(cat .venv/.browser)" exec .venv/bin/school-monitor run --config $(CONFIG)

demo: .venv/.run .venv/.browser ## Show the whole thing at work on an invented school
	@SCHOOL_MONITOR_BROWSER="$$(cat .venv/.browser)" exec .venv/bin/school-monitor demo

test: .venv/.dev .venv/.checkers .venv/.player .venv/.browser ## Run all tests (TESTS="-k words" for some)
	@SCHOOL_MONITOR_BROWSER="$$(cat .venv/.browser)" scripts/postgres .venv/bin/python -m pytest $(SIDE_BY_SIDE) $(TESTS)

check: .venv/.dev ## Check style, types, who imports whom, scripts, and that nothing private is committed
	.venv/bin/ruff check $(SOURCES)
	.venv/bin/ruff format --check $(SOURCES)
	.venv/bin/mypy
	.venv/bin/lint-imports
	scripts/strays
	@PATH=".venv/bin:$$PATH"; if command -v shellcheck >/dev/null; then shellcheck $$(grep -lE '^#!.*(/sh|bash)$$' scripts/* .ci/run); \
	else echo "There is no shellcheck for this machine: the scripts were not checked."; fi

bench: .venv/.dev .venv/.checkers .venv/.browser ## Measure against plain equivalents, as ratios
	@SCHOOL_MONITOR_BROWSER="$$(cat .venv/.browser)" .venv/bin/python -m bench

eval: .venv/.dev ## Measure matching and triage, write docs/quality.md (EVAL="--date 2026-11-22" for options)
	.venv/bin/python -m tests.corpus --out docs/quality.md $(EVAL)

lock: .venv/.dev ## Write requirements/*.txt from pyproject.toml (UPGRADE=--upgrade for newer versions)
	scripts/lock $(UPGRADE)

clean: ## Remove what the targets made; your config, data and archive stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

# --- set-up: a stamp in .venv says that a step is done -----------------------------------------------

.venv/bin/python:
	@python=$$(scripts/python) && echo "Making .venv with $$python" && "$$python" -m venv --clear .venv

.venv/.run: requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "Installing what the service needs"
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	@echo "Installing what the tests and checks need"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

# Other people's programs that judge what we write; their libraries must not decide the versions of ours.
.venv/.checkers: requirements/checkers.txt | .venv/bin/python
	@echo "Installing the programs that judge the evidence"
	@.venv/bin/python -m venv --clear .venv/checkers
	@.venv/checkers/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/checkers.txt
	@touch $@

# A player of web archives is npm's: one package, without its libraries, as its two files hold all they need.
.venv/.player: requirements/package.json requirements/package-lock.json .venv/.checkers
	@if command -v npm >/dev/null; then \
	    echo "Installing the player of web archives" && \
	    cp requirements/package.json requirements/package-lock.json .venv/checkers && \
	    npm --prefix .venv/checkers --loglevel error --no-audit --no-fund --ignore-scripts ci >/dev/null && \
	    touch $@; \
	else \
	    echo "npm is not installed, so the test of a player is skipped. Type this to have it:  sudo apt-get install npm"; \
	fi

.venv/.browser: scripts/browser | .venv/.run
	@scripts/browser >$@.new && mv $@.new $@
