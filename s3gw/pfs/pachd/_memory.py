"""What is kept of a finished commit, and how many bytes of memory that takes."""

from __future__ import annotations

from collections.abc import Iterator

from s3gw.pfs.interface import FileInfo, Page
from s3gw.pfs.paging import read_page

# Bodies up to this size are kept in memory.
SMALL_BODY = 64 * 1024

# Bytes of the objects of a file and of a group beside their texts, and of those of a key: rounded up from
# what tracemalloc says.
_OF_A_FILE = 350
_OF_A_GROUP = 70
_OF_A_KEY = 300


def size_of_file(path: str) -> int:
    """Tell what a file takes; its path is in the key too."""
    return _OF_A_KEY + _OF_A_FILE + 2 * len(path)


def size_of_body(data: bytes) -> int:
    """Tell what a body takes."""
    return _OF_A_KEY + len(data)


def size_of_page(page: Page) -> int:
    """Tell what a page takes."""
    files = sum(_OF_A_FILE + len(file.path) for file in page.files)
    return _OF_A_KEY + files + sum(_OF_A_GROUP + len(group) for group in page.groups)


def part_of_page(whole: Page, prefix: str, after: str, limit: int) -> Page:
    """Give a page of a listing with the delimiter ``/`` that another page holds as a whole."""
    if not after and len(whole.files) + len(whole.groups) <= limit:
        return whole
    found: list[FileInfo | str] = [*whole.files, *whole.groups]
    entries = sorted(found, key=_path_of)

    def rows(low: str, high: str) -> Iterator[FileInfo | str]:
        return (entry for entry in entries if low <= _path_of(entry) < high)

    def file_of(entry: FileInfo | str) -> FileInfo:
        assert not isinstance(entry, str)
        return entry

    return read_page(
        rows,
        _path_of,
        file_of,
        prefix=prefix,
        delimiter="/",
        after=after,
        limit=limit,
        neighbours=len(entries),
    )


def _path_of(entry: FileInfo | str) -> str:
    return entry if isinstance(entry, str) else entry.path


class Body:
    """A small body that is at hand."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self.data

    def extents(self) -> None:
        """See `FileReader.extents`; it is in no file."""

    def close(self) -> None:
        """There is nothing to release."""
