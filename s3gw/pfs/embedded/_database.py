"""The SQLite file of an embedded PFS: its connections, one writer at a time.

What the disk holds is known at any time, also after it has failed:

* SQLite brings a transaction to the disk within its COMMIT, before any reader sees it
  (``synchronous=FULL``). Where that fails the transaction is undone; its frames in the log, which a
  later recovery would take for good, are written over at once. That is also what makes the next
  sync mean something: the kernel tells a failed one once, and takes the pages for clean then.
* Pages go from the log into the database in checkpoints of our own. Where one fails, nobody knows
  which pages of earlier ones the kernel has dropped; the log still has them all. So the index of the
  log is made invalid: whoever comes next recovers it from the disk, and brings over every page anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import logging
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, Protocol, TypeVar

from s3gw.pfs.embedded._folder import close_to_others, open_file, uri_of
from s3gw.pfs.embedded._space import Space
from s3gw.pfs.embedded._tables import FORMAT, steps
from s3gw.pfs.interface import CorruptData, PFSError, TooSlow, Unavailable, WouldWait

# PERF: pages of the log (of 4 KiB) before it goes into the database, which whoever commits then waits for.
_LOG_PAGES = 8000
# On a disk that is nearly full it may not become longer than what the reserve can take over.
_FEW_LOG_PAGES = 256
_LOG_BYTES = 2 * _LOG_PAGES * 4096

# Pages that a row which is written changes, as a rule: its own and one of an index.
_PAGES_OF_A_ROW = 2

# How long statements wait for a lock that another process holds.
_TIMEOUT_S = 60
_SHORT_MS = 100
_PAUSE_S = 0.01

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

# Turns a bit of the first copy of the index's header (https://www.sqlite.org/walformat.html, 2.1). In a
# process of its own: to close the file would release what locks this one holds on it.
_INVALIDATE = """
import os, sys
index = os.open(sys.argv[1], os.O_RDWR)
byte = os.pread(index, 1, 8)[0]
os.pwrite(index, bytes([byte ^ 1]), 8)
"""

_log = logging.getLogger(__name__)


class Unusable(PFSError):
    """The folder cannot be served; the message says what to do."""


class NewerFormat(Unusable):
    """The folder was written by a newer version."""


def check_is_there(folder: Path) -> None:
    """Raise `Unusable` where a folder holds no PFS."""
    if not (folder / "pfs.sqlite").is_file():
        raise Unusable(f"{folder} holds no embedded PFS (there is no pfs.sqlite in it)")


def _code(error: Exception) -> int:
    """Give the primary code of an error of SQLite, 0 of another one."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _format_of(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    return int(found)


def refuse_newer(path: Path, connection: sqlite3.Connection) -> int:
    """Give the format of a database, 0 where it is empty. Raise `NewerFormat`."""
    found = _format_of(connection)
    if found > FORMAT:
        raise NewerFormat(
            f"{path} was written by a newer s3gw (format {found}, this one knows {FORMAT}): "
            "upgrade s3gw, or serve another folder"
        )
    return found


class _HasDatabase(Protocol):
    @property
    def _database(self) -> Database: ...


