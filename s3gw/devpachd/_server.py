"""``pfs_v2.API`` as pachd answers it, and the services beside it."""

from __future__ import annotations

import signal
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import BytesValue
from python_pachyderm.proto.v2.auth import auth_pb2, auth_pb2_grpc
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb
from python_pachyderm.proto.v2.pfs import pfs_pb2_grpc
from python_pachyderm.proto.v2.version.versionpb import version_pb2, version_pb2_grpc

from s3gw.devpachd import _filesets, _views
from s3gw.devpachd._auth import CLUSTER, Auth, project_place, repo_place
from s3gw.devpachd._drawer import Drawer
from s3gw.devpachd._filesets import Writer
from s3gw.devpachd._gate import Faults, Gate
from s3gw.devpachd._graph import Graph
from s3gw.devpachd._messages import (
    address_of,
    branch_message,
    branch_of,
    commit_info,
    commit_message,
    file_address,
    file_info,
    project_info,
    repo_message,
    repo_of,
    required_branch,
    required_repo,
    timestamp,
)
from s3gw.devpachd._names import FILE_SETS, Address, Branch, Repo, check_file_set_id, clean
from s3gw.devpachd._records import BranchState, Commit
from s3gw.devpachd._refusal import Refusal, within
from s3gw.devpachd._views import Entry, View
from s3gw.pfs.interface import PFSError
from s3gw.pfs.paths import is_commit_id

_MESSAGE = 19 * 1024 * 1024
_LIMIT = 20 * 1024 * 1024
_MOST = 100_000
_HEALTHY = b"\x08\x01"
_POLL_S = 0.005
_VERSION = version_pb2.Version(major=2, minor=7, micro=8, additional="-devpachd")


