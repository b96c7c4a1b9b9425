"""A commit session: a branch of the gateway's own repo that holds what is to become one commit of another.

    session             which branch it is for, since when, and whether it is being finished
    put/PATH            a file that was written
    removal/FLAT_PATH   an empty file for one that was removed

So a session is in PFS, any gateway may go on with it, and it outlives them all.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, TypeAlias

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.operations import _own
from s3gw.pfs.interface import (
    PFS,
    Branch,
    BranchNotFound,
    FileInfo,
    FileNotFound,
    FileReader,
    OutputBranch,
    Page,
    PFSError,
    Put,
    Snapshot,
)
from s3gw.s3_error import S3Error

_ABOUT = "session"
_NAME = "session-"
_DIGITS = set("0123456789abcdef")
_PAGE = 1000

# A file, or a group of a listing, which has none, by its path.
Entry: TypeAlias = "tuple[str, FileInfo | None]"


class staged:  # noqa: N801 - a namespace of names
    """Where a session keeps what."""

    PUTS = "put/"
    REMOVALS = "removal/"

    @classmethod
    def put(cls, path: str) -> str:
        """Name the file that was written to `path`."""
        return cls.PUTS + path

    @classmethod
    def removal(cls, path: str) -> str:
        """Name the file that says that `path` was removed."""
        return cls.REMOVALS + _own.flat(path)


@dataclass(frozen=True, slots=True)
class Session:
    """A session.

    Attributes:
        id: As `_own.new_id` makes it.
        branch: That holds what was staged.
        target: The branch that it is for.
        begun: When, in seconds since 1970.
        owner: Who has begun it; None where nobody was asked.
        is_closed: Whether it is being finished: what comes now comes too late.
    """

    id: str
    branch: Branch
    target: Branch
    begun: float
    owner: str | None = None
    is_closed: bool = False

    @classmethod
    def open(cls, context: Context, target: Branch) -> Self:
        """Begin a session for a branch. Raise `BranchNotFound`, `OutputBranch`."""
        pfs = context.pfs
        if pfs.inspect_branch(target).provenance:
            raise OutputBranch.of(target)
        id_ = _own.new_id()
        session = cls(id_, _branch_of(pfs, id_), target, _own.begun_at(id_) / 1e6, context.access.owner)
        pfs.create_branch(session.branch)
        try:
            session.write(pfs)
        except BaseException:
            with contextlib.suppress(PFSError):  # else it is swept
                session.drop(pfs)
            raise
        return session

    def write(self, pfs: PFS) -> None:
        """Write down what it is."""
        about = {
            "project": self.target.project,
            "repo": self.target.repo,
            "branch": self.target.name,
            "begun": self.begun,
            "owner": self.owner,
            "closed": self.is_closed,
        }
        with pfs.stage(self.branch, _ABOUT, arrived=True) as staging:
            staging.write(json.dumps(about).encode())
            pfs.change(self.branch, [Put(_ABOUT, staging.finish())])

    @classmethod
    def find(cls, context: Context, id_: str, target: Branch, *, to_end: bool = False) -> Self:
        """Find a session of a branch, to write in or `to_end` it.

        Raises:
            S3Error: NoSuchSession; AccessDenied where somebody else has begun it.
        """
        session = cls.read(context.pfs, id_)
        if session is not None:
            context.access.require_own(session.owner)
        if session is None or session.target != target or (session.is_closed and not to_end):
            raise S3Error(errors.NoSuchSession)
        return session

    def is_open(self, pfs: PFS) -> bool:
        """Tell whether it can be written in still."""
        session = self.read(pfs, self.id)
        return session is not None and not session.is_closed

    @classmethod
    def read(cls, pfs: PFS, id_: str) -> Self | None:
        """Read a session; None where there is none, or where it was not begun whole."""
        if not _is_id(id_):
            return None
        branch = _branch_of(pfs, id_)
        try:
            about = _own.document(pfs.snapshot(branch), _ABOUT)
            target = Branch(about["repo"], about["branch"], about["project"])
            return cls(id_, branch, target, float(about["begun"]), about.get("owner"), about["closed"])
        except (BranchNotFound, FileNotFound, KeyError, TypeError, ValueError):
            return None

    @classmethod
    def drop_begun(cls, pfs: PFS, id_: str, before: float) -> bool:
        """Drop a session, whole or not, that was begun before a time, in seconds since 1970; tell whether."""
        session = cls.read(pfs, id_)
        if session is None:  # not begun whole
            session = cls(id_, _branch_of(pfs, id_), Branch("", ""), _own.begun_at(id_) / 1e6)
        if session.begun >= before:
            return False
        session.drop(pfs)
        return True

    def drop(self, pfs: PFS) -> None:
        """Remove all of it, unless somebody else just has."""
        with contextlib.suppress(BranchNotFound):
            pfs.delete_branch(self.branch, with_files=True)


def session_ids(pfs: PFS) -> list[str]:
    """Name the sessions that there are, and those that were not begun whole."""
    names = (entry.branch.name for entry in pfs.list_branches(_NAME) if entry.branch.repo == pfs.own_repo)
    return [id_ for name in names if _is_id(id_ := name.removeprefix(_NAME))]


def _is_id(text: str) -> bool:
    return len(text) == _own.ID_DIGITS and set(text) <= _DIGITS


def _branch_of(pfs: PFS, id_: str) -> Branch:
    return Branch(pfs.own_repo, f"{_NAME}{id_}")


class SessionSnapshot:
    """A commit of a branch with what a session has staged laid over it."""

    def __init__(self, base: Snapshot, over: Snapshot) -> None:
        self._base = base
        self._over = over
        self._staged: dict[str, FileInfo] = {}  # by their paths in the branch

    @property
    def commit(self) -> str:
        """The commit that the session lies over."""
        return self._base.commit

    def inspect_file(self, path: str, *, whole: bool = False) -> FileInfo:
        """See `Snapshot.inspect_file`."""
        try:
            found = self._over.inspect_file(staged.put(path), whole=whole)
        except FileNotFound:
            if self._is_removed(path):
                raise
            return self._base.inspect_file(path, whole=whole)
        self._staged[path] = found
        return found._replace(path=path)

    def _is_removed(self, path: str) -> bool:
        try:
            self._over.inspect_file(staged.removal(path))
        except FileNotFound:
            return False
        return True

    def read_file(self, file: FileInfo, offset: int = 0, size: int | None = None) -> FileReader:
        """See `Snapshot.read_file`."""
        over = self._staged.get(file.path)
        if over is not None:
            return self._over.read_file(over, offset, size)
        return self._base.read_file(file, offset, size)

    def has_staged(self, file: FileInfo) -> bool:
        """Tell whether a file that was inspected here is one that the session has written."""
        return file.path in self._staged

    def origin(self, file: FileInfo) -> tuple[Snapshot, FileInfo]:
        """Tell in which snapshot of PFS itself a file is, and what it is there."""
        over = self._staged.get(file.path)
        return (self._base, file) if over is None else (self._over, over)

    def commit_of(self, file: FileInfo) -> str | None:
        """None for what is staged: it is in no commit yet."""
        return None if file.path in self._staged else self._base.commit_of(file)

    def removed_in(self, path: str) -> str | None:
        """See `Snapshot.removed_in`."""
        return None if self._is_removed(path) else self._base.removed_in(path)

    def list_files(self, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000) -> Page:
        """See `Snapshot.list_files`; both are read on as far as the page needs it."""
        if limit <= 0:
            return Page([], [], None)
        removed = self._removed(prefix)
        over = entries(self._over, staged.PUTS, prefix, delimiter, after)
        base = (
            entry
            for entry in entries(self._base, "", prefix, delimiter, after)
            if self._is_there(entry, removed)
        )
        listed: list[Entry] = []
        for entry in _merged(over, base):
            if len(listed) == limit:
                return _page(listed, listed[-1][0])
            listed.append(entry)
        return _page(listed, None)

    def _removed(self, prefix: str) -> list[str]:
        """Name what was removed behind a prefix, in order."""
        flat = staged.REMOVALS + _own.flat(prefix)
        found = entries(self._over, "", flat, "", "")
        return sorted(_own.unflat(path.removeprefix(staged.REMOVALS)) for path, _ in found)

    def _is_there(self, entry: Entry, removed: list[str]) -> bool:
        """Tell whether an entry of the branch is not removed: of a group, whether anything is left in it."""
        path, file = entry
        first = bisect_left(removed, path)
        if file is not None:
            return removed[first : first + 1] != [path]
        gone = set(itertools.takewhile(lambda other: other.startswith(path), removed[first:]))
        return not gone or any(other not in gone for other, _ in entries(self._base, "", path, "", ""))


def entries(snapshot: Snapshot, folder: str, prefix: str, delimiter: str, after: str) -> Iterator[Entry]:
    """Give the files and groups (without a file) of a listing, in order, by pages."""
    position: str | None = folder + after if after else ""
    while position is not None:
        page = snapshot.list_files(folder + prefix, delimiter, position, _PAGE)
        found: list[Entry] = [(group, None) for group in page.groups]
        found += [(file.path, file) for file in page.files]
        for path, file in sorted(found, key=lambda entry: entry[0]):
            own = path[len(folder) :]
            yield own, None if file is None else file._replace(path=own)
        position = page.after


def _merged(over: Iterator[Entry], base: Iterator[Entry]) -> Iterator[Entry]:
    """Give the entries of both in order; of two with one path that of the session."""
    first, second = next(over, None), next(base, None)
    while first is not None or second is not None:
        if second is None or (first is not None and first[0] <= second[0]):
            assert first is not None
            yield first
            if second is not None and first[0] == second[0]:
                second = next(base, None)
            first = next(over, None)
        else:
            yield second
            second = next(base, None)


def _page(listed: list[Entry], after: str | None) -> Page:
    files = [file for _, file in listed if file is not None]
    return Page(files, [path for path, file in listed if file is None], after)
