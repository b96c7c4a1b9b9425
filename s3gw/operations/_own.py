"""Names in the gateway's own repo, where parts of uploads and writes of sessions wait for their commit."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from typing import Any

from s3gw.pfs.interface import PFS, Branch, BranchExists, BranchNotFound, Snapshot

# Behind a dot no code of a key has ~3 or ~5, behind a space none has ~4 (see `s3gw.addressing.keys`).
_SLASH = ".~3"
_DOT_TILDE = ".~5"
_SPACE = " ~4"

# Of an id, and those of them that are its time.
ID_DIGITS = 32
_TIME_DIGITS = 14

# Bytes of a document; ours have a few hundred, and of properties some thousand.
_LARGEST = 1024 * 1024


def flat(path: str) -> str:
    """Write a path, or the beginning of one, as one element, read by `unflat`.

    The order is that of the paths, also where a space and a hex digit follow: that is less than all
    that begins with the path.
    """
    return path.replace(" ", _SPACE).replace(".~", _DOT_TILDE).replace("/", _SLASH)


def unflat(element: str) -> str:
    """Give the path that `flat` has written."""
    return element.replace(_SLASH, "/").replace(_DOT_TILDE, ".~").replace(_SPACE, " ")


def uploads(pfs: PFS) -> Branch:
    """Name the branch that keeps uploads."""
    return Branch(pfs.own_repo, "uploads")


def ensure(pfs: PFS, branch: Branch) -> None:
    """Make a branch of the own repo where it is missing."""
    try:
        pfs.inspect_branch(branch)
    except BranchNotFound:
        with contextlib.suppress(BranchExists):
            pfs.create_branch(branch)


def new_id() -> str:
    """Make an id of what is begun now: 32 hex digits that begin with the time; nobody can guess them."""
    return f"{time.time_ns() // 1000:0{_TIME_DIGITS}x}{secrets.token_hex((ID_DIGITS - _TIME_DIGITS) // 2)}"


def begun_at(id_: str) -> int:
    """Tell when what has an id of `new_id` was begun, in microseconds since 1970."""
    return int(id_[:_TIME_DIGITS], 16)


def document(known: Snapshot, path: str) -> dict[str, Any]:
    """Read a document. Raise `FileNotFound`.

    In front of a cluster anybody may have written there: what is none of our documents says nothing.
    """
    file = known.inspect_file(path)
    if file.size > _LARGEST:
        return {}
    try:
        read = json.loads(b"".join(known.read_file(file)))
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