class _API(pfs_pb2_grpc.APIServicer):  # type: ignore[misc]
    def __init__(self, graph: Graph, faults: Faults, auth: Auth) -> None:
        self._graph = graph
        self._file_sets = Drawer(graph.shelf)
        self._faults = faults
        self._auth = auth

    def ActivateAuth(self, _request: Any, _context: Any) -> Any:
        return pb.ActivateAuthResponse()  # with auth itself

    # --- projects -------------------------------------------------------------------------------

    def CreateProject(self, request: Any, context: Any) -> Any:
        if not request.HasField("project"):
            raise Refusal("invalid project name: nil project")
        self._auth.check_at(context, CLUSTER, "PROJECT_CREATE")
        with self._graph.lock:
            self._graph.create_project(request.project.name, request.description, update=request.update)
        self._auth.own(project_place(request.project.name), context, "projectOwner")
        return Empty()

    def InspectProject(self, request: Any, _context: Any) -> Any:
        name = request.project.name
        with within(f'error getting project "{name}"'):
            return project_info(name, self._graph.project(name))

    def ListProject(self, _request: Any, _context: Any) -> Iterator[Any]:
        for name, project in list(self._graph.projects.items()):
            yield project_info(name, project)

    def DeleteProject(self, request: Any, context: Any) -> Any:
        if not request.HasField("project"):
            raise Refusal("invalid project name: nil project")
        place = project_place(request.project.name)
        with within(f'user is not authorized to delete project "{request.project.name}"'):
            self._auth.check_at(context, place, "PROJECT_DELETE", "PROJECT_MODIFY_BINDINGS")
        with self._graph.lock:
            self._graph.delete_project(request.project.name)
        self._auth.forget(place)
        return Empty()

    # --- repos ----------------------------------------------------------------------------------

    def CreateRepo(self, request: Any, context: Any) -> Any:
        repo = required_repo(request)
        if repo.name == FILE_SETS:
            raise Refusal(f"{FILE_SETS} is a reserved name")
        with self._graph.lock:
            repo = Repo(repo.project, repo.name, repo.type or "user")
            if not request.update and repo.project in self._graph.projects:
                with within("failed to create repo"):
                    self._auth.check_at(context, project_place(repo.project), "PROJECT_CREATE_REPO")
            self._graph.create_repo(repo, request.description, update=request.update)
        self._auth.own(repo_place(repo), context, "repoOwner")
        return Empty()

    def InspectRepo(self, request: Any, context: Any) -> Any:
        repo = required_repo(request)
        with self._graph.lock:
            info = self._repo_info(repo, context)
            info.details.size_bytes = self._graph.size(repo)
        return info

    def ListRepo(self, request: Any, context: Any) -> Iterator[Any]:
        wanted = {project.name for project in request.projects}
        with self._graph.lock:
            infos = []
            for repo in reversed(self._graph.repos):
                if request.type not in {"", repo.type} or (wanted and repo.project not in wanted):
                    continue
                if self._auth.may(
                    context, project_place(repo.project), "PROJECT_LIST_REPO"
                ) or self._auth.may(context, repo_place(repo), "REPO_READ"):
                    info = self._repo_info(repo, context)
                    info.size_bytes_upper_bound = self._graph.size(repo)
                    infos.append(info)
        yield from infos

    def _repo_info(self, repo: Repo, context: Any) -> Any:
        state = self._graph.repo(repo)
        info = pb.RepoInfo(
            repo=repo_message(repo),
            created=timestamp(state.created),
            description=state.description,
            branches=[branch_message(branch) for branch in sorted(state.branches, key=str)],
        )
        if self._auth.is_active:
            permissions, roles = self._auth.repo_info(context, repo)
            values = [auth_pb2.Permission.Value(permission) for permission in permissions]
            info.auth_info.CopyFrom(pb.AuthInfo(permissions=values, roles=roles))
        return info

    def DeleteRepo(self, request: Any, context: Any) -> Any:
        if not request.HasField("repo"):
            raise Refusal("no repo specified", "INVALID_ARGUMENT")
        repo = repo_of(request.repo)
        if self._auth.may(context, repo_place(repo), "REPO_DELETE"):  # sic: whoever may not is not told
            with self._graph.lock:
                self._graph.delete_repo(repo, force=request.force)
            if repo.type == "user":
                self._auth.forget(repo_place(repo))
        return Empty()

    # --- branches -------------------------------------------------------------------------------

    def CreateBranch(self, request: Any, context: Any) -> Any:
        branch = required_branch(request)
        if request.HasField("trigger"):
            raise Refusal("devpachd has no triggers", "UNIMPLEMENTED")
        head = address_of(request, "head") if request.HasField("head") else None
        if head is not None and head.repo.name != branch.repo.name:
            raise Refusal("branch and head commit must belong to the same repo")
        self._auth.check(context, branch.repo, "REPO_CREATE_BRANCH")
        with self._graph.lock:
            self._graph.create_branch(branch, head, [branch_of(other) for other in request.provenance])
        return Empty()

    def InspectBranch(self, request: Any, _context: Any) -> Any:
        branch = required_branch(request)
        with self._graph.lock:
            return self._branch_info(branch, self._graph.branch(branch))

    def ListBranch(self, request: Any, context: Any) -> Iterator[Any]:
        with self._graph.lock:
            if request.HasField("repo"):
                repo = repo_of(request.repo)
                self._auth.check(context, repo, "REPO_LIST_BRANCH")
                states = [self._graph.repo(repo)]
            else:
                states = list(self._graph.repos.values())
            infos = [self._branch_info(*item) for state in states for item in state.branches.items()]
        yield from infos if request.reverse else reversed(infos)

    def _branch_info(self, branch: Branch, state: BranchState) -> Any:
        return pb.BranchInfo(
            branch=branch_message(branch),
            head=commit_message(state.head),
            provenance=[branch_message(other) for other in self._graph.provenance(branch)],
            direct_provenance=[branch_message(other) for other in state.direct],
            subvenance=[branch_message(other) for other in self._graph.subvenance(branch)],
        )

    def DeleteBranch(self, request: Any, context: Any) -> Any:
        branch = required_branch(request)
        self._auth.check(context, branch.repo, "REPO_DELETE_BRANCH")
        with self._graph.lock:
            self._graph.delete_branch(branch, force=request.force)
        return Empty()

    # --- commits --------------------------------------------------------------------------------

    def StartCommit(self, request: Any, context: Any) -> Any:
        parent = address_of(request, "parent") if request.HasField("parent") else None
        if not request.branch.name:
            raise Refusal("branch must be specified")
        branch = required_branch(request)
        with self._graph.lock:
            return commit_message(self._start(branch, parent, request.description, context))

    def _start(self, branch: Branch, parent: Address | None, description: str, context: Any) -> Commit:
        self._auth.check(context, branch.repo, "REPO_WRITE")
        return self._graph.start(branch, parent, description)

    def FinishCommit(self, request: Any, context: Any) -> Any:
        with within("check new file commit"):
            address = address_of(request)
        self._auth.check(context, address.repo, "REPO_WRITE")
        with self._graph.lock:
            self._graph.finish(self._graph.resolve(address), request.description, request.error)
        return Empty()

    def ClearCommit(self, request: Any, context: Any) -> Any:
        address = address_of(request)
        self._auth.check(context, address.repo, "REPO_WRITE")
        with self._graph.lock:
            commit = self._graph.resolve(address)
            if commit.finishing is not None:
                raise Refusal("cannot clear finished commit")
            if commit.id == address.id:  # sic: by the name of a branch nothing is cleared
                commit.changes.clear()
        return Empty()

    def InspectCommit(self, request: Any, context: Any) -> Any:
        address = address_of(request)
        if address.repo.name == FILE_SETS:
            text = "FileSet - Virtual Commit"
            return pb.CommitInfo(commit=request.commit, description=text, finished=Timestamp())
        self._auth.check(context, address.repo, "REPO_INSPECT_COMMIT")
        commit = self._wait(self._resolve(address), request.wait, context)
        with self._graph.lock:
            size = self._graph.details(commit)
            return commit_info(commit, size, size or 0)

    def _resolve(self, address: Address) -> Commit:
        with self._graph.lock:
            return self._graph.resolve(address)

    def _wait(self, commit: Commit, state: int, context: Any) -> Commit:
        if state == pb.READY:
            for other in commit.provenance:
                self._wait(other, pb.FINISHED, context)
        while (state == pb.FINISHED and not commit.is_finished) or (
            state == pb.FINISHING and commit.finishing is None
        ):
            if commit.deleted:
                raise Refusal(f"commit {commit} was deleted")
            _check_active(context)
            time.sleep(_POLL_S)
        return commit

    def ListCommit(self, request: Any, context: Any) -> Iterator[Any]:
        ends = [address_of(request, end) for end in ("to", "from") if request.HasField(end)]
        repo = required_repo(request)
        self._auth.check(context, repo, "REPO_LIST_COMMIT")
        if any(end.repo != repo for end in ends):
            raise Refusal(f"`from` and `to` commits need to be from repo {repo}")
        with self._graph.lock:
            commits = list(self._listed(request, repo))
        for commit in islice(commits, request.number or None):
            with self._graph.lock:
                size = self._graph.details(commit)
                info = commit_info(commit, size, self._graph.lines.upper_bound(commit))
            yield info

    def _listed(self, request: Any, repo: Repo) -> Iterator[Commit]:
        """Give the commits that are asked for, but for their number."""
        if not request.HasField("to"):
            state = self._graph.repo(repo)
            if request.HasField("from"):
                self._graph.resolve(address_of(request, "from"))
                raise Refusal("cannot use `from` commit without `to` commit")
            commits = list(state.commits.values())
            limit = request.started_time.ToNanoseconds() if request.HasField("started_time") else None
            for commit in commits if request.reverse else reversed(commits):
                started = timestamp(commit.started).ToNanoseconds()
                in_time = limit is None or (started > limit if request.reverse else started < limit)
                if in_time and _is_wanted(commit, request):
                    yield commit
            return
        self._graph.repo(repo)
        if request.HasField("from"):
            self._graph.resolve(address_of(request, "from"))
        cursor: Commit | None = self._graph.resolve(address_of(request, "to"))
        if request.reverse:
            raise Refusal("cannot use 'Reverse' while also using 'From' or 'To'")
        end = getattr(request, "from").id
        while cursor is not None and (not request.HasField("from") or cursor.id != end):
            if _is_wanted(cursor, request):
                yield cursor
            cursor = cursor.parent

    def SubscribeCommit(self, request: Any, context: Any) -> Iterator[Any]:
        repo = required_repo(request)
        first = getattr(request, "from").id
        if request.HasField("from") and address_of(request, "from").repo != repo:
            raise Refusal(f"the `from` commit needs to be from repo {repo}")
        seen = {first}
        while context.is_active():
            with self._graph.lock:
                state = self._graph.repos.get(repo)
                new = [commit for commit in state.commits.values() if commit.id not in seen] if state else []
            for commit in new:
                seen.add(commit.id)
                if request.branch in {"", commit.branch.name} and _is_wanted(commit, request):
                    self._wait(commit, request.state, context)
                    with self._graph.lock:
                        info = commit_info(commit, size := self._graph.details(commit), size or 0)
                    yield info
            time.sleep(_POLL_S)

    def InspectCommitSet(self, request: Any, context: Any) -> Iterator[Any]:
        if not request.HasField("commit_set"):
            raise Refusal("commitset cannot be nil")
        with self._graph.lock:
            commits = self._graph.commit_set(request.commit_set.id)
        if not commits:
            raise Refusal(f"no commits found for commitset {request.commit_set.id}", "NOT_FOUND")
        for commit in commits:
            self._wait(commit, pb.FINISHED if request.wait else pb.STARTED, context)
            with self._graph.lock:
                info = commit_info(commit, size := self._graph.details(commit), size or 0)
            yield info

    def SquashCommitSet(self, request: Any, context: Any) -> Any:
        return self._delete_commit_set(request, context, squash=True)

    def DropCommitSet(self, request: Any, context: Any) -> Any:
        return self._delete_commit_set(request, context, squash=False)

    def _delete_commit_set(self, request: Any, context: Any, *, squash: bool) -> Any:
        self._auth.check_at(context, CLUSTER, "REPO_DELETE_COMMIT")
        if not request.HasField("commit_set"):
            raise Refusal("commitset cannot be nil")
        with self._graph.lock:
            self._graph.delete_commit_set(request.commit_set.id, squash=squash)
        return Empty()

    # --- reading files --------------------------------------------------------------------------

    def _open(self, address: Address, context: Any, *permissions: str) -> tuple[View, Any, Any]:
        """Open a commit, once it is finished or while it is open: what it holds, its address, its time."""
        if address.repo.name == FILE_SETS:
            if permissions:
                self._auth.check(context, address.repo, *permissions)
            commit = pb.Commit(repo=repo_message(address.repo), id=address.id)
            return self._file_sets.view(address.id), commit, None
        self._auth.check(context, address.repo, *permissions, "REPO_READ")
        found = self._resolve(address)
        if found.finishing is not None:
            self._wait(found, pb.FINISHED, context)
        with self._graph.lock:
            return (
                self._graph.lines.view(found, check=True),
                commit_message(found),
                timestamp(found.finishing),
            )

    def InspectFile(self, request: Any, context: Any) -> Any:
        address = file_address(request)
        view, commit, committed = self._open(address, context, "REPO_INSPECT_FILE")
        found = _views.find(view, request.file.path, request.file.datum)
        if found is None:
            raise _file_not_found(request.file, address)
        return file_info(found, commit, committed)

    def GlobFile(self, request: Any, context: Any) -> Iterator[Any]:
        view, commit, committed = self._open(address_of(request), context, "REPO_LIST_FILE")
        for found in _views.glob(view, request.pattern, "", _limits(request)):
            yield file_info(found, commit, committed)

    def ListFile(self, request: Any, context: Any) -> Iterator[Any]:
        address = file_address(request)
        _check_page(request)
        view, commit, committed = self._open(address, context, "REPO_LIST_FILE")
        found = _views.children(view, request.file.path, request.file.datum, *_page_limits(request))
        for entry in _page(request, found):
            yield file_info(entry, commit, committed)

    def WalkFile(self, request: Any, context: Any) -> Iterator[Any]:
        address = file_address(request)
        _check_page(request)
        view, commit, committed = self._open(address, context, "REPO_LIST_FILE")
        found = _views.walk(view, request.file.path, request.file.datum, *_page_limits(request))
        first = next(found, None)
        path = clean(request.file.path).removesuffix("/")
        if first is not None:
            for entry in _page(request, chain([first], found)):
                yield file_info(entry, commit, committed)
        elif path or request.reverse:
            raise Refusal(f"commit/{commit.id} does not contain item: ({path})", "NOT_FOUND")

    def _matching(self, request: Any, context: Any) -> Iterator[Entry]:
        if request.URL:
            raise Refusal("devpachd writes to no object storage", "UNIMPLEMENTED")
        address = file_address(request)
        view, _, _ = self._open(address, context)
        found = None
        for found in _views.glob(view, request.file.path, request.file.datum, _limits(request), whole=True):
            yield found
        if found is None:
            raise _file_not_found(request.file, address)

    def GetFile(self, request: Any, context: Any) -> Iterator[Any]:
        found = list(islice(self._matching(request, context), 2))
        if any(entry.is_directory for entry in found):
            raise Refusal("cannot get directory or non-regular file. Use GetFileTAR instead")
        if len(found) > 1:
            raise Refusal("matched multiple files. Use GetFileTAR instead")
        if request.offset < 0:  # pachd gives bytes of the file beside
            raise Refusal(f"offset {request.offset} is negative")
        yield from self._blocks(found[0].read(request.offset), self._faults["cut_after"])

    def _blocks(self, data: Iterator[bytes], left: int | None) -> Iterator[Any]:
        """Give the data in messages of pachd's size, and cut them short where that is asked for."""
        block = bytearray()
        for part in data:
            block += part if left is None else part[:left]
            if left is not None and (left := left - len(part)) < 0:
                yield BytesValue(value=bytes(block))
                raise Refusal("the stream was cut", "UNAVAILABLE")
            while len(block) >= _MESSAGE:
                yield BytesValue(value=bytes(block[:_MESSAGE]))
                del block[:_MESSAGE]
        if block:
            yield BytesValue(value=bytes(block))

    def GetFileTAR(self, request: Any, context: Any) -> Iterator[Any]:
        yield from self._blocks(_tar(self._matching(request, context)), self._faults["cut_after"])

    def DiffFile(self, request: Any, context: Any) -> Iterator[Any]:
        if not request.HasField("new_file"):
            raise Refusal("file cannot be nil")
        for field in ("new_file", "old_file"):
            if request.HasField(field):
                with within(f"check {field[:3]} file commit"):
                    address_of(getattr(request, field))
        new = self._tree(request, "new_file", context)
        if request.HasField("old_file"):
            old = self._tree(request, "old_file", context)
        else:
            parent = self._resolve(address_of(request.new_file)).parent
            path = pb.File(commit=commit_message(parent), path=request.new_file.path) if parent else None
            old = self._tree(pb.DiffFileRequest(old_file=path), "old_file", context) if path else {}
        for name in sorted(old.keys() | new.keys()):
            before, after = old.get(name), new.get(name)
            if before is None or after is None or before.hash != after.hash:
                yield pb.DiffFileResponse(old_file=before, new_file=after)

    def _tree(self, request: Any, field: str, context: Any) -> dict[str, Any]:
        file = getattr(request, field)
        address = file_address(request, field)
        view, commit, committed = self._open(address, context)
        found = _views.walk(view, file.path, file.datum, "", "")
        return {entry.path: file_info(entry, commit, committed) for entry in found}

    # --- writing files --------------------------------------------------------------------------

    def ModifyFile(self, requests: Iterator[Any], context: Any) -> Any:
        first = next(requests, None)
        if first is None:
            raise Refusal("EOF")
        if first.WhichOneof("body") != "set_commit":
            raise Refusal("first message must be a commit")
        address = address_of(first, "set_commit")
        if not first.set_commit.HasField("branch"):  # 2.7 dies of it
            raise Refusal("commit must have a branch")
        branch, named = address.branch, address.id
        if not branch.name and not is_commit_id(named):
            branch, named = Branch(branch.repo, named), ""
        commit, writer = self._writer(address, branch, named)
        self._take(requests, writer, context)
        file_set = writer.end()
        with self._graph.lock:
            if commit is not None:
                self._graph.check_open(commit)
                self._graph.lines.add(commit, file_set)
            else:
                commit = self._start(branch, None, "", context)
                self._graph.lines.add(commit, file_set)
                self._graph.finish(commit, moment=commit.started)
        return Empty()

    def _writer(self, address: Address, branch: Branch, named: str) -> tuple[Commit | None, Writer]:
        """Begin to write: into an open commit, or into one that is made at the end."""
        with self._graph.lock:
            try:
                commit = self._graph.resolve(address)
            except Refusal as refusal:
                if refusal.code != "NOT_FOUND" or not branch.name:
                    raise
                return None, Writer(self._graph.shelf, lambda: None)
            if commit.finishing is not None and named:
                self._graph.check_open(commit)

            def parent() -> View:
                with self._graph.lock:
                    return self._graph.lines.view(commit, check=True)

            return None if commit.finishing is not None else commit, Writer(self._graph.shelf, parent)

    def _take(self, requests: Iterator[Any], writer: Writer, context: Any) -> None:
        try:
            for request in requests:
                self._take_one(request, writer, context)
            # NOTE: a stream that is broken off ends like any other, and grpcio hears of the break a
            # moment later: by the time that it has looked for one more message it has.
            next(requests, None)
            _check_active(context)
        except BaseException:
            writer.drop()
            raise

    def _take_one(self, request: Any, writer: Writer, context: Any) -> None:
        kind = request.WhichOneof("body")
        if kind == "add_file":
            file = request.add_file
            is_url = file.WhichOneof("source") == "url"
            writer.add(file.path, file.datum, _filesets.fetch(file.url.URL) if is_url else [file.raw.value])
        elif kind == "delete_file":
            writer.delete(request.delete_file.path, request.delete_file.datum)
        elif kind == "copy_file":
            copy = request.copy_file
            if not copy.src.commit.HasField("repo"):  # 2.7 dies of it; this is what 2.12 says
                raise Refusal("pick commit tx: cannot pick commit with no repo")
            source, _, _ = self._open(address_of(copy.src), context)
            target = (copy.dst, copy.datum)
            writer.copy(source, copy.src.path, copy.src.datum, target, append=copy.append)
        elif kind == "set_commit":
            raise Refusal("cannot set commit")
        else:
            raise Refusal("unrecognized message type")

    def CreateFileSet(self, requests: Iterator[Any], context: Any) -> Any:
        writer = Writer(self._graph.shelf, lambda: None)
        self._take(requests, writer, context)
        return pb.CreateFileSetResponse(file_set_id=self._file_sets.put(writer.end()))

    def GetFileSet(self, request: Any, _context: Any) -> Any:
        address = address_of(request)
        with self._graph.lock:
            view = self._graph.lines.view(self._graph.resolve(address), check=True)
        return pb.CreateFileSetResponse(file_set_id=self._file_sets.put(view))

    def AddFileSet(self, request: Any, _context: Any) -> Any:
        address = address_of(request)
        name = check_file_set_id(request.file_set_id)
        with self._graph.lock:
            commit = self._graph.resolve(address)
            self._graph.check_open(commit)
            self._graph.lines.add(commit, self._file_sets.get(name))
        return Empty()

    def RenewFileSet(self, request: Any, _context: Any) -> Any:
        self._file_sets.renew(request.file_set_id, request.ttl_seconds)
        return Empty()

    def ComposeFileSet(self, request: Any, _context: Any) -> Any:
        file_set = _filesets.compose(self._graph.shelf, map(self._file_sets.get, request.file_set_ids))
        name = self._file_sets.put(file_set, request.ttl_seconds)
        return pb.CreateFileSetResponse(file_set_id=name)


