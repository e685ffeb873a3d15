# `make help` lists the targets. Every target sets up what it needs; a second time that takes a moment.
VENV ?= .venv
PYTEST ?= $(VENV)/bin/python -m pytest
JOBS ?= 2
ARGS ?=

# Models come from wheels and folders; nothing in the demo or the tests may go and ask a model hub.
export HF_HUB_OFFLINE := 1
# A server URL here lets the tests and the service use a PostgreSQL instead of SQLite.
ifdef GRAFT_DATABASE_URL
export GRAFT_DATABASE_URL
endif

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo up bench test quick engine check fmt clean

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  \033[1m%-8s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  ARGS=... goes to graft, as in: make demo ARGS='--keep --report report.json'"

setup: ## install everything into .venv, from nothing (5 minutes, 6 GB); quick when nothing changed
	@PYTHON="$(PYTHON)" scripts/setup.sh --venv "$(VENV)"

demo: setup ## the whole journey on this machine: a leaf becomes a pull request, a comment with deltas, a release, a badge
	$(VENV)/bin/graft demo $(ARGS)

up: setup ## run the service here, with the stand-in for GitHub, until Ctrl-C
	$(VENV)/bin/graft up --local $(ARGS)

bench: setup ## run one benchmark: make bench NAME=journey
	$(VENV)/bin/graft bench $(or $(NAME),journey) $(ARGS)

test: check quick engine ## everything that must hold: check, the quick tests, then those on the real engines

check: setup ## lint, formatting, types, import contracts
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

quick: setup ## the tests without engines, two at a time
	$(PYTEST) -m "not engine and not gpu" -n $(JOBS) --dist loadfile --durations 15 $(ARGS)

engine: setup ## the tests on the real engines, one after the other
	$(PYTEST) -m "engine and not gpu" --durations 10 $(ARGS)

fmt: setup ## format the code, mend what lint can mend, write what is derived (table of settings, the rules' pages, locks)
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/python scripts/settings_table.py
	$(VENV)/bin/python -m taxonomy_schema.rules.listing docs
	$(VENV)/bin/python scripts/derive_locks.py

clean: ## remove what tools left behind (never the environment, never a home of the service)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
