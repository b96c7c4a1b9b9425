"""How every operation finds what it reads: the commit that a bucket names, and the file of a key in it."""

from __future__ import annotations

from typing import Protocol

from s3gw.context import Context
from s3gw.generated import errors
from s3gw.pfs.interface import Branch, CommitNotFound, FileInfo, FileNotFound, Snapshot
from s3gw.s3_error import S3Error


class Reading(Protocol):
    """A request that reads: the branch of its bucket, and the commit where the bucket is one."""

    @property
    def branch(self) -> Branch: ...

    @property
    def commit(self) -> str | None: ...


def snapshot_of(context: Context, request: Reading) -> Snapshot:
    """Pin what the bucket of a request is: HEAD of a branch, or a commit.

    Raises:
        S3Error: NoSuchBucket where it is a commit that the branch has not.
        BranchNotFound: There is no such branch; perhaps only the first read tells.
    """
    if request.commit is None:
        return context.pfs.snapshot(request.branch)
    try:
        snapshot = context.pfs.snapshot(request.branch, request.commit)
        assert snapshot.commit == request.commit  # asked for now: the first read may be what pins it
    except CommitNotFound as error:
        message = f"{errors.NoSuchBucket.message} The branch has no commit {request.commit}."
        raise S3Error(errors.NoSuchBucket, message) from error
    return snapshot


def check_bucket(context: Context, request: Reading) -> None:
    """Raise BranchNotFound or S3Error NoSuchBucket where there is no such bucket."""
    if request.commit is None:
        context.pfs.inspect_branch(request.branch)
    else:
        snapshot_of(context, request)


def inspect_key(context: Context, snapshot: Snapshot, key: str, *, whole: bool = False) -> FileInfo:
    """Find the file of a key; its path may be another than the key. Raise FileNotFound.

    With `whole` as in `Snapshot.inspect_file`.
    """
    paths = context.keys.paths(key)
    try:
        return snapshot.inspect_file(paths[0], whole=whole)
    except FileNotFound:
        if len(paths) == 1:
            raise
        return snapshot.inspect_file(paths[1], whole=whole)


def find_key(context: Context, snapshot: Snapshot, key: str) -> FileInfo | None:
    """Find the file of a key; None where there is none."""
    try:
        return inspect_key(context, snapshot, key)
    except FileNotFound:
        return None
