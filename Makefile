# Two commands do all the set-up on a fresh machine with Python >= 3.11, pip and make:
#   make demo    a synthetic kabupaten, a full run, and where the report is
#   make test    lint, types, import contract, tests
# Others: make lock (new lock files), make i18n (translations), make wheel, make clean.

PYTHON ?= python3
VENV ?= .venv
DEMO ?= demo
PENDUDUK ?= 60000
WORKERS ?= 2

BIN := $(VENV)/bin
# pip must not ask the desktop's keyring, and the lock names every file by its hash.
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --require-hashes --no-deps --only-binary :all: --no-binary odfpy
SELF := $(PIP) install --quiet --no-deps --no-build-isolation --editable .

.DEFAULT_GOAL := help
.PHONY: help demo test lint types contract pytest lock i18n wheel clean

help:
	@sed -n '1,4p' Makefile

# Debian keeps ensurepip in a package of its own (python3-venv). Without it the system's pip fills the environment.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(VENV)/bin/python install --quiet --disable-pip-version-check pip; }

# A stamp is older than its lock file when the lock changed: then the environment is brought up to date.
$(VENV)/.runtime-stamp: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the pinned dependencies into $(VENV) ..."
	$(INSTALL) -r requirements.lock
	$(SELF)
	@touch $@

$(VENV)/.dev-stamp: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing the pinned development dependencies into $(VENV) ..."
	$(INSTALL) -r requirements-dev.lock
	$(SELF)
	@touch $@ $(VENV)/.runtime-stamp

demo: $(VENV)/.runtime-stamp
	rm -rf $(DEMO)
	$(BIN)/padan synth --penduduk $(PENDUDUK) --kabupaten 3403 --seed 1 --out $(DEMO)/masukan
	$(BIN)/padan run $(DEMO)/masukan/padan.toml --out $(DEMO)/hasil
	@echo
	@echo "Laporan / report:  $(CURDIR)/$(DEMO)/hasil/laporan.html  and  laporan.xlsx"

test: lint types contract pytest

lint: $(VENV)/.dev-stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev-stamp
	$(BIN)/mypy

contract: $(VENV)/.dev-stamp
	$(BIN)/lint-imports

pytest: $(VENV)/.dev-stamp
	$(BIN)/pytest -n $(WORKERS) --dist loadfile

# Hashes of every wheel the index serves, for Linux, Windows and macOS; no name of an index or folder gets in.
COMPILE := pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet pip-tools
	PATH="$(CURDIR)/.venv-lock/bin:$$PATH" CUSTOM_COMPILE_COMMAND="make lock" sh -ec '\
	  $(COMPILE) --build-deps-for editable -o requirements.lock pyproject.toml; \
	  $(COMPILE) --build-deps-for editable --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml; \
	  $(COMPILE) --extra bench -c requirements.lock -o requirements-bench.lock pyproject.toml'
	rm -rf .venv-lock

# Collect the marked strings, keep the translations, compile. What is new has an empty msgstr and fails the tests.
CATALOGUE := rules/locale/id/LC_MESSAGES/padan
i18n: $(VENV)/.dev-stamp
	$(BIN)/pybabel -q extract -F babel.cfg -k N_ --width 110 --sort-output --add-location=file -o padan.pot .
	$(BIN)/pybabel -q update -i padan.pot -o $(CATALOGUE).po -l id --width 110 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	rm padan.pot
	$(BIN)/pybabel -q compile -i $(CATALOGUE).po -o $(CATALOGUE).mo

wheel: $(VENV)/.dev-stamp
	$(BIN)/python -m hatchling build -t wheel

clean:
	rm -rf $(DEMO) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
