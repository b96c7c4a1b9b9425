"""What only the embedded PFS promises: its folder, its durability, its costs."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from s3gw.pfs import opener
from s3gw.pfs.embedded import EmbeddedPFS, NewerFormat, Unusable
from s3gw.pfs.embedded._transaction import Transaction
from s3gw.pfs.interface import (
    Branch,
    CorruptData,
    FileNotFound,
    NoSpace,
    PathClash,
    PFSError,
    Put,
    TooSlow,
    Unavailable,
    WouldWait,
)
from tests.contract.conftest import Store
from tests.folders import objects
from tests.serving import eventually

BRANCH = Branch("repo", "master")
LARGE = bytes(range(256)) * 1024


def open_store(folder: Path, durability="process") -> Store:
    pfs = EmbeddedPFS(folder, durability)
    if BRANCH not in [info.branch for info in pfs.list_branches()]:
        pfs.create_branch(BRANCH)
    return Store(pfs, BRANCH)


@pytest.mark.parametrize("durability", ["power", "process"])
def test_what_was_acknowledged_is_there_after_the_next_opening(tmp_path, durability):
    store = open_store(tmp_path, durability)
    first = store.put("a", b"small").commit
    store.put("b", LARGE)
    store.put("a", b"new")
    store.pfs.close()
    store = open_store(tmp_path, durability)
    assert (store.read("a"), store.read("b")) == (b"new", LARGE)
    assert store.read("a", store.snapshot(first)) == b"small"
    store.pfs.close()


WRITER = """
import hashlib, itertools, sys, threading
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Put

pfs = EmbeddedPFS(Path(sys.argv[1]), sys.argv[2])
branch = Branch("repo", "master")
lock = threading.Lock()

