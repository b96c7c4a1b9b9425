"""A transaction that several changes share: those of one branch make one commit."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from s3gw.pfs.interface import Branch, BranchNotFound, OutputBranch

_FIND_BRANCH = """
SELECT branch.id, branch.line, commits.num, commits.id,
       EXISTS (SELECT 1 FROM provenance WHERE provenance.branch = branch.id)
FROM repo JOIN branch ON branch.repo = repo.id JOIN commits ON commits.line = branch.line
WHERE repo.project = ? AND repo.name = ? AND branch.name = ?
ORDER BY commits.num DESC LIMIT 1
"""


class BranchRow(NamedTuple):
    """A branch as the tables have it; `head` is the number of its head commit, `head_id` its id."""

    id: int
    line: int
    head: int
    head_id: str
    output: bool


class CommitRow(NamedTuple):
    """A commit: its number in its line, its id, and its time in microseconds since 1970."""

    number: int
    id: str
    finished: int


def find_branch(connection: sqlite3.Connection, branch: Branch) -> BranchRow:
    """Raise `BranchNotFound`."""
    row = connection.execute(_FIND_BRANCH, (branch.project, branch.repo, branch.name)).fetchone()
    if row is None:
        raise BranchNotFound(f"branch {branch.name!r} not found in repo {branch.project}/{branch.repo}")
    return BranchRow(*row)


def find_writable(connection: sqlite3.Connection, branch: Branch) -> BranchRow:
    """Raise `BranchNotFound`, `OutputBranch`."""
    found = find_branch(connection, branch)
    if found.output:
        raise OutputBranch.of(branch)
    return found


def _new_id(now: int) -> str:
    """Make an id for a commit: a UUIDv4 that begins with its time, in milliseconds.

    PERF: one that is new stands behind all others in the index, whose last page alone is written then. By
    chance it would be any page: with many commits each write, and each checkpoint, takes longer.
    """
    digits = os.urandom(9).hex()
    return f"{now // 1000:012x}4{digits[:3]}8{digits[3:]}"


def add_commit(connection: sqlite3.Connection, line: int, head: int, commit: str | None = None) -> CommitRow:
    """Add a finished commit to a line behind its head, 0 where it has none: it is the head then."""
    now = time.time_ns() // 1000
    row = CommitRow(head + 1, commit or _new_id(now), now)
    connection.execute("INSERT INTO commits (line, num, id, finished) VALUES (?, ?, ?, ?)", (line, *row))
    return row


class Target:
    """A branch that changes of a transaction write to.

    Attributes:
        row: The branch, as it was before the commit that changes share now.
    """

    def __init__(self, connection: sqlite3.Connection, row: BranchRow) -> None:
        self._connection = connection
        self.row = row
        self._commit: CommitRow | None = None
        self._paths: set[str] = set()  # what has been changed in it

    def join(self, paths: Collection[str]) -> None:
        """Let a change of some paths share the commit of those before, unless these changed one of them.

        What each has made of a path is a version, and a version is that of its commit.
        """
        if self._commit is not None and not self._paths.isdisjoint(paths):
            self.row = self.row._replace(head=self._commit.number, head_id=self._commit.id)
            self._commit = None
            self._paths.clear()
        self._paths.update(paths)

    @property
    def line(self) -> int:
        """Its line."""
        return self.row.line

    @property
    def head_id(self) -> str:
        """The id of its head, as it will be."""
        return self.row.head_id if self._commit is None else self._commit.id

    def _add(self, commit: str | None = None) -> CommitRow:
        head = self.row.head if self._commit is None else self._commit.number
        self._commit = add_commit(self._connection, self.row.line, head, commit)
        return self._commit

    def commit(self) -> CommitRow:
        """Give the commit that the changes share; it is made with the first of them."""
        return self._commit or self._add()

    def new_commit(self, commit: str) -> CommitRow:
        """Begin another commit, whose id is told."""
        return self._add(commit)

    @contextmanager
    def undoing(self) -> Iterator[None]:
        """Undo on an error all that was done since, and nothing before."""
        before = self._commit
        self._connection.execute("SAVEPOINT member")
        try:
            yield
        except Exception:
            self._connection.execute("ROLLBACK TO member")
            self._commit = before
            raise
        finally:
            self._connection.execute("RELEASE member")


class Transaction:
    """A transaction of the writer.

    Attributes:
        dooms: Whether it leaves files of contents that are to be removed when it is durable.
        size: Bytes of the small contents that it writes.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._targets: dict[Branch, Target] = {}
        self.dooms = False
        self.size = 0

    def target(self, branch: Branch) -> tuple[sqlite3.Connection, Target]:
        """Find a branch to write to. Raise `BranchNotFound`, `OutputBranch`."""
        target = self._targets.get(branch)
        if target is None:
            target = Target(self._connection, find_writable(self._connection, branch))
            self._targets[branch] = target
        return self._connection, target

    @contextmanager
    def whole(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for work on anything; an error undoes it."""
        self._targets.clear()  # they know the heads of their branches
        self._connection.execute("SAVEPOINT work")
        try:
            yield self._connection
        except Exception:
            self._connection.execute("ROLLBACK TO work")
            raise
        finally:
            self._connection.execute("RELEASE work")
