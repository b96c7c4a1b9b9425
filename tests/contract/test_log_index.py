"""What is remembered of an embedded PFS until something is committed, by anybody."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest

from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.embedded._log_index import LogIndex
from s3gw.pfs.interface import BranchNotFound
from tests.contract.test_embedded import BRANCH, open_store
from tests.serving import environment

_OTHER = """
import sys
from pathlib import Path
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch
pfs = EmbeddedPFS(Path(sys.argv[1]), "process")
pfs.create_branch(Branch("other", "master"))
pfs.close()
"""

# Who holds the lock that every connection to a database in this mode has on the index of its log.
_HOLDER = """
import fcntl, os, struct, sys
request = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 128, 1, 0)
with open(sys.argv[1], "r+b") as index:
    found = struct.unpack("hhqqi4x", fcntl.fcntl(index, fcntl.F_GETLK, request))
print(0 if found[0] == fcntl.F_UNLCK else found[4])
"""


def run(program: str, *arguments: object) -> str:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60, env=environment()
    ).stdout.strip()


def test_a_state_is_that_of_the_last_commit_of_any_process(tmp_path):
    store, second = open_store(tmp_path), open_store(tmp_path)
    states = [store.pfs.state(BRANCH)]
    for writer in (store, second, store):
        writer.put("a", b"%d" % len(states))
        states.append(store.pfs.state(BRANCH))
        assert second.pfs.state(BRANCH) == states[-1] == store.pfs.state(BRANCH)
    assert len(set(states)) == 4
    run(_OTHER, tmp_path)
    assert store.pfs.state(BRANCH) == states[-1]
    store.pfs.delete_branch(BRANCH, with_files=True)
    for pfs in (store.pfs, second.pfs):
        with pytest.raises(BranchNotFound):
            pfs.state(BRANCH)
        pfs.close()


def test_nothing_that_was_found_outlives_a_commit(tmp_path):
    store = open_store(tmp_path)
    index = LogIndex(tmp_path / "pfs.sqlite")
    index.found()["key"] = "value"
    assert index.found() == {"key": "value"}
    late = index.found()
    run(_OTHER, tmp_path)
    assert index.found() == {}
    late["key"] = "of the state before"
    assert index.found() == {}
    store.pfs._database.shorten_log()
    index.found()["key"] = "value"
    store.put("a", b"")
    assert index.found() == {}
    store.pfs.close()
    index.close()


def test_locks_of_sqlite_are_held_until_the_last_one_closes(tmp_path):
    """To close a file releases what locks its process holds on it, whoever has taken them."""
    first, second = EmbeddedPFS(tmp_path, "process"), EmbeddedPFS(tmp_path, "process")
    holders = [run(_HOLDER, tmp_path / "pfs.sqlite-shm")]
    first.close()
    holders.append(run(_HOLDER, tmp_path / "pfs.sqlite-shm"))
    assert holders[0] == holders[1] != "0"
    second.close()
    third = open_store(tmp_path)
    third.put("a", b"b")
    assert third.read("a") == b"b"
    third.pfs.close()


@pytest.mark.parametrize("content", [None, b"", struct.pack("=I", 3007001) + bytes(100)])
def test_an_index_that_is_unknown_remembers_nothing(tmp_path, content):
    if content is not None:
        (tmp_path / "pfs.sqlite-shm").write_bytes(content)
    index = LogIndex(tmp_path / "pfs.sqlite")
    index.found()["key"] = "value"
    assert index.found() == {}
    index.close()