def write(thread):
    for number in itertools.count():
        size = (thread * 7919 + number * 104729) % 200_000
        body = hashlib.sha256(f"{thread} {number}".encode()).digest() * (size // 32 + 1)
        with pfs.stage(branch, f"{thread}/{number}") as staging:
            staging.write(body)
            pfs.change(branch, [Put(f"{thread}/{number}", staging.finish())])
        with lock:
            print(thread, number, hashlib.md5(body).hexdigest(), flush=True)

for thread in range(6):
    threading.Thread(target=write, args=(thread,), daemon=True).start()
threading.Event().wait()
"""


@pytest.mark.parametrize("durability", ["power", "process"])
def test_kill_9_under_load_loses_nothing_acknowledged_and_leaves_nothing_half(tmp_path, durability):
    open_store(tmp_path).pfs.close()
    acknowledged: dict[str, str] = {}
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(tmp_path), durability]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            lines = [writer.stdout.readline() for _ in range(150)]
            writer.kill()
            lines += writer.stdout.readlines()
        acknowledged.update(
            (f"{t}/{n}", md5) for t, n, md5 in (line.split() for line in lines if line.endswith("\n"))
        )
        store = open_store(tmp_path)
        for path in store.paths():
            body = store.read(path)
            thread, number = path.split("/")
            assert body == hashlib.sha256(f"{thread} {number}".encode()).digest() * (len(body) // 32)
            if path in acknowledged:
                assert hashlib.md5(body).hexdigest() == acknowledged[path]
        assert acknowledged.keys() <= set(store.paths())
        with sqlite3.connect(tmp_path / "pfs.sqlite") as database:
            names = {name for (name,) in database.execute("SELECT name FROM large")}
        assert {str(path.relative_to(tmp_path / "objects")) for path in objects(tmp_path)} == names
        store.pfs.close()


def test_to_close_it_again_closes_nothing_of_anybody_else(tmp_path):
    pfs = open_store(tmp_path).pfs
    pfs.close()
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context((tmp_path / "pfs.sqlite").open("rb")) for _ in range(16)]
        pfs.close()
        assert [os.fstat(file.fileno()).st_size for file in files]


def test_leftovers_of_a_session_that_lives_are_not_swept(tmp_path):
    store = open_store(tmp_path)
    with store.pfs.stage(BRANCH, "a") as staging:
        staging.write(LARGE)
        other = open_store(tmp_path)
        store.pfs.change(BRANCH, [Put("a", staging.finish())])
    assert other.read("a") == LARGE
    other.pfs.close()
    store.pfs.close()


def write_many(folder: str, number: int) -> None:
    store = open_store(Path(folder))
    for count in range(50):
        store.put(f"{number}/{count}", LARGE if count % 10 == 0 else str(count).encode())
        assert store.read(f"{number}/{count}")
    store.pfs.close()


def test_several_processes_share_a_folder(tmp_path):
    open_store(tmp_path).pfs.close()
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_many, args=(str(tmp_path), number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(100)
        assert writer.exitcode == 0
    store = open_store(tmp_path)
    assert len(store.paths()) == 150
    store.pfs.close()


OPENERS = """
import os, sys
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS

for number in range(20):
    wait, start = os.pipe()
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            os.close(start)
            os.read(wait, 1)
            status = 1
            try:
                EmbeddedPFS(Path(sys.argv[1]) / str(number)).close()
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    os.close(start)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    assert statuses == [0] * 6, statuses
"""


def test_many_processes_may_open_a_new_folder_at_once(tmp_path):
    """As the workers of a gateway do at its first start."""
    subprocess.run([sys.executable, "-c", OPENERS, str(tmp_path)], check=True, timeout=60)


def test_a_database_of_a_newer_version_is_refused_in_one_clear_line(tmp_path):
    open_store(tmp_path).pfs.close()
    with sqlite3.connect(tmp_path / "pfs.sqlite") as database:
        database.execute("PRAGMA user_version=99")
    with pytest.raises(NewerFormat) as refused:
        EmbeddedPFS(tmp_path)
    assert "format 99" in str(refused.value)
    assert "upgrade s3gw" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("where", ["/proc/nothing", "/dev/null", "/dev/null/below"])
def test_a_folder_that_cannot_be_is_refused_in_one_clear_line(where):
    with pytest.raises(Unusable) as refused:
        EmbeddedPFS(Path(where))
    assert where in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_with_something_else_in_it_is_refused(tmp_path):
    (tmp_path / "pfs.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(Unusable):
        EmbeddedPFS(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "objects").write_text("a file")
    with pytest.raises(Unusable):
        EmbeddedPFS(tmp_path / "b")


@pytest.mark.parametrize("is_same_process", [True, False])
def test_within_a_turn_nobody_else_writes(tmp_path, is_same_process):
    store = open_store(tmp_path, "process")
    other = store if is_same_process else Store(EmbeddedPFS(tmp_path, "process"), store.branch)
    with store.pfs.turn():
        waits = threading.Thread(target=other.put, args=("other", b"x"))
        waits.start()
        store.put("a", b"1")
        store.put("b", b"2")
        with store.pfs.turn():  # its own
            store.put("c", b"3")
        waits.join(0.3)
        assert waits.is_alive()
        assert store.paths() == ["a", "b", "c"]
    waits.join(10)
    assert store.paths() == ["a", "b", "c", "other"]
    for opened in {store.pfs, other.pfs}:
        opened.close()


def test_opener_knows_the_kinds_of_pfs(tmp_path):
    pfs = opener(f"embedded:{tmp_path}/x", durability="process")()
    assert list(pfs.list_branches()) == []
    pfs.close()
    for where in ("floppy:a", "embedded:", ""):
        with pytest.raises(PFSError, match="write embedded:PATH"):
            opener(where)


def test_contents_of_a_deleted_branch_go_in_the_background(tmp_path):
    store = open_store(tmp_path)
    for number in range(30):
        store.put(f"{number % 20}", LARGE if number % 2 else b"small")
    snapshot = store.snapshot()
    small, large = snapshot.inspect_file("0"), snapshot.inspect_file("1")
    reader = snapshot.read_file(large)
    store.pfs.delete_branch(BRANCH, with_files=True)
    eventually(lambda: objects(tmp_path) == [])
    with sqlite3.connect(tmp_path / "pfs.sqlite") as database:
        counts = (
            "SELECT (SELECT count(*) FROM blob), (SELECT count(*) FROM line), (SELECT count(*) FROM commits)"
        )
        eventually(lambda: database.execute(counts).fetchone() == (0, 0, 0))
    assert b"".join(reader) == LARGE  # it was open
    for file in (small, large):
        with pytest.raises(FileNotFound):
            snapshot.read_file(file)
    store.pfs.close()


def test_contents_of_a_deleted_branch_go_at_the_next_opening_too(tmp_path):
    store = open_store(tmp_path)
    store.put("a", LARGE)
    store.pfs.close()
    with sqlite3.connect(tmp_path / "pfs.sqlite") as database:  # as if it had been killed at once
        database.execute("UPDATE line SET dropped = 1")
        database.execute("DELETE FROM branch")
    store = open_store(tmp_path)
    eventually(lambda: objects(tmp_path) == [])
    store.pfs.close()


def test_contents_that_are_not_what_was_stored_are_told(tmp_path):
    store = open_store(tmp_path)
    store.put("small", b"small")
    store.put("large", LARGE)
    (path,) = objects(tmp_path)
    os.truncate(path, 10)
    with sqlite3.connect(tmp_path / "pfs.sqlite") as database:
        database.execute("UPDATE blob SET data = x'00'")
    for name in ("small", "large"):
        with pytest.raises(CorruptData):
            store.read(name)
    store.put("again", LARGE)
    snapshot = store.snapshot()
    reader = snapshot.read_file(snapshot.inspect_file("again"))
    (path,) = [path for path in objects(tmp_path) if path.stat().st_size == len(LARGE)]
    os.truncate(path, 10)
    with pytest.raises(CorruptData):
        b"".join(reader)
    store.pfs.close()


def test_a_disk_that_takes_no_more_is_told_and_loses_nothing(tmp_path):
    store = open_store(tmp_path)
    store.put("a", b"kept")
    store.pfs._database._writer.execute("PRAGMA max_page_count=1")
    with pytest.raises(NoSpace, match="full"):
        store.put("b", os.urandom(60_000))
    assert store.paths() == ["a"]
    store.pfs._database._writer.execute("PRAGMA max_page_count=1000000")
    store.put("b", b"again")
    assert store.paths() == ["a", "b"]
    store.pfs.close()


def steps_of(store: Store, **options) -> tuple[int, int]:
    """Count the entries of a page, and the rows that SQLite has looked at for it."""
    connection = store.pfs._database.reader
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    snapshot = store.snapshot()
    connection.set_progress_handler(count, 10)
    page = snapshot.list_files(**options)
    connection.set_progress_handler(None, 0)
    return len(page.files) + len(page.groups), steps


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A branch with 100 directories of 200 files, one of which was overwritten very often."""
    store = open_store(tmp_path_factory.mktemp("many"))
    empty = store.pfs.stage(BRANCH, "x").finish()
    for directory in range(100):
        store.pfs.change(BRANCH, [Put(f"d{directory:03}/{number:03}", empty) for number in range(200)])
    for _ in range(3000):
        store.pfs.change(BRANCH, [Put("d050/100", empty)])
    yield store
    store.pfs.close()


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 100},
        {"limit": 100, "after": "d050/050"},
        {"limit": 100, "after": "d099/050"},
        {"limit": 100, "prefix": "d070/"},
        {"limit": 100, "delimiter": "/"},
        {"limit": 100, "delimiter": "/", "after": "d050/"},
        {"limit": 100, "delimiter": "0/"},
        {"limit": 100, "prefix": "nothing"},
    ],
)
def test_a_page_costs_what_it_holds_and_not_what_the_branch_holds(many, options):
    entries, steps = steps_of(many, **options)
    assert steps <= 40 + 40 * entries, (entries, steps)


