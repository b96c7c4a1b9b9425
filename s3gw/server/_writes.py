"""The lane of small writes: those of many connections that wait together are made together.

PERF: each would take a thread, which costs more than the write: with 32 connections PUTs of 1 KiB are
2 x as many. There is no timer: what comes while a batch is being made is the next one.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from s3gw.http.application import Application

if TYPE_CHECKING:
    from s3gw.server._connection import Connection

# The first of a batch waits for the last.
_MOST = 256


class WriteLane:
    """A thread that serves the requests of connections whose bodies are here."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._waiting: deque[Connection] = deque()
        self._some = threading.Semaphore(0)
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="writes", daemon=True)
        self._thread.start()

    def add(self, connections: list[Connection]) -> None:
        """Serve the request of each of these connections."""
        self._waiting.extend(connections)
        self._some.release()

    def _run(self) -> None:
        while True:
            self._some.acquire()
            if self._ends:
                return
            while batch := [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]:
                self._serve(batch)

    def _serve(self, connections: list[Connection]) -> None:
        begun = [(connection, call) for connection in connections if (call := connection.begin()) is not None]
        try:
            answers = self._application.finish([call for _, call in begun])
        except Exception:
            for connection, _ in begun:
                connection.fail()
            return
        for (connection, _), answer in zip(begun, answers, strict=True):
            connection.answer(answer)

    def shutdown(self) -> None:
        """End the thread."""
        self._ends = True
        self._some.release()
