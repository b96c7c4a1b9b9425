"""The history of the gateway's own repo, of no use to anybody: it is kept for an hour.

A commit that has a child can be squashed: it vanishes from the history, and the child's files stay. One
that was the head within the hour is left alone: somebody may read from it, or copy.
"""

from __future__ import annotations

import threading
import time

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch, PFSError
from s3gw.pfs.pachd._client import Client
from s3gw.pfs.pachd._messages import repo_message, time_of

_KEPT_S = 3600.0

# How often that is done while the repo is changed, and how many commits are looked at, the oldest first;
# each takes pachd 10 ms.
_EVERY_S = 60.0
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
        request = pb.ListCommitRequest(repo=repo, number=_MOST, reverse=True, all=True)
        found = {info.commit.id: info for info in self._client.stream("ListCommit", request)}
        latest = time.time() - self._kept_s
        for commit, info in found.items():
            children = [found.get(child.id) for child in info.child_commits]
            if not children or self._closed.is_set():
                continue
            if all(
                child is not None
                and child.HasField("finished")
                and not child.error
                and time_of(child.finished).timestamp() < latest
                for child in children
            ) and self._is_alone(commit):
                request = pb.SquashCommitSetRequest(commit_set=pb.CommitSet(id=commit))
                self._client.call("SquashCommitSet", request)

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
