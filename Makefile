# The two commands of a newcomer are `make demo` and `make test`; both set everything up first.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
ML := .venv/ml/bin/python
AIRFLOW := .venv/airflow/bin/python
DATA ?=
TOPICS ?= 16000
# Each of Airflow's programs would compile 1,500 modules whenever it starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo up down status test unit end-to-end browser compose secrets lint format lock environments clean bench

environments:
	@$(PYTHON) deploy/environments.py

demo: environments
	@$(ML) -m deploy.stack demo --topics $(TOPICS) $(if $(DATA),--data "$(DATA)")

up: environments
	@$(ML) -m deploy.stack up

down: environments
	@$(ML) -m deploy.stack down

status: environments
	@$(ML) -m deploy.stack status

test: unit end-to-end

unit: environments compose browser
	$(ML) -m pytest tests --ignore tests/dags --ignore tests/plugins --ignore tests/end_to_end
	$(AIRFLOW) -m pytest tests/dags tests/plugins

end-to-end: environments browser
	$(ML) -m pytest tests/end_to_end

browser compose: environments
	@$(ML) deploy/system.py $@

# What `docker compose` needs; any Python from 3.10 on will do.
secrets:
	@$(PYTHON) -m deploy.compose.generate

lint: environments
	$(ML) -m ruff check .
	$(ML) -m ruff format --check .
	$(ML) -m mypy mlproject deploy examples benchmarks tests --exclude 'tests/(dags|plugins)'
	$(AIRFLOW) -m mypy dags plugins tests/dags tests/plugins

# `make bench QUICK=1` for small sizes.
bench: environments
	$(ML) -m benchmarks.crawl $(if $(QUICK),--quick)
	$(ML) -m benchmarks.store $(if $(QUICK),--quick)
	$(ML) -m benchmarks.dataset $(if $(QUICK),--quick)
	$(ML) -m benchmarks.training $(if $(QUICK),--quick)
	$(ML) -m benchmarks.serving $(if $(QUICK),--quick)

format: environments
	$(ML) -m ruff check --fix .
	$(ML) -m ruff format .

# New packages: edit requirements/*.in, then `make lock`; what is there keeps its version. torch is
# compiled as its build for the CPU, which needs nothing else, and written without the "+cpu".
lock: environments
	for name in airflow ml; do \
	  sed 's/^\(torch==[0-9.]*\)$$/\1+cpu/' requirements/$$name.txt > requirements/$$name.lock && \
	  UV_FIND_LINKS="$$PIP_FIND_LINKS" .venv/uv/bin/uv pip compile --quiet --python-version 3.11 \
	    --no-header -o requirements/$$name.lock requirements/$$name.in requirements/test.in && \
	  sed -i 's/+cpu$$//; s/+cpu / /' requirements/$$name.lock && \
	  mv requirements/$$name.lock requirements/$$name.txt || exit 1; \
	done
	UV_FIND_LINKS="$$PIP_FIND_LINKS" .venv/uv/bin/uv pip compile --quiet --python-version 3.11 \
	  --no-header --no-annotate -c requirements/ml.txt -o requirements/serve.txt requirements/serve.in
	UV_FIND_LINKS="$$PIP_FIND_LINKS" .venv/uv/bin/uv pip compile --quiet --python-version 3.11 \
	  --no-header --no-annotate -c requirements/ml.txt -o requirements/peers.txt requirements/peers.in

clean: environments
	@$(ML) -m deploy.stack purge
	rm -rf .venv build