def test_a_commit_that_fails_at_its_end_leaves_the_pfs_writable(tmp_path):
    store = open_store(tmp_path)
    database = store.pfs._database
    database._writer.execute("PRAGMA foreign_keys=ON")
    deferred = "CREATE TABLE bad (repo INTEGER REFERENCES repo (id) DEFERRABLE INITIALLY DEFERRED)"
    database._writer.execute(deferred)

    def fails_at_the_end(transaction: Transaction) -> None:
        with transaction.whole() as connection:
            connection.execute("INSERT INTO bad VALUES (-1)")

    with pytest.raises(Unavailable):
        store.pfs._committer.run(fails_at_the_end)
    store.put("a", b"x")
    assert store.read("a") == b"x"
    store.pfs.close()


@pytest.mark.parametrize("size", [10, len(LARGE)])
def test_a_content_that_its_own_change_replaces_leaves_nothing(tmp_path, size):
    store = open_store(tmp_path)
    with store.pfs.stage(BRANCH, "a") as first, store.pfs.stage(BRANCH, "a") as second:
        first.write(bytes(size))
        second.write(b"x" * size)
        store.pfs.change(BRANCH, [Put("a", first.finish()), Put("a", second.finish())])
    assert store.read("a") == b"x" * size
    count = "SELECT (SELECT count(*) FROM blob) + (SELECT count(*) FROM large)"
    assert store.pfs._database.reader.execute(count).fetchone() == (1,)
    assert len(objects(tmp_path)) == (size > 64 * 1024)
    store.pfs.close()


LOCKER = """
import fcntl, mmap, os, sys

# The index of the log as SQLite has it while another process recovers it: 120 is the lock of the
# writer, 122 that of the recovery, and the two copies of its header differ.
file = os.open(sys.argv[1] + "/pfs.sqlite-shm", os.O_RDWR)
fcntl.lockf(file, fcntl.LOCK_EX, 1, 120)
fcntl.lockf(file, fcntl.LOCK_EX, 1, 122)
index = mmap.mmap(file, 96)
index[8] ^= 1
print("locked", flush=True)
sys.stdin.read()
index[8] ^= 1
"""


