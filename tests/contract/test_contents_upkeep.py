"""The folder of an embedded PFS with composed contents over the years: rot, checks, kills, formats."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from awscrt import checksums

from s3gw.pfs.embedded import Keep, backup, check
from s3gw.pfs.interface import (
    Branch,
    BranchInUse,
    CorruptData,
    Delete,
    FileReader,
    OutputBranch,
    PFSError,
)
from tests.contract.test_embedded import BRANCH, LARGE, open_store
from tests.contract.test_shared_contents import NOTHING, compose, rows
from tests.contract.test_upkeep import FORMAT_1
from tests.folders import objects


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder):
    store = open_store(folder)
    yield store
    store.pfs.close()


# --- rot, check, backup -------------------------------------------------------------------------


def damage(folder: Path, place: int) -> None:
    """Turn a byte of the only file."""
    (path,) = objects(folder)
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def check_extents(reader: FileReader) -> None:
    for extent in reader.extents():
        extent.check(extent.offset, extent.size)


def test_rot_within_a_piece_is_never_given_out(store, folder, caplog):
    body = os.urandom(20 << 20)
    store.put("large", body)
    store.put("small", b"small")
    compose(store, "made", ("small",), ("large", 1000), ("small",))
    store.delete("large")
    damage(folder, 15 << 20)
    snapshot = store.snapshot()
    file = snapshot.inspect_file("made")
    assert b"".join(snapshot.read_file(file, 0, 10 << 20)) == b"small" + body[1000:][: (10 << 20) - 5]
    with pytest.raises(CorruptData):
        b"".join(snapshot.read_file(file))
    with pytest.raises(CorruptData):
        b"".join(snapshot.read_file(file, (15 << 20) - 1000, 10))
    reader = snapshot.read_file(file, 0, 16 << 20)
    with pytest.raises(CorruptData):
        check_extents(reader)
    reader.close()
    assert caplog.text.count("made of default/repo@master") == 3
    report = check(folder)
    assert report.lost == 2  # the past of "large" too
    repaired = check(folder, repair=True)
    assert repaired.lost == 2
    assert check(folder).problems == []
    assert store.paths() == ["small"]
    saved = {path.name: path.stat().st_size for path in (folder / "lost").iterdir()}
    assert saved.pop("composed-1") == (20 << 20) - 1000 + 10
    assert list(saved.values()) == [20 << 20]
    store.pfs.prune(Keep())
    assert rows(folder) == {**NOTHING, "blob": 1}


@pytest.mark.parametrize("data", [b"small", LARGE])
def test_a_piece_that_is_missing_or_another_one_is_told(store, folder, data):
    store.put("a", data)
    compose(store, "b", ("a", 1), ("a",))
    store.delete("a")
    store.pfs.prune(Keep())
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("UPDATE blob SET data = x'00', sum = 1364906956")
        database.execute("DELETE FROM large")
    with pytest.raises(CorruptData, match="missing, or differs"):
        store.read("b")
    assert check(folder).lost == 1
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("DELETE FROM pieces")
    with pytest.raises(CorruptData, match="missing, or differs"):
        store.read("b")
    assert check(folder).lost == 1


def test_a_list_of_pieces_that_rots_is_told(store, folder):
    store.put("a", LARGE)
    compose(store, "b", ("a", 1), ("a", 5))
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("UPDATE pieces SET list = replace(list, ',5,', ',6,')")
    with pytest.raises(CorruptData, match="list of its pieces"):
        store.read("b")
    with pytest.raises(CorruptData):
        compose(store, "c", ("b", 3))
    assert check(folder, repair=True).lost == 1
    store.pfs.prune(Keep())
    check(folder, repair=True)
    assert check(folder).problems == []
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        assert database.execute("SELECT count(*) FROM shared").fetchone() == (0,)
    assert store.read("a") == LARGE


def test_nothing_is_made_of_what_is_not_all_there(store, folder):
    store.put("a", LARGE)
    store.put("b", b"small")
    compose(store, "made", ("a",), ("b",))
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("DELETE FROM pieces")
        database.execute("DELETE FROM blob")
    head = store.snapshot().commit
    for parts in ([("made", 1)], [("a",), ("b",)]):
        with pytest.raises(CorruptData):
            compose(store, "c", *parts)
    assert store.snapshot().commit == head


def test_counts_that_are_wrong_are_found_and_mended(folder):
    store = open_store(folder)
    store.put("a", LARGE)
    store.put("b", b"small")
    compose(store, "copy", ("a",), md5=None)
    compose(store, "made", ("a",), ("b",))
    compose(store, "dropped", ("b",), ("b",))
    store.pfs.close()  # it tidies up now and then
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("DELETE FROM shared WHERE typeof(content) = 'text'")
        database.execute("UPDATE shared SET uses = 9 WHERE typeof(content) = 'integer'")
        database.execute("INSERT INTO shared VALUES ('nothing', 3)")
        database.execute("UPDATE composed SET dropped = 1 WHERE id = 2")
        database.execute("DELETE FROM composed WHERE id = 1")
        database.execute("INSERT INTO composed (id) VALUES (77)")
        pieces = "[[1,0,5,0]]"
        row = 78, 0, checksums.crc32c(pieces.encode()), pieces
        database.execute("INSERT INTO pieces VALUES (?, ?, ?, ?)", row)
    report = check(folder)
    assert (report.lost, len(report.problems)) == (0, 3)
    repaired = check(folder, repair=True)
    assert len(repaired.repaired) == 3
    assert repaired.in_order
    assert check(folder).problems == []
    store = open_store(folder)
    store.delete("a", "b", "copy")
    store.pfs.prune(Keep())
    assert check(folder).problems == []
    assert store.read("made") == LARGE + b"small"
    assert store.read("dropped") == b"smallsmall"
    store.delete("made", "dropped")
    store.pfs.prune(Keep())
    assert rows(folder) == NOTHING
    store.pfs.close()


def test_a_lost_content_that_is_shared_is_saved_once(store, folder):
    store.put("a", LARGE)
    for path in "bc":
        compose(store, path, ("a",), md5=None)
        compose(store, f"{path}-made", ("a",), ("a",))
    compose(store, "d", ("b-made",), md5=None)
    damage(folder, 7)
    assert check(folder, repair=True).lost == 6
    assert check(folder).problems == []
    assert len(list((folder / "lost").iterdir())) == 3
    assert store.paths() == []


def test_a_backup_has_composed_files(store, folder, tmp_path):
    store.put("a", LARGE)
    store.put("b", b"small")
    compose(store, "made", ("a", 5), ("b",))
    compose(store, "gone", ("a",), ("b",))
    store.delete("a", "b", "gone")
    backup(folder, tmp_path / "copy")
    assert check(tmp_path / "copy").problems == []
    restored = open_store(tmp_path / "copy")
    assert restored.read("made") == LARGE[5:] + b"small"
    restored.pfs.prune(Keep())
    assert rows(tmp_path / "copy") == {**NOTHING, "blob": 1, "large": 1, "composed": 1, "pieces": 1}
    restored.pfs.close()


# --- kills --------------------------------------------------------------------------------------

COMPOSER = """
import itertools, random, sys, threading
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS, Keep
from s3gw.pfs.interface import Branch, Delete, FileNotFound, PFSError, Piece, Put

