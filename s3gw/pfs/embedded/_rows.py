"""Rows of ``file`` and ``history`` as values of the interface."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from s3gw.pfs.interface import FileInfo

# What a listing reads, and all of it: what lies behind the properties' first bytes is on pages of its own.
COLUMNS = "path, committed, size, hash, md5, content"
ALL_COLUMNS = f"{COLUMNS}, properties"

# A place of bytes: a row of `blob`, below 0 one of `composed` (-id), or the name of a file.
Content = int | str

_LIVE_FILE = f"SELECT since, {ALL_COLUMNS} FROM file WHERE line = ? AND path = ? AND since <= ?"  # noqa: S608
_PAST_FILE = f"""
SELECT since, {ALL_COLUMNS} FROM history
WHERE line = ? AND path = ? AND until > ? AND since <= ? ORDER BY until LIMIT 1
"""  # noqa: S608
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=12_288)  # PERF: a list of buckets has ten thousand
def moment(microseconds: int) -> datetime:
    """Give a stored time: microseconds since 1970, UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def file_info(row: tuple[Any, ...]) -> FileInfo:
    """Give the file of a row of `COLUMNS`."""
    path, committed, size, pfs_hash, md5, content = row
    return FileInfo(path, size, pfs_hash, md5, moment(committed), content)


def inspected(row: tuple[Any, ...]) -> FileInfo:
    """Give the file of a row of `ALL_COLUMNS`."""
    path, committed, size, pfs_hash, md5, content, properties = row
    return FileInfo(path, size, pfs_hash, md5, moment(committed), content, properties)


def find_file(connection: sqlite3.Connection, line: int, number: int, path: str) -> tuple[Any, ...] | None:
    """Find a file in commit `number` of a line: the number of the commit that put it, and `ALL_COLUMNS`."""
    row: tuple[Any, ...] | None = connection.execute(_LIVE_FILE, (line, path, number)).fetchone()
    if row is None:
        row = connection.execute(_PAST_FILE, (line, path, number, number)).fetchone()
    return row
