"""The rows that a listing of a commit reads: what is live, and what was."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from functools import partial
from operator import itemgetter
from typing import Any

from s3gw.pfs.embedded._rows import COLUMNS, file_info
from s3gw.pfs.interface import Page
from s3gw.pfs.paging import END, read_page

# PERF: to begin a query anew costs about as much as to read this many rows.
_NEIGHBOURS = 8

# Changes since a snapshot was pinned that are looked at one by one; more are searched by path.
_FEW = 2000

_LIVE = f"""
SELECT {COLUMNS} FROM file
WHERE line = ? AND path >= ? AND path < ? AND since <= ? ORDER BY path
"""  # noqa: S608
# PERF: one statement for all groups; to ask from Python behind each of them takes three times as long.
_LEAPS = f"""
WITH RECURSIVE leap (path) AS (
    SELECT (
        SELECT path FROM file
        WHERE line = :line AND path >= :low AND path < :high AND since <= :number ORDER BY path LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT file.path FROM file
        WHERE line = :line AND file.path >= CASE instr(substr(leap.path, :begin), :delimiter)
            WHEN 0 THEN leap.path || ' '
            ELSE substr(leap.path, 1, :fixed + instr(substr(leap.path, :begin), :delimiter)) || :end
        END
        AND file.path < :high AND since <= :number ORDER BY file.path LIMIT 1
    )
    FROM leap WHERE leap.path IS NOT NULL
)
SELECT {", ".join(f"file.{name}" for name in COLUMNS.split(", "))}
FROM leap CROSS JOIN file WHERE file.line = :line AND file.path = leap.path
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
        return read_page(
            self._rows,
            itemgetter(0),
            file_info,
            prefix=prefix,
            delimiter=delimiter,
            after=after,
            limit=limit,
            neighbours=_NEIGHBOURS,
            leaps=None if self._changes else partial(self._leaps, prefix, delimiter),
        )

    def _leaps(self, prefix: str, delimiter: str, low: str, high: str) -> Iterator[tuple[Any, ...]]:
        values = {
            "line": self._line,
            "number": self._number,
            "low": low,
            "high": high,
            "begin": len(prefix) + 1,
            "fixed": len(prefix) + len(delimiter) - 1,
            "delimiter": delimiter,
            "end": END,
        }
        return self._connection.execute(_LEAPS, values)

    def _rows(self, low: str, high: str) -> Iterator[tuple[Any, ...]]:
        line, number = self._line, self._number
        live = self._connection.execute(_LIVE, (line, low, high, number))
        if not self._changes:
            return live
        if self._changes <= _FEW:
            past = sorted(self._connection.execute(_PAST_FEW, (line, number, number, low, high)))
            return heapq.merge(live, past)
        return heapq.merge(live, self._connection.execute(_PAST, (line, low, high, number, number)))
