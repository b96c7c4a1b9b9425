"""Repos, branches, commits and file sets with pachd's meanings, over an embedded PFS.

The embedded PFS holds what is finished. Open commits, commits that PFS refused and file sets live
in memory: they go with the process.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from s3gw.devpachd._views import OverlayView, SnapshotView, View, clean
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, BranchNotFound, CommitNotFound, Delete, PathClash, Put
from s3gw.pfs.paths import is_commit_id

# A branch that stands for the repo itself: the embedded PFS has no repo without one.
_ROOT = "__repo__"

_FILE_SET_TTL_S = 600.0


class Refusal(Exception):
    """An answer that is an error: the name of a gRPC code, and pachd's text."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass
class Commit:
    """A commit that is not, or not only, in the embedded PFS."""

    branch: Branch
    id: str
    parent: str
    started: datetime
    description: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    finishing: datetime | None = None
    error: str = ""


@dataclass(frozen=True)
class Found:
    """A commit as it is asked for."""

    branch: Branch
    id: str
    parent: str
    started: datetime
    finishing: datetime | None
    finished: bool
    description: str = ""
    error: str = ""


class Writer:
    """The operations of one stream, in their order: path -> a body, None where it is deleted."""

    def __init__(self, store: Store, base: Callable[[], View | None]) -> None:
        self._store = store
        self._base = base
        self._stagings: dict[str, Any] = {}
        self.changes: dict[str, Any] = {}

    def add(self, path: str, data: bytes) -> None:
        """Append to a file."""
        path = clean(path)
        staging = self._stagings.get(path)
        if staging is None:
            staging = self._stagings[path] = self._store.pfs.stage_unchecked()
            for block in self._before(path):
                staging.write(block)
        if data:
            staging.write(data)

    def _before(self, path: str) -> Iterator[bytes]:
        if path in self.changes:
            if self.changes[path] is not None:
                yield from self._store.read(self.changes[path])
            return
        base = self._base()
        if base is not None and next(base.files(path, path + "\0"), None) is not None:
            yield from base.read(path, 0)

    def delete(self, path: str) -> None:
        """Delete a file, or with a slash behind all that is below a directory."""
        self.end()
        if not path.endswith("/"):
            self.changes[clean(path)] = None
            return
        below = clean(path).rstrip("/") + "/"
        base = self._base()
        names = [file.path for file in base.files(below, below + "\x7f")] if base is not None else []
        for name in [*names, *(name for name in self.changes if name.startswith(below))]:
            self.changes[name] = None

    def copy(self, source: View, path: str, target: str, *, append: bool) -> None:
        """Copy a file or a directory; one that is missing copies nothing."""
        self.end()
        path, target = clean(path), clean(target)
        below = path.rstrip("/") + "/"
        names = [file.path for file in source.files(path, below + "\x7f")]
        for name in names:
            if name != path and not name.startswith(below):
                continue
            place = clean(target + name[len(path) :])
            if not append:
                self.changes[place] = None
            self.add(place, b"")
            for block in source.read(name, 0):
                self.add(place, block)
        self.end()

    def drop(self) -> None:
        """Forget the bodies that are not finished."""
        for staging in self._stagings.values():
            staging.__exit__(None, None, None)

    def end(self) -> dict[str, Any]:
        """Finish the bodies."""
        for path, staging in self._stagings.items():
            self.changes[path] = staging.finish()
        self._stagings.clear()
        return self.changes


