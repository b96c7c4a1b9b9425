"""Names in the gateway's own repo, where parts of uploads and writes of sessions wait for their commit."""

from __future__ import annotations

import contextlib

from s3gw.pfs.interface import OWN_REPO, PFS, Branch, BranchExists, BranchNotFound

UPLOADS = Branch(OWN_REPO, "uploads")

# No code of a key has these two (see `s3gw.addressing.keys`): behind a dot stands ~2 at the most.
_SLASH = ".~3"
_DOT_TILDE = ".~5"


def flat(path: str) -> str:
    """Write a path, or the beginning of one, as one element: in the same order, and read by `unflat`."""
    return path.replace(".~", _DOT_TILDE).replace("/", _SLASH)


def unflat(element: str) -> str:
    """Give the path that `flat` has written."""
    return element.replace(_SLASH, "/").replace(_DOT_TILDE, ".~")


def ensure(pfs: PFS, branch: Branch) -> None:
    """Make a branch of the own repo where it is missing."""
    try:
        pfs.inspect_branch(branch)
    except BranchNotFound:
        with contextlib.suppress(BranchExists):
            pfs.create_branch(branch)
