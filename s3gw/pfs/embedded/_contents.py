"""Bodies: small ones go into the database, large ones into files of their own.

A large body is written once, in place: ``objects/<session>/<n // 1000>/<n>``. A session is one
opening of the PFS by one process, which holds a lock on ``objects/<session>.lock`` while it lives.
Whoever opens the PFS sweeps the sessions that nobody holds any more: what no commit refers to was
left over by a crash.

Of a large body the CRC-32C of each block is kept beside its name, and compared when it is read, unless
it was a moment ago.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import os
import queue
import sqlite3
import threading
import uuid
from collections.abc import Callable, Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from s3gw.pfs.blocks import BLOCK, BlockSums, LargeReader, Seen
from s3gw.pfs.embedded._folder import make_folder, open_file, sync_folder
from s3gw.pfs.embedded._space import Space
from s3gw.pfs.interface import CorruptData, Unavailable

SMALL = 64 * 1024

_IN_A_FOLDER = 1000

# So much of a body is checked before its first byte goes out, so that a difference is an error of S3's.
_AHEAD = 8 * 1024 * 1024

# A body beyond this is hashed beside its arrival, where there are processors for that.
_LARGE = 1024 * 1024

# PERF: so many bytes at a time are sent on to the disk while more arrive, so that the sync at the end waits
# for no more than the last of them.
_SENT_ON = 8 * 1024 * 1024

_PROCESSORS = os.cpu_count() or 1


class _Hasher:
    """Hashes the blocks of a large body in a thread of its own, beside their arrival."""

    def __init__(self, update: Callable[[bytes], object]) -> None:
        self._update = update
        self._blocks: queue.Queue[bytes | None] = queue.Queue(maxsize=8)
        self._thread = threading.Thread(target=self._run, name="digests", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (data := self._blocks.get()) is not None:
            self._update(data)

    def update(self, data: bytes) -> None:
        self._blocks.put(data)

    def end(self) -> None:
        self._blocks.put(None)
        self._thread.join()


class _Digest:
    """The MD5 of a body.

    PERF: MD5 takes longer than to receive and to write, and hashlib lets other threads run meanwhile: a
    thread for it makes a PUT of 256 MiB faster, and costs where others keep the processors busy.

    Args:
        crowd: The files of large bodies that arrive in this process.
    """

    def __init__(self, crowd: Collection[int]) -> None:
        self._crowd = crowd
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._hasher: _Hasher | None = None
        self._size = 0

    def update(self, data: bytes) -> None:
        self._size += len(data)
        if self._hasher is not None:
            self._hasher.update(data)
            return
        self._md5.update(data)
        if self._size - len(data) <= _LARGE < self._size and 2 * len(self._crowd) <= _PROCESSORS:
            self._hasher = _Hasher(self._md5.update)

    def end(self) -> None:
        """Wait until all is hashed."""
        if self._hasher is not None:
            self._hasher.end()
            self._hasher = None

    def md5(self) -> bytes:
        """Give it, at the end."""
        return self._md5.digest()


def blake2b(data: bytes) -> bytes:
    """Give the BLAKE2b-256 of bytes."""
    return hashlib.blake2b(data, digest_size=32).digest()


class StagedContent:
    """A whole body: in `data` where it is small, else in the file `name` of the store.

    PERF: its hash is made of the MD5, which S3 needs anyway. PFS's own, over all bytes, took a third of the
    CPU of an upload, and is asked for by devpachd alone.
    """

    def __init__(self, size: int, md5: bytes, data: bytes, name: str | None, blocks: bytes) -> None:
        self.blocks = blocks
        self.size = size
        self.md5: bytes | None = md5
        self.hash = blake2b(md5)
        self.data = data
        self.name = name
        self.committed = False


class BodyStaging:
    """A body on its way: kept in memory until it is too large for that."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._digest = _Digest(store.arriving)
        self._sums = BlockSums()
        self._size = 0
        self._small = bytearray()
        self._file: int | None = None
        self._name: str | None = None
        self._sent_on = 0
        self._content: StagedContent | None = None

    @property
    def md5(self) -> bytes | None:
        """See `Staging`."""
        return None if self._content is None else self._content.md5

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._digest.end()
        self._close()
        if self._name is not None and not (self._content and self._content.committed):
            self._store.discard(self._name)

    def _close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            self._store.arriving.discard(file)
            with contextlib.suppress(OSError):  # what it has to say was said by the sync
                os.close(file)

    def write(self, data: bytes) -> None:
        """Append; the digest goes along."""
        self._size += len(data)
        self._digest.update(data)
        if self._file is None:
            if self._size <= SMALL:
                self._small += data
                return
            self._name, self._file = self._store.create()
            self._store.arriving.add(self._file)
            data = bytes(self._small) + data
            self._small.clear()
        self._sums.update(data)
        self._store.write(self._file, data)
        if self._size - self._sent_on >= _SENT_ON:
            self._store.send_on(self._file, self._sent_on, self._size - self._sent_on)
            self._sent_on = self._size

    def finish(self) -> StagedContent:
        """End the body; a large one is on the disk, where that is asked for, when this returns."""
        if self._file is not None:
            assert self._name is not None
            self._store.keep(self._file, self._name)
            self._close()
        self._digest.end()
        small, sums = bytes(self._small), self._sums.sums()
        self._content = StagedContent(self._size, self._digest.md5(), small, self._name, sums)
        return self._content


