"""The channel to pachd: one for a process, with a deadline on every call."""

from __future__ import annotations

import contextlib
import copy
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeVar

import grpc
from grpc import _channel
from python_pachyderm.proto.v2.auth import auth_pb2_grpc
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb
from python_pachyderm.proto.v2.pfs import pfs_pb2_grpc

from s3gw.pfs.interface import Branch, TooSlow, Unavailable
from s3gw.pfs.pachd._errors import translate
from s3gw.pfs.pachd._messages import glob_at, inspect_branch
from s3gw.pfs.pachd._room import MESSAGE, Held, Room, Spool
from s3gw.pfs.pachd._wire import Entry, bytes_value, entry, head_of
from s3gw.pfs.pachd.address import Address

Answer = TypeVar("Answer")

# pachd takes and sends messages of at most 20 MiB; the bodies that it sends come in 19 MiB.
_MESSAGE_LIMIT = 20 * 1024 * 1024

# Methods of pachd's auth; all others are PFS's.
_AUTH = {"Authorize", "GetRoleBinding", "WhoAmI"}

# What reads, or may be done twice: repeated after these pauses when pachd was not reached.
_REPEATABLE = {
    *_AUTH,
    "GetFileSet",
    "GlobFile",
    "InspectBranch",
    "InspectCommit",
    "InspectFile",
    "InspectRepo",
    "ListBranch",
    "ListCommit",
    "ListRepo",
    "RenewFileSet",
}
_PAUSES_S = (0.1, 0.3, 0.6)

# Whether what gRPC has left of a stream can be taken, see `Stream`. That goes by names of its own; where it
# has others streams are slower.
_TAKES_EVENTS = hasattr(getattr(_channel, "_SingleThreadedRendezvous", None), "_consume_next_event")

_OPTIONS = [
    ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
    ("grpc.max_send_message_length", _MESSAGE_LIMIT),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # bodies that nobody waits for at the moment are not read ahead: gRPC would take megabytes of each
    ("grpc.http2.bdp_probe", 0),
    ("grpc.service_config_disable_resolution", 1),
    # gRPC's own retries (1.85) leave a stream hanging for ever, past its deadline, when the server is
    # killed between the request and the first answer
    ("grpc.enable_retries", 0),
    # PERF: a thread of gRPC's own would hand over each message: a page of 1000 takes 14 ms instead of 45
    (grpc.experimental.ChannelOptions.SingleThreadedUnaryStream, int(_TAKES_EVENTS)),
]
_SERVING = b"\x08\x01"  # HealthCheckResponse{status: SERVING}


