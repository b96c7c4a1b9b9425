"""PFS as the rest of the gateway sees it: values, errors and one small Protocol.

Words are PFS's own. A *branch* of a *repo* points to its head *commit*; a commit holds *files*.
Paths are written without their leading ``/`` (``a/b``, PFS prints ``/a/b``); they are ASCII, so
their order as ``str`` is PFS's bytewise order. Times are aware, in UTC; sizes are in bytes.

Reads go through a `Snapshot`, which pins one commit: a page, a range, or a look at a file and then
its content never mix two commits. Writes are staged first (`PFS.stage`, slow, invisible, checked
against what PFS refuses before the first byte) and then made visible by one atomic `PFS.change`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self

DEFAULT_PROJECT = "default"

# The gateway's own repo: parts of uploads, and what sessions have staged. It is no bucket; its history is
# of no use to anybody, and is not kept for long. Users of a cluster have others (`own_repo_of`).
OWN_REPO = "_s3gw_"


@dataclass(frozen=True, slots=True)
class Branch:
    """The name of a branch; its text is the form that PFS prints, ``project/repo@branch``."""

    repo: str
    name: str
    project: str = DEFAULT_PROJECT

    def __str__(self) -> str:
        return f"{self.project}/{self.repo}@{self.name}"

    @property
    def full_name(self) -> str:
        """``name.repo``, in another project than the default one ``name.repo.project``; no two share it."""
        short = f"{self.name}.{self.repo}"
        return short if self.project == DEFAULT_PROJECT else f"{short}.{self.project}"


@dataclass(frozen=True, slots=True)
class BranchInfo:
    """What PFS knows of a branch.

    Attributes:
        branch: Its name.
        head: The id of its head commit (32 hex digits, the 13th is ``4``).
        provenance: The branches that it is computed from; an *output branch* has some, and only
            PFS itself writes to it.
    """

    branch: Branch
    head: str
    provenance: tuple[Branch, ...] = ()


class BranchEntry(NamedTuple):
    """A branch in the list of all.

    PERF: there may be ten thousand.

    Attributes:
        branch: Its name.
        created: When its repo was created; PFS keeps no time for a branch.
    """

    branch: Branch
    created: datetime


class FileInfo(NamedTuple):
    """A file in a commit.

    PERF: a page has a thousand, and a tuple is made in a fifth of the time of a frozen dataclass.

    Attributes:
        path: Its path, without the leading ``/``.
        size: Bytes.
        hash: What its content determines, 32 raw bytes: PFS's BLAKE2b-256 over the BLAKE2b-256 of its
            chunks. The embedded one has BLAKE2b-256 over the MD5 in its place, and of what is composed over
            the hashes of the pieces; files of less than 1 MiB that an older version wrote have PFS's.
        md5: What tells two contents apart where this PFS keeps it (the embedded one), else None: the MD5,
            16 raw bytes, or whatever was given to `PFS.compose`.
        committed: Time of the commit that last changed the file where PFS knows it (the embedded
            one), else of the commit that was read.
        content: The implementation's own handle on the bytes; nobody else looks into it.
        properties: What was kept with the file, as it was given to `Put`; None in listings, where
            nothing was given, and where this PFS keeps none.
    """

    path: str
    size: int
    hash: bytes
    md5: bytes | None
    committed: datetime
    content: object = None
    properties: bytes | None = None


def part_of(file: FileInfo, offset: int, size: int | None) -> int:
    """Give the size of a part of a file; None is the rest of it. Raise ValueError where it is none."""
    length = file.size - offset if size is None else size
    if not 0 <= offset <= offset + length <= file.size:
        raise ValueError(f"{offset} + {length} is no part of {file.size} bytes")
    return length


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, in bytewise order.

    Attributes:
        files: The files whose paths are not rolled up.
        groups: What the other paths are rolled up to: each ends with the delimiter. With the
            delimiter ``/`` these are the directories.
        after: The last entry of this page, to be passed as ``after`` for the next one;
            None at the end of the listing.
    """

    files: list[FileInfo]
    groups: list[str]
    after: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """What a commit has made of a file.

    Attributes:
        path: Of the file.
        commit: The id of the commit; None where it was cut off from the history.
        committed: When.
        file: The file that it put; None where it removed the file.
        is_latest: Whether nothing was made of it since.
    """

    path: str
    commit: str | None
    committed: datetime
    file: FileInfo | None
    is_latest: bool


@dataclass(frozen=True, slots=True)
class VersionPage:
    """One page of versions: in bytewise order of the paths, those of one path the newest first.

    Attributes:
        versions: Those whose paths are not rolled up.
        groups: As in `Page`.
        after: Path (or group) and commit of the last entry, to be passed as `after` for the next page; the
            commit is None where the next page begins behind all of the path. None at the end.
    """

    versions: list[Version]
    groups: list[str]
    after: tuple[str, str | None] | None


