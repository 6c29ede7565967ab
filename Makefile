# make demo | test | test-slow | witnesses | docs | fuzz | bench; all of them make their own virtual environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow witnesses fuzz bench docs linkcheck lint format clean

$(VENV)/.figures: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[figures]'
	touch $@

$(VENV)/.installed: $(VENV)/.figures
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: $(VENV)/.figures
	mkdir -p demo
	$(BIN)/spiking demo $(if $(MODEL),"$(MODEL)") --plot demo/go-nogo.png

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: $(VENV)/.installed
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

witnesses: $(VENV)/.installed
	$(BIN)/python tools/witnesses.py

fuzz: $(VENV)/.installed
	$(BIN)/python tests/helpers/fuzz_files.py

bench: $(VENV)/.installed
	$(BIN)/python benchmarks/simulation.py $(MODEL)
	$(BIN)/python benchmarks/conversion.py --speed

docs: $(VENV)/.installed
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

linkcheck: $(VENV)/.installed
	$(BIN)/python -m sphinx -q -b linkcheck -D nb_execution_mode=off docs docs/_build/linkcheck

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(VENV)-brian2 $(VENV)-neurogym $(VENV)-torch docs/_build .mypy_cache .ruff_cache .pytest_cache
