"""Each kind of PFS, for the promises of `s3gw.pfs.interface`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import PFS, Branch, Change, Condition, Delete, FileInfo, Put, Snapshot

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=["embedded"])
def pfs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PFS]:
    """A PFS of each kind; tests make branches of their own."""
    opened = EmbeddedPFS(tmp_path_factory.mktemp("pfs"), durability="process")
    yield opened
    opened.close()


@pytest.fixture
def branch(pfs: PFS) -> Branch:
    """A new branch of a new repo."""
    branch = Branch(f"repo-{next(_numbers)}", "master")
    pfs.create_branch(branch)
    return branch


@pytest.fixture
def store(pfs: PFS, branch: Branch) -> Store:
    """That branch, with the few calls that most tests are made of."""
    return Store(pfs, branch)


class Store:
    """One branch of a PFS."""

    def __init__(self, pfs: PFS, branch: Branch) -> None:
        self.pfs = pfs
        self.branch = branch

    def put(self, path: str, data: bytes = b"", condition: Condition | None = None) -> Change:
        with self.pfs.stage(self.branch, path, len(data)) as staging:
            staging.write(data)
            return self.pfs.change(self.branch, [Put(path, staging.finish(), condition)])

    def delete(self, *paths: str, condition: Condition | None = None) -> Change:
        return self.pfs.change(self.branch, [Delete(path, condition) for path in paths])

    def snapshot(self, commit: str | None = None) -> Snapshot:
        return self.pfs.snapshot(self.branch, commit)

    def read(self, path: str, snapshot: Snapshot | None = None) -> bytes:
        snapshot = snapshot or self.snapshot()
        return b"".join(snapshot.read_file(snapshot.inspect_file(path)))

    def inspect(self, path: str) -> FileInfo:
        return self.snapshot().inspect_file(path)

    def paths(self, snapshot: Snapshot | None = None) -> list[str]:
        return [file.path for file in (snapshot or self.snapshot()).list_files(limit=10**6).files]
