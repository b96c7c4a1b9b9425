"""Folders of a gateway, looked at while it may still remove some of them."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def files(folder: Path) -> list[Path]:
    """The files of a folder and of those below it, in no order."""
    return [Path(path, name) for path, _, names in os.walk(folder) for name in names]


def objects(data: Path) -> list[Path]:
    """The large contents in the folder of an embedded PFS."""
    return [path for path in files(data / "objects") if path.suffix != ".lock"]


def sizes(folder: Path) -> dict[Path, int]:
    """How large the files of a folder are, in bytes."""
    found = {}
    for path in files(folder):
        with contextlib.suppress(FileNotFoundError):
            found[path] = path.stat().st_size
    return found
