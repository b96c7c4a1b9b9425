"""Properties of files, for which PFS has no place: they are kept in a repo of their own.

The properties of a file are the bytes of ``/PROJECT.REPO.BRANCH/PATH/HASH`` there, with PFS's hash of its
content in hex. They are written and finished before the commit of the file begins, and a reader pins the
commit of the file first: so nobody sees a file without its properties. A change that fails afterwards
leaves properties that nobody asks for. Versions find theirs by their content.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch, BranchExists, BranchNotFound, Delete, FileInfo, FileNotFound, Put
from s3gw.pfs.pachd._client import Client
from s3gw.pfs.pachd._contents import PachdContent, hash_of
from s3gw.pfs.pachd._errors import PachdError
from s3gw.pfs.pachd._messages import FILE_SETS, commit_message, file_message
from s3gw.pfs.pachd._snapshot import PachdSnapshot
from s3gw.pfs.pachd._views import Views

# Looks at a time.
_AHEAD = 16


class Kept(NamedTuple):
    """What is to be kept with a file, or None where nothing may be."""

    branch: Branch
    path: str
    hash: bytes
    properties: bytes | None


class Properties:
    """The repo of the properties.

    Args:
        client: pachd, as the gateway itself: whoever may see a file may see its properties.
        branch: Where they are; made with the first ones.
        views: The file sets of commits.
        change: Makes a change there; `PFS.change`.
        create: Makes the branch; `PFS.create_branch`.
    """

    def __init__(
        self,
        client: Client,
        branch: Branch,
        views: Views,
        change: Callable[[Branch, Sequence[Put | Delete]], object],
        create: Callable[[Branch], object],
    ) -> None:
        self.branch = branch
        self.client = client
        self._views = views
        self._change = change
        self._create = create

    def keep(self, kept: Sequence[Kept]) -> None:
        """Keep properties; when this returns they are finished."""
        edits = list(self._edits(kept))
        if not edits:
            return
        try:
            self._change(self.branch, edits)
        except BranchNotFound:
            with contextlib.suppress(BranchExists):
                self._create(self.branch)
            self._change(self.branch, edits)

    def _edits(self, kept: Sequence[Kept]) -> Iterator[Put | Delete]:
        """Give what has to be altered: a commit is spared where nothing has to be."""
        commit = self._last_finished(self._begin())
        views = self._views if len(kept) > _AHEAD else None
        snapshot = PachdSnapshot(self.client, self.branch, commit, views)
        for begin in range(0, len(kept), _AHEAD):
            several = kept[begin : begin + _AHEAD]
            places = [_place(one.branch, one.path, one.hash) for one in several]
            looks = [snapshot.look_up(place) if commit else lambda: None for place in places]
            for one, place, look in zip(several, places, looks, strict=True):
                found = look()
                if one.properties is not None:
                    if found is None or found.hash != hash_of(one.properties):
                        yield Put(place, PachdContent(len(one.properties), place, data=one.properties))
                elif found is not None:
                    yield Delete(place)

    def find(self, branch: Branch) -> Callable[[FileInfo], bytes | None]:
        """Begin to look for the properties of a file of a branch whose commit is pinned already."""
        begun = self._begin()

        def properties(file: FileInfo) -> bytes | None:
            commit = self._last_finished(begun)
            return None if commit is None else self._read(commit, _place(branch, file.path, file.hash))

        return properties

    def _read(self, commit: str, place: str) -> bytes | None:
        file_set = self._views.find(self.branch, commit)
        with contextlib.suppress(FileNotFound):
            if file_set is not None:
                try:
                    return self.client.read_small_file(file_message(FILE_SETS, file_set, place))
                except PachdError:  # pachd has the file set no more
                    self._views.forget(self.branch, commit)
            return self.client.read_small_file(file_message(self.branch, commit, place))
        return None

    def _begin(self) -> Callable[[], Any]:
        return self._inspect(None)

    def _inspect(self, commit: str | None) -> Callable[[], Any]:
        request = pb.InspectCommitRequest(commit=commit_message(self.branch, commit))
        return self.client.begin("InspectCommit", request)

    def _last_finished(self, begun: Callable[[], Any]) -> str | None:
        """Give the last commit that holds what was acknowledged; None where there is none yet.

        What is not finished belongs to files that nobody can see yet: it is not waited for.
        """
        try:
            info = begun()
        except BranchNotFound:
            return None
        while info.error or not info.HasField("finished"):
            if not info.HasField("parent_commit"):
                return None
            info = self._inspect(info.parent_commit.id)()
        return str(info.commit.id)


def _place(branch: Branch, path: str, content_hash: bytes) -> str:
    return f"{branch.project}.{branch.repo}.{branch.name}/{path}/{content_hash.hex()}"
