# The commands of this repository. `make` alone lists them.
#
# Needs Python 3.11, 3.12 or 3.13 with venv, make and git; everything else goes into .venv.

VENV := .venv
BIN := $(VENV)/bin
# What the site and the demo need, and what the tests and the other commands need besides.
BASE := $(VENV)/.installed-base
INSTALLED := $(VENV)/.installed
PEERS := $(VENV)/.installed-peers
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# uv installs in a second what pip installs in ten; where it cannot reach an index that pip is set up for, pip does it.
UV = $(BIN)/uv pip install --quiet --python $(BIN)/python
MANAGE := $(BIN)/python manage.py
# Name an interpreter to choose it: make install PYTHON=python3.12
PYTHON ?=
PORT ?= 8000
# Parallel test processes: one more than there are cores, as some wait for servers of their own. Each takes its part in one
# piece, so that a scene of a module is made once, and then from the others' rest.
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
# Options of prod-local: make prod-local ARGS="--once --seconds 5"
ARGS ?=
# Generated requests per operation of the API.
CASES ?= 1000
# Pins stay as they are, unless newer ones are asked for: make requirements UPGRADE=1, or UPGRADE=django for one package.
UPGRADE ?=
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
	$(if $(UPGRADE),$(if $(filter 1,$(UPGRADE)),--upgrade,--upgrade-package $(UPGRADE)))

# Every step runs, also after one that failed; the verdict names those that did.
STEPS = failed=; step() { printf '\n==> %s\n' "$$*"; "$$@" || failed="$$failed; $$*"; };
CHECKS = \
	step $(BIN)/ruff check; \
	step $(BIN)/ruff format --check; \
	step $(BIN)/mypy; \
	step $(BIN)/mypy docs/how-to/deltacrown_client.py; \
	step $(BIN)/lint-imports --no-cache;
VERDICT = if [ -n "$$failed" ]; then printf '\nFailed%s\n' "$$failed"; exit 1; fi

.DEFAULT_GOAL := help
.PHONY: help install demo prod-local test test-versions check format docs docs-site translations bench bench-full fuzz requirements \
	audit clean

help: ## List these commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(INSTALLED) ## Make .venv with everything in it; does nothing when it is up to date.

$(BASE): requirements/base.txt requirements/build.txt pyproject.toml
	@python=; \
	for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
		if $$candidate -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
		then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "No Python 3.11, 3.12 or 3.13 with venv was found."; \
		echo "Install one (on Debian and Ubuntu: apt install python3 python3-venv), or name it: make install PYTHON=/path/to/python3.12"; \
		exit 1; \
	fi; \
	if $(BIN)/python -c 'import pip' 2>/dev/null; then :; else $$python -m venv --clear $(VENV); fi
	@echo "Installing the pinned packages into $(VENV) …"
	@$(PIP) --requirement requirements/build.txt
	@$(UV) --requirement requirements/base.txt || $(PIP) --requirement requirements/base.txt
	@$(UV) --no-deps --no-build-isolation --editable . || $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(INSTALLED): $(BASE) requirements/dev.txt
	@echo "Installing the pinned tools of the tests into $(VENV) …"
	@$(UV) --requirement requirements/dev.txt || $(PIP) --requirement requirements/dev.txt
	@touch $@

# The packages that the benchmark measures us against.
$(PEERS): $(INSTALLED) requirements/peers.txt
	@echo "Installing the pinned peers of the benchmark into $(VENV) …"
	@$(UV) --requirement requirements/peers.txt || $(PIP) --requirement requirements/peers.txt
	@touch $@

# Several processes import the same files, one after the other: the first compiles them.
demo: export PYTHONDONTWRITEBYTECODE =
demo: $(BASE) ## Make and load the demo season once, then serve it on 127.0.0.1:8000 (PORT=…).
	@exec $(BIN)/python -m deltacrown demo --port $(PORT)

# Everything it starts is its own, on the loopback, and in var/prod-local: ARGS=--once ends after the load.
prod-local: $(BASE) ## A whole site of production on this machine (PostgreSQL, Redis, nginx), with a load on it (ARGS=--once).
	@exec $(BIN)/python -m deploy.local $(ARGS)