class ContentStore:
    """The files of large bodies.

    Made while other processes are kept out, so that none sweeps a session before it is locked.

    Attributes:
        arriving: The files of large bodies that are on their way.

    Args:
        folder: Of the PFS.
        durable: Whether a body is on the disk when it has ended.
        space: Tells a full disk from one that fails.
        is_kept: Tells whether a commit refers to a name.
    """

    def __init__(self, folder: Path, *, durable: bool, space: Space, is_kept: Callable[[str], bool]) -> None:
        self._folder = folder / "objects"
        self._durable = durable
        self._space = space
        self._is_kept = is_kept
        make_folder(self._folder)
        self._seen = Seen()
        self.arriving: set[int] = set()
        self._session = uuid.uuid4().hex
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._ready: set[Path] = set()  # folders whose names are on the disk
        self._lock_path = self._folder / f"{self._session}.lock"
        self._lock_file = open_file(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            self._sweep()
        except BaseException:
            os.close(self._lock_file)
            raise

    def _sweep(self) -> None:
        for path in self._folder.glob("*.lock"):
            if path == self._lock_path:
                continue
            with contextlib.suppress(OSError):  # another process sweeps it, or its session lives
                file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._sweep_session(path.stem)
                    path.unlink()
                finally:
                    os.close(file)

    def _sweep_session(self, session: str) -> None:
        folders = set()
        for path in (self._folder / session).glob("*/*"):
            if self._is_kept(str(path.relative_to(self._folder))):
                continue
            path.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in [*folders, *(self._folder / session).glob("*"), self._folder / session]:
            with contextlib.suppress(OSError):  # it holds what is kept
                folder.rmdir()

    def stage(self) -> BodyStaging:
        """Begin a body."""
        return BodyStaging(self)

    def create(self) -> tuple[str, int]:
        """Create a file; its name, and an open descriptor."""
        number = next(self._numbers)
        name = f"{self._session}/{number // _IN_A_FOLDER}/{number}"
        path = self._folder / name
        try:
            with self._lock:
                if path.parent not in self._ready:
                    make_folder(path.parent.parent)
                    make_folder(path.parent)
                    self._ready.add(path.parent)
            return name, open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except OSError as error:
            raise self._told(error) from error

    def write(self, file: int, data: bytes) -> None:
        """Append to a file."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(file, view) :]
        except OSError as error:
            raise self._told(error) from error

    def send_on(self, file: int, offset: int, size: int) -> None:
        """Let the system begin to bring a part of a file to the disk, where a power loss is to leave it.

        That is what Linux does with dirty pages that nobody needs; it drops clean ones alone, and there are
        none in what was written just now.
        """
        if self._durable:
            with contextlib.suppress(OSError):
                os.posix_fadvise(file, offset, size, os.POSIX_FADV_DONTNEED)

    def keep(self, file: int, name: str) -> None:
        """Bring a file and its name to the disk, where a power loss is to leave them."""
        if self._durable:
            try:
                os.fsync(file)
                sync_folder((self._folder / name).parent)
            except OSError as error:
                raise self._told(error) from error

    def _told(self, error: OSError) -> Exception:
        return self._space.refusal(error) or Unavailable(f"The embedded PFS cannot write: {error}")

    def discard(self, name: str) -> None:
        """Remove a file that was staged in vain; where that is not known for sure, a later sweep does it."""
        with contextlib.suppress(OSError, sqlite3.Error):
            if not self._is_kept(name):
                self.remove(name)

    def remove(self, name: str) -> None:
        """Remove a file that no commit refers to; with the last of a dead session its folders go."""
        path = self._folder / name
        path.unlink(missing_ok=True)
        session = path.parent.parent
        if not session.with_suffix(".lock").exists():
            with contextlib.suppress(OSError):
                path.parent.rmdir()
                session.rmdir()

    def open(self, name: str, size: int, blocks: bytes | None, offset: int, length: int) -> LargeReader:
        """Open `length` bytes from `offset` of a file that must have `size` bytes, and the sums `blocks`.

        Raises:
            CorruptData: They differ.
            FileNotFoundError: There is no such file.
        """
        file = os.open(self._folder / name, os.O_RDONLY | os.O_CLOEXEC)
        reader = LargeReader(file, f"objects/{name}", size, offset, length)
        try:
            state = os.fstat(file)
            if state.st_size != size:
                raise CorruptData(f"objects/{name} has {state.st_size} bytes instead of {size}.")  # noqa: TRY301
            if blocks is not None and len(blocks) != 4 * -(-size // BLOCK):
                raise CorruptData(f"objects/{name} has sums of another number of blocks.")  # noqa: TRY301
            if blocks is not None:
                reader.compare(blocks, self._seen.of(name, state, len(blocks) // 4))
            reader.check(offset, min(length, _AHEAD))
        except BaseException:
            reader.close()
            raise
        return reader

    def close(self) -> None:
        """End the session; the next opening sweeps it, as it would after a crash."""
        os.close(self._lock_file)
