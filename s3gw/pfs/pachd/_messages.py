"""pachd's messages, made so that they mean one thing.

Every reference to a commit carries its repo, project and type both in ``Commit.repo`` and in
``Commit.branch.repo``: without the first, pachd 2.7.8 crashes on a CopyFile. An id never stands
beside the name of a branch: pachd takes an unknown id with one for a write to the branch.

PERF: those of branches and commits are made once and belong to all who use them, since protobuf in pure
Python takes 30 us for one: nobody changes them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch

FINISHED = pb.FINISHED
FILE_SETS = Branch("__filesets__", "")


_MOST = 1024


def repo_message(branch: Branch) -> Any:
    """Name the repo of a branch."""
    return pb.Repo(name=branch.repo, type="user", project=pb.Project(name=branch.project))


@lru_cache(_MOST)
def branch_message(branch: Branch) -> Any:
    """Name a branch."""
    return pb.Branch(repo=repo_message(branch), name=branch.name)


@lru_cache(_MOST)
def commit_message(branch: Branch, commit: str | None = None) -> Any:
    """Name a commit of the repo of a branch by its id; None is the head of the branch."""
    repo = repo_message(branch)
    if commit is None:
        return pb.Commit(repo=repo, branch=branch_message(branch))
    return pb.Commit(repo=repo, branch=pb.Branch(repo=repo), id=commit)


def file_message(branch: Branch, commit: str | None, path: str) -> Any:
    """Name a file; `path` is without its leading slash."""
    return pb.File(commit=commit_message(branch, commit), path=f"/{path}")


@lru_cache(_MOST)
def inspect_branch(branch: Branch) -> bytes:
    """Write the ``pfs_v2.InspectBranchRequest`` for a branch."""
    request: bytes = pb.InspectBranchRequest(branch=branch_message(branch)).SerializeToString()
    return request


def branch_of_message(message: Any) -> Branch:
    """Read the name of a branch."""
    repo = message.repo
    return Branch(repo.name, message.name, repo.project.name or "default")


def time_of(message: Any) -> datetime:
    """Read a time."""
    return datetime.fromtimestamp(message.seconds + message.nanos // 1000 / 1e6, tz=UTC)


def glob_of(prefix: str, pattern: str) -> str:
    r"""Make the glob for paths that begin with `prefix`; of its characters only ``\`` is special."""
    return "/" + prefix.replace("\\", "\\\\") + pattern


def glob_at(path: str, pattern: str = "*") -> str:
    """Make the glob for what is as deep as a path or prefix, where a range tells which of it is meant.

    PERF: pachd reads on behind a range until something matches: one that says more is read to the end of the
    commit, 60 ms of 100,000 files where this takes 10.
    """
    return "/" + "*/" * path.count("/") + pattern
