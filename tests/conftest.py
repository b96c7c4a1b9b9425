"""Fixtures that every room of the tests shares."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.keyring import SECRETS, keyring_in
from tests.serving import Gateway, delete_repos, serving, some_pachd

# Modules that take long are begun first: else one process would be left with them at the end.
_LONG = ("test_fuzz.py", "test_kills.py")

_numbers = itertools.count(1)
RUN = f"run{uuid.uuid4().hex[:8]}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests."""
    items.sort(key=lambda item: item.path.name not in _LONG)


KINDS = ["embedded", "pachd"]


@contextlib.contextmanager
def over(kind: str, prefix: str, *options: str) -> Iterator[Gateway]:
    """Run a gateway over a kind of PFS, for tests whose repos have names that begin with `prefix`."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        where = None
        if kind == "pachd":
            where = stack.enter_context(some_pachd(Path(folder) / "devpachd"))
        running = stack.enter_context(serving(Path(folder) / "pfs", *options, where=where))
        yield running
        if where:
            delete_repos(where, prefix)  # the cluster may be somebody's


class Gateways:
    """Gateways that run until the last test has ended, each begun when the first one asks for it.

    A fixture that has them as parameters itself would end one and begin the other for each module.
    """

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._running: dict[tuple[str, ...], Gateway] = {}

    def over(self, kind: str, prefix: str, *options: str) -> Gateway:
        """Give the one that `over` would run."""
        key = (kind, prefix, *options)
        if key not in self._running:
            self._running[key] = self._stack.enter_context(over(*key))
        return self._running[key]


@pytest.fixture(scope="session")
def gateways() -> Iterator[Gateways]:
    """All that this process runs."""
    with contextlib.ExitStack() as stack:
        yield Gateways(stack)


@pytest.fixture(scope="session", params=KINDS)
def gateway(request: pytest.FixtureRequest, gateways: Gateways) -> Gateway:
    """A gateway over each kind of PFS, shared: tests make buckets of their own."""
    return gateways.over(request.param, f"{RUN}-")


@pytest.fixture
def bucket(gateway: Gateway) -> str:
    """A new, empty bucket."""
    return new_bucket(gateway, f"{RUN}-")


@pytest.fixture(scope="session", params=KINDS)
def extended(request: pytest.FixtureRequest, gateways: Gateways) -> Gateway:
    """A gateway of the profile extended over each kind of PFS, shared likewise."""
    return gateways.over(request.param, f"{RUN}x-", "--profile", "extended")


@pytest.fixture
def extended_bucket(extended: Gateway) -> str:
    """A new, empty bucket of the profile extended."""
    return new_bucket(extended, f"{RUN}x-")


def new_bucket(gateway: Gateway, prefix: str) -> str:
    """Create a bucket of a name that nobody has."""
    name = f"master.{prefix}{next(_numbers)}"
    assert gateway.request("PUT", f"/{name}").status == 200
    return name


@pytest.fixture(scope="session", params=["embedded", "properties-repo"])
def keeping(request: pytest.FixtureRequest, gateways: Gateways) -> Gateway:
    """A gateway of the profile extended over each PFS that keeps properties, shared likewise."""
    kind, options = request.param, ["--profile", "extended"]
    if kind == "properties-repo":
        kind, options = "pachd", [*options, "--properties-repo", f"{RUN}p-kept"]
    return gateways.over(kind, f"{RUN}p-", *options)


@pytest.fixture
def keeping_bucket(keeping: Gateway) -> str:
    """A new, empty bucket where properties are kept."""
    return new_bucket(keeping, f"{RUN}p-")


@dataclass(frozen=True)
class Guarded:
    """A gateway that asks who sends a request, and its buckets.

    Attributes:
        gateway: It, over an embedded PFS.
        keyring: Its file; who changes it puts it back.
    """

    gateway: Gateway
    keyring: Path

    def boto3(self, name: str, **config: object):
        """Make a boto3 client that signs as an identity of `KEYRING`."""
        return self.gateway.boto3(access_key=name.upper(), secret=SECRETS[name], **config)


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A gateway with the keyring `KEYRING`, shared: tests make buckets of their own, as admin."""
    folder = tmp_path_factory.mktemp("guarded")
    keyring = keyring_in(folder)
    with serving(folder / "pfs", "--profile", "extended", "--auth", str(keyring)) as running:
        yield Guarded(running, keyring)


@pytest.fixture
def guarded_bucket(guarded: Guarded) -> str:
    """A new, empty bucket that only admin, reader, writer and team see, on some of whose keys team may all."""
    name = f"master.{RUN}g-{next(_numbers)}"
    guarded.boto3("admin").create_bucket(Bucket=name)
    return name