pfs = EmbeddedPFS(Path(sys.argv[1]), "process", Keep(commits=20))
branch = Branch("repo", "master")

def work(thread):
    chance = random.Random()
    for number in itertools.count():
        parts = [f"parts/{thread}/{number}/{part}" for part in range(3)]
        for part in parts:
            with pfs.stage(branch, part) as staging:
                staging.write(part.encode() * chance.choice([1, 5000]))
                pfs.change(branch, [Put(part, staging.finish())])
        snapshot = pfs.snapshot(branch)
        pieces = [Piece(snapshot, snapshot.inspect_file(part)) for part in parts]
        content = pfs.compose(branch, "x", pieces, bytes(16))
        made = f"made/{thread}/{number % 5}"
        pfs.change(branch, [Put(made, content), *map(Delete, parts)])
        print(made, number, flush=True)
        snapshot = pfs.snapshot(branch)
        copy = pfs.compose(branch, "x", [Piece(snapshot, snapshot.inspect_file(made))])
        pfs.change(branch, [Put(f"copy/{thread}", copy), Delete(f"made/{thread}/{number % 3}")])

for thread in range(4):
    threading.Thread(target=work, args=(thread,), daemon=True).start()
threading.Event().wait()
"""


def test_kill_9_while_files_are_composed_loses_nothing_and_leaves_nothing(folder):
    open_store(folder).pfs.close()
    for count in (3, 40, 90):
        command = [sys.executable, "-c", COMPOSER, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as composer:
            for _ in range(count):
                composer.stdout.readline()
            composer.kill()
        store = open_store(folder)
        for path in store.paths():
            read = store.read(path)
            if path.startswith(("made", "copy")):
                thread = path.split("/")[1]
                words = read.decode().split("parts/")[1:]
                assert {word.split("/")[0] for word in words} == {thread}
                assert list(dict.fromkeys(word.split("/")[2] for word in words)) == ["0", "1", "2"]
        assert check(folder).problems == []
        store.pfs.close()
    store = open_store(folder)
    store.pfs.change(BRANCH, [Delete(path) for path in store.paths()])
    store.pfs.prune(Keep())
    assert rows(folder) == NOTHING
    assert objects(folder) == []
    store.pfs.close()


PRUNER = """
import sys
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS, Keep
from s3gw.pfs.interface import Branch, Delete

