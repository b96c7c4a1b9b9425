"""What was begun and abandoned: uploads that nobody completes, sessions that nobody finishes."""

from __future__ import annotations

from datetime import datetime

from s3gw.operations import _uploads
from s3gw.operations._own import uploads
from s3gw.operations._sessions import Session, session_ids
from s3gw.pfs.interface import PFS, BranchNotFound, Delete


def sweep(pfs: PFS, before: datetime) -> int:
    """Drop what was begun before a time, and what is kept of uploads that were completed.

    Returns:
        How many uploads and sessions were dropped.
    """
    dropped = 0
    try:
        known = _uploads.snapshot(pfs)
        for paths in _uploads.abandoned(known, before):
            pfs.change(uploads(pfs), [Delete(path) for path in paths])
            dropped += 1
    except BranchNotFound:  # nobody has ever uploaded in parts
        pass
    for id_ in session_ids(pfs):
        session = Session.read(pfs, id_)
        if session is not None and session.begun < before.timestamp():
            session.drop(pfs)
            dropped += 1
    return dropped
