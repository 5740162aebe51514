# Needs python3 (3.11 or newer) with venv and pip. Everything else goes into .venv, once.
# A comment behind a target is its line in `make help`.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
WORKERS ?= 3
# More arguments for pytest: make test TESTS="tests/ser_core/sip -x"
TESTS ?=
# make run CONFIG=small.cfg RUN="-l udp:127.0.0.1:5070 -dd"
CONFIG ?= etc/ser.cfg
RUN ?=

.DEFAULT_GOAL := help
.PHONY: help run demo screenshots install uninstall test check lint docs bench clean packages

help: ## this list
	@awk -F ':[^#]*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run: $(READY) ## start the proxy in the foreground with etc/ser.cfg; Ctrl-C stops it
	@exec $(BIN)/ser -f $(CONFIG) -D -E $(RUN)

install: ## install as a service; as root, into PREFIX=/usr/local, or below DESTDIR
	@init.d/setup install

uninstall: ## remove all that `make install` has made; PURGE=1: changed files and database, too
	@init.d/setup uninstall

demo: $(READY) ## a ser, simulated phones that call each other, and sertui on it; q ends all
	@$(BIN)/python -m demo

screenshots: $(READY) ## take the pictures of sertui in README and docs, of a real run; 3 minutes
	$(BIN)/python -m demo.pictures docs/images

test: $(READY) packages ## run the whole test suite
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

check: lint test ## all that a change must pass: lint, tests; CI runs this

lint: $(READY) ## formatting, ruff, mypy, import contracts, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

docs: $(READY) ## write the generated parts of the docs anew
	$(BIN)/python -m docs.generate

bench: $(READY) ## measure speed and memory beside Kamailio; writes a table and JSON
	@.ci/packages sipp=sip-tester kamailio=kamailio
	$(BIN)/python -m bench

clean: ## remove .venv and all caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find ser_core serctl sertui tests bench demo -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	@.ci/packages sipp=sip-tester baresip=baresip zsh=zsh fish=fish groff=groff-base \
	    tmux=tmux dash=dash shellcheck=shellcheck ip=iproute2 psql=postgresql mariadbd=mariadb-server

# Made anew when pyproject.toml changes, when another checkout's .venv was copied here, or when its
# Python is gone.
ifneq ($(shell cat $(READY) 2>/dev/null && $(BIN)/python -c '' 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "ser needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] \
	    + ": make PYTHON=python3.11")'
	@echo "Setting up .venv (once, about a minute)"
	@if [ -e $@ ] && [ "$$(cat $@)" != "$(CURDIR)" ]; then rm -rf .venv; fi
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --prefer-binary \
	    --editable '.[dev]'
	@echo "$(CURDIR)" >$@
