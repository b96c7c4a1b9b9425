"""Changes of one branch: gathered into commits of PFS, judged before, and looked at after.

A commit costs pachd the same for one file and for two hundred, and those of a repo are finished one
after another. So what arrives while one is being finished goes into the next (see
`s3gw.pfs.group_commit`).

A group of small bodies without conditions is one ModifyFile to the branch, which pachd makes visible in
one transaction of its own: a gateway that dies leaves a whole commit or none. Conditions must hold for
the parent of the commit itself, so a group that has some starts a commit, which fixes the parent,
judges, writes and finishes it. So does one with large bodies or copies, which are put into a file set
before: the commit is open for a moment. Other gateways wait for such a commit; one that is left open by a
gateway that died is finished by the next that meets it.

Nothing tells the id of the commit that a ModifyFile has made. It is the head when the head's parent
is the head that was there before; else the first commit since that holds what was written. That may be
one that another gateway has started meanwhile, which the ModifyFile has joined. What that gateway writes
behind it was judged upon the parent, and so comes before it: members whose edits are overwritten there
are made again, behind that commit. Nobody has seen them before, since its parent answers while it is open.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
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
from s3gw.pfs.pachd._contents import content_of
from s3gw.pfs.pachd._errors import CommitFinished, CommitOpen, PachdError, error_of_commit
from s3gw.pfs.pachd._heads import OURS, is_open
from s3gw.pfs.pachd._messages import (
    FINISHED,
    branch_message,
    commit_message,
    time_of,
)
from s3gw.pfs.pachd._plan import Edits, Obstacles, Plan
from s3gw.pfs.pachd._preparation import Preparation
from s3gw.pfs.pachd._properties import Properties
from s3gw.pfs.pachd._snapshot import PachdSnapshot
from s3gw.pfs.pachd._views import Views
from s3gw.pfs.pachd._wire import Entry

# Longer than such a commit is ever open while its gateway lives, since this one has met it: the clock of
# pachd, which tells when it was started, may differ from ours by as much as _SKEW_S.
_ABANDONED_S = 60.0
_SKEW_S = 600.0

# Bytes of small bodies in one commit, and changes in one.
_HEAVIEST = 32 * 1024 * 1024
_MOST = 256

# What part of the time of a commit the next one may wait for the writers of the last.
_PATIENCE = 0.25

# Deletes whose files are looked for, to spare a commit that would alter nothing.
_FEW_DELETES = 16

# Puts for which obstacles are looked for at a time, and so many that it is worth a view of the head.
_AHEAD = 16
_MANY = 8

# How often a commit is tried to be started while other gateways start theirs.
_ATTEMPTS = 20

# How far back our own commits are remembered, to know what has changed since a path was checked.
_REMEMBERED = 128


@dataclass(frozen=True)
class _Head:
    """The head of the branch as a group finds it."""

    id: str
    is_open: bool


@dataclass(frozen=True)
class _Made:
    """The commit that holds a plan.

    Attributes:
        info: Its CommitInfo.
        lost: Members of the plan that it does not hold.
        is_met: Whether the plan was written beside what others wrote, upon which it was not judged.
    """

    info: Any
    lost: Sequence[Member[Edits, Change]] = ()
    is_met: bool = False


class BranchCommitter:
    """Makes the changes of one branch, in groups."""

    def __init__(
        self, client: Client, branch: Branch, views: Views, properties: Properties | None = None
    ) -> None:
        self._client = client
        self._branch = branch
        self._views = views
        self._properties = properties
        self._preparation = Preparation(client, branch, properties)
        self._groups = GroupCommit[Edits, Change](
            self._perform, most=_MOST, heaviest=_HEAVIEST, patience=_PATIENCE
        )
        # The open commit of another gateway that was met last, and when.
        self._met = ""
        self._met_s = 0.0
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
            if (plan.guarded or plan.copied) and not head.is_open:
                head, plan, made = self._write_guarded(head, plan)
            else:
                made = self._write(head, plan)
        except CommitFinished:  # the open head was finished meanwhile, or the finished one has a child
            self._perform(plan.members)
        except (Unavailable, TooSlow):
            raise
        except PFSError as error:
            self._one_by_one(plan, error)
        else:
            plan.leave_out(made.lost)
            self._look_at(made, head, plan)
            if made.lost:
                self._perform([*made.lost])

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
        if self._met != info.commit.id:
            self._met, self._met_s = info.commit.id, time.monotonic()
        age_s = time.time() - time_of(info.started).timestamp()
        until = self._met_s + _ABANDONED_S if age_s < _SKEW_S else 0.0
        deadline = min(until, time.monotonic() + self._client.deadline_s)
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if self._inspect(info.commit.id).HasField("finishing"):
                return
        if time.monotonic() < until:
            raise TooSlow("Another gateway keeps a commit of this branch open.")
        self._client.call("FinishCommit", pb.FinishCommitRequest(commit=commit))

    def _judge(self, group: list[Member[Edits, Change]], head: _Head) -> Plan:
        """Judge the members in their order; those that fail get their error, the others a plan."""
        many = sum(len(member.work) for member in group) > _MANY
        if many and not head.is_open:
            try:
                return self._judge_upon(group, head, self._views)
            except PachdError:  # pachd has the file set no more
                self._views.forget(self._branch, head.id)
        return self._judge_upon(group, head, None)

    def _judge_upon(self, group: list[Member[Edits, Change]], head: _Head, views: Views | None) -> Plan:
        plan = Plan()
        snapshot = PachdSnapshot(self._client, self._branch, head.id, views, self._properties)
        obstacles = Obstacles(snapshot)
        for number, member in enumerate(group):
            if number % _AHEAD == 0:
                alone = [other.work[0] for other in group[number : number + _AHEAD] if len(other.work) == 1]
                self._look_ahead(alone, plan, obstacles, head)
            trial = plan.trial()
            member.error = None
            try:
                alters = self._judge_member(member.work, trial, snapshot, obstacles, head)
            except PFSError as error:
                if views is not None and isinstance(error, PachdError):
                    raise
                member.error = error
                continue
            if alters:
                plan = trial
                plan.members.append(member)
            else:
                member.result = Change(head.id, tuple(None for _ in member.work))
        return plan

    def _judge_member(
        self, edits: Edits, plan: Plan, snapshot: PachdSnapshot, obstacles: Obstacles, head: _Head
    ) -> bool:
        """Add the edits of a member to the plan; tell whether they alter anything."""
        planned = bool(plan.edits)
        for number, edit in enumerate(edits):
            paths.check_path(edit.path)
            if number % _AHEAD == 0 and len(edits) > 1:
                self._look_ahead(edits[number : number + _AHEAD], plan, obstacles, head)
            if edit.condition is not None:
                plan.guarded = True
                if not edit.condition(self._find(edit.path, plan, snapshot)):
                    raise ConditionFailed(f"A condition on {edit.path} does not hold.")
            if isinstance(edit, Put):
                self._judge_put(edit, plan, obstacles, head)
            plan.add(edit)
        deletes = [edit.path for edit in edits if isinstance(edit, Delete)]
        if len(deletes) < len(edits) or len(deletes) > _FEW_DELETES or planned:
            return True
        looks = [snapshot.look_up(path) for path in deletes]
        return any(look() is not None for look in looks)

    def _look_ahead(self, edits: Edits, plan: Plan, obstacles: Obstacles, head: _Head) -> None:
        for edit in edits:
            if isinstance(edit, Put) and paths.is_path(edit.path) and not self._is_free(edit, head):
                obstacles.look_for(edit.path, plan.edits)

    def _judge_put(self, put: Put, plan: Plan, obstacles: Obstacles, head: _Head) -> None:
        gone = content_of(put).gone
        if gone is not None:
            raise gone
        clash = plan.clash(put.path)
        if clash is not None:
            raise PathClash.of_two(put.path, clash)
        if not self._is_free(put, head):
            obstacles.refuse_clash(put.path, plan.edits)

    def _find(self, path: str, plan: Plan, snapshot: PachdSnapshot) -> FileInfo | None:
        planned = plan.edits.get(path)
        if isinstance(planned, Put):
            return self._preparation.made(planned, plan, datetime.now(UTC))
        if planned is not None:
            return None
        try:
            return snapshot.inspect_file(path)
        except FileNotFound:
            return None

    def _is_free(self, put: Put, head: _Head) -> bool:
        """Tell whether it was found before that nothing is in the way of a put."""
        content = content_of(put)
        return (
            content.path == put.path
            and not head.is_open
            and self._unaffected(put.path, content.head, head.id)
        )

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

    def _write(self, head: _Head, plan: Plan) -> _Made:
        """Write the plan into the open head, or into a commit that pachd makes for it."""
        self._preparation.prepare(plan)
        try:
            self._put_in(head.id if head.is_open else None, plan)
        except CommitOpen as error:  # by somebody, while the messages were on their way
            raise CommitFinished(str(error)) from error
        if not head.is_open:
            return self._identify(head, plan)
        info = self._inspect(head.id)
        if info.HasField("finishing"):
            info = self._inspect(head.id, wait=FINISHED)
            if len(set(self._differing(head.id, plan))) == len(plan.edits):
                raise CommitFinished("pachd has lost what came while it finished the commit.")
        return _Made(info)

    def _write_guarded(self, head: _Head, plan: Plan) -> tuple[_Head, Plan, _Made]:
        """Write the plan in a commit whose parent is what the conditions were judged against."""
        self._preparation.prepare(plan)
        commit = self._start()
        try:
            parent = self._inspect(commit).parent_commit.id
            if parent != head.id:
                self._inspect(parent, wait=FINISHED)
                head, before = _Head(parent, is_open=False), plan
                plan = self._judge(plan.members, head)
                plan.copies = before.copies
                plan.file_set = before.file_set if plan.edits == before.edits else None
            if plan.edits:
                self._put_in(commit, plan)
        finally:
            # what has not been done is not in it
            finish = pb.FinishCommitRequest(commit=commit_message(self._branch, commit))
            self._client.call("FinishCommit", finish)
        return head, plan, _Made(self._inspect(commit, wait=FINISHED))

    def _put_in(self, commit: str | None, plan: Plan) -> None:
        """Put the plan into an open commit, or into one that pachd makes for it.

        NOTE: of a ModifyFile pachd asks at its beginning alone whether the commit is open. What ends while
        that is being finished is lost, and what ends later empties the commit, and the branch with it. So
        only what is quick comes so.
        """
        message = commit_message(self._branch, commit)
        if commit is None or not plan.copied:
            begin = pb.ModifyFileRequest(set_commit=message).SerializeToString()
            self._client.modify(chain([begin], plan.messages()))
            return
        self._preparation.gather(plan)
        self._client.call("AddFileSet", pb.AddFileSetRequest(commit=message, file_set_id=plan.file_set))

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

    def _identify(self, head: _Head, plan: Plan) -> _Made:
        """Find the commit that the ModifyFile has made, or joined, and wait until it is finished."""
        info = self._inspect(None)
        if _is_alone_upon(head, info):
            return _Made(self._inspect(info.commit.id, wait=FINISHED))
        request = pb.ListCommitRequest(
            repo=info.commit.repo,
            to=commit_message(self._branch, info.commit.id),
            **{"from": commit_message(self._branch, head.id)},
            all=True,
        )
        since = [found.commit.id for found in self._client.stream("ListCommit", request)]
        lost, joined = set(plan.edits), None
        for commit in reversed(since):
            found = self._inspect(commit)
            if found.HasField("finishing") or found.description == OURS:
                found = self._inspect(commit, wait=FINISHED)
            is_whole = _is_whole(found)
            differing = set(islice(self._differing(commit, plan), 1 if is_whole else None))
            if not differing:
                return _Made(found, is_met=True)
            if not is_whole and len(differing) < len(lost):
                lost, joined = differing, found
        if joined is None:
            raise CommitFinished("pachd has lost what came while it finished a commit.")
        return _Made(joined, plan.members_of(lost), is_met=True)

    def _differing(self, commit: str, plan: Plan) -> Iterator[str]:
        """Give the paths of edits that are not in a commit as the plan wants them."""
        snapshot = PachdSnapshot(self._client, self._branch, commit, self._views)
        edits = [*plan.edits.items()]
        for begin in range(0, len(edits), _AHEAD):
            looks = [(path, edit, snapshot.look_up(path)) for path, edit in edits[begin : begin + _AHEAD]]
            for path, edit, look in looks:
                if not _is_made(edit, look(), plan):
                    yield path

    # --- after ----------------------------------------------------------------------------------

    def _look_at(self, made: _Made, head: _Head, plan: Plan) -> None:
        """Answer the members, or find out whose fault it is that PFS refuses the commit."""
        info = made.info
        if info.error:
            self._repair()
            self._one_by_one(plan, error_of_commit(info.error))
            return
        commit = info.commit.id
        snapshot = PachdSnapshot(self._client, self._branch, commit)
        if made.is_met:
            self._undo_clashes(snapshot, plan)
        files = self._files(snapshot, plan, datetime.now(UTC) if is_open(info) else time_of(info.finishing))
        if _is_alone_upon(head, info):
            puts = frozenset(path for path, edit in plan.edits.items() if isinstance(edit, Put))
            self._ours[head.id] = (commit, puts)
        if len(self._ours) > _REMEMBERED:
            self._ours.popitem(last=False)
        for member in plan.members:
            if member.error is None:
                member.result = Change(commit, tuple(files.get(id(edit)) for edit in member.work))

    def _files(self, snapshot: PachdSnapshot, plan: Plan, committed: datetime) -> dict[int, FileInfo]:
        """Tell what each put has made; the hashes of large bodies are known to pachd alone."""
        puts = [edit for member in plan.members for edit in member.work if isinstance(edit, Put)]
        unknown = [put for put in puts if plan.hash_of(put) is None and plan.edits.get(put.path) is put]
        looks = [(put, snapshot.look_up(put.path)) for put in unknown]
        for put, look in looks:
            made = look()
            # else one of a commit that was joined has replaced it
            if made is not None and made.size == content_of(put).size:
                content_of(put).known_hash = made.hash
        return {id(put): self._preparation.made(put, plan, committed) for put in puts}

    def _undo_clashes(self, snapshot: PachdSnapshot, plan: Plan) -> None:
        """Take back the puts that clash with what another writer did meanwhile.

        PFS itself sees a clash only where the two paths are neighbours; the others live on.
        """
        guilty = []
        obstacles = Obstacles(snapshot)
        puts = plan.puts()
        for number, put in enumerate(puts):
            if number % _AHEAD == 0:
                for other in puts[number : number + _AHEAD]:
                    obstacles.look_for(other.path, {})
            try:
                obstacles.refuse_clash(put.path, {})
            except PathClash as error:
                guilty.append(put.path)
                for member in plan.members:
                    if any(other is put for other in member.work):
                        member.error = error
        if guilty:
            self._put_in(None, Plan({path: Delete(path) for path in guilty}))
            self._inspect(None, wait=FINISHED)

    def _repair(self) -> None:
        """Put a commit without changes upon one that PFS refused: it is as if that had not been."""
        self._put_in(None, Plan())
        self._inspect(None, wait=FINISHED)

    def _one_by_one(self, plan: Plan, error: PFSError) -> None:
        """Try the members of a group that failed alone, so that only the guilty one fails."""
        if len(plan.members) == 1:
            plan.members[0].error = error
            return
        for member in plan.members:
            try:
                self._perform([member])
            except PFSError as failed:
                member.error = failed


def _is_whole(info: Any) -> bool:
    """Tell whether a commit was made by one call, so that nobody could join it."""
    return bool(info.HasField("finishing") and info.started == info.finishing)


def _is_alone_upon(head: _Head, info: Any) -> bool:
    """Tell whether nothing has come since the head but what one call has written."""
    return bool(info.parent_commit.id == head.id) and _is_whole(info)


def _is_made(edit: Put | Delete, found: Entry | None, plan: Plan) -> bool:
    if isinstance(edit, Delete):
        return found is None
    known = plan.hash_of(edit)
    return found is not None and found.size == content_of(edit).size and known in (None, found.hash)


def _weight(edits: Edits) -> int:
    return sum(len(content_of(edit).data or b"") for edit in edits if isinstance(edit, Put))
