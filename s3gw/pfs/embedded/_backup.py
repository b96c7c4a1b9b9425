"""A copy of the folder that a restore can serve, made while it is served."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from s3gw.pfs.embedded._database import Unusable, check_is_there, refuse_newer
from s3gw.pfs.embedded._folder import make_folder, open_file, sync_folder, uri_of
from s3gw.pfs.embedded._purge import alone
from s3gw.pfs.interface import CorruptData

# Files between two words about how far it is.
_TELL_EVERY = 1000


def backup(folder: Path, to: Path, tell: Callable[[str], None] = lambda _: None) -> str:
    """Copy the PFS in `folder` to `to`: all that was acknowledged before, each branch at one commit.

    The database is copied as it is at one moment (SQLite's backup); no purge runs until the files
    that it names are there too: as hard links, which cost nothing and are safe because a file is
    never written again, or as copies on another disk. ``pfs.sqlite`` gets its name at the very end.

    Returns:
        What was done, in one line.

    Raises:
        Unusable: There is no PFS, or `to` is not new.
        CorruptData: A file is missing; the copy has all the others.
    """
    check_is_there(folder)
    try:
        if to.exists() and any(to.iterdir()):
            raise Unusable(f"{to} holds something already: choose a new folder")
        if to.resolve().is_relative_to(folder.resolve()):
            raise Unusable(f"{to} is within {folder}: choose a folder of its own")
        make_folder(to)
        with alone(folder, waits=True):
            copy = _Copy(folder / "objects", to / "objects")
            database = to / "pfs.sqlite.part"
            tell("copying the database")
            names = _copy_database(folder / "pfs.sqlite", database)
            for number, name in enumerate(names):
                if number % _TELL_EVERY == 0:
                    tell(f"{number} of {len(names)} files")
                copy.add(name)
            copy.sync()
            database.rename(to / "pfs.sqlite")
            sync_folder(to)
    except (sqlite3.Error, OSError) as error:
        raise Unusable(f"{folder} cannot be copied to {to}: {error}") from error
    if copy.missing:
        raise CorruptData(
            f"{len(copy.missing)} files were missing, such as {copy.missing[0]}: run s3gw check; "
            f"{to} has all the rest"
        )
    return f"{to}: the database, {copy.linked} files as hard links, {copy.copied} as copies"


def _copy_database(source: Path, target: Path) -> list[str]:
    """Copy the database; the names of the files that it refers to."""
    os.close(open_file(target, os.O_RDWR | os.O_CREAT | os.O_EXCL))
    with (
        contextlib.closing(sqlite3.connect(uri_of(source), uri=True)) as reader,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as writer,
    ):
        refuse_newer(source, reader)
        reader.backup(writer)
        writer.execute("PRAGMA journal_mode=DELETE")
        if writer.execute("SELECT 1 FROM sqlite_master WHERE name = 'doomed'").fetchone():
            writer.execute("DELETE FROM doomed")
        names = [name for (name,) in writer.execute("SELECT name FROM large ORDER BY name")]
    file = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
    os.fsync(file)
    os.close(file)
    return names


class _Copy:
    """The files of large bodies, in another folder."""

    def __init__(self, source: Path, target: Path) -> None:
        self._source = source
        self._target = target
        self._folders = {target}
        self.linked = 0
        self.copied = 0
        self.missing: list[str] = []
        make_folder(target)

    def add(self, name: str) -> None:
        """Link a file, or copy it where that cannot be."""
        source, target = self._source / name, self._target / name
        for folder in (target.parent.parent, target.parent):
            if folder not in self._folders:
                make_folder(folder)
                self._folders.add(folder)
        try:
            os.link(source, target)
            self.linked += 1
        except FileNotFoundError:
            self.missing.append(f"objects/{name}")
        except OSError:
            self._copy(source, target)
            self.copied += 1

    def _copy(self, source: Path, target: Path) -> None:
        with source.open("rb") as reader, open(open_file(target, os.O_RDWR | os.O_CREAT), "wb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
            writer.flush()
            os.fsync(writer.fileno())

    def sync(self) -> None:
        """Bring the names to the disk."""
        for folder in self._folders:
            sync_folder(folder)
