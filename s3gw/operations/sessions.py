"""Commit sessions: thousands of writes that become visible in one commit, or never."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from s3gw.addressing.buckets import bucket_of
from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.documents import SessionResult
from s3gw.generated.requests import DeleteSessionRequest, PostSessionRequest, PostSessionResult
from s3gw.operations import _own
from s3gw.operations._sessions import Session, entries, staged
from s3gw.operations._sources import content_of
from s3gw.pfs.interface import Delete, Piece, Put
from s3gw.s3_error import S3Error

# What one commit takes: all of it is in memory at once.
_MOST = 100_000


def post_session(context: Context, request: PostSessionRequest) -> PostSessionResult:
    """Open a session, or finish the one that is named: all of its writes become one commit."""
    if not request.s3gw_session:
        session = Session.open(context, request.branch)
        return PostSessionResult(SessionResult(session.id), x_s3gw_session=session.id)
    session = Session.find(context, request.s3gw_session, request.branch, to_end=True)
    replace(session, is_closed=True).write(context.pfs)
    try:
        with ExitStack() as stack:
            edits = list(_edits(context, session, stack))
            commit = context.pfs.change(session.target, edits).commit if edits else None
    except BaseException:
        replace(session, is_closed=False).write(context.pfs)
        raise
    session.drop(context.pfs)
    return PostSessionResult(SessionResult(session.id, commit), version_id=commit, x_s3gw_session=session.id)


def _edits(context: Context, session: Session, stack: ExitStack) -> Iterator[Put | Delete]:
    """Give what a session comes to, removals first: a file may stand where a directory was.

    The stack holds what had to be brought into PFS anew. Raise S3Error AccessDenied where whoever finishes
    it may do a part of it no more.
    """
    over = context.pfs.snapshot(session.branch)
    bucket = bucket_of(session.target)
    count = 0
    for folder in (staged.REMOVALS, staged.PUTS):
        for own, listed in entries(over, folder, "", "", ""):
            count += 1
            if count > _MOST:
                raise S3Error(
                    errors.InvalidRequest,
                    f"A session of more than {_MOST} writes cannot be finished: drop it, and use several.",
                )
            if folder == staged.REMOVALS:
                path = _own.unflat(own)
                context.access.require_named("delete", bucket, context.keys.key(path))
                yield Delete(path)
                continue
            assert listed is not None
            context.access.require_named("write", bucket, context.keys.key(own))
            file = listed._replace(path=staged.put(own))
            if context.pfs.keeps_properties:
                file = over.inspect_file(file.path)
            content, staging = content_of(context, session.target, own, [Piece(over, file)])
            if staging is not None:
                stack.enter_context(staging)
            yield Put(own, content, properties=file.properties)


def delete_session(context: Context, request: DeleteSessionRequest) -> None:
    """Drop a session and all that was written in it."""
    Session.find(context, request.s3gw_session, request.branch, to_end=True).drop(context.pfs)
