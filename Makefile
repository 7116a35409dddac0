# Socle: `make run` serves the suite, `make test` checks it. Both set up what they need first.

PYTHON ?= python3
PORT   ?= 8000
DATA   ?= var
TABLES ?= 10000
SEED   ?= 1
VENV   := .venv
COMPILED := hatch_build.py $(wildcard services/validation/engine/scan/*.c)
BIN    := $(VENV)/bin
UV     ?= uv
# Hashes, every platform, and no address of an index.
LOCK   := --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-slow setup setup-dev public oracle bench lint format types contracts check reference lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: setup ## serve everything on http://127.0.0.1:8000 (PORT=… changes it, DATA=… the folder)
	@exec $(BIN)/socle dev --port $(PORT) --data "$(DATA)"

test: setup-dev ## run every test
	@$(BIN)/pytest $(ARGS)

test-slow: setup-dev ## run the tests on very large files, left out of the others
	@$(BIN)/pytest -m slow -n 0 $(ARGS)

setup: $(VENV)/.installed ## build .venv with the `socle` command

setup-dev: $(VENV)/.installed-dev ## the same, with what the tests and checks need

lint: setup-dev ## style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: setup-dev ## rewrite the style
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

types: setup-dev ## types
	@$(BIN)/mypy

contracts: setup-dev ## who may import whom
	@$(BIN)/lint-imports

public: setup-dev ## what others wrote reads and drives the catalog (udata, CKAN, data.gouv.fr's client), in environments of their own
	@$(BIN)/pytest -m slow -n 0 tests/api/catalog/test_public_software.py $(ARGS)

oracle: setup-dev ## judge random tables beside frictionless (TABLES=… SEED=…), in an environment of its own
	@$(BIN)/python -m bench.oracle.environment -- --tables $(TABLES) --seed $(SEED) $(ARGS)

bench: setup-dev ## measure the validator beside frictionless and validata (in environments of their own) and the floor
	@$(BIN)/python -m bench.validator $(ARGS)

check: lint types contracts test ## everything that must be green before a commit

reference: setup-dev ## write docs/reference and docs/openapi from the code
	@$(BIN)/python -m socle.reference
	@$(BIN)/socle openapi

lock: ## resolve the dependencies anew (needs uv)
	@$(UV) pip compile $(LOCK) --extra embedded pyproject.toml -o requirements.lock
	@$(UV) pip compile $(LOCK) --extra embedded --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove .venv and caches, never the data
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# The stamps: nothing is installed again until a lock changes. `socle` itself is installed editable, so only
# its metadata (pyproject.toml) and what is compiled (the validator's scan) matter.
$(VENV)/.installed: requirements.lock pyproject.toml $(COMPILED) | $(VENV)/.python
	@echo "Socle: installing the locked dependencies…"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Socle: installing what the tests need…"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# A virtual environment holds absolute paths: one that was moved, or that is broken, is built again.
$(shell [ "$$(cat $(VENV)/.python 2>/dev/null)" = "$$PWD" ] || rm -f $(VENV)/.python $(VENV)/.installed*)

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Socle needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo "Socle needs Python's venv module: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@pwd > $@
