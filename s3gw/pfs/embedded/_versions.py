"""The versions of files, and the commits that removed them: what a branch's history tells.

A version stands in ``history`` from the commit `since` on, until another one. Where the next version
of the path does not begin with that one, it is the commit that removed the file.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from s3gw.pfs.embedded._rows import COLUMNS, file_info, moment
from s3gw.pfs.interface import Version, VersionPage
from s3gw.pfs.paging import END, roll_up, successor

# PERF: to begin a query anew costs about as much as to read this many rows.
_NEIGHBOURS = 8

# Versions of a path that are read together with those of its neighbours; more are searched by their number.
_FEW = 32

_ALL = 1 << 62  # behind the number of any commit

_LIVE = f"SELECT {COLUMNS}, since FROM file WHERE line = ? AND path >= ? AND path < ? ORDER BY path"  # noqa: S608
_PAST = f"""
SELECT {COLUMNS}, since, until FROM history
WHERE line = ? AND path >= ? AND path < ? ORDER BY path, until
"""  # noqa: S608
_PAST_OF = f"""
SELECT {COLUMNS}, since, until FROM history
WHERE line = ? AND path = ? AND until <= ? ORDER BY until DESC
"""  # noqa: S608
_REMOVED = "SELECT until FROM history WHERE line = ? AND path = ? AND until <= ? ORDER BY until DESC LIMIT 1"
# PERF: a read of an object asks for its commit.
_LIVE_COMMIT = """
SELECT (SELECT id FROM commits WHERE commits.line = file.line AND num = since)
FROM file WHERE line = ? AND path = ? AND since <= ?
"""
_PAST_COMMIT = """
SELECT (SELECT id FROM commits WHERE commits.line = history.line AND num = since)
FROM history WHERE line = ? AND path = ? AND until > ? AND since <= ? ORDER BY until LIMIT 1
"""
_IS_THERE = """
SELECT 1 FROM file WHERE line = :line AND path = :path AND since <= :number
UNION ALL SELECT 1 FROM history
WHERE line = :line AND path = :path AND until > :number AND since <= :number
"""
_COMMIT = "SELECT id, finished FROM commits WHERE line = ? AND num = ?"
_NUMBER = "SELECT num FROM commits WHERE id = ? AND line = ?"


def commit_of(connection: sqlite3.Connection, line: int, number: int, path: str) -> str | None:
    """Give the id of the commit that put what is at a path in commit `number` of a line.

    None where it was cut off from the history.
    """
    row = connection.execute(_LIVE_COMMIT, (line, path, number)).fetchone()
    if row is None:
        row = connection.execute(_PAST_COMMIT, (line, path, number, number)).fetchone()
    return row[0] if row else None


def removal(connection: sqlite3.Connection, line: int, number: int, path: str) -> str | None:
    """Give the id of the commit that removed what was at a path before commit `number` of a line.

    None where there was nothing, as far as the history goes, and where there is something.
    """
    if connection.execute(_IS_THERE, {"line": line, "path": path, "number": number}).fetchone():
        return None
    row = connection.execute(_REMOVED, (line, path, number)).fetchone()
    commit = connection.execute(_COMMIT, (line, *row)).fetchone() if row else None
    return commit[0] if commit else None


class _Entry(NamedTuple):
    """What commit `number` has made of the file at `path`; `row` is None where it removed it."""

    path: str
    number: int
    row: tuple[Any, ...] | None
    is_latest: bool


class VersionLister:
    """Lists the versions of a line, in a transaction of `connection`."""

    def __init__(self, connection: sqlite3.Connection, line: int) -> None:
        self._connection = connection
        self._line = line

    def page(self, prefix: str, delimiter: str, after: tuple[str, str | None], limit: int) -> VersionPage:
        """Give a page as `PFS.list_versions` has it."""
        path, commit = after
        if limit <= 0 or not prefix.isascii():
            return VersionPage([], [], None)
        low, high = max(prefix, successor(path)), prefix + END
        is_rolled_up = bool(delimiter) and delimiter in path[len(prefix) :]
        rest = self._rest(path, commit) if path.startswith(prefix) and not is_rolled_up else iter(())
        others: Iterator[str | _Entry] = self._entries(low, high)
        if delimiter:
            others = roll_up(self._entries, itemgetter(0), prefix, delimiter, low, high, _NEIGHBOURS)
        listed = (
            entry for entry in itertools.chain(rest, others) if not isinstance(entry, str) or entry > path
        )
        found = list(itertools.islice(listed, limit + 1))
        is_last = len(found) <= limit
        del found[limit:]
        versions = [self._version(entry) for entry in found if isinstance(entry, _Entry)]
        groups = [entry for entry in found if isinstance(entry, str)]
        if is_last:
            return VersionPage(versions, groups, None)
        last = found[-1]
        return VersionPage(
            versions, groups, (last, None) if isinstance(last, str) else (last.path, versions[-1].commit)
        )

    def _version(self, entry: _Entry) -> Version:
        path, number, row, is_latest = entry
        commit = self._connection.execute(_COMMIT, (self._line, number)).fetchone()
        if row is None:
            return Version(path, commit[0], moment(commit[1]), None, is_latest)
        file = file_info(row)
        return Version(path, commit[0] if commit else None, file.committed, file, is_latest)

    def _rest(self, path: str, commit: str | None) -> Iterator[_Entry]:
        """Give the entries of a path that are older than a commit."""
        row = self._connection.execute(_NUMBER, (commit, self._line)).fetchone()
        if row is None:
            return iter(())
        past = self._connection.execute(_PAST_OF, (self._line, path, *row))
        return self._behind(path, row[0], past)

    def _entries(self, low: str, high: str) -> Iterator[_Entry]:
        """Give the entries of the paths ``low <= path < high``, those of each the newest first.

        SQLite has the versions of a path from the oldest on. Few of them are turned round here, in the
        order of many they are asked for: no more is read of a path than is wanted.
        """
        live = self._connection.execute(_LIVE, (self._line, low, high))
        past = self._connection.execute(_PAST, (self._line, low, high))
        present, dead = next(live, None), next(past, None)
        while present is not None or dead is not None:
            path: str = min(row[0] for row in (present, dead) if row is not None)
            begin = None
            if present is not None and present[0] == path:
                begin = present[-1]
                yield _Entry(path, begin, present[:-1], True)
                present = next(live, None)
            some: list[tuple[Any, ...]] = []
            while dead is not None and dead[0] == path and len(some) < _FEW:
                some.append(dead)
                dead = next(past, None)
            if dead is not None and dead[0] == path:
                yield from self._behind(
                    path, begin, self._connection.execute(_PAST_OF, (self._line, path, _ALL))
                )
                past = self._connection.execute(_PAST, (self._line, f"{path}\0", high))
                dead = next(past, None)
            else:
                yield from self._behind(path, begin, reversed(some))

    def _behind(self, path: str, begin: int | None, past: Iterator[tuple[Any, ...]]) -> Iterator[_Entry]:
        """Give the entries of a path that are older than what began with `begin`, None is nothing.

        Where the commit that ended a version is cut off, so is that version, and it is being purged.
        """
        for *row, since, until in past:
            if until != begin:
                if self._connection.execute(_COMMIT, (self._line, until)).fetchone() is None:
                    return
                yield _Entry(path, until, None, begin is None)
            yield _Entry(path, since, tuple(row), False)
            begin = since
