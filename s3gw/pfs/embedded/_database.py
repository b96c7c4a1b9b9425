"""The SQLite file of an embedded PFS: its tables, its connections, one writer at a time.

A *line* is the linear history of a branch. ``file`` holds what is live at its head, ``history``
what was: a version is part of the commits ``since <= num < until``. So a listing of HEAD never
wades through dead versions, and a past commit stays readable.
"""

from __future__ import annotations

import fcntl
import functools
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from s3gw.pfs.embedded._durability import SharedSync
from s3gw.pfs.interface import PFSError, TooSlow, Unavailable, WouldWait

FORMAT = 1

_TABLES = """
CREATE TABLE repo (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,            -- times are microseconds since 1970, UTC
    UNIQUE (project, name)
);
CREATE TABLE branch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo INTEGER NOT NULL REFERENCES repo,
    name TEXT NOT NULL,
    line INTEGER NOT NULL UNIQUE,
    head INTEGER NOT NULL,
    UNIQUE (repo, name)
);
CREATE TABLE provenance (
    branch INTEGER NOT NULL REFERENCES branch,
    upstream INTEGER NOT NULL REFERENCES branch,
    PRIMARY KEY (branch, upstream)
) WITHOUT ROWID;
CREATE INDEX subvenance ON provenance (upstream);
CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, dropped INTEGER NOT NULL DEFAULT 0);
CREATE INDEX dropped_line ON line (id) WHERE dropped;
CREATE TABLE commits (
    num INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    line INTEGER NOT NULL,
    finished INTEGER NOT NULL
);
CREATE INDEX line_commits ON commits (line);
CREATE TABLE file (
    line INTEGER NOT NULL,
    path TEXT NOT NULL,
    since INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    md5 BLOB NOT NULL,
    content,                             -- NULL: empty; INTEGER: a row of blob; TEXT: a file
    PRIMARY KEY (line, path)
) WITHOUT ROWID;
CREATE TABLE history (
    line INTEGER NOT NULL,
    path TEXT NOT NULL,
    until INTEGER NOT NULL,
    since INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    md5 BLOB NOT NULL,
    content,
    PRIMARY KEY (line, path, until)
) WITHOUT ROWID;
CREATE INDEX history_until ON history (line, until);
CREATE TABLE blob (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE large (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""


# PERF: pages of the log (of 4 KiB) before it goes into the database, which whoever commits then waits for.
_LOG_PAGES = 8000


# How long statements wait for a lock that another process holds.
_TIMEOUT_S = 60

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Unusable(PFSError):
    """The folder cannot be served; the message says what to do."""


class NewerFormat(Unusable):
    """The folder was written by a newer version."""


class _HasDatabase(Protocol):
    @property
    def _database(self) -> Database: ...


Owner = TypeVar("Owner", bound=_HasDatabase)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def telling(
    method: Callable[Concatenate[Owner, Arguments], Result],
) -> Callable[Concatenate[Owner, Arguments], Result]:
    """Let a method raise a `PFSError` where SQLite fails."""

    @functools.wraps(method)
    def told(owner: Owner, /, *arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            return method(owner, *arguments, **options)
        except sqlite3.Error as error:
            raise owner._database.told(error) from error

    return told


class Database:
    """Connections to the database of `folder`: one for each thread that reads, one that writes."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self._path = folder / "pfs.sqlite"
        self._durable = durable
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._sync: SharedSync | None = None
        self._lock = threading.Lock()
        try:
            self._lock_file = os.open(folder / "write.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise Unusable(f"{folder} cannot be written: {error.strerror}") from error
        try:
            with self.exclusive():  # two that make a new database WAL at once would lock each other out
                self._writer = self._connect()
                self._writer.execute("PRAGMA journal_mode=WAL")
            with self.writing() as connection:
                self._prepare(connection)
            if durable:
                self._sync = SharedSync(self._path)
        except (sqlite3.Error, OSError) as error:
            os.close(self._lock_file)
            raise Unusable(f"{self._path} cannot be used: {error}") from error
        except NewerFormat:
            self._writer.close()
            os.close(self._lock_file)
            raise

    def _connect(self, timeout_s: float = _TIMEOUT_S) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            isolation_level=None,
            check_same_thread=False,
            timeout=timeout_s,
            cached_statements=256,
        )
        try:
            # the log is synced when it goes into the database; before that `SharedSync` does it
            connection.execute(f"PRAGMA synchronous={'NORMAL' if self._durable else 'OFF'}")
            connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
            connection.execute("PRAGMA cache_size=-16384")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found > FORMAT:
            raise NewerFormat(
                f"{self._path} was written by a newer s3gw (format {found}, this one knows {FORMAT}): "
                "upgrade s3gw, or serve another folder"
            )
        if found == 0:
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={FORMAT}")

    @property
    def reader(self) -> sqlite3.Connection:
        """This thread's connection for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect(0 if self._may_not_wait() else _TIMEOUT_S)
            connection.execute("PRAGMA query_only=1")
            self._local.connection = connection
            with self._lock:
                self._readers.append(connection)
        return connection

    def forbid_waiting(self) -> None:
        """Let statements of this thread's reader fail at once where they would wait for a lock."""
        self._local.may_not_wait = True
        if hasattr(self._local, "connection"):
            self.reader.execute("PRAGMA busy_timeout=0")

    def _may_not_wait(self) -> bool:
        return hasattr(self._local, "may_not_wait")

    def told(self, error: sqlite3.Error) -> PFSError:
        """Say what an error of SQLite comes to for those who know PFS alone."""
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BUSY:
            return Unavailable(f"The embedded PFS cannot be used: {error}")
        if self._may_not_wait():
            return WouldWait(f"The embedded PFS is locked: {error}")
        return TooSlow(f"The embedded PFS was locked for too long: {error}")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection, in a transaction: all its statements see one state."""
        connection = self.reader
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("COMMIT")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other processes out; one thread of this one at a time.

        The lock of a file wakes those who wait at once, where SQLite's own waiting polls.
        """
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the writer in a transaction of its own: durable when the ``with`` is left.

        One thread of this process at a time.
        """
        number = None
        with self.exclusive():
            before = self._writer.total_changes
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
                if self._sync is not None and self._writer.total_changes > before:
                    number = self._sync.count()
            except BaseException:
                if self._writer.in_transaction:  # SQLite ends it by itself when the disk is full
                    self._writer.execute("ROLLBACK")
                raise
        if self._sync is not None and number is not None:
            self._sync.wait(number)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for connection in [*self._readers, self._writer]:
                connection.close()
            self._readers.clear()
        if self._sync is not None:
            self._sync.close()
        os.close(self._lock_file)
