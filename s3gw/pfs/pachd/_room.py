"""Room for what pachd sends: memory does not grow with the number of bodies, nor with slow readers.

pachd sends bodies in messages of 19 MiB, and gRPC hands over whole ones: while one arrives it takes
memory, then until its last byte has gone out. With a reader for each of 64 connections that would be
more than a gigabyte. So few arrive at a time, and of those that have arrived few stay in memory: the
others wait for their readers in temporary files, so that nobody waits for another one's slow reader.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol, cast

from s3gw.pfs.interface import CorruptData, TooSlow

# Blocks in which a message is handed on, and the largest message that is not worth counting.
BLOCK = 256 * 1024

# What pachd puts into one message.
MESSAGE = 19 * 1024 * 1024

# Messages that arrive at a time, and that wait in memory for their readers: one of each. gRPC copies one
# twice when it is complete, so that it takes 60 MiB for a moment. PERF: two at a time are no faster.
_ARRIVING = MESSAGE
_HELD = MESSAGE

# Where one takes longer than that to arrive, up to so many may arrive beside it.
_PATIENCE_S = 1.0
_SLOW = 3 * MESSAGE

# After so many bytes glibc is asked for what gRPC has freed; less often within one that is alone. PERF: what
# its next message needs anyway comes back from the system page by page, a sixth of the time of 256 MiB.
_TRIM_EVERY = MESSAGE // 2
_TRIM_ALONE = 8 * MESSAGE

# mallopt's, of malloc.h; larger blocks come from the system, each for itself.
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE_BLOCK = 1024 * 1024
_ARENAS = 2

_log = logging.getLogger(__name__)


class Held(Protocol):
    """A message that waits for its reader."""

    def blocks(self) -> Iterator[bytes]:
        """Give its bytes; it is gone behind the last ones."""
        ...

    def close(self) -> None:
        """Release what it takes; again is no error."""
        ...


class Room:
    """The memory of a process for messages; safe to use from many threads.

    Args:
        arriving: Bytes of messages that arrive at a time.
        slow: The same while they arrive slowly.
        held: Bytes of messages that wait in memory.
    """

    def __init__(self, arriving: int = _ARRIVING, slow: int = _SLOW, held: int = _HELD) -> None:
        self._arriving = _Share(arriving, slow)
        self._held = _Share(held, held)
        self._memory = _Memory()
        self._has_told = False
        self._lock = threading.Lock()
        self._bodies = 0

    @contextmanager
    def arrival(self, size: int, limit_s: float) -> Iterator[None]:
        """Receive a message within the ``with``; `TooSlow` where there is no room for so long."""
        if size <= BLOCK:
            yield
            return
        self._arriving.take(size, limit_s)
        try:
            yield
        finally:
            self._arriving.give(size)
            self._memory.give_back(size, _TRIM_ALONE if self._bodies <= 1 else _TRIM_EVERY)

    def begin(self) -> None:
        """A body begins."""
        with self._lock:
            self._bodies += 1

    def end(self) -> None:
        """A body has ended, and what it took is given back."""
        with self._lock:
            self._bodies -= 1
        self._memory.give_back(0, _TRIM_EVERY)

    def hold(self, message: memoryview, spool: Spool, limit_s: float) -> Held:
        """Keep a message for its reader: in memory while there is room, else in the spool.

        Where nothing can be written to that, it waits for room: `TooSlow` after the limit.
        """
        size = len(message)
        if size <= BLOCK:
            return _InMemory(message, lambda: None)
        if not self._held.try_take(size):
            try:
                return spool.hold(message)
            except OSError as error:
                if not self._has_told:
                    self._has_told = True
                    _log.warning("readers of large objects wait for each other: no temporary file: %s", error)
            self._held.take(size, limit_s)
        return _InMemory(message, lambda: self._held.give(size))


class Spool:
    """The temporary file of one body, made when it is needed; holds one message at a time."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None
        # Whoever closes it may be another thread than the one that reads, and descriptors are used again.
        self._lock = threading.Lock()

    def hold(self, message: memoryview) -> Held:
        """Write a message over the one before. Raise `OSError`."""
        if self._file is None:
            self._file = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115
        written = 0
        while written < len(message):
            written += os.pwrite(self._file.fileno(), message[written:], written)
        return _InFile(self, len(message))

    def read(self, offset: int, size: int) -> bytes:
        """Read from the message that is held. Raise `CorruptData`."""
        with self._lock:
            if self._file is None or self._file.closed:
                raise CorruptData("The body was closed while it was read.")
            try:
                data = os.pread(self._file.fileno(), size, offset)
            except OSError as error:
                raise CorruptData(f"A temporary file cannot be read: {error}") from error
        if len(data) < size:
            raise CorruptData("A temporary file holds less than was written to it.")
        return data

    def close(self) -> None:
        """Remove the file; again is no error."""
        with self._lock:
            if self._file is not None:
                self._file.close()


