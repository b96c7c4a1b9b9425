"""A pachd that the tests of its API talk to: devpachd, or the cluster of S3GW_TEST_PACHD."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb
from python_pachyderm.proto.v2.pfs import pfs_pb2_grpc

from tests.serving import delete_repos, some_pachd

PREFIX = f"devpachd-{uuid.uuid4().hex[:8]}"
LIMITS = [("grpc.max_receive_message_length", 20 << 20), ("grpc.max_send_message_length", 20 << 20)]

_numbers = itertools.count(1)

devpachd_only = pytest.mark.skipif(
    "S3GW_TEST_PACHD" in os.environ, reason="a real pachd does otherwise, or dies of it"
)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it is."""
    with some_pachd(tmp_path_factory.mktemp("devpachd")) as address:
        yield address.removeprefix("grpc://")


@pytest.fixture(scope="session")
def pachd(address: str) -> Iterator[Pachd]:
    """Its API; the repos that tests make are removed at the end."""
    with grpc.insecure_channel(address, LIMITS) as channel:
        yield Pachd(channel)
    delete_repos(address, PREFIX)


@pytest.fixture
def repo(pachd: Pachd) -> pb.Repo:
    """A new repo, without a branch."""
    return pachd.new_repo()


def new_name() -> str:
    """Name something that nobody else has."""
    return f"{PREFIX}-{next(_numbers)}"


def repo_named(name: str, project: str = "default") -> pb.Repo:
    return pb.Repo(name=name, type="user", project=pb.Project(name=project))


def branch_of(repo: pb.Repo, name: str = "master") -> pb.Branch:
    return pb.Branch(repo=repo, name=name)


def at(repo: pb.Repo, commit: str = "", branch: str = "") -> pb.Commit:
    """Address a commit by the branch `master`, unless an id or another branch is given."""
    name = branch or ("" if commit else "master")
    return pb.Commit(repo=repo, branch=branch_of(repo, name), id=commit)


def as_commit(file_set: str) -> pb.Commit:
    """Address a file set where a commit is asked for."""
    repo = pb.Repo(name="__filesets__", type="user", project=pb.Project(name="default"))
    return pb.Commit(repo=repo, branch=pb.Branch(repo=repo), id=file_set)


def set_commit(commit: pb.Commit) -> pb.ModifyFileRequest:
    return pb.ModifyFileRequest(set_commit=commit)


def add(path: str, data: bytes = b"", datum: str = "") -> pb.ModifyFileRequest:
    return pb.ModifyFileRequest(add_file=pb.AddFile(path=path, datum=datum, raw={"value": data}))


def delete(path: str, datum: str = "") -> pb.ModifyFileRequest:
    return pb.ModifyFileRequest(delete_file=pb.DeleteFile(path=path, datum=datum))


def copy(commit: pb.Commit, source: str, target: str, *, append: bool = False) -> pb.ModifyFileRequest:
    file = pb.CopyFile(src=pb.File(commit=commit, path=source), dst=target, append=append)
    return pb.ModifyFileRequest(copy_file=file)


@contextmanager
def refused(code: str, text: str) -> Iterator[None]:
    """Expect an error with exactly this code and text."""
    with pytest.raises(grpc.RpcError) as raised:
        yield
    assert (raised.value.code().name, raised.value.details()) == (code, text)


class Pachd:
    """The raw stubs, and the few calls that most tests are made of."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.api = pfs_pb2_grpc.APIStub(channel)

    def call(self, method: str, request: object) -> object:
        """Call any method; the messages of a stream as a list."""
        answer = getattr(self.api, method)(request, timeout=60)
        return list(answer) if hasattr(answer, "__iter__") else answer

    def new_repo(self) -> pb.Repo:
        repo = repo_named(new_name())
        self.api.CreateRepo(pb.CreateRepoRequest(repo=repo))
        return repo

    def modify(self, commit: pb.Commit, *operations: pb.ModifyFileRequest) -> None:
        self.api.ModifyFile(iter([set_commit(commit), *operations]), timeout=60)

    def put(self, commit: pb.Commit, files: dict[str, bytes]) -> None:
        """Replace files."""
        operations = [[delete(path), add(path, data)] for path, data in files.items()]
        self.modify(commit, *itertools.chain(*operations))

    def start(self, repo: pb.Repo, branch: str = "master", **more: object) -> pb.Commit:
        return self.api.StartCommit(pb.StartCommitRequest(branch=branch_of(repo, branch), **more))

    def finish(self, commit: pb.Commit, **more: object) -> None:
        self.api.FinishCommit(pb.FinishCommitRequest(commit=commit, **more))

    def inspect(self, commit: pb.Commit, wait: int = pb.STARTED) -> pb.CommitInfo:
        return self.api.InspectCommit(pb.InspectCommitRequest(commit=commit, wait=wait), timeout=60)

    def finished(self, commit: pb.Commit) -> pb.CommitInfo:
        return self.inspect(commit, pb.FINISHED)

    def create_branch(self, repo: pb.Repo, name: str = "master", **more: object) -> None:
        self.api.CreateBranch(pb.CreateBranchRequest(branch=branch_of(repo, name), **more))

    def branch(self, repo: pb.Repo, name: str = "master") -> pb.BranchInfo:
        return self.api.InspectBranch(pb.InspectBranchRequest(branch=branch_of(repo, name)))

    def read(self, commit: pb.Commit, path: str, **more: object) -> bytes:
        """Read a file."""
        return b"".join(self.messages(commit, path, **more))

    def messages(self, commit: pb.Commit, path: str, **more: object) -> list[bytes]:
        request = pb.GetFileRequest(file=pb.File(commit=commit, path=path), **more)
        return [message.value for message in self.api.GetFile(request, timeout=60)]

    def look(self, commit: pb.Commit, path: str, datum: str = "") -> pb.FileInfo:
        file = pb.File(commit=commit, path=path, datum=datum)
        return self.api.InspectFile(pb.InspectFileRequest(file=file), timeout=60)

    def listed(
        self,
        method: str,
        commit: pb.Commit,
        path: str,
        *,
        marker: str | None = None,
        number: int = 0,
        reverse: bool = False,
    ) -> list[str]:
        """Give the paths of ListFile or WalkFile."""
        request = getattr(pb, f"{method}Request")(
            file=pb.File(commit=commit, path=path),
            paginationMarker=None if marker is None else pb.File(commit=commit, path=marker),
            number=number,
            reverse=reverse,
        )
        return [info.file.path for info in getattr(self.api, method)(request, timeout=60)]

    def glob(self, commit: pb.Commit, pattern: str, limits: tuple[str, str] | None = None) -> list[str]:
        """Give the paths of GlobFile."""
        bounds = None if limits is None else pb.PathRange(lower=limits[0], upper=limits[1])
        request = pb.GlobFileRequest(commit=commit, pattern=pattern, path_range=bounds)
        return [info.file.path for info in self.api.GlobFile(request, timeout=60)]

    def files(self, commit: pb.Commit) -> dict[str, bytes]:
        """Read all files, whatever characters are in their names."""
        limits = pb.PathRange(lower="/")
        paths = [path for path in self.listed("WalkFile", commit, "/") if not path.endswith("/")]
        escaped = [path.replace("\\", "\\\\") for path in paths]
        bodies = [self.read(commit, path, path_range=limits) for path in escaped]
        return dict(zip(paths, bodies, strict=True))
