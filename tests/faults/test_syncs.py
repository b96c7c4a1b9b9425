"""How often the disk is asked to keep what it was given."""

from __future__ import annotations

from tests.faults.strace import count_calls, needs_strace

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
