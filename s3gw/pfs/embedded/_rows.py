"""Rows of ``file`` and ``history`` as values of the interface."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from s3gw.pfs.interface import FileInfo

COLUMNS = "path, committed, size, hash, md5, content"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def moment(microseconds: int) -> datetime:
    """Give a stored time: microseconds since 1970, UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def file_info(row: tuple[Any, ...]) -> FileInfo:
    """Give the file of a row of `COLUMNS`."""
    path, committed, size, pfs_hash, md5, content = row
    return FileInfo(path, size, pfs_hash, md5, moment(committed), content)


def forget_contents(connection: sqlite3.Connection, contents: Iterable[int | str | None]) -> bool:
    """Delete contents that no version refers to; true where there are files, which are doomed now."""
    contents = list(contents)
    names = [(content,) for content in contents if isinstance(content, str)]
    blobs = [(content,) for content in contents if isinstance(content, int)]
    connection.executemany("DELETE FROM blob WHERE id = ?", blobs)
    connection.executemany("DELETE FROM large WHERE name = ?", names)
    connection.executemany("INSERT OR IGNORE INTO doomed VALUES (?)", names)
    return bool(names)
