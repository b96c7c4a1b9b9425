"""Versions: in classic an object has one, called null; else a version is the commit that made it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.operations._sessions import SessionSnapshot
from s3gw.operations._views import Asked, view_of
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


class AskedVersion(Asked, Protocol):
    """A request for an object, perhaps for one version of it."""

    key: str
    version_id: str | None


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


def find_version(context: Context, request: AskedVersion, *, whole: bool = False) -> Found:
    """Find an object, or the version of it that is asked for.

    Raises:
        S3Error: NoSuchKey, which tells a delete marker; NoSuchVersion; MethodNotAllowed for a version
            that is a delete marker; InvalidArgument.
    """
    return find_object(context, request, request.key, request.version_id, whole=whole)


def find_object(
    context: Context, place: Asked, key: str, version_id: str | None, *, whole: bool = False
) -> Found:
    """Find an object in a place, as `find_version` does."""
    version = checked(version_id)
    view = view_of(context, place)
    snapshot = view.snapshot() if version is None else _pinned(context, view.target, version)
    paths = context.keys.paths(key)
    for path in paths:
        try:
            file = snapshot.inspect_file(path, whole=whole)
        except FileNotFound:
            continue
        return Found(snapshot, file, version_of(snapshot, file))
    raise _missing(snapshot, paths[0], version)


def checked(version_id: str | None) -> str | None:
    """Give the commit that a version id names, None for the current version.

    Raises:
        S3Error: InvalidArgument for what is no version id.
    """
    if version_id in (None, NULL):
        return None
    if not is_commit_id(version_id):
        raise invalid_argument("versionId", version_id, "Invalid version id specified")
    return version_id


def version_of(snapshot: Snapshot, file: FileInfo) -> str | None:
    """Name the version of a file; None where it is staged in a session."""
    if isinstance(snapshot, SessionSnapshot) and snapshot.has_staged(file):
        return None
    return snapshot.commit_of(file) or NULL


def _pinned(context: Context, branch: Branch, commit: str) -> Snapshot:
    try:
        return context.pfs.snapshot(branch, commit)
    except CommitNotFound as error:
        raise S3Error(errors.NoSuchVersion) from error


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
