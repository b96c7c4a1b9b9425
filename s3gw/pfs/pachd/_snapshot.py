"""Reads of one commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

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
    part_of,
)
from s3gw.pfs.pachd._client import Client, Download, Pace, first
from s3gw.pfs.pachd._contents import Source
from s3gw.pfs.pachd._directories import Range, children
from s3gw.pfs.pachd._disk import Contents, Filling
from s3gw.pfs.pachd._errors import PachdError
from s3gw.pfs.pachd._heads import finished, is_open, readable
from s3gw.pfs.pachd._listings import Listings
from s3gw.pfs.pachd._memory import (
    SMALL_BODY,
    Body,
    part_of_page,
    size_of_body,
    size_of_file,
    size_of_page,
)
from s3gw.pfs.pachd._messages import (
    FILE_SETS,
    commit_message,
    file_message,
    glob_at,
    glob_of,
    time_of,
)
from s3gw.pfs.pachd._room import Held
from s3gw.pfs.pachd._views import Head, Views
from s3gw.pfs.pachd._wire import Entry
from s3gw.pfs.paging import END, read_page

if TYPE_CHECKING:
    from s3gw.pfs.pachd._properties import Properties

# InspectFile of a file takes less; what takes longer is a directory, or pachd is busy.
_DIRECTORY_S = 0.05

# PERF: pachd sends this many entries in less time than a call takes.
_NEIGHBOURS = 200


class PachdSnapshot:
    """A commit of a branch.

    With `views` the first read pins it: where no id is given that is the head, or what answers for
    one that is not finished (see `s3gw.pfs.pachd._heads`). Without, each call reads the commit with
    that id, or the head of its own time: for whoever looks once, or waits for no commit. With
    `properties` what is kept with files is told. `head` is the head that the first read pins, where it was
    looked at before.
    """

    def __init__(
        self,
        client: Client,
        branch: Branch,
        commit: str | None = None,
        views: Views | None = None,
        properties: Properties | None = None,
        head: Head | None = None,
    ) -> None:
        self._head = head
        self._client = client
        self._branch = branch
        self._commit = commit
        self._views = views
        self._properties = properties
        # Whether an id was asked for, and not the head.
        self._is_by_id = commit is not None
        self._pinned = False
        # Nothing was ever finished on this branch.
        self._is_empty = False
        # When the commit was finishing; None where it is open, or not pinned.
        self._committed: datetime | None = None
        self._file_set: str | None = None
        self._is_file_set_gone = False
        self._begun: Download | None = None

    @property
    def commit(self) -> str:
        """The id of the commit."""
        self._pin()
        assert self._commit is not None
        return self._commit

    def _pin(self) -> None:
        if self._pinned:
            return
        info = None
        if self._commit is None and self._views is not None:
            head = self._head or self._views.head(self._branch)
            if head.committed is not None:
                self._pin_to(head.commit, head.committed)
                return
            info = head.info
        if info is None:
            request = pb.InspectCommitRequest(commit=commit_message(self._branch, self._commit))
            info = self._client.call("InspectCommit", request)
        if self._commit is None:
            answers = readable(self._client, self._branch, info)
            self._is_empty = answers is None
            info = answers or info
        elif not is_open(info) and not info.HasField("finished"):
            info = finished(self._client, self._branch, info.commit.id)  # to read it would wait too
        self._pin_to(info.commit.id, time_of(info.finishing) if info.HasField("finished") else None)

    def _pin_to(self, commit: str, committed: datetime | None) -> None:
        self._commit = commit
        self._committed = committed
        self._pinned = True

    def _source(self) -> tuple[Branch, str | None]:
        """Tell where the files are: in a commit of a branch, or in a file set."""
        if self._views is not None:
            self._pin()
            if self._committed is not None and self._file_set is None and not self._is_file_set_gone:
                self._file_set = self._views.find(self._branch, self.commit)
        if self._file_set is not None:
            return FILE_SETS, self._file_set
        return self._branch, self._commit

    def inspect_file(self, path: str, *, whole: bool = False) -> FileInfo:
        """See `Snapshot.inspect_file`."""
        if not paths.is_path(path):
            self._pin()  # a missing branch comes first
            raise self._not_found(path)
        memory = self._memory()
        known: FileInfo | None = None if memory is None else memory.recall(self._key("file", path))
        if known is not None:
            return self._with_properties(known)
        looked = self.look_up(path)
        # the commit is pinned: what it holds was written behind its properties
        kept = self._properties.find(self._branch) if self._properties is not None else None
        if whole and self._committed is not None:
            # PERF: its bytes are asked for at the same time
            self._begun = self._client.read_file(file_message(*self._source(), path), 0)
        try:
            file = self._found(path, looked)
        except BaseException:
            self._drop_begun()
            raise
        if memory is not None:
            memory.keep(self._key("file", path), file, size_of_file(path))
        return file if kept is None else file._replace(properties=kept(file))

    def _with_properties(self, file: FileInfo) -> FileInfo:
        if self._properties is None:
            return file
        return file._replace(properties=self._properties.find(self._branch)(file))

    def _found(self, path: str, looked: Callable[[], Entry | None]) -> FileInfo:
        """Wait for a look at a file."""
        try:
            found = looked()
        except PachdError:
            if self._file_set is None:
                raise
            self._leave_file_set()
            found = self.look_up(path)()
        if found is None:
            raise self._not_found(path)
        return self._file_info(found)

    def _memory(self) -> Views | None:
        """Give what remembers this commit; None where nothing does, or where it may change."""
        if self._views is None or not self._views.keeps:
            return None
        self._pin()
        return None if self._committed is None else self._views

    def _key(self, *what: object) -> tuple[object, ...]:
        return self._branch.project, self._branch.repo, self._commit, *what

    def commit_of(self, file: FileInfo) -> str:  # noqa: ARG002 - PFS does not know who has changed it
        """See `Snapshot.commit_of`."""
        return self.commit

    def removed_in(self, path: str) -> str | None:
        """See `Snapshot.removed_in`."""
        if not self._is_by_id or not paths.is_path(path) or self.look_up(path)() is not None:
            return None
        info = self._client.call(
            "InspectCommit", pb.InspectCommitRequest(commit=commit_message(self._branch, self._commit))
        )
        if not info.HasField("parent_commit"):
            return None
        before = PachdSnapshot(self._client, self._branch, info.parent_commit.id)
        return self.commit if before.look_up(path)() is not None else None

    def source_of(self, file: FileInfo) -> Source | None:
        """Tell from where a file can be copied; None where the commit is open, and it may change."""
        self._pin()
        return Source(self._branch, self.commit, file) if file.content and self._committed else None

    def _leave_file_set(self) -> None:
        """Read the commit as a commit: pachd has the file set no more."""
        assert self._views is not None
        self._views.forget(self._branch, self.commit)
        self._file_set = None
        self._is_file_set_gone = True
        self._drop_begun()

    def _drop_begun(self) -> None:
        begun, self._begun = self._begun, None
        if begun is not None:
            begun.close()

    def _file_info(self, found: Entry) -> FileInfo:
        committed = self._committed or found.committed
        return FileInfo(
            path=found.path,
            size=found.size,
            hash=found.hash,
            md5=None,
            committed=committed or datetime.now(UTC),
            content=committed is not None,
        )

    def _not_found(self, path: str) -> FileNotFound:
        return FileNotFound(f"file {path!a} not found in {self._branch}")

    def look_up(self, path: str) -> Callable[[], Entry | None]:
        """Begin to look for a file; what is returned waits for it, or for None.

        InspectFile prefers a directory to a file of the same path, and reads all that lies below it
        first; a range that ends right behind the path holds the file alone.
        """
        source = self._source()
        if self._is_empty:
            return lambda: None
        inspected = self._client.inspect_file(file_message(*source, path))

        def found() -> Entry | None:
            try:
                seen = inspected(_DIRECTORY_S)
            except FileNotFound:
                return None
            except Unavailable:  # the other way tries again
                seen = None
            if seen is not None and seen.is_file:
                return seen
            return first(self._glob(glob_at(path), path, f"{path}\0"))

        return found

    def look_below(self, path: str) -> Iterator[Entry]:
        """Begin to look for anything that lies below a directory."""
        below = f"{path}/" if path else ""
        if "\\" in path:
            return self._glob(glob_of(below, "**"), below, f"{below}{END}")
        return self._glob(glob_of(below, "**"))  # PERF: it ends with its prefix; a range would cost more

    def _glob(self, pattern: str, low: str = "", high: str = "", pace: Pace | None = None) -> Iterator[Entry]:
        source = self._source()
        if self._is_empty:
            return iter(())
        request = pb.GlobFileRequest(commit=commit_message(*source), pattern=pattern)
        if high:
            request.path_range.lower, request.path_range.upper = f"/{low}", f"/{high}"
        return self._client.glob(request, pace)

    def read_file(self, file: FileInfo, offset: int = 0, size: int | None = None) -> FileReader:
        """See `Snapshot.read_file`.

        A file of an open commit may have changed since it was inspected: `Unavailable` then, so
        that what is known of the file and its bytes never come from two contents.
        """
        length = part_of(file, offset, size)
        memory = self._memory() if file.size <= SMALL_BODY else None
        if memory is not None and length:
            data = self._small_body(memory, file)
            return Body(data[offset : offset + length])
        contents = self._contents(file)
        kept = None if contents is None else contents.open(file, offset, length)
        if kept is not None:
            self._drop_begun()
            return kept
        filling = None if contents is None or length < file.size else contents.fill(file)
        try:
            return self._download(file, offset, length, filling)
        except BaseException:
            if filling is not None:
                filling.close()
            raise

    def _contents(self, file: FileInfo) -> Contents | None:
        """Give the folder of contents, for what is worth it and can never change."""
        if self._views is None or not file.content or file.size <= SMALL_BODY:
            return None
        return self._views.contents

    def _download(self, file: FileInfo, offset: int, length: int, filling: Filling | None = None) -> _Body:
        try:
            return self._begin_download(file, offset, length, filling)
        except (PachdError, FileNotFound):
            if self._file_set is None:
                raise
            self._leave_file_set()
            return self._begin_download(file, offset, length, filling)

    def _begin_download(self, file: FileInfo, offset: int, length: int, filling: Filling | None) -> _Body:
        if offset or not length:
            self._drop_begun()
        if not length:
            return _Body(None, 0, 0, file.path)
        download, self._begun = self._begun, None
        if download is None:
            download = self._client.read_file(file_message(*self._source(), file.path), offset)
        body = _Body(download, file.size - offset, length, file.path, filling)
        try:
            body.begin()
            if not file.content:
                self._check_unchanged(file)
        except BaseException:
            body.close()
            raise
        return body

    def _check_unchanged(self, file: FileInfo) -> None:
        """Raise `Unavailable` where a file of an open commit is another one by now."""
        try:
            now = self.inspect_file(file.path)
        except FileNotFound:
            now = None
        if now is None or (now.size, now.hash) != (file.size, file.hash):
            raise Unavailable("The commit is open, and the file was changed while it was read.")

    def _small_body(self, memory: Views, file: FileInfo) -> bytes:
        """Give a small body, which is kept by its hash."""
        key = (file.hash, file.size)
        data: bytes | None = memory.recall(key)
        if data is None:
            data = b"".join(self._download(file, 0, file.size))
            memory.keep(key, data, size_of_body(data))
        else:
            self._drop_begun()
        return data

    def list_files(self, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000) -> Page:
        """See `Snapshot.list_files`."""
        if limit <= 0 or not _may_match(prefix):
            self._pin()  # a missing branch comes first
            return Page([], [], None)
        memory = self._memory()
        if memory is None:
            return self._read_page(prefix, delimiter, after, limit)
        whole_key, key = self._key("children", prefix), self._key("page", prefix, delimiter, after, limit)
        whole: Page | None = memory.recall(whole_key) if delimiter == "/" else None
        if whole is not None:
            return part_of_page(whole, prefix, after, limit)
        page: Page | None = memory.recall(key)
        if page is None:
            page = self._read_page(prefix, delimiter, after, limit)
            is_whole = delimiter == "/" and not after and page.after is None
            memory.keep(whole_key if is_whole else key, page, size_of_page(page) + len(prefix) + len(after))
        return page

    def _read_page(self, prefix: str, delimiter: str, after: str, limit: int) -> Page:
        try:
            return self._page(prefix, delimiter, after, limit)
        except PachdError:
            if self._file_set is None:
                raise
            self._leave_file_set()
            return self._page(prefix, delimiter, after, limit)

    def _page(self, prefix: str, delimiter: str, after: str, limit: int) -> Page:
        def reader(pattern: str, in_range: str) -> Range:
            def entries(low: str, high: str, pace: Pace | None) -> Iterator[Entry]:
                if low <= max(prefix, "\0") and high == prefix + END and "\\" not in prefix:
                    # PERF: it ends with its prefix; a range would cost more
                    return self._glob(glob_of(prefix, pattern), pace=pace)
                # PERF: the directory that a range begins with would be summed up; no file ends with "/"
                begin = f"{low}\0" if pattern == "**" and low.endswith("/") else low
                return self._glob(in_range, begin, high, pace)

            return entries

        everything = reader("**", "/**")
        named, nested = reader("*", glob_at(prefix)), reader("*/**", glob_of(prefix, "*/**"))
        branch = self._branch
        listings = Listings() if self._views is None else self._views.listings

        def rows(low: str, high: str) -> Iterator[Entry]:
            if delimiter != "/":
                return listings.long_directories.files(branch, everything, low, high)
            place = (branch, prefix)
            measured = listings.measurements.of(place)
            note = partial(listings.measurements.note, place)

            def whole(low: str) -> Iterator[Entry]:
                return children(named, nested, prefix, low, high, measured, note)

            if measured.jumps:
                return whole(low)
            return listings.parts.entries((*place, low), named, low, high, measured.pace, whole)

        return read_page(
            rows,
            lambda found: found.path,
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

    def __init__(
        self,
        download: Download | None,
        rest: int,
        length: int,
        path: str,
        filling: Filling | None = None,
    ) -> None:
        self._filling = filling
        self._download = download
        self._message: Held | None = None
        self._left = length
        # What pachd would send behind the bytes that are wanted.
        self._behind = rest - length
        self._path = path

    def begin(self) -> None:
        """Wait for the first of them: what fails so early can be told to a client."""
        if self._download is not None:
            self._receive(self._download)

    def _receive(self, download: Download) -> Held:
        self._message = download.receive(self._left + self._behind, self._left)
        if self._message is None:
            raise CorruptData(f"pachd ended {self._path} {self._left} bytes early.")
        return self._message

    def __iter__(self) -> Iterator[bytes]:
        try:
            while self._left and self._download is not None:
                for block in (self._message or self._receive(self._download)).blocks():
                    self._left -= len(block)
                    if self._filling is not None:
                        self._filling.write(block)
                    yield block
                self._message = None
        finally:
            self.close()

    def extents(self) -> None:
        """See `FileReader.extents`; the bytes are on no machine of ours."""

    def close(self) -> None:
        """End the call; again is no error."""
        message, self._message = self._message, None
        if message is not None:
            message.close()
        if self._download is not None:
            self._download.close()
        if self._filling is not None:
            self._filling.close()


def _may_match(prefix: str) -> bool:
    """Tell whether a path can begin so; pachd would clean any other pattern into one that matches."""
    *directories, last = prefix.split("/")
    whole = "/".join([*directories, f"{last}x"])
    return paths.is_path(whole)
