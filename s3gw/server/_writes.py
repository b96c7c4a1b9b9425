"""The lane of small writes: those of many connections that wait together are made together.

PERF: each would take a thread, which costs more than the write: with 32 connections PUTs of 1 KiB are
2 x as many. There is no timer: what comes while a batch is being made, or waits for the writers of another
process, is the next one. That is looked for once more when its turn has come: a commit is made for all of it.

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
from s3gw.http.layout import Response
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
_Begun = tuple["Connection", Unfinished[Any]]


class WriteLane:
    """A thread that serves the requests of connections whose bodies are here."""

    def __init__(self, application: Application) -> None:
        self._application = application
        # PERF: a semaphore is Python, and to wake the thread by one takes as long as to read a request
        self._waiting: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._quickness = Quickness(_QUICK_S)
        self._lines = Lines()
        self._ends = False
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
        if call is None:
            return
        try:
            (answer,) = self._make([(connection, call)])
        except WouldWait:
            self._waiting.put([(connection, call)])
        except Exception:
            connection.fail()
        else:
            connection.answer(answer, lines)

    def _run(self) -> None:
        while not self._ends and (waiting := self._waiting.get()) is not None:
            begun: list[_Begun] = []
            self._begin(waiting, begun)
            self._begin_what_waits(begun)
            if begun:
                self._serve(begun)
            self._lines.write()

    def _begin(self, waiting: Sequence[_Waiting], begun: list[_Begun]) -> None:
        for connection, was_begun in waiting:
            call = was_begun or connection.begin(self._lines)
            if call is not None:
                begun.append((connection, call))

    def _begin_what_waits(self, begun: list[_Begun]) -> None:
        """Begin what waits, as far as there is room for it in a batch."""
        while len(begun) < _MOST and not self._ends:
            try:
                waiting = self._waiting.get_nowait()
            except Empty:
                return
            self._ends = waiting is None
            self._begin(waiting or [], begun)

    def _serve(self, begun: list[_Begun]) -> None:
        """Make the changes of a batch, and of what has come while others wrote, and answer them."""
        try:
            with self._application.turn():
                self._begin_what_waits(begun)
                answers = self._make(begun)
        except Exception:
            for connection, _ in begun:
                connection.fail()
            return
        for (connection, _), answer in zip(begun, answers, strict=True):
            connection.answer(answer, self._lines)

    def _make(self, begun: Sequence[_Begun]) -> list[Response]:
        """Make the changes of requests; their answers. Raise `WouldWait`."""
        began = time.monotonic()
        answers = self._application.finish([call for _, call in begun])
        self._quickness.note(time.monotonic() - began)
        return answers

    def shutdown(self) -> None:
        """End the thread, once it has written its last line of the log."""
        self._waiting.put(None)
        self._thread.join(_ENDS_S)
