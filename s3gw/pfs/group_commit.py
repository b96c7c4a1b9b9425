"""Group commit: what arrives while a commit is being made goes into the next one together.

Nothing waits when it is quiet: the first thread that comes leads and makes its own commit, then hands
the lead to the first of those that came meanwhile.

Where a commit takes much longer than a request, writers that come again as soon as they are answered would
fall apart into two crowds, of which one always waits for the other. So there a leader may wait a moment for
those that were in the group before; it never does for a writer that is alone.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

Work = TypeVar("Work")
Result = TypeVar("Result")


# Writers that come again do so one behind the other: where none has come for this part of the time that the
# last group took, no more of them will.
_PAUSE = 0.1


class Member(Generic[Work, Result]):
    """One piece of work of a group; whoever makes the commit sets `result` or `error`."""

    def __init__(self, work: Work, weight: int) -> None:
        self.work = work
        self.weight = weight
        self.result: Result | None = None
        self.error: BaseException | None = None
        self._woken = threading.Lock()  # PERF: released once; an event takes ten times as long to make
        self._woken.acquire()
        self._leads = False


class GroupCommit(Generic[Work, Result]):
    """Hands work to `perform` in groups, one group at a time.

    Args:
        perform: Does the work of a group. What it raises is the error of every member that has
            neither a result nor an error yet.
        most: Members of a group; bounds how long the first waits for the last.
        heaviest: The sum of the weights of a group; a single member may weigh more.
        patience: What part of the time of the last group a leader may wait for its members to come again.
    """

    def __init__(
        self,
        perform: Callable[[list[Member[Work, Result]]], None],
        *,
        most: int = 256,
        heaviest: int = 1 << 62,
        patience: float = 0.0,
    ) -> None:
        self._patience = patience
        # How many were there at the end of the last group, in it and behind it, and what it took.
        self._crowd = 0
        self._took_s = 0.0
        self._perform = perform
        self._most = most
        self._heaviest = heaviest
        self._lock = threading.Lock()
        self._came = threading.Condition(self._lock)
        self._queue: deque[Member[Work, Result]] = deque()
        self._busy = False

    def run(self, work: Work, weight: int = 0) -> Result:
        """Have `work` done in a group; raise what became of it otherwise."""
        (member,) = self.run_all([(work, weight)])
        if member.error is not None:
            raise member.error
        return cast("Result", member.result)

    def run_all(self, works: Sequence[tuple[Work, int]]) -> list[Member[Work, Result]]:
        """Have several pieces of work done, each with its weight, as if they had come at once."""
        members = [Member[Work, Result](work, weight) for work, weight in works]
        if not members:
            return []
        with self._lock:
            self._queue.extend(members)
            self._came.notify()
            members[0]._leads = not self._busy
            self._busy = True
        for member in members:
            # it is woken when its group is done, or because the next group begins with it: then this
            # thread leads that group, and so itself
            if not member._leads:
                member._woken.acquire()
            if member._leads:
                self._lead()
        return members

    def run_at_once(self, works: Sequence[tuple[Work, int]]) -> list[Member[Work, Result]] | None:
        """Have them done by the calling thread, as a group; None where others come before it."""
        members = [Member[Work, Result](work, weight) for work, weight in works]
        with self._lock:
            if self._busy:
                return None
            self._busy = True
        self._do(members)
        return members

    def run_alone(self, works: Sequence[tuple[Work, int]]) -> list[Member[Work, Result]]:
        """Have them done by the calling thread, which sees to it that no other group is done meanwhile."""
        members = [Member[Work, Result](work, weight) for work, weight in works]
        self._try(members)
        return members

    def _try(self, group: list[Member[Work, Result]]) -> None:
        """Do the work of a group."""
        try:
            self._perform(group)
        except BaseException as error:
            for member in group:
                if member.result is None:
                    member.error = member.error or error

    def _lead(self) -> None:
        """Do the work of what waits now."""
        with self._lock:
            self._gather()
            group = self._take()
        self._do(group)

    def _do(self, group: list[Member[Work, Result]]) -> None:
        """Do the work of a group, then hand the lead to the first of what came meanwhile."""
        began = time.monotonic()
        self._try(group)
        with self._lock:
            self._crowd, self._took_s = len(group) + len(self._queue), time.monotonic() - began
            following = self._queue[0] if self._queue else None
            self._busy = following is not None
            if following is not None:
                following._leads = True
        for member in group[1:] if following is None else [following, *group[1:]]:
            member._woken.release()

    def _gather(self) -> None:
        """Wait until all are there again that were there before, or until nobody comes any more."""
        left_s = self._patience * self._took_s
        while left_s > 0 and len(self._queue) < min(self._crowd, self._most):
            began = time.monotonic()
            if not self._came.wait(min(left_s, _PAUSE * self._took_s)):
                return
            left_s -= time.monotonic() - began

    def _take(self) -> list[Member[Work, Result]]:
        group = [self._queue.popleft()]
        weight = group[0].weight
        while self._queue and len(group) < self._most:
            weight += self._queue[0].weight
            if weight > self._heaviest:
                break
            group.append(self._queue.popleft())
        return group
