"""How often the disk is asked to keep what it was given."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
from pathlib import Path

import pytest

from s3gw.pfs.embedded import EmbeddedPFS, check
from s3gw.pfs.embedded._tables import FORMAT
from s3gw.pfs.interface import Branch
from tests.faults.strace import count_calls, needs_strace, run_traced

pytestmark = needs_strace

PROGRAM = """
import os, sys
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Put

pfs = EmbeddedPFS(Path(sys.argv[1]), sys.argv[2])
branch = Branch("r", "b")
pfs.create_branch(branch)

def put(name):
    staging = pfs.stage(branch, name)
    staging.write(b"x")
    return Put(name, staging.finish())

edits = [put(str(number)) for number in range(99)]
os.write(1, b"mark")
pfs.change_all([(branch, [edit]) for edit in edits])
for number in range(int(sys.argv[3])):
    pfs.change(branch, [put("more")])
os.write(1, b"mark")
pfs.close()
"""

SYNCS = "fsync,fdatasync"


def test_a_batch_of_changes_costs_one_sync_and_each_change_its_own(tmp_path):
    assert len(count_calls(PROGRAM, SYNCS, str(tmp_path / "a"), "power", "0")) == 1
    assert len(count_calls(PROGRAM, SYNCS, str(tmp_path / "b"), "power", "5")) == 6


def test_what_is_to_survive_the_process_alone_is_not_synced(tmp_path):
    assert count_calls(PROGRAM, SYNCS, str(tmp_path), "process", "5") == []


CHECKPOINT = """
import logging, os, struct, sys
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Put

logging.basicConfig(stream=sys.stdout, format="log %(message)s")
pfs = EmbeddedPFS(Path(sys.argv[1]))
branch = Branch("r", "b")
pfs.create_branch(branch)

def put(name):
    staging = pfs.stage(branch, name)
    staging.write(name.encode() * 10000)
    pfs.change(branch, [Put(name, staging.finish())])

def backfilled():
    index = os.open(sys.argv[1] + "/pfs.sqlite-shm", os.O_RDONLY)
    return struct.unpack("=I", os.pread(index, 4, 96))[0]

for number in range(20):
    put(str(number))
pfs._database.make_room()
snapshot = pfs.snapshot(branch)
assert len(snapshot.list_files().files) == 20
print("backfilled", backfilled(), flush=True)
for number in range(20, 40):
    put(str(number))
pfs._database.make_room()
print("backfilled", backfilled() > 0, flush=True)
for file in pfs.snapshot(branch).list_files().files:
    assert b"".join(pfs.snapshot(branch).read_file(file)) == file.path.encode() * 10000
os._exit(0)
"""


def run_checkpoint(folder: Path, failing: int) -> subprocess.CompletedProcess[str]:
    """Run it; one sync of the database itself fails, the first two of which make it."""
    folder.mkdir()
    database = folder / "pfs.sqlite"
    database.touch()
    strace = ["-qq", "-o", str(folder.parent / "strace"), "-P", str(database), "-e", "trace=fdatasync,fsync"]
    strace += ["-e", f"inject=fdatasync,fsync:error=EIO:when={failing}"]
    return run_traced(strace, CHECKPOINT, str(folder))


def test_a_checkpoint_that_fails_is_made_anew_from_the_whole_log(tmp_path):
    """What the kernel took for written is written again."""
    done = run_checkpoint(tmp_path / "data", 3)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("backfilled")] == ["backfilled 0", "backfilled True"]
    assert len([line for line in lines if line.startswith("log") and "the disk fails" in line]) == 1
    assert check(tmp_path / "data").problems == []


@pytest.mark.parametrize("failing", [1, 2])
def test_a_first_start_on_a_failing_disk_is_refused_and_made_good_by_the_next(tmp_path, failing):
    done = run_checkpoint(tmp_path / "data", failing)
    assert "Unusable" in done.stderr
    pfs = EmbeddedPFS(tmp_path / "data")
    pfs.create_branch(Branch("r", "b"))
    pfs.close()
    assert check(tmp_path / "data").problems == []


BROUGHT_OVER = """
import sys
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS

EmbeddedPFS(Path(sys.argv[1])).close()
"""


def format_of(folder: Path) -> tuple[int, bool]:
    """Give the format that a folder says it has, and whether its tables are those of format 3."""
    with contextlib.closing(sqlite3.connect(folder / "pfs.sqlite")) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        columns = [row[1] for row in database.execute("PRAGMA table_info(branch)")]
    return version, "head" in columns


@pytest.mark.parametrize("nth", range(1, 6))
def test_a_folder_that_cannot_be_brought_over_stays_what_it_was(tmp_path, nth):
    dump = Path(__file__).parents[1].joinpath("contract", "format_3.sql").read_text()
    with contextlib.closing(sqlite3.connect(tmp_path / "pfs.sqlite")) as database:
        database.executescript(dump)
    run_traced(
        ["-o", "/dev/null", "-e", f"inject=fdatasync:error=EIO:when={nth}"], BROUGHT_OVER, str(tmp_path)
    )
    assert format_of(tmp_path) in [(3, True), (FORMAT, False)]
    EmbeddedPFS(tmp_path).close()
    assert format_of(tmp_path) == (FORMAT, False)
    assert check(tmp_path).problems == []