@dataclass(frozen=True, slots=True)
class FileExtent:
    """A part of a file of this machine, that the system can send without anybody reading it.

    Attributes:
        descriptor: Open until the next extent is asked for, or the reader is closed.
        offset: Where it begins.
        size: Bytes.
        check: Is to be called with an offset in the file and a size before these bytes are sent, in
            the order of the file; raises `CorruptData` where they are not what was stored.
    """

    descriptor: int
    offset: int
    size: int
    check: Callable[[int, int], None]


class FileReader(Protocol):
    """The bytes of a file, in order, in blocks of the implementation's choice.

    Raises `CorruptData` or another `PFSError` instead of ending early. `close` may come before
    the end, and more than once.
    """

    @property
    def data(self) -> bytes | None:
        """All of the bytes, where they are at hand."""
        ...

    def extents(self) -> Iterator[FileExtent] | None:
        """Where the bytes lie, in their order, where that is in files of this machine.

        Each is good until the next one is asked for.
        """
        ...

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None:
        """Release what is held."""
        ...


class Snapshot(Protocol):
    """One commit of a branch, read only."""

    @property
    def commit(self) -> str:
        """The id of the commit."""
        ...

    def inspect_file(self, path: str, *, whole: bool = False) -> FileInfo:
        """Raise `FileNotFound` for a directory too, and for a path that PFS would refuse.

        With `whole` the caller means to read all of it next, which may begin at once.
        """
        ...

    def read_file(self, file: FileInfo, offset: int = 0, size: int | None = None) -> FileReader:
        """Read `size` bytes from `offset`; ``0 <= offset``, ``offset + size <= file.size``.

        `file` comes from `inspect_file` of this snapshot. None reads to the end.
        """
        ...

    def list_files(self, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000) -> Page:
        """List at most `limit` entries (files and groups together) that sort after `after`.

        Paths that hold `delimiter` behind `prefix` are rolled up to what ends with its first
        occurrence. An entry, be it a file or a group, is listed when it is ``> after`` itself.
        Any strings are legal and any delimiter; what no path can match gives an empty page. The
        cost follows the entries returned, not the files of the commit.
        """
        ...

    def commit_of(self, file: FileInfo) -> str | None:
        """Give the id of the commit that last changed a file of this snapshot.

        None where that was cut off from the history. Where PFS does not know it (in a cluster) it is
        the commit of this snapshot.
        """
        ...

    def removed_in(self, path: str) -> str | None:
        """Give the id of the commit that removed the file which was at `path` before this snapshot.

        None where there was none, where there is a file now, and where PFS cannot tell: a cluster is
        asked for the parent of a snapshot that was pinned by its id, and for nothing else.
        """
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file, to be referred to: `size` bytes from `offset`; None is the rest."""

    snapshot: Snapshot
    file: FileInfo
    offset: int = 0
    size: int | None = None


class Staging(Protocol):
    """A body on its way into PFS. Leaving the ``with`` drops what no change has taken over.

    Attributes:
        md5: The MD5 of the body when it is finished, where this PFS keeps it, else None.
    """

    @property
    def md5(self) -> bytes | None:
        """See above."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def write(self, data: bytes) -> None:
        """Append to the body."""
        ...

    def finish(self) -> object:
        """End the body, which is ready to be changed in; what this gives is `Put.content`."""
        ...


# Judged against the file that the change would replace, None where there is none, inside the
# atomic change: false makes the whole change fail with `ConditionFailed`.
Condition = Callable[[FileInfo | None], bool]


@dataclass(frozen=True, slots=True)
class Put:
    """Write a file, or replace it as a whole.

    Attributes:
        path: Of the file.
        content: What `Staging.finish` or `PFS.compose` gave, the implementation's own handle on the body.
        condition: What must hold, if anything.
        properties: What is kept with the file, in the same change, where this PFS keeps properties.
    """

    path: str
    content: object
    condition: Condition | None = None
    properties: bytes | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a file; nothing happens where there is none, or where there is a directory."""

    path: str
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a change has made.

    Attributes:
        commit: The commit in which it is visible.
        files: For each edit, in order: the file that it put, or None for a delete.
    """

    commit: str
    files: tuple[FileInfo | None, ...]

    @property
    def file(self) -> FileInfo:
        """The file that it put, where that was one."""
        return next(file for file in self.files if file is not None)


