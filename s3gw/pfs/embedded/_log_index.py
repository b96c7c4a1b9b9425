"""The index of SQLite's log, as far as it tells that nothing was committed since one looked last.

It is a file that all connections to a database share in memory; each transaction, in whichever process,
changes its header before its COMMIT is over (https://www.sqlite.org/walformat.html, section 2.1).
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

# The first of two copies of the header. It ends with checksums of itself and of all frames, and is written
# after the other copy: what is read meanwhile is like none that was there before.
_HEADER = 48
_VERSION = 3007000
_LONG = struct.Struct("=I")

# Values that are remembered at a time.
_MOST = 4096


@dataclass
class _Mapping:
    """The header of one file in memory, and how many use it in this process."""

    file: int
    memory: mmap.mmap
    users: int = 0


@dataclass(frozen=True)
class _State:
    """What was found out of a state of the database, by the header that it had before."""

    header: bytes
    found: dict[Any, Any] = field(default_factory=dict)


class LogIndex:
    """Remembers what was found out of a database for as long as nothing is committed.

    PERF: to look at the header takes a quarter of a microsecond, where a statement takes ten: two locks of
    files and the tables that it reads. Those who ask for states of branches ask for little else.

    Args:
        database: Of which there is a connection, which has read, from now until `close`.
    """

    # NOTE: to close a file releases the locks that SQLite holds on it in this process, so that it is closed
    # behind the last connection of the last that uses it.
    _mappings: ClassVar[dict[tuple[int, int], _Mapping]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, database: Path) -> None:
        self._state = _State(b"")
        self._key, self._memory = self._map(Path(f"{database}-shm"))

    @classmethod
    def _map(cls, path: Path) -> tuple[tuple[int, int] | None, mmap.mmap | None]:
        """Map it, once in this process; nothing where it is of another version, or not in a file."""
        with cls._lock:
            try:
                status = path.stat()
                key = status.st_dev, status.st_ino
                mapping = cls._mappings.get(key)
                if mapping is None:
                    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                    memory = mmap.mmap(file, _HEADER, prot=mmap.PROT_READ)  # else the file stays open
                    mapping = cls._mappings[key] = _Mapping(file, memory)
            except (OSError, ValueError):
                return None, None
            mapping.users += 1
            is_known = _LONG.unpack_from(mapping.memory)[0] == _VERSION
        return key, mapping.memory if is_known else None

    def found(self) -> dict[Any, Any]:
        """Give what was found out since the last commit, for more to be added that is found out now.

        Whoever adds to it has asked for it before he read anything.
        """
        if self._memory is None:
            return {}
        header, state = self._memory[:_HEADER], self._state
        if header != state.header or len(state.found) > _MOST:
            state = self._state = _State(header)
        return state.found

    def close(self) -> None:
        """Let the file go; the connections of whoever calls it are closed."""
        self._memory = None
        with self._lock:
            mapping = None if self._key is None else self._mappings[self._key]
            if mapping is not None and self._key is not None:
                mapping.users -= 1
                if not mapping.users:
                    del self._mappings[self._key]
                    mapping.memory.close()
                    os.close(mapping.file)
            self._key = None
