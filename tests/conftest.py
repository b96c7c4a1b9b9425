"""Fixtures that every room of the tests shares."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Gateway, delete_repos, serving, some_pachd

# Modules that take long are begun first: else one process would be left with them at the end.
_LONG = ("test_fuzz.py", "test_kills.py")

_numbers = itertools.count(1)
RUN = f"run{uuid.uuid4().hex[:8]}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests."""
    items.sort(key=lambda item: item.path.name not in _LONG)


@pytest.fixture(scope="session", params=["embedded", "pachd"])
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway over each kind of PFS, shared: tests make buckets of their own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        where = None
        if request.param == "pachd":
            where = stack.enter_context(some_pachd(Path(folder) / "devpachd"))
        running = stack.enter_context(serving(Path(folder) / "pfs", where=where))
        yield running
        if where:
            delete_repos(where, f"{RUN}-")  # the cluster may be somebody's


@pytest.fixture
def bucket(gateway: Gateway) -> str:
    """A new, empty bucket."""
    name = f"master.{RUN}-{next(_numbers)}"
    assert gateway.request("PUT", f"/{name}").status == 200
    return name
