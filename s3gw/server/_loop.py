"""An event loop whose turn costs what happened, not what is open.

What is watched stays registered as it is, and is asked again what it wants when something happened
to it: an event, or what a thread has done and announces.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections import deque
from typing import Protocol

READ, WRITE = select.EPOLLIN, select.EPOLLOUT
_BOTH = READ | WRITE


class Watched(Protocol):
    """What a loop watches.

    Attributes:
        descriptor: Of its socket, for as long as it is watched.
    """

    descriptor: int

    def interest(self) -> int:
        """Tell what it waits for: `READ`, `WRITE`, both, or 0."""
        ...

    def ready(self, events: int) -> None:
        """Take note that it can be read from or written to."""
        ...

    def advance(self) -> None:
        """Go on with what a thread has left to the loop."""
        ...


class _Bell:
    """Wakes a loop.

    Attributes:
        descriptor: See `Watched`.
    """

    def __init__(self) -> None:
        self.descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def interest(self) -> int:
        """Always wait for it."""
        return READ

    def advance(self) -> None:
        """There is nothing to go on with."""

    def ready(self, _events: int) -> None:
        """Stop ringing."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.descriptor)

    def ring(self) -> None:
        """Wake the loop; from any thread."""
        os.eventfd_write(self.descriptor, 1)


class Loop:
    """Watches descriptors; all but `announce`, `wake`, `reads` and `in_thread` is for its own thread.

    PERF: epoll itself, since the module selectors takes 3 us a turn to be there for all systems.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._members: dict[int, Watched] = {}
        self._watched: dict[int, int] = {}
        self._announced: deque[Watched] = deque()
        self._awake = True
        self._owner = threading.get_ident()
        self._bell = _Bell()
        self.add(self._bell)

    def add(self, member: Watched) -> None:
        """Watch it from now on."""
        self._members[member.descriptor] = member
        self._settle(member)

    def remove(self, member: Watched) -> None:
        """Watch it no more; it is still open."""
        if self._members.get(member.descriptor) is member:
            del self._members[member.descriptor]
            self._watch(member, 0)

    def close(self) -> None:
        """Release its own descriptors."""
        self._epoll.close()
        os.close(self._bell.descriptor)

    def in_thread(self) -> bool:
        """Tell whether this is the loop's thread."""
        return threading.get_ident() == self._owner

    def wake(self) -> None:
        """Let the loop go on at once; from any thread, and from a signal's handler."""
        self._bell.ring()

    def announce(self, member: Watched) -> None:
        """Have a member `advance`, and asked anew what it wants; from any thread."""
        self._announced.append(member)
        if not self._awake and not self.in_thread():
            self._awake = True
            self.wake()

    def reads(self, member: Watched) -> bool:
        """Tell whether a member will be told when there is something to be read; from any thread."""
        return self._watched.get(member.descriptor) == READ

    def turn(self, timeout_s: float) -> None:
        """Handle what happens next."""
        self._awake = False
        events = self._epoll.poll(0.0 if self._announced else timeout_s)
        self._awake = True
        # at once: what happens to one may close another, and its descriptor be given to a third
        happened = [(self._members[descriptor], event) for descriptor, event in events]
        for _ in range(len(self._announced)):  # those that announce themselves again come after the others
            member = self._announced.popleft()
            if self._holds(member):
                member.advance()
                self._settle(member)
        for member, event in happened:
            if not self._holds(member):  # closed by what happened before
                continue
            # an error and an end are told to whatever it waits for
            served = member.interest() & (event if event | _BOTH == _BOTH else _BOTH)
            if served:
                member.ready(served)
            self._settle(member, keep=served & READ)

    def _holds(self, member: Watched) -> bool:
        return self._members.get(member.descriptor) is member

    def _settle(self, member: Watched, keep: int = 0) -> None:
        """Watch for what a member wants, and for `keep` where it is watched for.

        PERF: one that is busy stays watched for reading, since most clients wait for their answer;
        only when more arrives is it left out, until whoever serves it announces the end.

        It is asked until it wants what is watched for: whoever serves it does not announce the end
        while `reads` holds, and may have ended between the question and the change.
        """
        while self._holds(member):
            watched = self._watched.get(member.descriptor, 0)
            wanted = member.interest() | (watched & keep)
            if wanted == watched:
                return
            self._watch(member, wanted)

    def _watch(self, member: Watched, wanted: int) -> None:
        descriptor = member.descriptor
        watched = self._watched.pop(descriptor, 0)
        if wanted:
            self._watched[descriptor] = wanted
        if not watched and wanted:
            self._epoll.register(descriptor, wanted)
        elif watched and not wanted:
            self._epoll.unregister(descriptor)
        elif watched != wanted:
            self._epoll.modify(descriptor, wanted)
