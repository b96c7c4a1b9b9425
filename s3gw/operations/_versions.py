"""Versions: in classic an object has one, called null; else a version is the commit that made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.operations._reads import find_key, inspect_key
from s3gw.operations._sessions import SessionSnapshot
from s3gw.operations._views import Reading, seen
from s3gw.pfs.interface import Branch, CommitNotFound, FileInfo, FileNotFound, Snapshot
from s3gw.pfs.paths import is_commit_id
from s3gw.s3_error import S3Error, invalid_argument

# Of an object that was never versioned; here also of one whose commit was cut off from the history.
NULL = "null"


def check_version(version_id: str | None) -> None:
    """Raise S3Error NoSuchVersion for a version id that no object of classic has."""
    if version_id == "":
        raise invalid_argument("versionId", "", "A version id cannot be the empty string.")
    if version_id not in (None, NULL):
        raise S3Error(errors.NoSuchVersion)


class Asked(Reading, Protocol):
    """A request for an object, perhaps for one version of it."""

    @property
    def key(self) -> str: ...

    @property
    def version_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Named:
    """An object as another request names it: the source of a copy, or what is about to be changed."""

    branch: Branch
    key: str
    version_id: str | None = None
    commit: str | None = None
    x_s3gw_session: str | None = None


class Found(NamedTuple):
    """An object that was found.

    Attributes:
        snapshot: In which it was.
        file: That it is.
        version_id: Of it; None where it is in no commit yet.
    """

    snapshot: Snapshot
    file: FileInfo
    version_id: str | None


def find_version(context: Context, request: Asked, *, whole: bool = False) -> Found:
    """Find an object, or the version of it that is asked for.

    Raises:
        S3Error: NoSuchKey, which tells a delete marker; NoSuchVersion; MethodNotAllowed for a version
            that is a delete marker; InvalidArgument.
    """
    version = checked(request.version_id)
    snapshot = seen(context, request)
    if version == NULL:
        return _find_null(context, request, snapshot)
    if version is not None:
        snapshot = pinned_at(context, request.branch, version)
    try:
        file = inspect_key(context, snapshot, request.key, whole=whole)
    except FileNotFound:
        raise _missing(snapshot, context.keys.paths(request.key)[0], version) from None
    return Found(snapshot, file, version_of(snapshot, file))


def checked(version_id: str | None) -> str | None:
    """Give a version id that can be one: that of a commit, or `NULL`; None where there is none.

    Raises:
        S3Error: InvalidArgument for what is no version id.
    """
    if version_id is None or version_id == NULL:
        return version_id
    if not is_commit_id(version_id):
        raise invalid_argument("versionId", version_id, "Invalid version id specified")
    return version_id


def version_of(snapshot: Snapshot, file: FileInfo) -> str | None:
    """Name the version of a file; None where it is staged in a session."""
    if isinstance(snapshot, SessionSnapshot) and snapshot.has_staged(file):
        return None
    return snapshot.commit_of(file) or NULL


def pinned_at(context: Context, branch: Branch, commit: str) -> Snapshot:
    """Pin the commit that a version id names. Raise S3Error NoSuchVersion."""
    try:
        return context.pfs.snapshot(branch, commit)
    except CommitNotFound as error:
        raise S3Error(errors.NoSuchVersion) from error


def _find_null(context: Context, request: Asked, snapshot: Snapshot) -> Found:
    """Find the version whose commit was cut off; an object has one at most. Raise S3Error NoSuchVersion."""
    file = find_key(context, snapshot, request.key)
    if file is not None and version_of(snapshot, file) == NULL:
        return Found(snapshot, file, NULL)
    old = null_version(context, request.branch, request.key)
    if old is None:
        raise S3Error(errors.NoSuchVersion)
    # what the version holds stands in no commit that could be named, and any snapshot reads it
    return Found(context.pfs.snapshot(request.branch), old, NULL)


def null_version(context: Context, branch: Branch, key: str) -> FileInfo | None:
    """Give the file of the version whose commit was cut off; None where there is none."""
    for path in context.keys.paths(key):
        after: tuple[str, str | None] | None = ("", None)
        while after is not None:
            page = context.pfs.list_versions(branch, path, "", after)
            for version in page.versions:
                if version.path == path and version.commit is None:
                    return version.file
            is_behind = bool(page.versions) and page.versions[-1].path != path
            after = None if is_behind else page.after
    return None


def is_current(context: Context, branch: Branch, found: Found, version: str) -> bool:
    """Tell whether a version is what HEAD has, by the commit that made it or by HEAD itself.

    Args:
        context: The PFS.
        branch: The branch.
        found: The current version.
        version: The id of a version.
    """
    if version in (found.version_id, found.snapshot.commit):
        return True
    path = found.file.path
    page = context.pfs.list_versions(branch, path, limit=2)
    known = [entry for entry in page.versions if entry.path == path]
    if known[:1] and known[0].commit == version:
        return True
    if context.pfs.is_quick or version == NULL or len(known) > 1:
        return False
    # a cluster tells no more than its last commits, through all of which the file has been the same
    try:
        file = pinned_at(context, branch, version).inspect_file(path)
    except (S3Error, FileNotFound):
        return False
    return (file.hash, file.size) == (found.file.hash, found.file.size)


def _missing(snapshot: Snapshot, path: str, version: str | None) -> S3Error:
    """Make the error of an object that is not there, which tells whether it was removed."""
    removed = snapshot.removed_in(path)
    marker = {} if removed is None else {"x-amz-delete-marker": "true", "x-amz-version-id": removed}
    if version is None:
        return S3Error(errors.NoSuchKey, headers=marker)
    if removed == version:
        return S3Error(
            errors.MethodNotAllowed,
            headers={**marker, "Allow": "DELETE"},
            method="GET",
            resource_type="DeleteMarker",
        )
    return S3Error(errors.NoSuchVersion)
