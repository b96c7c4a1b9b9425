"""What a commit or a file set holds, as pachd lists it: files, and the directories that they imply."""

from __future__ import annotations

import contextlib
import hashlib
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from s3gw.devpachd._globs import compile_glob
from s3gw.pfs.interface import FileInfo, FileNotFound, Snapshot

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or a directory whose path ends with ``/``; paths begin with ``/``."""

    path: str
    size: int
    hash: bytes

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.path.endswith("/")


class View(Protocol):
    """Files in bytewise order."""

    def files(self, low: str, high: str) -> Iterator[Entry]:
        """Give the files whose paths are ``low <= path < high``; an empty `high` is no bound."""
        ...

    def read(self, path: str, offset: int) -> Iterator[bytes]:
        """Read a file of the view from `offset`."""
        ...


class SnapshotView:
    """A commit of the embedded PFS."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def files(self, low: str, high: str) -> Iterator[Entry]:
        """See `View.files`."""
        after = low[1:]
        if after:
            with contextlib.suppress(FileNotFound):
                yield _entry(self._snapshot.inspect_file(after))
        while True:
            page = self._snapshot.list_files("", "", after, _PAGE)
            for file in page.files:
                if high and f"/{file.path}" >= high:
                    return
                yield _entry(file)
            if page.after is None:
                return
            after = page.after

    def read(self, path: str, offset: int) -> Iterator[bytes]:
        """See `View.read`."""
        file = self._snapshot.inspect_file(path[1:])
        yield from self._snapshot.read_file(file, min(offset, file.size))


def _entry(file: FileInfo) -> Entry:
    return Entry(f"/{file.path}", file.size, file.hash)


class OverlayView:
    """A view with changes upon it: path -> a body, None where the file was deleted."""

    def __init__(
        self, base: View | None, changes: dict[str, Any], read: Callable[[Any], Iterator[bytes]]
    ) -> None:
        self._base = base
        self._changes = changes
        self._read = read

    def files(self, low: str, high: str) -> Iterator[Entry]:
        """See `View.files`."""
        found = {} if self._base is None else {entry.path: entry for entry in self._base.files(low, high)}
        for path, content in self._changes.items():
            if low <= path and (not high or path < high):
                found.pop(path, None)
                if content is not None:
                    found[path] = Entry(path, content.size, content.hash)
        yield from (found[path] for path in sorted(found))

    def read(self, path: str, offset: int) -> Iterator[bytes]:
        """See `View.read`."""
        if path not in self._changes:
            assert self._base is not None
            yield from self._base.read(path, offset)
            return
        for block in self._read(self._changes[path]):
            if offset < len(block):
                yield block[offset:]
            offset = max(0, offset - len(block))


def clean(path: str) -> str:
    """Clean a path as pachd does: one leading slash, none behind."""
    return "/" + posixpath.normpath("/" + path).strip("/")


def entries(view: View, low: str, high: str) -> Iterator[Callable[[], Entry]]:
    """Give files and directories in order from `low` on; a directory is summed up when called."""
    last = ""
    for file in view.files(low, f"{high}\0" if high else ""):
        elements = file.path.split("/")[1:-1]
        for count in range(len(elements) + 1):
            directory = "/" + "".join(f"{element}/" for element in elements[:count])
            if last < directory and directory >= low:
                if high and directory >= high:
                    return
                yield _Directory(view, directory)
                last = directory
        if high and file.path >= high:
            return
        last = file.path
        yield _File(file)


@dataclass(frozen=True, slots=True)
class _File:
    entry: Entry

    @property
    def path(self) -> str:
        return self.entry.path

    def __call__(self) -> Entry:
        return self.entry


@dataclass(frozen=True, slots=True)
class _Directory:
    view: View
    path: str

    def __call__(self) -> Entry:
        size = 0
        digest = hashlib.blake2b(digest_size=32)
        seen = ""
        for file in self.view.files(self.path, ""):
            if not file.path.startswith(self.path):
                break
            size += file.size
            child = file.path[len(self.path) :]
            if "/" not in child:
                digest.update(file.hash)
            elif (below := self.path + child.split("/")[0] + "/") != seen:
                seen = below
                digest.update(_Directory(self.view, below)().hash)
        return Entry(self.path, size, digest.digest())


def glob(view: View, pattern: str, low: str = "", high: str = "") -> Iterator[Entry]:
    """Give what matches a glob, directories too."""
    pattern = clean(pattern)
    compiled = compile_glob(pattern)
    for item in entries(view, low or "/", high):
        path = item.path  # type: ignore[attr-defined]
        if (path == "/" and pattern == "/") or compiled.fullmatch(path.rstrip("/")):
            yield item()


def find(view: View, path: str) -> Entry | None:
    """Find what is at a path; a directory wins over a file of the same path."""
    path = clean(path)
    below = path.rstrip("/") + "/"
    if next(view.files(below, below + "\x7f"), None) is not None:
        return _Directory(view, below)()
    return next(view.files(path, path + "\0"), None)


def walk(view: View, path: str, marker: str) -> Iterator[Entry]:
    """Give the start and all that is below it."""
    path = clean(path)
    below = path.rstrip("/") + "/"
    low = max(marker, path)
    for item in entries(view, low, below + "\x7f"):
        name = item.path  # type: ignore[attr-defined]
        if (name == path or name.startswith(below)) and clean(name) != clean(marker or "\0"):
            yield item()


def children(view: View, path: str, marker: str) -> Iterator[Entry]:
    """Give the immediate children of a directory, or the file itself."""
    path = clean(path)
    for entry in walk(view, path, marker):
        relative = clean(entry.path)[len(path) :].strip("/")
        if entry.path == path or (relative and "/" not in relative):
            yield entry
