"""Properties in front of a cluster: in a repo of their own, there before anybody sees the file."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch, FileNotFound, NotAuthorized, Piece, Put, Unavailable
from s3gw.pfs.pachd import PachdPFS
from s3gw.pfs.pachd._messages import branch_message, repo_message
from s3gw.pfs.pachd.address import find_address
from tests.cluster import PREFIX, guarded
from tests.contract.conftest import Store, new_branch
from tests.serving import some_pachd


class Kept(Store):
    """A branch whose files have properties."""

    def put_with(self, path: str, data: bytes, properties: bytes | None, **more: object) -> None:
        with self.pfs.stage(self.branch, path) as staging:
            staging.write(data)
            content = staging.finish()
        self.pfs.change(self.branch, [Put(path, content, properties=properties, **more)])

    def properties(self, path: str) -> bytes | None:
        return self.inspect(path).properties


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A branch of a devpachd, or of the cluster of S3GW_TEST_PACHD."""
    with some_pachd(tmp_path / "devpachd") as address, ExitStack() as stack:
        properties = new_branch().repo
        pfs = PachdPFS(find_address(address, environ={}), properties_repo=properties)
        stack.callback(pfs.close)
        branch = new_branch()
        for repo in (properties, branch.repo):
            request = pb.DeleteRepoRequest(repo=repo_message(Branch(repo, "")), force=True)
            stack.callback(pfs._client.call, "DeleteRepo", request)
        pfs.create_branch(branch)
        yield Kept(pfs, branch)


def test_properties_are_told_with_the_file(kept):
    assert kept.pfs.keeps_properties
    kept.put_with("a/b", b"1", b"kept")
    kept.put_with("empty", b"", b"")
    kept.put_with("plain", b"1", None)
    assert kept.properties("a/b") == b"kept"
    assert kept.properties("empty") == b""
    assert kept.properties("plain") is None
    assert kept.snapshot().inspect_file("a/b", whole=True).properties == b"kept"
    assert [file.properties for file in kept.snapshot().list_files().files] == [None] * 3
    assert kept.read("a/b") == b"1"
    with pytest.raises(FileNotFound):
        kept.inspect("a")


def test_without_a_repo_they_are_dropped(store):
    assert not store.pfs.keeps_properties
    with store.pfs.stage(store.branch, "a") as staging:
        store.pfs.change(store.branch, [Put("a", staging.finish(), properties=b"kept")])
    assert store.inspect("a").properties is None


@pytest.mark.parametrize("data", [b"same", os.urandom(3 << 20)], ids=["small", "large"])
def test_the_last_put_of_a_content_counts(kept, data):
    for properties in (b"1", b"2", None, b"3", b"3", None):
        kept.put_with("a", data, properties)
        assert kept.properties("a") == properties


def test_each_version_has_its_own(kept):
    changes = []
    for number in range(3):
        kept.put_with("a", b"%d" % number, b"p%d" % number)
        changes.append(kept.snapshot().commit)
    found = [kept.snapshot(commit).inspect_file("a").properties for commit in changes]
    assert found == [b"p0", b"p1", b"p2"]


@pytest.mark.parametrize("path", ["back\\slash", "a b/c'd", "x/" * 100 + "y"])
def test_any_path_has_them(kept, path):
    kept.put_with(path, b"1", b"kept")
    assert kept.properties(path) == b"kept"


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_composed_has_them(kept, count):
    kept.put_with("a", os.urandom(700_000), b"of a")
    snapshot = kept.snapshot()
    pieces = [Piece(snapshot, snapshot.inspect_file("a"))] * count
    content = kept.pfs.compose(kept.branch, "b", pieces)
    kept.pfs.change(kept.branch, [Put("b", content, properties=b"of b")])
    assert (kept.properties("a"), kept.properties("b")) == (b"of a", b"of b")


def test_conditions_see_them(kept):
    kept.put_with("a", b"1", b"kept")
    seen = []

    def condition(file):
        seen.append(file.properties)
        return True

    kept.put_with("a", b"2", b"new", condition=condition)
    assert set(seen) == {b"kept"}


def test_they_are_no_branch_that_anybody_lists(kept):
    kept.put_with("a", b"1", b"kept")
    listed = {entry.branch for entry in kept.pfs.list_branches()}
    assert kept.branch in listed
    assert kept.pfs._properties.branch not in listed
    assert kept.pfs.inspect_branch(kept.pfs._properties.branch)