Owner = TypeVar("Owner", bound=_HasDatabase)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def telling(
    method: Callable[Concatenate[Owner, Arguments], Result],
) -> Callable[Concatenate[Owner, Arguments], Result]:
    """Let a method raise a `PFSError` where SQLite or the system fails."""

    @functools.wraps(method)
    def told(owner: Owner, /, *arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        try:
            return method(owner, *arguments, **options)
        except (sqlite3.Error, OSError) as error:
            raise owner._database.told(error) from error

    return told


class Database:
    """Connections to the database of `folder`: one for each thread that reads, one that writes.

    Attributes:
        found: The format that it had when it was opened; 0 where it was made.

    Args:
        folder: Is there.
        durable: Whether a transaction is on the disk when it is done.
        space: Tells a full disk from one that fails.
    """

    def __init__(self, folder: Path, *, durable: bool, space: Space) -> None:
        self._path = folder / "pfs.sqlite"
        self._name = str(self._path)  # PERF: looked at before each write, in half the time of the path
        self._is_gone = False
        self._is_prepared = False
        self._durable = durable
        self._space = space
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._lock_path = folder / "write.lock"
        self._log_pages = 0
        self._looks_at = _FEW_LOG_PAGES
        self._log_stays = False
        self._is_due = False  # to bring the log into the database
        try:
            self._lock_file = open_file(self._lock_path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise Unusable(f"{folder} cannot be written: {error.strerror}") from error
        try:
            with self.exclusive():  # two that make a new database WAL at once would lock each other out
                if not self._path.exists():
                    os.close(open_file(self._path, os.O_RDWR | os.O_CREAT))
                close_to_others(*(self._path.with_name(f"pfs.sqlite{end}") for end in ("", "-wal", "-shm")))
                self._is = self._look()
                self._writer = self._connect()
                self._writer.execute("PRAGMA auto_vacuum=INCREMENTAL")
                (mode,) = self._writer.execute("PRAGMA journal_mode=WAL").fetchone()
                if mode != "wal":
                    raise sqlite3.OperationalError("SQLite cannot keep its log there")
            with self.writing() as connection:
                self._prepare(connection)
            self._is_prepared = True
            self._writer.execute("PRAGMA busy_timeout=0")
        except (sqlite3.Error, OSError, NewerFormat) as error:
            if hasattr(self, "_writer"):
                self._writer.close()
            os.close(self._lock_file)
            if isinstance(error, NewerFormat):
                raise
            raise Unusable(f"{self._path} cannot be used: {error}") from error

    def _look(self) -> tuple[int, int]:
        state = os.stat(self._name)
        return state.st_dev, state.st_ino

    def check(self) -> None:
        """Raise `Unavailable` where the database is not that which was opened: writes would go nowhere."""
        with contextlib.suppress(OSError):
            if self._look() == self._is:
                self._is_gone = False
                return
        if not self._is_gone:
            self._is_gone = True
            _log.error("%s was removed or replaced: put it back, or restart s3gw", self._name)
        raise Unavailable("The folder of the embedded PFS was removed or replaced while it was served.")

    def check_format(self) -> None:
        """Raise `Unavailable` where another version has brought the database to a newer format meanwhile."""
        self._check_format(self.reader)

    def _check_format(self, connection: sqlite3.Connection) -> None:
        if _format_of(connection) != FORMAT:
            raise Unavailable("The embedded PFS was brought over by a newer s3gw: this one must be updated.")

    def _connect(self, timeout_s: float = _TIMEOUT_S) -> sqlite3.Connection:
        self.check()
        connection = sqlite3.connect(
            uri_of(self._path, "rw"),
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=timeout_s,
            cached_statements=256,
        )
        try:
            connection.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'OFF'}")
            connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")
            connection.execute("PRAGMA cache_size=-16384")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        self.found = found = refuse_newer(self._path, connection)
        if found < FORMAT:
            if found:
                _log.warning(
                    "%s is brought from format %d to %d, which takes seconds for each million commits",
                    self._path, found, FORMAT,
                )  # fmt: skip
            for statement in steps(self.found):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={FORMAT}")

    @property
    def reader(self) -> sqlite3.Connection:
        """This thread's connection for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect(0 if self.may_not_wait() else _TIMEOUT_S)
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

    def may_not_wait(self) -> bool:
        """Tell whether `forbid_waiting` was called in this thread."""
        return hasattr(self._local, "may_not_wait")

    def told(self, error: sqlite3.Error | OSError) -> PFSError:
        """Say what an error of SQLite or of the system comes to for those who know PFS alone."""
        refusal = self._space.refusal(error)
        if refusal is not None:
            return refusal
        code = _code(error)
        if code in _DAMAGED:
            return CorruptData(f"The database of the embedded PFS is damaged, run s3gw check: {error}")
        if code not in _BUSY:
            return Unavailable(f"The embedded PFS cannot be used: {error}")
        if self.may_not_wait():
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
        """Keep other threads and processes out. Raise `WouldWait` in a thread that must not wait.

        The lock of a file wakes those who wait at once, where SQLite's own waiting polls. A thread that keeps
        them out already goes on.
        """
        if self.is_alone():
            yield
            return
        waits = not self.may_not_wait()
        if not self._writing.acquire(blocking=waits):
            raise WouldWait("Another thread writes.")
        try:
            self._lock_out(waits=waits)
            self._local.is_alone = True
            try:
                yield
            finally:
                self._local.is_alone = False
                self._unlock()
        finally:
            self._writing.release()

    def is_alone(self) -> bool:
        """Tell whether this thread is within `exclusive`."""
        return getattr(self._local, "is_alone", False)

    def _lock_out(self, *, waits: bool) -> None:
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WouldWait("Another process writes.") from error

    def _unlock(self) -> None:
        """Release the lock, whatever the system says: what was done under it is done."""
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)
        except OSError:
            with contextlib.suppress(OSError):
                fresh = open_file(self._lock_path, os.O_RDWR | os.O_CREAT)
                os.close(self._lock_file)
                self._lock_file = fresh

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the writer in a transaction of its own: durable when the ``with`` is left.

        What fails is undone, as if it had not been. A thread that must not wait brings nothing from the log
        into the database: when that is due, it is told `WouldWait`.
        """
        if self._is_due and self.may_not_wait():
            raise WouldWait("The log is to be brought into the database first.")
        with self.exclusive():
            before = self._writer.total_changes
            self._begin()
            try:
                if self._is_prepared:
                    self._check_format(self._writer)
                yield self._writer
                self._commit()
            except BaseException:
                if self._writer.in_transaction:  # SQLite ends it by itself when the disk is full
                    self._writer.execute("ROLLBACK")
                raise
            self._log_pages += 1 + _PAGES_OF_A_ROW * (self._writer.total_changes - before)
            if self._log_pages > self._looks_at:
                self._looks_at = self._log_pages + _FEW_LOG_PAGES
                self._is_due = self._is_due or self._log_pages > _LOG_PAGES or self._space.is_scarce()
            if self._is_due and not self.may_not_wait():
                self.checkpoint()

    def _begin(self) -> None:
        """Begin to write. Nobody of ours does meanwhile, but others may: a person with SQLite's own tool."""
        deadline = time.monotonic() + _TIMEOUT_S
        while True:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if _code(error) not in _BUSY or self.may_not_wait() or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_S)
            else:
                return

    def note_bytes(self, size: int) -> None:
        """Tell how many bytes a transaction writes beside its rows."""
        self._log_pages += size >> 12

    def _commit(self) -> None:
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            if _code(error) != sqlite3.SQLITE_FULL:
                _log.warning("%s: the disk fails, a commit is undone: %s", self._path, error)
            with contextlib.suppress(sqlite3.Error):
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                # a frame of another transaction in the place of its first one
                self._writer.execute(f"PRAGMA user_version={_format_of(self._writer)}")
            raise

    def shorten_log(self) -> None:
        """Bring the whole log over and give its space back, unless somebody reads what is old."""
        with self.exclusive(), self._patient(_SHORT_MS):
            self.checkpoint("TRUNCATE")

    def rewrite(self) -> None:
        """Write the database anew, without its free pages; whoever writes waits for it."""
        with self.exclusive(), self._patient(1000 * _TIMEOUT_S):
            self._writer.execute("PRAGMA auto_vacuum=INCREMENTAL")
            self._writer.execute("VACUUM")
            self.checkpoint()

    @contextmanager
    def _patient(self, milliseconds: int) -> Iterator[None]:
        """Let statements of the writer wait for locks, which they do not otherwise: see `_begin`."""
        self._writer.execute(f"PRAGMA busy_timeout={milliseconds}")
        try:
            yield
        finally:
            self._writer.execute("PRAGMA busy_timeout=0")

    def make_room(self) -> None:
        """Let the log begin anew, in the room that it has."""
        with contextlib.suppress(OSError), self.exclusive():
            self.checkpoint()

    def checkpoint(self, mode: Literal["PASSIVE", "TRUNCATE"] = "PASSIVE") -> None:
        """Bring pages from the log into the database, while other processes are kept out."""
        self._is_due = False
        if self._log_stays:
            return
        try:
            _, frames, moved = self._writer.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
            self._log_pages = max(0, frames - moved)
            self._looks_at = self._log_pages + _FEW_LOG_PAGES
        except sqlite3.Error as error:
            self._log_pages = 0
            if _code(error) == sqlite3.SQLITE_IOERR:  # else the log stays as it is, and is tried again
                _log.warning("%s: the disk fails, the log is recovered from it: %s", self._path, error)
                self._distrust()

    def _distrust(self) -> None:
        """Let whoever comes next, in any process, recover the index of the log from the disk."""
        command = [sys.executable, "-I", "-S", "-c", _INVALIDATE, f"{self._path}-shm"]
        try:
            subprocess.run(command, check=True, timeout=_TIMEOUT_S)  # noqa: S603 - it is our own
        except (OSError, subprocess.SubprocessError) as error:
            self._log_stays = True
            _log.error("%s: the log stays as it is until s3gw is restarted: %s", self._path, error)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for connection in [*self._readers, self._writer]:
                connection.close()
            self._readers.clear()
        os.close(self._lock_file)
