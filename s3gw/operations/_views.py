"""Where a request reads and writes: a branch, a commit of one, or a session, which lies over a branch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Protocol, TypeVar

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.operations import _reads as reads
from s3gw.operations._conditions import WriteCondition
from s3gw.operations._sessions import Session, SessionSnapshot, staged
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import (
    Branch,
    BranchNotFound,
    Change,
    Condition,
    Delete,
    FileNotFound,
    PathClash,
    Put,
    Snapshot,
    Staging,
)
from s3gw.s3_error import S3Error

Result = TypeVar("Result")

# Where the message of an error names what a session has staged.
_STAGED = re.compile(rf"(?<!\S){staged.PUTS}")


class Reading(reads.Reading, Protocol):
    """A request that reads, perhaps in a session."""

    @property
    def x_s3gw_session(self) -> str | None: ...


class Writing(Protocol):
    """A request that writes, perhaps in a session."""

    @property
    def branch(self) -> Branch: ...

    @property
    def x_s3gw_session(self) -> str | None: ...


def seen(context: Context, request: Reading, commit: str | None = None) -> Snapshot:
    """Pin what a request that reads is to see; with a commit that one, in a session with what lies over it.

    Raises:
        S3Error: NoSuchSession, and as `snapshot_of`.
        CommitNotFound: The branch has no such commit.
    """
    if request.x_s3gw_session is not None:
        if request.commit is not None:  # no session lies over a commit
            raise S3Error(errors.NoSuchSession)
        return view_of(context, request).snapshot(commit)
    if commit is not None:
        return context.pfs.snapshot(request.branch, commit)
    return reads.snapshot_of(context, request)


class View(Protocol):
    """What a request sees, and where it writes.

    Attributes:
        branch: That is written to.
        target: That the bucket is.
    """

    branch: Branch
    target: Branch

    def snapshot(self, commit: str | None = None) -> Snapshot:
        """Pin what is read now, or a commit of the bucket."""
        ...

    def stage(self, path: str, *, arrived: bool) -> Staging:
        """Begin a body; see `PFS.stage`."""
        ...

    def path(self, path: str) -> str:
        """Give the path in `branch` of a file that is to be put at `path`."""
        ...

    def put(self, put: Put) -> list[Put | Delete]:
        """Give the edits of `branch` that put a file."""
        ...

    def delete(self, path: str, condition: Condition | None = None) -> list[Put | Delete]:
        """Give the edits of `branch` that remove a file."""
        ...

    def version(self, change: Change) -> str | None:
        """Give the version id of what a change has made; None where it is not visible yet."""
        ...

    def pending(
        self,
        edits: Sequence[Put | Delete],
        then: Callable[[Change], Result],
        staging: Staging | None = None,
        condition: WriteCondition | None = None,
    ) -> Pending[Result]:
        """Give a change of `branch`, see `Pending`."""
        ...


def view_of(context: Context, request: Writing) -> View:
    """Give where a request writes. Raise S3Error NoSuchSession."""
    if request.x_s3gw_session is None:
        return BranchView(context, request.branch)
    return SessionView(context, Session.find(context, request.x_s3gw_session, request.branch))


class BranchView:
    """A branch."""

    def __init__(self, context: Context, branch: Branch) -> None:
        self.branch = branch
        self.target = branch
        self._pfs = context.pfs

    def snapshot(self, commit: str | None = None) -> Snapshot:
        """See `View`."""
        return self._pfs.snapshot(self.branch, commit)

    def stage(self, path: str, *, arrived: bool) -> Staging:
        """See `View`."""
        return self._pfs.stage(self.branch, path, arrived=arrived)

    def path(self, path: str) -> str:
        """See `View`."""
        return path

    def put(self, put: Put) -> list[Put | Delete]:
        """See `View`."""
        return [put]

    def delete(self, path: str, condition: Condition | None = None) -> list[Put | Delete]:
        """See `View`."""
        return [Delete(path, condition)]

    def version(self, change: Change) -> str | None:
        """See `View`."""
        return change.commit

    def pending(
        self,
        edits: Sequence[Put | Delete],
        then: Callable[[Change], Result],
        staging: Staging | None = None,
        condition: WriteCondition | None = None,
    ) -> Pending[Result]:
        """See `View`."""
        return Pending(self.branch, edits, then, staging, condition)


class SessionView:
    """A branch as a session will have made it: what it has staged lies over the head.

    Conditions are judged when a request comes, and not again when the session is finished.
    """

    def __init__(self, context: Context, session: Session) -> None:
        self.branch = session.branch
        self.target = session.target
        self._session = session
        self._pfs = context.pfs

    def snapshot(self, commit: str | None = None) -> Snapshot:
        """See `View`."""
        return SessionSnapshot(self._pfs.snapshot(self.target, commit), self._pfs.snapshot(self.branch))

    def stage(self, path: str, *, arrived: bool) -> Staging:
        """See `View`; what the branch would refuse is refused now."""
        try:
            with self._pfs.stage(self.target, path):
                pass
        except PathClash:
            if self._clashes(path):
                raise
        return self._pfs.stage(self.branch, staged.put(path), arrived=arrived)

    def path(self, path: str) -> str:
        """See `View`."""
        return staged.put(path)

    def put(self, put: Put) -> list[Put | Delete]:
        """See `View`."""
        return [
            Put(staged.put(put.path), put.content, properties=put.properties),
            Delete(staged.removal(put.path)),
        ]

    def delete(self, path: str, condition: Condition | None = None) -> list[Put | Delete]:  # noqa: ARG002
        """See `View`."""
        with self._pfs.stage(self.branch, staged.removal(path), arrived=True) as staging:
            return [Delete(staged.put(path)), Put(staged.removal(path), staging.finish())]

    def version(self, change: Change) -> str | None:  # noqa: ARG002
        """See `View`."""
        return None

    def pending(
        self,
        edits: Sequence[Put | Delete],
        then: Callable[[Change], Result],
        staging: Staging | None = None,
        condition: WriteCondition | None = None,
    ) -> Pending[Result]:
        """See `View`; what is written while the session ends is no part of it, and is not acknowledged."""

        def then_open(change: Change) -> Result:
            if not self._session.is_open(self._pfs):
                raise S3Error(errors.NoSuchSession)
            return then(change)

        return Pending(self.branch, edits, then_open, staging, condition, _told)

    def _clashes(self, path: str) -> bool:
        """Tell whether a file cannot be at a path: that is a directory, or lies below a file."""
        snapshot = self.snapshot()
        if snapshot.list_files(f"{path}/", limit=1).files:
            return True
        above, slash, _ = path.rpartition("/")
        while slash:
            try:
                snapshot.inspect_file(above)
            except FileNotFound:
                above, slash, _ = above.rpartition("/")
            else:
                return True
        return False


def _told(error: BaseException) -> BaseException:
    """Tell of an error of a session's branch without that branch."""
    if isinstance(error, BranchNotFound):
        return S3Error(errors.NoSuchSession)
    if isinstance(error, PathClash):
        return PathClash(_STAGED.sub("", str(error)))
    return error


def fill(staging: Staging, blocks: Iterable[bytes]) -> object:
    """Bring a body into PFS, where nobody sees it yet; one that fails leaves nothing.

    Returns:
        What `Put.content` is to be; it is held until `staging` is left.
    """
    with ExitStack() as stack:
        stack.enter_context(staging)
        for block in blocks:
            staging.write(block)
        content = staging.finish()
        stack.pop_all()
    return content
