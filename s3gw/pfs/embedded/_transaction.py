"""A transaction that several changes share: those of one branch make one commit."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, cast

from s3gw.pfs.interface import Branch, BranchNotFound, OutputBranch

_FIND_BRANCH = """
SELECT branch.id, branch.line, branch.head, commits.id,
       EXISTS (SELECT 1 FROM provenance WHERE provenance.branch = branch.id)
FROM repo JOIN branch ON branch.repo = repo.id JOIN commits ON commits.num = branch.head
WHERE repo.project = ? AND repo.name = ? AND branch.name = ?
"""


class BranchRow(NamedTuple):
    """A branch as the tables have it; `head` is the number of its head commit, `head_id` its id."""

    id: int
    line: int
    head: int
    head_id: str
    output: bool


class CommitRow(NamedTuple):
    """A commit: its number, its id, and its time in microseconds since 1970."""

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


def add_commit(connection: sqlite3.Connection, line: int, commit: str | None = None) -> CommitRow:
    """Add a finished commit to a line."""
    now = time.time_ns() // 1000
    commit = commit or _new_id(now)
    cursor = connection.execute(
        "INSERT INTO commits (id, line, finished) VALUES (?, ?, ?)", (commit, line, now)
    )
    return CommitRow(cast("int", cursor.lastrowid), commit, now)


class Target:
    """A branch that changes of a transaction write to."""

    def __init__(self, connection: sqlite3.Connection, row: BranchRow) -> None:
        self._connection = connection
        self.row = row
        self._commit: CommitRow | None = None

    @property
    def line(self) -> int:
        """Its line."""
        return self.row.line

    @property
    def head_id(self) -> str:
        """The id of its head, as it will be."""
        return self.row.head_id if self._commit is None else self._commit.id

    def commit(self) -> CommitRow:
        """Give the commit that the changes share; it is made with the first of them."""
        if self._commit is None:
            self._commit = add_commit(self._connection, self.row.line)
        return self._commit

    def new_commit(self, commit: str) -> CommitRow:
        """Begin another commit, whose id is told."""
        self._commit = add_commit(self._connection, self.row.line, commit)
        return self._commit

    def end(self) -> None:
        """Let the branch point to the commit."""
        if self._commit is not None:
            head = (self._commit.number, self.row.id)
            self._connection.execute("UPDATE branch SET head = ? WHERE id = ?", head)

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
        self.end()
        self._connection.execute("SAVEPOINT work")
        try:
            yield self._connection
        except Exception:
            self._connection.execute("ROLLBACK TO work")
            raise
        finally:
            self._connection.execute("RELEASE work")

    def end(self) -> None:
        """Write what the changes of each branch come to."""
        for target in self._targets.values():
            target.end()
        self._targets.clear()
