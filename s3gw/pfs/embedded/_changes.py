"""What a change does to the tables, inside one piece of work of the committer."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from s3gw.pfs import paths
from s3gw.pfs.embedded._contents import StagedContent
from s3gw.pfs.embedded._rows import COLUMNS, file_info, forget_contents, moment
from s3gw.pfs.interface import (
    Branch,
    BranchNotFound,
    Change,
    ConditionFailed,
    Delete,
    FileInfo,
    OutputBranch,
    PathClash,
    Put,
)

_FIND_BRANCH = """
SELECT branch.id, branch.line, branch.head, commits.id,
       EXISTS (SELECT 1 FROM provenance WHERE provenance.branch = branch.id)
FROM repo JOIN branch ON branch.repo = repo.id JOIN commits ON commits.num = branch.head
WHERE repo.project = ? AND repo.name = ? AND branch.name = ?
"""


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A branch as the tables have it; `head` is the number of its head commit, `head_id` its id."""

    id: int
    line: int
    head: int
    head_id: str
    output: bool


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
        raise OutputBranch(
            f"{branch} is an output branch, which Pachyderm alone writes to: write to one without provenance."
        )
    return found


def add_commit(connection: sqlite3.Connection, line: int, commit: str | None = None) -> tuple[int, str, int]:
    """Add a finished commit to a line: its number, its id, its time."""
    commit = commit or uuid.uuid4().hex
    now = time.time_ns() // 1000
    cursor = connection.execute(
        "INSERT INTO commits (id, line, finished) VALUES (?, ?, ?)", (commit, line, now)
    )
    return cast("int", cursor.lastrowid), commit, now


def refuse_clash(connection: sqlite3.Connection, line: int, path: str) -> None:
    """Raise `PathClash` where the path is a directory, or lies below a file, at the head."""
    below = connection.execute(
        "SELECT 1 FROM file WHERE line = ? AND path > ? AND path < ? LIMIT 1",
        (line, f"{path}/", f"{path}0"),
    ).fetchone()
    if below:
        raise PathClash(
            f"{path} is a directory: files lie below it. Choose another path, or delete them first."
        )
    for ancestor in paths.ancestors(path):
        if connection.execute("SELECT 1 FROM file WHERE line = ? AND path = ?", (line, ancestor)).fetchone():
            raise PathClash(
                f"{ancestor} is a file: nothing can lie below it. Choose another path, or delete it first."
            )


class ChangeWork:
    """One change of one branch: call it with the writer's connection, once for each attempt.

    With the id of a commit that commit is made, even where nothing is altered.
    """

    def __init__(self, branch: Branch, edits: Sequence[Put | Delete], commit: str | None = None) -> None:
        self._branch = branch
        self._edits = edits
        self._commit = commit

    def __call__(self, connection: sqlite3.Connection) -> Change:
        """Make the edits in their order. What it raises undoes them all."""
        found = find_writable(connection, self._branch)
        commit = None if self._commit is None else add_commit(connection, found.line, self._commit)
        files: list[FileInfo | None] = []
        for edit in self._edits:
            row = connection.execute(
                f"SELECT since, {COLUMNS} FROM file WHERE line = ? AND path = ?",  # noqa: S608
                (found.line, edit.path),
            ).fetchone()
            if edit.condition is not None and not edit.condition(row and file_info(row[1:])):
                raise ConditionFailed(f"A condition on {edit.path} does not hold.")
            if row is None and isinstance(edit, Delete):
                files.append(None)
                continue
            if commit is None:
                commit = add_commit(connection, found.line)
            if row is not None:
                _retire(connection, found.line, edit.path, row[0], commit[0], row[-1])
            files.append(_place(connection, found.line, edit, commit) if isinstance(edit, Put) else None)
        if commit is None:
            return Change(found.head_id, tuple(files))
        connection.execute("UPDATE branch SET head = ? WHERE id = ?", (commit[0], found.id))
        return Change(commit[1], tuple(files))


def _retire(
    connection: sqlite3.Connection, line: int, path: str, since: int, until: int, place: int | str | None
) -> None:
    """Move the live version into the history; one that this very change had put goes for good."""
    if since == until:
        forget_contents(connection, [place])
    else:
        connection.execute(
            f"INSERT INTO history (line, until, since, {COLUMNS}) "  # noqa: S608
            f"SELECT line, ?, since, {COLUMNS} FROM file WHERE line = ? AND path = ?",
            (until, line, path),
        )
    connection.execute("DELETE FROM file WHERE line = ? AND path = ?", (line, path))


def _place(connection: sqlite3.Connection, line: int, put: Put, commit: tuple[int, str, int]) -> FileInfo:
    refuse_clash(connection, line, put.path)
    content = cast("StagedContent", put.content)
    number, _, now = commit
    place: int | str | None = None
    if content.name is not None:
        place = content.name
        connection.execute("INSERT INTO large (name) VALUES (?)", (place,))
    elif content.data:
        place = connection.execute("INSERT INTO blob (data) VALUES (?)", (content.data,)).lastrowid
    connection.execute(
        f"INSERT INTO file (line, since, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (line, number, put.path, now, content.size, content.hash, content.md5, place),
    )
    return FileInfo(put.path, content.size, content.hash, content.md5, moment(now), place)
