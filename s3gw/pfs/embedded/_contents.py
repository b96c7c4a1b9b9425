"""Bodies: small ones go into the database, large ones into files of their own.

A large body is written once, in place: ``objects/<session>/<n // 1000>/<n>``. A session is one
opening of the PFS by one process, which holds a lock on ``objects/<session>.lock`` while it lives.
Whoever opens the PFS sweeps the sessions that nobody holds any more: what no commit refers to was
left over by a crash.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import os
import queue
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from s3gw.pfs.embedded._durability import sync_folder
from s3gw.pfs.interface import CorruptData, FileExtent, FileNotFound

SMALL = 64 * 1024
BLOCK = 512 * 1024

# A body beyond this is hashed beside its arrival.
_LARGE = 1024 * 1024

# PFS cuts files of 1,000,000 bytes and more by their content, into chunks of 8 MiB on average, which
# needs its own rolling hash; here they are cut at every 8 MiB. The form of the hash is the same, and
# for smaller files its value too.
_CHUNK = 8 * 1024 * 1024


class _PFSHash:
    """BLAKE2b-256 over the BLAKE2b-256 of the chunks."""

    def __init__(self) -> None:
        self._digests: list[bytes] = []
        self._chunk = hashlib.blake2b(digest_size=32)
        self._room = _CHUNK
        self._begun = False

    def update(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            part = view[: self._room]
            self._chunk.update(part)
            self._begun = True
            self._room -= len(part)
            view = view[len(part) :]
            if not self._room:
                self._cut()

    def _cut(self) -> None:
        self._digests.append(self._chunk.digest())
        self._chunk = hashlib.blake2b(digest_size=32)
        self._room = _CHUNK
        self._begun = False

    def digest(self) -> bytes:
        if self._begun:
            self._cut()
        return hashlib.blake2b(b"".join(self._digests), digest_size=32).digest()


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


class _Digests:
    """MD5 and PFS's hash of a body.

    PERF: each takes longer than to receive and to write, and hashlib lets other threads run
    meanwhile: a thread for each makes a PUT of 256 MiB 2 x as fast as none.
    """

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._hash = _PFSHash()
        self._hashers: list[_Hasher] = []
        self._size = 0

    def update(self, data: bytes) -> None:
        self._size += len(data)
        for hasher in self._hashers:
            hasher.update(data)
        if not self._hashers:
            self._md5.update(data)
            self._hash.update(data)
            if self._size > _LARGE:
                self._hashers = [_Hasher(self._md5.update), _Hasher(self._hash.update)]

    def end(self) -> None:
        """Wait until all is hashed."""
        for hasher in self._hashers:
            hasher.end()
        self._hashers = []

    def digests(self) -> tuple[bytes, bytes]:
        """Give the MD5 and PFS's hash, at the end."""
        return self._md5.digest(), self._hash.digest()


class StagedContent:
    """A whole body: in `data` where it is small, else in the file `name` of the store."""

    def __init__(self, size: int, md5: bytes, pfs_hash: bytes, data: bytes, name: str | None) -> None:
        self.size = size
        self.md5: bytes | None = md5
        self.hash = pfs_hash
        self.data = data
        self.name = name
        self.committed = False


