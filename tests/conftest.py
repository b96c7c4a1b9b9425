"""Fixtures that every room of the tests shares."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Gateway, serving

_numbers = itertools.count(1)


@pytest.fixture(scope="session", params=["embedded"])
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway over each kind of PFS, shared: tests make buckets of their own."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "pfs") as running:
        yield running


@pytest.fixture
def bucket(gateway: Gateway) -> str:
    """A new, empty bucket."""
    name = f"master.repo-{next(_numbers)}"
    assert gateway.request("PUT", f"/{name}").status == 200
    return name
