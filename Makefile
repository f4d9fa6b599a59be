# Two commands do everything: `make readout` (the main job) and `make test` (every check).
# Each makes its own environment first: Python 3.11 or later, make and the package registries are all it takes.

PYTHON ?= python3
UV_VERSION := 0.13.8
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
OUT ?= readouts
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev readout test lint types format pytest wheel-test docs picture lock clean

help:  ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "equipoise needs Python 3.11 or later; this is %s. mend: make PYTHON=python3.11 ..." % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.run: requirements.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@$(BIN)/python -m compileall -q src
	@$(BIN)/python -c "from equipoise.statistics import compile_kernels; compile_kernels(); from equipoise.twins.search import compile_search; compile_search()"
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements-dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@$(BIN)/python -m compileall -q src
	@touch $@ $(VENV)/.run

setup: $(VENV)/.run  ## make the environment that runs equipoise

setup-dev: $(VENV)/.dev  ## make the environment that also tests it

readout: setup  ## the main job: both trials, from protocol file to readout page
	@for trial in alter-s006 altn-iii-04; do $(BIN)/equipoise readout $$trial --out $(OUT)/$$trial || exit $$?; done

test: lint types pytest  ## every check: format, lint, strict types, all tests

lint: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup-dev
	$(BIN)/mypy

pytest: setup-dev
	$(BIN)/pytest -n $(WORKERS)

wheel-test: setup-dev  ## build the wheel and run the main job from it alone, without the dev tools
	rm -rf build/wheel && $(UV) build --quiet --wheel --out-dir build/wheel .
	$(UV) venv --quiet --clear --python $(BIN)/python build/wheel/venv
	$(UV) pip install --quiet --python build/wheel/venv/bin/python --require-hashes --compile-bytecode -r requirements.lock
	$(UV) pip install --quiet --python build/wheel/venv/bin/python --no-deps build/wheel/*.whl
	for trial in alter-s006 altn-iii-04; do build/wheel/venv/bin/equipoise check $$trial && build/wheel/venv/bin/equipoise readout $$trial --out build/wheel/$$trial || exit $$?; done

format: setup-dev  ## put the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup-dev  ## make the generated pages anew
	$(BIN)/python tools/command_line_page.py

picture: setup-dev  ## make the pictures of README and docs anew (needs chromium)
	$(BIN)/equipoise readout altn-iii-04 --format html,figures --out build/picture
	$(BIN)/python tools/readme_picture.py build/picture/readout.html
	$(BIN)/python tools/lesion_picture.py
	$(BIN)/python tools/gallery.py build/picture/figures

lock: | $(UV)  ## resolve the dependencies anew into both lock files
	$(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -o requirements.lock
	$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -o requirements-dev.lock

clean:  ## remove what these commands made
	rm -rf $(VENV) $(OUT) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
