"""Names and paths that PFS accepts, as pure functions.

The rules are those of pachd 2.7: ``src/server/pfs/server/paths.go`` for files, ancestry and
project names for the rest. Paths are written without their leading ``/``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from s3gw.pfs.interface import OWN_REPO, Branch, InvalidName, InvalidPath

_NAME = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)
_COMMIT_ID = re.compile(r"[0-9a-f]{12}4[0-9a-f]{19}", re.ASCII)
_PROJECT_LIMIT = 51
_USER_DIGITS = 16
_OWN_REPO = re.compile(rf"{OWN_REPO}([0-9a-f]{{{_USER_DIGITS}}})?", re.ASCII)
_GLOB = "*?[]{}!()@+^"

# Elements of legal characters, none of them empty, `.` or `..`.
_ELEMENT = r"(?!\.{1,2}(?:/|$))[\x20\x22-\x27\x2c-\x2e\x30-\x3e\x41-\x5a\x5c\x5f-\x7a\x7c\x7e]+"
_PATH = re.compile(rf"{_ELEMENT}(?:/{_ELEMENT})*", re.ASCII)


def is_commit_id(text: str) -> bool:
    """Tell whether a text has the form of a commit id: a UUIDv4 without its dashes."""
    return _COMMIT_ID.fullmatch(text) is not None


def own_repo_of(user: str) -> str:
    """Name the gateway's own repo of a user of the cluster, which belongs to that user."""
    return OWN_REPO + hashlib.sha256(user.encode()).hexdigest()[:_USER_DIGITS]


def is_own_repo(repo: str) -> bool:
    """Tell whether a repo is the gateway's own, perhaps of some user."""
    return _OWN_REPO.fullmatch(repo) is not None


def check_branch(branch: Branch) -> None:
    """Raise `InvalidName` where PFS refuses a part of the name."""
    for kind, name in (("branch", branch.name), ("repo", branch.repo), ("project", branch.project)):
        if not _NAME.fullmatch(name):
            raise InvalidName(
                f"The {kind} name {_shown(name)} is not valid: "
                "only letters, digits, underscores and dashes are allowed."
            )
    if is_commit_id(branch.name):
        raise InvalidName("A branch name cannot have the form of a commit id.")
    if branch.repo == "__filesets__":
        raise InvalidName("The repo name __filesets__ is reserved.")
    if len(branch.project) > _PROJECT_LIMIT or branch.project[0] in "-_":
        raise InvalidName(
            f"A project name has at most {_PROJECT_LIMIT} characters and begins with a letter or a digit."
        )


def is_path(path: str) -> bool:
    """Tell whether PFS accepts a file path."""
    return _PATH.fullmatch(path) is not None


def check_path(path: str) -> None:
    """Raise `InvalidPath`, which names the character or element, where PFS refuses the path."""
    if not is_path(path):
        raise InvalidPath(f"PFS refuses this file path: {_fault(path)}.")


def _fault(path: str) -> str:
    for character in path:
        if not " " <= character <= "~":
            return f"{_shown(character)} is not printable ASCII"
        if character in _GLOB:
            return f"the character {character} is not allowed, nor any of {' '.join(_GLOB)}"
    elements = path.split("/")
    faults = (
        (not path, "it is empty"),
        (not elements[0], "it begins with a slash"),
        (not elements[-1], "it ends with a slash (PFS has no empty directories)"),
        ("" in elements, "it has an empty element (//)"),
        (".." in elements, "it has the element '..'"),
    )
    return next((fault for is_so, fault in faults if is_so), "it has the element '.'")


def _shown(text: str) -> str:
    return ascii(text) if len(text) <= 80 else ascii(text[:80]) + "..."  # noqa: PLR2004


def ancestors(path: str) -> Iterator[str]:
    """Give the directories that a file lies in, the nearest last: ``a/b/c`` -> ``a``, ``a/b``.

    Each is made when it is asked for: together they are as long as the square of the path.
    """
    end = path.find("/")
    while end >= 0:
        yield path[:end]
        end = path.find("/", end + 1)


def common_ancestor(path: str, other: str) -> str:
    """Give the nearest directory of `path` whose name `other` begins with; empty where there is none.

    ``a/b/c`` and ``a/b-x`` -> ``a/b``: all texts between ``a/b`` and ``a/b/c`` begin with ``a/b``.
    """
    differs = (number for number, (mine, its) in enumerate(zip(path, other, strict=False)) if mine != its)
    shared = next(differs, min(len(path), len(other)))
    return path[: max(0, path.rfind("/", 0, shared + 1))]
