# `make` lists the targets. Everything is set up in .venv on first use: only Python and Rust are
# needed beforehand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)
# Where to look for torch besides the package index, e.g. a folder with its CPU wheel.
TORCH_WHEELS ?=

BENCH := build/bench
# All are in memory at once, 20 GB of them. More: fast_gliner ours-fp32-portable ours-int8-portable.
CONTENDERS ?= gliner-torch gliner-onnx gliner-onnx-quantized gliner-openvino-fp32 gliner-openvino-bf16 ours-fp32 ours-int8
THREADS ?= 2
ROUNDS ?= 5
DEFAULT := build/default
PACKAGED := python/gliner_fast/models/pii-default
RESTORED := build/restored/pii-default
MINUTES ?= 200
TRAIN = $(VENV)-reference/bin/torchrun --standalone --nproc-per-node $(THREADS) \
	-m training.train --output $(DEFAULT) --minutes $(MINUTES)

.DEFAULT_GOAL := help
.PHONY: help serve test test-rust test-python test-training lint wheel compare train-default golden bench-cpu bench-default bench-decode bench-windows bench-ops bench-server soak fuzz clean

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

$(VENV)-reference/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-reference
	$(VENV)-reference/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(VENV)-reference/bin/python -m pip install --quiet $(if $(TORCH_WHEELS),--find-links $(TORCH_WHEELS) torch==2.13.0) '.[convert,reference,training]'
	@touch $@

# The other tests of the training need no torch: test-python runs them.
test-training: $(VENV)-reference/.ready ## The tests that need torch: the default model's training, against gliner
	$(VENV)-reference/bin/python -m pip install --quiet pytest pytest-timeout hypothesis
	$(VENV)-reference/bin/python -m pytest -q tests/training/test_training.py tests/training/test_prune.py

compare: $(VENV)-reference/.ready ## Compare with gliner on torch: logits and entities of every supported architecture
	$(VENV)-reference/bin/python export/compare_with_gliner.py --variants

train-default: $(VENV)-reference/.ready $(VENV)/.dev ## Generate, train, convert and evaluate the default model (MINUTES=200)
	$(TRAIN) --stop-after $$(( $(MINUTES) * 2 / 5 )) --most-labels 12
	$(TRAIN) --joined 0.3 --default-labels 0.1 --starts 0.3 --batch-tokens 2000 --accumulate 2
	$(BIN)/gliner-fast convert $(DEFAULT)/pii-default $(DEFAULT)/pii-default-fp32 --force
	$(BIN)/gliner-fast convert $(DEFAULT)/pii-default $(DEFAULT)/pii-default-int8 --precision int8 --force
	$(BIN)/gliner-fast eval $(DEFAULT)/pii-default-int8 training/handwritten.jsonl --sweep --groups

# The packaged model as the checkpoint that gliner reads, and converted again.
$(RESTORED)/model.safetensors: $(wildcard $(PACKAGED)/*) | $(VENV)/.dev
	$(BIN)/python -m training.restore $(PACKAGED) $(RESTORED)

$(RESTORED)-%/gliner_fast.json: $(RESTORED)/model.safetensors
	$(BIN)/gliner-fast convert $(RESTORED) $(RESTORED)-$* --precision $* --force

golden: $(VENV)-reference/.ready $(RESTORED)/model.safetensors ## What gliner on torch detects with the packaged model's weights, for the tests
	PYTHONPATH=.:tests $(VENV)-reference/bin/python export/make_golden.py $(RESTORED) tests/data/golden_default.json

# Benchmarks want the machine to themselves.

$(BENCH)/large/model.safetensors: | $(VENV)/.dev
	$(BIN)/python benches/make_checkpoint.py $(BENCH)/large

$(BENCH)/large-%/gliner_fast.json: $(BENCH)/large/model.safetensors
	$(BIN)/gliner-fast convert $(BENCH)/large $(BENCH)/large-$* --precision $* --force --allow-lossy

$(VENV)-reference/.openvino: $(VENV)-reference/.ready
	$(VENV)-reference/bin/python -m pip install --quiet openvino
	@touch $@

# Its own environment: it needs an older huggingface_hub than transformers.
$(VENV)-fast-gliner/.ready:
	$(PYTHON) -m venv $(VENV)-fast-gliner
	$(VENV)-fast-gliner/bin/python -m pip install --quiet fast_gliner
	@touch $@

$(BENCH)/exports/model.onnx: $(BENCH)/large/model.safetensors $(VENV)-reference/.openvino
	$(VENV)-reference/bin/python benches/export_peers.py $(BENCH)/large $(BENCH)/exports
	$(VENV)-reference/bin/python benches/export_peers.py $(BENCH)/large $(BENCH)/exports --openvino

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --group bench
	@touch $@

bench-cpu: $(VENV)/.bench $(BENCH)/exports/model.onnx $(BENCH)/large-fp32/gliner_fast.json $(BENCH)/large-int8/gliner_fast.json $(VENV)-fast-gliner/.ready ## Time a note at the size of nvidia/gliner-pii, against gliner and its peers
	$(BIN)/python benches/bench_cpu.py $(CONTENDERS) --threads $(THREADS) --rounds $(ROUNDS) \
		--checkpoint $(BENCH)/large --exports $(BENCH)/exports --ours $(BENCH)/large \
		--reference-python $(VENV)-reference/bin/python \
		--peer-python fast_gliner=$(VENV)-fast-gliner/bin/python --output $(BENCH)/cpu

bench-default: $(VENV)/.bench $(VENV)-reference/.ready $(RESTORED)-fp32/gliner_fast.json $(RESTORED)-int8/gliner_fast.json ## Time a note with the default model on one core, against gliner on torch: in windows, and whole
	for reading in '' --whole; do \
		$(BIN)/python benches/bench_cpu.py gliner-torch ours-fp32 ours-int8 --threads 1 --rounds 60 $$reading \
			--checkpoint $(RESTORED) --exports $(RESTORED) --ours $(RESTORED) \
			--reference-python $(VENV)-reference/bin/python --output $(BENCH)/default$$reading || exit; \
	done

# In the reference's environment, with this tree's extension.
bench-decode: $(VENV)-reference/.ready $(VENV)/.dev ## Time decoding and merging against gliner's decoder and the reference's merge
	PYTHONPATH=python $(VENV)-reference/bin/python benches/bench_decode.py --output $(BENCH)/decode.json

bench-windows: $(VENV)/.bench $(BENCH)/large-int8/gliner_fast.json ## Time a long text by length of windows and number of labels (ten minutes)
	$(BIN)/python benches/bench_windows.py --model $(BENCH)/large-int8 --threads $(THREADS) \
		--output $(BENCH)/windows

bench-server: $(VENV)/.dev ## Load the server over loopback, beside the engine and the reference's coalescing
	$(BIN)/python benches/bench_server.py

soak: $(VENV)/.dev ## Ten minutes of varied load on the server
	$(BIN)/python benches/soak_server.py --minutes 10

fuzz: $(VENV)/.dev ## 100,000 hostile requests
	GLINER_FUZZ_CASES=100000 $(BIN)/python -m pytest -q --timeout=0 tests/server/test_hostile.py tests/server/test_schema.py

bench-ops: $(VENV)/.dev ## Time the fused operators against ONNX Runtime's own
	$(BIN)/python benches/bench_ops.py

clean: ## Remove what was built
	rm -rf $(VENV) $(VENV)-reference $(VENV)-fast-gliner build dist target
