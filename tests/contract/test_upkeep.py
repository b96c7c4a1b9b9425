"""The folder of an embedded PFS over the years: rot, history, purges, checks, backups, formats."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from s3gw.pfs.blocks import Seen
from s3gw.pfs.embedded import (
    EmbeddedPFS,
    Keep,
    NewerFormat,
    Unusable,
    backup,
    check,
    count_prune,
    parse_duration,
    parse_history,
    prune,
)
from s3gw.pfs.embedded._folder import files_below
from s3gw.pfs.interface import (
    Branch,
    BranchNotFound,
    CommitNotFound,
    CorruptData,
    Delete,
    FileNotFound,
    NoSpace,
    PFSError,
    Put,
    Unavailable,
    WouldWait,
)
from tests.contract.conftest import Store
from tests.contract.test_embedded import BRANCH, LARGE, open_store
from tests.folders import objects
from tests.serving import eventually

KIB = 1024


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "data")
    yield store
    store.pfs.close()


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data"


def body(text: str, size: int) -> bytes:
    return (text.encode() * (size // len(text) + 1))[:size]


# --- rot ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [65 * KIB, 256 * KIB, 300 * KIB, 5000 * KIB])
@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_flipped_bit_of_a_large_file_is_never_given_out(store, folder, caplog, size, where):
    store.put("a", body("large", size))
    (path,) = objects(folder)
    place = {"first": 0, "middle": size // 2, "last": size - 1}[where]
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(CorruptData):
        store.read("a")
    snapshot = store.snapshot()
    file_info = snapshot.inspect_file("a")
    with pytest.raises(CorruptData):
        b"".join(snapshot.read_file(file_info, place, 1))
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "a of default/repo@master" in caplog.text
    assert "2 such reads so far" in caplog.text
    assert check(folder).lost == 1


def test_bytes_beyond_what_is_checked_ahead_are_checked_when_they_go_out(store, folder):
    size = 12 * KIB * KIB
    store.put("a", bytes(size))
    (path,) = objects(folder)
    with path.open("r+b") as file:
        file.seek(size - 5)
        file.write(b"x")
    snapshot = store.snapshot()
    reader = snapshot.read_file(snapshot.inspect_file("a"))
    (extent,) = reader.extents()
    extent.check(0, 10 * KIB * KIB)
    with pytest.raises(CorruptData):
        extent.check(10 * KIB * KIB, 2 * KIB * KIB)
    reader.close()
    reader = snapshot.read_file(snapshot.inspect_file("a"))
    with pytest.raises(CorruptData):
        b"".join(reader)
    reader.close()


def test_a_small_file_that_rots_within_the_database_is_noticed(store, folder):
    store.put("a", b"small")
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("UPDATE blob SET data = x'736d616c6d'")
    with pytest.raises(CorruptData):
        store.read("a")
    assert check(folder).lost == 1


@pytest.mark.parametrize("data", [b"small", LARGE])
def test_a_content_that_is_missing_is_no_missing_file(store, folder, data):
    store.put("a", data)
    for path in objects(folder):
        path.unlink()
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("DELETE FROM blob")
    with pytest.raises(CorruptData, match="missing"):
        store.read("a")
    assert check(folder).lost == 1


def test_a_large_file_is_nothing_for_a_thread_that_may_not_wait(store):
    store.put("large", LARGE)
    store.put("small", b"small")
    results: list[object] = []

    def read() -> None:
        store.pfs.forbid_waiting()
        results.append(store.read("small"))
        try:
            store.read("large")
        except WouldWait as error:
            results.append(type(error))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert results == [b"small", WouldWait]


# --- history ------------------------------------------------------------------------------------


def test_prune_keeps_heads_and_what_the_kept_commits_need(store, folder):
    commits = []
    for number in range(10):
        store.put("changes", body(f"{number}", 100 * KIB))
        store.put(f"stays/{number}", body(f"{number}", 70 * KIB))
        commits.append(store.put("small", f"{number}".encode()).commit)
    other = Branch("repo", "other")
    store.pfs.create_branch(other)
    Store(store.pfs, other).put("x", b"1")
    Store(store.pfs, other).put("x", b"2")
    assert len(objects(folder)) == 20
    pruned = store.pfs.prune(Keep(commits=7), ["master.repo"])
    assert pruned.commits == 31 - 7
    for number in (8, 9):
        past = store.snapshot(commits[number])
        assert store.read("changes", past) == body(f"{number}", 100 * KIB)
        assert store.read("small", past) == f"{number}".encode()
        assert store.read("stays/0", past) == body("0", 70 * KIB)
        assert len(store.paths(past)) == 3 + number
    with pytest.raises(CommitNotFound):
        store.snapshot(commits[7 - 1])
    assert len(objects(folder)) == 13
    assert store.pfs.prune(Keep(commits=7), ["master.repo"]).commits == 0
    assert store.pfs.prune(Keep()).versions > 0
    assert len(objects(folder)) == 11
    assert len(store.paths()) == 12
    assert check(folder).problems == []


def test_prune_by_age_keeps_what_is_young_and_the_head_whatever_its_age(store, folder):
    old = store.put("a", b"old").commit
    young = store.put("a", b"young").commit
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        query = "SELECT num FROM commits WHERE id = ?"
        database.execute(
            f"UPDATE commits SET finished = finished - 3600000000 WHERE num <= ({query})", (old,)
        )
    assert store.pfs.prune(Keep(seconds=600)).commits == 1 + 1  # the first one of the branch is empty
    assert store.read("a", store.snapshot(young)) == b"young"
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("UPDATE commits SET finished = finished - 3600000000")
    store.pfs.prune(Keep(seconds=600))
    assert store.read("a") == b"young"


def test_what_either_keeps_stays(store):
    for number in range(5):
        store.put("a", str(number).encode())
    assert store.pfs.prune(Keep(commits=1, seconds=3600)).commits == 0
    assert store.pfs.prune(Keep(commits=4, seconds=0)).commits == 2


def test_prune_of_a_branch_that_is_missing_is_told(store, folder):
    with pytest.raises(BranchNotFound, match=r"nothing\.here"):
        prune(folder, Keep(), ["nothing.here"])


def test_a_bounded_history_takes_bounded_space_and_reads_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr("s3gw.pfs.embedded._purge._EVERY_S", 0.05)
    pfs = EmbeddedPFS(tmp_path, "process", parse_history("5"))
    pfs.create_branch(BRANCH)
    store = Store(pfs, BRANCH)
    for number in range(100):
        store.put("large", body(str(number), 70 * KIB))
        store.put("small", body(str(number), 30 * KIB))
        assert store.read("large") == body(str(number), 70 * KIB)
    eventually(lambda: len(objects(tmp_path)) <= 3)
    with sqlite3.connect(tmp_path / "pfs.sqlite") as database:
        eventually(lambda: database.execute("SELECT count(*) FROM commits").fetchone() == (5,))
        eventually(lambda: database.execute("SELECT count(*) FROM doomed").fetchone() == (0,))
    assert store.read("small") == body("99", 30 * KIB)
    pfs.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", None),
        ("100", Keep(commits=100)),
        ("30d", Keep(seconds=30 * 86400)),
        ("12h", Keep(seconds=12 * 3600)),
        ("90m", Keep(seconds=5400)),
        ("45s", Keep(seconds=45)),
        ("2w", Keep(seconds=14 * 86400)),
    ],
)
def test_a_history_is_written_as_time_or_number(text, expected):
    assert parse_history(text) == expected


@pytest.mark.parametrize("text", ["", "0", "-1", "30", "30x", "d", "1.5d", "\uff11d", "9" * 30 + "d"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="write 30d"):
        parse_duration(text)


PURGER = """
import sys
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS, Keep
from s3gw.pfs.interface import Branch

