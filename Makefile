# `make` lists the targets. Everything is set up in .venv on first use: only Python and Rust are
# needed beforehand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)
# Where to look for torch besides the package index, e.g. a folder with its CPU wheel.
TORCH_WHEELS ?=

.DEFAULT_GOAL := help
.PHONY: help serve test test-rust test-python lint wheel compare clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

# pip builds the extension through maturin, and again only when its sources changed.
$(VENV)/.serve: pyproject.toml $(RUST_SOURCES) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[server,convert]'
	@touch $@

$(VENV)/.dev: $(VENV)/.serve
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

serve: $(VENV)/.serve ## Serve the default model on http://127.0.0.1:8001 (ARGS="--port 9000")
	$(BIN)/gliner-fast serve $(ARGS)

test: test-rust test-python ## Run all tests: no network, GPU or torch

test-rust:
	cargo test --quiet --workspace --locked

test-python: $(VENV)/.dev
	$(BIN)/python -m pytest -q

lint: $(VENV)/.dev ## Check style and types; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd python && ../$(BIN)/stubtest gliner_fast._native
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets --locked -- -D warnings

wheel: $(VENV)/.dev ## Build a release wheel in dist/ and try it in a clean environment
	rm -rf dist
	$(BIN)/maturin build --release --locked --out dist
	$(BIN)/python tests/smoke_wheel.py dist/*.whl

compare: ## Compare with gliner on torch: logits and entities of every supported architecture
	test -d $(VENV)-reference || $(PYTHON) -m venv $(VENV)-reference
	$(VENV)-reference/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(VENV)-reference/bin/python -m pip install --quiet $(if $(TORCH_WHEELS),--find-links $(TORCH_WHEELS) torch==2.13.0) '.[convert,reference]'
	$(VENV)-reference/bin/python export/compare_with_gliner.py --variants

clean: ## Remove what was built
	rm -rf $(VENV) $(VENV)-reference dist target
