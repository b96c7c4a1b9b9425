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
    leaps: Callable[[str, str], Iterator[Row]] | None = None,
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
        neighbours: How many rows of one group are read at the most before the rest of it is jumped
            over; behind a group that was jumped over fewer are.
        leaps: Gives of these rows the first of each group, and those that are in none, where PFS finds them
            quicker than by asking anew behind each group.
    """
    low = max(prefix, successor(after))
    high = prefix + END
    if limit <= 0 or not prefix.isascii() or low >= high:
        return Page([], [], None)
    if not delimiter:  # PERF: nothing is rolled up, and no row is looked at
        found = list(itertools.islice(rows(low, high), limit + 1))
        files = list(map(file_of, found[:limit]))
        return Page(files, [], files[-1].path if len(found) > limit else None)
    listed: list[str | Row] = []
    for entry in roll_up(rows, path_of, prefix, delimiter, low, high, neighbours, leaps):
        if not isinstance(entry, str) or entry > after:
            listed.append(entry)
            if len(listed) > limit:
                break
    last = listed[-2] if len(listed) > limit else None
    del listed[limit:]
    return Page(
        [file_of(entry) for entry in listed if not isinstance(entry, str)],
        [entry for entry in listed if isinstance(entry, str)],
        last if last is None or isinstance(last, str) else path_of(last),
    )


def roll_up(
    rows: Callable[[str, str], Iterator[Row]],
    path_of: Callable[[Row], str],
    prefix: str,
    delimiter: str,
    low: str,
    high: str,
    neighbours: int,
    leaps: Callable[[str, str], Iterator[Row]] | None = None,
) -> Iterator[str | Row]:
    """Give the rows that are not rolled up, and once what the others are rolled up to.

    A group is read through while it is short. The rest of a long one is jumped over: the rows behind
    it are asked for anew. Where groups are long, all of them are jumped over by `leaps`, until many rows are
    in none.
    """
    patience = _Patience(neighbours)
    group = ""
    alone = 0
    while low < high:
        rolled_up = 0
        is_leaping = leaps is not None and not patience.rows
        for row in leaps(low, high) if leaps is not None and is_leaping else rows(low, high):
            path = path_of(row)
            if group and path.startswith(group):
                rolled_up += 1
                if rolled_up <= patience.rows:
                    continue
                patience.ran_out()
                low = group + END
                break
            if rolled_up >= patience.rows:
                patience.held()
            end = path.find(delimiter, len(prefix))
            group, rolled_up = path[: end + len(delimiter)] if end >= 0 else "", 0
            yield group or row
            alone = 0 if group else alone + 1
            if is_leaping and alone > neighbours:
                low = successor(path)
                break
        else:
            return


class _Patience:
    """How many rows of a group are read before the rest is jumped over.

    Groups of one listing are alike: behind a long one the next is jumped over sooner, behind one that
    was read through later again.
    """

    def __init__(self, most: int) -> None:
        self.rows = most
        self._most = most

    def ran_out(self) -> None:
        """A group was longer."""
        self.rows //= 4

    def held(self) -> None:
        """A group ended just then."""
        self.rows = min(self._most, 2 * self.rows + 1)


def successor(after: str) -> str:
    """Give the least text that a path behind `after` can be: paths are ASCII, `after` is any text."""
    ascii_part = "".join(itertools.takewhile(str.isascii, after))
    return after + "\0" if len(ascii_part) == len(after) else ascii_part + END
