"""Pages of a listing: read on through neighbours, jump over what is rolled up."""

from __future__ import annotations

import heapq
import itertools
import sqlite3
from collections.abc import Iterator
from typing import Any

from s3gw.pfs.embedded._rows import COLUMNS, file_info
from s3gw.pfs.interface import FileInfo, Page

# Sorts behind all that begins with the same text: paths are printable ASCII.
_END = "\x7f"

# PERF: to begin a query anew costs about as much as to read this many rows.
_NEIGHBOURS = 8

# Changes since a snapshot was pinned that are looked at one by one; more are searched by path.
_FEW = 2000

_LIVE = f"""
SELECT {COLUMNS} FROM file
WHERE line = ? AND path >= ? AND path < ? AND since <= ? ORDER BY path
"""  # noqa: S608
_PAST = f"""
SELECT {COLUMNS} FROM history
WHERE line = ? AND path >= ? AND path < ? AND since <= ? AND until > ? ORDER BY path
"""  # noqa: S608
_PAST_FEW = f"""
SELECT {COLUMNS} FROM history INDEXED BY history_until
WHERE line = ? AND until > ? AND since <= ? AND path >= ? AND path < ?
"""  # noqa: S608
_COUNT_FEW = "SELECT count(*) FROM (SELECT 1 FROM history WHERE line = ? AND until > ? LIMIT ?)"


class Lister:
    """Lists the files of commit `number` of a line, in a transaction of `connection`."""

    def __init__(self, connection: sqlite3.Connection, line: int, number: int) -> None:
        self._connection = connection
        self._line = line
        self._number = number
        (changes,) = connection.execute(_COUNT_FEW, (line, number, _FEW + 1)).fetchone()
        self._changes = changes

    def page(self, prefix: str, delimiter: str, after: str, limit: int) -> Page:
        """Give a page as `Snapshot.list_files` has it."""
        files: list[FileInfo] = []
        groups: list[str] = []
        if limit <= 0 or not prefix.isascii():
            return Page(files, groups, None)
        low = max(prefix, _successor(after))
        high = prefix + _END
        last = rolled_up = ""
        neighbours = 0
        while True:
            for row in self._rows(low, high):
                path: str = row[0]
                if rolled_up and path.startswith(rolled_up):
                    neighbours += 1
                    if neighbours <= _NEIGHBOURS:
                        continue
                    low = rolled_up + _END
                    break
                group = _group(path, prefix, delimiter)
                if not group or group > after:
                    if len(files) + len(groups) == limit:
                        return Page(files, groups, last)
                    last = group or path
                    if group:
                        groups.append(group)
                    else:
                        files.append(file_info(row))
                rolled_up, neighbours = group, 0
            else:
                return Page(files, groups, None)

    def _rows(self, low: str, high: str) -> Iterator[tuple[Any, ...]]:
        line, number = self._line, self._number
        live = self._connection.execute(_LIVE, (line, low, high, number))
        if not self._changes:
            return live
        if self._changes <= _FEW:
            past = sorted(self._connection.execute(_PAST_FEW, (line, number, number, low, high)))
            return heapq.merge(live, past)
        return heapq.merge(live, self._connection.execute(_PAST, (line, low, high, number, number)))


def _successor(after: str) -> str:
    """Give the least text that a path behind `after` can be: paths are ASCII, `after` is any text."""
    ascii_part = "".join(itertools.takewhile(str.isascii, after))
    return after + "\0" if len(ascii_part) == len(after) else ascii_part + _END


def _group(path: str, prefix: str, delimiter: str) -> str:
    """Give what the path is rolled up to, or nothing."""
    if not delimiter:
        return ""
    end = path.find(delimiter, len(prefix))
    return "" if end < 0 else path[: end + len(delimiter)]
