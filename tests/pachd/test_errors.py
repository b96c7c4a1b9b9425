"""What each error of pachd means, by the texts of pachd 2.7.8 and 2.13."""

from __future__ import annotations

import grpc
import pytest

from s3gw.pfs import interface as pfs
from s3gw.pfs.pachd._errors import (
    AuthOff,
    CommitFinished,
    CommitOpen,
    PachdError,
    error_of_commit,
    kind_of,
)

ID = "0123456789ab4cdef0123456789abcde"
TEXTS = [
    ("NOT_FOUND", "repo default/foo not found", pfs.BranchNotFound),
    ("NOT_FOUND", 'branch "master" not found in repo default/foo', pfs.BranchNotFound),
    ("NOT_FOUND", f"commit default/foo@{ID} not found", pfs.CommitNotFound),
    ("NOT_FOUND", f"parent commit default/foo@{ID} not found", pfs.CommitNotFound),
    ("NOT_FOUND", f"no commits found for commitset {ID}", pfs.CommitNotFound),
    ("NOT_FOUND", "file /a not found in repo default/foo at commit ", pfs.FileNotFound),
    ("NOT_FOUND", "file /branch x not found in repo default/foo at commit ", pfs.FileNotFound),
    ("NOT_FOUND", f"commit/{ID} does not contain item: (/zz)", pfs.FileNotFound),
    ("NOT_FOUND", 'project "p" not found', pfs.ProjectNotFound),
    ("NOT_FOUND", 'cannot find project "p": get project by name: project "p" not found', pfs.ProjectNotFound),
    (
        "NOT_FOUND",
        "pick commit tx: commit default/nope@ not found\nrepo default/nope not found",
        pfs.BranchNotFound,
    ),
    (
        "NOT_FOUND",
        'pick commit tx: commit default/r@ not found\nbranch "nope" not found in repo default/r',
        pfs.BranchNotFound,
    ),
    (
        "NOT_FOUND",
        "inspect branch in transaction: repo (id=0, project=default, name=nope, type=user) not found\n"
        "branch (id=0, branch=default/nope@master) not found\n"
        'branch "master" not found in repo default/nope',
        pfs.BranchNotFound,
    ),
    (
        "NOT_FOUND",
        'inspect branch in transaction: get project by name: project "p" not found\n'
        "repo (id=0, project=p, name=nope, type=user) not found\n"
        'branch "master" not found in repo p/nope',
        pfs.ProjectNotFound,
    ),
    (
        "NOT_FOUND",
        'get branch "default/r.user@nope": branch (id=0, branch=default/r@nope) not found',
        pfs.BranchNotFound,
    ),
    ("ALREADY_EXISTS", "repo default/foo already exists", pfs.BranchExists),
    ("ALREADY_EXISTS", 'branch "b" already exists in repo default/foo', pfs.BranchExists),
    ("UNKNOWN", "cannot get directory or non-regular file. Use GetFileTAR instead", pfs.FileNotFound),
    ("UNKNOWN", "matched multiple files. Use GetFileTAR instead", pfs.FileNotFound),
    ("UNKNOWN", "write /pach/objects/ab: no space left on device", pfs.NoSpace),
    ("UNKNOWN", "path (no space left on device*) invalid: globbing character (*)", pfs.InvalidPath),
    ("UNKNOWN", "path (é) invalid: only printable ASCII characters allowed", pfs.InvalidPath),
    ("UNKNOWN", "path (/a*) invalid: globbing character (*) not allowed in path", pfs.InvalidPath),
    ("UNKNOWN", "path (a/../b) invalid: relative file paths are not allowed", pfs.InvalidPath),
    (
        "UNKNOWN",
        "name (a.b) invalid: only alphanumeric characters, underscores, and dashes are allowed",
        pfs.InvalidName,
    ),
    ("UNKNOWN", "branch name cannot be a UUID V4", pfs.InvalidName),
    ("UNKNOWN", "__filesets__ is a reserved name", pfs.InvalidName),
    ("UNKNOWN", "invalid project name: name (-) invalid: x", pfs.InvalidName),
    ("UNKNOWN", "cannot start a commit on an output branch: default/foo@master", pfs.OutputBranch),
    (
        "UNKNOWN",
        "cannot finish a pipeline output or meta commit, use 'stop job' instead",
        pfs.OutputBranch,
    ),
    ("UNKNOWN", f"commit default/foo@{ID} has already finished", CommitFinished),
    ("UNKNOWN", f"parent commit default/foo@{ID} has not been finished", CommitOpen),
    (
        "UNKNOWN",
        f"start commit in transaction: create commit: parent commit default/foo@{ID} has not been finished",
        CommitOpen,
    ),
    ("UNKNOWN", f"base commit default/foo@{ID} for commit default/foo@{ID} unfinished", CommitOpen),
    ("UNAVAILABLE", f"commit default/foo@{ID} not finished", CommitOpen),
    ("UNKNOWN", f"commit default/foo@{ID} was deleted", pfs.CommitNotFound),
    ("UNKNOWN", "invalid commit ID given with a branch (default/foo@b): x\n", pfs.CommitNotFound),
    (
        "UNKNOWN",
        "branch default/foo@b has [default/o@m] as subvenance, deleting it would break those branches",
        pfs.BranchInUse,
    ),
    (
        "UNKNOWN",
        'delete repo: delete branch x: branch "default/r@master" cannot be deleted because it\'s in the '
        "direct provenance of [default/o@master]",
        pfs.BranchInUse,
    ),
    (
        "UNKNOWN",
        "cannot delete a repo associated with a pipeline - delete the pipeline instead",
        pfs.BranchInUse,
    ),
    ("UNKNOWN", "file / directory path collision (/e/x)", pfs.PathClash),
    ("UNKNOWN", "duplicate path output by different datums (a and b)", pfs.PathClash),
    ("UNKNOWN", "no role binding exists for REPO default/foo", pfs.BranchNotFound),
    ("UNKNOWN", "multiple authentication token keys found in context", pfs.NotAuthenticated),
    ("UNKNOWN", 'no auth function for "/pfs_v2.API/X", this is a bug', PachdError),
    ("UNKNOWN", "file cannot be nil", PachdError),
    ("UNAUTHENTICATED", "no authentication token (try logging in)", pfs.NotAuthenticated),
    (
        "UNAUTHENTICATED",
        "provided auth token is corrupted or has expired (try logging in again)",
        pfs.NotAuthenticated,
    ),
    ("INTERNAL", "token expiration is in the past", pfs.NotAuthenticated),
    ("INTERNAL", "no authentication metadata (try logging in)", pfs.NotAuthenticated),
    ("INTERNAL", "something broke", PachdError),
    (
        "PERMISSION_DENIED",
        "robot:x is not authorized to perform this operation - needs permissions [REPO_READ] on REPO r",
        pfs.NotAuthorized,
    ),
    ("UNAVAILABLE", "failed to connect to all addresses", pfs.Unavailable),
    ("DEADLINE_EXCEEDED", "Deadline Exceeded", pfs.TooSlow),
    ("RESOURCE_EXHAUSTED", "grpc: received message larger than max", pfs.Unavailable),
    ("UNKNOWN", "file / directory path collision (/broken pipe/x)", pfs.PathClash),
    ("UNKNOWN", "error getting branch: driver: bad connection", pfs.Unavailable),
    (
        "UNKNOWN",
        "failed to connect to `host=127.0.0.1 user=pachyderm database=pachyderm`: dial error (dial tcp "
        "127.0.0.1:5432: connect: connection refused)",
        pfs.Unavailable,
    ),
    (
        "UNKNOWN",
        "FATAL: terminating connection due to administrator command (SQLSTATE 57P01)",
        pfs.Unavailable,
    ),
    ("UNKNOWN", "FATAL: sorry, too many clients already (SQLSTATE 53300)", pfs.Unavailable),
    ("UNKNOWN", 'relation "pfs.commits" does not exist (SQLSTATE 42P01)', PachdError),
    ("UNKNOWN", "read tcp 127.0.0.1:4: read: connection reset by peer", pfs.Unavailable),
    ("UNKNOWN", "failed to receive message: unexpected EOF", pfs.Unavailable),
    ("UNKNOWN", "etcdserver: request timed out", pfs.Unavailable),
    ("UNIMPLEMENTED", "the auth service is not activated", AuthOff),
    ("FAILED_PRECONDITION", "cannot delete project p: repo default/r still exists", PachdError),
]


@pytest.mark.parametrize(("code", "text", "kind"), TEXTS)
def test_an_error_of_pachd_means(code, text, kind):
    assert kind_of(grpc.StatusCode[code], text) is kind


def test_the_error_of_a_commit_is_told_with_its_path():
    error = error_of_commit("file / directory path collision (/e/x)")
    assert isinstance(error, pfs.PathClash)
    assert "/e/x" in str(error)
