"""Pages of a listing over rows in order: read on through neighbours, jump over what is rolled up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TypeVar

from s3gw.pfs.interface import FileInfo, Page

Row = TypeVar("Row")

# Sorts behind all that begins with the same text: paths are printable ASCII.
END = "\x7f"


def read_page(
    rows: Callable[[str, str], Iterator[Row]],
    path_of: Callable[[Row], str],
    file_of: Callable[[Row], FileInfo],
    *,
    prefix: str,
    delimiter: str,
    after: str,
    limit: int,
    neighbours: int,
) -> Page:
    """Give a page as `Snapshot.list_files` has it.

    Args:
        rows: Gives the rows whose paths are ``low <= path < high``, in bytewise order.
        path_of: The path of a row; a row may stand for a directory, its path then ends with ``/``.
        file_of: The file of a row.
        prefix: As in `Snapshot.list_files`.
        delimiter: As there.
        after: As there.
        limit: As there.
        neighbours: How many rows of one group are read before the rest of it is jumped over.
    """
    files: list[FileInfo] = []
    groups: list[str] = []
    if limit <= 0 or not prefix.isascii():
        return Page(files, groups, None)
    low = max(prefix, _successor(after))
    high = prefix + END
    last = rolled_up = ""
    read_on = 0
    while low < high:
        for row in rows(low, high):
            path = path_of(row)
            if rolled_up and path.startswith(rolled_up):
                read_on += 1
                if read_on <= neighbours:
                    continue
                low = rolled_up + END
                break
            group = _group(path, prefix, delimiter)
            if not group or group > after:
                if len(files) + len(groups) == limit:
                    return Page(files, groups, last)
                last = group or path
                if group:
                    groups.append(group)
                else:
                    files.append(file_of(row))
            rolled_up, read_on = group, 0
        else:
            break
    return Page(files, groups, None)


def _successor(after: str) -> str:
    """Give the least text that a path behind `after` can be: paths are ASCII, `after` is any text."""
    ascii_part = "".join(itertools.takewhile(str.isascii, after))
    return after + "\0" if len(ascii_part) == len(after) else ascii_part + END


def _group(path: str, prefix: str, delimiter: str) -> str:
    """Give what the path is rolled up to, or nothing."""
    if not delimiter:
        return ""
    end = path.find(delimiter, len(prefix))
    return "" if end < 0 else path[: end + len(delimiter)]
