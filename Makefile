# I comandi del progetto. `make demo` e `make test` fanno da soli tutto il necessario.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Esegue in silenzio; ciò che è stato scritto si vede, tutto, soltanto se non riesce.
SILENZIO = tutto=$$( $(1) 2>&1 ) || { printf '%s\n' "$$tutto" >&2; exit 1; }

.PHONY: aiuto install demo test veloce controlli bench chaos fuzz lock schermate pulisci

aiuto:
	@echo "make demo      avvia Platea in prova, senza account Facebook (Ctrl-C per fermare)"
	@echo "make test      prepara l’ambiente ed esegue tutti i controlli e i test (ARGS=\"tests/uploads -x\" una parte)"
	@echo "make veloce    gli stessi controlli, ma i test senza browser, caos, PostgreSQL e worker veri"
	@echo "make chaos     uccide processi, Redis e risposte di Meta e conta gli utenti, su SQLite e PostgreSQL (40 minuti)"
	@echo "make fuzz      prova migliaia di file guasti, di richieste e di filtri a caso (FUZZ_FILES, FUZZ_REQUESTS e FUZZ_RULES quanti, FUZZ_SEED quali)"
	@echo "make bench     misura velocità e memoria (N=1000000 per la misura intera, ARGS=\"import live\" per una parte)"
	@echo "make install   prepara soltanto l’ambiente"
	@echo "make schermate salva le schermate di ogni pagina in schermate/"
	@echo "make lock      ricalcola requirements.lock e requirements-dev.lock (richiede uv)"

$(VENV)/pronto: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Serve Python 3.11 o più recente: qui c’è $$($(PYTHON) --version 2>&1)."; exit 1; }
	@test -x $(BIN)/python || { echo "Preparo l’ambiente in $(VENV)…"; $(PYTHON) -m venv $(VENV); }
	@echo "Installo le dipendenze (la prima volta può volerci qualche minuto)…"
	@$(call SILENZIO,$(PIP) install --require-hashes -r requirements.lock)
	@$(call SILENZIO,$(PIP) install --no-deps --no-build-isolation --editable .)
	@touch $@

$(VENV)/pronto-test: $(VENV)/pronto requirements-dev.lock
	@echo "Installo gli strumenti di prova (la prima volta può volerci qualche minuto)…"
	@$(call SILENZIO,$(PIP) install --require-hashes -r requirements-dev.lock)
	@touch $@

install: $(VENV)/pronto

demo: $(VENV)/pronto
	@exec $(BIN)/platea demo

test: controlli
	@$(BIN)/python -m $(if $(ARGS),pytest $(ARGS),tests.everything)

veloce: controlli
	@$(BIN)/python -m tests.everything veloce

controlli: $(VENV)/pronto-test
	@echo "Controllo lo stile e i tipi (i tipi, la prima volta, circa un minuto)…"
	@$(call SILENZIO,$(BIN)/ruff check .)
	@$(call SILENZIO,$(BIN)/ruff format --check .)
	@$(call SILENZIO,$(BIN)/mypy)

fuzz: $(VENV)/pronto-test
	@FUZZ_SLOW_S=$${FUZZ_SLOW_S:-2} FUZZ_FILES=$${FUZZ_FILES:-5000} FUZZ_REQUESTS=$${FUZZ_REQUESTS:-10000} FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} $(BIN)/python -m pytest -q --show-capture=no tests/fuzz
	@FUZZ_RULES=$${FUZZ_RULES:-1000} $(BIN)/python -m pytest -q --hypothesis-profile=default tests/contacts/filters/test_rules_against_python.py
	@$(BIN)/python -m pytest -q --hypothesis-profile=default -m "hypothesis and not browser and not postgres"
	@$(BIN)/python -m tests.fuzz.scan

chaos: $(VENV)/pronto-test
	@PLATEA_CHAOS=lungo $(BIN)/python -m pytest tests/chaos tests/uploads/engine/test_ledger_property.py $(ARGS)

bench: $(VENV)/pronto-test
	@$(BIN)/python -m tests.bench -n $(or $(N),100000) $(ARGS)

schermate: $(VENV)/pronto-test
	@$(BIN)/python -m tests.screenshots schermate $(ARGS)

lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra demo --group build -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra demo --group build --group dev -c requirements.lock -o requirements-dev.lock

pulisci:
	rm -rf $(VENV) .venv-wapiti build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis schermate
