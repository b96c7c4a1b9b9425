# The two commands: `make run` serves S3 on port 30600, `make test` is the whole gate.
# `make faults` tries what a failing disk can do, all of it (a quarter of an hour).
# `make coverage` says which branches the tests take, in twice the time of the gate.
# `make test-clients` and `make test-spark` try the clients that are too large for the gate.
# With a cluster at hand: S3GW_TEST_PACHD=host:port make test-pachd

PYTHON ?= python3
PYENV := $(or $(PYENV_ROOT),$(HOME)/.pyenv)

# Other Pythons that pyenv has, for tox to find; no tool may download one.
export PATH := $(PATH):$(subst $() ,:,$(wildcard $(PYENV)/versions/3.1[23]*/bin))
export UV_PYTHON_DOWNLOADS := never

.PHONY: run test coverage test-clients test-spark faults test-pachd codegen bench soak clean

run: .make/run
	.make/bin/s3gw serve $(ARGS)

test: .make/test
	@rm -f .tox/junit-*.xml
	@.make/bin/tox run; status=$$?; .make/bin/python tests/closing_line.py .tox/junit-*.xml; exit $$status

coverage: .make/test
	.make/bin/tox run -e coverage

faults: .make/test
	.make/bin/tox run -e faults $(if $(ARGS),-- $(ARGS))

test-clients: .make/test
	.make/bin/tox run -e clients $(if $(ARGS),-- $(ARGS))

test-spark: .make/test
	.make/bin/tox run -e spark $(if $(ARGS),-- $(ARGS))

test-pachd: .make/test
	@test -n "$(S3GW_TEST_PACHD)" || { echo "write S3GW_TEST_PACHD=host:port make test-pachd"; exit 2; }
	.make/bin/tox run -e pachd

codegen: .make/test
	.make/bin/tox run -e codegen

bench: .make/test
	.make/bin/tox run -e bench -- $(ARGS)

soak: .make/test
	.make/bin/tox run -e soak -- $(ARGS)

clean:
	rm -rf .make .tox .cache .coverage* build *.egg-info

.make/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"s3gw needs Python 3.11 or later: name one, make run PYTHON=python3.12")'
	$(PYTHON) -m venv .make

.make/run: .make/bin/pip pyproject.toml
	.make/bin/pip install --quiet --disable-pip-version-check -e .
	@touch $@

.make/test: .make/bin/pip
	.make/bin/pip install --quiet --disable-pip-version-check 'tox>=4.30' 'tox-uv>=1.28'
	@touch $@
