"""What devpachd does that a real one is not asked for: faults on demand, a restart."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Piece, Put
from tests.devpachd.conftest import (
    LIMITS,
    Pachd,
    add,
    as_commit,
    at,
    branch_of,
    delete,
    refused,
    repo_named,
)
from tests.serving import devpachd, eventually

REPO = repo_named("r")


@contextmanager
def connected(address: str) -> Iterator[Pachd]:
    with grpc.insecure_channel(address.removeprefix("grpc://"), LIMITS) as channel:
        yield Pachd(channel)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def own(folder: Path) -> Iterator[Pachd]:
    """A devpachd of this module's own, with one repo."""
    with devpachd(folder) as (address, _), connected(address) as own:
        own.api.CreateRepo(pb.CreateRepoRequest(repo=REPO))
        own.put(at(REPO), {"/a": b"0123456789"})
        yield own


@pytest.fixture
def fault(folder: Path) -> Iterator[Callable[..., None]]:
    """Sets what goes wrong, in place of what went wrong before."""

    def set_faults(**faults: object) -> None:
        new = folder / "faults.new"
        new.write_text(json.dumps(faults))
        new.replace(folder / "faults.json")

    yield set_faults
    (folder / "faults.json").unlink(missing_ok=True)


def test_latency(own, fault):
    fault(latency_s=0.3)
    begun = time.monotonic()
    own.branch(REPO)
    assert time.monotonic() - begun >= 0.3
    fault()
    own.branch(REPO)


def test_everything_or_some_methods_are_unavailable(own, fault):
    fault(unavailable=["InspectBranch"])
    with refused("UNAVAILABLE", "pachd is shutting down"):
        own.branch(REPO)
    own.inspect(at(REPO))
    fault(unavailable=True)
    with refused("UNAVAILABLE", "pachd is shutting down"):
        own.inspect(at(REPO))
    fault()
    own.branch(REPO)


@pytest.mark.parametrize("after", [0, 4, 9])
def test_a_stream_is_cut(own, fault, after):
    fault(cut_after=after)
    stream = own.api.GetFile(pb.GetFileRequest(file=pb.File(commit=at(REPO), path="a")))
    assert next(stream).value == b"0123456789"[:after]
    with refused("UNAVAILABLE", "the stream was cut"):
        next(stream)
    fault(cut_after=10)
    assert own.read(at(REPO), "a") == b"0123456789"


def test_a_finish_takes_its_time(own, fault):
    fault(finish_s=1)
    commit = own.start(REPO, "slow")
    own.modify(commit, add("a", b"1"), add("a/b", b"2"))
    begun = time.monotonic()
    own.finish(commit)
    assert time.monotonic() - begun < 1
    info = own.inspect(commit, pb.FINISHING)
    assert info.HasField("finishing")
    assert not info.HasField("finished")
    assert info.error == ""
    assert info.details.size_bytes == 0
    next_ = own.start(REPO, "slow")
    with refused("UNKNOWN", f"base commit default/r@{commit.id} for commit default/r@{next_.id} unfinished"):
        own.files(next_)
    assert own.listed("ListFile", commit, "/a") == ["/a", "/a/b"]  # it waits
    assert time.monotonic() - begun >= 1
    assert own.inspect(commit).error == "file / directory path collision (/a/b)"
    assert own.files(next_) == {}


def test_commits_are_finished_in_their_order(own, fault):
    fault(finish_s=0.3)
    own.modify(at(REPO, branch="order"), add("a"))
    fault(finish_s=0)
    begun = time.monotonic()
    own.modify(at(REPO, branch="order"), add("b"))
    own.finished(at(REPO, branch="order"))
    assert time.monotonic() - begun > 0.1


def test_a_wait_ends_with_the_commit(own):

    def dropped_while_it_is_waited_for() -> bool:
        """Whether the wait had begun when the commit was dropped; nothing tells that from outside."""
        commit = own.start(REPO, "dropped")
        call = own.api.InspectCommit.future(pb.InspectCommitRequest(commit=commit, wait=pb.FINISHED))
        own.api.DropCommitSet(pb.DropCommitSetRequest(commit_set=pb.CommitSet(id=commit.id)))
        return call.exception(10).details() == f"commit default/r@{commit.id} was deleted"

    eventually(dropped_while_it_is_waited_for)
    commit = own.start(REPO, "open")
    with pytest.raises(grpc.RpcError) as raised:
        own.api.InspectCommit(pb.InspectCommitRequest(commit=commit, wait=pb.FINISHED), timeout=0.1)
    assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


# --- a folder that was written before ---------------------------------------------------------


