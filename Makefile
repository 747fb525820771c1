# Two commands do everything on a machine that has Python 3.11+, make and git: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := .demo
EXTRAS ?= dev  # with dev,torch,train,llm,study,mcp the tests of models, judge and agent server run too

.PHONY: demo test check lint types imports tests format docs clean

demo: $(VENV)/.installed  ## Index the standard library and examples/, query both, and audit them.
	@mkdir -p $(DEMO)
	@set -e; stdlib=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))'); \
	run() { echo; echo "\$$ codesearch $$*"; $(BIN)/codesearch --index $(DEMO)/index "$$@"; }; \
	run index --exclude site-packages "$$stdlib" examples/corpus; \
	run query examples/query/FileTools.java; \
	run query examples/query/text_utils.py; \
	run compare --show examples/query/FileTools.java:47-60 examples/corpus/Workspace.java:9-25; \
	run audit --no-refresh --min-lines 60

test: $(VENV)/.developed  ## Lint, types, import rules and the whole test suite.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

check: test

format: $(VENV)/.developed  ## Lay the code out and fix what can be fixed.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.developed  ## Write the generated pages anew.
	$(BIN)/python -m codesearch.core.settings.page
	$(BIN)/python -m codesearch.cli.page
	$(BIN)/python -m benchmarks report

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	@# The pip of an older Python needs many minutes to find versions that fit all extras.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25'

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.developed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(strip $(EXTRAS))]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) $(DEMO) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
