"""The history of the gateway's own repo, of no use to anybody: it is kept for an hour.

A commit that has a child can be squashed: it vanishes from the history, and the child's files stay. One
that has none and is no branch's head was that of a session which has ended: it is dropped. One that was the
head within the hour is left alone: somebody may read from it, or copy.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch, PFSError
from s3gw.pfs.pachd._client import Client
from s3gw.pfs.pachd._messages import repo_message, time_of

_KEPT_S = 3600.0

# How often that is done while the repo is changed, how many commits are looked at, the oldest first, and
# how many of them may go in a round: each takes pachd 10 ms.
_EVERY_S = 60.0
_LOOKED_AT = 2000
_MOST = 200


class Squasher:
    """Squashes old commits of the gateway's own repo, beside what it does for clients.

    With auth on pachd lets only those squash who have a role of the whole cluster: for everybody else
    the history stays.

    Args:
        client: pachd.
        repo: The name of the repo.
        kept_s: Seconds for which a commit is kept that is no head any more.
        every_s: Seconds between two rounds.
    """

    def __init__(self, client: Client, repo: str, kept_s: float = _KEPT_S, every_s: float = _EVERY_S) -> None:
        self._client = client
        self._repo = repo
        self._kept_s = kept_s
        self._every_s = every_s
        self._lock = threading.Lock()
        self._next = 0.0
        self._closed = threading.Event()

    def wake(self) -> None:
        """Begin a round, unless there was one lately."""
        with self._lock:
            now = time.monotonic()
            if now < self._next or self._closed.is_set():
                return
            self._next = now + self._every_s
        threading.Thread(target=self._run, name="squasher", daemon=True).start()

    def _run(self) -> None:
        try:
            self.squash()
        except (PFSError, ValueError):  # a closed channel too; the next round tries again
            return

    def squash(self) -> None:
        """Squash what is old."""
        repo = repo_message(Branch(self._repo, ""))
        branches = self._client.stream("ListBranch", pb.ListBranchRequest(repo=repo))
        heads = {info.head.id for info in branches}
        request = pb.ListCommitRequest(repo=repo, number=_LOOKED_AT, reverse=True, all=True)
        found = {info.commit.id: info for info in self._client.stream("ListCommit", request)}
        latest = time.time() - self._kept_s
        gone = 0
        for commit, info in found.items():
            if self._closed.is_set() or gone == _MOST:
                return
            followers = [found.get(child.id) for child in info.child_commits]
            is_last = not followers
            if is_last and commit in heads:
                continue
            if all(_is_old(other, latest) for other in followers or [info]) and self._is_alone(commit):
                set_ = pb.CommitSet(id=commit)
                if is_last:
                    self._client.call("DropCommitSet", pb.DropCommitSetRequest(commit_set=set_))
                else:
                    self._client.call("SquashCommitSet", pb.SquashCommitSetRequest(commit_set=set_))
                gone += 1

    def _is_alone(self, commit: str) -> bool:
        """Tell whether no other repo has a commit that would go with it."""
        request = pb.InspectCommitSetRequest(commit_set=pb.CommitSet(id=commit))
        return all(
            (info.commit.repo.project.name, info.commit.repo.name) == ("default", self._repo)
            for info in self._client.stream("InspectCommitSet", request)
        )

    def close(self) -> None:
        """End."""
        self._closed.set()


def _is_old(info: Any, latest: float) -> bool:
    """Tell whether a commit is known, good, and was finished before a time."""
    is_good = info is not None and info.HasField("finished") and not info.error
    return is_good and time_of(info.finished).timestamp() < latest
