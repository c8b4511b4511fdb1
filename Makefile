# make demo   set up .venv and run the main job on the sample project
# make test   set up what is missing and run every check
# make app    open the workbench in the browser
# make label-studio  install a Label Studio of its own and serve it on this machine, to try the two together
# make nightly  the checks that take many minutes      make bench  the figures of benchmarks/README.md
.PHONY: setup demo app label-studio test lint check-browser unit live models nightly bench clean
.DEFAULT_GOAL := demo

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
LABEL_STUDIO := .venv-label-studio/.ready
PORT ?= 8080

export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false
export OMP_WAIT_POLICY ?= PASSIVE

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)
	$(BIN)/workbench demo

app: $(READY)
	$(BIN)/workbench app

# Label Studio pins Django and much more: an environment of its own, about 1 GB.
$(LABEL_STUDIO): requirements-label-studio.lock
	$(PYTHON) -m venv .venv-label-studio
	.venv-label-studio/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-label-studio.lock
	@touch $@

label-studio: $(READY) $(LABEL_STUDIO)
	$(BIN)/python -m benchmarks.real_label_studio --port $(PORT)

test: lint unit live models

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A browser for the page tests: installed where the system allows it, else those tests are skipped by name.
check-browser: $(READY)
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -qq && \
	    apt-get install -y -qq chromium fonts-noto-color-emoji fonts-wqy-zenhei >/dev/null; } || \
	  echo "No Chromium here and none could be installed: the browser tests will be skipped."

unit: $(READY) check-browser
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n 2 --dist worksteal -m "not torch and not label_studio and not nightly"

# Against a real Label Studio, one server for all of them.
live: $(READY) $(LABEL_STUDIO) check-browser
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -m "label_studio and not nightly"

# Two programs that use torch slow each other down: these run one after the other.
models: $(READY)
	$(BIN)/pytest -q -m "torch and not label_studio and not nightly"

nightly: $(READY) $(LABEL_STUDIO) check-browser
	$(BIN)/pytest -q -m nightly
	$(BIN)/python -m benchmarks.wnut17_labels --learner bert --seeds 2 --rounds 6 --strategies random margin auto

bench: $(READY)
	$(BIN)/python -m benchmarks.all

clean:
	rm -rf .venv .venv-label-studio .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