class BodyStaging:
    """A body on its way: kept in memory until it is too large for that."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._digests = _Digests()
        self._size = 0
        self._small = bytearray()
        self._file: int | None = None
        self._name: str | None = None
        self._content: StagedContent | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._digests.end()
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._name is not None and not (self._content and self._content.committed):
            self._store.remove(self._name)

    def write(self, data: bytes) -> None:
        """Append; the digests go along."""
        self._size += len(data)
        self._digests.update(data)
        if self._file is None:
            if self._size <= SMALL:
                self._small += data
                return
            self._name, self._file = self._store.create()
            _write_all(self._file, bytes(self._small))
            self._small.clear()
        _write_all(self._file, data)

    def finish(self) -> StagedContent:
        """End the body; a large one is on the disk, where that is asked for, when this returns."""
        if self._file is not None:
            assert self._name is not None
            self._store.keep(self._file, self._name)
            os.close(self._file)
            self._file = None
        self._digests.end()
        self._content = StagedContent(self._size, *self._digests.digests(), bytes(self._small), self._name)
        return self._content


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


class ContentStore:
    """The files of large bodies; `is_kept` tells whether a commit refers to a name.

    Made while other processes are kept out, so that none sweeps a session before it is locked.
    """

    def __init__(self, folder: Path, *, durable: bool, is_kept: Callable[[str], bool]) -> None:
        self._folder = folder / "objects"
        self._durable = durable
        self._folder.mkdir(exist_ok=True)
        self._session = uuid.uuid4().hex
        self._numbers = itertools.count()
        self._lock_path = self._folder / f"{self._session}.lock"
        self._lock_file = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        self._sweep(is_kept)

    def _sweep(self, is_kept: Callable[[str], bool]) -> None:
        for path in self._folder.glob("*.lock"):
            if path == self._lock_path:
                continue
            with contextlib.suppress(OSError):  # another process sweeps it, or its session lives
                file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._sweep_session(path.stem, is_kept)
                    path.unlink()
                finally:
                    os.close(file)

    def _sweep_session(self, session: str, is_kept: Callable[[str], bool]) -> None:
        for path in (self._folder / session).glob("*/*"):
            if not is_kept(str(path.relative_to(self._folder))):
                path.unlink(missing_ok=True)

    def stage(self) -> BodyStaging:
        """Begin a body."""
        return BodyStaging(self)

    def create(self) -> tuple[str, int]:
        """Create a file; its name, and an open descriptor."""
        number = next(self._numbers)
        name = f"{self._session}/{number // 1000}/{number}"
        path = self._folder / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return name, os.open(path, flags, 0o644)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self._durable:
                sync_folder(self._folder)
                sync_folder(path.parent.parent)
            return name, os.open(path, flags, 0o644)

    def keep(self, file: int, name: str) -> None:
        """Bring a file and its name to the disk, where a power loss is to leave them."""
        if self._durable:
            os.fsync(file)
            sync_folder((self._folder / name).parent)

    def remove(self, name: str) -> None:
        """Remove a file that no commit refers to."""
        (self._folder / name).unlink(missing_ok=True)

    def open(self, name: str, size: int, offset: int, length: int) -> LargeReader:
        """Open `length` bytes from `offset` of a file that must have `size` bytes."""
        try:
            file = os.open(self._folder / name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise FileNotFound("The file was deleted with its branch.") from error
        found = os.fstat(file).st_size
        if found != size:
            os.close(file)
            raise CorruptData(f"objects/{name} has {found} bytes instead of {size}.")
        return LargeReader(file, offset, length)

    def close(self) -> None:
        """End the session; the next opening sweeps it, as it would after a crash."""
        os.close(self._lock_file)


class SmallReader:
    """A body from the database."""

    extent = None

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __iter__(self) -> Iterator[bytes]:
        if self.data:
            yield self.data

    def close(self) -> None:
        """Nothing is held."""


class LargeReader:
    """A range of a file, block by block."""

    data = None

    def __init__(self, file: int, offset: int, length: int) -> None:
        self.extent = FileExtent(file, offset, length)
        self._file = file
        self._offset = offset
        self._left = length
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        while self._left and not self._closed:
            block = os.pread(self._file, min(BLOCK, self._left), self._offset)
            if not block:
                raise CorruptData("A file has lost its end while it was read.")
            self._offset += len(block)
            self._left -= len(block)
            yield block

    def close(self) -> None:
        """Close the file; again is no error."""
        if not self._closed:
            self._closed = True
            os.close(self._file)

    def __del__(self) -> None:
        self.close()