class _InMemory:
    def __init__(self, message: memoryview, release: Callable[[], None]) -> None:
        self._message: memoryview | None = message
        self._release = release

    def blocks(self) -> Iterator[bytes]:
        size = len(self._message or b"")
        for begin in range(0, size, BLOCK):
            message = self._message
            if message is None:
                raise CorruptData("The body was closed while it was read.")
            block = bytes(message[begin : begin + BLOCK])
            del message
            if begin + BLOCK >= size:
                self.close()  # the last block may wait for its reader too
            yield block

    def close(self) -> None:
        if self._message is not None:
            self._message = None
            self._release()

    def __del__(self) -> None:
        self.close()


class _InFile:
    def __init__(self, spool: Spool, size: int) -> None:
        self._spool = spool
        self._size = size

    def blocks(self) -> Iterator[bytes]:
        for begin in range(0, self._size, BLOCK):
            yield self._spool.read(begin, min(BLOCK, self._size - begin))

    def close(self) -> None:
        """The file is its spool's."""


class _Share:
    """So many bytes for all, and up to `at_most` for whoever has waited for a while."""

    def __init__(self, most: int, at_most: int) -> None:
        self._most = most
        self._at_most = at_most
        self._taken = 0
        self._changed = threading.Condition()
        # Whoever is next: what needs much is not passed by for ever by what needs little.
        self._turn = threading.Lock()

    def try_take(self, size: int) -> bool:
        with self._changed:
            return self._take(size, self._most)

    def _take(self, size: int, most: int) -> bool:
        if self._taken + size > most:
            return False
        self._taken += size
        return True

    def take(self, size: int, limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        if self._turn.acquire(timeout=limit_s):
            try:
                with self._changed:
                    left_s = deadline - time.monotonic()
                    if self._changed.wait_for(lambda: self._take(size, self._most), min(_PATIENCE_S, left_s)):
                        return
                    left_s = deadline - time.monotonic()
                    if self._changed.wait_for(lambda: self._take(size, self._at_most), left_s):
                        return
            finally:
                self._turn.release()
        raise TooSlow(f"There was no room for a message of pachd within {limit_s:.0f} s.")

    def give(self, size: int) -> None:
        with self._changed:
            self._taken -= size
            self._changed.notify_all()


class _Memory:
    """Gives what gRPC has freed back to the system, where the C library is glibc.

    By itself glibc keeps it: large blocks once it has learned from the first message that such are
    worth keeping, small ones in an arena for each thread.
    """

    def __init__(self) -> None:
        self._trim: Callable[[int], int] | None = None
        self._lock = threading.Lock()
        self._freed = 0
        with contextlib.suppress(AttributeError, OSError):  # another C library has no such settings
            library = ctypes.CDLL(None)
            library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)
            library.mallopt(_M_ARENA_MAX, _ARENAS)
            self._trim = library.malloc_trim

    def give_back(self, size: int, enough: int) -> None:
        with self._lock:
            self._freed += size
            if self._trim is None or self._freed < enough:
                return
            self._freed = 0
        self._trim(0)
