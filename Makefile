SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Makes the environment $(1) of the packages of the lock $(2), each by its hash.
define ENVIRONMENT
	$(PYTHON) -m venv --clear $(1)
	@sed -n '/^uv==/,/[^\\]$$/p' $(2) > $(1)/uv.lock
	$(1)/bin/pip --disable-pip-version-check install --quiet --require-hashes -r $(1)/uv.lock
	$(1)/bin/uv pip sync --quiet --compile-bytecode --python $(1)/bin/python --require-hashes $(2)
endef

$(READY): requirements-dev.lock pyproject.toml hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed. Set PYTHON=python3.12, say." if sys.version_info < (3, 11) else 0)'
	$(call ENVIRONMENT,$(VENV),requirements-dev.lock)
	$(RUN)/uv pip install --quiet --python $(RUN)/python --no-build-isolation --no-deps -e .
	@touch $@

.PHONY: demo
demo: $(READY) ## render a service, build it, start it, call it, stop it
	@$(RUN)/python docs/demo.py

.PHONY: lint
lint: $(READY) ## format, rules, types, derived files
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/gocontainer dev derive --check

.PHONY: test
test: lint ## all that needs no root: under ten minutes, warm
	$(RUN)/pytest -n 2 -m 'not slow'

.PHONY: coverage
coverage: $(READY) ## which lines and branches the tests miss, those that are never kept; fails below the floor
	$(RUN)/pytest -n 2 -m 'not slow and not proof' --cov --cov-report=term

.PHONY: test-all
test-all: lint ## everything: the real engines need root and Debian
	@$(RUN)/python -m tests.everything

.PHONY: derive
derive: $(READY) ## write the files that follow from the tables
	$(RUN)/gocontainer dev derive

.PHONY: messages
messages: $(READY) ## write the catalogues of what people read, and list what is not translated yet
	$(RUN)/gocontainer dev messages

.PHONY: goldens
goldens: $(READY) ## render the golden repositories afresh; read the diff
	$(RUN)/python -m tests.helpers.goldens

.PHONY: freeze
freeze: $(READY) ## keep what this version writes, to be updated for ever
	$(RUN)/python -m tests.helpers.release

.PHONY: modules
modules: $(READY) ## resolve the Go modules of the output (network)
	$(RUN)/gocontainer dev derive --deps

UPGRADE ?= --upgrade
COMPILE  = $(RUN)/uv pip compile --quiet --universal --generate-hashes $(UPGRADE) --python-version 3.11 \
  --no-header --no-annotate

.PHONY: lock
lock: $(READY) ## pin the dependencies of development afresh; UPGRADE= only adds what is new (network)
	$(COMPILE) --group dev pyproject.toml --output-file requirements-dev.lock
	$(COMPILE) --group checkov --output-file requirements-checkov.lock
	$(COMPILE) --group openbao --output-file requirements-openbao.lock
	$(COMPILE) --group release --output-file requirements-release.lock
	$(COMPILE) --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock

.PHONY: fresh
fresh: derive goldens quotes films recording ## all that follows from a change of a table or a template; read the diff

.PHONY: quotes
quotes: $(READY) ## take the docs' quotes from their files afresh
	$(RUN)/python -m tests.helpers.snippets

.PHONY: films
films: $(READY) ## take the pages of the wizard afresh; look at them
	$(RUN)/python -m tests.helpers.films

.PHONY: recording
recording: $(READY) ## record the wizard for the docs
	$(RUN)/python docs/recording.py

.PHONY: docs
docs: $(READY) ## build the documentation site, and in site/form the form (npm, network)
	$(RUN)/sphinx-build -W --keep-going -n -q -b html docs site
	$(RUN)/python docs/static_form.py site/form

.PHONY: bench-new
bench-new: $(READY) ## time 'gocontainer new' against cookiecutter and copier
	$(RUN)/python benchmarks/new.py

.PHONY: bench-status
bench-status: $(READY) ## take the processor time of 'gocontainer status'
	$(RUN)/python benchmarks/status.py

.PHONY: bench-prompt
bench-prompt: $(READY) ## time the first question against cookiecutter's and copier's
	$(RUN)/python benchmarks/prompt.py

.PHONY: bench-size
bench-size: $(READY) ## weigh the binary against a plain go build
	$(RUN)/python benchmarks/size.py

.PHONY: bench-ci
bench-ci: $(READY) ## take the processor time of a pipeline's checks, with the caches that its key gives them
	$(RUN)/python benchmarks/ci.py

.PHONY: bench-image
bench-image: $(READY) ## weigh and build the image against an article's, docker init's and ko's (root, Debian)
	$(RUN)/python benchmarks/image.py

.PHONY: bench-config
bench-config: $(READY) ## time a push to a config centre, and weigh each choice (root, Debian)
	$(RUN)/python benchmarks/config.py

.PHONY: bench-judges
bench-judges: $(READY) ## count what the judges find, RIVALS=FOLDER in others' output too
	$(RUN)/python benchmarks/judges.py

.PHONY: bench-practices
bench-practices: $(READY) ## measure the practices against what articles say
	$(RUN)/python benchmarks/practices.py

.PHONY: bench-runtime
bench-runtime: $(READY) ## run the service under limits beside net/http alone (root, Debian)
	$(RUN)/python benchmarks/runtime.py

.PHONY: bench-coldstart
bench-coldstart: $(READY) ## time a function from exec to its first answer beside net/http alone (root, Debian)
	$(RUN)/python benchmarks/coldstart.py

.PHONY: bench-events
bench-events: $(READY) ## work off a day of events (ALL=1: a million) and say what one costs (Debian)
	$(RUN)/python benchmarks/events.py

.PHONY: bench-node
bench-node: $(READY) ## roll out under load and hang processes on a real node (root, Debian)
	$(RUN)/python benchmarks/node.py

.PHONY: bench-autoscaling
bench-autoscaling: $(READY) ## have the load of a service on a real node grow to five times (root, Debian)
	$(RUN)/python benchmarks/autoscaling.py

.PHONY: bench-form
bench-form: $(READY) ## time a change on the page of the form, served and by Pyodide, in Chromium (root, Debian, npm)
	$(RUN)/python benchmarks/form.py

.PHONY: bench-update
bench-update: $(READY) ## time 'gocontainer update' against copier and cruft, and count what each loses
	$(RUN)/python benchmarks/update.py

.PHONY: wheel
wheel: $(READY) ## build dist/*.whl
	$(RUN)/python -m build --wheel --no-isolation

SENDER := $(VENV)/release

$(SENDER)/.ready: requirements-release.lock
	$(call ENVIRONMENT,$(SENDER),requirements-release.lock)
	@touch $@

.PHONY: dist
dist: $(SENDER)/.ready ## build what a release has: dist/*.whl, dist/*.tar.gz, and the SBOM of what it needs
	rm -rf dist
	$(SENDER)/bin/python -m build --no-isolation
	$(SENDER)/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml \
	  --output-reproducible --output-format JSON --output-file dist/gocontainer.cdx.json

.PHONY: clean
clean: ## remove what the targets made
	rm -rf $(VENV) dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
