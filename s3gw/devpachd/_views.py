"""What a commit or a file set holds, as pachd lists it: files, and the directories that they imply."""

from __future__ import annotations

import contextlib
import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from s3gw.devpachd._globs import compile_glob, literal_beginning
from s3gw.devpachd._hashes import Hashes
from s3gw.devpachd._names import below, clean
from s3gw.pfs.embedded._contents import StagedContent
from s3gw.pfs.interface import FileInfo, FileNotFound, Snapshot

# Sorts behind all that begins with the same text: CopyFile admits any character.
END = "\U0010ffff"

DATUM = "default"

_PAGES = (32, 256, 2000)

Key = tuple[str, str]


class Entry(NamedTuple):
    """A file, or a directory whose path ends with ``/``; paths begin with ``/``.

    Attributes:
        path: See above.
        datum: Whose output it is; empty of a directory.
        size: Bytes.
        mark: What the content determines: the hash of a directory, and what the embedded PFS has in the
            place of that of a file.
        hashes: Knows the hashes of files; None of a directory.
        open: Reads a content from an offset on.
        content: What `open` takes.
    """

    path: str
    datum: str
    size: int
    mark: bytes
    hashes: Hashes | None = None
    open: Callable[[object, int], Iterator[bytes]] | None = None
    content: object = None

    @property
    def hash(self) -> bytes:
        """PFS's hash."""
        return self.mark if self.hashes is None else self.hashes.of(self.mark, self.size, self.read)

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.path.endswith("/")

    def read(self, offset: int = 0) -> Iterator[bytes]:
        """Read from `offset` on; beyond the end there is nothing."""
        if self.open is not None and offset < self.size:
            yield from self.open(self.content, offset)


class View(Protocol):
    """Files in the order of their paths, and of their datums."""

    def files(self, low: str = "", high: str = END) -> Iterator[Entry]:
        """Give the files whose paths are ``low <= path < high``."""
        ...

    def find(self, path: str, datum: str) -> Entry | None:
        """Find a file."""
        ...


class SnapshotView:
    """A commit of the embedded PFS."""

    def __init__(self, snapshot: Snapshot, hashes: Hashes) -> None:
        self._snapshot = snapshot
        self._hashes = hashes

    def files(self, low: str = "", high: str = END) -> Iterator[Entry]:
        """See `View.files`."""
        if low > "/" and low[0] != "/":  # all paths begin with a slash
            return
        after = low[1:] if low >= "/" else ""
        first = self.find(low, DATUM) if after else None
        if first is not None and low < high:
            yield first
        for number in range(1 << 62):
            page = self._snapshot.list_files("", "", after, _PAGES[min(number, len(_PAGES) - 1)])
            for file in page.files:
                if f"/{file.path}" >= high:
                    return
                yield self._entry(file)
            if page.after is None:
                return
            after = page.after

    def find(self, path: str, datum: str) -> Entry | None:
        """See `View.find`."""
        if datum == DATUM:
            with contextlib.suppress(FileNotFound):
                return self._entry(self._snapshot.inspect_file(path[1:]))
        return None

    def _entry(self, file: FileInfo) -> Entry:
        return Entry(f"/{file.path}", DATUM, file.size, file.hash, self._hashes, self._read, file)

    def _read(self, content: object, offset: int) -> Iterator[bytes]:
        assert isinstance(content, FileInfo)
        yield from self._snapshot.read_file(content, offset)


class OverlayView:
    """A view with changes upon it: path and datum -> a body, None where the file was deleted."""

    def __init__(
        self,
        base: View | None,
        changes: Mapping[Key, StagedContent | None],
        hashes: Hashes,
        read: Callable[[object, int], Iterator[bytes]],
    ) -> None:
        self._base = base
        self._changes = changes
        self._keys = sorted(changes)
        self._hashes = hashes
        self._read = read

    def files(self, low: str = "", high: str = END) -> Iterator[Entry]:
        """See `View.files`."""
        mine = self._keys[bisect_left(self._keys, (low, "")) : bisect_left(self._keys, (high, ""))]
        position = 0
        for entry in self._base.files(low, high) if self._base else ():
            key = (entry.path, entry.datum)
            while position < len(mine) and mine[position] < key:
                yield from self._changed(mine[position])
                position += 1
            if key not in self._changes:
                yield entry
        for key in mine[position:]:
            yield from self._changed(key)

    def find(self, path: str, datum: str) -> Entry | None:
        """See `View.find`."""
        key = (path, datum)
        if key in self._changes:
            return next(self._changed(key), None)
        return self._base.find(path, datum) if self._base else None

    def _changed(self, key: Key) -> Iterator[Entry]:
        content = self._changes[key]
        if content is not None:
            yield Entry(*key, content.size, content.hash, self._hashes, self._read, content)