class PFS(Protocol):
    """A PFS. Safe to use from many threads; every method may raise any `PFSError`.

    Attributes:
        is_quick: Whether looking a small file up takes microseconds, so that it may be done where
            nothing may wait, and whether a change waits for nothing but a disk.
        keeps_md5: Whether `FileInfo.md5` is known of every file.
        composes_parts: Whether `compose` can refer to a part of a file, and not only to whole files.
        keeps_properties: Whether `Put.properties` are kept, and not dropped.
        own_repo: The gateway's own repo, where what is begun through this PFS waits for its commit.
    """

    is_quick: bool
    composes_parts: bool
    keeps_md5: bool
    keeps_properties: bool
    own_repo: str

    def user_of(self, token: str) -> str | None:
        """Give the name by which PFS knows whose token this is; None where PFS knows no users.

        Raises:
            NotAuthenticated: It is nobody's, or its time is over.
        """
        ...

    def acting_as(self, user: str, token: str) -> PFS:
        """Give this PFS as a user may see and change it: it remembers nothing of what others have seen."""
        ...

    def acting(self) -> Sequence[PFS]:
        """Give what `acting_as` has given lately, and this PFS itself where it may do something."""
        ...

    def authorize(self, branch: Branch, right: str, *, is_new: bool = False) -> None:
        """Demand that PFS grants a right to whomever this PFS acts as.

        Args:
            branch: Where; that it exists is not told to anybody who has no right there.
            right: Of ``spec/authentication.yaml``.
            is_new: Whether the repo may be missing, since it is to be made: that needs no right there.

        Raises:
            NotAuthorized: It does not.
        """
        ...

    def list_branches(self, prefix: str = "", after: str = "", at_once: int = 1000) -> Iterator[BranchEntry]:
        """Give every branch of every user repo of every project, bytewise in the order of their full names.

        What is created or deleted while they are read may be among them or not.

        Args:
            prefix: Of the full names of those that are given.
            after: Those whose full names are no greater are left out.
            at_once: How many to read before the first is given, where PFS need not read all of them.
        """
        ...

    def inspect_branch(self, branch: Branch) -> BranchInfo:
        """Raise `BranchNotFound` where the repo or the branch is missing."""
        ...

    def at_one_moment(self) -> PFS:
        """Give this PFS for the reads of one request: the head of a branch is looked at once for all."""
        ...

    def state(self, branch: Branch) -> Hashable:
        """Tell the state of a branch: all that is read of its head is the same while that is.

        It differs once a change was acknowledged, or the branch deleted; of a PFS that `is_quick`, which
        tells it in microseconds, also once a commit was cut off from the history: there all that is read of
        the branch is the same. None where that is more than PFS can tell. Raise `BranchNotFound`.
        """
        ...

    def create_branch(self, branch: Branch, provenance: Sequence[Branch] = ()) -> BranchInfo:
        """Create the branch, with its repo where that is missing; its head is an empty commit.

        Raise `BranchExists`, `InvalidName`, `ProjectNotFound`, or `BranchNotFound` where
        something in `provenance` is missing.
        """
        ...

    def delete_branch(self, branch: Branch, *, with_files: bool = False) -> None:
        """Delete the branch, and the repo with its last branch.

        Raise `BranchNotFound`; `BranchNotEmpty` where its head holds a file, unless `with_files`;
        `BranchInUse` where another branch has it in its provenance.
        """
        ...

    def snapshot(self, branch: Branch, commit: str | None = None) -> Snapshot:
        """Pin the head of the branch, or a commit of it. Raise `BranchNotFound`, `CommitNotFound`.

        The head may be pinned by the first read, which then raises `BranchNotFound`: a round trip
        to pachd less.
        """
        ...

    def stage(self, branch: Branch, path: str, *, arrived: bool = False) -> Staging:
        """Begin a body for `path`.

        Everything that can be refused is refused here, before the first byte: `BranchNotFound`,
        `OutputBranch`, `InvalidPath`, `PathClash`. What changes in the meantime is found by
        `change`. Where the whole body has `arrived` there is nothing to be spared, and all of it
        may be left to `change`.
        """
        ...

    def compose(self, branch: Branch, path: str, pieces: Sequence[Piece], md5: bytes | None = None) -> object:
        """Refer to what is there instead of staging it again: a content for a `Put` of `path`.

        Pieces are whole files, unless the PFS `composes_parts`. What can be refused is left to `change`,
        also that a piece was deleted meanwhile, with its branch or its history: `PiecesGone`. With `md5`
        that is what `FileInfo.md5` will be; it may be left out for one whole file, whose own it is then.
        None where PFS cannot refer to them: their bytes are to be staged again.
        """
        ...

    def change(self, branch: Branch, edits: Sequence[Put | Delete]) -> Change:
        """Make all edits visible in one commit, in their order, or none.

        Returns when the commit is durable and readable. A change that alters nothing (deletes of
        missing files) makes no commit and returns the head, where that is cheap to tell. Raise
        `BranchNotFound`, `OutputBranch`, `InvalidPath`, `PathClash`, `ConditionFailed`, `PiecesGone`.
        """
        ...

    def list_versions(
        self,
        branch: Branch,
        prefix: str = "",
        delimiter: str = "",
        after: tuple[str, str | None] = ("", None),
        limit: int = 1000,
    ) -> VersionPage:
        """List what the commits of a branch have made of its files, as far as its history goes.

        Args:
            branch: The branch. Raise `BranchNotFound`.
            prefix: As in `Snapshot.list_files`.
            delimiter: As there.
            after: A path and a commit: the page begins behind that version; without a commit behind
                all of that path.
            limit: At most so many versions and groups together. In front of a cluster a page may have
                fewer, even none, and go on: it walks commits with a bound.
        """
        ...

    def change_all(
        self, changes: Sequence[tuple[Branch, Sequence[Put | Delete]]]
    ) -> list[Change | BaseException]:
        """Make changes that came together, each as `change` does; what one raises is its result."""
        ...

    def turn(self) -> AbstractContextManager[None]:
        """Wait until nobody else writes, where this PFS `is_quick`; nobody does within the ``with``.

        So what has come meanwhile can be changed together with what has waited.
        """
        ...

    def forbid_waiting(self) -> None:
        """Let reads and changes raise `WouldWait` in the calling thread, from now on, where they would wait.

        That is for a lock, or for more than a little from a disk; until a change is durable is waited for all
        the same. What raises it has changed nothing. Of a PFS that is not `is_quick` only `state` is promised
        to do so, where it does not come within a few milliseconds.
        """
        ...

    def check(self) -> None:
        """Raise a `PFSError` where this PFS cannot be used at present."""
        ...

    def close(self) -> None:
        """Release what is held; nothing but this may be called afterwards, and again is no error."""
        ...


