# Needs python3 (3.11 or newer) with its venv module, and make. Everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARGS ?=
NAME ?=
WORKERS ?= 2
# A production environment for `check --deploy`: every value is made up.
DEPLOY := DJANGO_SETTINGS_MODULE=config.settings.prod ALLOWED_HOSTS=ballast.example \
	BASE_URL=https://ballast.example TRUSTED_PROXY_COUNT=1 \
	EMAIL_URL=smtp://mail.example DEFAULT_FROM_EMAIL=no-reply@ballast.example \
	SECRET_KEY=made-up-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ \
	API_KEY_PEPPER=made-up-9876543210-zyxwvutsrqponmlkjihgfedcba-JIHGFEDCBA \
	DATABASE_URL=postgresql://ballast@database.example:5432/ballast \
	REDIS_URL=redis://cache.example:6379/0 \
	CELERY_BROKER_URL=amqp://broker.example:5672//

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check lint fix bench lock

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name does; do \
		printf '  make %-7s %s\n' "$$name" "$$does"; done

run: $(VENV)/.run  ## Start everything; prints the addresses and logins. PORT and BALLAST_VAR are honoured
	@$(BIN)/python manage.py up

test: $(VENV)/.dev  ## Run the whole suite. ARGS="tests/credits -x" narrows it
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS) $(if $(ARGS),,-m "not faults")
	@$(if $(ARGS),:,$(BIN)/python -m pytest -n $(WORKERS) -m faults)  # they watch the clock: apart from the others

lint: $(VENV)/.dev  ## Everything that make check asks, except the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --lint --quiet
	$(BIN)/deptry .
	$(DEPLOY) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run

check: lint  ## Everything CI asks: lint, types, layers, settings, migrations, tests with coverage
	@rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report= -m "not faults"
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-append --cov-report= -m faults
	@$(BIN)/coverage json --quiet -o var/coverage.json
	@$(BIN)/python .ci/coverage_gate.py var/coverage.json

fix: $(VENV)/.dev  ## Mend what a tool can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	-$(BIN)/djlint templates --reformat --quiet

bench: $(VENV)/.dev  ## Run the benchmarks, one JSON object a line. NAME=credits runs one
	@$(BIN)/python -m benchmarks $(NAME)

lock: $(VENV)/.dev  ## Compile requirements*.in into pinned, hashed requirements*.txt
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --allow-unsafe -o requirements.txt requirements.in
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --allow-unsafe -o requirements-dev.txt requirements-dev.in

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed. Name one: make PYTHON=/path/to/python3 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	@echo "Installing requirements.txt …"
	@$(PIP) install -qq --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo "Installing requirements-dev.txt …"
	@$(PIP) install -qq --require-hashes -r requirements-dev.txt
	@touch $@