class Store:
    """Everything that devpachd holds. One lock: what PFS does in a transaction is done under it."""

    def __init__(self, folder: Path) -> None:
        self.pfs = EmbeddedPFS(folder, durability="process")
        self.lock = threading.RLock()
        self.finish_s: Callable[[], float] = lambda: 0.0
        self._projects = {"default"} | {entry.branch.project for entry in self.pfs.list_branches()}
        self._heads: dict[Branch, Commit] = {}
        self._commits: dict[str, Commit] = {}
        self._finishing: dict[str, float] = {}
        self._parents: dict[str, str] = {}
        self._file_sets: dict[str, tuple[float, dict[str, Any]]] = {}

    def read(self, content: Any) -> Iterator[bytes]:
        """Read a body that no commit of the embedded PFS holds yet."""
        if content.name is None:
            yield content.data
        else:
            yield from self.pfs._contents.open(content.name, content.size, 0, content.size)

    # --- projects, repos, branches --------------------------------------------------------------

    def create_project(self, name: str) -> None:
        """Create a project."""
        if name in self._projects:
            raise Refusal("ALREADY_EXISTS", f"project {name} already exists")
        self._projects.add(name)

    def delete_project(self, name: str) -> None:
        """Delete a project without repos."""
        for repo in self.repos():
            if repo.project == name:
                raise Refusal(
                    "FAILED_PRECONDITION",
                    f"cannot delete project {name}: repo {name}/{repo.repo} still exists",
                )
        self._projects.discard(name)

    def repos(self) -> dict[Branch, tuple[datetime, list[Branch]]]:
        """List the repos, each with its time and its branches."""
        repos: dict[Branch, tuple[datetime, list[Branch]]] = {}
        for entry in self.pfs.list_branches():
            branch = entry.branch
            root = Branch(branch.repo, _ROOT, branch.project)
            branches = repos.setdefault(root, (entry.created, []))[1]
            if branch.name != _ROOT:
                branches.append(branch)
        return repos

    def repo(self, name: Branch) -> tuple[datetime, list[Branch]]:
        """Find a repo."""
        root = Branch(name.repo, _ROOT, name.project)
        if root.project not in self._projects:
            raise Refusal("NOT_FOUND", f'get project by name: project "{root.project}" not found')
        repos = self.repos()
        if root not in repos:
            raise Refusal("NOT_FOUND", f"repo {root.project}/{root.repo} not found")
        return repos[root]

    def create_repo(self, name: Branch, *, update: bool) -> None:
        """Create a repo; it has no branch."""
        if name.project not in self._projects:
            raise Refusal(
                "NOT_FOUND", f'cannot find project "{name.project}": project "{name.project}" not found'
            )
        root = Branch(name.repo, _ROOT, name.project)
        if root in self.repos():
            if not update:
                raise Refusal("ALREADY_EXISTS", f"repo {name.project}/{name.repo} already exists")
            return
        self.pfs.create_branch(root)

    def delete_repo(self, name: Branch, *, force: bool) -> None:
        """Delete a repo with its branches; one that is missing is no error."""
        root = Branch(name.repo, _ROOT, name.project)
        repos = self.repos()
        if root not in repos:
            return
        for branch in repos[root][1]:
            try:
                self.delete_branch(branch, force=force)
            except Refusal as refusal:
                raise Refusal(refusal.code, f"delete branch {branch}: {refusal}") from refusal
        self.pfs.delete_branch(root, with_files=True)

    def branch(self, branch: Branch) -> tuple[str, tuple[Branch, ...], list[Branch]]:
        """Find a branch: its head, its provenance, and the branches that have it in theirs."""
        try:
            info = self.pfs.inspect_branch(branch)
        except BranchNotFound as error:
            text = f'branch "{branch.name}" not found in repo {branch.project}/{branch.repo}'
            if branch.project not in self._projects:
                text = f'get project by name: project "{branch.project}" not found\n{text}'
            raise Refusal("NOT_FOUND", text) from error
        others = [entry.branch for entry in self.pfs.list_branches()]
        subvenance = [other for other in others if branch in self.pfs.inspect_branch(other).provenance]
        head = self._heads[branch].id if branch in self._heads else info.head
        return head, info.provenance, subvenance

    def create_branch(self, branch: Branch, provenance: list[Branch]) -> None:
        """Create a branch with an empty, finished commit; one that is there stays."""
        self.repo(branch)
        for other in provenance:
            if (other.project, other.repo) == (branch.project, branch.repo):
                text = f"repo {branch.project}/{branch.repo} cannot be in the provenance of its own branch"
                raise Refusal("UNKNOWN", text)
            self.branch(other)
        try:
            self.branch(branch)
        except Refusal:
            self.pfs.create_branch(branch, provenance)

    def delete_branch(self, branch: Branch, *, force: bool) -> None:
        """Delete a branch; one that is missing is no error.

        With `force` the branches that have it in their provenance lose it.
        """
        try:
            _, _, subvenance = self.branch(branch)
        except Refusal:
            return
        if subvenance and not force:
            names = " ".join(map(str, subvenance))
            raise Refusal(
                "UNKNOWN",
                f"branch {branch.name} has [{names}] as subvenance, deleting it would break those branches",
            )
        self.pfs.delete_branch(branch, with_files=True, force=force)
        self._heads.pop(branch, None)

    # --- commits --------------------------------------------------------------------------------

    def resolve(self, branch: Branch, commit: str) -> Found:
        """Find a commit by the name of its branch, or by its id in any branch of the repo."""
        if not commit or not is_commit_id(commit):
            named = Branch(branch.repo, commit or branch.name, branch.project)
            head, _, _ = self.branch(named)
            return self._found(named, head)
        if commit in self._commits:
            return self._found(self._commits[commit].branch, commit)
        for other in self.repo(branch)[1]:
            try:
                return self._found(other, commit)
            except CommitNotFound:
                continue
        raise Refusal("NOT_FOUND", f"commit {branch.project}/{branch.repo}@{commit} not found")

    def _found(self, branch: Branch, commit: str) -> Found:
        made = self._commits.get(commit)
        if made is not None:
            finished = made.finishing is not None and self._is_finished(commit)
            error = made.error if finished else ""
            return Found(
                made.branch,
                commit,
                made.parent,
                made.started,
                made.finishing,
                finished,
                made.description,
                error,
            )
        rows = self.pfs.commits(branch, commit, 2)
        parent = self._parents.get(commit) or (rows[1][0] if len(rows) > 1 else "")
        return Found(branch, commit, parent, rows[0][1], rows[0][1], self._is_finished(commit))

    def _is_finished(self, commit: str) -> bool:
        return time.monotonic() >= self._finishing.get(commit, 0.0)

    def history(self, newest: Found) -> Iterator[Found]:
        """Give a commit and its ancestors."""
        commit = newest
        while True:
            yield commit
            if not commit.parent:
                return
            commit = self._found(commit.branch, commit.parent)

    def start(self, branch: Branch, description: str) -> str:
        """Start a commit on a branch, which is created where it is missing."""
        parent = self._writable(branch)
        open_ = self._heads.get(branch)
        if open_ is not None and open_.finishing is None:
            text = f"parent commit {branch.project}/{branch.repo}@{parent} has not been finished"
            raise Refusal("UNKNOWN", text)
        commit = Commit(branch, uuid.uuid4().hex, parent, datetime.now(UTC), description)
        self._heads[branch] = self._commits[commit.id] = commit
        return commit.id

    def _writable(self, branch: Branch) -> str:
        try:
            head, provenance, _ = self.branch(branch)
        except Refusal:
            self.repo(branch)
            self.pfs.create_branch(branch)
            head, provenance, _ = self.branch(branch)
        if provenance:
            raise Refusal("UNKNOWN", f"cannot start a commit on an output branch: {branch}")
        return head

    def finish(self, found: Found, error: str) -> None:
        """Finish an open commit: PFS looks for clashes now, and tells them in the commit alone."""
        if found.finishing is not None:
            text = f"commit {found.branch.project}/{found.branch.repo}@{found.id} has already finished"
            raise Refusal("UNKNOWN", text)
        commit = self._commits[found.id]
        self._finishing[commit.id] = time.monotonic() + self.finish_s()
        commit.error = error
        if not error:
            edits: list[Put | Delete] = [
                Delete(path[1:]) for path, content in commit.changes.items() if content is None
            ]
            puts = [Put(path[1:], content) for path, content in commit.changes.items() if content is not None]
            try:
                self.pfs.change(commit.branch, [*edits, *puts], commit=commit.id)
            except PathClash as clash:
                path = str(clash).split(" is a ", 1)[0]
                commit.error = f"file / directory path collision (/{path})"
        if commit.error:
            commit.finishing = datetime.now(UTC)
            return
        self._parents[commit.id] = commit.parent
        self._heads.pop(commit.branch, None)
        del self._commits[commit.id]

    def writer(self, branch: Branch, commit: str) -> tuple[Writer, Found | None]:
        """Begin to write: into an open commit, or None for a commit that is made at the end."""
        try:
            found = self.resolve(branch, commit)
        except Refusal as error:
            if error.code != "NOT_FOUND" or not branch.name:
                raise
            return Writer(self, lambda: None), None
        if found.finishing is None:
            return Writer(self, lambda: self.view(found)), found
        if commit:
            text = f"commit {found.branch.project}/{found.branch.repo}@{found.id} has already finished"
            raise Refusal("UNKNOWN", text)
        return Writer(self, lambda: self.view(found)), None

    def apply(self, writer: Writer, branch: Branch, open_: Found | None) -> None:
        """Make what was written visible."""
        changes = writer.end()
        with self.lock:
            if open_ is None and branch in self._heads and self._heads[branch].finishing is None:
                open_ = self._found(branch, self._heads[branch].id)
            if open_ is not None:
                if open_.id not in self._commits:
                    text = f"commit {branch.project}/{branch.repo}@{open_.id} has already finished"
                    raise Refusal("UNKNOWN", text)
                self._commits[open_.id].changes.update(changes)
                return
            commit = self.start(branch, "")
            self._commits[commit].changes.update(changes)
            self.finish(self._found(branch, commit), "")

    def view(self, found: Found) -> View:
        """Open a commit for reading."""
        made = self._commits.get(found.id)
        if made is None:
            return SnapshotView(self.pfs.snapshot(found.branch, found.id))
        if made.error:
            raise Refusal("UNKNOWN", made.error)
        base = SnapshotView(self.pfs.snapshot(found.branch))
        return OverlayView(base, made.changes, self.read)

    # --- file sets ------------------------------------------------------------------------------

    def add_file_set(self, changes: dict[str, Any]) -> str:
        """Keep a file set for ten minutes."""
        name = uuid.uuid4().hex
        with self.lock:
            now = time.monotonic()
            for old in [old for old, (until, _) in self._file_sets.items() if until < now]:
                del self._file_sets[old]
            self._file_sets[name] = now + _FILE_SET_TTL_S, changes
        return name

    def file_set(self, name: str, ttl_s: float | None = None) -> View:
        """Open a file set, and perhaps keep it longer."""
        until, changes = self._file_sets.get(name, (0.0, {}))
        if until < time.monotonic():
            raise Refusal("NOT_FOUND", f"fileset {name} not found")
        if ttl_s is not None:
            self._file_sets[name] = time.monotonic() + ttl_s, changes
        return OverlayView(None, changes, self.read)
