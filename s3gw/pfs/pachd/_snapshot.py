"""Reads of one commit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs import paths
from s3gw.pfs.interface import (
    Branch,
    CorruptData,
    FileInfo,
    FileNotFound,
    FileReader,
    Page,
    Unavailable,
)
from s3gw.pfs.pachd._client import Client, Download, first
from s3gw.pfs.pachd._messages import (
    FILE,
    branch_message,
    commit_message,
    file_message,
    glob_of,
    time_of,
)
from s3gw.pfs.paging import END, read_page

# Blocks in which a message of 19 MiB is handed on.
_BLOCK = 256 * 1024

# PERF: pachd sends this many entries in less time than a call takes.
_NEIGHBOURS = 200


class PachdSnapshot:
    """A commit of a branch; without an id the first read pins the head."""

    def __init__(self, client: Client, branch: Branch, commit: str | None) -> None:
        self._client = client
        self._branch = branch
        self._commit = commit

    @property
    def commit(self) -> str:
        """The id of the commit; it costs a call where no read has pinned it."""
        if self._commit is None:
            request = pb.InspectBranchRequest(branch=branch_message(self._branch))
            self._commit = self._client.call("InspectBranch", request).head.id
        assert self._commit is not None
        return self._commit

    def inspect_file(self, path: str) -> FileInfo:
        """See `Snapshot.inspect_file`."""
        found = None
        if paths.is_path(path):
            found = first(self.look_up(path))
        else:
            _ = self.commit  # a missing branch comes first
        if found is None:
            raise FileNotFound(f"file {path!a} not found in {self._branch}")
        if self._commit is None:
            self._commit = found.file.commit.id
        return self._file_info(found)

    def look_up(self, path: str) -> Iterator[Any]:
        """Begin to look for a file; the answers hold it or nothing.

        InspectFile would read all that lies below a directory of that name, and prefers it to a
        file; a range that ends right behind the path holds the file alone.
        """
        exact = pb.PathRange(lower=f"/{path}", upper=f"/{path}\0")
        commit = commit_message(self._branch, self._commit)
        request = pb.GlobFileRequest(commit=commit, pattern=glob_of(path, ""), path_range=exact)
        return self._client.stream("GlobFile", request)

    def look_below(self, path: str) -> Iterator[Any]:
        """Begin to look for anything that lies below a directory."""
        below = pb.PathRange(lower=f"/{path}/" if path else "/", upper=f"/{path}/{END}" if path else END)
        commit = commit_message(self._branch, self._commit)
        pattern = glob_of(f"{path}/" if path else "", "**")
        return self._client.stream(
            "GlobFile", pb.GlobFileRequest(commit=commit, pattern=pattern, path_range=below)
        )

    def _file_info(self, found: Any) -> FileInfo:
        finished = found.HasField("committed")
        return FileInfo(
            path=found.file.path[1:],
            size=found.size_bytes,
            hash=bytes(found.hash),
            md5=None,
            committed=time_of(found.committed) if finished else datetime.now(UTC),
            content=finished,
        )

    def read_file(self, file: FileInfo, offset: int = 0, size: int | None = None) -> FileReader:
        """See `Snapshot.read_file`.

        A file of an open commit may have changed since it was inspected: `Unavailable` then, so
        that what is known of the file and its bytes never come from two contents.
        """
        length = file.size - offset if size is None else size
        if not 0 <= offset <= offset + length <= file.size:
            raise ValueError(f"{offset} + {length} is no part of {file.size} bytes")
        if not length:
            return _Body(None, iter(()), 0, file.path)
        download = self._client.read_file(file_message(self._branch, self.commit, file.path), offset)
        messages = iter(download)
        head = next(messages, None)
        if head is None:
            raise CorruptData(f"pachd has no bytes of {file.path}.")
        if not file.content:
            try:
                now = self.inspect_file(file.path)
            except FileNotFound:
                now = None
            if now is None or (now.size, now.hash) != (file.size, file.hash):
                download.close()
                raise Unavailable("The commit is open, and the file was changed while it was read.")
        return _Body(download, _chain(head, messages), length, file.path)

    def list_files(self, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000) -> Page:
        """See `Snapshot.list_files`."""
        commit = self.commit
        if not _may_match(prefix):
            return Page([], [], None)
        # PERF: with PFS's own delimiter pachd names a directory once, however much is below it
        pattern = glob_of(prefix, "*" if delimiter == "/" else "**")

        def rows(low: str, high: str) -> Iterator[Any]:
            request = pb.GlobFileRequest(
                commit=commit_message(self._branch, commit),
                pattern=pattern,
                path_range=pb.PathRange(lower=f"/{low}", upper=f"/{high}"),
            )
            for found in self._client.stream("GlobFile", request):
                if found.file_type == FILE or delimiter == "/":
                    yield found

        return read_page(
            rows,
            lambda found: found.file.path[1:],
            self._file_info,
            prefix=prefix,
            delimiter=delimiter,
            after=after,
            limit=limit,
            neighbours=_NEIGHBOURS,
        )


class _Body:
    """The bytes of a file, counted: a stream of pachd's that ends early is an error."""

    data = None
    extent = None

    def __init__(
        self, download: Download | None, messages: Iterator[memoryview], length: int, path: str
    ) -> None:
        self._download = download
        self._messages = messages
        self._left = length
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        try:
            while self._left:
                message = next(self._messages, None)
                if message is None:
                    raise CorruptData(f"pachd ended {self._path} {self._left} bytes early.")
                message = message[: self._left]
                for begin in range(0, len(message), _BLOCK):
                    block = bytes(message[begin : begin + _BLOCK])
                    self._left -= len(block)
                    yield block
                del message  # PERF: the next may be of 19 MiB too
        finally:
            self.close()

    def close(self) -> None:
        """End the call; again is no error."""
        if self._download is not None:
            self._download.close()


def _chain(head: memoryview, rest: Iterator[memoryview]) -> Iterator[memoryview]:
    yield head
    del head
    yield from rest


def _may_match(prefix: str) -> bool:
    """Tell whether a path can begin so; pachd would clean any other pattern into one that matches."""
    *directories, last = prefix.split("/")
    whole = "/".join([*directories, f"{last}x"])
    return paths.is_path(whole)
