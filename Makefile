# `make` alone prints this list. Every command makes or refreshes the virtual environment it needs first.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
JOBS ?= 2
RUN := $(VENV)/bin/python
PIP_COMPILE := "$(RUN)" -m piptools compile --quiet --no-header --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help run serve work gateway test check acceptance acceptance-other screens soak drills bench bench-routing \
	bench-devices dictionary lock venv venv-dev

# The lock last installed is kept inside the environment, so an unchanged one costs one comparison.
define install
	@"$(RUN)" -c "" 2>/dev/null || { \
		"$(PYTHON)" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null \
			|| { echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3"; exit 1; }; \
		rm -rf "$(VENV)"; "$(PYTHON)" -m venv "$(VENV)"; }
	@cmp -s $(1) "$(VENV)/$(1)" || { \
		echo "Installing $(1) into $(VENV); the first time takes some minutes."; \
		"$(RUN)" -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r $(1) \
			&& cp $(2) "$(VENV)/"; }
endef

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

run: venv ## the whole system with its demonstration zone at http://127.0.0.1:8000, until Ctrl-C
	@exec "$(RUN)" -m wms.supervisor

serve: venv ## the web server alone
	@exec "$(RUN)" -m wms.supervisor serve

work: venv ## the worker alone
	@exec "$(RUN)" -m flask --app wsgi work

gateway: venv ## the device gateway of one site
	@exec "$(RUN)" -m devices run

test: venv-dev ## every test, without network (JOBS=2 at a time; TESTS=path and ARGS=… for fewer)
	@"$(RUN)" -m pytest -n $(JOBS) --dist loadfile $(ARGS) $(or $(TESTS),tests)

check: venv-dev ## format, lint, types, architecture and docs, under a minute
	@"$(RUN)" -m ruff format --check .
	@"$(RUN)" -m ruff check .
	@"$(RUN)" -m mypy
	@"$(RUN)" -m pytest -q tests/test_architecture.py tests/test_docs.py tests/test_settings.py

acceptance: venv-dev ## play a recorded day against its key: DAY=folder [REQUIRE=section,section:stage]
	@test -n "$(DAY)" || { echo "name the day: make acceptance DAY=path/to/day"; exit 2; }
	@"$(RUN)" -m tests.acceptance "$(DAY)" $(if $(REQUIRE),--require "$(REQUIRE)")

acceptance-other: venv-dev ## draw another day out of a recorded one and play it: DAY=folder [ORDERS=300 SEED=2]
	@test -n "$(DAY)" || { echo "name the day: make acceptance-other DAY=path/to/day"; exit 2; }
	@rm -rf var/other-day && "$(RUN)" -m tests.acceptance.oracle.vary "$(DAY)" var/other-day \
		--orders $(or $(ORDERS),300) --seed $(or $(SEED),2)
	@"$(RUN)" -m tests.acceptance var/other-day $(if $(REQUIRE),--require "$(REQUIRE)")

screens: venv-dev ## photograph every page in Chromium into docs/screens/ and check each
	@"$(RUN)" -m tests.screens

soak: venv-dev ## long random runs of the ledgers against their laws
	@"$(RUN)" -m pytest -q -m soak tests

drills: venv-dev ## kill servers and workers at random and look for lost or doubled facts
	@"$(RUN)" -m pytest -q -m drill tests
	@"$(RUN)" -m bench.drills_devices

bench: venv-dev ## movements a second beside pgbench
	@"$(RUN)" -m bench.ledger
	@"$(RUN)" -m bench.http
	@"$(RUN)" -m bench.orders

bench-routing: venv-dev ## plans of generated problems, rounds and design against published values (WMS_REFERENCE_DATA)
	@"$(RUN)" -m bench.routing_plan
	@"$(RUN)" -m bench.routing_rounds

bench-devices: venv-dev ## readings a second from broker and spool beside bare parts; memory over ten minutes
	@"$(RUN)" -m bench.devices --soak-minutes 10

dictionary: venv-dev ## write docs/data-dictionary.md anew from the comments of the tables
	@"$(RUN)" -m wms.dictionary

lock: venv-dev ## write both locks anew from requirements.txt and requirements-dev.txt
	@$(PIP_COMPILE) --output-file requirements.lock requirements.txt
	@$(PIP_COMPILE) --output-file requirements-dev.lock requirements-dev.txt

venv:
	$(call install,requirements.lock,requirements.lock)

venv-dev:
	$(call install,requirements-dev.lock,requirements.lock requirements-dev.lock)