class _AuthAPI(auth_pb2_grpc.APIServicer):  # type: ignore[misc]
    def __init__(self, graph: Graph, auth: Auth) -> None:
        self._graph = graph
        self._auth = auth

    def Activate(self, request: Any, _context: Any) -> Any:
        with self._graph.lock:
            token = self._auth.activate(request.root_token, self._graph.projects, self._graph.repos)
        return auth_pb2.ActivateResponse(pach_token=token)

    def WhoAmI(self, _request: Any, context: Any) -> Any:
        user, until = self._auth.user(context)
        expiration = None if until is None else Timestamp(seconds=int(until))
        return auth_pb2.WhoAmIResponse(username=user, expiration=expiration)

    def GetRobotToken(self, request: Any, context: Any) -> Any:
        self._auth.check_active()
        self._auth.check_at(context, CLUSTER, "CLUSTER_AUTH_GET_ROBOT_TOKEN")
        return auth_pb2.GetRobotTokenResponse(token=self._auth.robot_token(request.robot, request.ttl))

    def Authorize(self, request: Any, context: Any) -> Any:
        user, _ = self._auth.user(context)
        wanted = [auth_pb2.Permission.Name(permission) for permission in request.permissions]
        missing = self._auth.missing(user, _place(request.resource), wanted)
        return auth_pb2.AuthorizeResponse(
            authorized=not missing,
            satisfied=[auth_pb2.Permission.Value(name) for name in wanted if name not in missing],
            missing=[auth_pb2.Permission.Value(name) for name in wanted if name in missing],
            principal=user,
        )

    def ModifyRoleBinding(self, request: Any, context: Any) -> Any:
        self._auth.check_active()
        place = _place(request.resource)
        kind = auth_pb2.ResourceType.Name(request.resource.type)
        self._auth.check_at(context, place, f"{kind}_MODIFY_BINDINGS")
        self._auth.bind(place, request.principal, request.roles)
        return auth_pb2.ModifyRoleBindingResponse()

    def GetRoleBinding(self, request: Any, _context: Any) -> Any:
        self._auth.check_active()
        binding = auth_pb2.RoleBinding()
        for user, roles in self._auth.bindings(_place(request.resource)).items():
            for role in roles:
                binding.entries[user].roles[role] = True
        return auth_pb2.GetRoleBindingResponse(binding=binding)


