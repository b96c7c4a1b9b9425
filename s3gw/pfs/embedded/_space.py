"""Room on the disk: a reserve of it, so that a full disk can still be emptied."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sqlite3
import time
from pathlib import Path

from s3gw.pfs.embedded._folder import open_file
from s3gw.pfs.interface import NoSpace

# Bytes of the reserve: room to bring the log over, and for what deletes write; on a small disk a part of it.
_RESERVE = 8 * 1024 * 1024
_PART = 8

_SCARCE = 128 * 1024 * 1024

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LINE_EVERY_S = 10.0
_QUIET_S = 1.0

_log = logging.getLogger(__name__)


class Space:
    """The reserve of a folder, which all processes that serve it share.

    While it is spent nothing is written but deletes; it is made again when there is room for twice
    as much.

    Attributes:
        refuses: Whether a write has been refused, and none was taken since.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "reserve"
        self._name = str(self._path)  # PERF: looked at before each write, in half the time of the path
        self._told_s = -_LINE_EVERY_S
        self._refused_s = 0.0
        self.refuses = False

    def is_there(self) -> bool:
        """Tell whether the reserve is whole, or can be made again, unless that is for want of room."""
        try:
            os.stat(self._name)
        except OSError:
            return self._make()
        return True

    def note_taken(self) -> None:
        """Tell in the log that a write has found room, where the last one that did not is a while ago."""
        if time.monotonic() - self._refused_s > _QUIET_S:
            self.refuses = False
            _log.warning("%s: there is room again: writes are taken", self._folder)

    def _make(self) -> bool:
        try:
            state = os.statvfs(self._folder)
            size = min(_RESERVE, state.f_blocks * state.f_frsize // _PART)
            if state.f_bavail * state.f_frsize < 2 * size:
                return False
            file = open_file(self._path, os.O_WRONLY | os.O_CREAT)
            try:
                os.posix_fallocate(file, 0, size)
            finally:
                os.close(file)
        except OSError as error:
            self.spend()
            return error.errno not in _FULL
        return True

    def is_scarce(self) -> bool:
        """Tell whether the disk is nearly full."""
        with contextlib.suppress(OSError):
            state = os.statvfs(self._folder)
            return state.f_bavail * state.f_frsize < _SCARCE
        return False

    def spend(self) -> None:
        """Give the reserve away."""
        with contextlib.suppress(OSError):
            self._path.unlink()

    def refusal(self, error: Exception | None = None) -> NoSpace | None:
        """Make the error of a write that finds no room, and log it; None where `error` is no such."""
        if error is not None and not self._means_full(error):
            return None
        self.refuses = True
        self._refused_s = now = time.monotonic()
        if now - self._told_s >= _LINE_EVERY_S:
            self._told_s = now
            _log.warning(
                "%s: there is no room for a write, only deletes are taken: %s",
                self._folder,
                self._free() or error,
            )
        refusal = NoSpace("The disk of the server is full: delete objects, or ask for more room.")
        refusal.__cause__ = error
        return refusal

    def _free(self) -> str:
        with contextlib.suppress(OSError):
            state = os.statvfs(self._folder)
            free, all_ = (count * state.f_frsize >> 10 for count in (state.f_bavail, state.f_blocks))
            return f"{free:,} KiB of {all_:,} KiB are free"
        return ""

    def _means_full(self, error: Exception) -> bool:
        if isinstance(error, OSError):
            return error.errno in _FULL
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", 0)
            # SQLite knows ENOSPC of a write alone, not a quota, nor what a sync finds
            return code & 0xFF == sqlite3.SQLITE_FULL or (
                code & 0xFF == sqlite3.SQLITE_IOERR and self.is_full()
            )
        return False

    def is_full(self) -> bool:
        """Try whether the disk takes a page more."""
        probe = self._folder / f"probe-{os.getpid()}"
        try:
            file = open_file(probe, os.O_WRONLY | os.O_CREAT)
            try:
                os.posix_fallocate(file, 0, 64 * 1024)
            finally:
                os.close(file)
        except OSError as error:
            return error.errno in _FULL
        finally:
            with contextlib.suppress(OSError):
                probe.unlink()
        return False
