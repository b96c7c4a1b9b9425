"""waitress's connections on a loop whose turn costs what happened, not what is open.

waitress asks every connection before each turn whether it wants to read or to write. Here a
connection stays registered as it is, and is asked again when something happened to it: an event, or
what a thread has done and announces.
"""

from __future__ import annotations

import selectors
import threading
from collections import deque
from typing import Any

from waitress import wasyncore

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Loop(dict[int, Any]):
    """The map of a waitress server, descriptor -> dispatcher, that watches what is in it."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = selectors.DefaultSelector()
        self._watched: dict[int, int] = {}
        self._changed: deque[Any] = deque()
        self._trigger: Any = None
        self._awake = True
        self.thread = threading.get_ident()

    def __setitem__(self, descriptor: int, dispatcher: Any) -> None:
        super().__setitem__(descriptor, dispatcher)
        self._watch(descriptor, dispatcher, _READ)

    def __delitem__(self, descriptor: int) -> None:
        super().__delitem__(descriptor)
        self._watch(descriptor, None, 0)

    def _watch(self, descriptor: int, dispatcher: Any, wanted: int) -> None:
        watched = self._watched.pop(descriptor, 0)
        if wanted:
            self._watched[descriptor] = wanted
        if wanted == watched:
            return
        if not watched:
            self._selector.register(descriptor, wanted, dispatcher)
        elif not wanted:
            self._selector.unregister(descriptor)
        else:
            self._selector.modify(descriptor, wanted, dispatcher)

    def wakes_by(self, trigger: Any) -> None:
        """Be woken by waitress's `trigger`."""
        self._trigger = trigger

    def in_thread(self) -> bool:
        """Tell whether this is the loop's thread."""
        return threading.get_ident() == self.thread

    def wake(self) -> None:
        """Let the loop go on at once; from any thread, and from a signal's handler."""
        self._trigger.pull_trigger()

    def announce(self, dispatcher: Any) -> None:
        """Have a dispatcher asked anew what it wants; from any thread."""
        self._changed.append(dispatcher)
        if not self._awake and not self.in_thread():
            self._awake = True
            self.wake()

    def turn(self, timeout_s: float) -> None:
        """Handle what happens next."""
        self._awake = False
        if self._changed:
            timeout_s = 0.0
        happened = self._selector.select(timeout_s)
        self._awake = True
        while self._changed:
            self._settle(self._changed.popleft())
        for key, mask in happened:
            dispatcher: Any = key.data
            if not self._holds(dispatcher):  # closed by what happened before
                continue
            reads = bool(mask & _READ) and dispatcher.readable()
            if reads:
                wasyncore.read(dispatcher)
            if mask & _WRITE and dispatcher.writable():
                wasyncore.write(dispatcher)
            self._settle(dispatcher, keep=_READ if reads else 0)

    def _holds(self, dispatcher: Any) -> bool:
        return self.get(dispatcher._fileno) is dispatcher

    def _settle(self, dispatcher: Any, keep: int = 0) -> None:
        """Watch for what a dispatcher wants, and for `keep` where it is watched for.

        PERF: one that is busy stays registered for reading, since most clients wait for their
        answer; only when more arrives is it left out, until whoever serves it announces the end.
        """
        descriptor = dispatcher._fileno
        while self._holds(dispatcher):
            watched = self._watched.get(descriptor, 0)
            wanted = (_READ if dispatcher.readable() else 0) | (_WRITE if dispatcher.writable() else 0)
            wanted |= watched & keep
            if wanted == watched:  # also what a thread has changed since
                return
            self._watch(descriptor, dispatcher, wanted)

    def reads(self, dispatcher: Any) -> bool:
        """Tell whether a dispatcher will be read from when there is something; from any thread."""
        return self._watched.get(dispatcher._fileno) == _READ
