# Two commands for everybody: `make demo` and `make test`. `make check` is what CI and contributors run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo demo-text test fuzz check format lint types clean programs

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed (set PYTHON=...)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)
	$(BIN)/tprog train sort --out runs/demo-sort --force
	@echo; echo '--- the learned program, its first lines ---'
	@$(BIN)/tprog show runs/demo-sort --as python | head -n 40
	@echo; echo '$$ python runs/demo-sort/program.py 3 1 4 1 0'
	@$(BIN)/python runs/demo-sort/program.py 3 1 4 1 0

test: $(READY)
	$(BIN)/python -m pytest --numprocesses 2

# The random tests draw new examples; a failure prints how to repeat it.
fuzz: $(READY)
	$(BIN)/python -m pytest --numprocesses 2 --hypothesis-profile=fuzz tests

format: $(READY)
	$(BIN)/ruff format src tests bench
	$(BIN)/ruff check --fix src tests bench

lint: $(READY)
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench

types: $(READY)
	$(BIN)/mypy

check: lint types
	$(MAKE) test

clean:
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The shipped programs, learned anew: make programs TASKS="sort hist"
TASKS ?= induction hist double_hist sort reverse dyck1 dyck2 most_freq
programs: $(READY)
	for task in $(TASKS); do \
	  $(BIN)/tprog train $$task --out runs/ship-$$task --force || exit 1; \
	  mkdir -p programs/$$task; \
	  cp runs/ship-$$task/program.json runs/ship-$$task/program.py runs/ship-$$task/report.json programs/$$task/; \
	done

# Real text: tags learned from the part of WikiGold that ships, with surface features.
demo-text: $(READY)
	$(BIN)/tprog train --learner text --kind tagging --data examples/data/wikigold/train.conll \
	  --validation examples/data/wikigold/valid.conll --test examples/data/wikigold/test.conll \
	  --set features=shape,prefix,suffix,lower --set decode=true --out runs/demo-text --force
	@echo; echo '$$ python runs/demo-text/program.py Mozart was born in Salzburg , Austria .'
	@$(BIN)/python runs/demo-text/program.py Mozart was born in Salzburg , Austria .