pfs = EmbeddedPFS(Path(sys.argv[1]), "process")
print("begun", flush=True)
pfs.delete_branch(Branch("repo", "gone"), with_files=True)
pfs.prune(Keep())
"""


def test_a_kill_within_a_purge_leaks_no_file(folder):
    store = open_store(folder)
    gone = Store(store.pfs, Branch("repo", "gone"))
    store.pfs.create_branch(gone.branch)
    for some in (gone, store):
        for number in range(100):
            some.put(f"{number % 10}", body(str(number), 66 * KIB))
    store.pfs.close()
    for delay in range(8):
        with subprocess.Popen([sys.executable, "-c", PURGER, str(folder)], stdout=subprocess.PIPE) as purger:
            assert purger.stdout.readline() == b"begun\n"
            eventually(
                lambda limit=delay: purger.poll() is not None or len(objects(folder)) < 190 - 20 * limit
            )
            purger.kill()
    store = open_store(folder)
    with contextlib.suppress(PFSError):
        store.pfs.delete_branch(gone.branch, with_files=True)
    store.pfs.prune(Keep())
    assert len(objects(folder)) == 10
    assert check(folder).problems == []
    sessions = [path.name for path in (folder / "objects").iterdir() if path.is_dir()]
    assert len(sessions) == 1
    store.pfs.close()


def test_a_file_that_cannot_be_removed_keeps_no_other_one(store, folder, monkeypatch):
    for number in range(5):
        store.put("a", body(str(number), 70 * KIB))
    stuck = sorted(objects(folder))[1]
    real = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise OSError(5, "Input/output error")
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(PFSError, match="Input/output"):
        store.pfs.prune(Keep())
    assert len(objects(folder)) == 2
    monkeypatch.undo()
    store.pfs.prune(Keep())
    assert len(objects(folder)) == 1
    assert check(folder).problems == []


def test_space_comes_back_when_all_is_deleted(folder):
    store = open_store(folder)
    for number in range(300):
        store.put(f"small/{number}", os.urandom(60 * KIB))
        store.put(f"large/{number % 20}", os.urandom(70 * KIB))
    store.pfs.change(BRANCH, [Delete(path) for path in store.paths()])
    prune(folder, Keep(), [])
    store.pfs.close()
    assert objects(folder) == []
    assert (folder / "pfs.sqlite").stat().st_size < 200 * KIB


# --- formats ------------------------------------------------------------------------------------

# What version 0.1 wrote for a branch with two files, one of them replaced once.
FORMAT_1 = """
PRAGMA journal_mode=WAL;
CREATE TABLE repo (id INTEGER PRIMARY KEY, project TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, UNIQUE (project, name));
CREATE TABLE branch (id INTEGER PRIMARY KEY AUTOINCREMENT, repo INTEGER NOT NULL REFERENCES repo, name TEXT NOT NULL, line INTEGER NOT NULL UNIQUE, head INTEGER NOT NULL, UNIQUE (repo, name));
CREATE TABLE provenance (branch INTEGER NOT NULL REFERENCES branch, upstream INTEGER NOT NULL REFERENCES branch, PRIMARY KEY (branch, upstream)) WITHOUT ROWID;
CREATE INDEX subvenance ON provenance (upstream);
CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, dropped INTEGER NOT NULL DEFAULT 0);
CREATE INDEX dropped_line ON line (id) WHERE dropped;
CREATE TABLE commits (num INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, line INTEGER NOT NULL, finished INTEGER NOT NULL);
CREATE INDEX line_commits ON commits (line);
CREATE TABLE file (line INTEGER NOT NULL, path TEXT NOT NULL, since INTEGER NOT NULL, committed INTEGER NOT NULL, size INTEGER NOT NULL, hash BLOB NOT NULL, md5 BLOB NOT NULL, content, PRIMARY KEY (line, path)) WITHOUT ROWID;
CREATE TABLE history (line INTEGER NOT NULL, path TEXT NOT NULL, until INTEGER NOT NULL, since INTEGER NOT NULL, committed INTEGER NOT NULL, size INTEGER NOT NULL, hash BLOB NOT NULL, md5 BLOB NOT NULL, content, PRIMARY KEY (line, path, until)) WITHOUT ROWID;
CREATE INDEX history_until ON history (line, until);
CREATE TABLE blob (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE large (name TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO repo VALUES (1, 'default', 'repo', 1700000000000000);
INSERT INTO line VALUES (1, 0);
INSERT INTO commits VALUES (1, '00000000000040000000000000000001', 1, 1700000000000000), (2, '00000000000040000000000000000002', 1, 1700000001000000), (3, '00000000000040000000000000000003', 1, 1700000002000000), (4, '00000000000040000000000000000004', 1, 1700000003000000);
INSERT INTO branch VALUES (1, 1, 'master', 1, 4);
INSERT INTO blob VALUES (1, x'6f6e65'), (2, x'74776f');
INSERT INTO history VALUES (1, 'a', 3, 2, 1700000001000000, 3, x'00', x'f97c5d29941bfb1b2fdab0874906ab82', 1);
INSERT INTO file VALUES (1, 'a', 3, 1700000002000000, 3, x'00', x'b8a9f715dbb64fd5c56e7783c6820a61', 2);
INSERT INTO file VALUES (1, 'b', 4, 1700000003000000, 262144, x'00', x'{md5}', 'f00/0/0');
INSERT INTO large VALUES ('f00/0/0');
PRAGMA user_version=1;
"""


@pytest.fixture
def old(tmp_path) -> Path:
    (tmp_path / "objects" / "f00" / "0").mkdir(parents=True)
    (tmp_path / "objects" / "f00" / "0" / "0").write_bytes(LARGE)
    with contextlib.closing(sqlite3.connect(tmp_path / "pfs.sqlite")) as database:
        database.executescript(FORMAT_1.format(md5=hashlib.md5(LARGE).hexdigest()))
    return tmp_path


def test_a_folder_of_format_1_is_brought_over(old):
    store = open_store(old)
    assert {path: store.read(path) for path in store.paths()} == {"a": b"two", "b": LARGE}
    assert names_of(store) == ["master.repo"]
    assert store.read("a", store.snapshot("00000000000040000000000000000002")) == b"one"
    store.put("b", LARGE[::-1])
    assert len(objects(old)) == 2
    assert check(old, repair=True).problems == []
    assert store.pfs.prune(Keep()).versions == 2
    store.pfs.close()
    assert len(objects(old)) == 1
    assert oct(old.stat().st_mode & 0o777) == "0o700"
    for path in old.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    store = open_store(old)
    assert store.read("b") == LARGE[::-1]
    store.pfs.close()


def test_prune_gives_the_space_of_a_folder_of_format_1_back(old):
    store = open_store(old)
    for _ in range(60):
        store.put("small", os.urandom(60 * KIB))
    snapshot = store.snapshot()
    store.pfs.prune(Keep())
    assert (old / "pfs.sqlite").stat().st_size < 200 * KIB
    assert len(store.read("small", snapshot)) == 60 * KIB
    for _ in range(60):
        store.put("small", os.urandom(60 * KIB))
    store.pfs.prune(Keep())
    store.pfs.close()
    assert (old / "pfs.sqlite").stat().st_size < 200 * KIB
    assert check(old).problems == []


def test_a_check_gives_sums_to_files_of_format_1_and_finds_their_rot(old):
    open_store(old).pfs.close()
    assert check(old, repair=True).problems == []
    with (old / "objects/f00/0/0").open("r+b") as file:
        file.write(b"rotten")
    store = open_store(old)
    with pytest.raises(CorruptData):
        store.read("b")
    store.pfs.close()


def test_a_small_content_is_never_read_for_another(store, folder):
    store.put("a", b"AAAA")
    snapshot = store.snapshot()
    info = snapshot.inspect_file("a")
    store.delete("a")
    store.pfs.prune(Keep())
    other = Branch("secret", "master")
    store.pfs.create_branch(other)
    Store(store.pfs, other).put("s", b"SSSS")
    with pytest.raises(PFSError):
        b"".join(snapshot.read_file(info))


# --- check, backup ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a#b", "a?b", "x%41", "a b", "ä", ":memory:"])
def test_a_folder_may_have_any_name(tmp_path, name):
    other = open_store(tmp_path / "xA")
    other.put("other", LARGE)
    folder = tmp_path / name
    store = open_store(folder)
    store.put("a", b"small")
    store.put("b", LARGE)
    assert check(folder, repair=True).problems == []
    assert "would prune 0 commits" in count_prune(folder, Keep(commits=10), [])
    backup(folder, tmp_path / f"{name} backup")
    store.pfs.close()
    other.pfs.close()
    prune(folder, Keep(commits=10), [])
    store = open_store(tmp_path / f"{name} backup")
    assert {path: store.read(path) for path in store.paths()} == {"a": b"small", "b": LARGE}
    store.pfs.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["xA", name, f"{name} backup"])


def take_away(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def put_another_there(folder: Path) -> None:
    backup(folder, folder.with_name("copy"))
    take_away(folder)
    folder.with_name("copy").rename(folder)


def put_a_file_there(folder: Path) -> None:
    take_away(folder)
    folder.write_bytes(b"")


def remove(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("elsewhere"))
    shutil.rmtree(folder)


@pytest.mark.parametrize("change", [take_away, put_another_there, put_a_file_there, remove])
def test_nothing_is_written_into_a_folder_that_is_not_there_any_more(store, folder, change):
    store.put("a", b"1")
    change(folder)
    for data in (b"2", LARGE):
        with pytest.raises(Unavailable, match=r"removed or replaced|cannot be used"):
            store.put("a", data)
    with pytest.raises(Unavailable):
        store.delete("a")
    with pytest.raises(Unavailable, match="removed or replaced"):
        store.pfs.check()
    if change in (take_away, remove):
        assert not folder.exists()  # not even the reserve is made there
    if change is take_away:
        folder.with_name("elsewhere").rename(folder)
        store.pfs.check()
        store.put("a", b"2")
        assert store.read("a") == b"2"


@pytest.mark.parametrize("removed", ["repo", "commits"])
def test_a_repair_of_indexes_does_not_hide_what_else_is_wrong(store, folder, removed):
    store.put("a", b"x")
    store.pfs.close()
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite")) as database, database:
        database.execute("PRAGMA writable_schema=1")
        sql = "CREATE INDEX dropped_line ON line (id)"  # there is no row in it
        database.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'dropped_line'", (sql,))
        database.execute(f"DELETE FROM {removed}")
    assert not check(folder).in_order
    repaired = check(folder, repair=True)
    assert "pfs.sqlite: its indexes were made anew" in repaired.repaired
    assert not repaired.in_order
    assert any("has no repo, head or line" in text for text in repaired.problems)


def test_a_branch_without_commits_is_not_repaired_by_what_is_given_up(store, folder):
    store.put("a", b"x")
    store.pfs.close()
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite")) as database, database:
        database.execute("DELETE FROM commits")
        database.execute("UPDATE blob SET data = x'01'")
    for _ in range(2):
        assert not check(folder, repair=True).in_order


def test_a_folder_that_a_newer_version_has_brought_over_takes_no_writes(store, folder, tmp_path):
    store.put("a", b"1")
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite")) as database:
        database.execute("PRAGMA user_version=99")
    for ask in (lambda: store.put("a", b"2"), lambda: store.delete("a"), store.pfs.check):
        with pytest.raises(Unavailable, match="newer s3gw"):
            ask()
    commands = (
        lambda: check(folder),
        lambda: backup(folder, tmp_path / "to"),
        lambda: prune(folder, Keep(), []),
        lambda: count_prune(folder, Keep(), []),
    )
    for command in commands:
        with pytest.raises(NewerFormat, match="format 99"):
            command()


def test_what_is_given_up_changes_the_state_of_its_branch(store, folder):
    store.put("a", b"small")
    before, head = store.pfs.state(BRANCH), store.snapshot().commit
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("UPDATE blob SET data = x'01'")
    assert check(folder, repair=True).lost == 1
    assert store.pfs.state(BRANCH) != before
    assert store.snapshot().commit != head
    assert store.paths() == []
    assert check(folder).problems == []


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone makes files for others")
def test_what_root_makes_belongs_to_the_owner_of_the_folder(store, folder):
    store.put("b", LARGE)
    store.pfs.close()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    for name in ("purge.lock", "reserve", "write.lock"):
        (folder / name).unlink(missing_ok=True)
    prune(folder, Keep(), [])
    assert check(folder, repair=True).problems == []
    assert {path.name: path.stat().st_uid for path in folder.rglob("*") if path.stat().st_uid != 65534} == {}


def test_a_check_finds_what_is_wrong_and_repairs_it(store, folder):
    store.put("good", LARGE)
    store.put("past", LARGE)
    past = store.snapshot().commit
    store.put("past", b"new")
    store.put("gone", LARGE)
    store.put("small", b"small")
    names = {
        name: place
        for name, place in store.pfs._database.reader.execute(
            "SELECT path, content FROM file UNION ALL SELECT path, content FROM history"
        )
        if isinstance(place, str)
    }
    (folder / "objects" / names["gone"]).unlink()
    os.truncate(folder / "objects" / names["past"], 10)
    stray = folder / "objects" / "dead" / "0" / "7"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"stray")
    with sqlite3.connect(folder / "pfs.sqlite") as database:
        database.execute("INSERT INTO blob (data) VALUES (x'00')")
        database.execute("UPDATE blob SET data = x'01' WHERE data = x'736d616c6c'")
    told: list[str] = []
    report = check(folder, tell=told.append)
    assert (report.lost, report.strays, report.in_order) == (3, 1, False)
    assert len(report.problems) == 5
    assert set(report.problems) <= set(told)
    assert stray.exists()
    repaired = check(folder, repair=True)
    assert (repaired.lost, len(repaired.repaired)) == (3, 5)
    assert not stray.parent.exists()
    assert check(folder).problems == []
    assert store.paths() == ["good", "past"]
    assert store.read("good") == LARGE
    with pytest.raises(FileNotFound):
        store.read("past", store.snapshot(past))
    assert len(list((folder / "lost").iterdir())) == 2


def names_of(store: Store) -> list[str]:
    return [entry.branch.full_name for entry in store.pfs.list_branches()]


def test_an_index_of_names_that_is_wrong_is_found_and_made_anew(store, folder):
    store.pfs.create_branch(Branch("other", "dev", "project"))
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite")) as database, database:
        database.execute("UPDATE named SET name = 'no.branch' WHERE name = 'master.repo'")
    assert names_of(store) == ["dev.other.project", "no.branch"]
    assert check(folder).problems == ["pfs.sqlite: 2 names of branches are indexed wrong"]
    assert check(folder, repair=True).in_order
    assert check(folder).problems == []
    assert names_of(store) == ["dev.other.project", "master.repo"]


@pytest.mark.parametrize("where", ["dead/0/0", "dead/0", "dead"])
def test_strays_alone_are_repaired_to_order(store, folder, where):
    path = folder / "objects" / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"stray")
    assert check(folder).in_order is False
    assert check(folder, repair=True).in_order is True


def test_a_body_on_its_way_is_no_stray(store, folder):
    with store.pfs.stage(BRANCH, "a") as staging:
        staging.write(LARGE)
        assert check(folder, repair=True).problems == []
        store.pfs.change(BRANCH, [Put("a", staging.finish())])
    assert store.read("a") == LARGE


def test_a_database_that_is_damaged_is_told(folder):
    store = open_store(folder)
    for number in range(300):
        store.put(str(number), os.urandom(5000))
    store.pfs.close()
    with (folder / "pfs.sqlite").open("r+b") as file:
        file.seek(100_000)
        file.write(os.urandom(300_000))
    assert not check(folder).in_order
    with pytest.raises((CorruptData, Unusable)):
        read_all(folder)


def read_all(folder: Path) -> None:
    store = open_store(folder)
    try:
        for path in store.paths():
            store.read(path)
    finally:
        store.pfs.close()


def test_a_backup_under_load_serves_what_was_acknowledged_before_it_began(store, folder, tmp_path):
    for number in range(40):
        store.put(f"before/{number}", body(str(number), 1000 if number % 2 else 70 * KIB))
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            store.put(f"during/{number % 7}", body(str(number), 70 * KIB))
            store.put(f"before/{number % 40}", body(str(number % 40), 70 * KIB if number % 2 else 2000))
            if number % 10 == 0:
                store.pfs.prune(Keep())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backup(folder, tmp_path / "copy")
    finally:
        stop.set()
        writer.join()
    store.pfs.prune(Keep())
    copy = tmp_path / "copy"
    assert check(copy).problems == []
    assert copy.stat().st_mode & 0o777 == 0o700
    restored = open_store(copy)
    for number in range(40):
        found = restored.read(f"before/{number}")
        assert found == body(str(number), len(found))
        assert found
    restored.put("on", b"on")
    restored.pfs.close()


def test_a_backup_copies_where_it_cannot_link(store, folder, tmp_path, monkeypatch):
    store.put("a", LARGE)

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert "1 as copies" in backup(folder, tmp_path / "copy")
    shutil.rmtree(folder / "objects")
    restored = open_store(tmp_path / "copy")
    assert restored.read("a") == LARGE
    restored.pfs.close()


def test_a_backup_tells_what_is_missing_and_has_the_rest(store, folder, tmp_path):
    store.put("a", LARGE)
    for path in objects(folder):
        path.unlink()
    store.put("b", LARGE)
    with pytest.raises(CorruptData, match="1 files were missing"):
        backup(folder, tmp_path / "copy")
    restored = open_store(tmp_path / "copy")
    assert restored.read("b") == LARGE
    restored.pfs.close()


def test_a_backup_goes_to_a_new_folder_alone(store, folder, tmp_path):
    with pytest.raises(PFSError, match="choose a new folder"):
        backup(folder, folder)
    with pytest.raises(PFSError, match="choose a folder of its own"):
        backup(folder, folder / "copy")
    with pytest.raises(PFSError, match=r"no pfs\.sqlite"):
        backup(tmp_path / "nothing", tmp_path / "copy")


# --- the folder ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o277])
def test_nobody_else_may_look_into_the_folder(tmp_path, mask):
    before = os.umask(mask)
    try:
        store = open_store(tmp_path / "x" / "data", "power")
        store.put("a", LARGE)
        store.put("b", b"small")
    finally:
        os.umask(before)
    folder = tmp_path / "x" / "data"
    for path in [folder, *folder.rglob("*")]:
        expected = 0o700 if path.is_dir() else 0o600
        assert path.stat().st_mode & 0o777 == expected, path
    store.pfs.close()


def test_a_folder_of_others_stays_as_open_as_it_is(tmp_path):
    (tmp_path / "theirs").write_text("theirs")
    tmp_path.chmod(0o755)
    for _ in range(2):  # also where there is a PFS in it
        open_store(tmp_path).pfs.close()
        assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "pfs.sqlite").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 12 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "s3gw-test", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("size", [30 * KIB, 300 * KIB])
def test_a_full_disk_takes_deletes_and_serves_again_when_there_is_room(small_disk, caplog, size):
    store = open_store(small_disk / "data")
    other = Branch("repo", "other")
    store.pfs.create_branch(other)
    Store(store.pfs, other).put("x", LARGE)
    (small_disk / "ballast").write_bytes(bytes(4 << 20))
    number = 0
    with pytest.raises(NoSpace):  # noqa: PT012 - somewhere on the way
        for number in range(1000):
            store.put(str(number), os.urandom(size))
    for _ in range(5):
        with pytest.raises(NoSpace, match="full"):
            store.put("more", os.urandom(300 * KIB))
    assert "are free" in caplog.text
    assert store.paths() == sorted(map(str, range(number)))
    store.pfs.close()
    with contextlib.suppress(OSError):
        (small_disk / "more").write_bytes(bytes(12 << 20))
    store = open_store(small_disk / "data")
    for path in store.paths()[: number // 2]:
        store.delete(path)
    assert len(store.paths()) == number - number // 2
    store.pfs.delete_branch(other, with_files=True)
    for name in ("ballast", "more"):
        (small_disk / name).unlink()
    eventually(lambda: _takes(store))
    assert store.read("again") == b"again"
    store.pfs.close()
    store = open_store(small_disk / "data")
    assert len(store.paths()) == number - number // 2 + 1
    assert check(small_disk / "data").problems == []
    store.pfs.close()


def _takes(store: Store) -> bool:
    with contextlib.suppress(NoSpace):
        store.put("again", b"again")
        return True
    return False


def test_what_was_compared_is_remembered_for_a_while_unless_the_file_changes(tmp_path):
    now = 0.0
    seen = Seen(lambda: now)
    path = tmp_path / "a"
    path.write_bytes(b"a")
    seen.of("a", path.stat(), 3)[1] = 1
    assert list(seen.of("a", path.stat(), 3)) == [0, 1, 0]
    now = 601.0
    assert list(seen.of("a", path.stat(), 3)) == [0, 0, 0]
    seen.of("a", path.stat(), 3)[0] = 1
    os.utime(path, ns=(1, 1))
    assert list(seen.of("a", path.stat(), 3)) == [0, 0, 0]
    seen.of("b", path.stat(), 3)[0] = 1
    seen.of("huge", path.stat(), 1 << 23)
    assert list(seen.of("b", path.stat(), 3)) == [0, 0, 0]


def test_what_goes_while_a_folder_is_walked_stops_nobody(tmp_path):
    """A check and a prune walk the contents while a gateway removes some of them."""
    for number in range(3):
        (tmp_path / f"session/{number}").mkdir(parents=True)
        (tmp_path / f"session/{number}/{number}").touch()
    walk = files_below(tmp_path)
    assert next(walk).parent.parent == tmp_path / "session"
    shutil.rmtree(tmp_path / "session")
    assert list(walk) == []
