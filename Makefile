# The two commands: `make run` serves S3 on port 30600, `make test` is the whole gate.
# `make faults` tries what a failing disk can do, all of it (a quarter of an hour).
# With a cluster at hand: S3GW_TEST_PACHD=host:port make test-pachd

PYTHON ?= python3
PYENV := $(or $(PYENV_ROOT),$(HOME)/.pyenv)

# Other Pythons that pyenv has, for tox to find; no tool may download one.
export PATH := $(PATH):$(subst $() ,:,$(wildcard $(PYENV)/versions/3.1[23]*/bin))
export UV_PYTHON_DOWNLOADS := never

.PHONY: run test faults test-pachd codegen bench clean

run: .venv/run
	.venv/bin/s3gw serve $(ARGS)

test: .venv/test
	@rm -f .tox/junit-*.xml
	@.venv/bin/tox run; status=$$?; .venv/bin/python tests/closing_line.py .tox/junit-*.xml; exit $$status

faults: .venv/test
	.venv/bin/tox run -e faults -- $(ARGS)

test-pachd: .venv/test
	@test -n "$(S3GW_TEST_PACHD)" || { echo "write S3GW_TEST_PACHD=host:port make test-pachd"; exit 2; }
	.venv/bin/tox run -e pachd

codegen: .venv/test
	.venv/bin/tox run -e codegen

bench: .venv/test
	.venv/bin/tox run -e bench -- $(ARGS)

clean:
	rm -rf .venv .tox .cache .coverage* build *.egg-info

.venv/bin/pip:
	$(PYTHON) -m venv .venv

.venv/run: .venv/bin/pip pyproject.toml
	.venv/bin/pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/test: .venv/bin/pip
	.venv/bin/pip install --quiet --disable-pip-version-check 'tox>=4.30' 'tox-uv>=1.28'
	@touch $@
