"""The lane of small writes: those of many connections that wait together are made together.

PERF: each would take a thread, which costs more than the write: with 32 connections PUTs of 1 KiB are
2 x as many. There is no timer: what comes while a batch is being made is the next one.

A client that is alone is served by the loop itself, where that is quick: the way to a thread and back takes
90 us of the 400 that a PUT takes in all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from s3gw.http.application import Application, Unfinished
from s3gw.pfs.interface import WouldWait
from s3gw.quickness import Quickness
from s3gw.server._logging import Lines

if TYPE_CHECKING:
    from s3gw.server._connection import Connection

# The first of a batch waits for the last.
_MOST = 256

# How long writes may take for the loop to make them. On a disk that stalls it would be taken for one that
# hangs, and its worker be killed; the next one then has them made by its thread until it knows better.
_QUICK_S = 0.002

_ENDS_S = 1.0

# A connection, and what was begun of its request, if anything was.
_Waiting = tuple["Connection", Unfinished[Any] | None]


class WriteLane:
    """A thread that serves the requests of connections whose bodies are here."""

    def __init__(self, application: Application) -> None:
        self._application = application
        # PERF: a semaphore is Python, and to wake the thread by one takes as long as to read a request
        self._waiting: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._quickness = Quickness(_QUICK_S)
        self._lines = Lines()
        self._thread = threading.Thread(target=self._run, name="writes", daemon=True)
        self._thread.start()

    def add(self, connections: list[Connection]) -> None:
        """Serve the request of each of these connections."""
        self._waiting.put([(connection, None) for connection in connections])

    def serve_at_once(self, connection: Connection, lines: Lines) -> None:
        """Serve the request of a connection that is alone in the calling thread, which must not wait long."""
        if not self._quickness:
            self.add([connection])
            return
        call = connection.begin(lines)
        if call is not None:
            try:
                self._finish([(connection, call)], lines)
            except WouldWait:
                self._waiting.put([(connection, call)])

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

    def _serve(self, batch: Sequence[_Waiting]) -> None:
        begun = [
            (connection, call)
            for connection, waiting in batch
            if (call := waiting or connection.begin(self._lines)) is not None
        ]
        self._finish(begun, self._lines)
        self._lines.write()

    def _finish(self, begun: Sequence[tuple[Connection, Unfinished[Any]]], lines: Lines) -> None:
        began = time.monotonic()
        try:
            answers = self._application.finish([call for _, call in begun])
        except WouldWait:
            raise
        except Exception:
            for connection, _ in begun:
                connection.fail()
            return
        self._quickness.note(time.monotonic() - began)
        for (connection, _), answer in zip(begun, answers, strict=True):
            connection.answer(answer, lines)

    def shutdown(self) -> None:
        """End the thread, once it has written its last line of the log."""
        self._waiting.put(None)
        self._thread.join(_ENDS_S)
