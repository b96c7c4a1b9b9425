"""Names, commit addresses and file paths by pachd's rules, as pure functions."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from s3gw.devpachd._refusal import Refusal, within
from s3gw.pfs.paths import is_commit_id

FILE_SETS = "__filesets__"
DEFAULT_PROJECT = "default"

_PROJECT_LIMIT = 51
_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_GLOB = re.compile(r"[*?\[\]{}!()@+^]")
_NUMBER = re.compile(r"[+-]?[0-9]+")
_FILE_SET_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Repo:
    """The name of a repo; its text is the form that pachd prints."""

    project: str
    name: str
    type: str = "user"

    @property
    def shelf(self) -> str:
        """The repo of the embedded PFS that holds it; a system repo, as pipelines have, has one too."""
        return self.name if self.type == "user" else f"{self.name}--{self.type}"

    def __str__(self) -> str:
        return f"{self.project}/{self.name}" + ("" if self.type == "user" else f".{self.type}")


@dataclass(frozen=True, slots=True, order=False)
class Branch:
    """The name of a branch; its text is the form that pachd prints."""

    repo: Repo
    name: str

    def __str__(self) -> str:
        return f"{self.repo}@{self.name}"


@dataclass(frozen=True, slots=True)
class Address:
    """A commit as a request asks for it."""

    repo: Repo
    branch: Branch
    id: str

    def __str__(self) -> str:
        return f"{self.repo}@{self.id}"


def check_name(name: str) -> None:
    """Refuse the name of a repo or a branch that pachd refuses."""
    if not _NAME.fullmatch(name):
        text = f"name ({name}) invalid: only alphanumeric characters, underscores, and dashes are allowed"
        raise Refusal(text)


def check_branch_name(name: str) -> None:
    """Refuse the name of a branch; it cannot look like the id of a commit."""
    check_name(name)
    if is_commit_id(name):
        raise Refusal("bad key: branch name cannot be a UUID V4")


def check_project_name(name: str) -> None:
    """Refuse the name of a project."""
    over = len(name) - _PROJECT_LIMIT
    if over > 0:
        text = f'project name "{name}" is {over} characters longer than the {_PROJECT_LIMIT} max'
        raise Refusal(f"invalid project name: {text}")
    with within("invalid project name"):
        check_name(name)
        if not name[0].isalnum():
            raise Refusal("project names must start with an alphanumeric character")


def parse_ancestry(text: str) -> tuple[str, int]:
    """Split ``b^2`` into ``b`` and 2 generations back; ``b.1`` is the first of all: -1."""
    found = re.search(r"[\^~.]", text)
    if found is None:
        return text, 0
    base, separator, rest = text[: found.start()], found[0], text[found.end() :]
    if _NUMBER.fullmatch(rest):
        return base, -int(rest) if separator == "." else int(rest)
    for character in rest:
        if character != separator:
            raise Refusal(
                f'invalid ancestry syntax "{text}", cannot mix {separator} and {character} characters'
            )
    if separator == ".":  # sic: pachd counts the whole text
        return base, -len(text) - len(base)
    return base, 1 + len(rest)


def check_path(path: str) -> None:
    """Refuse the path of a file that is added or deleted, as it was sent."""
    if not path or not all(" " <= character <= "~" for character in path):
        raise Refusal(f"path ({path}) invalid: only printable ASCII characters allowed")
    found = _GLOB.search(path)
    if found:
        raise Refusal(f"path ({path}) invalid: globbing character ({found[0]}) not allowed in path")
    if {".", ".."} & set(path.split("/")):
        raise Refusal(f"path ({path}) invalid: relative file paths are not allowed")


def clean(path: str) -> str:
    """Clean a path: one leading slash, none behind."""
    path = posixpath.normpath(path)
    return "/" if path == "." else "/" + path.strip("/")


def below(path: str) -> str:
    """Give what the paths of all that lies in a clean directory begin with."""
    return path.rstrip("/") + "/"


def check_file_set_id(text: str) -> str:
    """Refuse what is no id of a file set; dashes do not count."""
    digits = text.replace("-", "")
    if len(digits) != _FILE_SET_DIGITS:
        short = "short" if len(digits) < _FILE_SET_DIGITS else "long"
        raise Refusal(f"parsing fileset.ID: too {short} to be ID len={len(digits)}")
    for character in digits:
        if character not in "0123456789abcdefABCDEF":
            raise Refusal(f"encoding/hex: invalid byte: U+{ord(character):04X} '{character}'")
    return digits.lower()
