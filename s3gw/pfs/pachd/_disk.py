"""Contents of files on a disk, by PFS's hash: what is read again does not come from the cluster again.

A hash never gets another content, so that nothing here is ever stale; whoever asks has learned the hash
from pachd with rights of his own. A file is ``aa/aabb...-SIZE``: the bytes, and behind them the CRC-32C of
each block (see `s3gw.pfs.blocks`), which are compared before any byte goes out, and one of these with the
name. PFS's own hash cannot be compared: PFS cuts large files with a rolling hash of its own, and hashes the
hashes of the pieces.

It is filled while a body streams to its reader, beside the others in ``incoming/`` under a lock that dies
with its process, and gets its name when it is whole: nobody sees half of it, whatever is killed. A power
loss may leave a file whose sums are wrong, which is dropped when it is asked for. All workers share the
folder; its size is counted in the file ``lock``, and those that were asked for longest ago make room. Nothing
else is touched in it, and where all of it is removed it is made again.

Of libraries diskcache was looked at: it wants a body as a whole or pulls it from a file, pickles, forgets
what a killed process has written until somebody calls for a check, and compares no sums.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import queue
import re
import struct
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from awscrt import checksums

from s3gw.pfs.blocks import BLOCK, BlockSums, LargeReader, Seen
from s3gw.pfs.interface import CorruptData, FileInfo, PFSError

# So much of a body is compared before its first byte goes out.
_AHEAD = 8 * 1024 * 1024

# Contents that a process brings in at a time, and blocks of each that wait for the disk: 16 MiB in all.
_AT_ONCE = 4
_BEHIND = 16

# A file counts as used when it was not for so many seconds.
_USED_S = 60.0

_TOTAL = struct.Struct(">Q")
_SEAL = struct.Struct(">I")

# A content, and one on its way.
_NAME = re.compile(r"[0-9a-f]+-[0-9]+", re.ASCII)
_INCOMING = re.compile(r"[0-9a-f]+-([0-9]+)-[0-9a-f]{32}", re.ASCII)

_log = logging.getLogger(__name__)


class Contents:
    """The folder. Safe to use from many threads, and by many processes.

    Args:
        folder: Is made where it is missing.
        most: Bytes that all files in it may have together.

    Raises:
        PFSError: The folder cannot be used, or others have put their own things there.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._most = most
        self._seen = Seen()
        self._threads = threading.Lock()
        self._arriving: set[str] = set()
        self._has_told = False
        try:
            if folder.is_dir() and not self._is_ours():
                raise PFSError(f"{folder} has other things in it; choose an empty folder for --cache-dir")
            self._lock = self._open()
            with self._locked():
                self._sweep()
                self._write_total(self._make_room(most))
        except OSError as error:
            raise PFSError(
                f"{folder} cannot be used: {error.strerror}; choose another folder for --cache-dir"
            ) from error

    def _is_ours(self) -> bool:
        """Tell whether the folder is empty, or is one of these, be it one that is just being made."""
        there = {path.name for path in self._folder.iterdir()} - {"lost+found"}
        return there <= {"incoming"} or {"incoming", "lock"} <= there

    def _open(self) -> int:
        """Make what is missing; the descriptor of ``lock``."""
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def open(self, file: FileInfo, offset: int, length: int) -> LargeReader | None:
        """Open a part of a content; None where it is not here."""
        name = _name(file)
        path = self._folder / name[:2] / name
        try:
            opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        reader = LargeReader(opened, str(path), file.size, offset, length)

        def drop(_error: CorruptData | None = None) -> None:
            with contextlib.suppress(OSError):
                path.unlink()
            reader.close()

        reader.tell = drop
        try:
            state = os.fstat(opened)
            behind = os.pread(opened, state.st_size, file.size)
            sums, seal = behind[: -_SEAL.size], behind[-_SEAL.size :]
            if len(behind) != _behind(file.size) or seal != _seal(name, sums):
                drop()
                return None
            if time.time() - state.st_mtime > _USED_S:
                os.utime(opened)
                state = os.fstat(opened)
            reader.compare(sums, self._seen.of(name, state, len(sums) // 4))
            reader.check(offset, min(length, _AHEAD))
        except (OSError, CorruptData) as error:
            _log.warning("%s is dropped: %s", path, error)
            drop()
            return None
        return reader

    def fill(self, file: FileInfo) -> Filling | None:
        """Begin to keep a content; None where that is done already, or others are, or there is no room.

        A disk that fails is said once.
        """
        name, size = _name(file), _whole(file.size)
        with self._threads:
            if size > self._most // 2 or name in self._arriving or len(self._arriving) == _AT_ONCE:
                return None
            self._arriving.add(name)
        try:
            self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._reserve(size):
                return Filling(self, name, file.size, self._incoming / f"{name}-{uuid.uuid4().hex}")
        except (OSError, RuntimeError) as error:  # there is no thread for it
            self.fails(error)
        self.forget(name, 0)
        return None

    def fails(self, error: Exception) -> None:
        """Say once that nothing can be kept."""
        if not self._has_told:
            self._has_told = True
            _log.warning("what is read cannot be kept in %s: %s", self._folder, error)

    def keep(self, name: str, incoming: Path) -> None:
        """Give a whole content its name. Raise `OSError`."""
        folder = self._folder / name[:2]
        folder.mkdir(mode=0o700, exist_ok=True)
        os.link(incoming, folder / name)

    def forget(self, name: str, size: int) -> None:
        """Give back what was reserved for a content, where it has not come."""
        with self._threads:
            self._arriving.discard(name)
        if size:
            with contextlib.suppress(OSError), self._locked():
                self._write_total(max(0, self._total() - size))

    # --- room -----------------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._threads:
            if not os.fstat(self._lock).st_nlink:  # somebody has removed all of it
                lost, self._lock = self._lock, self._open()
                os.close(lost)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _total(self) -> int:
        data = os.pread(self._lock, _TOTAL.size, 0)
        return int(_TOTAL.unpack(data)[0]) if len(data) == _TOTAL.size else self._most

    def _write_total(self, total: int) -> None:
        os.pwrite(self._lock, _TOTAL.pack(total), 0)

    def _reserve(self, size: int) -> bool:
        """Make room; false where too much is on its way."""
        with self._locked():
            total = self._total()
            if total + size > self._most:
                total = self._make_room(self._most * 9 // 10 - size)
            fits = total + size <= self._most
            self._write_total(total + size if fits else total)
        return fits

    def _make_room(self, most: int) -> int:
        """Remove what was asked for longest ago until `most` bytes are left; tell how many are."""
        incoming = (_INCOMING.fullmatch(path.name) for path in self._incoming.iterdir())
        total = sum(_whole(int(match[1])) for match in incoming if match is not None)
        kept = []
        for path in self._folder.glob("??/*"):
            if _NAME.fullmatch(path.name) is None:
                continue
            with contextlib.suppress(OSError):
                state = path.stat()
                kept.append((state.st_mtime, state.st_size, str(path)))
                total += state.st_size
        for _, size, oldest in sorted(kept):
            if total <= most:
                break
            with contextlib.suppress(OSError):
                os.unlink(oldest)
                total -= size
        return total

    def _sweep(self) -> None:
        """Remove what processes that are gone have left half done."""
        for path in self._incoming.iterdir():
            if _INCOMING.fullmatch(path.name) is None:
                continue
            with contextlib.suppress(OSError):
                file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                finally:
                    os.close(file)


class Filling:
    """A content on its way into the folder. What fails is said once, and is no matter of the reader's.

    PERF: a thread writes it, since a disk that is busy holds up whoever writes for as long as pachd takes
    to send the same; it lags behind by a few blocks at the most.

    Args:
        contents: The folder.
        name: Of the content.
        size: Of the content, in bytes.
        incoming: Where it is until it is whole.
    """

    def __init__(self, contents: Contents, name: str, size: int, incoming: Path) -> None:
        self._contents = contents
        self._name = name
        self._size = size
        self._left = size
        self._incoming = incoming
        self._sums = BlockSums()
        self._blocks: queue.Queue[bytes | None] = queue.Queue(_BEHIND)
        self._file: int | None = None
        writer = threading.Thread(target=self._run, name="keeping", daemon=True)
        try:
            self._file = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            writer.start()
        except BaseException:
            self._leave(is_kept=False)
            raise
        self._writer: threading.Thread | None = writer

    def write(self, block: bytes) -> None:
        """Append; nothing where it has ended."""
        if self._writer is not None:
            self._blocks.put(block)

    def close(self) -> None:
        """End it: a whole content is there for all, of another nothing is left; again is no error."""
        if self._writer is not None:
            self._blocks.put(None)
            self._writer.join()
            self._writer = None

    def _run(self) -> None:
        is_kept = False
        blocks = iter(self._blocks.get, None)
        try:
            is_kept = self._write_all(blocks)
        except OSError as error:
            self._contents.fails(error)
        finally:
            for _ in blocks:
                pass  # the reader goes on
            self._leave(is_kept=is_kept)

    def _leave(self, *, is_kept: bool) -> None:
        """Leave nothing on the way, and count what is not kept no more."""
        with contextlib.suppress(OSError):
            self._incoming.unlink()
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
        self._contents.forget(self._name, 0 if is_kept else _whole(self._size))

    def _write_all(self, blocks: Iterable[bytes]) -> bool:
        """Write what comes; tell whether it is kept. Raise `OSError`."""
        for block in blocks:
            self._sums.update(block)
            self._left -= len(block)
            self._append(block)
        if self._left:
            return False
        sums = self._sums.sums()
        self._append(sums + _seal(self._name, sums))
        with contextlib.suppress(FileExistsError):  # another process has brought it too
            self._contents.keep(self._name, self._incoming)
            return True
        return False

    def _append(self, data: bytes) -> None:
        assert self._file is not None
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]


def _name(file: FileInfo) -> str:
    return f"{file.hash.hex()}-{file.size}"


def _seal(name: str, sums: bytes) -> bytes:
    """Give what ties the sums of a content to its name."""
    return _SEAL.pack(checksums.crc32c(sums, checksums.crc32c(name.encode())))


def _behind(size: int) -> int:
    return 4 * -(-size // BLOCK) + _SEAL.size


def _whole(size: int) -> int:
    return size + _behind(size)
