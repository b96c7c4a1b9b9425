"""Changes of one branch: gathered into commits of PFS, judged before, and looked at after.

A commit costs pachd the same for one file and for two hundred, and those of a repo are finished one
after another. So what arrives while one is being finished goes into the next (see
`s3gw.pfs.group_commit`).

A group without conditions is one ModifyFile to the branch, which pachd makes visible in one
transaction of its own: a gateway that dies leaves a whole commit or none. Conditions must hold for
the parent of the commit itself, so a group that has some starts a commit, which fixes the parent,
judges, writes and finishes it. Other gateways wait for such a commit; one that is left open by a
gateway that died is finished by the next that meets it.

Nothing tells the id of the commit that a ModifyFile has made. It is the head when the head's parent
is the head that was there before; else the first commit since that holds what was written.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs import paths
from s3gw.pfs.group_commit import GroupCommit, Member
from s3gw.pfs.interface import (
    Branch,
    Change,
    ConditionFailed,
    Delete,
    FileInfo,
    FileNotFound,
    OutputBranch,
    PathClash,
    PFSError,
    Put,
    TooSlow,
    Unavailable,
)
from s3gw.pfs.pachd._client import Client
from s3gw.pfs.pachd._errors import CommitFinished, CommitOpen, error_of_commit
from s3gw.pfs.pachd._heads import OURS, is_open
from s3gw.pfs.pachd._messages import (
    FILE_SETS,
    FINISHED,
    branch_message,
    commit_message,
    file_message,
    time_of,
)
from s3gw.pfs.pachd._snapshot import PachdSnapshot
from s3gw.pfs.pachd._uploads import PachdContent, add_file

Edits = Sequence[Put | Delete]

# Longer than such a commit is ever open while its gateway lives.
_ABANDONED_S = 60.0

# Bytes of small bodies in one commit, and changes in one.
_HEAVIEST = 32 * 1024 * 1024
_MOST = 256

# Deletes whose files are looked for, to spare a commit that would alter nothing.
_FEW_DELETES = 16

# pachd forgets a file set after ten minutes.
_RENEW_AFTER_S = 120.0
_FILE_SET_TTL_S = 600

# How often a commit is tried to be started while other gateways start theirs.
_ATTEMPTS = 20

# How far back our own commits are remembered, to know what has changed since a path was checked.
_REMEMBERED = 128


@dataclass(frozen=True)
class _Head:
    """The head of the branch as a group finds it."""

    id: str
    is_open: bool


@dataclass
class _Plan:
    """The edits of a group that are to be made: the last one of each path counts."""

    edits: dict[str, Put | Delete] = field(default_factory=dict)
    members: list[Member[Edits, Change]] = field(default_factory=list)
    guarded: bool = False

    def clash(self, path: str) -> str | None:
        """Give the path of a put that `path` would clash with."""
        for ancestor in paths.ancestors(path):
            if isinstance(self.edits.get(ancestor), Put):
                return ancestor
        below = f"{path}/"
        return next(
            (
                other
                for other, edit in self.edits.items()
                if isinstance(edit, Put) and other.startswith(below)
            ),
            None,
        )


class BranchCommitter:
    """Makes the changes of one branch, in groups."""

    def __init__(self, client: Client, branch: Branch) -> None:
        self._client = client
        self._branch = branch
        self._groups = GroupCommit[Edits, Change](self._perform, most=_MOST, heaviest=_HEAVIEST)
        # Parent -> our commit upon it and the paths that it has put.
        self._ours: OrderedDict[str, tuple[str, frozenset[str]]] = OrderedDict()

    def run_all(self, changes: Sequence[Edits]) -> list[Change | BaseException]:
        """Make changes that came together; see `PFS.change_all`."""
        members = self._groups.run_all([(edits, _weight(edits)) for edits in changes])
        return [cast("Change | BaseException", member.error or member.result) for member in members]

    def _perform(self, group: list[Member[Edits, Change]]) -> None:
        head = self._find_head()
        plan = self._judge(group, head)
        if not plan.members:
            return
        try:
            if plan.guarded and not head.is_open:
                head, plan, made = self._write_guarded(head, plan)
            else:
                made = self._write(head, plan)
        except CommitFinished:  # the open head was finished meanwhile
            self._perform(plan.members)
        except (Unavailable, TooSlow):
            raise
        except PFSError as error:
            self._one_by_one(plan, error)
        else:
            self._look_at(made, head, plan)

    # --- before ---------------------------------------------------------------------------------

    def _find_head(self) -> _Head:
        """Find the head to write upon.

        One that is left open by a gateway that died is finished first; one that was finished with an
        error, which pachd would read nothing upon, gives way to the last one without.
        """
        branch = self._client.begin(
            "InspectBranch", pb.InspectBranchRequest(branch=branch_message(self._branch))
        )
        commit = self._client.begin(
            "InspectCommit", pb.InspectCommitRequest(commit=commit_message(self._branch))
        )
        if branch().direct_provenance:
            raise OutputBranch.of(self._branch)
        info = commit()
        if is_open(info) and info.description == OURS:
            self.wait_for(info)
            return self._find_head()
        if info.HasField("finishing") and not info.HasField("finished"):
            info = self._inspect(info.commit.id, wait=FINISHED)
        if info.error:
            self._repair()
            return self._find_head()
        return _Head(info.commit.id, is_open(info))

    def wait_for(self, info: Any) -> None:
        """Wait until another gateway has finished its commit; finish it where that died."""
        commit = commit_message(self._branch, info.commit.id)
        deadline = min(
            time_of(info.started).timestamp() + _ABANDONED_S, time.time() + self._client.deadline_s
        )
        while time.time() < deadline:
            time.sleep(0.05)
            if self._inspect(info.commit.id).HasField("finishing"):
                return
        if time.time() < time_of(info.started).timestamp() + _ABANDONED_S:
            raise TooSlow("Another gateway keeps a commit of this branch open.")
        self._client.call("FinishCommit", pb.FinishCommitRequest(commit=commit))

    def _judge(self, group: list[Member[Edits, Change]], head: _Head) -> _Plan:
        """Judge the members in their order; those that fail get their error, the others a plan."""
        plan = _Plan()
        snapshot = PachdSnapshot(self._client, self._branch, head.id)
        for member in group:
            trial = _Plan(dict(plan.edits), guarded=plan.guarded)
            try:
                alters = self._judge_member(member.work, trial, snapshot, head)
            except PFSError as error:
                member.error = error
                continue
            if alters:
                plan = _Plan(trial.edits, [*plan.members, member], trial.guarded)
            else:
                member.result = Change(head.id, tuple(None for _ in member.work))
        return plan

    def _judge_member(self, edits: Edits, plan: _Plan, snapshot: PachdSnapshot, head: _Head) -> bool:
        """Add the edits of a member to the plan; tell whether they alter anything."""
        planned = bool(plan.edits)
        for edit in edits:
            paths.check_path(edit.path)
            if edit.condition is not None:
                plan.guarded = True
                if not edit.condition(self._find(edit.path, plan, snapshot)):
                    raise ConditionFailed(f"A condition on {edit.path} does not hold.")
            if isinstance(edit, Put):
                self._refuse_clash(edit, plan, snapshot, head)
            plan.edits[edit.path] = edit
        deletes = [edit.path for edit in edits if isinstance(edit, Delete)]
        if len(deletes) < len(edits) or len(deletes) > _FEW_DELETES or planned:
            return True
        looks = [snapshot.look_up(path) for path in deletes]
        return any(look() is not None for look in looks)

    def _find(self, path: str, plan: _Plan, snapshot: PachdSnapshot) -> FileInfo | None:
        planned = plan.edits.get(path)
        if isinstance(planned, Put):
            content = _content(planned)
            if content.data is not None:
                return FileInfo(path, content.size, content.hash, None, datetime.now(UTC))
            return self._inspect_file_set(content, path)
        if planned is not None:
            return None
        try:
            return snapshot.inspect_file(path)
        except FileNotFound:
            return None

    def _inspect_file_set(self, content: PachdContent, path: str) -> FileInfo:
        file = file_message(FILE_SETS, content.file_set, content.path)
        found = self._client.call("InspectFile", pb.InspectFileRequest(file=file))
        return FileInfo(path, found.size_bytes, bytes(found.hash), None, datetime.now(UTC))

    def _refuse_clash(self, put: Put, plan: _Plan, snapshot: PachdSnapshot, head: _Head) -> None:
        clash = plan.clash(put.path)
        if clash is not None:
            raise PathClash.of_two(put.path, clash)
        content = _content(put)
        if (
            content.path == put.path
            and not head.is_open
            and self._unaffected(put.path, content.head, head.id)
        ):
            return
        refuse_clash(snapshot, put.path, plan.edits)

    def _unaffected(self, path: str, checked: str, head: str) -> bool:
        """Tell whether nothing but commits of ours that cannot clash came since a path was checked."""
        while checked != head:
            if checked not in self._ours:
                return False
            checked, puts = self._ours[checked]
            below = f"{path}/"
            if any(ancestor in puts for ancestor in paths.ancestors(path)):
                return False
            if any(other.startswith(below) for other in puts):
                return False
        return True

    # --- the commit -----------------------------------------------------------------------------

    def _write(self, head: _Head, plan: _Plan) -> Any:
        """Write the plan, and give the CommitInfo of the commit that holds it."""
        self._renew(plan)
        commit = commit_message(self._branch, head.id if head.is_open else None)
        self._client.send("ModifyFile", self._messages(commit, plan))
        return self._inspect(head.id) if head.is_open else self._identify(head, plan)

    def _write_guarded(self, head: _Head, plan: _Plan) -> tuple[_Head, _Plan, Any]:
        """Write the plan in a commit whose parent is what the conditions were judged against."""
        self._renew(plan)
        commit = self._start()
        try:
            parent = self._inspect(commit).parent_commit.id
            if parent != head.id:
                self._inspect(parent, wait=FINISHED)
                head = _Head(parent, is_open=False)
                plan = self._judge(plan.members, head)
            if plan.edits:
                self._client.send("ModifyFile", self._messages(commit_message(self._branch, commit), plan))
        finally:
            # what the ModifyFile has not done is not in it
            finish = pb.FinishCommitRequest(commit=commit_message(self._branch, commit))
            self._client.call("FinishCommit", finish)
        return head, plan, self._inspect(commit, wait=FINISHED)

    def _start(self) -> str:
        """Start a commit; the commits that other gateways have started are waited for."""
        request = pb.StartCommitRequest(branch=branch_message(self._branch), description=OURS)
        for _ in range(_ATTEMPTS):
            try:
                commit: str = self._client.call("StartCommit", request).id
            except CommitOpen:
                if self._find_head().is_open:
                    break
            else:
                return commit
        raise Unavailable("Somebody else writes to this branch: try again.")

    def _inspect(self, commit: str | None, wait: int = 0) -> Any:
        request = pb.InspectCommitRequest(commit=commit_message(self._branch, commit), wait=wait)
        return self._client.call("InspectCommit", request)

    def _renew(self, plan: _Plan) -> None:
        """Keep the file sets of bodies that have waited: pachd copies nothing from one that is gone."""
        contents = [_content(edit) for edit in plan.edits.values() if isinstance(edit, Put)]
        now = time.monotonic()
        renewals = [
            self._client.begin(
                "RenewFileSet",
                pb.RenewFileSetRequest(file_set_id=content.file_set, ttl_seconds=_FILE_SET_TTL_S),
            )
            for content in contents
            if content.file_set and now - content.uploaded > _RENEW_AFTER_S
        ]
        for renewed in renewals:
            renewed()

    def _messages(self, commit: Any, plan: _Plan) -> Iterator[Any]:
        yield pb.ModifyFileRequest(set_commit=commit)
        for path, edit in plan.edits.items():
            yield pb.ModifyFileRequest(delete_file=pb.DeleteFile(path=f"/{path}"))
            if not isinstance(edit, Put):
                continue
            content = _content(edit)
            if content.data is not None:
                yield add_file(path, content.data)
            else:
                source = file_message(FILE_SETS, content.file_set, content.path)
                yield pb.ModifyFileRequest(copy_file=pb.CopyFile(dst=f"/{path}", src=source))

    def _identify(self, head: _Head, plan: _Plan) -> Any:
        """Find the commit that the ModifyFile has made, and wait until it is finished."""
        info = self._inspect(None)
        if info.parent_commit.id == head.id and info.HasField("finishing"):
            return self._inspect(info.commit.id, wait=FINISHED)
        request = pb.ListCommitRequest(
            repo=info.commit.repo,
            to=commit_message(self._branch, info.commit.id),
            **{"from": commit_message(self._branch, head.id)},
            all=True,
        )
        since = [found.commit.id for found in self._client.stream("ListCommit", request)]
        for commit in reversed(since):
            found = self._inspect(commit)
            if found.HasField("finishing") or found.description == OURS:
                found = self._inspect(commit, wait=FINISHED)
            if self._holds(commit, plan):
                return found
        return info

    def _holds(self, commit: str, plan: _Plan) -> bool:
        snapshot = PachdSnapshot(self._client, self._branch, commit)
        path, edit = next(reversed(plan.edits.items()))
        found = snapshot.look_up(path)()
        if isinstance(edit, Delete):
            return found is None
        content = _content(edit)
        return (
            found is not None
            and found.size == content.size
            and (content.data is None or found.hash == content.hash)
        )

    # --- after ----------------------------------------------------------------------------------

    def _look_at(self, made: Any, head: _Head, plan: _Plan) -> None:
        """Answer the members, or find out whose fault it is that PFS refuses the commit."""
        if made.error:
            self._repair()
            self._one_by_one(plan, error_of_commit(made.error))
            return
        commit = made.commit.id
        snapshot = PachdSnapshot(self._client, self._branch, commit)
        joined = not made.HasField("finishing")
        if made.parent_commit.id != head.id and not joined:
            self._undo_clashes(snapshot, plan)
        files = self._files(snapshot, plan, datetime.now(UTC) if joined else time_of(made.finishing))
        puts = frozenset(path for path, edit in plan.edits.items() if isinstance(edit, Put))
        self._ours[made.parent_commit.id] = (commit, puts)
        while joined or len(self._ours) > _REMEMBERED:
            self._ours.popitem(last=False)
            joined = joined and bool(self._ours)
        for member in plan.members:
            if member.error is None:
                member.result = Change(commit, tuple(files.get(id(edit)) for edit in member.work))

    def _files(self, snapshot: PachdSnapshot, plan: _Plan, committed: datetime) -> dict[int, FileInfo]:
        """Tell what each put has made; the hashes of large bodies are known to pachd alone."""
        puts = [edit for member in plan.members for edit in member.work if isinstance(edit, Put)]
        large = [put for put in puts if _content(put).data is None]
        final = [put for put in large if plan.edits[put.path] is put]
        looks = [(put, snapshot.look_up(put.path)) for put in final]
        found = {id(put): look() for put, look in looks}
        files: dict[int, FileInfo] = {}
        for put in puts:
            content = _content(put)
            if content.data is not None:
                files[id(put)] = FileInfo(put.path, content.size, content.hash, None, committed)
                continue
            made = found.get(id(put))
            if made is not None and made.size == content.size:
                files[id(put)] = FileInfo(put.path, content.size, made.hash, None, committed)
            else:  # a later one of the same group, or of a commit that was joined, has replaced it
                files[id(put)] = self._inspect_file_set(content, put.path)
        return files

    def _undo_clashes(self, snapshot: PachdSnapshot, plan: _Plan) -> None:
        """Take back the puts that clash with what another writer did meanwhile.

        PFS itself sees a clash only where the two paths are neighbours; the others live on.
        """
        guilty = []
        for path, edit in plan.edits.items():
            if isinstance(edit, Put):
                try:
                    refuse_clash(snapshot, path, {})
                except PathClash as error:
                    guilty.append(path)
                    for member in plan.members:
                        if any(other is edit for other in member.work):
                            member.error = error
        if guilty:
            undo = _Plan({path: Delete(path) for path in guilty})
            self._client.send("ModifyFile", self._messages(commit_message(self._branch), undo))
            self._inspect(None, wait=FINISHED)

    def _repair(self) -> None:
        """Put a commit without changes upon one that PFS refused: it is as if that had not been."""
        self._client.send("ModifyFile", self._messages(commit_message(self._branch), _Plan()))
        self._inspect(None, wait=FINISHED)

    def _one_by_one(self, plan: _Plan, error: PFSError) -> None:
        """Try the members of a group that failed alone, so that only the guilty one fails."""
        if len(plan.members) == 1:
            plan.members[0].error = error
            return
        for member in plan.members:
            try:
                self._perform([member])
            except PFSError as failed:
                member.error = failed


def refuse_clash(snapshot: PachdSnapshot, path: str, edits: dict[str, Put | Delete]) -> None:
    """Raise `PathClash` where the path is a directory, or lies below a file.

    What `edits` are going to delete is no obstacle.
    """
    ancestors = [other for other in paths.ancestors(path) if other not in edits]
    looks = [snapshot.look_up(ancestor) for ancestor in ancestors]
    below = snapshot.look_below(path)
    for ancestor, look in zip(ancestors, looks, strict=True):
        if look() is not None:
            raise PathClash.of_file(ancestor)
    deleted = {other for other, edit in edits.items() if isinstance(edit, Delete)}
    for found in below:
        if found.is_file and found.path not in deleted:
            raise PathClash.of_directory(path)


def _weight(edits: Edits) -> int:
    return sum(len(_content(edit).data or b"") for edit in edits if isinstance(edit, Put))


def _content(put: Put) -> PachdContent:
    assert isinstance(put.content, PachdContent)
    return put.content
