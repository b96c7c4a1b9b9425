"""The lane of small writes: those of many connections that wait together are made together.

PERF: each would take a thread, which costs more than the write: with 32 connections PUTs of 1 KiB are
2 x as many. There is no timer: what comes while a batch is being made is the next one.
"""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from s3gw.http.application import Application
from s3gw.server._logging import Lines

if TYPE_CHECKING:
    from s3gw.server._connection import Connection

# The first of a batch waits for the last.
_MOST = 256

_ENDS_S = 1.0


class WriteLane:
    """A thread that serves the requests of connections whose bodies are here."""

    def __init__(self, application: Application) -> None:
        self._application = application
        # PERF: a semaphore is Python, and to wake the thread by one takes as long as to read a request
        self._waiting: SimpleQueue[list[Connection] | None] = SimpleQueue()
        self._lines = Lines()
        self._thread = threading.Thread(target=self._run, name="writes", daemon=True)
        self._thread.start()

    def add(self, connections: list[Connection]) -> None:
        """Serve the request of each of these connections."""
        self._waiting.put(connections)

    def _run(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            batch = list(waiting)
            ends = False
            while len(batch) < _MOST and not ends:
                try:
                    more = self._waiting.get_nowait()
                except Empty:
                    break
                ends = more is None
                batch += more or []
            self._serve(batch)
            if ends:
                return

    def _serve(self, connections: list[Connection]) -> None:
        begun = [
            (connection, call)
            for connection in connections
            if (call := connection.begin(self._lines)) is not None
        ]
        try:
            answers = self._application.finish([call for _, call in begun])
        except Exception:
            for connection, _ in begun:
                connection.fail()
        else:
            for (connection, _), answer in zip(begun, answers, strict=True):
                connection.answer(answer, self._lines)
        self._lines.write()

    def shutdown(self) -> None:
        """End the thread, once it has written its last line of the log."""
        self._waiting.put(None)
        self._thread.join(_ENDS_S)
