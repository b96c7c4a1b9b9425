"""Lines on standard error; whatever becomes of them, nobody waits for it and nothing fails with it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import stat
import threading
import time
from collections import deque
from functools import lru_cache

_STDERR = 2

# A reader that pauses loses nothing up to this; one that is gone costs no more.
_HELD_BYTES = 1024 * 1024

# Characters; more than any message but a few tracebacks has.
_LONGEST = 16 * 1024


class _Sink:
    """Standard error, without waiting for it."""

    def __init__(self) -> None:
        self._descriptor = _STDERR
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._dropped = 0
        self._lock = threading.Lock()

    def reopen(self) -> None:
        """Write to a pipe by a description of its own, which alone does not block."""
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(_STDERR).st_mode):
                flags = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC
                self._descriptor = os.open(f"/proc/self/fd/{_STDERR}", flags)

    def write(self, line: bytes) -> None:
        """Write a line, or hold it where the reader is slow."""
        if not self._held:  # PERF: nearly always; lines of this length are never mixed up in a pipe
            try:
                written = os.write(self._descriptor, line)
            except BlockingIOError:
                written = 0
            except OSError:  # closed, its reader gone, no room on the disk: there is nobody to tell
                return
            if written == len(line):
                return
            line = line[written:]
        with self._lock:
            if self._held_bytes + len(line) > _HELD_BYTES:
                self._dropped += line.count(b"\n")
            else:
                self._held.append(line)
                self._held_bytes += len(line)
            self._flush()

    def flush(self) -> bool:
        """Write what is held; false when some of it must wait."""
        if not self._held:
            return True
        with self._lock:
            return self._flush()

    def _flush(self) -> bool:
        while self._held:
            line = self._held[0]
            try:
                written = os.write(self._descriptor, line)
            except BlockingIOError:
                return False
            except OSError:
                written = len(line)
            self._held_bytes -= written
            if written < len(line):
                self._held[0] = line[written:]
                continue
            self._held.popleft()
            if self._dropped and not self._held:
                told, self._dropped = self._dropped, 0
                self._held.append(
                    f"{instant(time.time())} WARNING {told} lines of the log are lost\n".encode()
                )
                self._held_bytes += len(self._held[0])
        return True


_sink = _Sink()
_format = "text"


def configure(log_format: str) -> None:
    """Choose ``text`` or ``json`` for this process and those forked from it."""
    global _format  # noqa: PLW0603 - a process has one standard error
    _format = log_format
    _sink.reopen()
    logging.basicConfig(level=logging.INFO, handlers=[_Handler()], force=True)
    # waitress counts queued requests as trouble; here they are everyday business
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def is_json() -> bool:
    """Tell whether lines are JSON."""
    return _format == "json"


def write_line(line: str) -> None:
    """Write a line, or lose it where nobody reads."""
    _sink.write(_encoded(line))


def _encoded(line: str) -> bytes:
    return f"{line}\n".encode(errors="backslashreplace")


class Lines:
    """Lines that one thread writes together, when it has done what they tell of.

    PERF: a system call for all requests of a turn.
    """

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, line: str) -> None:
        """Have a line written by the next `write` at the latest."""
        data = _encoded(line)
        if self._size + len(data) > select.PIPE_BUF:  # more could be mixed up with what others write
            self.write()
        self._lines.append(data)
        self._size += len(data)

    def write(self) -> None:
        """Write what has been added."""
        if self._lines:
            _sink.write(b"".join(self._lines))
            self._lines.clear()
            self._size = 0


def flush() -> None:
    """Write what a slow reader has left."""
    _sink.flush()


def flush_at_end() -> None:
    """Give a slow reader a last second."""
    deadline = time.monotonic() + 1.0
    while not _sink.flush() and (left_s := deadline - time.monotonic()) > 0:
        with contextlib.suppress(OSError):
            poll = select.poll()
            poll.register(_STDERR, select.POLLOUT)
            poll.poll(left_s * 1000)


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            write_line(self._line(record))

    def _line(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        text = text[:_LONGEST]
        now = instant(record.created)
        if is_json():
            return json.dumps({"time": now, "level": record.levelname, "message": text})
        return f"{now} {record.levelname} {text}"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def instant(seconds: float) -> str:
    """Write a time in UTC, from seconds since 1970."""
    return f"{_second(int(seconds))}.{int(seconds * 1000) % 1000:03d}Z"
