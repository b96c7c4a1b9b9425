"""What pachd's errors mean: by their code first, then by their words.

pachd gives a code only to errors that carry one; every other arrives as UNKNOWN with its text, to
which each layer may have put words in front, and pachd 2.12 lines behind. The texts are those of
2.7.8 and 2.13, read in ``src/server/pfs`` and seen on running ones.
"""

from __future__ import annotations

import re

import grpc

from s3gw.pfs.interface import (
    BranchExists,
    BranchInUse,
    BranchNotFound,
    CommitNotFound,
    FileNotFound,
    InvalidName,
    InvalidPath,
    NoSpace,
    NotAuthenticated,
    NotAuthorized,
    OutputBranch,
    PathClash,
    PFSError,
    ProjectNotFound,
    TooSlow,
    Unavailable,
)


class PachdError(PFSError):
    """Something that pachd says and that means nothing to the gateway."""


class AuthOff(PachdError):
    """pachd knows no users: nobody has activated auth."""


class CommitOpen(Unavailable):
    """The head, or the parent of what is read, is not finished yet."""


class HeadOpen(BranchInUse):
    """The head is not finished: somebody writes to the branch."""


class CommitFinished(Unavailable):
    """The commit that was to be written to has been finished meanwhile."""


_Kinds = list[tuple[str, type[PFSError]]]

_NOT_FOUND: _Kinds = [
    (r"(^|: )file .* not found in repo |does not contain item", FileNotFound),
    (r"(?m)(^|: )(project \S+ not found|cannot find project|project \(id=.*not found)", ProjectNotFound),
    (r"(?m)(^|: )(branch|repo) .*not found", BranchNotFound),
    (r"(^|: )(parent )?commit .*not found|no commits found", CommitNotFound),
]
# pachd's database and its etcd, in the words of their drivers.
_AWAY: _Kinds = [
    (
        r"driver: bad connection|lost connection to database|failed to connect to `host="
        r"|\(SQLSTATE (08\w{3}|53\w{3}|57P0\d|40001)\)|conn(ection)? (is )?closed|unexpected EOF"
        r"|connection re(set by peer|fused)|broken pipe|etcdserver: ",
        Unavailable,
    ),
]
_UNKNOWN: _Kinds = [
    (
        r"path \(.*\) invalid: (only printable ASCII|globbing character|relative file paths)",
        InvalidPath,
    ),
    (
        r"name \(.*\) invalid: |branch name cannot be a UUID|is a reserved name|invalid project name",
        InvalidName,
    ),
    (
        r"cannot start a commit on an output branch|cannot finish a pipeline output or meta commit",
        OutputBranch,
    ),
    (
        r"as subvenance, deleting it would break|in the direct provenance of|associated with a pipeline",
        BranchInUse,
    ),
    (r"file / directory path collision|duplicate path output by different datums", PathClash),
    (r"has already finished", CommitFinished),
    (r"has not been finished|base commit .* unfinished", CommitOpen),
    (r"cannot get directory or non-regular file|matched multiple files", FileNotFound),
    (r"commit .* was deleted|invalid commit ID given with a branch", CommitNotFound),
    (r"no role binding exists for", BranchNotFound),
    (r"multiple authentication token keys", NotAuthenticated),
    (r"no space left on device|The disk of the server is full", NoSpace),
    *_AWAY,  # behind those whose texts hold paths
]
_INTERNAL: _Kinds = [
    (r"token expiration is in the past|no authentication metadata", NotAuthenticated),
]
_UNIMPLEMENTED: _Kinds = [
    (r"auth service is not activated", AuthOff),
]
_CODES: dict[grpc.StatusCode, tuple[_Kinds, type[PFSError]]] = {
    grpc.StatusCode.NOT_FOUND: (_NOT_FOUND, PachdError),
    grpc.StatusCode.ALREADY_EXISTS: ([], BranchExists),
    grpc.StatusCode.UNKNOWN: (_UNKNOWN, PachdError),
    grpc.StatusCode.INTERNAL: (_INTERNAL, PachdError),
    grpc.StatusCode.UNIMPLEMENTED: (_UNIMPLEMENTED, PachdError),
    grpc.StatusCode.UNAUTHENTICATED: ([], NotAuthenticated),
    grpc.StatusCode.PERMISSION_DENIED: ([], NotAuthorized),
    grpc.StatusCode.DEADLINE_EXCEEDED: ([], TooSlow),
    grpc.StatusCode.UNAVAILABLE: ([(r"commit .* not finished", CommitOpen)], Unavailable),
    grpc.StatusCode.RESOURCE_EXHAUSTED: ([], Unavailable),
    grpc.StatusCode.ABORTED: ([], Unavailable),
    grpc.StatusCode.CANCELLED: ([], Unavailable),
}


def kind_of(code: grpc.StatusCode, text: str) -> type[PFSError]:
    """Tell what an answer of pachd that is an error means."""
    words, otherwise = _CODES.get(code, ([], PachdError))
    return next((kind for pattern, kind in words if re.search(pattern, text)), otherwise)


def translate(error: grpc.RpcError) -> PFSError:
    """Make the PFS error that a failed call means; it keeps pachd's own words."""
    code = error.code()
    text = (error.details() or "").strip()
    kind = kind_of(code, text)
    # this one goes to clients, who need not know where pachd keeps what
    translated = kind("The cluster's storage is full." if kind is NoSpace else f"pachd: {code.name}: {text}")
    translated.__cause__ = error
    return translated


def error_of_commit(text: str) -> PFSError:
    """Make the PFS error that the ``error`` of a finished commit means."""
    return kind_of(grpc.StatusCode.UNKNOWN, text)(f"PFS refuses the commit: {text}")
