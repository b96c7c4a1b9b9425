"""PFS in a Pachyderm cluster."""

from __future__ import annotations

import contextlib
import copy
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from typing import Any

from python_pachyderm.proto.v2.auth import auth_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.cache import Cache
from s3gw.pfs import paths
from s3gw.pfs.interface import (
    DEFAULT_PROJECT,
    OWN_REPO,
    Branch,
    BranchEntry,
    BranchExists,
    BranchInfo,
    BranchInUse,
    BranchNotEmpty,
    BranchNotFound,
    Change,
    CommitNotFound,
    Delete,
    NotAuthorized,
    OutputBranch,
    Piece,
    PiecesGone,
    Put,
    Snapshot,
    Unavailable,
    VersionPage,
    part_of,
)
from s3gw.pfs.pachd import _copies, _versions
from s3gw.pfs.pachd._client import Client, first
from s3gw.pfs.pachd._committer import BranchCommitter
from s3gw.pfs.pachd._contents import PachdContent, Source
from s3gw.pfs.pachd._disk import Contents
from s3gw.pfs.pachd._errors import AuthOff, HeadOpen
from s3gw.pfs.pachd._heads import OURS, finished_soon, is_open
from s3gw.pfs.pachd._messages import (
    branch_message,
    branch_of_message,
    commit_message,
    repo_message,
    time_of,
)
from s3gw.pfs.pachd._own import Squasher
from s3gw.pfs.pachd._plan import Obstacles
from s3gw.pfs.pachd._properties import Properties
from s3gw.pfs.pachd._roles import REMOVE, Roles
from s3gw.pfs.pachd._snapshot import PachdSnapshot
from s3gw.pfs.pachd._uploads import PachdStaging
from s3gw.pfs.pachd._users import Users
from s3gw.pfs.pachd._views import Head, Views
from s3gw.pfs.pachd.address import Address

# How often a list of repos is asked for.
_LISTINGS = 10

# Branches whose recent commits are remembered.
_COMMITTERS = 1024


