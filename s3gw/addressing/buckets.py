"""Names of buckets: ``branch.repo`` in the project ``default``, else ``branch.repo.project``.

A profile has one of two sets of them: `BRANCHES` alone, or `ALL`, in which ``repo`` is short for its
branch master, and ``<commit>.branch.repo[.project]`` is a commit of the branch, to be read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from s3gw.pfs.interface import Branch, InvalidName
from s3gw.pfs.paths import check_branch, is_commit_id, is_own_repo

# S3 has 63; a branch and a repo of Pachyderm may be longer, and a cache holds no more than this of each.
_LONGEST = 255

_DEFAULT_BRANCH = "master"


class Place(NamedTuple):
    """What a bucket is: a branch, or with `commit` that commit of it, which never changes."""

    branch: Branch
    commit: str | None = None


class Buckets:
    """A set of names.

    Args:
        form: Says to people how a bucket is named.
        take: Takes the parts of a name between the dots apart; None where it is none of these names.
    """

    def __init__(self, form: str, take: Callable[[list[str]], Place | None]) -> None:
        self._form = form
        self._take = take
        self._find = lru_cache(maxsize=4096)(self._place)

    def place(self, bucket: str) -> Place:
        """Tell what a bucket is.

        Raises:
            InvalidName: It is not of that form, is longer than 255 characters, PFS refuses a part of it,
                or it is the gateway's own; the message says how a bucket is named.
        """
        if len(bucket) > _LONGEST:
            raise InvalidName(f"The name of a bucket has at most {_LONGEST} characters. {self._form}")
        return self._find(bucket)

    def _place(self, bucket: str) -> Place:
        place = self._take(bucket.split("."))
        if place is None:
            raise InvalidName(self._form)
        try:
            check_branch(place.branch)
        except InvalidName as error:
            raise InvalidName(f"{error} {self._form}") from error
        if is_own(place.branch):
            raise InvalidName(
                f"The repo {place.branch.repo} is the gateway's own, and no bucket. {self._form}"
            )
        return place


def _branch(labels: list[str]) -> Place | None:
    name, *rest = labels
    return Place(Branch(rest[0], name, *rest[1:])) if len(rest) in (1, 2) else None


def _branch_or_commit(labels: list[str]) -> Place | None:
    if len(labels) == 1:
        return Place(Branch(labels[0], _DEFAULT_BRANCH))
    first, *rest = labels
    if not is_commit_id(first):
        return _branch(labels)
    found = _branch(rest)
    return found and found._replace(commit=first)


_FORM = "A bucket is a branch of a Pachyderm repo: name it branch.repo or branch.repo.project"

BRANCHES = Buckets(f"{_FORM}.", _branch)
ALL = Buckets(
    f"{_FORM}, the branch master of repo also repo, a commit of a branch commit.branch.repo[.project].",
    _branch_or_commit,
)


def is_own(branch: Branch) -> bool:
    """Tell whether a branch is the gateway's own, which no bucket is."""
    return is_own_repo(branch.repo)


def bucket_of(branch: Branch) -> str:
    """Name the bucket of a branch, in its short form where that is possible."""
    return branch.full_name
