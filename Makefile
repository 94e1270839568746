# Lynex: `make up` runs it, `make test` checks it, `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help

export LYNEX_DATA_DIR ?= $(CURDIR)/.lynex
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON ?= python3
BIN := .venv/bin
BUILT := server/src/lynex_server/dashboard/index.html
DASHBOARD_SOURCES := $(shell find dashboard/src dashboard/public -type f 2>/dev/null) \
	dashboard/index.html dashboard/vite.config.ts dashboard/package-lock.json

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.PHONY: up
up: .venv/installed $(BUILT) ## Install, build and run Lynex at http://127.0.0.1:8000
	@LYNEX_SIGN_IN_LINKS_ON_PAGE=$${LYNEX_SIGN_IN_LINKS_ON_PAGE:-true} exec $(BIN)/lynex up

.PHONY: test
test: .venv/installed $(BUILT) test-servers ## Install what is needed and run every check
	tools/check.sh

.PHONY: fmt
fmt: .venv/installed dashboard/node_modules/.package-lock.json ## Format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd dashboard && npx eslint --fix .

.PHONY: bench
bench: .venv/installed ## List benchmarks; run one: NAME=ingest.otlp SIZE=full; all small: SIZE=small
	@PYTHONPATH=. $(BIN)/python -m benchmarks $(if $(NAME)$(SIZE),,--list) \
		$(if $(NAME),--name $(NAME)) --size $(or $(SIZE),small) --seed $(or $(SEED),1)

.PHONY: demo
demo: .venv/installed ## Fill a running Lynex with a believable month: LYNEX_API_KEY=… make demo
	@LYNEX_URL=$${LYNEX_URL:-http://127.0.0.1:$${LYNEX_PORT:-8000}} $(BIN)/lynex demo

.PHONY: generate
generate: .venv/installed ## Write what is generated: OpenAPI, reference pages, the dashboard's types
	$(BIN)/lynex openapi contract/openapi.json
	$(BIN)/lynex settings docs/reference/settings.md
	$(BIN)/python tools/write_attributes_page.py docs/reference/attributes.md
	$(BIN)/python tools/write_span_fields_page.py docs/reference/span-fields.md
	$(BIN)/python tools/write_cli_page.py docs/reference/cli.md
	$(BIN)/python tools/write_permissions_page.py docs/reference/permissions.md
	cd dashboard && npm run --silent generate

.PHONY: lock
lock: ## Resolve the Python dependencies anew into requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --python-version 3.11 --all-extras \
		server/pyproject.toml sdk/python/pyproject.toml tools/requirements-dev.in -o requirements.lock

.PHONY: clean
clean: ## Remove everything that was installed or built, but no data
	rm -rf .venv dashboard/node_modules server/src/lynex_server/dashboard

.PHONY: test-servers
test-servers: .venv/installed
	@tools/bring_test_servers.sh

.venv/installed: requirements.lock server/pyproject.toml sdk/python/pyproject.toml
	@tools/check_prerequisites.sh $(PYTHON)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r tools/requirements-uv.lock
	@echo "Installing Python packages…"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e sdk/python -e server
	@touch $@

dashboard/node_modules/.package-lock.json: dashboard/package-lock.json
	@tools/check_prerequisites.sh $(PYTHON)
	@echo "Installing the dashboard's packages…"
	@cd dashboard && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILT): dashboard/node_modules/.package-lock.json $(DASHBOARD_SOURCES)
	@echo "Building the dashboard…"
	@cd dashboard && npm run --silent build -- --logLevel warn
	@touch $@
