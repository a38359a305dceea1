# Two commands: `make report` publishes the reports, `make test` checks the package.
# Everything is installed into .venv from requirements.lock; a second run touches no network.

.PHONY: help report test test-slow test-all check lab lock clean
.DEFAULT_GOAL := help

VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# JOBS: how many tests run side by side
JOBS   ?= auto

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

report: $(STAMP)  ## run the notebooks and publish what changed under reports/
	@$(BIN)/foistats run

test: $(STAMP)  ## run the tests (minutes)
	@$(BIN)/python -m pytest -n $(JOBS) -m "not slow"

test-slow: $(STAMP)  ## run the slow tests only
	@$(BIN)/python -m pytest -n $(JOBS) -m slow

test-all: $(STAMP)  ## run every test, the slow ones too
	@$(BIN)/python -m pytest -n $(JOBS)

check: $(STAMP)  ## lint, format, types, and the committed study
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/foistats check

lab: $(STAMP)  ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

lock:  ## compile requirements.lock anew from pyproject.toml (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --group dev pyproject.toml -o requirements.lock --quiet --upgrade

clean:  ## remove the environment and the caches, never the reports
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache

$(STAMP): requirements.lock pyproject.toml
	@sh tools/install.sh $(VENV) $(PYTHON)
	@touch $@
