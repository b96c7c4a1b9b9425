"""Contents of an embedded PFS that are referred to more than once, or composed: uses, readers, purges."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from s3gw.pfs.embedded import EmbeddedPFS, Keep, check
from s3gw.pfs.interface import (
    OWN_REPO,
    Branch,
    Delete,
    Piece,
    PiecesGone,
    Put,
    Unavailable,
    WouldWait,
)
from tests.contract.conftest import Store
from tests.contract.test_batches import put
from tests.contract.test_embedded import BRANCH, LARGE, open_store
from tests.folders import objects
from tests.serving import eventually, serving

KIB = 1024
MD5 = bytes(16)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder):
    store = open_store(folder)
    yield store
    store.pfs.close()


def pieces_of(store: Store, *parts: tuple) -> list[Piece]:
    snapshot = store.snapshot()
    return [Piece(snapshot, snapshot.inspect_file(path), *rest) for path, *rest in parts]


def compose(store: Store, path: str, *parts: tuple, md5: bytes | None = MD5) -> str:
    """Put a file that is made of pieces; the commit."""
    content = store.pfs.compose(store.branch, path, pieces_of(store, *parts), md5)
    return store.pfs.change(store.branch, [Put(path, content)]).commit


def rows(folder: Path) -> dict[str, int]:
    """Count the rows of what contents are made of."""
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite")) as database:
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("blob", "large", "shared", "composed", "pieces", "doomed")
        }


NOTHING = dict.fromkeys(("blob", "large", "shared", "composed", "pieces", "doomed"), 0)


# --- uses ---------------------------------------------------------------------------------------


def test_a_content_goes_with_its_last_use(store, folder):
    store.put("small", b"small")
    store.put("large", LARGE)
    for path in ("small", "large"):
        for number in range(3):
            compose(store, f"{path}-{number}", (path,), md5=None)
        store.delete(path, f"{path}-0")
    assert rows(folder) == {**NOTHING, "blob": 1, "large": 1, "shared": 2}
    store.pfs.prune(Keep())
    assert check(folder).problems == []
    store.delete("small-1", "large-1")
    store.pfs.prune(Keep())
    assert (store.read("small-2"), store.read("large-2")) == (b"small", LARGE)
    assert rows(folder) == {**NOTHING, "blob": 1, "large": 1}
    assert check(folder).problems == []
    store.pfs.change(BRANCH, [Delete(path) for path in store.paths()])
    store.pfs.prune(Keep())
    assert rows(folder) == NOTHING
    assert objects(folder) == []


def test_pieces_go_with_what_is_made_of_them(store, folder):
    store.put("small", b"small")
    store.put("large", LARGE)
    compose(store, "made", *[("small",), ("large", 5, 100)] * 800)
    compose(store, "copy", ("made",), md5=None)
    compose(store, "part", ("made", 50, 5000), ("small",))
    store.delete("small", "large", "made")
    store.pfs.prune(Keep())
    assert check(folder).problems == []
    whole = (b"small" + LARGE[5:105]) * 800
    assert store.read("copy") == whole
    assert store.read("part") == whole[50:5050] + b"small"
    store.delete("copy")
    store.pfs.prune(Keep())
    assert check(folder).problems == []
    assert store.read("part") == whole[50:5050] + b"small"
    store.delete("part")
    store.pfs.prune(Keep())
    assert rows(folder) == NOTHING
    assert objects(folder) == []


def test_many_versions_with_one_content_may_go_at_once(store, folder):
    store.put("a", LARGE)
    store.put("b", b"b")
    contents = [store.pfs.compose(BRANCH, "x", pieces_of(store, (path,))) for path in "ab"]
    contents.append(store.pfs.compose(BRANCH, "x", pieces_of(store, ("a",), ("b",)), MD5))
    paths = [f"{number:03}" for number in range(30)]
    for content in contents:
        store.pfs.change(BRANCH, [Put(path, content) for path in paths])
    store.pfs.change(BRANCH, [Delete(path) for path in [*paths, "a"]])
    assert check(folder).problems == []
    store.pfs.prune(Keep())
    assert rows(folder) == {**NOTHING, "blob": 1}
    edits = [Put(path, store.pfs.compose(BRANCH, path, pieces_of(store, ("b",)))) for path in paths]
    store.pfs.change_all([(BRANCH, edits), (BRANCH, [Delete(path) for path in paths[1:]])])
    assert check(folder).problems == []
    assert rows(folder) == {**NOTHING, "blob": 1, "shared": 1}


class Model:
    """Two branches, whose files are staged, composed and deleted at random, and what they should hold."""

    def __init__(self, store: Store, seed: int) -> None:
        self.chance = random.Random(seed)
        self.pfs = store.pfs
        self.other = Store(store.pfs, Branch("repo", "other"))
        self.pfs.create_branch(self.other.branch)
        self.files: dict[str, dict[str, bytes]] = {"master": {}, "other": {}}
        self.stores = {"master": store, "other": self.other}

    def change(self) -> None:
        name = self.chance.choice(list(self.stores))
        after = dict(self.files[name])
        edits = [self.edit(self.stores[name], after) for _ in range(self.chance.choice([1, 1, 3]))]
        self.pfs.change(self.stores[name].branch, edits)
        self.files[name] = after

    def edit(self, store: Store, after: dict[str, bytes]) -> Put | Delete:
        path, what = str(self.chance.randint(0, 7)), self.chance.random()
        if what < 0.2:
            after.pop(path, None)
            return Delete(path)
        if what > 0.5 and any(self.files.values()):
            pieces = [self.piece() for _ in range(self.chance.choice([1, 1, 2, 5]))]
            body = b"".join(part for _, part in pieces)
            if len(body) < 1_000_000:
                after[path] = body
                return Put(path, self.pfs.compose(store.branch, path, [piece for piece, _ in pieces], MD5))
        after[path] = self.chance.randbytes(self.chance.choice([0, 10, 1000, 70_000]))
        return put(store, path, after[path])

    def piece(self) -> tuple[Piece, bytes]:
        name = self.chance.choice([name for name, files in self.files.items() if files])
        path, body = self.chance.choice(list(self.files[name].items()))
        offset, size = 0, len(body)
        if self.chance.random() < 0.4:
            offset = self.chance.randint(0, len(body))
            size = self.chance.randint(0, len(body) - offset)
        snapshot = self.stores[name].snapshot()
        return Piece(snapshot, snapshot.inspect_file(path), offset, size), body[offset : offset + size]

    def drop(self) -> None:
        self.pfs.delete_branch(self.other.branch, with_files=True)
        self.pfs.create_branch(self.other.branch)
        self.files["other"] = {}

    def compare(self) -> None:
        for name, store in self.stores.items():
            assert {path: store.read(path) for path in store.paths()} == self.files[name]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_the_counts_are_right_and_no_byte_is_lost(store, folder, seed):
    model = Model(store, seed)
    for step in range(1, 121):
        model.change()
        if model.chance.random() < 0.1:
            store.pfs.prune(Keep(commits=model.chance.randint(1, 5)))
        if model.chance.random() < 0.03:
            model.drop()
        if step % 20 == 0:
            assert check(folder).problems == []
            model.compare()
    for some in model.stores.values():
        store.pfs.change(some.branch, [Delete(path) for path in some.paths()])
    store.pfs.prune(Keep())
    assert rows(folder) == NOTHING
    assert objects(folder) == []


def test_what_was_cut_off_is_no_piece_any_more(store):
    store.put("a", LARGE)
    store.put("b", b"small")
    whole, parts = pieces_of(store, ("a",)), pieces_of(store, ("b", 1), ("a",))
    contents = [store.pfs.compose(BRANCH, "c", whole), store.pfs.compose(BRANCH, "c", parts, MD5)]
    store.put("a", b"new")
    store.pfs.prune(Keep(commits=1))
    contents += [store.pfs.compose(BRANCH, "c", whole), store.pfs.compose(BRANCH, "c", parts, MD5)]
    head = store.snapshot().commit
    for content in contents:
        with pytest.raises(PiecesGone):
            store.pfs.change(BRANCH, [Put("c", content)])
    assert store.snapshot().commit == head


def test_a_file_of_10_000_pieces_is_made_and_read_in_no_time(store, folder):
    paths = [f"{number:05}" for number in range(10_000)]
    for begin in range(0, len(paths), 1000):
        store.pfs.change(BRANCH, [put(store, path, path.encode()) for path in paths[begin : begin + 1000]])
    snapshot = store.snapshot()
    pieces = [Piece(snapshot, file) for file in snapshot.list_files(limit=10_000).files]
    began = time.thread_time()
    content = store.pfs.compose(BRANCH, "all", pieces, MD5)
    edits = [Put("all", content), *(Delete(path) for path in paths)]
    store.pfs.change(BRANCH, edits)
    assert time.thread_time() - began < 3
    assert store.read("all") == "".join(paths).encode()
    snapshot = store.snapshot()
    file = snapshot.inspect_file("all")
    began = time.thread_time()
    for offset in range(0, 50_000, 1000):
        reader = snapshot.read_file(file, offset + 3, 4)
        assert b"".join(reader) == f"{offset // 5:05}{offset // 5 + 1:05}".encode()[3:7]
    assert time.thread_time() - began < 1
    began = time.thread_time()
    store.delete("all")
    assert time.thread_time() - began < 1
    store.pfs.prune(Keep())
    assert rows(folder) == NOTHING


def test_too_many_pieces_are_to_be_copied(store, monkeypatch):
    monkeypatch.setattr("s3gw.pfs.embedded._compose.MOST_PIECES", 4)
    store.put("a", b"ab")
    store.put("b", b"cd")
    assert store.pfs.compose(BRANCH, "c", pieces_of(store, ("a",), ("b",), ("a",), ("b",)), MD5)
    assert store.pfs.compose(BRANCH, "c", pieces_of(store, *[("a",), ("b",)] * 3), MD5) is None


def test_a_thread_that_may_not_wait_reads_no_pieces(store):
    store.put("a", b"small")
    compose(store, "b", ("a",), ("a",))
    compose(store, "c", ("a",), md5=None)
    results: list[object] = []

    def read() -> None:
        store.pfs.forbid_waiting()
        results.append(store.read("c"))
        try:
            store.read("b")
        except WouldWait as error:
            results.append(type(error))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert results == [b"small", WouldWait]


# --- readers ------------------------------------------------------------------------------------


def test_pieces_are_sent_as_files_one_open_at_a_time(store):
    store.put("small", b"small")
    store.put("large", LARGE)
    compose(store, "a", *[("small",), ("large", 1000, 200_000), ("large",)] * 10)
    whole = (b"small" + LARGE[1000:201_000] + LARGE) * 10
    snapshot = store.snapshot()
    file = snapshot.inspect_file("a")
    before = len(os.listdir("/proc/self/fd"))
    for offset, size in [(0, len(whole)), (2, 10), (300_000, 1_000_000), (5, 200_000), (len(whole) - 1, 1)]:
        reader = snapshot.read_file(file, offset, size)
        sent = b""
        for extent in reader.extents():
            extent.check(extent.offset, extent.size)
            sent += os.pread(extent.descriptor, extent.size, extent.offset)
            assert len(os.listdir("/proc/self/fd")) == before + 1
        assert sent == whole[offset : offset + size]
        assert len(os.listdir("/proc/self/fd")) == before
        reader.close()
    reader = snapshot.read_file(file)
    assert next(iter(reader)) == b"small"
    reader.close()
    reader.close()
    assert list(reader) == []
    reader = snapshot.read_file(file)
    for extent in reader.extents():
        if extent.size == len(LARGE):
            reader.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_server_sends_pieces_and_ranges_of_them(tmp_path):
    store = open_store(tmp_path / "data")
    store.put("small", b"small")
    store.put("huge", LARGE * 40)
    compose(store, "made", ("huge", 100, 9_000_000), ("small",), ("huge",), ("small", 1, 2))
    whole = (LARGE * 40)[100:9_000_100] + b"small" + LARGE * 40 + b"ma"
    store.pfs.close()
    with serving(tmp_path / "data") as gateway:
        answer = gateway.request("GET", "/master.repo/made")
        assert (answer.status, answer.body == whole) == (200, True)
        for first, last in [
            (0, 0),
            (8_999_990, 9_000_010),
            (5, 12_000_000),
            (len(whole) - 3, len(whole) - 1),
        ]:
            answer = gateway.request("GET", "/master.repo/made", headers={"Range": f"bytes={first}-{last}"})
            assert (answer.status, answer.body == whole[first : last + 1]) == (206, True)


def test_a_piece_that_vanishes_while_it_is_read_ends_the_reading(store):
    store.put("a", LARGE)
    store.put("b", LARGE[::-1])
    compose(store, "c", ("a",), ("b",))
    store.delete("a", "b")
    snapshot = store.snapshot()
    reader = snapshot.read_file(snapshot.inspect_file("c"))
    blocks = iter(reader)
    assert next(blocks) == LARGE
    store.delete("c")
    store.pfs.prune(Keep())
    with pytest.raises(Unavailable):
        list(blocks)


# --- the gateway's own repo ---------------------------------------------------------------------


def test_the_history_of_the_gateways_own_repo_is_cut_to_an_hour(tmp_path, monkeypatch):
    monkeypatch.setattr("s3gw.pfs.embedded._purge._EVERY_S", 0.05)
    pfs = EmbeddedPFS(tmp_path, "process")
    own = Branch(OWN_REPO, "uploads")
    stores = [Store(pfs, own), Store(pfs, Branch("repo", "master"))]
    for store in stores:
        pfs.create_branch(store.branch)
        for number in range(20):
            store.put("part", bytes([number]) * 70_000)
        store.delete("part")
        store.put("young", b"young")
        store.put("young", b"younger")
    with contextlib.closing(sqlite3.connect(tmp_path / "pfs.sqlite", isolation_level=None)) as database:
        database.execute(
            "UPDATE commits SET finished = finished - 3601000000 "
            "WHERE num NOT IN (SELECT since FROM file UNION SELECT since FROM history WHERE path = 'young')"
        )
        eventually(lambda: len(objects(tmp_path)) == 20)
        count = "SELECT count(*) FROM commits GROUP BY line ORDER BY line"
        eventually(lambda: database.execute(count).fetchall() == [(2,), (24,)])
    assert pfs.list_versions(own).versions[1].file is not None
    assert [store.read("young") for store in stores] == [b"younger"] * 2
    pfs.delete_branch(own, with_files=True)
    eventually(lambda: rows(tmp_path)["blob"] == 2)
    pfs.close()
    assert check(tmp_path).problems == []
