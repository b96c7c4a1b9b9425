"""Between pachd's messages and the values of this package."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.devpachd._names import DEFAULT_PROJECT, Address, Branch, Repo
from s3gw.devpachd._records import Commit, Project
from s3gw.devpachd._refusal import Refusal
from s3gw.devpachd._views import Entry


def repo_of(message: Any) -> Repo:
    """Read the name of a repo."""
    return Repo(message.project.name or DEFAULT_PROJECT, message.name, message.type)


def required_repo(request: Any) -> Repo:
    """Read the name of the repo that a request has to name."""
    if not request.HasField("repo"):
        raise Refusal("repo cannot be nil")
    return repo_of(request.repo)


def required_branch(message: Any, nil: str = "branch cannot be nil") -> Branch:
    """Read the name of the branch that a request has to name; 2.7 dies of some without a repo."""
    if not message.HasField("branch"):
        raise Refusal(nil)
    if not message.branch.HasField("repo"):
        raise Refusal("branch repo cannot be nil")
    return branch_of(message.branch)


def branch_of(message: Any) -> Branch:
    """Read the name of a branch."""
    return Branch(repo_of(message.repo), message.name)


def address_of(message: Any, field: str = "commit") -> Address:
    """Read the address of the commit that a message has to name; its repo may stand in its branch."""
    if not message.HasField(field):
        raise Refusal("commit cannot be nil")
    commit = getattr(message, field)
    if not commit.HasField("repo") and not (commit.HasField("branch") and commit.branch.HasField("repo")):
        raise Refusal("commit must have a repo")
    repo = repo_of(commit.repo if commit.HasField("repo") else commit.branch.repo)
    branch_repo = repo_of(commit.branch.repo) if commit.branch.HasField("repo") else repo
    return Address(repo, Branch(branch_repo, commit.branch.name), commit.id)


def file_address(request: Any, field: str = "file") -> Address:
    """Read the address of the commit of the file that a request has to name."""
    if not request.HasField(field):
        raise Refusal("file cannot be nil")
    return address_of(getattr(request, field))


def repo_message(repo: Repo) -> Any:
    """Write the name of a repo."""
    return pb.Repo(name=repo.name, type=repo.type, project=pb.Project(name=repo.project))


def branch_message(branch: Branch) -> Any:
    """Write the name of a branch."""
    return pb.Branch(repo=repo_message(branch.repo), name=branch.name)


def commit_message(commit: Commit) -> Any:
    """Write the address of a commit."""
    repo = repo_message(commit.branch.repo)
    return pb.Commit(repo=repo, branch=branch_message(commit.branch), id=commit.id)


def timestamp(moment: datetime | None) -> Any:
    """Write a time."""
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment.replace(tzinfo=None))
    return stamp


def project_info(name: str, project: Project) -> Any:
    """Describe a project."""
    return pb.ProjectInfo(
        project=pb.Project(name=name),
        description=project.description,
        created_at=timestamp(project.created),
    )


def commit_info(commit: Commit, size: int | None, upper_bound: int) -> Any:
    """Describe a commit; without a size there are no details."""
    return pb.CommitInfo(
        commit=commit_message(commit),
        origin=pb.CommitOrigin(kind=pb.AUTO if commit.automatic else pb.USER),
        description=commit.description,
        parent_commit=commit_message(commit.parent) if commit.parent else None,
        child_commits=[commit_message(child) for child in commit.children],
        started=timestamp(commit.started),
        finishing=timestamp(commit.finishing),
        finished=timestamp(commit.finished),
        direct_provenance=[commit_message(other) for other in commit.provenance],
        error=commit.error,
        size_bytes_upper_bound=upper_bound,
        details=None if size is None else pb.CommitInfo.Details(size_bytes=size),
    )


def file_info(entry: Entry, commit: Any, committed: Any) -> Any:
    """Describe a file or a directory."""
    return pb.FileInfo(
        file=pb.File(commit=commit, path=entry.path, datum=entry.datum),
        file_type=pb.DIR if entry.is_directory else pb.FILE,
        committed=committed,
        size_bytes=entry.size,
        hash=entry.hash,
    )