class Client:
    """Calls of pachd whose errors are PFS errors. Safe to use from many threads.

    Args:
        address: Where pachd is; the channel connects with the first call.
        deadline_s: Seconds that pachd may take for an answer, or for the next message of a stream.

    Attributes:
        has_token: Whether its calls are made in somebody's name.
    """

    def __init__(self, address: Address, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        self.has_token = bool(address.token)
        self._metadata = _metadata_of(address.token) if address.token else ()
        if address.tls:
            credentials = grpc.ssl_channel_credentials(address.ca)
            self._channel = grpc.secure_channel(address.target, credentials, _OPTIONS)
        else:
            self._channel = grpc.insecure_channel(address.target, _OPTIONS)
        self._stub = pfs_pb2_grpc.APIStub(self._channel)
        self._auth = auth_pb2_grpc.APIStub(self._channel)
        self._get_file = self._channel.unary_stream(
            "/pfs_v2.API/GetFile",
            request_serializer=pb.GetFileRequest.SerializeToString,
            response_deserializer=bytes_value,
        )
        self._glob_file = self._channel.unary_stream(
            "/pfs_v2.API/GlobFile",
            request_serializer=pb.GlobFileRequest.SerializeToString,
            response_deserializer=entry,
        )
        self._inspect_file = self._channel.unary_unary(
            "/pfs_v2.API/InspectFile",
            request_serializer=pb.InspectFileRequest.SerializeToString,
            response_deserializer=entry,
        )
        self._inspect_branch = self._channel.unary_unary(
            "/pfs_v2.API/InspectBranch", response_deserializer=head_of
        )
        self._health = self._channel.unary_unary("/grpc.health.v1.Health/Check")
        self._create_file_set = self._channel.stream_unary(
            "/pfs_v2.API/CreateFileSet", response_deserializer=pb.CreateFileSetResponse.FromString
        )
        self._modify_file = self._channel.stream_unary("/pfs_v2.API/ModifyFile")
        self._watch = _Watch()
        self._room = Room()

    def acting_as(self, token: str) -> Client:
        """Give calls in the name of somebody else, over the same channel."""
        other = copy.copy(self)
        other.has_token = True
        other._metadata = _metadata_of(token)
        return other

    def inspect_file(self, file: Any) -> Callable[[float | None], Entry | None]:
        """Begin an InspectFile.

        What is returned waits for the answer, at most so many seconds, and gives None after that.
        """
        call = self._inspect_file.future(
            pb.InspectFileRequest(file=file), timeout=self.deadline_s, metadata=self._metadata
        )

        def answer(limit_s: float | None) -> Entry | None:
            try:
                with _translated():
                    found: Entry = call.result(limit_s)
            except grpc.FutureTimeoutError:
                call.cancel()
                return None
            return found

        return answer

    def call(self, method: str, request: Any, limit_s: float | None = None) -> Any:
        """Make a call of one answer; without a limit the deadline is one.

        PERF: where nothing is done meanwhile, this takes a third less than to begin it and to wait.
        """
        return self._make(self._method(method), request, limit_s or self.deadline_s, self._pauses(method))

    def find_head(self, branch: Branch, limit_s: float, pauses: Iterable[float] = _PAUSES_S) -> str:
        """Give the id of the head of a branch; `BranchNotFound` where it or its repo is missing.

        PERF: of all that tells it this is the quickest, for pachd and here.
        """
        head: str = self._make(self._inspect_branch, inspect_branch(branch), limit_s, pauses)
        return head

    def _make(self, method: Any, request: Any, timeout_s: float, pauses: Iterable[float]) -> Any:
        for pause_s in pauses:
            try:
                with _translated():
                    return method(request, timeout=timeout_s, metadata=self._metadata)
            except Unavailable:
                time.sleep(pause_s)
        with _translated():
            return method(request, timeout=timeout_s, metadata=self._metadata)

    def begin(self, method: str, request: Any, limit_s: float | None = None) -> Callable[[], Any]:
        """Begin such a call; what is returned waits for the answer."""
        begun = self._begin(method, request, limit_s)

        def answer() -> Any:
            future = begun
            for pause_s in self._pauses(method):
                try:
                    with _translated():
                        return future.result()
                except Unavailable:
                    time.sleep(pause_s)
                    future = self._begin(method, request, limit_s)
            with _translated():
                return future.result()

        return answer

    def _begin(self, method: str, request: Any, limit_s: float | None) -> Any:
        timeout_s = limit_s or self.deadline_s
        return self._method(method).future(request, timeout=timeout_s, metadata=self._metadata)

    def _method(self, method: str) -> Any:
        return getattr(self._auth if method in _AUTH else self._stub, method)

    def stream(self, method: str, request: Any) -> Iterator[Any]:
        """Make a call of many small answers; it begins at once, and ends with the iterator."""
        return self._stream(getattr(self._stub, method), request, self._pauses(method))

    def glob(self, request: Any, pace: Pace | None = None) -> Iterator[Entry]:
        """Make a GlobFile as `stream` does; with a pace it is `TooSlow` behind what came in time."""
        if pace is not None:
            return self._keep_pace(Stream(self._begin_stream(self._glob_file, request)), pace)
        return self._stream(self._glob_file, request, self._pauses("GlobFile"))

    def _keep_pace(self, stream: Stream, pace: Pace) -> Iterator[Entry]:
        try:
            with self._watch.limit(pace.first_s, stream.call) as limit, _translated():
                for found in stream.call:
                    limit.deadline = min(limit.deadline + pace.each_s, time.monotonic() + pace.first_s)
                    yield found
        except Unavailable as error:  # whoever asks has another way, which tries again
            raise TooSlow(str(error)) from error
        finally:
            stream.end()

    def _begin_stream(self, method: Any, request: Any) -> Any:
        return method(request, timeout=self.deadline_s, metadata=self._metadata)

    def _stream(self, method: Any, request: Any, pauses: Iterable[float]) -> Iterator[Any]:
        begin = partial(self._begin_stream, method, request)
        return self._answers(begin, Stream(begin()), iter(pauses))

    @staticmethod
    def _answers(begin: Callable[[], Any], stream: Stream, pauses: Iterator[float]) -> Iterator[Any]:
        begun = False
        while True:
            try:
                with _translated():
                    for found in stream.call:
                        begun = True
                        yield found
            except Unavailable:
                pause_s = None if begun else next(pauses, None)
                if pause_s is None:
                    raise
            else:
                return
            finally:
                stream.end()
            time.sleep(pause_s)
            stream = Stream(begin())

    @staticmethod
    def _pauses(method: str) -> tuple[float, ...]:
        return _PAUSES_S if method in _REPEATABLE else ()

    def modify(self, requests: Iterable[bytes]) -> None:
        """Make a ModifyFile of serialized messages that are at hand."""
        with _translated():
            self._modify_file(iter(requests), timeout=self.deadline_s, metadata=self._metadata)

    def begin_upload(self, requests: Iterator[bytes]) -> Upload:
        """Begin a CreateFileSet whose serialized messages come as its caller has them."""
        # The caller bounds the time between messages, so that there is no deadline for them all.
        call = self._create_file_set.future(requests, metadata=self._metadata)
        return Upload(call, self._watch)

    def read_file(self, file: Any, offset: int) -> Download:
        """Begin to read a file from `offset`."""
        call = self._get_file(_get_file_request(file, offset), metadata=self._metadata)
        return Download(call, self._watch, self._room, self.deadline_s)

    def read_small_file(self, file: Any, offset: int = 0) -> bytes:
        """Read all of a small file from `offset`."""
        return b"".join(self._stream(self._get_file, _get_file_request(file, offset), _PAUSES_S))

    def check(self) -> None:
        """Raise a PFS error unless pachd says that it serves."""
        try:
            answer = self._health(b"", timeout=min(2.0, self.deadline_s))
        except grpc.RpcError as error:
            raise translate(error) from error
        if answer != _SERVING:
            raise Unavailable("pachd is there and does not serve yet")

    def close(self) -> None:
        """End every call and the channel."""
        self._channel.close()
        self._watch.close()


def _metadata_of(token: str) -> tuple[tuple[str, str], ...]:
    return (("authn-token", token),)


def _get_file_request(file: Any, offset: int) -> Any:
    assert offset >= 0, "pachd would answer with bytes of a neighbour"
    request = pb.GetFileRequest(file=file, offset=offset)
    if "\\" in file.path:
        # the path is a glob, and where an escape ends its literal beginning only a range finds the file
        request.file.path = glob_at(file.path[1:])
        request.path_range.lower, request.path_range.upper = file.path, f"{file.path}\0"
    return request


class Pace(NamedTuple):
    """How quickly answers have to come.

    Attributes:
        first_s: Seconds that the first one may take, and that any may be late.
        each_s: Seconds that each further one may take, on average.
    """

    first_s: float
    each_s: float


class Stream:
    """A call of many answers, for whoever reads them; another thread may cancel the `call`.

    gRPC keeps some 16 KiB of a call until somebody has taken every event of it, or for as long as the channel
    lives; of one that was cancelled its Python takes no more of them (1.85). So they are taken here, at the
    latest when nobody knows the call any more.
    """

    def __init__(self, call: Any) -> None:
        self.call = call
        self._reads = threading.Lock()

    def take(self) -> Any:
        """Wait for the next answer; None at the end."""
        with self._reads:
            return next(self.call, None)

    def end(self) -> None:
        """Cancel it, where it has not ended; again is no error. Whoever waits for an answer is told."""
        self.call.cancel()
        with self._reads:
            while _TAKES_EVENTS and self.call._state.due:
                self.call._consume_next_event()

    def __del__(self) -> None:
        self.end()


class Download:
    """A GetFile in progress.

    PERF: the next message arrives when it is asked for; until then gRPC takes no more than its window.
    """

    def __init__(self, call: Any, watch: _Watch, room: Room, deadline_s: float) -> None:
        self._stream = Stream(call)
        self._watch = watch
        self._room = room
        self._deadline_s = deadline_s
        self._spool = Spool()
        self._has_ended = False
        room.begin()

    def receive(self, rest: int, wanted: int) -> Held | None:
        """Wait for the next message; None at the end. What came before has been read, or is closed.

        Args:
            rest: Bytes that pachd has still to send.
            wanted: How many of them are wanted; with the last of those the call ends.
        """
        with self._room.arrival(min(rest, MESSAGE), self._deadline_s):
            with self._watch.limit(self._deadline_s, self._stream.call), _translated():
                message: memoryview | None = self._stream.take()
            if message is None:
                return None
            if len(message) >= wanted and rest > wanted:
                self._stream.call.cancel()
            if len(message) > wanted:
                message = memoryview(bytes(message[:wanted]))
            return self._room.hold(message, self._spool, self._deadline_s)

    def close(self) -> None:
        """Stop it; again is no error."""
        self._stream.end()
        self._spool.close()
        if not self._has_ended:
            self._has_ended = True
            self._room.end()

    def __del__(self) -> None:
        self.close()


class Upload:
    """A CreateFileSet in progress."""

    def __init__(self, call: Any, watch: _Watch) -> None:
        self._call = call
        self._watch = watch

    @property
    def ended(self) -> bool:
        """Whether pachd has answered already; before the end of the body that is an error."""
        return bool(self._call.done())

    def result(self, limit_s: float) -> str:
        """Wait for the id of the file set."""
        with self._watch.limit(limit_s, self._call), _translated():
            answer: str = self._call.result().file_set_id
        return answer

    def cancel(self) -> None:
        """Stop it: pachd forgets what has arrived."""
        self._call.cancel()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        raise translate(error) from error
    except grpc.FutureCancelledError as error:
        raise Unavailable("pachd: the call was cancelled") from error


class _Limit:
    """When a call is to be cancelled, on the monotonic clock; may be put off meanwhile."""

    def __init__(self, deadline: float, call: Any) -> None:
        self.deadline = deadline
        self.call = call
        self.has_passed = False


class _Watch:
    """Cancels calls that wait too long: gRPC has a deadline for a whole call, not for a message."""

    # Longer limits are exact to so much.
    _TURN_S = 0.5

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._limits: set[_Limit] = set()
        self._closed = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def limit(self, seconds: float, call: Any) -> Iterator[_Limit]:
        """Cancel `call` and raise `TooSlow` if the ``with`` takes longer."""
        limit = _Limit(time.monotonic() + seconds, call)
        with self._changed:
            self._limits.add(limit)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            if seconds < self._TURN_S:
                self._changed.notify()
        try:
            yield limit
        except Unavailable as error:
            if limit.has_passed:
                raise TooSlow(f"pachd did not answer within {seconds:.0f} s") from error
            raise
        finally:
            with self._changed:
                self._limits.discard(limit)

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                now = time.monotonic()
                late = [limit for limit in self._limits if now > limit.deadline]
                for limit in late:
                    limit.has_passed = True
                self._limits.difference_update(late)
                if not late:
                    turns = [limit.deadline - now for limit in self._limits]
                    self._changed.wait(max(0.001, min([self._TURN_S, *turns])))
            for limit in late:
                limit.call.cancel()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()


def first(answers: Iterator[Answer]) -> Answer | None:
    """Give the first answer of a stream, None where there is none, and end the call."""
    with contextlib.closing(answers) as stream:  # type: ignore[type-var]
        return next(stream, None)
