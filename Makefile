# exeat: everything a person or a CI machine does here. Needs make, Python 3.11 or newer and a package index.
PYTHON ?= python3
BIN    := .venv/bin
STAMP  := .venv/.installed
BENCH  := .venv/.installed-bench
# The one tool that is not in the locks, because it writes them.
UV     := uv==0.13.9

.PHONY: setup demo test check format bench law serve docs screenshots lock clean

setup: $(STAMP)

# Two steps on purpose: pip refuses a project directory (it has no hash) in a run with --require-hashes.
$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "exeat needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BENCH): $(STAMP) benchmarks/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock
	@touch $@

demo: setup
	@$(BIN)/python -m exeat.demo

test: setup
	$(BIN)/python -m pytest -q -n auto --dist loadfile

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/exeat law check --solver
	$(BIN)/python -m exeat.determination.reach

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Reads and lints the law alone: what a lawyer runs after editing law/.
law: setup
	$(BIN)/exeat law check

# The web desk and the API on this machine alone: http://127.0.0.1:8000/
serve: setup
	$(BIN)/exeat serve

docs: setup
	$(BIN)/python -m mkdocs build --strict --quiet

# The pictures of the pages, by the distribution's Chromium.
screenshots: setup
	$(BIN)/python docs/screenshots.py docs/images

bench: $(BENCH)
	$(BIN)/python -m benchmarks.run

# Resolve the newest versions that pyproject.toml allows, for every Python and platform at once, with hashes.
# The bench lock is held to the dev lock, so that both fit into one environment.
lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock:
	$(PYTHON) -m venv .cache/lock
	.cache/lock/bin/python -m pip install --quiet --disable-pip-version-check '$(UV)'
	$(call COMPILE,requirements.lock)
	$(call COMPILE,requirements-dev.lock,--extra tables --extra solver --extra screening --extra spark --extra web --extra mcp --group dev -c requirements.lock)
	$(call COMPILE,benchmarks/requirements.lock,--group bench -c requirements-dev.lock)

COMPILE = .cache/lock/bin/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-annotate $(2) -o $(1)

clean:
	rm -rf .venv .cache build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
