"""What is remembered of finished commits, which never change, and file sets, in which pachd reads them.

Everything is forgotten with the PFS that it was read through: what one user has seen is not another's.

PERF: to read from a commit pachd asks its database for the commit, its state, its file set and the
caller's roles, each time: 5 ms for a look at a file, 15 for its bytes, where the same from a file set
takes 1 and 6. A file set holds what the commit holds and never changes; it is asked for once for each
commit and kept for some minutes. With auth on pachd lets only its admins read file sets so, and no
role would be asked for: then commits are read as commits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from cachetools import LRUCache, TTLCache
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.cache import Cache
from s3gw.pfs.group_commit import GroupCommit, Member
from s3gw.pfs.interface import Branch, PFSError, WouldWait
from s3gw.pfs.pachd._client import Client
from s3gw.pfs.pachd._disk import Contents
from s3gw.pfs.pachd._listings import Listings
from s3gw.pfs.pachd._messages import commit_message, time_of
from s3gw.quickness import Quickness

# pachd forgets a file set after ten minutes.
_KEPT_S = 480.0
_MOST = 4096

# How long a thread that may not wait looks at a head, and how long such looks may take to be tried.
_GLANCE_S = 0.004
_QUICK_S = 0.002

# What a call is given for which no time is left, so that it tells so itself.
_LEAST_S = 0.001

# Bytes of what is kept of a head, and of its key.
_OF_A_HEAD = 700


class Head(NamedTuple):
    """The head of a branch.

    Attributes:
        commit: Its id.
        committed: When it was finishing, where it is finished and without an error, so that it never changes.
        info: Its CommitInfo, where it is not.
    """

    commit: str
    committed: datetime | None
    info: Any


class Views:
    """Finished commits as they were read lately.

    Args:
        client: Reads them.
        cache: Keeps what was read, beside what others have read.
        contents: Large contents on a disk, if they are kept.

    Attributes:
        contents: See above.
        listings: What listings of their branches took.
    """

    def __init__(self, client: Client, cache: Cache, contents: Contents | None = None) -> None:
        self.contents = contents
        self.listings = Listings()
        self._client = client
        self._cache = cache
        # Tells what this one has kept from what others have.
        self._own = object()
        self._lock = threading.Lock()
        self._local = threading.local()
        self._glances = Quickness(_QUICK_S)
        # Looks at heads: those that wait for the same one share the next.
        self._looks: LRUCache[Branch, GroupCommit[None, Head]] = LRUCache(_MOST)
        self._file_sets: TTLCache[tuple[str, str, str], str] = TTLCache(_MOST, _KEPT_S)  # by commits

    @property
    def keeps(self) -> bool:
        """Whether anything is kept."""
        return self._cache.keeps

    def recall(self, key: Hashable) -> Any:
        """Give what was kept under a key; None where nothing is."""
        return self._cache.get((self._own, key))

    def keep(self, key: Hashable, value: Any, size: int) -> None:
        """Keep what can never change; key and value take `size` bytes."""
        self._cache.put((self._own, key), value, size)

    def head(self, branch: Branch) -> Head:
        """Tell at which commit a branch stands at a moment since this was called.

        PERF: those that ask while a look is under way share the next one, as writers share a commit: more at
        a time keep pachd busy, and take longer altogether.
        """
        if hasattr(self._local, "may_not_wait"):
            return self._glance(branch)
        with self._lock:
            looks = self._looks.get(branch)
            if looks is None:
                looks = self._looks[branch] = GroupCommit(partial(self._look, branch))
        return looks.run(None)

    def forbid_waiting(self) -> None:
        """Let `head` raise `WouldWait` in this thread, from now on, where it cannot tell within a moment."""
        self._local.may_not_wait = True

    def _glance(self, branch: Branch) -> Head:
        """PERF: for one client the way to another thread and back is a fifth of a look at a head."""
        if not self.keeps or self._client.has_token:
            raise WouldWait("Heads are not known by their ids.")
        if not self._glances:
            self._glances.note()
            raise WouldWait("Looks at heads take long.")
        began = time.monotonic()
        try:
            commit = self._client.find_head(branch, _GLANCE_S, ())
        except PFSError as error:
            raise WouldWait(str(error)) from error
        finally:
            self._glances.note(time.monotonic() - began)
        known: Head | None = self.recall(_key_of_head(branch, commit))
        if known is None:
            raise WouldWait("The commit is to be asked for.")
        return known

    def _look(self, branch: Branch, group: list[Member[None, Head]]) -> None:
        head = self._find_head(branch)
        for member in group:
            member.result = head

    def _find_head(self, branch: Branch) -> Head:
        """Ask for the id alone where the commit may be known; with auth on that asks for no role.

        Whoever asks may have to wait for the look before, and all of it is to end by the deadline.
        """
        until = time.monotonic() + self._client.deadline_s / 2

        def left_s() -> float:
            return max(_LEAST_S, until - time.monotonic())

        take_file_set: Callable[[], object] | None = None
        if self.keeps and not self._client.has_token:
            commit = self._client.find_head(branch, left_s())
            known: Head | None = self.recall(_key_of_head(branch, commit))
            if known is not None:
                return known
            take_file_set = self._begin_file_set(branch, commit, left_s())  # PERF: it is read, as a rule
        request = pb.InspectCommitRequest(commit=commit_message(branch))
        info = self._client.call("InspectCommit", request, left_s())
        if not info.HasField("finished") or info.error:
            return Head(info.commit.id, None, info)
        if take_file_set is not None:
            take_file_set()
        head = Head(info.commit.id, time_of(info.finishing), None)
        self.keep(_key_of_head(branch, head.commit), head, _OF_A_HEAD)
        return head

    def find(self, branch: Branch, commit: str) -> str | None:
        """Give the file set of a finished commit; None where commits are to be read as commits."""
        if self._client.has_token:
            return None
        with self._lock:
            file_set = self._file_sets.get(_key_of_file_set(branch, commit))
        return file_set or self._begin_file_set(branch, commit)()

    def _begin_file_set(
        self, branch: Branch, commit: str, limit_s: float | None = None
    ) -> Callable[[], str | None]:
        """Begin to ask for the file set of a commit; what is returned waits for it, and remembers it."""
        request = pb.GetFileSetRequest(commit=commit_message(branch, commit))
        answer = self._client.begin("GetFileSet", request, limit_s)

        def take() -> str | None:
            try:
                file_set = str(answer().file_set_id)
            except PFSError:
                return None
            with self._lock:
                self._file_sets[_key_of_file_set(branch, commit)] = file_set
            return file_set

        return take

    def forget(self, branch: Branch, commit: str) -> None:
        """Forget the file set of a commit: pachd has it no more."""
        with self._lock:
            self._file_sets.pop(_key_of_file_set(branch, commit), None)


def _key_of_head(branch: Branch, commit: str) -> Hashable:
    return branch.project, branch.repo, commit, "head"


def _key_of_file_set(branch: Branch, commit: str) -> tuple[str, str, str]:
    return branch.project, branch.repo, commit  # a commit of another repo may have the same id