class PachdPFS:
    """The repos of a cluster, as the token's owner may see and change them.

    To be opened after a fork: gRPC does not survive one. `acting_as` gives the same as somebody else may,
    over the same channel. It is only with what was remembered that it has nothing in common, and with the
    properties of files: those are kept and read with the gateway's own token, for whoever may see the file.

    Args:
        address: Where pachd is. Nothing is called yet: a gateway may start before its cluster.
        deadline_s: Seconds that pachd may take for any one answer; `TooSlow` beyond. The first
            commit after a restart of pachd takes up to 25 s.
        properties_repo: The repo that properties of files are kept in, if they are kept; it is no
            branch that anybody lists.
        cache: Where what was read is kept in memory, for all users together; None keeps nothing.
        contents: Large contents that were read, on a disk.
    """

    is_quick = False
    composes_parts = False
    keeps_md5 = False

    def __init__(
        self,
        address: Address,
        deadline_s: float = 60.0,
        properties_repo: str | None = None,
        cache: Cache | None = None,
        contents: Contents | None = None,
    ) -> None:
        self._contents = contents
        self._cache = Cache(0) if cache is None else cache
        # What was looked at, where that is for one moment.
        self._heads: dict[Branch, Head] | None = None
        self._gateway = Client(address, deadline_s)
        self._users = Users[PachdPFS]()
        self._begin(self._gateway, OWN_REPO)
        self._roles: Roles | None = None
        self.keeps_properties = properties_repo is not None
        self._properties = (
            None
            if properties_repo is None
            else Properties(
                self._client, Branch(properties_repo, "master"), self._views, self.change, self.create_branch
            )
        )

    def _begin(self, client: Client, own_repo: str) -> None:
        """Begin with nothing that is remembered."""
        self._client = client
        self.own_repo = own_repo
        self._views = Views(client, self._cache, self._contents)
        self._squasher = Squasher(self._gateway if self._gateway.has_token else client, own_repo)
        self._lock = threading.Lock()
        self._committers: OrderedDict[Branch, tuple[BranchCommitter, int]] = OrderedDict()

    def user_of(self, token: str) -> str | None:
        """See `PFS.user_of`; None where auth is not activated."""
        try:
            return str(self._gateway.acting_as(token).call("WhoAmI", auth_pb2.WhoAmIRequest()).username)
        except AuthOff:
            return None

    def acting_as(self, user: str, token: str) -> PachdPFS:
        """See `PFS.acting_as`."""
        return self._users.find(token, lambda: self._as(user, token))

    def _as(self, user: str, token: str) -> PachdPFS:
        other = copy.copy(self)
        other._begin(self._gateway.acting_as(token), paths.own_repo_of(user))
        other._roles = Roles(other._client, user)
        return other

    def acting(self) -> Sequence[PachdPFS]:
        """See `PFS.acting`."""
        users = self._users.all()
        return [self, *users] if self._gateway.has_token or not users else users

    def authorize(self, branch: Branch, right: str, *, is_new: bool = False) -> None:
        """See `PFS.authorize`; without a user pachd itself asks for the roles of the token."""
        if self._roles is not None:
            self._roles.require(branch, right, is_new=is_new)

    def list_branches(
        self,
        prefix: str = "",
        after: str = "",
        at_once: int = 1000,  # noqa: ARG002 - pachd 2.7 has no pages of repos
    ) -> Iterator[BranchEntry]:
        """See `PFS.list_branches`; one call, whose cost follows the repos.

        pachd answers that a repo is not found where one is deleted while it lists them: it is asked anew.
        """
        for _ in range(_LISTINGS):
            with contextlib.suppress(BranchNotFound):
                entries = self._list_branches(prefix, after)
                return iter(sorted(entries, key=lambda entry: entry.branch.full_name))
        raise Unavailable("pachd cannot list its repos while some are deleted: try again.")

    def _list_branches(self, prefix: str, after: str) -> list[BranchEntry]:
        kept = None if self._properties is None else self._properties.branch
        return [
            BranchEntry(branch, time_of(repo.created))
            for repo in self._client.stream("ListRepo", pb.ListRepoRequest(type="user"))
            if self._may_read(repo)
            for branch in map(branch_of_message, repo.branches)
            if kept is None or (branch.project, branch.repo) != (kept.project, kept.repo)
            if branch.full_name.startswith(prefix) and branch.full_name > after
        ]

    def _may_read(self, repo: Any) -> bool:
        """Tell whether a repo of a list is one that a user may read: pachd shows others too."""
        return self._roles is None or auth_pb2.REPO_READ in repo.auth_info.permissions

    def inspect_branch(self, branch: Branch) -> BranchInfo:
        """See `PFS.inspect_branch`."""
        request = pb.InspectBranchRequest(branch=branch_message(branch))
        info = self._client.call("InspectBranch", request)
        if self._roles is not None and branch.repo == self.own_repo:
            self._roles.require_alone(branch)
        upstream = [branch_of_message(other) for other in info.direct_provenance]
        upstream.sort(key=lambda other: (other.project, other.repo, other.name))
        return BranchInfo(branch, info.head.id, tuple(upstream))

    def at_one_moment(self) -> PachdPFS:
        """See `PFS.at_one_moment`."""
        other = copy.copy(self)
        other._heads = {}
        return other

    def state(self, branch: Branch) -> str | None:
        """See `PFS.state`: the id of the head; None where properties of files are kept beside the branch."""
        if self._properties is not None:
            return None
        head = self._views.head(branch)
        if self._heads is not None:
            self._heads[branch] = head
        return head.commit if head.committed is not None else None

    def create_branch(self, branch: Branch, provenance: Sequence[Branch] = ()) -> BranchInfo:
        """See `PFS.create_branch`; CreateBranch would change a branch that exists."""
        paths.check_branch(branch)
        for other in provenance:
            self.inspect_branch(other)
        self._create_repo(branch)
        request = pb.CreateBranchRequest(
            branch=branch_message(branch), provenance=[branch_message(other) for other in provenance]
        )
        self._client.call("CreateBranch", request)
        return self.inspect_branch(branch)

    def _create_repo(self, branch: Branch) -> None:
        """Create the repo of a branch where it is missing. Raise `BranchExists`."""
        try:
            self._client.call("CreateRepo", pb.CreateRepoRequest(repo=repo_message(branch)))
        except BranchExists:
            pass
        except NotAuthorized:  # to make repos, which pachd asks before it looks whether there is one
            if self._roles is None:
                raise
            try:
                self._client.call("InspectRepo", pb.InspectRepoRequest(repo=repo_message(branch)))
            except BranchNotFound as error:
                raise NotAuthorized(f"No role grants the right to create {branch}.") from error
        else:
            return
        with contextlib.suppress(BranchNotFound):
            self.inspect_branch(branch)
            raise BranchExists(f"branch {branch} exists already")

    def delete_branch(self, branch: Branch, *, with_files: bool = False) -> None:
        """See `PFS.delete_branch`; what PFS leaves undone in silence is `NotAuthorized`.

        Raise `HeadOpen` too, whatever `with_files` says.
        """
        info = self._client.call("InspectBranch", pb.InspectBranchRequest(branch=branch_message(branch)))
        if info.subvenance:
            raise BranchInUse.of(branch)
        if any(other.repo.type == "spec" for other in info.direct_provenance):
            raise BranchInUse(f"{branch} is the output of a pipeline: delete that (pachctl delete pipeline).")
        self._refuse_open_head(branch, is_output=bool(info.direct_provenance))
        snapshot = PachdSnapshot(self._client, branch)
        if not with_files and first(snapshot.look_below("")) is not None:
            raise BranchNotEmpty.of(branch)
        repo = repo_message(branch)
        if self._roles is not None and self._is_last(repo):
            self._roles.require(branch, REMOVE)
        self._client.call("DeleteBranch", pb.DeleteBranchRequest(branch=branch_message(branch)))
        if branch.repo == self.own_repo:  # others begin in it what is not seen here
            return
        if first(self._client.stream("ListBranch", pb.ListBranchRequest(repo=repo))) is None:
            self._client.call("DeleteRepo", pb.DeleteRepoRequest(repo=repo))
            try:
                self._client.call("InspectRepo", pb.InspectRepoRequest(repo=repo))
            except BranchNotFound:
                return
            raise NotAuthorized(f"PFS does not let this token delete the repo {branch.repo}.")

    def _is_last(self, repo: Any) -> bool:
        """Tell whether a repo has no more than one branch."""
        branches = self._client.stream("ListBranch", pb.ListBranchRequest(repo=repo))
        return len(list(islice(branches, 2))) <= 1

    def _refuse_open_head(self, branch: Branch, *, is_output: bool) -> None:
        """Raise `HeadOpen` where a job or a client of pachd still writes to a branch.

        What another gateway has begun is waited for.
        """
        request = pb.InspectCommitRequest(commit=commit_message(branch))
        head = self._client.call("InspectCommit", request)
        while is_open(head) and head.description == OURS:
            with self._committer(branch) as committer:
                committer.wait_for(head)
            head = self._client.call("InspectCommit", request)
        commit = f"{branch.repo}@{head.commit.id}"
        since = f"since {time_of(head.started):%Y-%m-%dT%H:%M:%SZ}"
        if is_output and finished_soon(self._client, branch, head) is None:
            state = "is open" if is_open(head) else "is being finished"
            raise HeadOpen(
                f"The head of the output branch {branch}, commit {commit}, {state} {since}: a job writes it. "
                "Wait until it is done (pachctl wait commit), stop it (pachctl stop job) or, where no "
                "pipeline has begun it, finish the open commits, oldest first (pachctl finish commit), then "
                "delete the bucket."
            )
        if not is_output and is_open(head):
            raise HeadOpen(
                f"The head of {branch}, commit {commit}, is open {since}: a client of pachd has started it "
                "and may write to it still. Finish the open commits, oldest first (pachctl finish commit), "
                "then delete the bucket."
            )

    def snapshot(self, branch: Branch, commit: str | None = None) -> Snapshot:
        """See `PFS.snapshot`."""
        known = None if self._heads is None else self._heads.get(branch)
        snapshot = PachdSnapshot(self._client, branch, None, self._views, self._properties, known)
        if commit is None:
            return snapshot
        if commit != snapshot.commit and not self._is_of(branch, snapshot.commit, commit):
            raise CommitNotFound.of(branch, commit)
        return PachdSnapshot(self._client, branch, commit, self._views, self._properties)

    def _is_of(self, branch: Branch, head: str, commit: str) -> bool:
        """Tell whether a commit is the head of the branch or one of its ancestors.

        pachd looks for an id in the whole repo; 2.12 does not tell the branch of a commit.
        """
        info = self._client.call(
            "InspectCommit", pb.InspectCommitRequest(commit=commit_message(branch, commit))
        )
        if info.commit.id != commit:
            return False
        if info.commit.branch.name:
            return bool(info.commit.branch.name == branch.name)
        request = pb.ListCommitRequest(repo=repo_message(branch), to=commit_message(branch, head), all=True)
        return any(found.commit.id == commit for found in self._client.stream("ListCommit", request))

    def stage(self, branch: Branch, path: str, *, arrived: bool = False) -> PachdStaging:
        """See `PFS.stage`; the checks run at the same time."""
        if arrived:
            return PachdStaging(self._client, path, head="")
        info = self._client.begin("InspectBranch", pb.InspectBranchRequest(branch=branch_message(branch)))
        clash: BaseException | None = None
        if paths.is_path(path):
            try:
                Obstacles(PachdSnapshot(self._client, branch)).refuse_clash(path, {})
            except Exception as error:
                clash = error
        found = info()
        if found.direct_provenance:
            raise OutputBranch.of(branch)
        paths.check_path(path)
        if clash is not None:
            raise clash
        return PachdStaging(self._client, path, found.head.id)

    def compose(
        self,
        branch: Branch,  # noqa: ARG002 - chunks belong to no repo
        path: str,
        pieces: Sequence[Piece],
        md5: bytes | None = None,  # noqa: ARG002 - there is no place for it
    ) -> PachdContent | None:
        """See `PFS.compose`; None for parts of files, and for files of commits that are open.

        Several files are joined here; one is copied with its change.
        """
        sources: list[Source] = []
        for piece in pieces:
            if part_of(piece.file, piece.offset, piece.size) != piece.file.size:
                return None
            assert isinstance(piece.snapshot, PachdSnapshot)
            source = piece.snapshot.source_of(piece.file)
            if source is None:
                return None
            if piece.file.size:
                sources.append(source)
        if not sources:
            return PachdContent(0, path, data=b"")
        if len(sources) == 1:
            file = sources[0].file
            return PachdContent(file.size, path, source=sources[0], known_hash=file.hash)
        try:
            return _copies.join(self._client, sources, path)
        except PiecesGone as error:
            return PachdContent(sum(source.file.size for source in sources), path, gone=error)

    def list_versions(
        self,
        branch: Branch,
        prefix: str = "",
        delimiter: str = "",
        after: tuple[str, str | None] = ("", None),
        limit: int = 1000,
    ) -> VersionPage:
        """See `PFS.list_versions`; a page looks at the last 64 commits, and older ones are not told."""
        return _versions.list_versions(self._client, self._views, branch, prefix, delimiter, after, limit)

    def change(self, branch: Branch, edits: Sequence[Put | Delete]) -> Change:
        """See `PFS.change`."""
        (result,) = self.change_all([(branch, edits)])
        if isinstance(result, BaseException):
            raise result
        return result

    def turn(self) -> AbstractContextManager[None]:
        """See `PFS.turn`; those that come while a commit is made wait together anyway."""
        return nullcontext()

    def change_all(
        self, changes: Sequence[tuple[Branch, Sequence[Put | Delete]]]
    ) -> list[Change | BaseException]:
        """See `PFS.change_all`; those of a branch share a commit."""
        results: dict[int, Change | BaseException] = {}
        for branch in dict.fromkeys(branch for branch, _ in changes):
            numbers = [number for number, (other, _) in enumerate(changes) if other == branch]
            with self._committer(branch) as committer:
                made = committer.run_all([changes[number][1] for number in numbers])
            results.update(zip(numbers, made, strict=True))
            if (branch.project, branch.repo) == (DEFAULT_PROJECT, self.own_repo):
                self._squasher.wake()
        return [results[number] for number in range(len(changes))]

    @contextmanager
    def _committer(self, branch: Branch) -> Iterator[BranchCommitter]:
        """Give the one committer of a branch; those that nobody uses are forgotten, oldest first."""
        with self._lock:
            committer, users = self._committers.get(branch) or (
                self._new_committer(branch),
                0,
            )
            self._committers[branch] = committer, users + 1
            self._committers.move_to_end(branch)
        try:
            yield committer
        finally:
            with self._lock:
                committer, users = self._committers[branch]
                self._committers[branch] = committer, users - 1
                for idle in list(self._committers)[: len(self._committers) - _COMMITTERS]:
                    if not self._committers[idle][1]:
                        del self._committers[idle]

    def _new_committer(self, branch: Branch) -> BranchCommitter:
        kept = self._properties
        has_properties = kept is not None and branch != kept.branch
        return BranchCommitter(self._client, branch, self._views, kept if has_properties else None)

    def forbid_waiting(self) -> None:
        """See `PFS.forbid_waiting`; here all but `state` waits, for answers of pachd."""
        self._views.forbid_waiting()

    def check(self) -> None:
        """See `PFS.check`: what pachd's health service says."""
        self._client.check()

    def close(self) -> None:
        """See `PFS.close`."""
        for pfs in (self, *self._users.all()):
            pfs._squasher.close()
        self._gateway.close()
