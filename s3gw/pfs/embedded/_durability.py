"""One fsync for what several processes have committed.

SQLite's WAL is a log: whoever brings it to the disk brings all transactions before his own along.
So a transaction is committed without an fsync, and then waits for one that began after it: its own,
or that of another process. Readers may see it a moment earlier; nobody is told that it is done.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from pathlib import Path

# Transactions committed, and how many of them are known to be on the disk. Both only grow, and
# what counts is the difference, so that whatever a crash has left of them is right.
_COUNTS = struct.Struct("=QQ")
_SYNCED_AT = 8


class SharedSync:
    """Brings the log of `database` to the disk; one thread of this process at a time.

    To be made when the log is there.
    """

    def __init__(self, database: Path) -> None:
        self._log = os.open(f"{database}-wal", os.O_RDONLY | os.O_CLOEXEC)
        self._file = os.open(database.parent / "sync.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if os.fstat(self._file).st_size < _COUNTS.size:
            os.ftruncate(self._file, _COUNTS.size)
        self._counts = mmap.mmap(self._file, _COUNTS.size)
        os.fdatasync(self._log)
        sync_folder(database.parent)

    def count(self) -> int:
        """Number a transaction; to be called before the next one can be committed."""
        committed, _ = _COUNTS.unpack_from(self._counts)
        struct.pack_into("=Q", self._counts, 0, committed + 1)
        return int(committed) + 1

    def wait(self, number: int) -> None:
        """Return when transaction `number` is on the disk."""
        if self._is_synced(number):
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            if not self._is_synced(number):
                committed, _ = _COUNTS.unpack_from(self._counts)
                os.fdatasync(self._log)
                struct.pack_into("=Q", self._counts, _SYNCED_AT, committed)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _is_synced(self, number: int) -> bool:
        return int(_COUNTS.unpack_from(self._counts)[1]) >= number

    def close(self) -> None:
        """Let go of the files."""
        self._counts.close()
        os.close(self._file)
        os.close(self._log)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
