"""Listings of keys that are coded: prefix, delimiter and marker are those of keys, the pages are PFS's.

Paths are in the order of their keys, so a page of PFS is nearly one of keys. What differs:

* The paths that begin with the code of a prefix may be those of other keys: ``'~2`` (the key ``(``) begins
  with ``'``. They are jumped over.
* The folder marker ``a/`` is the file ``a.~2``, before all that begins with ``a/``: it is the first of the
  keys with that prefix, and with the delimiter ``/`` it is in the same group as they are.
* A delimiter of characters that are coded, or stand in codes, is looked for in keys alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter

from s3gw.addressing._code import (
    before_control,
    encode,
    fault_of,
    has_strangers,
    is_foreign,
    is_same_in_paths,
    key_of,
    path_of,
)
from s3gw.pfs.interface import FileInfo, FileNotFound, Page, Snapshot
from s3gw.pfs.paging import END

# How many keys of one group are read at the most before the rest of it is jumped over.
_NEIGHBOURS = 50

# How many rows are read behind a jump, or of a page to know that there is one; then four times as many each
# time.
_FIRST = 64
_MOST = 1000


def list_coded(snapshot: Snapshot, prefix: str, delimiter: str, after: str, limit: int) -> Page:
    """Give a page as `KeyCode.list_keys` has it."""
    if limit <= 0:
        return snapshot.list_files(limit=0)
    low, bound = encode(prefix), _bound(snapshot, after)
    marker = _marker(snapshot, prefix) if bound < low else None
    in_paths = delimiter == "/" or is_same_in_paths(delimiter)
    is_plain = in_paths and marker is None and "~" not in low and not has_strangers(low)
    begun = snapshot.list_files(low, delimiter, bound, limit if is_plain else limit + 1) if in_paths else None
    if is_plain and begun is not None and not _has_codes(begun):  # PERF: most keys are their own paths
        return begun
    listing = _Listing(snapshot, prefix, delimiter, in_paths, low, bound)
    page = _page(chain([marker] if marker else [], listing.entries(begun)), limit)
    if is_foreign(prefix) and not (page.files or page.groups or snapshot.list_files(low, limit=1).files):
        # only others can have written what lies there
        as_it_is = _Listing(snapshot, prefix, delimiter, in_paths, prefix, before_control(after))
        return _page(as_it_is.entries(), limit)
    return page


def _bound(snapshot: Snapshot, after: str) -> str:
    """Give the text behind which are the paths of the keys that are behind `after`.

    The key of a path that is no code is not in the order of the paths: such a listing goes on behind
    the path.
    """
    bound = encode(before_control(after))
    if is_foreign(after):
        for file in snapshot.list_files(after, limit=1).files:
            if is_foreign(file.path):
                return max(bound, after)
    return bound


def _marker(snapshot: Snapshot, prefix: str) -> FileInfo | None:
    """Find the folder marker that a prefix is."""
    if not prefix.endswith("/") or fault_of(prefix):
        return None
    try:
        return snapshot.inspect_file(path_of(prefix))._replace(path=prefix)
    except FileNotFound:
        return None


def _has_codes(page: Page) -> bool:
    return any("~" in file.path for file in page.files) or any("~" in group for group in page.groups)


def _page(entries: Iterator[str | FileInfo], limit: int) -> Page:
    listed = list(islice(entries, limit + 1))
    last = listed[limit - 1] if len(listed) > limit else None
    del listed[limit:]
    return Page(
        [entry for entry in listed if not isinstance(entry, str)],
        [entry for entry in listed if isinstance(entry, str)],
        last if last is None or isinstance(last, str) else last.path,
    )


@dataclass(frozen=True)
class _Listing:
    """A listing of the keys whose paths begin with `low` and are behind `bound`.

    Attributes:
        snapshot: Where they are.
        prefix: What the keys begin with.
        delimiter: What they are rolled up to.
        in_paths: Whether PFS can roll them up.
        low: See above.
        bound: See above.
    """

    snapshot: Snapshot
    prefix: str
    delimiter: str
    in_paths: bool
    low: str
    bound: str

    def entries(self, begun: Page | None = None) -> Iterator[str | FileInfo]:
        """Give files with their keys, and groups, in order; `begun` is a page that was read already."""
        group = ""
        after: str | None = self.bound
        while after is not None:
            rows, after, rolled_up = self._rows(after, begun), None, 0
            begun = None
            for path, file in rows:
                key = key_of(path)
                if group and key.startswith(group):
                    rolled_up += 1
                    if rolled_up > _NEIGHBOURS:
                        after = max(path, f"{self._beginning(group, path, key)}~1{END}")
                        break
                elif not key.startswith(self.prefix):
                    after = self._behind_stranger(path)
                    if after is not None:
                        break
                else:
                    group, rolled_up = self._group_of(key), 0
                    if not group:
                        assert file is not None
                        yield file._replace(path=key)
                    elif self._beginning(group, path, key) > self.bound:
                        yield group

    def _group_of(self, key: str) -> str:
        """Give what a key is rolled up to; nothing where it is not."""
        end = key.find(self.delimiter, len(self.prefix)) if self.delimiter else -1
        return key[: end + len(self.delimiter)] if end >= 0 else ""

    def _beginning(self, group: str, path: str, key: str) -> str:
        """Give what the paths of a group begin with, of one of which this is the key."""
        return group if key == path else encode(group)

    def _behind_stranger(self, path: str) -> str | None:
        """Give where to go on behind a path of another prefix, and those like it; None is at the next."""
        end = len(self.low)
        if is_foreign(self.low):
            return path[: end + 1] + END
        return path[: end + 2] + END if path[end : end + 1] == "~" else None

    def _rows(self, after: str, begun: Page | None) -> Iterator[tuple[str, FileInfo | None]]:
        """Give paths with their files, and directories without, as PFS lists them."""
        delimiter = self.delimiter if self.in_paths else ""
        size = _FIRST
        page = begun or self.snapshot.list_files(self.low, delimiter, after, size)
        while True:
            rows: list[tuple[str, FileInfo | None]] = [(file.path, file) for file in page.files]
            if page.groups:
                rows += [(group, None) for group in page.groups]
                rows.sort(key=itemgetter(0))
            yield from rows
            if page.after is None:
                return
            page = self.snapshot.list_files(self.low, delimiter, page.after, size)
            size = min(4 * size, _MOST)
