"""What a group of changes makes of a branch, and what may be in its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs import paths
from s3gw.pfs.group_commit import Member
from s3gw.pfs.interface import Change, Delete, PathClash, Put
from s3gw.pfs.pachd import _wire
from s3gw.pfs.pachd._contents import content_of
from s3gw.pfs.pachd._copies import Copies
from s3gw.pfs.pachd._messages import FILE_SETS, commit_message
from s3gw.pfs.pachd._snapshot import PachdSnapshot
from s3gw.pfs.pachd._wire import Entry

Edits = Sequence[Put | Delete]


@dataclass
class Plan:
    """The edits of a group that are to be made: the last one of each path counts.

    Attributes:
        edits: By path.
        members: Whose they are.
        guarded: Whether there are conditions.
        copies: What they copy, once that was gathered in a file set.
        file_set: All that they make, once that is in one.
    """

    edits: dict[str, Put | Delete] = field(default_factory=dict)
    members: list[Member[Edits, Change]] = field(default_factory=list)
    guarded: bool = False
    copies: Copies | None = None
    file_set: str | None = None
    _directories: set[str] = field(default_factory=set)

    def trial(self) -> Plan:
        """Give a plan to try more edits in."""
        members, directories = list(self.members), set(self._directories)
        return Plan(dict(self.edits), members, self.guarded, _directories=directories)

    def add(self, edit: Put | Delete) -> None:
        """Add an edit."""
        self.edits[edit.path] = edit
        if isinstance(edit, Put):
            self._directories.update(paths.ancestors(edit.path))

    def members_of(self, changed: set[str]) -> list[Member[Edits, Change]]:
        """List the members whose edits make these paths what they are to be."""
        return [
            member
            for member in self.members
            if any(edit.path in changed and self.edits[edit.path] is edit for edit in member.work)
        ]

    def leave_out(self, members: Sequence[Member[Edits, Change]]) -> None:
        """Take members out, with the edits of theirs that count."""
        for member in members:
            self.members.remove(member)
            for edit in member.work:
                if self.edits.get(edit.path) is edit:
                    del self.edits[edit.path]

    def puts(self) -> list[Put]:
        """List the puts."""
        return [edit for edit in self.edits.values() if isinstance(edit, Put)]

    @property
    def copied(self) -> list[int]:
        """The sizes of what pachd has to copy."""
        return [content.size for put in self.puts() if (content := content_of(put)).data is None]

    def clash(self, path: str) -> str | None:
        """Give the path of a put that `path` would clash with."""
        for ancestor in paths.ancestors(path):
            if isinstance(self.edits.get(ancestor), Put):
                return ancestor
        if path not in self._directories:  # PERF: of puts that a delete has replaced too
            return None
        below = f"{path}/"
        return next(
            (
                other
                for other, edit in self.edits.items()
                if isinstance(edit, Put) and other.startswith(below)
            ),
            None,
        )

    def hash_of(self, put: Put) -> bytes | None:
        """Give PFS's hash of what a put makes; None where pachd has to be asked."""
        if self.copies is not None and self.edits.get(put.path) is put and put.path in self.copies.hashes:
            return self.copies.hashes[put.path]
        return content_of(put).hash

    def messages(self) -> Iterator[bytes]:
        """Give the serialized messages of a ModifyFile or CreateFileSet."""
        copied = [put.path for put in self.puts() if content_of(put).source is not None]
        copies, source = self.copies, b""
        at_once = copies is not None and copies.hashes.keys() == set(copied)
        if copies is not None:
            source = commit_message(FILE_SETS, copies.file_set).SerializeToString()
        for path, edit in self.edits.items():
            yield pb.ModifyFileRequest(delete_file=pb.DeleteFile(path=f"/{path}")).SerializeToString()
            if not isinstance(edit, Put):
                continue
            content = content_of(edit)
            if content.data is not None:
                yield _wire.add_file(f"/{path}", content.data)
            elif content.file_set is not None:
                file_set = commit_message(FILE_SETS, content.file_set).SerializeToString()
                yield _wire.copy_file(f"/{path}", file_set, f"/{content.path}")
            elif not at_once:
                yield _wire.copy_file(f"/{path}", source, f"/{path}")
        if at_once:  # PERF: thousands of files in the time of one
            yield _wire.copy_file("/", source, "/")


class Obstacles:
    """What of a commit may be in the way of puts.

    Args:
        snapshot: The commit.
    """

    def __init__(self, snapshot: PachdSnapshot) -> None:
        self._snapshot = snapshot
        self._looks: dict[str, Callable[[], Entry | None]] = {}
        self._files: dict[str, bool] = {}
        self._below: dict[str, Iterator[Entry]] = {}

    def look_for(self, path: str, edits: dict[str, Put | Delete]) -> None:
        """Begin to look for what is in the way of a put; `edits` are no obstacles."""
        for ancestor in paths.ancestors(path):
            if ancestor not in edits and ancestor not in self._looks:
                self._looks[ancestor] = self._snapshot.look_up(ancestor)
        if path not in self._below:
            self._below[path] = self._snapshot.look_below(path)

    def refuse_clash(self, path: str, edits: dict[str, Put | Delete]) -> None:
        """Raise `PathClash` where the path is a directory, or lies below a file.

        What `edits` are going to delete is no obstacle.
        """
        self.look_for(path, edits)
        for ancestor in paths.ancestors(path):
            if ancestor not in edits and self._is_file(ancestor):
                raise PathClash.of_file(ancestor)
        for found in self._below.pop(path):
            if found.is_file and not isinstance(edits.get(found.path), Delete):
                raise PathClash.of_directory(path)

    def _is_file(self, path: str) -> bool:
        if path not in self._files:
            self._files[path] = self._looks[path]() is not None
        return self._files[path]
