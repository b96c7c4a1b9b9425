"""What was begun and abandoned: uploads that nobody completes, sessions that nobody finishes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from s3gw.operations import _uploads
from s3gw.operations._own import uploads
from s3gw.operations._sessions import Session, session_ids
from s3gw.pfs.interface import PFS, BranchNotFound, Delete, PFSError

_log = logging.getLogger(__name__)


def sweep(pfs: PFS, before: datetime) -> int:
    """Drop what was begun before a time, and what is kept of uploads that were completed.

    One that cannot be dropped, which is logged, keeps none of the others.

    Returns:
        How many uploads and sessions were dropped.
    """
    dropped = 0
    problems = []
    for drop in _drops(pfs, before):
        try:
            dropped += drop()
        except PFSError as error:
            problems.append(error)
    if problems:
        _log.warning(
            "%d abandoned uploads and sessions stay for now; of the first: %s", len(problems), problems[0]
        )
    return dropped


def _drops(pfs: PFS, before: datetime) -> Iterator[Callable[[], bool]]:
    """Give what drops each of them, and tells whether it did."""
    try:
        for paths in _uploads.abandoned(_uploads.snapshot(pfs), before):
            yield partial(_delete, pfs, paths)
    except BranchNotFound:  # nobody has ever uploaded in parts
        pass
    for id_ in session_ids(pfs):
        yield partial(Session.drop_begun, pfs, id_, before.timestamp())


def _delete(pfs: PFS, paths: Sequence[str]) -> bool:
    pfs.change(uploads(pfs), [Delete(path) for path in paths])
    return True
