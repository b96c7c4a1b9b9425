"""Folders and files that only their owner may look into, whatever the umask, and their names on the disk."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

_FOLDER = 0o700
_FILE = 0o600

# What a PFS has in its folder, beside what a mounted volume has there.
_OWN = re.compile(r"pfs\.sqlite.*|.*\.lock|objects|reserve|lost|lost\+found")


def is_ours(folder: Path) -> bool:
    """Tell whether there is nothing in a folder but a PFS: others may have put their own things there."""
    return all(_OWN.fullmatch(path.name) for path in folder.iterdir())


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing; their names are on the disk then."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(_FOLDER, exist_ok=True)
    try:
        path.chmod(_FOLDER)
        sync_folder(path.parent)
    except OSError:
        path.rmdir()  # the next one that looks must not take it for one whose name is on the disk
        raise


def close_to_others(*paths: Path) -> None:
    """Take the rights of others from folders and files, where there are such.

    They stay where it belongs to somebody else, as the root of a mounted volume may.
    """
    for path in paths:
        with contextlib.suppress(PermissionError, FileNotFoundError):
            path.chmod(_FOLDER if path.is_dir() else _FILE)


def _give(file: int, folder: Path) -> None:
    """Give a file that root has made to whoever owns its folder, as SQLite does with its own."""
    if os.geteuid() == 0:
        owner, state = folder.stat(), os.fstat(file)
        if (owner.st_uid, owner.st_gid) != (state.st_uid, state.st_gid):
            os.fchown(file, owner.st_uid, owner.st_gid)


def open_file(path: Path, flags: int) -> int:
    """Open a file; one that is made is its owner's alone."""
    file = os.open(path, flags | os.O_CLOEXEC, _FILE)
    try:
        if flags & os.O_CREAT:
            with contextlib.suppress(PermissionError):  # it was there, and is somebody else's
                os.fchmod(file, _FILE)
                _give(file, path.parent)
    except BaseException:
        os.close(file)
        raise
    return file


def uri_of(database: Path, mode: Literal["ro", "rw"] = "ro") -> str:
    """Name a database to SQLite, whatever characters its path has; one that is missing is not made."""
    return f"{database.absolute().as_uri()}?mode={mode}"


def files_below(folder: Path) -> Iterator[Path]:
    """Walk the files of a folder and of those below it; folders that go meanwhile are left out."""
    for path, _, names in os.walk(folder):
        for name in names:
            yield Path(path, name)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