@contextlib.contextmanager
def recovering(folder: Path) -> Iterator[None]:
    """Hold the locks that a reader waits for while another process recovers the log."""
    command = [sys.executable, "-c", LOCKER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as locker:
        assert locker.stdout.readline() == "locked\n"
        yield
        locker.stdin.close()


READS = {
    "list_branches": lambda pfs: list(pfs.list_branches()),
    "inspect_branch": lambda pfs: pfs.inspect_branch(BRANCH),
    "stage": lambda pfs: pfs.stage(BRANCH, "b"),
    "check": lambda pfs: pfs.check(),
    "commit": lambda pfs: pfs.snapshot(BRANCH).commit,
    "snapshot": lambda pfs: pfs.snapshot(BRANCH, "0" * 12 + "4" + "0" * 19),
    "inspect_file": lambda pfs: pfs.snapshot(BRANCH).inspect_file("a"),
    "list_files": lambda pfs: pfs.snapshot(BRANCH).list_files(),
}


@pytest.mark.parametrize("read", READS)
def test_a_thread_that_may_not_wait_is_told_that_it_would_have_to(tmp_path, read):
    store = open_store(tmp_path)
    store.put("a", b"x")
    told: list[BaseException] = []

    def try_to() -> None:
        store.pfs.forbid_waiting()
        try:
            READS[read](store.pfs)
        except BaseException as error:
            told.append(error)

    with recovering(tmp_path):
        thread = threading.Thread(target=try_to)
        thread.start()
        thread.join(20)
        assert [type(error) for error in told] == [WouldWait]
        patient = threading.Thread(target=lambda: told.append(store.inspect("a")))
        patient.start()
        assert patient.is_alive()
    patient.join(20)
    assert told[1].size == 1
    store.pfs.close()


@contextlib.contextmanager
def writing_elsewhere(folder: Path, *, by: str):
    """As a process of ours that writes, or a person who does so with SQLite's own tool."""
    if by == "s3gw":
        with (folder / "write.lock").open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite", isolation_level=None)) as tool:
        tool.execute("BEGIN IMMEDIATE")
        yield
        tool.execute("ROLLBACK")


@pytest.mark.parametrize("by", ["s3gw", "sqlite3"])
def test_a_thread_that_may_not_wait_changes_nothing_while_others_write(tmp_path, by):
    store = open_store(tmp_path)
    store.put("a", b"first")
    with ThreadPoolExecutor(1) as threads:
        threads.submit(store.pfs.forbid_waiting).result()
        with writing_elsewhere(tmp_path, by=by):
            told = threads.submit(store.put, "a", b"second")
            assert isinstance(told.exception(20), WouldWait)
            assert store.read("a") == b"first"
            patient = threading.Thread(target=store.put, args=("b", b"patient"))
            patient.start()
            patient.join(0.1)
            assert patient.is_alive()
        patient.join(20)

        def third_is_put() -> bool:  # the purger may write too
            with contextlib.suppress(WouldWait):
                return bool(threads.submit(store.put, "a", b"third").result())
            return False

        eventually(third_is_put)
    assert (store.read("a"), store.read("b")) == (b"third", b"patient")
    store.pfs.close()


def test_a_lock_that_lasts_is_told_as_too_slow(tmp_path):
    store = open_store(tmp_path)
    store.pfs._database.reader.execute("PRAGMA busy_timeout=10")
    with recovering(tmp_path), pytest.raises(TooSlow):
        store.paths()
    store.pfs.close()


def test_a_file_is_found_above_a_path_whatever_stands_between(store_of_neighbours):
    store = store_of_neighbours
    for path in ("a/b/c", "a/b/c/d/e", "x/y/z/f/g"):
        with pytest.raises(PathClash):
            store.pfs.stage(BRANCH, path)
    for path in ("a/c", "a/b-/q", "a/bb/c", "x/y/z/g", "x/y/z/f0/g", "x/z/f/g", "0", "zz/top"):
        store.pfs.stage(BRANCH, path)


@pytest.fixture
def store_of_neighbours(tmp_path):
    store = open_store(tmp_path)
    for path in ("a/b", "a/b-x", "a/b-/y", "a/b#x", "x-", "x/y-", "x/y/z-", "x/y/z/f", "x/y/z/f "):
        store.put(path)
    yield store
    store.pfs.close()


def test_a_deep_path_costs_what_it_is_long(tmp_path):
    """31,000 directories: the square of it would be a gigabyte."""
    store = open_store(tmp_path)
    for path in ("a/" * 3, "a/" * 300):
        store.put(path + "x")
    deep = "a/" * 31_000 + "b"
    tracemalloc.start()
    store.put(deep, b"deep")
    with pytest.raises(PathClash):
        store.put(f"{deep}/c")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert store.read(deep) == b"deep"
    assert peak < 200 * len(deep)
    store.pfs.close()