def _place(resource: Any) -> str:
    return f"{auth_pb2.ResourceType.Name(resource.type)} {resource.name}"


class _VersionAPI(version_pb2_grpc.APIServicer):  # type: ignore[misc]
    def GetVersion(self, _request: Any, _context: Any) -> Any:
        return _VERSION


def _check_active(context: Any) -> None:
    if not context.is_active():
        raise Refusal("context canceled", "CANCELLED")


def _is_wanted(commit: Commit, request: Any) -> bool:
    kind = pb.AUTO if commit.automatic else pb.USER
    return request.all or request.origin_kind in {pb.ORIGIN_KIND_UNKNOWN, kind}


def _check_page(request: Any) -> None:
    if request.reverse and not request.number:
        raise Refusal("number must be > 0 when reverse is true")
    if request.number > _MOST:
        raise Refusal("cannot return more than 100000 files at a time")


def _page_limits(request: Any) -> tuple[str, str]:
    marker = request.paginationMarker.path
    return ("", marker) if request.reverse else (marker, "")


def _page(request: Any, found: Iterator[Entry]) -> Iterator[Entry]:
    """Give the entries of a page: its marker is none of them."""
    if request.HasField("paginationMarker"):
        last = clean(request.paginationMarker.path)
        found = (entry for entry in found if clean(entry.path) != last)
    if request.reverse:
        return reversed(list(found)[-request.number :])
    return islice(found, request.number or None)