# Dozens of processes import the same files: they compile them once, whatever the environment says.
# One process checks the types while the first of the tests run, and is told of after them.
test: export PYTHONDONTWRITEBYTECODE =
test: $(INSTALLED) ## Everything that must pass: lint, types, import contracts, the suite on SQLite and on PostgreSQL.
	@$(STEPS) told=$$(mktemp); \
	{ $(CHECKS) test -z "$$failed" || { echo "Failed$$failed"; false; }; } >"$$told" 2>&1 & checking=$$!; \
	step $(BIN)/pytest --database sqlite -n $(WORKERS) --dist worksteal; \
	wait $$checking || failed="$$failed; make check"; cat "$$told"; rm -f "$$told"; \
	step $(BIN)/pytest --database postgresql -n $(WORKERS) --dist worksteal; \
	$(VERDICT)

check: $(INSTALLED) ## The part of `make test` that takes seconds: lint, types, import contracts.
	@$(STEPS) \
	$(CHECKS) $(VERDICT)

format: $(INSTALLED) ## Mend what ruff can mend by itself.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(INSTALLED) ## Write the generated pages of the reference anew.
	$(MANAGE) document_stats --write docs/reference/stats.md
	$(MANAGE) document_api --write docs/reference/openapi.json
	$(BIN)/python -m tests.tally.ways.page docs/reference/write-paths.md
	$(BIN)/python -m benchmarks.report

# Only what the suite itself does not run on: make test-versions OTHERS=--others
test-versions: $(INSTALLED) ## Try the wheel with each Python from 3.11 to 3.14 and each Django that are on this machine.
	@$(BIN)/python -m tests.versions $(OTHERS)

# A release is built at its tag: make docs-site VERSION=0.1.0
VERSION ?= latest
SITE := build/docs
docs-site: $(INSTALLED) ## Build the documentation as a site in build/docs, the main branch's or a release's (VERSION=0.1.0).
	DOCS_VERSION=$(VERSION) $(BIN)/sphinx-build -q -E -W --keep-going -n -j auto -d build/docs-doctrees docs $(SITE)/$(VERSION)
	$(BIN)/python docs/_site/versions.py $(SITE)

translations: $(INSTALLED) ## Collect the texts of pages and messages for translators, and compile the catalogues.
	$(MANAGE) update_translations

bench: $(PEERS) ## Every figure beside its limit or peer, and what became slower. Only some topics: BENCH=recording.
	@$(BIN)/python -m benchmarks $(BENCH)

bench-full: $(PEERS) ## The same with 5 million matches; with BENCH=--grow with 50 million besides.
	@$(BIN)/python -m benchmarks --full $(BENCH)

fuzz: $(INSTALLED) ## Send the API thousands of generated requests, on SQLite and on PostgreSQL; takes a while (CASES=1000 an operation).
	@failed=; for database in sqlite postgresql; do \
		DELTACROWN_FUZZ_CASES=$(CASES) DELTACROWN_INTERLEAVINGS=1000 $(BIN)/pytest --database $$database \
			tests/api/test_fuzz.py tests/user_profile/test_page_interleavings.py || failed="$$failed $$database"; \
	done; \
	if [ -n "$$failed" ]; then echo "Failed on$$failed"; exit 1; fi

requirements: $(INSTALLED) ## Pin what requirements/*.in ask for, with hashes; newer ones only with UPGRADE=1 (or UPGRADE=<package>).
	$(COMPILE) requirements/base.in requirements/postgres.in requirements/redis.in --output-file requirements/base.txt
	$(COMPILE) requirements/build.in --output-file requirements/build.txt
	$(COMPILE) requirements/dev.in --output-file requirements/dev.txt
	$(COMPILE) requirements/peers.in --output-file requirements/peers.txt

audit: $(INSTALLED) ## Ask the service of known vulnerabilities about every pinned package; needs the Internet.
	@failed=; for pins in base dev; do \
		$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements/$$pins.txt || failed="$$failed $$pins"; \
	done; \
	if [ -n "$$failed" ]; then echo "Look at requirements/:$$failed"; exit 1; fi

clean: ## Remove what was installed and cached; the database in var/ stays.
	rm -rf $(VENV) var/static .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