def test_they_are_files_of_their_repo(kept):
    kept.put_with("a/b", b"1", b"kept")
    place = Store(kept.pfs, kept.pfs._properties.branch)
    (path,) = place.paths()
    assert path == f"default.{kept.branch.repo}.master/a/b/{kept.inspect('a/b').hash.hex()}"
    assert place.read(path) == b"kept"


def test_many_files_share_one_commit_of_theirs(kept):
    puts = []
    for number in range(100):
        with kept.pfs.stage(kept.branch, f"{number}", arrived=True) as staging:
            staging.write(b"%d" % number)
            puts.append(Put(f"{number}", staging.finish(), properties=b"p%d" % number))
    for _ in range(2):
        change = kept.pfs.change(kept.branch, puts)
        assert [file.properties for file in change.files] == [put.properties for put in puts]
    assert [kept.properties(f"{number}") for number in (0, 57, 99)] == [b"p0", b"p57", b"p99"]
    properties = kept.pfs._properties.branch
    request = pb.ListCommitRequest(repo=repo_message(properties), all=True)
    assert len(list(kept.pfs._client.stream("ListCommit", request))) <= 2


def test_nobody_sees_a_new_content_without_its_properties(kept):
    """Two writers, and a reader of each kind that never rests."""
    stop = threading.Event()
    wrong: list[object] = []
    seen: set[bytes] = set()

    def write(first: int) -> None:
        for number in range(first, 30, 2):
            size = 600_000 if number % 5 == 0 else 10
            kept.put_with("a", b"%02d" % number * size, b"%02d" % number)

    def look() -> None:
        while not stop.is_set():
            snapshot = kept.snapshot()
            try:
                file = snapshot.inspect_file("a", whole=True)
            except FileNotFound:
                continue
            begin = b"".join(snapshot.read_file(file, 0, 2))
            seen.add(begin)
            if file.properties != begin:
                wrong.append((begin, file))

    readers = [threading.Thread(target=look) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(first,)) for first in range(2)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    assert len(seen) > 2


def test_a_change_that_fails_behind_its_properties_has_not_been(store, address, fault):
    pfs = PachdPFS(find_address(address, environ={}), deadline_s=2, properties_repo="kept")
    kept = Kept(pfs, store.branch)
    kept.put_with("a", b"old", b"of old")
    fault(unavailable=["StartCommit"])  # a change with a condition begins so, behind its properties
    with pytest.raises(Unavailable):
        kept.put_with("a", b"new", b"of new", condition=lambda _: True)
    assert (kept.read("a"), kept.properties("a")) == (b"old", b"of old")
    fault(unavailable=["ModifyFile"])  # here they fail themselves
    with pytest.raises(Unavailable):
        kept.put_with("a", b"newer", b"of newer")
    fault()
    assert (kept.read("a"), kept.properties("a")) == (b"old", b"of old")
    kept.put_with("a", b"new", None)
    assert (kept.read("a"), kept.properties("a")) == (b"new", None)
    pfs.close()


def test_a_token_that_may_not_ask_for_the_hash_of_a_large_body_is_told_so(tmp_path):
    with guarded(tmp_path / "devpachd") as cluster:
        known = find_address(cluster.address, token=cluster.token("owner"), environ={})
        pfs = PachdPFS(known, properties_repo=f"{PREFIX}-kept")
        kept = Kept(pfs, Branch(f"{PREFIX}-large", "master"))
        pfs.create_branch(kept.branch)
        kept.put_with("small", b"1", b"kept")
        assert kept.properties("small") == b"kept"
        with pytest.raises(NotAuthorized, match="--properties-repo"):
            kept.put_with("large", bytes(1 << 20), b"kept")
        snapshot = kept.snapshot()
        pieces = [Piece(snapshot, snapshot.inspect_file("small"))]
        content = pfs.compose(kept.branch, "copy", pieces)
        pfs.change(kept.branch, [Put("copy", content, properties=b"too")])
        assert kept.properties("copy") == b"too"
        pfs.close()


def test_readers_do_not_wait_for_properties_that_are_being_written(store, address, fault):
    pfs = PachdPFS(find_address(address, environ={}), deadline_s=2, properties_repo="kept")
    kept = Kept(pfs, store.branch)
    kept.put_with("a", b"1", b"kept")
    request = pb.StartCommitRequest(branch=branch_message(pfs._properties.branch))
    pfs._client.call("StartCommit", request)
    assert kept.properties("a") == b"kept"
    pfs.close()
