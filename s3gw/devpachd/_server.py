"""``pfs_v2.API`` as pachd answers it, with faults on demand."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import BytesValue
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb
from python_pachyderm.proto.v2.pfs import pfs_pb2_grpc

from s3gw.devpachd import _views
from s3gw.devpachd._store import Found, Refusal, Store, Writer
from s3gw.devpachd._views import Entry, View
from s3gw.pfs.interface import Branch, InvalidName, PFSError
from s3gw.pfs.paths import check_branch

_MESSAGE = 19 * 1024 * 1024
_LIMIT = 20 * 1024 * 1024
_MOST = 100_000
_GLOB = re.compile(r"[*?\[\]{}!()@+^]")
_HEALTHY = b"\x08\x01"
_FILE_SETS = "__filesets__"
_SLOWEST_S = 600.0


class Faults:
    """What goes wrong: the file ``faults.json`` beside the data, read whenever it has changed.

    Keys, all of them optional: ``latency_s`` before each answer; ``finish_s`` that a commit takes
    to be finished; ``unavailable`` (true, or the names of methods); ``cut_after`` bytes of a
    GetFile; ``tokens`` (token -> ``reader`` or ``writer``), which turns auth on.
    """

    def __init__(self, folder: Path, finish_s: float) -> None:
        self._path = folder / "faults.json"
        self._finish_s = finish_s
        self._changed = 0.0
        self._values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            self._values, changed = {}, 0
        if changed != self._changed:
            self._values, self._changed = json.loads(self._path.read_text()), changed
        return self._values.get(name)

    def finish_s(self) -> float:
        """Give the seconds that a commit takes to be finished."""
        given = self["finish_s"]
        return self._finish_s if given is None else float(given)


class _API(pfs_pb2_grpc.APIServicer):  # type: ignore[misc]
    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    # --- repos and branches ---

    def CreateProject(self, request: Any, _context: Any) -> Any:
        self._store.create_project(request.project.name)
        return _empty(request)

    def DeleteProject(self, request: Any, _context: Any) -> Any:
        self._store.delete_project(request.project.name)
        return _empty(request)

    def CreateRepo(self, request: Any, _context: Any) -> Any:
        branch = _branch(request.repo, "x")
        _check_names(branch)
        self._store.create_repo(branch, update=request.update)
        return _empty(request)

    def InspectRepo(self, request: Any, _context: Any) -> Any:
        branch = _branch(request.repo, "x")
        return _repo_info(branch, *self._store.repo(branch))

    def ListRepo(self, request: Any, _context: Any) -> Iterator[Any]:
        wanted = {project.name for project in request.projects}
        for repo, (created, branches) in sorted(
            self._store.repos().items(), key=lambda item: item[1][0], reverse=True
        ):
            if not wanted or repo.project in wanted:
                yield _repo_info(repo, created, branches)

    def DeleteRepo(self, request: Any, _context: Any) -> Any:
        self._store.delete_repo(_branch(request.repo, "x"), force=request.force)
        return _empty(request)

    def CreateBranch(self, request: Any, _context: Any) -> Any:
        branch = _branch_of(request.branch)
        _check_names(branch)
        self._store.create_branch(branch, [_branch_of(other) for other in request.provenance])
        return _empty(request)

    def InspectBranch(self, request: Any, _context: Any) -> Any:
        return self._branch_info(_branch_of(request.branch))

    def ListBranch(self, request: Any, _context: Any) -> Iterator[Any]:
        for branch in self._store.repo(_branch(request.repo, "x"))[1]:
            yield self._branch_info(branch)

    def _branch_info(self, branch: Branch) -> Any:
        head, provenance, subvenance = self._store.branch(branch)
        upstream = [_branch_message(other) for other in provenance]
        return pb.BranchInfo(
            branch=_branch_message(branch),
            head=_commit_message(branch, head),
            provenance=upstream,
            direct_provenance=upstream,
            subvenance=[_branch_message(other) for other in subvenance],
        )

    def DeleteBranch(self, request: Any, _context: Any) -> Any:
        self._store.delete_branch(_branch_of(request.branch), force=request.force)
        return _empty(request)

    # --- commits ---

    def StartCommit(self, request: Any, _context: Any) -> Any:
        branch = _branch_of(request.branch)
        with self._store.lock:
            return _commit_message(branch, self._store.start(branch, request.description))

    def FinishCommit(self, request: Any, _context: Any) -> Any:
        with self._store.lock:
            self._store.finish(self._resolve(request.commit), request.error)
        return _empty(request)

    def InspectCommit(self, request: Any, context: Any) -> Any:
        found = self._resolve(request.commit)
        if request.wait >= pb.FINISHING:
            found = self._wait(found, context, finished=request.wait == pb.FINISHED)
        return _commit_info(found)

    def ListCommit(self, request: Any, _context: Any) -> Iterator[Any]:
        until = getattr(request, "from").id
        newest = request.to if request.to.id or request.to.branch.name else pb.Commit(repo=request.repo)
        for found in self._store.history(self._resolve(newest)):
            if found.id == until:
                return
            yield _commit_info(found)

    def _resolve(self, commit: Any) -> Found:
        if not commit.repo.name and not commit.branch.repo.name:
            raise Refusal("UNKNOWN", "commit must have a repo")
        branch = _branch(commit.repo if commit.repo.name else commit.branch.repo, commit.branch.name)
        if not commit.id and not branch.name:
            raise Refusal("UNKNOWN", "cannot resolve commit with no ID or branch")
        with self._store.lock:
            return self._store.resolve(branch, commit.id)

    def _wait(self, found: Found, context: Any, *, finished: bool) -> Found:
        while found.finishing is None or (finished and not found.finished):
            if not context.is_active():
                raise Refusal("CANCELLED", "context canceled")
            time.sleep(0.005)
            with self._store.lock:
                found = self._store.resolve(found.branch, found.id)
        return found

    # --- files ---

    def _open(self, commit: Any, context: Any) -> tuple[View, Any, datetime | None]:
        if commit.repo.name == _FILE_SETS:
            return self._store.file_set(commit.id), commit, None
        found = self._resolve(commit)
        if found.finishing is not None:
            found = self._wait(found, context, finished=True)
        with self._store.lock:
            return self._store.view(found), _commit_message(found.branch, found.id), found.finishing

    def InspectFile(self, request: Any, context: Any) -> Any:
        view, commit, time_ = self._open(request.file.commit, context)
        found = _views.find(view, request.file.path)
        if found is None:
            raise _file_not_found(request.file)
        return _file_info(found, commit, time_)

    def GlobFile(self, request: Any, context: Any) -> Iterator[Any]:
        view, commit, time_ = self._open(request.commit, context)
        for found in _views.glob(view, request.pattern, request.path_range.lower, request.path_range.upper):
            yield _file_info(found, commit, time_)

    def ListFile(self, request: Any, context: Any) -> Iterator[Any]:
        yield from self._page(request, context, _views.children)

    def WalkFile(self, request: Any, context: Any) -> Iterator[Any]:
        empty = True
        for found in self._page(request, context, _views.walk):
            empty = False
            yield found
        path = _views.clean(request.file.path)
        if empty and path != "/" and not request.paginationMarker.path:
            text = f"commit/{self._resolve(request.file.commit).id} does not contain item: ({path})"
            raise Refusal("NOT_FOUND", text)

    def _page(self, request: Any, context: Any, read: Callable[..., Iterator[Entry]]) -> Iterator[Any]:
        if request.number > _MOST:
            raise Refusal("UNKNOWN", "cannot return more than 100000 files at a time")
        if request.reverse and not request.number:
            raise Refusal("UNKNOWN", "number must be > 0 when reverse is true")
        view, commit, time_ = self._open(request.file.commit, context)
        marker = request.paginationMarker.path
        if request.reverse:
            before = [
                found for found in read(view, request.file.path, "") if not marker or found.path < marker
            ]
            page: Any = reversed(before[-request.number :])
        else:
            page = read(view, request.file.path, marker)
        for count, found in enumerate(page, 1):
            yield _file_info(found, commit, time_)
            if count == request.number:
                return

    def GetFile(self, request: Any, context: Any) -> Iterator[Any]:
        view, _, _ = self._open(request.file.commit, context)
        limits = (request.path_range.lower, request.path_range.upper)
        found = list(_views.glob(view, request.file.path, *limits))
        if not found:
            raise _file_not_found(request.file)
        if found[0].is_directory:
            raise Refusal("UNKNOWN", "cannot get directory or non-regular file. Use GetFileTAR instead")
        if len(found) > 1:
            raise Refusal("UNKNOWN", "matched multiple files. Use GetFileTAR instead")
        left = self._faults["cut_after"]
        block = bytearray()
        for data in view.read(found[0].path, request.offset):
            block += data if left is None else data[: max(0, left)]
            if left is not None:
                left -= len(data)
                if left < 0:
                    yield BytesValue(value=bytes(block))
                    raise Refusal("UNAVAILABLE", "the stream was cut")
            while len(block) >= _MESSAGE:
                yield BytesValue(value=bytes(block[:_MESSAGE]))
                del block[:_MESSAGE]
        if block:
            yield BytesValue(value=bytes(block))

    def ModifyFile(self, requests: Iterator[Any], context: Any) -> Any:
        first = next(requests, None)
        if first is None or first.WhichOneof("body") != "set_commit":
            raise Refusal("UNKNOWN", "first message must be a commit")
        commit = first.set_commit
        branch = _branch(commit.repo if commit.repo.name else commit.branch.repo, commit.branch.name)
        with self._store.lock:
            writer, open_ = self._store.writer(branch, commit.id)
        self._take(requests, writer, context)
        self._store.apply(writer, open_.branch if open_ else branch, open_)
        return _empty(first)

    def CreateFileSet(self, requests: Iterator[Any], context: Any) -> Any:
        writer = Writer(self._store, lambda: None)
        self._take(requests, writer, context)
        return pb.CreateFileSetResponse(file_set_id=self._store.add_file_set(writer.end()))

    def RenewFileSet(self, request: Any, _context: Any) -> Any:
        self._store.file_set(request.file_set_id, request.ttl_seconds)
        return _empty(request)

    def _take(self, requests: Iterator[Any], writer: Writer, context: Any) -> None:
        try:
            self._take_each(requests, writer, context)
        except BaseException:
            writer.drop()
            raise

    def _take_each(self, requests: Iterator[Any], writer: Writer, context: Any) -> None:
        for request in requests:
            kind = request.WhichOneof("body")
            if kind == "add_file":
                _check_path(request.add_file.path)
                writer.add(request.add_file.path, request.add_file.raw.value)
            elif kind == "delete_file":
                _check_path(request.delete_file.path)
                writer.delete(request.delete_file.path)
            elif kind == "copy_file":
                copy = request.copy_file
                source, _, _ = self._open(copy.src.commit, context)
                writer.copy(source, copy.src.path, copy.dst, append=copy.append)
            else:
                text = "cannot set commit" if kind == "set_commit" else "unrecognized message type"
                raise Refusal("UNKNOWN", text)
        if not context.is_active():
            raise Refusal("CANCELLED", "context canceled")


def _empty(_request: Any) -> Any:
    from google.protobuf.empty_pb2 import Empty

    return Empty()


def _branch(repo: Any, name: str) -> Branch:
    return Branch(repo.name, name, repo.project.name or "default")


def _branch_of(message: Any) -> Branch:
    return _branch(message.repo, message.name)


def _repo_message(branch: Branch) -> Any:
    return pb.Repo(name=branch.repo, type="user", project=pb.Project(name=branch.project))


def _branch_message(branch: Branch) -> Any:
    return pb.Branch(repo=_repo_message(branch), name=branch.name)


def _commit_message(branch: Branch, commit: str) -> Any:
    return pb.Commit(repo=_repo_message(branch), branch=_branch_message(branch), id=commit)


def _timestamp(moment: datetime | None) -> Any:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment.replace(tzinfo=None))
    return stamp


def _repo_info(repo: Branch, created: datetime, branches: list[Branch]) -> Any:
    messages = [_branch_message(branch) for branch in branches]
    return pb.RepoInfo(repo=_repo_message(repo), created=_timestamp(created), branches=messages)


def _commit_info(found: Found) -> Any:
    parent = _commit_message(found.branch, found.parent) if found.parent else None
    return pb.CommitInfo(
        commit=_commit_message(found.branch, found.id),
        parent_commit=parent,
        description=found.description,
        started=_timestamp(found.started),
        finishing=_timestamp(found.finishing),
        finished=_timestamp(found.finishing if found.finished else None),
        error=found.error,
    )


def _file_info(entry: Entry, commit: Any, time_: datetime | None) -> Any:
    datum = "" if entry.is_directory else "default"
    return pb.FileInfo(
        file=pb.File(commit=commit, path=entry.path, datum=datum),
        file_type=pb.DIR if entry.is_directory else pb.FILE,
        committed=_timestamp(time_),
        size_bytes=entry.size,
        hash=entry.hash,
    )


def _file_not_found(file: Any) -> Refusal:
    repo = file.commit.repo
    name = f"{repo.project.name}/{repo.name}"
    return Refusal("NOT_FOUND", f"file {file.path} not found in repo {name} at commit {file.commit.id}")


def _check_path(path: str) -> None:
    if not path or not all(" " <= character <= "~" for character in path):
        text = f"path ({path}) invalid: only printable ASCII characters allowed"
        raise Refusal("UNKNOWN", text)
    found = _GLOB.search(path)
    if found:
        text = f"path ({path}) invalid: globbing character ({found[0]}) not allowed in path"
        raise Refusal("UNKNOWN", text)
    if {".", ".."} & set(path.split("/")):
        raise Refusal("UNKNOWN", f"path ({path}) invalid: relative file paths are not allowed")


def _check_names(branch: Branch) -> None:
    try:
        check_branch(branch)
    except InvalidName as error:
        if branch.repo == _FILE_SETS:
            raise Refusal("UNKNOWN", f"{_FILE_SETS} is a reserved name") from error
        text = (
            f"name ({branch.name}) invalid: only alphanumeric characters, underscores, and dashes are allowed"
        )
        raise Refusal("UNKNOWN", text) from error


_WRITES = ("Create", "Delete", "Start", "Finish", "Modify")


class _Gate(grpc.ServerInterceptor):  # type: ignore[misc]
    """Puts faults, auth and the codes of errors around each method."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = continuation(details)
        if handler is None or not details.method.startswith("/pfs_v2.API/"):
            return handler
        method = details.method.rpartition("/")[2]
        metadata = dict(details.invocation_metadata)

        def single(request: Any, context: Any) -> Any:
            with self._around(method, metadata, context):
                return inner(request, context)

        def stream(request: Any, context: Any) -> Iterator[Any]:
            with self._around(method, metadata, context):
                yield from inner(request, context)

        kind = "stream" if handler.request_streaming else "unary"
        answers = "stream" if handler.response_streaming else "unary"
        inner = getattr(handler, f"{kind}_{answers}")
        make = getattr(grpc, f"{kind}_{answers}_rpc_method_handler")
        return make(
            stream if handler.response_streaming else single,
            handler.request_deserializer,
            handler.response_serializer,
        )

    @contextmanager
    def _around(self, method: str, metadata: dict[str, str], context: Any) -> Iterator[None]:
        try:
            self._admit(method, metadata)
            yield
        except Refusal as error:
            context.abort(grpc.StatusCode[error.code], str(error))
        except PFSError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def _admit(self, method: str, metadata: dict[str, str]) -> None:
        time.sleep(min(self._faults["latency_s"] or 0.0, _SLOWEST_S))
        unavailable = self._faults["unavailable"]
        if unavailable is True or (unavailable and method in unavailable):
            raise Refusal("UNAVAILABLE", "pachd is shutting down")
        tokens = self._faults["tokens"]
        if tokens is None:
            return
        token = metadata.get("authn-token")
        if token is None:
            raise Refusal("UNAUTHENTICATED", "no authentication token (try logging in)")
        if token not in tokens:
            text = "provided auth token is corrupted or has expired (try logging in again)"
            raise Refusal("UNAUTHENTICATED", text)
        if tokens[token] == "reader" and method.startswith(_WRITES) and method != "CreateFileSet":
            text = "robot:reader is not authorized to perform this operation - needs permissions [REPO_WRITE]"
            raise Refusal("PERMISSION_DENIED", text)


def run(folder: Path, listen: str, finish_s: float, ready: Callable[[str], None]) -> int:
    """Serve until SIGTERM or SIGINT; the result is the exit status."""
    store = Store(folder)
    faults = Faults(folder, finish_s)
    store.finish_s = faults.finish_s
    options = [
        ("grpc.max_receive_message_length", _LIMIT),
        ("grpc.max_send_message_length", _LIMIT),
        ("grpc.so_reuseport", 0),
        ("grpc.http2.min_ping_interval_without_data_ms", 5000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]
    server = grpc.server(ThreadPoolExecutor(128), interceptors=[_Gate(faults)], options=options)
    pfs_pb2_grpc.add_APIServicer_to_server(_API(store, faults), server)
    health = grpc.unary_unary_rpc_method_handler(lambda _request, _context: _HEALTHY)
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": health})]
    )
    try:
        port = server.add_insecure_port(listen)
    except RuntimeError as error:
        raise PFSError(f"cannot listen on {listen}: choose another --listen") from error
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server.start()
    ready(f"{listen.rpartition(':')[0]}:{port}")
    stop.wait()
    server.stop(grace=2).wait()
    store.pfs.close()
    return 0
