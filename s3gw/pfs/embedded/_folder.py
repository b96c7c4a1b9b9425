"""Folders and files that only their owner may look into, whatever the umask, and their names on the disk."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_FOLDER = 0o700
_FILE = 0o600


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing; their names are on the disk then."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(_FOLDER)
        path.chmod(_FOLDER)
    if not path.is_dir():
        raise NotADirectoryError(20, "a file is in the way", str(path))
    sync_folder(path.parent)


def close_to_others(path: Path, *names: str) -> None:
    """Take the rights of others from a folder and from some of its files.

    They stay where the folder belongs to somebody else, as the root of a mounted volume may.
    """
    with contextlib.suppress(PermissionError):
        path.chmod(_FOLDER)
    for name in names:
        with contextlib.suppress(PermissionError, FileNotFoundError):
            (path / name).chmod(_FILE)


def open_file(path: Path, flags: int) -> int:
    """Open a file; one that is made is its owner's alone."""
    file = os.open(path, flags | os.O_CLOEXEC, _FILE)
    try:
        if flags & os.O_CREAT:
            os.fchmod(file, _FILE)
    except BaseException:
        os.close(file)
        raise
    return file


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
