"""Each kind of PFS, for the promises of `s3gw.pfs.interface`."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from collections.abc import Iterator, Sequence

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import (
    PFS,
    Branch,
    BranchExists,
    BranchInfo,
    Change,
    Condition,
    Delete,
    FileInfo,
    Piece,
    Put,
    Snapshot,
)
from s3gw.pfs.pachd import PachdPFS
from s3gw.pfs.pachd._messages import commit_message, repo_message
from s3gw.pfs.pachd.address import Address, find_address
from tests.serving import some_pachd

_numbers = itertools.count(1)
_RUN = uuid.uuid4().hex[:8]


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PFS]:
    """An embedded PFS."""
    opened = EmbeddedPFS(tmp_path_factory.mktemp("pfs"), durability="process")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def pachd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PFS]:
    """A cluster."""
    with some_pachd(tmp_path_factory.mktemp("devpachd")) as address:
        tidy = TidyPachd(find_address(address))
        yield tidy
        tidy.tidy()
        tidy.close()


@pytest.fixture(scope="session", params=["embedded", "pachd"])
def pfs(request: pytest.FixtureRequest) -> PFS:
    """A PFS of each kind, for all tests; they make branches of their own."""
    return request.getfixturevalue(request.param)


class TidyPachd(PachdPFS):
    """Removes the repos that it has made: the cluster may be somebody's."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._made: list[Branch] = []
        with contextlib.suppress(BranchExists):
            self._client.call("CreateProject", pb.CreateProjectRequest(project=pb.Project(name=ELSEWHERE)))

    def create_branch(self, branch: Branch, provenance: Sequence[Branch] = ()) -> BranchInfo:
        info = super().create_branch(branch, provenance)
        self._made.append(branch)
        return info

    def end_job(self, branch: Branch) -> None:
        """Finish the commit that pachd has opened in an output branch for a job, which nobody runs here."""
        self._client.call("FinishCommit", pb.FinishCommitRequest(commit=commit_message(branch), force=True))

    def tidy(self) -> None:
        for branch in reversed(self._made):  # what has others in its provenance first
            self._client.call("DeleteRepo", pb.DeleteRepoRequest(repo=repo_message(branch), force=True))
        self._client.call("DeleteProject", pb.DeleteProjectRequest(project=pb.Project(name=ELSEWHERE)))


def new_branch(name: str = "master") -> Branch:
    """Name a branch of a repo that nobody else has."""
    return Branch(f"s3gw-{_RUN}-{next(_numbers)}", name)


ELSEWHERE = f"elsewhere-{_RUN}"


@pytest.fixture
def branch(pfs: PFS) -> Branch:
    """A new branch of a new repo."""
    branch = new_branch()
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

    def put(
        self,
        path: str,
        data: bytes = b"",
        condition: Condition | None = None,
        properties: bytes | None = None,
    ) -> Change:
        with self.pfs.stage(self.branch, path) as staging:
            staging.write(data)
            put = Put(path, staging.finish(), condition, properties)
            return self.pfs.change(self.branch, [put])

    def composed(self, path: str, pieces: Sequence[Piece], md5: bytes | None) -> object:
        """Refer to pieces, where the PFS can."""
        content = self.pfs.compose(self.branch, path, pieces, md5)
        if content is None:
            pytest.skip("this PFS can only copy the bytes")
        return content

    def delete(self, *paths: str, condition: Condition | None = None) -> Change:
        return self.pfs.change(self.branch, [Delete(path, condition) for path in paths])

    def snapshot(self, commit: str | None = None) -> Snapshot:
        """Pin the head now, where a PFS may leave that to the first read."""
        snapshot = self.pfs.snapshot(self.branch, commit)
        assert snapshot.commit
        return snapshot

    def read(self, path: str, snapshot: Snapshot | None = None) -> bytes:
        snapshot = snapshot or self.snapshot()
        return b"".join(snapshot.read_file(snapshot.inspect_file(path)))

    def inspect(self, path: str) -> FileInfo:
        return self.snapshot().inspect_file(path)

    def paths(self, snapshot: Snapshot | None = None) -> list[str]:
        return [file.path for file in (snapshot or self.snapshot()).list_files(limit=10**6).files]
