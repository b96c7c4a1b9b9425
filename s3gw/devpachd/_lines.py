"""What commits hold: in memory while they are open, then in the embedded PFS."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from itertools import chain, islice, pairwise

from s3gw.devpachd._filesets import FileSet
from s3gw.devpachd._names import Branch
from s3gw.devpachd._records import Commit, Line
from s3gw.devpachd._refusal import Refusal
from s3gw.devpachd._shelf import Shelf
from s3gw.devpachd._views import DATUM, END, Entry, Key, OverlayView, SnapshotView, View
from s3gw.pfs.embedded._contents import StagedContent
from s3gw.pfs.interface import Branch as Place
from s3gw.pfs.interface import BranchExists, Delete, PathClash, Put
from s3gw.pfs.paths import is_path

# Beyond this many changes all files are looked at for clashes, as pachd does it always.
_FEW = 200


def new_id() -> str:
    """Make an id for a commit."""
    return uuid.uuid4().hex


class Lines:
    """The branches of the embedded PFS that commits go into when they are finished."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def new(self, branch: Branch) -> tuple[Line, str]:
        """Make a branch of the embedded PFS for a new one; the id of its first commit."""
        place = Place(branch.repo.shelf, branch.name, branch.repo.project)
        try:
            return Line(place), self.shelf.create_branch(place).head
        except BranchExists:  # it holds the commits of a branch that was deleted
            place = Place(branch.repo.shelf, f"{branch.name}-{new_id()[:8]}", branch.repo.project)
            return Line(place), self.shelf.create_branch(place).head

    def view(self, commit: Commit, *, check: bool = False) -> View:
        """Open a commit for reading; with `check` its base has to be finished."""
        if check:
            self._check_base(commit)
        if commit.stored is not None:
            return SnapshotView(self.shelf.snapshot(commit.line.place, commit.stored), self.shelf.hashes)
        base = commit.beneath if commit.flat else commit.base
        below = self.view(base) if base else None
        return OverlayView(below, dict(commit.changes), self.shelf.hashes, self.shelf.read)

    def _check_base(self, commit: Commit) -> None:
        parent = None if commit.is_finished else commit.parent
        while parent is not None and parent.error:
            parent = parent.parent
        if parent is not None and not parent.is_finished:
            raise Refusal(f"base commit {parent} for commit {commit} unfinished")

    def add(self, commit: Commit, file_set: FileSet) -> None:
        """Lay a file set upon an open commit."""
        view = self.view(commit)
        for key, change in file_set.items():
            content = change.content
            before = None if change.replaces or content is None else view.find(*key)
            if before is not None and content is not None:
                content = self.shelf.body(chain(before.read(), self.shelf.read(content)))
            commit.changes[key] = content
            if change.replaces:
                commit.doubled.discard(_duplicate(*key, *key))
            if change.doubled:
                commit.doubled.add(_duplicate(*key, *key))

    def upper_bound(self, commit: Commit) -> int:
        """Give the size of a commit as a list of commits tells it: 0 while its base is not finished."""
        try:
            self._check_base(commit)
        except Refusal:
            return 0
        return self.size(commit)

    def size(self, commit: Commit) -> int:
        """Sum up a commit: what its base has, and what it changes."""
        if commit.size is not None:
            return commit.size
        base = commit.base
        if commit.stored or base is None:
            size = sum(file.size for file in self.view(commit).files())
        else:
            size = self.size(base)
            beneath = self.view(base)
            for key, content in commit.changes.items():
                before = beneath.find(*key)
                size += (content.size if content else 0) - (before.size if before else 0)
        if commit.finishing is not None:
            commit.size = size
        return size

    def clash(self, commit: Commit) -> str:
        """Give the error of a commit: pachd compares neighbours alone, so it may find no clash."""
        if commit.doubled:
            return min(commit.doubled)
        view = self.view(commit)
        if len(commit.changes) > _FEW:
            return next(_errors(view.files()), "")
        errors: list[str] = []
        for path, _ in commit.changes:
            ends = {end for end, character in enumerate(path) if character <= "/"} | {len(path)}
            for end in ends - {0}:
                near = list(islice(view.files(path[:end], path[:end] + "/" + END), 3))
                if near and near[0].path == path[:end]:
                    errors += _errors(near)
        return min(errors, default="")

    def store(self, commit: Commit) -> None:
        """Put a finished commit into its line; what that cannot hold stays in memory."""
        line = commit.line
        base = commit.base
        changes = commit.changes if base is line.tip else self._difference(line, self.view(commit))
        name = new_id() if commit.provenance else commit.id
        if self._write(line, changes, name):
            commit.stored = name
            commit.changes = {}
            line.tip = commit
            return
        commit.flat = True
        commit.beneath = base
        if base is not None and base.stored is None:
            commit.beneath = base.beneath
            commit.changes = {**base.changes, **commit.changes}

    def fill(self, line: Line, commit: Commit) -> None:
        """Let a line hold the files of a commit of another one, for the time after a restart."""
        if line.tip is not commit and commit.finishing is not None and not commit.refused:
            changes = self._difference(line, self.view(commit))
            if self._write(line, changes, None):
                line.tip = commit

    def _difference(self, line: Line, view: View) -> dict[Key, StagedContent | None]:
        there = {(file.path, file.datum): file for file in self._head(line).files()}
        changes: dict[Key, StagedContent | None] = {}
        for file in view.files():
            old = there.pop((file.path, file.datum), None)
            if old is None or (old.size, old.mark) != (file.size, file.mark):
                changes[file.path, file.datum] = self.shelf.body(file.read())
        return {**dict.fromkeys(there), **changes}

    def _head(self, line: Line) -> View:
        return SnapshotView(self.shelf.snapshot(line.place), self.shelf.hashes)

    def _write(self, line: Line, changes: dict[Key, StagedContent | None], commit: str | None) -> bool:
        """Write changes to a line, or tell that it cannot hold them."""
        edits: list[Put | Delete] = []
        puts: list[Put | Delete] = []
        for (path, datum), content in changes.items():
            if datum == DATUM and content is None:
                edits.append(Delete(path[1:]))
            elif content is not None:
                if datum != DATUM or not is_path(path[1:]):
                    return False
                puts.append(Put(path[1:], self.shelf.fresh(content)))
        with contextlib.suppress(PathClash):
            self.shelf.change_as(line.place, [*edits, *puts], commit)
            return True
        return False

    def clear(self, line: Line) -> str:
        """Add a commit without files; its id."""
        edits = [Delete(file.path[1:]) for file in self._head(line).files()]
        return self.shelf.change_as(line.place, edits, new_id()).commit


def _duplicate(path: str, datum: str, other: str, other_datum: str) -> str:
    both = f"{path} from {datum} and {other} from {other_datum}"
    return f"duplicate path output by different datums ({both})"


def _errors(files: Iterable[Entry]) -> Iterator[str]:
    """Find what is wrong between neighbours."""
    for before, file in pairwise(files):
        if file.path == before.path:
            yield _duplicate(before.path, before.datum, file.path, file.datum)
        elif file.path.startswith(f"{before.path}/"):
            yield f"file / directory path collision ({file.path})"
