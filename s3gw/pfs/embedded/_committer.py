"""Group commit: what arrives while a transaction runs goes into the next one together.

There is no timer and nothing waits when it is quiet: the first thread that comes leads, does its
own work in a transaction, and hands the lead to the first of those that came meanwhile. A
transaction costs one fsync, be it for one change or for a hundred.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from s3gw.pfs.embedded._database import Database
from s3gw.pfs.interface import Unavailable

Result = TypeVar("Result")

# Bounds how long the first of a group waits for the last.
_GROUP = 256


class _Member(Generic[Result]):
    def __init__(self, work: Callable[[sqlite3.Connection], Result]) -> None:
        self.work = work
        self.woken = threading.Event()
        self.leads = False
        self.result: Result | None = None
        self.error: BaseException | None = None


class Committer:
    """Runs pieces of work, each all or nothing, in shared transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._queue: deque[_Member[object]] = deque()
        self._busy = False

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in a transaction; it is durable when this returns.

        What `work` raises undoes it alone, and is raised here.
        """
        member = _Member(work)
        with self._lock:
            self._queue.append(cast("_Member[object]", member))
            member.leads = not self._busy
            self._busy = True
        if not member.leads:
            member.woken.wait()
        if member.leads:
            self._lead()
        if member.error is not None:
            raise member.error
        return cast("Result", member.result)

    def _lead(self) -> None:
        with self._lock:
            group = [self._queue.popleft() for _ in range(min(_GROUP, len(self._queue)))]
        try:
            with self._database.writing() as connection:
                for member in group:
                    _attempt(member, connection)
        except BaseException as error:
            for member in group:
                member.error = member.error or _broken(error)
        with self._lock:
            following = self._queue[0] if self._queue else None
            self._busy = following is not None
            if following is not None:
                following.leads = True
        for member in group[1:] if following is None else [following, *group[1:]]:
            member.woken.set()


def _attempt(member: _Member[object], connection: sqlite3.Connection) -> None:
    """Do the work of one member; what it raises undoes that work alone."""
    connection.execute("SAVEPOINT member")
    try:
        member.result = member.work(connection)
    except Exception as error:
        member.error = _broken(error)
        connection.execute("ROLLBACK TO member")
    connection.execute("RELEASE member")


def _broken(error: BaseException) -> BaseException:
    """Say that the disk or the database failed; anything else is what the work itself raised."""
    if isinstance(error, sqlite3.Error | OSError):
        broken = Unavailable(f"The embedded PFS cannot write: {error}")
        broken.__cause__ = error
        return broken
    return error