pfs = EmbeddedPFS(Path(sys.argv[1]), "process")
branch = Branch("repo", "master")
print("begun", flush=True)
pfs.change(branch, [Delete(file.path) for file in pfs.snapshot(branch).list_files().files])
pfs.prune(Keep())
print("done", flush=True)
"""


def test_kill_9_while_pieces_are_purged_leaves_nothing(folder):
    store = open_store(folder)
    for number in range(100):
        store.put(f"{number}", os.urandom(10 if number % 2 else 66_000))
    for number in range(20):
        compose(store, f"made/{number}", *[(str(one), 0, 5 + number) for one in range(100) if one % 2 == 0])
    store.pfs.close()
    done = False
    for limit in range(200):
        with subprocess.Popen(
            [sys.executable, "-c", PRUNER, str(folder)], stdout=subprocess.PIPE, text=True
        ) as pruner:
            assert pruner.stdout.readline() == "begun\n"
            with contextlib.suppress(subprocess.TimeoutExpired):
                done = pruner.wait(0.01 * limit) == 0
            pruner.kill()
        assert check(folder).problems == []
        if done:
            break
    assert done
    open_store(folder).pfs.close()
    assert rows(folder) == NOTHING
    assert objects(folder) == []


# --- formats ------------------------------------------------------------------------------------


def test_a_folder_of_format_2_is_brought_over(folder):
    (folder / "objects" / "f00" / "0").mkdir(parents=True)
    (folder / "objects" / "f00" / "0" / "0").write_bytes(LARGE)
    dump = Path(__file__).with_name("format_2.sql").read_text()
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite")) as database:
        database.executescript(dump)
    store = open_store(folder)
    assert {path: store.read(path) for path in store.paths()} == {"a": b"two", "b": LARGE}
    versions = store.pfs.list_versions(BRANCH).versions
    assert [(version.path, version.file and version.file.size) for version in versions] == [
        ("a", 3), ("a", 3), ("b", 262144), ("c", None), ("c", 4),
    ]  # fmt: skip
    assert store.read("c", store.snapshot(versions[-1].commit)) == b"gone"
    assert check(folder).problems == []
    store.put("a", b"three", properties=b"p")
    compose(store, "d", ("b",), ("a",))
    assert store.inspect("a").properties == b"p"
    store.pfs.prune(Keep())
    store.pfs.close()
    store = open_store(folder)
    assert store.read("d") == LARGE + b"three"
    assert check(folder).problems == []
    store.pfs.close()


_NO_NAMES = "DROP TRIGGER branch_named; DROP TRIGGER branch_unnamed; DROP TABLE named;"


@pytest.mark.parametrize("further", ["", _NO_NAMES], ids=["with its names", "older than the index of names"])
def test_a_folder_of_format_3_is_brought_over(folder, further):
    folder.mkdir()
    dump = Path(__file__).with_name("format_3.sql").read_text()
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite")) as database:
        database.executescript(dump + further)
    store = open_store(folder)
    names = ["dev.repo", "master.other.project", "master.repo", "out.repo"]
    assert [entry.branch.full_name for entry in store.pfs.list_branches()] == names
    assert {path: store.read(path) for path in store.paths()} == {"a": b"two", "d/e": b"deep"}
    first = "01a218331eac445280bb8d40fc57b38b"
    assert store.read("a", store.snapshot(first)) == b"one"
    head = store.pfs.inspect_branch(BRANCH).head
    assert head == "01a218331ead457a8e3936d8e69a6e11"
    made = store.put("a", b"three").commit
    store.put("f", b"new", properties=b"q")
    assert store.read("a", store.snapshot(head)) == b"two"
    assert store.read("a", store.snapshot(made)) == b"three"
    versions = store.pfs.list_versions(BRANCH, "a").versions
    assert [version.commit for version in versions] == [made, "01a218331ead41ee8e6d7a3f4644c4d4", first]
    other = store.pfs.list_versions(Branch("other", "master", "project")).versions
    assert [version.file is None for version in other] == [True, False]
    with pytest.raises(OutputBranch):
        store.pfs.change(Branch("repo", "out"), [Delete("a")])
    with pytest.raises(BranchInUse):
        store.pfs.delete_branch(BRANCH, with_files=True)
    store.pfs.delete_branch(Branch("repo", "dev"), with_files=True)
    store.pfs.create_branch(Branch("new", "dev"))
    names = ["dev.new", "master.other.project", "master.repo", "out.repo"]
    assert [entry.branch.full_name for entry in store.pfs.list_branches()] == names
    assert check(folder).problems == []
    store.pfs.prune(Keep())
    store.pfs.close()
    store = open_store(folder)
    assert {path: store.read(path) for path in store.paths()} == {"a": b"three", "d/e": b"deep", "f": b"new"}
    assert check(folder).problems == []
    store.pfs.close()


def test_contents_of_format_1_are_pieces_too(folder):
    (folder / "objects" / "f00" / "0").mkdir(parents=True)
    (folder / "objects" / "f00" / "0" / "0").write_bytes(LARGE)
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite")) as database:
        database.executescript(FORMAT_1.format(md5=hashlib.md5(LARGE).hexdigest()))
    store = open_store(folder)
    compose(store, "made", ("a",), ("b",), ("a", 1))
    compose(store, "copy", ("a",), md5=None)
    compose(store, "other", ("a",))
    store.delete("a", "b")
    store.pfs.prune(Keep())
    assert store.read("made") == b"two" + LARGE + b"wo"
    assert (store.read("copy"), store.read("other")) == (b"two", b"two")
    assert check(folder, repair=True).problems == []
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("UPDATE blob SET data = x'74776e'")
    for path in ("made", "copy", "other"):
        with pytest.raises(CorruptData):
            store.read(path)
    with pytest.raises(PFSError):
        compose(store, "more", ("copy",), ("copy",))
    assert check(folder).lost == 3
    store.pfs.close()