class PFSError(Exception):
    """Something that PFS refuses or cannot do; the message is written for people."""


class InvalidName(PFSError):
    """A repo, branch or project name that PFS refuses."""


class InvalidPath(PFSError):
    """A file path that PFS refuses; the message names the character or element."""


class BranchNotFound(PFSError):
    """No such repo, or no such branch in it."""


class ProjectNotFound(BranchNotFound):
    """No such project, so no branch in it."""


class BranchExists(PFSError):
    """The branch is there already."""


class BranchNotEmpty(PFSError):
    """The head of the branch holds files."""

    @classmethod
    def of(cls, branch: Branch) -> Self:
        """Make the refusal to delete `branch`."""
        return cls(f"{branch} holds files")


class BranchInUse(PFSError):
    """Another branch has this one in its provenance."""

    @classmethod
    def of(cls, branch: Branch) -> Self:
        """Make the refusal to delete `branch`."""
        return cls(f"{branch} is in the provenance of another branch: delete that one first.")


class OutputBranch(PFSError):
    """The branch has provenance: only PFS itself writes to it."""

    @classmethod
    def of(cls, branch: Branch) -> Self:
        """Make the refusal to write to `branch`."""
        return cls(
            f"{branch} is an output branch, which Pachyderm alone writes to: write to one without provenance."
        )


class CommitNotFound(PFSError):
    """No such commit on this branch."""

    @classmethod
    def of(cls, branch: Branch, commit: str) -> Self:
        """Make the error of a look for `commit` on `branch`."""
        return cls(f"commit {commit} not found on {branch}")


class FileNotFound(PFSError):
    """No file at this path; perhaps a directory."""


class PathClash(PFSError):
    """The path is a directory, or lies below a file."""

    @classmethod
    def of_directory(cls, path: str) -> Self:
        """Make the refusal of a file at `path`, where a directory is."""
        return cls(f"{path} is a directory: files lie below it. Choose another path, or delete them first.")

    @classmethod
    def of_file(cls, path: str) -> Self:
        """Make the refusal of what would lie below the file at `path`."""
        return cls(f"{path} is a file: nothing can lie below it. Choose another path, or delete it first.")

    @classmethod
    def of_two(cls, path: str, other: str) -> Self:
        """Make the refusal of a file at `path` together with one at `other`."""
        return cls(f"{path} and {other} cannot both be files: one is a directory for the other.")


class ConditionFailed(PFSError):
    """A condition of an edit did not hold; nothing was changed."""


class PiecesGone(PFSError):
    """A piece of a composed content was deleted before the change; nothing was changed."""


class NotAuthenticated(PFSError):
    """PFS wants to know who asks."""


class NotAuthorized(PFSError):
    """PFS knows who asks, and says no."""


class Unavailable(PFSError):
    """PFS cannot be reached; nothing is known of the outcome of a change."""


class TooSlow(PFSError):
    """PFS did not answer within the deadline; nothing is known of the outcome of a change."""


class NoSpace(PFSError):
    """There is no room for what is to be written; deletes still work."""


class WouldWait(PFSError):
    """A read or a change would have to wait, and its thread may not."""


class CorruptData(PFSError):
    """What PFS gave back is not what was stored."""
