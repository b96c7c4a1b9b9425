"""Group commit for SQLite: a transaction costs one fsync, be it for one change or for a hundred."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from s3gw.pfs.embedded._database import Database
from s3gw.pfs.embedded._transaction import Transaction
from s3gw.pfs.group_commit import GroupCommit, Member
from s3gw.pfs.interface import Unavailable

Result = TypeVar("Result")

_Work = Callable[[Transaction], Any]


class Committer:
    """Runs pieces of work, each all or nothing, in shared transactions.

    Args:
        database: Where.
        remove: Removes a file of the contents that no commit refers to any more.
    """

    def __init__(self, database: Database, remove: Callable[[str], None]) -> None:
        self._database = database
        self._remove = remove
        self._groups = GroupCommit[_Work, tuple[Any]](self._perform)

    def run(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in a transaction; it is durable when this returns.

        What `work` raises undoes it alone, and is raised here.
        """
        result: Result
        (result,) = self._groups.run(work)
        return result

    def run_all(self, works: Sequence[Callable[[Transaction], Result]]) -> list[Result | BaseException]:
        """Run several pieces of work that came together; what one raises is its result."""
        members = self._groups.run_all([(work, 0) for work in works])
        return [
            member.result[0] if member.error is None and member.result else member.error  # type: ignore[misc]
            for member in members
        ]

    def _perform(self, group: list[Member[_Work, tuple[Any]]]) -> None:
        results: list[tuple[Any] | None] = []
        try:
            with self._database.writing() as connection:
                transaction = Transaction(connection)
                results = [self._attempt(member, transaction) for member in group]
                transaction.end()
        except Exception as error:
            raise self._broken(error) from error
        for name in transaction.replaced:
            self._remove(name)
        for member, result in zip(group, results, strict=True):
            member.result = result

    def _attempt(self, member: Member[_Work, tuple[Any]], transaction: Transaction) -> tuple[Any] | None:
        """Do the work of one member; what it raises undoes that work alone."""
        try:
            return (member.work(transaction),)
        except sqlite3.Error:
            raise  # nobody knows what is left of the transaction
        except Exception as error:
            member.error = self._broken(error)
            return None

    def _broken(self, error: Exception) -> Exception:
        """Say that the disk or the database failed; anything else is what the work itself raised."""
        if isinstance(error, sqlite3.Error):
            broken: Exception = self._database.told(error)
        elif isinstance(error, OSError):
            broken = Unavailable(f"The embedded PFS cannot write: {error}")
        else:
            return error
        broken.__cause__ = error
        return broken
