"""Contents that refer to files of a cluster: whole files alone, joined by pachd, looked at before the commit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import FileInfo, Piece, PiecesGone, Put
from s3gw.pfs.pachd._messages import branch_message, commit_message, repo_message
from s3gw.pfs.pachd.address import find_address
from tests.contract.conftest import Store, TidyPachd, new_branch
from tests.serving import some_pachd


@pytest.fixture(scope="module")
def pfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TidyPachd]:
    """A devpachd, or the cluster of S3GW_TEST_PACHD."""
    with some_pachd(tmp_path_factory.mktemp("devpachd")) as address:
        tidy = TidyPachd(find_address(address))
        yield tidy
        tidy.tidy()
        tidy.close()


@pytest.fixture
def source(pfs: TidyPachd) -> Store:
    """A branch to copy from."""
    return new_store(pfs)


@pytest.fixture
def target(pfs: TidyPachd) -> Store:
    """A branch of another repo."""
    return new_store(pfs)


def new_store(pfs: TidyPachd) -> Store:
    branch = new_branch()
    pfs.create_branch(branch)
    return Store(pfs, branch)


def fill(store: Store, files: dict[str, bytes]) -> None:
    """Put many files in one commit."""
    puts = []
    for path, data in files.items():
        with store.pfs.stage(store.branch, path, arrived=True) as staging:
            staging.write(data)
            puts.append(Put(path, staging.finish()))
    store.pfs.change(store.branch, puts)


def compose(target: Store, path: str, source: Store, paths: Sequence[str]) -> object:
    snapshot = source.snapshot()
    pieces = [Piece(snapshot, snapshot.inspect_file(other)) for other in paths]
    return target.pfs.compose(target.branch, path, pieces)


def test_a_file_is_copied(source, target):
    fill(source, {"a/b": b"one"})
    content = compose(target, "c/d", source, ["a/b"])
    (made,) = target.pfs.change(target.branch, [Put("c/d", content)]).files
    assert target.read("c/d") == b"one"
    assert (made.size, made.hash) == (3, source.inspect("a/b").hash)
    assert target.inspect("c/d").hash == made.hash


def test_large_files_are_copied_with_their_hashes(source, target):
    bodies = {f"p{size}": os.urandom(size) for size in (999_999, 1_000_000, 7 << 20, 30 << 20)}
    for path, data in bodies.items():
        source.put(path, data)
    puts = [Put(path, compose(target, path, source, [path])) for path in bodies]
    files = target.pfs.change(target.branch, puts).files
    for (path, data), made in zip(bodies.items(), files, strict=True):
        assert target.read(path) == data
        assert made == target.inspect(path)._replace(content=None)
        assert made.hash == source.inspect(path).hash


@pytest.mark.parametrize(
    "sizes",
    [
        [1, 2],
        [0, 3, 0],
        [0, 0],
        [700_000] * 3,
        [700_000, 9 << 20, 400_000, 999_999, 1_000_000, 12 << 20, 100],
        [5 << 20, 5 << 20, 1],
        [3 << 20, 300_000, 300_000],
        [3] * 131,
    ],
)
def test_files_are_joined_in_their_order(source, target, sizes):
    bodies = {f"parts/{number:05}": os.urandom(size) for number, size in enumerate(sizes)}
    fill(source, bodies)
    target.put("whole", b"before")
    content = compose(target, "whole", source, list(bodies))
    assert target.read("whole") == b"before"
    (made,) = target.pfs.change(target.branch, [Put("whole", content)]).files
    assert target.read("whole") == b"".join(bodies.values())
    assert made == target.inspect("whole")._replace(content=None)


def test_a_file_may_be_joined_with_itself(source):
    source.put("a", b"1;")
    content = compose(source, "a", source, ["a", "a", "a"])
    source.pfs.change(source.branch, [Put("a", content)])
    assert source.read("a") == b"1;1;1;"


def test_hundreds_of_copies_are_one_commit(pfs, source, target):
    bodies = {f"d{number % 7}/{number}": f"{number}".encode() for number in range(300)}
    fill(source, bodies)
    target.put("d1/1", b"old")
    before = target.snapshot().commit
    snapshot = source.snapshot()
    files = snapshot.list_files().files
    puts = [Put(file.path, pfs.compose(target.branch, file.path, [Piece(snapshot, file)])) for file in files]
    with pfs.stage(target.branch, "extra") as staging:
        change = pfs.change(target.branch, [*puts, Put("extra", staging.finish())])
    assert [file.hash for file in change.files[:-1]] == [file.hash for file in files]
    assert {path: target.read(path) for path in target.paths()} == {**bodies, "extra": b""}
    info = pfs._client.call("InspectCommit", pb.InspectCommitRequest(commit=commit_message(target.branch)))
    assert info.parent_commit.id == before


def test_parts_of_files_are_left_to_the_caller(pfs, source):
    source.put("a", b"0123")
    snapshot = source.snapshot()
    file = snapshot.inspect_file("a")
    for offset, size in [(1, None), (0, 3), (1, 2)]:
        assert pfs.compose(source.branch, "b", [Piece(snapshot, file, offset, size)]) is None
    assert pfs.compose(source.branch, "b", [Piece(snapshot, file, 0, 4)]) is not None


def test_files_of_an_open_commit_are_left_to_the_caller(pfs, source, target):
    source.put("a", b"1")
    pfs._client.call("StartCommit", pb.StartCommitRequest(branch=branch_message(source.branch)))
    source.put("a", b"2")
    snapshot = source.snapshot()
    assert pfs.compose(target.branch, "b", [Piece(snapshot, snapshot.inspect_file("a"))]) is None
    pfs._client.call("FinishCommit", pb.FinishCommitRequest(commit=commit_message(source.branch)))


@pytest.mark.parametrize("count", [1, 2, 100])
def test_a_piece_that_is_not_in_its_commit_changes_nothing(pfs, source, target, count):
    source.put("a", b"1")
    snapshot = source.snapshot()
    file: FileInfo = snapshot.inspect_file("a")
    pieces = [Piece(snapshot, file)] * (count - 1) + [Piece(snapshot, file._replace(path="none"))]
    target.put("a", b"before")
    with pytest.raises(PiecesGone):
        pfs.change(target.branch, [Put("a", pfs.compose(target.branch, "a", pieces))])
    assert target.read("a") == b"before"


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("early", [True, False])
def test_a_repo_that_is_deleted_takes_its_pieces_along(pfs, target, count, early):
    source = new_store(pfs)
    source.put("a", b"1")
    snapshot = source.snapshot()
    pieces = [Piece(snapshot, snapshot.inspect_file("a"))] * count
    target.put("a", b"before")
    content = None if early else pfs.compose(target.branch, "a", pieces)
    pfs._client.call("DeleteRepo", pb.DeleteRepoRequest(repo=repo_message(source.branch)))
    content = content or pfs.compose(target.branch, "a", pieces)
    if early or count == 1:
        with pytest.raises(PiecesGone):
            pfs.change(target.branch, [Put("a", content)])
        assert target.read("a") == b"before"
    else:  # joined already: its bytes are kept for it
        pfs.change(target.branch, [Put("a", content)])
        assert target.read("a") == b"111"


def test_a_change_that_has_lost_a_piece_does_not_harm_those_beside_it(pfs, source, target):
    source.put("a", b"1")
    snapshot = source.snapshot()
    file = snapshot.inspect_file("a")
    good = pfs.compose(target.branch, "good", [Piece(snapshot, file)])
    bad = pfs.compose(target.branch, "bad", [Piece(snapshot, file._replace(path="none"))])
    results = pfs.change_all([(target.branch, [Put("good", good)]), (target.branch, [Put("bad", bad)])])
    assert isinstance(results[1], PiecesGone)
    assert target.paths() == ["good"]
