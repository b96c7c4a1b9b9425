"""Projects, repos, branches and commits with pachd's meanings.

The graph lives in memory. What is finished is in the embedded PFS, a branch for a branch, and what
those are named and computed from in ``branches.json`` beside it: that is found again after a restart.
Lost with the process are open commits, commits with an error, those that the embedded PFS cannot hold
(with a file beside a directory of its name, a path that only CopyFile admits, a datum), the
descriptions of commits, and where the head of a branch was moved by hand: it then has a commit of its
own.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from s3gw.devpachd._lines import Lines, new_id
from s3gw.devpachd._names import (
    DEFAULT_PROJECT,
    Address,
    Branch,
    Repo,
    check_branch_name,
    check_name,
    check_project_name,
    parse_ancestry,
)
from s3gw.devpachd._records import BranchState, Commit, Line, Project, RepoState, now
from s3gw.devpachd._refusal import Refusal, missing, within
from s3gw.devpachd._shelf import Shelf
from s3gw.pfs.interface import Branch as Place
from s3gw.pfs.paths import is_commit_id

# A branch of the embedded PFS that stands for the repo itself: it has no repo without one.
_ROOT = "__repo__"


class Graph:
    """All of them. One lock: what pachd does in a transaction is done under it."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder)
        self.lines = Lines(self.shelf)
        self.lock = threading.RLock()
        self.finish_s: Callable[[], float] = lambda: 0.0
        self.projects = {DEFAULT_PROJECT: Project(now())}
        self.repos: dict[Repo, RepoState] = {}
        self._names = folder / "branches.json"
        self._load()

    def _load(self) -> None:
        known = json.loads(self._names.read_text()) if self._names.exists() else {}
        for name, description in known.get("projects", {}).items():
            self.projects[name] = Project(now(), description)
        lines = {tuple(line): (name, direct) for line, name, direct in known.get("branches", [])}
        for entry in self.shelf.list_branches():
            place = entry.branch
            repo = Repo(place.project, place.repo)
            self.projects.setdefault(repo.project, Project(entry.created))
            state = self.repos.setdefault(repo, RepoState(entry.created))
            if place.name == _ROOT:
                continue
            name, direct = lines.get(
                (place.project, place.repo, place.name), ("" if known else place.name, [])
            )
            if name:
                upstream = [Branch(Repo(*other[:2]), other[2]) for other in direct]
                self._load_branch(state, Branch(repo, name), place, tuple(upstream))
            else:  # a branch that was deleted
                self.shelf.delete_branch(place, with_files=True)

    def _load_branch(
        self, state: RepoState, branch: Branch, place: Place, direct: tuple[Branch, ...]
    ) -> None:
        line = Line(place)
        for name, moment in reversed(self.shelf.commits(place)):
            commit = Commit(branch, name, line, line.tip, started=moment, finishing=moment, stored=name)
            line.tip = self._add(commit)
        assert line.tip is not None
        state.branches[branch] = BranchState(line.tip, line, direct)

    def _save(self) -> None:
        """Write down which branches there are."""
        branches = [
            (
                (state.line.place.project, state.line.place.repo, state.line.place.name),
                branch.name,
                [(other.repo.project, other.repo.name, other.name) for other in state.direct],
            )
            for branch, state in self._states().items()
        ]
        projects = {name: project.description for name, project in self.projects.items()}
        new = self._names.with_suffix(".new")
        new.write_text(json.dumps({"projects": projects, "branches": branches}))
        new.replace(self._names)

    # --- projects and repos ---------------------------------------------------------------------

    def create_project(self, name: str, description: str, *, update: bool) -> None:
        """Create a project, or change its description."""
        check_project_name(name)
        if name in self.projects and not update:
            text = f'could not create project: project "{name}" already exists'
            raise Refusal(text, "ALREADY_EXISTS")
        self.projects.setdefault(name, Project(now())).description = description
        self._save()

    def project(self, name: str) -> Project:
        """Find a project."""
        if name not in self.projects:
            raise missing(f'project "{name}"')
        return self.projects[name]

    def delete_project(self, name: str) -> None:
        """Delete a project without repos."""
        check_project_name(name)
        held = [f"repo {repo} still exists" for repo in reversed(self.repos) if repo.project == name]
        if held:
            text = f"cannot delete project {name}: " + "\n".join(held)
            raise Refusal(text, "FAILED_PRECONDITION")
        if self.projects.pop(name, None) is None:
            raise missing(f'delete project "{name}": project "{name}"')
        self._save()

    def create_repo(self, repo: Repo, description: str, *, update: bool) -> None:
        """Create a repo, or change its description; it has no branch."""
        check_name(repo.name)
        if repo.project not in self.projects:
            raise missing(f'cannot find project "{repo.project}": project "{repo.project}"')
        if repo not in self.repos:
            self.shelf.create_branch(Place(repo.shelf, _ROOT, repo.project))
            self.repos[repo] = RepoState(now())
        elif not update:
            raise Refusal(f"repo {repo} already exists", "ALREADY_EXISTS")
        self.repos[repo].description = description

    def repo(self, repo: Repo) -> RepoState:
        """Find a repo."""
        if repo not in self.repos:
            raise missing(f"repo {repo}")
        return self.repos[repo]

    def size(self, repo: Repo) -> int:
        """Give the size of the newest commit of the branch `master` that has one."""
        master = self.repos[repo].branches.get(Branch(repo, "master"))
        commit = master.head if master else None
        while commit is not None:
            size = self.details(commit)
            if size is not None:
                return size
            commit = commit.parent
        return 0

    def details(self, commit: Commit) -> int | None:
        """Give the size of a commit as pachd tells it: 0 while it is not finished, or nothing."""
        if not commit.is_finished:
            return None if commit.automatic else 0
        return None if commit.abandoned else self.lines.size(commit)

    def delete_repo(self, repo: Repo, *, force: bool) -> None:
        """Delete a repo with its branches and commits; one that is missing is no error."""
        state = self.repos.get(repo)
        if state is None:
            return
        for branch in list(state.branches):
            self._check_unused(branch, force=force, context=f"delete branch {branch}: ")
        for branch in list(state.branches):
            self.delete_branch(branch, force=True)
        for commit in state.commits.values():
            commit.deleted = True
        del self.repos[repo]
        for entry in self.shelf.list_branches():
            if (entry.branch.project, entry.branch.repo) == (repo.project, repo.name):
                self.shelf.delete_branch(entry.branch, with_files=True)
        self._save()

    # --- branches -------------------------------------------------------------------------------

    def branch(self, branch: Branch) -> BranchState:
        """Find a branch."""
        state = self.repos.get(branch.repo)
        if state is None or branch not in state.branches:
            raise Refusal(f'branch "{branch.name}" not found in repo {branch.repo}', "NOT_FOUND")
        return state.branches[branch]

    def _states(self) -> dict[Branch, BranchState]:
        return {branch: state for repo in self.repos.values() for branch, state in repo.branches.items()}

    def provenance(self, branch: Branch) -> list[Branch]:
        """List what a branch is computed from, directly or not."""
        found: set[Branch] = set()
        waiting = list(self.branch(branch).direct)
        while waiting:
            other = waiting.pop()
            if other not in found:
                found.add(other)
                waiting += self.branch(other).direct
        return sorted(found, key=str)

    def subvenance(self, branch: Branch) -> list[Branch]:
        """List what is computed from a branch, directly or not."""
        outputs = [other for other, state in self._states().items() if state.direct]
        found = {branch}
        size = 0
        while size < len(found):
            size = len(found)
            found |= {other for other in outputs if found & set(self.branch(other).direct)}
        return sorted(found - {branch}, key=str)

    def create_branch(self, branch: Branch, head: Address | None, provenance: list[Branch]) -> None:
        """Create a branch, or move its head and replace its provenance, even by none."""
        for other in [*provenance, branch]:
            check_name(other.name)
        for other in [*provenance, branch]:
            self.repo(other.repo)
            check_branch_name(other.name)
        repo = self.repos[branch.repo]
        with within(f"unable to inspect {head}"):
            commit = None if head is None else self.resolve(head)
        self._check_structure(branch, provenance)
        for other in provenance:
            if other not in self.repos[other.repo].branches:
                self.create_branch(other, None, [])
        direct = tuple(sorted(set(provenance), key=str))
        state = repo.branches.get(branch)
        changed = bool(direct) and (state is None or state.direct != direct)
        made = None if state else self._new_branch(branch, commit, direct)
        state = made or repo.branches[branch]
        state.head, state.direct = commit or state.head, direct
        self._save()
        name = new_id()
        if made and not commit:
            name = state.head.id
        elif changed:
            self._advance(branch, state, name)
        if made or changed or commit:
            self._propagate(branch, name)
        self.lines.fill(state.line, state.head)

    def _new_branch(self, branch: Branch, head: Commit | None, direct: tuple[Branch, ...]) -> BranchState:
        """Make a branch; without a head it begins with an empty commit, open on output branches."""
        line, first = self.lines.new(branch)
        if head is None:
            head = Commit(branch, first, line, None, automatic=True, provenance=self._heads(direct))
            if not direct:
                head.finishing, head.stored = head.started, first
                line.tip = head
            self._add(head)
        state = self.repos[branch.repo].branches[branch] = BranchState(head, line, direct)
        return state

    def _heads(self, branches: tuple[Branch, ...]) -> list[Commit]:
        return [self.branch(other).head for other in branches]

    def _advance(self, branch: Branch, state: BranchState, commit: str) -> None:
        """Open a commit on an output branch."""
        provenance = self._heads(state.direct)
        new = Commit(branch, commit, state.line, state.head, automatic=True, provenance=provenance)
        state.head = self._add(new)

    def _propagate(self, branch: Branch, commit: str) -> None:
        """Open a commit on each branch that is computed from one with a new head."""
        downstream = self.subvenance(branch)
        for other in sorted(downstream, key=lambda other: len(self.provenance(other))):
            state = self.branch(other)
            if state.head.id != commit:
                self._advance(other, state, commit)

    def _check_structure(self, branch: Branch, provenance: list[Branch]) -> None:
        """Refuse circles, and a structure that holds two branches of one repo."""
        if any(other.repo == branch.repo for other in provenance):
            raise Refusal(f"repo {branch.repo} cannot be in the provenance of its own branch")
        states = self._states()
        below = self.subvenance(branch) if branch in states else []
        for other in provenance:
            if other in below:
                text = f'branch "{other}" cannot be both in "{branch}"\'s provenance and subvenance'
                raise Refusal(text)
        links = {(name, other) for name, state in states.items() for other in state.direct if name != branch}
        links |= {(branch, other) for other in provenance}
        reached = {branch}
        size = 0
        while size < len(reached):
            size = len(reached)
            reached |= {end for link in links if reached & set(link) for end in link}
        repos = [other.repo for other in reached]
        for repo in sorted(repos, key=str):
            if repos.count(repo) > 1:
                text = f'multiple branches from the same repo, "{repo}", cannot participate in a DAG'
                raise Refusal(f"validate DAG at end of transaction: {text}")

    def _check_unused(self, branch: Branch, *, force: bool, context: str = "") -> None:
        users = [] if force else self.subvenance(branch)
        if users:
            names = " ".join(map(str, users))
            text = f"branch {branch.name} has [{names}] as subvenance, deleting it would break those branches"
            raise Refusal(context + text)

    def delete_branch(self, branch: Branch, *, force: bool) -> None:
        """Delete a branch, not its commits; one that is missing is no error.

        With `force` the branches that have it in their provenance lose it.
        """
        repo = self.repos.get(branch.repo)
        if repo is None:
            if force:
                return
            raise missing(f"repo {branch.repo}")
        if branch not in repo.branches:
            return
        self._check_unused(branch, force=force)
        for other, state in self._states().items():
            if branch in state.direct:
                self.create_branch(other, None, [name for name in state.direct if name != branch])
        del repo.branches[branch]
        self._save()

    # --- commits --------------------------------------------------------------------------------

    def _add(self, commit: Commit) -> Commit:
        self.repos[commit.branch.repo].commits[commit.id] = commit
        if commit.parent is not None:
            commit.parent.children.append(commit)
        return commit

    def resolve(self, address: Address) -> Commit:
        """Find a commit by its id, whatever branch is named, by a branch, or by an ancestor of it."""
        name, generations = parse_ancestry(address.id)
        branch = address.branch
        if name and not is_commit_id(name):
            if branch.name:
                raise Refusal(f"invalid commit ID given with a branch ({branch}): {name}\n")
            branch, name = Branch(address.repo, name), ""
        if not name and not branch.name:
            raise Refusal("cannot resolve commit with no ID or branch")
        commit = self._by_id(address.repo, name) if name else self.branch(branch).head
        line = [commit]
        while commit.parent is not None and (generations < 0 or len(line) <= generations):
            commit = commit.parent
            line.append(commit)
        position = generations if generations >= 0 else len(line) + generations
        if not 0 <= position < len(line):
            raise missing(f"commit {address}")
        return line[position]

    def _by_id(self, repo: Repo, commit: str) -> Commit:
        """Find a commit; for a set without one of the repo it is the one that the set is computed from."""
        commits = self.repos[repo].commits if repo in self.repos else {}
        if commit in commits:
            return commits[commit]
        for other in self.commit_set(commit):
            if other.branch.repo == repo:
                return other
        raise missing(f"commit {repo}@{commit}")

    def commit_set(self, commit: str) -> list[Commit]:
        """List the commits with an id and all that they are computed from, those first."""
        found: dict[Commit, None] = {}

        def visit(commit: Commit) -> None:
            if commit not in found:
                for other in commit.provenance:
                    visit(other)
                found[commit] = None

        for state in self.repos.values():
            if commit in state.commits:
                visit(state.commits[commit])
        return list(found)

    def start(self, branch: Branch, parent: Address | None, description: str) -> Commit:
        """Start a commit on a branch, which is created where it is missing."""
        check_name(branch.name)
        repo = self.repo(branch.repo)
        check_branch_name(branch.name)
        state = repo.branches.get(branch)
        if state is not None and state.direct:
            raise Refusal(f"cannot start a commit on an output branch: {branch}")
        before = state.head if state else None
        if parent is not None:
            with within("parent commit not found"):
                before = self.resolve(parent)
        if before is not None and before.finishing is None:
            raise Refusal(f"parent commit {before} has not been finished")
        line = state.line if state else self.lines.new(branch)[0]
        commit = Commit(branch, new_id(), line, before, description=description)
        if state is None:
            repo.branches[branch] = BranchState(commit, line)
            self._save()
        else:
            state.head = commit
        self._add(commit)
        self._propagate(branch, commit.id)
        return commit

    def finish(
        self, commit: Commit, description: str = "", error: str = "", moment: datetime | None = None
    ) -> None:
        """Finish an open commit: clashes are told in the commit alone, when it is finished."""
        self.check_open(commit)
        commit.description = description or commit.description
        commit.finishing = moment or now()
        begun = time.monotonic()
        commit.due = begun + self.finish_s()
        if commit.parent is not None:  # they are finished in their order
            commit.due = max(commit.due, commit.parent.due)
        commit.finish_s = commit.due - begun
        commit.refused, commit.abandoned = error, bool(error)
        if not error:
            commit.refused = self.lines.clash(commit)
            self.lines.size(commit)
        if not commit.refused:
            self.lines.store(commit)

    def check_open(self, commit: Commit) -> None:
        """Refuse a commit that is finished."""
        if commit.finishing is not None:
            raise Refusal(f"commit {commit} has already finished")

    def delete_commit_set(self, name: str, *, squash: bool) -> None:
        """Delete the commits with an id: heads (drop), or commits whose children keep the files (squash)."""
        commits = [state.commits[name] for state in self.repos.values() if name in state.commits]
        for commit in commits:
            if squash and not commit.children:
                text = "cannot squash a commit that has no children as that would cause data loss"
                raise Refusal(f"{text}, use the drop operation instead: {commit}")
            if not squash and commit.children:
                raise Refusal(f"cannot drop a commit that has children: {commit}")
            for child in commit.children:
                if not child.is_finished:
                    hint = ", consider using WaitCommit" if child.finishing else ""
                    raise Refusal(f"cannot squash until child commit {child} is finished{hint}")
        for commit in commits:
            self._delete_commit(commit)

    def _delete_commit(self, commit: Commit) -> None:
        commit.deleted = True
        repo = self.repos[commit.branch.repo]
        del repo.commits[commit.id]
        if commit.parent is not None:
            commit.parent.children.remove(commit)
            commit.parent.children += commit.children
        for child in commit.children:
            child.parent = commit.parent
        for branch, state in repo.branches.items():
            if state.head is commit:
                state.head = commit.parent or self._empty(branch, state)
                self.lines.fill(state.line, state.head)

    def _empty(self, branch: Branch, state: BranchState) -> Commit:
        """Begin a branch anew that has lost its last commit."""
        name = self.lines.clear(state.line)
        commit = Commit(branch, name, state.line, None, automatic=True, stored=name)
        commit.finishing = commit.started
        state.line.tip = self._add(commit)
        return commit
