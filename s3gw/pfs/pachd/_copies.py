"""Files made of files that are there, by reference: copied, or joined, in file sets that nobody sees.

What pachd 2.7 does with CopyFile decides how:

* Several copies to one path in one stream do not follow each other: they are entries of the same name,
  of which a commit is refused, or which lose all but the last when they are copied in. But file sets
  laid upon each other join what they have at one path. So the pieces of a file go into as many file
  sets; each is read when they are joined, in turn, so that many are joined in groups first.
* A copy from a commit takes it 5 ms, one from a file set 0.3 ms. With auth on it asks for the caller's
  roles only for the former, and shows file sets to its admins alone.
* A file is cut into chunks of 1 to 20 MiB. Those in its midst are referred to; the first and the last
  are read and written anew by pachd, so that small files are copied whole, at 100 MiB/s.
* A source that is missing copies nothing, without an error; a commit that is missing is an error.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import BranchNotFound, CommitNotFound, FileNotFound, PiecesGone
from s3gw.pfs.pachd import _wire
from s3gw.pfs.pachd._client import Client, Upload
from s3gw.pfs.pachd._contents import PachdContent, Source
from s3gw.pfs.pachd._messages import FILE_SETS, commit_message, file_message

# pachd forgets a file set after ten minutes, unless it is asked to keep it.
TTL_S = 600
RENEW_AFTER_S = 120.0

# File sets that are made at a time, copies that are worth one of their own, and pieces that are joined
# at once. PERF: pachd joins 1000 small pieces in 2 s by 32 times 32, in 9 s at once.
_AT_ONCE = 4
_FEW = 64
_JOINED = 100

# What pachd may take for a copy and for each byte that it has to read, beside its time for an answer;
# it takes a tenth of that. The chunks at the ends of a file are up to so long.
_COPY_S = 0.1
_BYTES_PER_S = 4 * 1024 * 1024
_ENDS = 40 * 1024 * 1024

# Smaller files are not cut, and share chunks with others.
_CHUNKED = 1_000_000


def time_for(client: Client, sizes: Iterable[int]) -> float:
    """Give the seconds that pachd may take to copy files of these sizes."""
    return client.deadline_s + sum(_COPY_S + min(size, _ENDS) / _BYTES_PER_S for size in sizes)


@dataclass(frozen=True)
class Copies:
    """Files in a file set, under the paths where they are to be.

    Attributes:
        file_set: Its id.
        hashes: By path, PFS's hash.
    """

    file_set: str
    hashes: dict[str, bytes]


def copy(client: Client, copies: Sequence[tuple[Source, str]]) -> Copies:
    """Copy files to paths. Raise `PiecesGone`."""
    job = _Job(client, [source for source, _ in copies])
    with _gone():
        messages = [
            _wire.copy_file(f"/{path}", job.commit(source), f"/{source.file.path}", append=True)
            for source, path in copies
        ]
        each = max(_FEW, math.ceil(len(messages) / _AT_ONCE))
        file_set = job.make(messages[begin : begin + each] for begin in range(0, len(messages), each))
    hashes = {path: source.file.hash for source, path in copies}
    if not client.has_token:
        # PERF: all of them in one call, before anything is committed
        request = pb.GlobFileRequest(commit=commit_message(FILE_SETS, file_set), pattern="/**")
        found = {entry.path: entry for entry in client.glob(request) if entry.is_file}
        for source, path in copies:
            if path not in found or found[path].size != source.file.size:
                raise PiecesGone(f"{source.file.path} in {source.branch} is gone, or has changed.")
            hashes[path] = found[path].hash
    return Copies(file_set, hashes)


def join(client: Client, sources: Sequence[Source], path: str) -> PachdContent:
    """Make one file of several that are not empty, in their order. Raise `PiecesGone`."""
    job = _Job(client, sources)
    size = sum(source.file.size for source in sources)
    with _gone():
        pieces = [(job.commit(source), f"/{source.file.path}") for source in sources]
        while len(pieces) > 1:
            width = len(pieces) if len(pieces) <= _JOINED else math.isqrt(len(pieces) - 1) + 1
            groups = [pieces[begin : begin + width] for begin in range(0, len(pieces), width)]
            joined = _serialized(job.make(_layers(groups, width)))
            pieces = [(joined, f"/{number}") for number in range(len(groups))]
        # the joints are read and cut anew here, and not in the commit, for which others wait
        file_set = job.make([[_wire.copy_file(f"/{path}", *pieces[0])]])
        if sources[0].file.size < _CHUNKED:
            # a chunk of its own as in the midst, though not at the beginning: the next copy cuts anew
            file_set = job.make([[_wire.copy_file(f"/{path}", _serialized(file_set), f"/{path}")]])
        known_hash = _check_size(client, file_set, path, size)
    return PachdContent(size, path, file_set=file_set, known_hash=known_hash)


def _layers(groups: list[list[tuple[bytes, str]]], width: int) -> Iterator[list[bytes]]:
    """Give the messages of the file sets that join each group to a file, which is called by its number."""
    for layer in range(width):
        yield [
            _wire.copy_file(f"/{number}", *group[layer], append=True)
            for number, group in enumerate(groups)
            if layer < len(group)
        ]


def _check_size(client: Client, file_set: str, path: str, size: int) -> bytes | None:
    """Raise `PiecesGone` unless a file has this size; give its hash where the caller may know it."""
    file = file_message(FILE_SETS, file_set, path)
    if client.has_token:
        if len(client.read_small_file(file, size - 1)) != 1:
            raise PiecesGone(f"A piece of {path} is gone, or has changed.")
        return None
    found = client.inspect_file(file)(None)
    if found is None or found.size != size:
        raise PiecesGone(f"A piece of {path} is gone, or has changed.")
    return found.hash


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except (BranchNotFound, CommitNotFound, FileNotFound) as error:
        raise PiecesGone(f"A piece is gone: {error}") from error


def _serialized(file_set: str) -> bytes:
    return bytes(commit_message(FILE_SETS, file_set).SerializeToString())


class _Job:
    """File sets that are made of others; all of them are kept until it is done."""

    def __init__(self, client: Client, sources: Sequence[Source]) -> None:
        self._client = client
        self._limit_s = time_for(client, [source.file.size for source in sources])
        self._commits: dict[tuple[str, str, str], bytes] = {}
        # When each was made or renewed, on the monotonic clock.
        self._kept: dict[str, float] = {}

    def commit(self, source: Source) -> bytes:
        """Give the serialized message that names where a source is best copied from."""
        key = (source.branch.project, source.branch.repo, source.commit)
        if key not in self._commits:
            commit = commit_message(source.branch, source.commit)
            if self._client.has_token:
                self._commits[key] = bytes(commit.SerializeToString())
            else:
                answer = self._client.call("GetFileSet", pb.GetFileSetRequest(commit=commit))
                self._commits[key] = _serialized(self._keep(answer.file_set_id))
        return self._commits[key]

    def make(self, streams: Iterable[Sequence[bytes]]) -> str:
        """Make a file set of each stream of messages, and lay them upon each other."""
        begun: deque[Upload] = deque()
        made: list[str] = []
        try:
            for stream in streams:
                if len(begun) == _AT_ONCE:
                    made.append(self._keep(begun.popleft().result(self._limit_s)))
                begun.append(self._client.begin_upload(iter(stream)))
            while begun:
                made.append(self._keep(begun.popleft().result(self._limit_s)))
        finally:
            for upload in begun:
                upload.cancel()
        if len(made) == 1:
            return made[0]
        request = pb.ComposeFileSetRequest(file_set_ids=made, ttl_seconds=TTL_S)
        return self._keep(self._client.call("ComposeFileSet", request).file_set_id)

    def _keep(self, file_set: str) -> str:
        now = time.monotonic()
        self._kept[file_set] = now
        old = [other for other, since in self._kept.items() if now - since > RENEW_AFTER_S]
        renewals = [
            self._client.begin("RenewFileSet", pb.RenewFileSetRequest(file_set_id=other, ttl_seconds=TTL_S))
            for other in old
        ]
        for other, renewed in zip(old, renewals, strict=True):
            renewed()
            self._kept[other] = now
        return file_set
