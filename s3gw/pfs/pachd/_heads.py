"""Which commit reads of a branch answer from while its head is not finished.

What a gateway has acknowledged is in a commit that pachd has finished, or in an open one of somebody
else that the write has joined; gateways join none of an output branch, and none of each other. So:

* The head of an output branch belongs to a job until that is done, and nothing acknowledged can be in
  it: the last finished commit answers, at once while the job runs. Commits with an error, which a job
  that failed leaves, are passed over, as pachd does it for whatever comes next.
* A commit that was finished with an error is passed over on any other branch too: pachd reads nothing
  from one.
* A commit that a gateway has started holds what may yet be refused: its parent answers.
* A commit that somebody else has started answers itself, with what was written to it so far.
* A commit that pachd is finishing is waited for: on an output branch for a moment, on any other for as
  long as pachd may take for an answer, since a write that joined it may have been acknowledged.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch, TooSlow
from s3gw.pfs.pachd._client import Client, first
from s3gw.pfs.pachd._messages import FINISHED, branch_message, commit_message, repo_message, time_of

# The description of commits that a group with conditions has started.
OURS = "s3gw: conditional write"

# What pachd takes to finish the commit of a job that is done, unless it has much to do.
_MOMENT_S = 2.0


def is_open(info: Any) -> bool:
    """Tell whether a commit can still be written to."""
    return not info.HasField("finishing")


def readable(client: Client, branch: Branch, head: Any) -> Any | None:
    """Give the CommitInfo of the commit that answers for a branch; None where there is none yet.

    Args:
        client: pachd.
        branch: The branch.
        head: The CommitInfo of its head.

    Raises:
        TooSlow: pachd takes too long to finish a commit that has to be waited for.
    """
    if head.HasField("finished") and not head.error:
        return head
    request = pb.InspectBranchRequest(branch=branch_message(branch))
    if client.call("InspectBranch", request).direct_provenance:
        return _last_finished(client, branch, head)
    while is_open(head) and head.HasField("parent_commit"):
        if head.description != OURS:
            finished(client, branch, head.parent_commit.id)  # pachd reads nothing upon another one
            return head
        parent = commit_message(branch, head.parent_commit.id)
        head = client.call("InspectCommit", pb.InspectCommitRequest(commit=parent))
    if is_open(head):
        return head
    if not head.HasField("finished"):
        head = finished(client, branch, head.commit.id)
    return _last_finished(client, branch, head) if head.error else head


def finished(client: Client, branch: Branch, commit: str, limit_s: float | None = None) -> Any:
    """Wait until pachd has finished a commit, and give its CommitInfo; `TooSlow` beyond the limit."""
    request = pb.InspectCommitRequest(commit=commit_message(branch, commit), wait=FINISHED)
    return client.call("InspectCommit", request, limit_s)


def finished_soon(client: Client, branch: Branch, info: Any) -> Any | None:
    """Give the CommitInfo of a commit that is finished within a moment of its end, else None."""
    if info.HasField("finished"):
        return info
    if not is_open(info):
        left_s = min(time_of(info.finishing).timestamp() + _MOMENT_S - time.time(), _MOMENT_S)
        if left_s > 0:
            with contextlib.suppress(TooSlow):
                return finished(client, branch, info.commit.id, min(left_s, client.deadline_s))
    return None


def _last_finished(client: Client, branch: Branch, head: Any) -> Any | None:
    info = finished_soon(client, branch, head)
    if info is not None and not info.error:
        return info
    request = pb.ListCommitRequest(
        repo=repo_message(branch), to=commit_message(branch, head.commit.id), all=True
    )
    commits = client.stream("ListCommit", request)
    return first(found for found in commits if found.HasField("finished") and not found.error)
