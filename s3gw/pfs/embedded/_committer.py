"""Group commit for SQLite: a transaction costs one fsync, be it for one change or for a hundred."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from s3gw.pfs.embedded._database import Database
from s3gw.pfs.group_commit import GroupCommit, Member
from s3gw.pfs.interface import Unavailable

Result = TypeVar("Result")

_Work = Callable[[sqlite3.Connection], Any]


class Committer:
    """Runs pieces of work, each all or nothing, in shared transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups = GroupCommit[_Work, tuple[Any]](self._perform)

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in a transaction; it is durable when this returns.

        What `work` raises undoes it alone, and is raised here.
        """
        result: Result
        (result,) = self._groups.run(work)
        return result

    def _perform(self, group: list[Member[_Work, tuple[Any]]]) -> None:
        results: list[tuple[Any] | None] = []
        try:
            with self._database.writing() as connection:
                results = [_attempt(member, connection) for member in group]
        except Exception as error:
            raise _broken(error) from error
        for member, result in zip(group, results, strict=True):
            member.result = result


def _attempt(member: Member[_Work, tuple[Any]], connection: sqlite3.Connection) -> tuple[Any] | None:
    """Do the work of one member; what it raises undoes that work alone."""
    connection.execute("SAVEPOINT member")
    result = None
    try:
        result = (member.work(connection),)
    except Exception as error:
        member.error = _broken(error)
        connection.execute("ROLLBACK TO member")
    connection.execute("RELEASE member")
    return result


def _broken(error: BaseException) -> BaseException:
    """Say that the disk or the database failed; anything else is what the work itself raised."""
    if isinstance(error, sqlite3.Error | OSError):
        broken = Unavailable(f"The embedded PFS cannot write: {error}")
        broken.__cause__ = error
        return broken
    return error