class Listing:
    """Lists a view: its files, and its directories with the sums of what lies in them."""

    def __init__(self, view: View, datum: str = "") -> None:
        self._view = view
        self._datum = datum
        self._sums: dict[str, Entry] = {}

    def entries(
        self, keep: Callable[[str], bool], low: str, high: str = "", prefix: str = ""
    ) -> Iterator[Entry]:
        """Give the entries ``low <= path < high`` that are kept, in order.

        An empty `high` is no bound. `prefix` is what all that is kept begins with. A directory is
        summed up when its turn comes, so whoever stops early has not read the rest.
        """
        low = max(low, prefix)
        last = parent = ""
        for file in self.files(low, min(f"{high}\0", prefix + END) if high else prefix + END):
            path = file.path
            directory = path[: path.rindex("/") + 1]
            if directory != parent:
                parent = directory
                for name in _directories(directory):
                    if last < name and low <= name:
                        if high and name >= high:
                            return
                        if keep(name):
                            yield self.sum(name)
            if high and path >= high:
                return
            last = path
            if keep(path):
                yield file

    def files(self, low: str, high: str) -> Iterator[Entry]:
        """Give the files ``low <= path < high`` of the datum, or of all where it is empty."""
        files = self._view.files(low, high)
        return (file for file in files if file.datum == self._datum) if self._datum else files

    def sum(self, directory: str) -> Entry:
        """Sum up a directory, and with it all those in it."""
        if directory in self._sums:
            return self._sums[directory]
        opened = [_Sum(directory)]
        for file in self.files(directory, directory + END):
            while not file.path.startswith(opened[-1].path):
                self._end(opened)
            start = len(opened[-1].path)
            while (slash := file.path.find("/", start)) >= 0:
                start = slash + 1
                opened.append(_Sum(file.path[:start]))
            opened[-1].add(file)
        while opened:
            self._end(opened)
        return self._sums[directory]

    def _end(self, opened: list[_Sum]) -> None:
        entry = opened.pop().entry()
        self._sums[entry.path] = entry
        if opened:
            opened[-1].add(entry)


class _Sum:
    """The size of a directory, and the hash of the hashes of what lies in it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._size = 0
        self._hash = hashlib.blake2b(digest_size=32)

    def add(self, entry: Entry) -> None:
        self._size += entry.size
        self._hash.update(entry.hash)

    def entry(self) -> Entry:
        return Entry(self.path, "", self._size, self._hash.digest())


def _directories(path: str) -> Iterator[str]:
    position = path.find("/")
    while position >= 0:
        yield path[: position + 1]
        position = path.find("/", position + 1)


def glob(
    view: View, pattern: str, datum: str, limits: tuple[str, str] | None, *, whole: bool = False
) -> Iterator[Entry]:
    """Give what matches a glob, directories too, of all or of ``low <= path < high``.

    With `whole` all that lies in a directory that matches goes with it.
    """
    pattern = clean(pattern)
    match = compile_glob(pattern).fullmatch
    inside = "//"  # begins no path

    def keep(path: str) -> bool:
        nonlocal inside
        if whole and path.startswith(inside):
            return True
        matches = path == pattern == "/" or match(path.rstrip("/")) is not None
        if matches and path.endswith("/"):
            inside = path
        return matches

    # sic: a glob whose literal beginning is escaped matches nothing unless there are limits
    prefix = literal_beginning(pattern) if limits is None else ""
    yield from Listing(view, datum).entries(keep, *(limits or ("", "")), prefix)


def find(view: View, path: str, datum: str) -> Entry | None:
    """Find what is at a path; a directory wins over a file of the same path."""
    path = clean(path)
    inside = below(path)
    listing = Listing(view, datum)
    if next(listing.files(inside, inside + END), None) is not None:
        return listing.sum(inside)
    found = None
    for entry in listing.files(path, f"{path}\0"):
        found = entry
    return found


def walk(view: View, path: str, datum: str, low: str, high: str) -> Iterator[Entry]:
    """Give the start and all that is below it."""
    path = clean(path)
    inside = below(path)
    keep = lambda name: name == path or name.startswith(inside)  # noqa: E731
    yield from Listing(view, datum).entries(keep, low, high, "" if path == "/" else path)


def children(view: View, path: str, datum: str, low: str, high: str) -> Iterator[Entry]:
    """Give the immediate children of a directory, or the file itself."""
    path = clean(path)
    inside = below(path)

    def keep(name: str) -> bool:
        return name == path != "/" or (
            name != inside and name.startswith(inside) and "/" not in name[len(inside) :].rstrip("/")
        )

    yield from Listing(view, datum).entries(keep, low, high, path)
