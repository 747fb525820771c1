# Two commands do everything on a machine that has Python 3.11+, make and git: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := .demo
EXTRAS ?= dev  # with dev,torch,train,llm,study,mcp,pack,postgres,ray all tests run

.PHONY: demo test test-hostile test-soak check coverage audit-dependencies format docs clean

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
	$(BIN)/python -m pytest -n auto --dist loadfile

check: test

test-hostile: $(VENV)/.developed  ## The long forms: hostile trees, kills, damaged files, fuzzing, metamorphic properties.
	$(BIN)/python -m pytest -m "nightly or not nightly" tests/hostile tests/crash tests/fuzz tests/metamorphic tests/upgrade tests/security

test-soak: $(VENV)/.developed  ## A server under three times its rated load for 15 minutes.
	$(BIN)/python -m pytest -m "nightly or not nightly" tests/soak

audit-dependencies: $(VENV)/.developed  ## Known vulnerabilities of what is installed; asks a service on the internet.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/python -m pip freeze --exclude-editable > $(VENV)/frozen.txt
	$(BIN)/python -m pip_audit --strict --no-deps --disable-pip -r $(VENV)/frozen.txt

coverage: $(VENV)/.developed  ## Which branches the test suite takes, processes that it starts included.
	@rm -rf .coverage_data && mkdir .coverage_data
	$(BIN)/python -m coverage run -m pytest -n auto --dist loadfile
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report

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