def blake(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def test_the_hashes_of_what_a_gateway_has_written_are_those_of_pfs(tmp_path):
    """Those of an embedded PFS are others; those of bodies beyond a mebibyte tell them apart, no more."""
    bodies = {"empty": b"", "small": b"foo\n", "file": b"f" * 100_000, "large": b"l" * 2_000_000}
    place = Branch("r", "master")
    pfs = EmbeddedPFS(tmp_path, durability="process")
    pfs.create_branch(place)
    for path, data in bodies.items():
        staging = pfs.stage(place, path)
        staging.write(data)
        pfs.change(place, [Put(path, staging.finish())])
    snapshot = pfs.snapshot(place)
    pieces = [Piece(snapshot, snapshot.inspect_file(path)) for path in ("small", "file")]
    pfs.change(place, [Put("composed", pfs.compose(place, "composed", pieces, b"m" * 16))])
    pfs.close()
    bodies["composed"] = bodies["small"] + bodies["file"]
    with devpachd(tmp_path) as (address, _), connected(address) as own:
        own.put(at(REPO), {f"/{path}-again": data for path, data in bodies.items()})
        root = pb.ListFileRequest(file=pb.File(commit=at(REPO), path="/"))
        for _ in range(2):
            hashes = {info.file.path: info.hash for info in own.api.ListFile(root)}
            for path, data in bodies.items():
                assert hashes[f"/{path}"] == hashes[f"/{path}-again"] == own.look(at(REPO), path).hash
                if path != "large":
                    assert hashes[f"/{path}"] == blake(blake(data) if data else b"")


# --- a restart --------------------------------------------------------------------------------


def test_what_was_finished_outlives_a_kill(tmp_path):
    large = bytes(range(256)) * 1024
    with devpachd(tmp_path) as (address, process):
        with connected(address) as first:
            first.api.CreateProject(pb.CreateProjectRequest(project=pb.Project(name="p"), description="kept"))
            first.api.CreateRepo(pb.CreateRepoRequest(repo=REPO))
            first.modify(at(REPO), add("a", b"1"), add("large", large))
            commits = [first.finished(at(REPO)).commit]
            first.modify(at(REPO), delete("a"), add("b", b"2"))
            commits.append(first.finished(at(REPO)).commit)
            first.modify(at(REPO, branch="gone"), add("x"))
            first.api.DeleteBranch(pb.DeleteBranchRequest(branch=branch_of(REPO, "gone")))
            first.modify(at(REPO, branch="gone"), add("y"))
            first.create_branch(REPO, "copy", head=commits[0])
            output = repo_named("o")
            first.api.CreateRepo(pb.CreateRepoRequest(repo=output))
            first.create_branch(output, provenance=[branch_of(REPO)])
            first.modify(at(output), add("computed"))
            first.finish(at(output))
            opened = first.start(REPO)
            first.modify(opened, add("lost"))
        process.kill()
        process.wait()
    with devpachd(tmp_path) as (address, _), connected(address) as again:
        assert again.branch(REPO).head == commits[1]
        assert again.files(at(REPO)) == {"/b": b"2", "/large": large}
        assert again.files(commits[0]) == {"/a": b"1", "/large": large}
        assert again.inspect(commits[1]).parent_commit == commits[0]
        assert again.files(at(REPO, branch="gone")) == {"/y": b""}
        assert again.files(at(REPO, branch="copy")) == {"/a": b"1", "/large": large}
        assert list(again.branch(output).provenance) == [branch_of(REPO)]
        assert again.files(at(output)) == {"/computed": b""}
        names = [info.branch.name for info in again.api.ListBranch(pb.ListBranchRequest(repo=REPO))]
        assert sorted(names) == ["copy", "gone", "master"]
        info = again.api.InspectProject(pb.InspectProjectRequest(project=pb.Project(name="p")))
        assert info.description == "kept"
        again.modify(at(REPO), add("c"))
        assert again.inspect(at(REPO)).parent_commit == commits[1]
        assert again.api.InspectRepo(pb.InspectRepoRequest(repo=REPO)).details.size_bytes == len(large) + 1


def test_many_files_in_many_folders(own):
    """The first page is quick, and a listing of the folders right, however many there are."""
    operations = (add(f"{number // 100:03}/{number:05}", b"x") for number in range(10_000))
    head = at(REPO, branch="many")
    own.modify(head, *operations)
    begun = time.monotonic()
    file_set = own.api.GetFileSet(pb.GetFileSetRequest(commit=head)).file_set_id
    pages = []
    for commit in (head, as_commit(file_set)):
        request = pb.GlobFileRequest(
            commit=commit, pattern="/**", path_range=pb.PathRange(lower="/000/00000\0")
        )
        stream = own.api.GlobFile(request)
        pages.append([next(stream).file.path for _ in range(100)])
        stream.cancel()
    quick = time.monotonic() - begun
    assert pages[0] == pages[1]
    assert pages[0][98:] == ["/000/00099", "/001/"]
    begun = time.monotonic()
    request = pb.GlobFileRequest(commit=head, pattern="/*")
    assert {info.size_bytes for info in own.api.GlobFile(request)} == {100}
    assert quick < time.monotonic() - begun


def test_streams_do_not_wait_for_each_other(own):
    go_on = threading.Event()

    def messages():
        yield pb.ModifyFileRequest(set_commit=at(REPO, branch="waits"))
        assert go_on.wait(30)
        yield add("b", b"2")

    call = own.api.ModifyFile.future(messages())
    own.modify(at(REPO, branch="waits"), add("a", b"1"))
    go_on.set()
    call.result(30)
    assert own.files(at(REPO, branch="waits")) == {"/a": b"1", "/b": b"2"}