def _limits(request: Any) -> tuple[str, str] | None:
    limits = request.path_range
    return (limits.lower, limits.upper) if request.HasField("path_range") else None


def _file_not_found(file: Any, address: Address) -> Refusal:
    text = f"file {file.path} not found in repo {address.repo} at commit {address.id}"
    return Refusal(text, "NOT_FOUND")


def _tar(entries: Iterator[Entry]) -> Iterator[bytes]:
    """Write files and directories as a tar, whose names are absolute."""
    for entry in entries:
        header = tarfile.TarInfo(entry.path)
        header.mode, header.size = 0, 0 if entry.is_directory else entry.size
        header.type = tarfile.DIRTYPE if entry.is_directory else tarfile.REGTYPE
        yield header.tobuf(tarfile.PAX_FORMAT)
        if not entry.is_directory:
            yield from entry.read()
            yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def run(
    folder: Path, listen: str, finish_s: float, ready: Callable[[str], None], root_token: str | None = None
) -> int:
    """Serve until SIGTERM or SIGINT; the result is the exit status."""
    graph = Graph(folder)
    faults = Faults(folder, finish_s)
    auth = Auth(folder)
    if root_token and not auth.is_active:
        auth.activate(root_token, graph.projects, graph.repos)
    graph.finish_s = faults.finish_s
    options = [
        ("grpc.max_receive_message_length", _LIMIT),
        ("grpc.max_send_message_length", _LIMIT),
        ("grpc.so_reuseport", 0),
        ("grpc.http2.min_ping_interval_without_data_ms", 5000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]
    server = grpc.server(ThreadPoolExecutor(128), interceptors=[Gate(faults, auth)], options=options)
    pfs_pb2_grpc.add_APIServicer_to_server(_API(graph, faults, auth), server)
    auth_pb2_grpc.add_APIServicer_to_server(_AuthAPI(graph, auth), server)
    version_pb2_grpc.add_APIServicer_to_server(_VersionAPI(), server)
    health = grpc.unary_unary_rpc_method_handler(lambda _request, _context: _HEALTHY)
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": health})]
    )
    try:
        port = server.add_insecure_port(listen)
    except RuntimeError as error:
        raise PFSError(f"cannot listen on {listen}, which may be in use: choose another --listen") from error
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server.start()
    ready(f"{listen.rpartition(':')[0]}:{port}")
    stop.wait()
    server.stop(grace=2).wait()
    graph.shelf.close()
    return 0
